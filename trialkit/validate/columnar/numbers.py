"""Texts of numbers in, which are right, which break a range and which only Cerberus can judge out.

A float is compared with a bound only where both are surely on different sides, or where both are so short that equal
floats are equal decimals. All else is doubtful.
"""

from __future__ import annotations

from decimal import Decimal
from math import inf

import polars as pl

from trialkit.model.interval import Interval
from trialkit.model.item import ItemTypeName
from trialkit.model.unit import UnitConversion
from trialkit.validate.columnar.columns import ItemColumns
from trialkit.validate.columnar.plain import plain_numbers
from trialkit.validate.columnar.rules import ItemRules, Verdict

_PLAIN = r"^-?[0-9]+(?:\.[0-9]+)?$"
# Wider than all that Decimal() reads of printable ASCII without underscores, which it overlooks wherever they stand.
_PERHAPS = r"(?i)^ *[+-]?(?:[0-9]*\.?[0-9]*(?:e[+-]?[0-9]+)?|inf.*|s?nan.*) *$"
_PRINTABLE = r"^[\x20-\x5E\x60-\x7E]*$"
_SHORT = 15
"""Decimals of up to so many digits are told apart by floats."""

_LARGEST = 1e290
_SLACK = 2.0**-48
"""More than a conversion with floats can be off, relative to the numbers that go into it."""


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
            return text.is_in(listed.implode())
    number = text.cast(pl.Float64, strict=False)
    bounds = -inf if low is None else float(low), inf if high is None else float(high)
    return number.is_between(*bounds, closed="none").fill_null(value=False) | text.is_null()  # NaN is above infinity


def judge(rules: ItemRules, cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with a verdict each, and whether the number was converted to the standard unit.

    Args:
        rules: what the item asks for.
        cells: with the columns text and unit.
    """
    text, number, off = pl.col("text"), pl.col("number"), pl.col("off")
    measured = cells.with_columns(
        text.cast(pl.Float64, strict=False).alias("given"),
        text.str.contains(_PLAIN).alias("is_plain"),
        (text.str.len_bytes() <= _SHORT).alias("is_short"),
        _is_converted(rules).alias("is_converted"),
    )
    numbered = measured.with_columns(*_in_standard_unit(rules))
    is_sure = pl.col("is_plain") & number.is_not_null() & (number.abs() + off < _LARGEST)
    surely_no_number = ~text.str.contains(_PERHAPS) & text.str.contains(_PRINTABLE)
    is_hard, is_possible = _sides(rules.hard)
    is_soft, is_usual = _sides(rules.soft)
    verdict = (
        pl.when(surely_no_number)
        .then(pl.lit(Verdict.TYPE))
        .when(~is_sure)
        .then(pl.lit(Verdict.DOUBTFUL))
        .when(is_hard)
        .then(pl.lit(Verdict.HARD_RANGE))
        .when(~is_possible)
        .then(pl.lit(Verdict.DOUBTFUL))
        .when(is_soft)
        .then(pl.lit(Verdict.SOFT_RANGE))
        .when(is_usual)
        .then(pl.lit(Verdict.RIGHT))
        .otherwise(pl.lit(Verdict.DOUBTFUL))
    )
    return numbered.with_columns(verdict.alias("verdict")).drop("given", "number", "off", "is_plain", "is_short")


def _is_converted(rules: ItemRules) -> pl.Expr:
    unit, standard = pl.col("unit"), pl.lit(rules.item.unit, dtype=pl.String)
    return unit.is_not_null() & unit.ne_missing(standard)


def _in_standard_unit(rules: ItemRules) -> tuple[pl.Expr, pl.Expr]:
    """The number in the standard unit, null where no conversion is known, and how far it may be off."""
    given, is_standard = pl.col("given"), ~pl.col("is_converted")
    found = [(is_standard, (given, pl.lit(0.0)))] + [
        (pl.col("unit") == unit, _converted(given, conversion)) for unit, conversion in rules.conversions.items()
    ]
    number = pl.coalesce(pl.when(fits).then(main) for fits, (main, _) in found)
    off = pl.coalesce(pl.when(fits).then(error) for fits, (_, error) in found)
    return number.alias("number"), off.alias("off")


def _converted(given: pl.Expr, conversion: UnitConversion) -> tuple[pl.Expr, pl.Expr]:
    shift, factor, divisor = float(conversion.shift), float(conversion.factor), float(conversion.divisor)
    size = (given.abs() + abs(shift)) * abs(factor) / divisor
    rounding = 0.0 if conversion.decimals is None else 0.50001 * 10.0**-conversion.decimals
    return (given + shift) * factor / divisor, size * _SLACK + rounding + 1 / _LARGEST


def _sides(interval: Interval | None) -> tuple[pl.Expr, pl.Expr]:
    """Whether a number is surely outside, and whether it is surely inside."""
    if interval is None:
        return pl.lit(value=False), pl.lit(value=True)
    number, off = pl.col("number"), pl.col("off")
    is_outside, is_inside = pl.lit(value=False), pl.lit(value=True)
    if interval.low is not None:
        is_outside |= number + off < float(interval.low)
        is_inside &= (number - off > float(interval.low)) | _equals(interval.low)
    if interval.high is not None:
        is_outside |= number - off > float(interval.high)
        is_inside &= (number + off < float(interval.high)) | _equals(interval.high)
    return is_outside, is_inside


def _equals(bound: Decimal) -> pl.Expr:
    if len(bound.as_tuple().digits) > _SHORT:
        return pl.lit(value=False)
    return ~pl.col("is_converted") & pl.col("is_short") & (pl.col("number") == float(bound))
