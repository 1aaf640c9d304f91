"""Whole columns in, the cells that are not right at first sight out.

Every test here is one that only right cells pass, and as cheap as can be: it is all that most cells ever see.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from trialkit.model.item import ItemTypeName
from trialkit.validate.columnar import listed, moments, numbers
from trialkit.validate.columnar.look import PARTS, Look
from trialkit.validate.columnar.rules import DATES, NUMBERS

_EVERY = "every record"
_PARTS = {"value": PARTS, "reason": ("missing",), "blank": (), "stray": PARTS}
"""Why cells are looked at more closely, and what of them is looked at then."""

_CELL: dict[str, pl.DataType] = {"item": pl.UInt32(), "place": pl.UInt32(), **dict.fromkeys(PARTS, pl.String())}


def find_suspects(looks: Sequence[Look], length: int) -> dict[str, pl.DataFrame]:
    """The cells that are to be looked at more closely.

    Args:
        looks: the items.
        length: the number of records.

    Returns:
        By why: ``value`` (it may break a rule), ``reason`` (there is a missing reason), ``blank`` (required, asked for,
        and blank) and ``stray`` (filled in though not asked for). Columns: item (its number among the looks), place,
        text, missing and unit.
    """
    every = pl.repeat(value=True, n=length, dtype=pl.Boolean, eager=True).alias(_EVERY)
    frame = pl.DataFrame([every, *(series for look in looks for series in look.series)])
    masks = {(why, number): mask for number, look in enumerate(looks) for why, mask in _masks(look).items()}
    seen = frame.select(mask.alias(f"{why} {number}") for (why, number), mask in masks.items())
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for why, number in masks if length else ():
        groups.setdefault((why, _parts(looks[number], why)), []).append(number)
    found: dict[str, list[pl.DataFrame]] = {why: [pl.DataFrame(schema=_CELL)] for why in _PARTS}
    for (why, parts), several in groups.items():
        mask = pl.concat([seen.get_column(f"{why} {number}") for number in several])
        found[why].append(_cells(frame, looks, several, mask, parts))
    return {why: pl.concat(cells, how="diagonal", rechunk=True) for why, cells in found.items()}


def _cells(
    frame: pl.DataFrame, looks: Sequence[Look], numbers: Sequence[int], mask: pl.Series, parts: Sequence[str]
) -> pl.DataFrame:
    """The cells of several items that a mask picks of their columns, one under another."""
    row, length = pl.col("row"), frame.height
    cells = pl.DataFrame({"row": mask.arg_true()}).select(
        item=pl.lit(pl.Series(numbers, dtype=pl.UInt32)).gather(row // length),
        place=(row % length).cast(pl.UInt32),
    )
    columns = {part: pl.concat([frame.get_column(looks[number].name(part)) for number in numbers]) for part in parts}
    return cells.with_columns(column.filter(mask).alias(part) for part, column in columns.items())


def _parts(look: Look, why: str) -> tuple[str, ...]:
    """The parts of an item's cells that are looked at and of which there are any."""
    wanted = ("text", "unit") if why == "value" and look.rules.is_columnar else _PARTS[why]
    return tuple(part for part in wanted if look.columns.parts[part] is not None)


def _masks(look: Look) -> dict[str, pl.Expr]:
    masks = {
        "value": _value_mask(look),
        "reason": _reason_mask(look),
        "blank": _blank_mask(look),
        "stray": _stray_mask(look),
    }
    return {why: mask for why, mask in masks.items() if mask is not None}


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
    return None if rules.codes is None else listed.suspects(rules.item, rules.codes, text)


def _is_filled(look: Look) -> pl.Expr | None:
    """Cells with a text or a missing reason; None when there is none."""
    columns = look.columns
    parts = {"text": columns.text, "missing": columns.missing}
    filled = [look.expression(part).is_not_null() for part, series in parts.items() if series is not None]
    return reduce(or_, filled) if filled else None


def _reason_mask(look: Look) -> pl.Expr | None:
    if look.columns.missing is None or not look.rules.is_columnar:
        return None
    return look.expression("missing").is_not_null()


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
