"""Texts of numbers in, which are right, which break a range and which only Cerberus can judge out.

A float is compared with a bound only where both are surely on different sides, or where both are so short that equal
floats are equal decimals. All else is doubtful.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import inf

import polars as pl

from trialkit.model.interval import Interval
from trialkit.model.item import ItemTypeName
from trialkit.model.unit import UnitConversion
from trialkit.validate.columnar.columns import ItemColumns
from trialkit.validate.columnar.plain import plain_numbers
from trialkit.validate.columnar.rules import ItemRules, Verdict, verdict

# Wider than all that Decimal() reads of printable ASCII without underscores, which it overlooks wherever they stand.
_PERHAPS = r"(?i)^ *[+-]?(?:[0-9]*\.?[0-9]*(?:e[+-]?[0-9]+)?|inf.*|s?nan.*) *$"
_PRINTABLE = r"^[\x20-\x5E\x60-\x7E]*$"
_SHORT = 15
"""Decimals of up to so many digits are told apart by floats."""

_LARGEST = 1e290
_SLACK = 2.0**-48
"""More than a conversion with floats can be off, relative to the numbers that go into it."""

_SIDES = ("hard", "soft")


def suspects(rules: ItemRules, columns: ItemColumns, text: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """The cells that are not seen to be right at first sight."""
    found = ~_is_plainly_right(rules, text)
    if columns.unit is None or rules.item.unit is None:
        return found
    return found | (unit != rules.item.unit)


def _is_plainly_right(rules: ItemRules, text: pl.Expr) -> pl.Expr:
    low = max((bound for given in rules.ranges if (bound := given.low) is not None), default=None)
    high = min((bound for given in rules.ranges if (bound := given.high) is not None), default=None)
    places = 0 if rules.item.type == ItemTypeName.INTEGER else rules.item.decimals
    if low is not None and high is not None and places is not None:
        listed = plain_numbers(low, high, places)
        if listed is not None:
            return text.is_in(listed)
    number = text.cast(pl.Float64, strict=False)
    bounds = -inf if low is None else float(low), inf if high is None else float(high)
    return number.is_between(*bounds, closed="none").fill_null(value=False) | text.is_null()  # NaN is above infinity


def judge(rules: Mapping[int, ItemRules], cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with the columns verdict, and is_converted: whether the number was given in another unit.

    Args:
        rules: what the items ask for, by their numbers.
        cells: with the columns item, text and unit.
    """
    bounds = _bounds(rules)
    unit, standard = pl.col("unit"), pl.lit(bounds.get_column("standard")).gather(pl.col("item"))
    read = cells.with_columns(
        given=pl.col("text").cast(pl.Float64, strict=False),
        is_converted=unit.is_not_null() & unit.ne_missing(standard),
    )
    is_number = pl.col("given").is_not_null()
    parts = (
        read.filter(~is_number).with_columns(verdict=_verdict_on_text()),
        _judge_standard(bounds, read.filter(is_number & ~pl.col("is_converted"))),
        _judge_converted(bounds, _conversions(rules), read.filter(is_number & pl.col("is_converted"))),
    )
    return pl.concat([part.select(*cells.columns, "is_converted", "verdict") for part in parts])


def _verdict_on_text() -> pl.Expr:
    """Of texts that are no plain numbers."""
    text = pl.col("text")
    is_no_number = ~text.str.contains(_PERHAPS) & text.str.contains(_PRINTABLE)
    return pl.when(is_no_number).then(verdict(Verdict.TYPE)).otherwise(verdict(Verdict.DOUBTFUL))


def _judge_standard(bounds: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Numbers in the standard unit: in doubt where they seem to be a bound, unless both are short."""
    number, is_short = pl.col("given"), pl.col("text").str.len_bytes() <= _SHORT

    def of(name: str) -> pl.Expr:
        return pl.lit(bounds.get_column(name)).gather(pl.col("item"))

    def is_end(name: str) -> pl.Expr:
        return (number == of(name)) & of(f"{name} short") & is_short

    outside = {side: (number < of(f"{side} low")) | (number > of(f"{side} high")) for side in _SIDES}
    inside = {
        side: ((number > of(f"{side} low")) | is_end(f"{side} low"))
        & ((number < of(f"{side} high")) | is_end(f"{side} high"))
        for side in _SIDES
    }
    return cells.with_columns(verdict=_verdict(number.abs() < _LARGEST, outside, inside))


def _judge_converted(bounds: pl.DataFrame, conversions: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Numbers in another unit: in doubt where a bound lies within what floats may be off, or no conversion is known."""
    number, off, given = pl.col("number"), pl.col("off"), pl.col("given")
    size = (given.abs() + pl.col("shift").abs()) * pl.col("factor").abs() / pl.col("divisor")
    measured = (
        cells.join(bounds.drop("standard"), on="item", how="left", maintain_order="left")
        .join(conversions, on=["item", "unit"], how="left", maintain_order="left")
        .with_columns(
            number=(given + pl.col("shift")) * pl.col("factor") / pl.col("divisor"),
            off=size * _SLACK + pl.col("rounding") + 1 / _LARGEST,
        )
    )
    outside = {
        side: (number + off < pl.col(f"{side} low")) | (number - off > pl.col(f"{side} high")) for side in _SIDES
    }
    inside = {side: (number - off > pl.col(f"{side} low")) & (number + off < pl.col(f"{side} high")) for side in _SIDES}
    is_sure = (number.abs() + off < _LARGEST).fill_null(value=False)
    return measured.with_columns(verdict=_verdict(is_sure, outside, inside))


def _verdict(is_sure: pl.Expr, outside: Mapping[str, pl.Expr], inside: Mapping[str, pl.Expr]) -> pl.Expr:
    return (
        pl.when(~is_sure)
        .then(verdict(Verdict.DOUBTFUL))
        .when(outside["hard"])
        .then(verdict(Verdict.HARD_RANGE))
        .when(~inside["hard"])
        .then(verdict(Verdict.DOUBTFUL))
        .when(outside["soft"])
        .then(verdict(Verdict.SOFT_RANGE))
        .when(inside["soft"])
        .then(verdict(Verdict.RIGHT))
        .otherwise(verdict(Verdict.DOUBTFUL))
    )


def _bounds(rules: Mapping[int, ItemRules]) -> pl.DataFrame:
    """The bounds of the items as floats, infinite where there are none, and whether they are short; a row for each."""
    rows = [
        {
            "item": number,
            "standard": rules[number].item.unit,
            **{name: value for side in _SIDES for name, value in _ends(side, getattr(rules[number], side)).items()},
        }
        for number in sorted(rules)
    ]
    ends = {name: pl.Float64 for side in _SIDES for name in (f"{side} low", f"{side} high")}
    short = {f"{name} short": pl.Boolean for name in ends}
    return pl.DataFrame(rows, schema={"item": pl.UInt32, "standard": pl.String, **ends, **short})


def _ends(side: str, interval: Interval | None) -> dict[str, float | bool]:
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    return {
        f"{side} low": -inf if low is None else float(low),
        f"{side} high": inf if high is None else float(high),
        f"{side} low short": _is_short(low),
        f"{side} high short": _is_short(high),
    }


def _is_short(bound: Decimal | None) -> bool:
    """Whether a short text with the same float is the same number; 0 is also what the smallest numbers become."""
    return bound is not None and bound != 0 and len(bound.as_tuple().digits) <= _SHORT


def _conversions(rules: Mapping[int, ItemRules]) -> pl.DataFrame:
    rows = [
        (number, unit, *_factors(conversion))
        for number, found in rules.items()
        for unit, conversion in found.conversions.items()
    ]
    numbers = dict.fromkeys(("shift", "factor", "divisor", "rounding"), pl.Float64)
    return pl.DataFrame(rows, schema={"item": pl.UInt32, "unit": pl.String, **numbers}, orient="row")


def _factors(conversion: UnitConversion) -> tuple[float, float, float, float]:
    rounding = 0.0 if conversion.decimals is None else 0.50001 * 10.0**-conversion.decimals
    return float(conversion.shift), float(conversion.factor), float(conversion.divisor), rounding
