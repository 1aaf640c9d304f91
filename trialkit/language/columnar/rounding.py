"""Functions of numbers over columns: rounding, powers, the smallest and largest, sums and means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from math import inf

import polars as pl

from trialkit.language.columnar.number import (
    EXACT,
    MOST_DIGITS,
    SLACK,
    as_integer,
    bare,
    constant,
    divided,
    near,
    plus,
    same_shape,
    times,
    whole,
)
from trialkit.language.columnar.value import NotColumnar, Number, Value, doubted, is_present, shaky

_POWER_SLACK = 2.0**-44
"""More than the power of two floats can be off, relative to the result, for results below 10 to the 290."""

_MOST_FACTORS = 4


def absolute(number: Number) -> Number:
    """The number without its sign."""
    return replace(bare(number), main=number.main.abs())


def floored(number: Number) -> Number:
    """The largest whole number that is not above."""
    doubt, fails = shaky(number)
    if number.scale is not None:
        factor = 10**number.scale
        main = number.main if factor == 1 else as_integer(number.main) // factor
        return replace(whole(main, number.bound / factor + 1), doubt=doubt, fails=fails)
    main, off = number.main.floor(), _off(number)
    is_close = (off > 0) & ~((number.main - main > off) & (main + 1 - number.main > off))
    return _settled(Number(main=main, scale=0, bound=number.bound + 1, doubt=doubt, fails=fails), is_close)


def _off(number: Number) -> pl.Expr:
    return pl.lit(0.0) if number.error is None else number.error


def _settled(number: Number, is_close: pl.Expr) -> Number:
    """A whole number that was found from a near one: in doubt where that was close to the next, or is too large."""
    if number.bound >= EXACT:
        is_close = is_close | ~(number.main.abs() < EXACT)
    return doubted(replace(number, bound=min(number.bound, EXACT - 1)), where=is_close)


def rounded(number: Number, places: Number) -> Number:
    """The number with so many decimal places, half up (away from 0)."""
    wanted = places.fixed
    if wanted is None or wanted != wanted.to_integral_value() or abs(wanted) > MOST_DIGITS:
        raise NotColumnar("round() to places that are no constant from -15 to 15")
    to = int(wanted)
    if number.scale is not None and number.scale <= to:
        return bare(number)
    size, bound = _rounded_exact(number, to) if number.scale is not None else (None, 0.0)
    if size is not None:
        doubt, fails = shaky(number)
        main = pl.when(number.main < 0).then(-size).otherwise(size).cast(pl.Float64)
        found = Number(main=main, scale=0, bound=bound, doubt=doubt, fails=fails)
    else:
        found = _rounded_near(near(number), to)
    return replace(found, scale=to) if to >= 0 else times(found, constant(Decimal(10**-to)))


def _rounded_exact(number: Number, to: int) -> tuple[pl.Expr | None, float]:
    assert number.scale is not None  # noqa: S101  # the caller has asked
    if number.scale - to > MOST_DIGITS:
        return None, 0.0
    factor = 10 ** (number.scale - to)
    return (as_integer(number.main.abs()) + factor // 2) // factor, number.bound / factor + 1


def _rounded_near(number: Number, to: int) -> Number:
    factor = 10.0**to
    size = number.main.abs() * factor
    off = _off(number) * factor + (size + 1) * SLACK
    main = (size + 0.5).floor()
    is_close = ~((size + 0.5 - main > off) & (main + 0.5 - size > off))
    doubt, fails = shaky(number)
    signed = pl.when(number.main < 0).then(-main).otherwise(main)
    found = Number(main=signed, scale=0, bound=number.bound * factor + 1, doubt=doubt, fails=fails)
    return _settled(found, is_close)


def raised(base: Number, exponent: Number) -> Number:
    """The first number to the power of the second."""
    wanted = exponent.fixed
    if wanted is not None and wanted == wanted.to_integral_value() and 1 <= wanted <= _MOST_FACTORS:
        return reduce(times, [bare(base)] * int(wanted))
    first, second = near(base), near(exponent)
    one, two = _off(first), _off(second)
    is_small = first.main <= one * 2
    size = pl.when(~is_small).then(first.main).otherwise(1.0)
    main = size.pow(second.main)
    relative = (second.main.abs() + two) * one * 2 / size + size.log().abs() * two * 2
    doubt, fails = shaky(base, exponent)
    found = Number(
        main=pl.when(base.main.is_not_null() & exponent.main.is_not_null()).then(main),
        scale=None,
        bound=inf,
        error=main * (relative + _POWER_SLACK),
        doubt=doubt,
        fails=fails,
    )
    is_wild = ~((main < 1e290) & (main > 1e-290)) | ~(relative < 1e-3)  # where the bound holds
    return doubted(replace(found, bound=1e290), where=is_small | is_wild)


def outermost(numbers: Sequence[Number], *, largest: bool, skips_missing: bool) -> Number:
    """The smallest or largest number; missing when one is missing, unless those are passed over."""
    alike = _alike(numbers)
    mains = [number.main for number in alike]
    main = pl.max_horizontal(mains) if largest else pl.min_horizontal(mains)
    if not skips_missing:
        main = pl.when(pl.all_horizontal([is_present(number) for number in alike])).then(main)
    doubt, fails = shaky(*alike)
    error = pl.max_horizontal([_off(number) for number in alike]) if alike[0].scale is None else None
    return Number(main=main, scale=alike[0].scale, bound=alike[0].bound, error=error, doubt=doubt, fails=fails)


def _alike(numbers: Sequence[Number]) -> list[Number]:
    """All with one shape."""
    common = reduce(lambda one, two: same_shape(one, two)[0], numbers)
    return [same_shape(number, common)[0] for number in numbers]


def summed(numbers: Sequence[Number]) -> Number:
    """The sum; missing when one is."""
    return reduce(plus, [bare(number) for number in numbers])


def averaged(numbers: Sequence[Number]) -> Number:
    """The mean of the numbers that are there; missing when none is."""
    there = [moved_to_zero(number) for number in numbers]
    return divided(summed(there), count_of([is_present(number) for number in numbers]))


def moved_to_zero(number: Number) -> Number:
    """The number, and 0 where it is missing."""
    error = None if number.error is None else number.error.fill_null(0.0)
    return replace(bare(number), main=number.main.fill_null(0.0), error=error)


def count_of(conditions: Sequence[pl.Expr]) -> Number:
    """How many of several conditions hold; none of them is ever null."""
    return whole(pl.sum_horizontal([condition.cast(pl.Int64) for condition in conditions]), float(len(conditions)))


def count_missing(values: Sequence[Value]) -> Number:
    """How many of several values are missing."""
    doubt, fails = shaky(*values)
    return replace(count_of([~is_present(value) for value in values]), doubt=doubt, fails=fails)
