"""Codes in, which stand in their list and which do not out."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_

import polars as pl

from trialkit.model.item import Item, ItemTypeName
from trialkit.validate.columnar.plain import plain_codes

_FEW = 6
"""Up to so many codes are faster compared one after another than looked up."""


def suspects(item: Item, codes: tuple[str, ...], text: pl.Expr) -> pl.Expr:
    """The cells that hold anything but codes of the list."""
    if item.type == ItemTypeName.CODES:
        one = "|".join(re.escape(code) for code in codes)
        return ~text.str.contains(rf"^(?:{one})(?:;(?:{one}))*$")
    if len(codes) <= _FEW:
        return ~reduce(or_, (text == code for code in codes))
    return ~text.is_in(plain_codes(codes))
