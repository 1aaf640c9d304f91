"""Whole columns in, the places of the cells that are not right at first sight out.

Every test here is one that only right cells pass, and as cheap as can be: it is all that most cells ever see.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from trialkit.model.item import ItemTypeName
from trialkit.validate.columnar import listed, moments, numbers
from trialkit.validate.columnar.look import Look

NUMBERS = frozenset((ItemTypeName.INTEGER, ItemTypeName.DECIMAL))
DATES = frozenset((ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.DATETIME))

_EVERY = "every record"


def find_suspects(looks: Sequence[Look], length: int) -> dict[str, pl.Series]:
    """The places of the cells that are to be looked at more closely.

    Args:
        looks: the items.
        length: the number of records.

    Returns:
        By `Look.name` of the part: ``value`` (a text that may break a rule), ``reason`` (a missing reason that is not
        accepted), ``blank`` (required, asked for, and blank) and ``stray`` (filled in though not asked for). What no
        cell can be is absent.
    """
    every = pl.repeat(value=True, n=length, dtype=pl.Boolean, eager=True).alias(_EVERY)
    columns = {name: series for look in looks for name, series in look.series.items()}
    frame = pl.DataFrame({_EVERY: every, **columns})
    masks = {look.name(part): mask for look in looks for part, mask in _masks(look).items() if mask is not None}
    found = frame.select(mask.arg_true().implode().alias(name) for name, mask in masks.items())
    return {name: found.get_column(name)[0].cast(pl.UInt32) for name in masks}


def _masks(look: Look) -> dict[str, pl.Expr | None]:
    return {
        "value": _value_mask(look),
        "reason": _reason_mask(look),
        "blank": _blank_mask(look),
        "stray": _stray_mask(look),
    }


def _value_mask(look: Look) -> pl.Expr | None:
    rules, text = look.rules, look.expression("text")
    if not rules.is_columnar:
        return _is_filled(look)
    if look.columns.text is None:
        return None
    if rules.item.type in NUMBERS:
        return numbers.suspects(rules, look.columns, text, look.expression("unit"))
    if rules.item.type in DATES:
        return moments.date_suspects(rules, text)
    if rules.item.type == ItemTypeName.TIME:
        return moments.clock_suspects(text)
    return None if rules.codes is None else listed.suspects(rules.codes, text)


def _is_filled(look: Look) -> pl.Expr | None:
    """Cells with a text or a missing reason; None when there is none."""
    filled = [
        look.expression(part).is_not_null()
        for part, column in (("text", look.columns.text), ("missing", look.columns.missing))
        if column is not None
    ]
    return reduce(or_, filled) if filled else None


def _reason_mask(look: Look) -> pl.Expr | None:
    if look.columns.missing is None or not look.rules.is_columnar:
        return None
    return ~look.expression("missing").is_in(pl.Series(look.rules.reasons, dtype=pl.String).implode())


def _blank_mask(look: Look) -> pl.Expr | None:
    text = look.columns.text
    if not look.rules.is_required or (text is not None and text.null_count() == 0):
        return None
    filled = _is_filled(look)
    blank = pl.col(_EVERY) if filled is None else ~filled
    return blank if look.asked is None else blank & look.expression("asked")


def _stray_mask(look: Look) -> pl.Expr | None:
    filled = _is_filled(look)
    return None if look.asked is None or filled is None else filled & ~look.expression("asked")
