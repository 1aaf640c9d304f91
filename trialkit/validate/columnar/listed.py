"""Codes in, which stand in their list and which do not out."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_

import polars as pl

from trialkit.model.item import ItemTypeName
from trialkit.validate.columnar.rules import ItemRules, Verdict

_FEW = 5
"""Up to so many codes are faster compared one after another than looked up."""


def suspects(codes: tuple[str, ...], text: pl.Expr) -> pl.Expr:
    """The cells that hold anything but one code of the list."""
    if len(codes) <= _FEW:
        return ~reduce(or_, (text == code for code in codes))
    return ~text.is_in(pl.Series(codes, dtype=pl.String).implode())


def judge(rules: ItemRules, codes: tuple[str, ...], cells: pl.DataFrame) -> pl.DataFrame:
    """The cells, of which none is one code of the list, with a verdict each."""
    if rules.item.type == ItemTypeName.CODE:
        return cells.with_columns(pl.lit(Verdict.LISTED).alias("verdict"))
    one = "|".join(re.escape(code) for code in codes)
    verdict = (
        pl.when(pl.col("text").str.contains(rf"^(?:{one})(?:;(?:{one}))*$"))
        .then(pl.lit(Verdict.RIGHT))
        .otherwise(pl.lit(Verdict.DOUBTFUL))
    )
    return cells.with_columns(verdict.alias("verdict"))
