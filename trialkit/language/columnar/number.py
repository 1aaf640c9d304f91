"""Numbers over columns: exact as whole floats with a scale where they fit, else near, with a bound for the error.

A float holds every whole number below 2^53, and sums and products of such that stay below it are exact. All else
carries how far it may be from the decimal that one record alone would give; where that could change an answer, the row
is in doubt. Nothing is ever rounded into an answer.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, Inexact
from math import inf

import polars as pl

from trialkit.language.arithmetic import fixed_context
from trialkit.language.columnar.value import Number, Truth, doubted, either, shaky

EXACT = 2.0**53
"""Below it every whole number is a float, and whole results of sums and products are exact."""

SLACK = 2.0**-50
"""More than one step of calculation with floats can be off, relative to its result."""

LARGEST = 1e290
"""Floats beyond it are not trusted."""

SMALLEST = 1e-290
"""What a product may be off by however small it is."""

MOST_DIGITS = 15
LONGEST_EXPONENT = 60
"""Decimals beyond 10 to the 60, or nearer to 0 than its inverse, are left to the evaluator of one record."""

_PIECES = 1024.0
_ZERO = pl.lit(0.0)


def scaled(number: Decimal, scale: int) -> int | None:
    """The number times 10 to the `scale` when that is whole and exact as a float."""
    if number and abs(number.adjusted()) > LONGEST_EXPONENT:
        return None
    top, bottom = number.as_integer_ratio()
    whole, rest = divmod(top * 10**scale, bottom)
    return whole if rest == 0 and abs(whole) < EXACT else None


def places_of(number: Decimal) -> int:
    """How many decimal places a number needs."""
    _, digits, exponent = number.as_tuple()
    written = -exponent if isinstance(exponent, int) else 0
    while written > 0 and digits and digits[-1] == 0:
        digits, written = digits[:-1], written - 1
    return max(written, 0) if any(digits) else 0


def constant(number: Decimal) -> Number:
    """A number that is the same on every row."""
    places = places_of(number)
    whole = scaled(number, places) if places <= MOST_DIGITS else None
    if whole is not None:
        return Number(main=pl.lit(float(whole)), scale=places, bound=float(abs(whole)), fixed=number)
    if number and abs(number.adjusted()) > LONGEST_EXPONENT:
        return Number(main=pl.lit(0.0), scale=None, bound=0.0, error=pl.lit(inf), doubt=pl.lit(value=True))
    near = float(number)
    return Number(main=pl.lit(near), scale=None, bound=abs(near), error=pl.lit(abs(near) * SLACK), fixed=number)


def whole(main: pl.Expr, bound: float) -> Number:
    """Whole numbers of any type as a value."""
    return Number(main=main.cast(pl.Float64), scale=0, bound=bound)


def bare(number: Number) -> Number:
    """The number without what is known of how it was written."""
    return replace(number, fixed=None, place=None, known=())


def as_integer(main: pl.Expr) -> pl.Expr:
    """Whole floats as integers; null for those in doubt that are too large."""
    return main.cast(pl.Int64, strict=False)


def aligned(left: Number, right: Number) -> tuple[Number, Number] | None:
    """Both with the same scale; None where one of them is not exact then."""
    if left.scale is None or right.scale is None:
        return None
    scale = max(left.scale, right.scale)
    first, second = _with_scale(left, scale), _with_scale(right, scale)
    return None if first is None or second is None else (first, second)


def _with_scale(number: Number, scale: int) -> Number | None:
    assert number.scale is not None  # both callers have asked  # noqa: S101
    if number.scale == scale:
        return number
    factor = 10.0 ** (scale - number.scale)
    bound = number.bound * factor
    if bound >= EXACT or scale > MOST_DIGITS:
        return None
    return replace(number, main=number.main * factor, scale=scale, bound=bound)


def near(number: Number) -> Number:
    """The same number without a scale."""
    if number.scale is None:
        return number
    if number.scale == 0:
        return replace(number, scale=None, error=_ZERO)
    factor = 10.0**number.scale
    found = _quotient(number.main, pl.lit(factor), number.bound * factor * _PIECES < EXACT)
    return replace(number, main=found[0], error=found[1], scale=None, bound=number.bound / factor * (1 + SLACK))


def _error(number: Number) -> pl.Expr:
    return _ZERO if number.error is None else number.error


def _quotient(top: pl.Expr, bottom: pl.Expr, is_small: bool) -> tuple[pl.Expr, pl.Expr]:
    """The quotient of two whole floats, and its error: 0 where it is seen to be exact, in parts of 1024."""
    result = top / bottom
    pieces = result * _PIECES
    off = result.abs() * SLACK
    product, target = pieces * bottom, top * _PIECES
    is_exact = (pieces.floor() == pieces) & (product == target)
    if not is_small:
        is_exact = is_exact & (product.abs() < EXACT)
    return result, pl.when(is_exact).then(0.0).otherwise(off)


def _trusted(number: Number) -> Number:
    """A number without rows that floats can not hold: those are in doubt."""
    if number.bound < LARGEST:
        return number
    return doubted(replace(number, bound=LARGEST), where=~(number.main.abs() < LARGEST))


def plus(left: Number, right: Number, *, minus: bool = False) -> Number:
    """The sum, or the difference."""
    pair = aligned(left, right)
    doubt, fails = shaky(left, right)
    if pair is not None and pair[0].bound + pair[1].bound < EXACT:
        first, second = pair
        main = first.main - second.main if minus else first.main + second.main
        return Number(main=main, scale=first.scale, bound=first.bound + second.bound, doubt=doubt, fails=fails)
    first, second = near(left), near(right)
    main = first.main - second.main if minus else first.main + second.main
    error = _error(first) + _error(second) + main.abs() * SLACK
    bound = (first.bound + second.bound) * (1 + SLACK)
    return _trusted(Number(main=main, scale=None, bound=bound, error=error, doubt=doubt, fails=fails))


def times(left: Number, right: Number) -> Number:
    """The product."""
    doubt, fails = shaky(left, right)
    if left.scale is not None and right.scale is not None:
        bound, scale = left.bound * right.bound, left.scale + right.scale
        if bound < EXACT and scale <= MOST_DIGITS:
            return Number(main=left.main * right.main, scale=scale, bound=bound, doubt=doubt, fails=fails)
    first, second = near(left), near(right)
    main, one, two = first.main * second.main, _error(first), _error(second)
    error = first.main.abs() * two + second.main.abs() * one + one * two + main.abs() * SLACK + SMALLEST
    bound = first.bound * second.bound * (1 + SLACK)
    return _trusted(Number(main=main, scale=None, bound=bound, error=error, doubt=doubt, fails=fails))


def divided(left: Number, right: Number) -> Number:
    """The quotient, missing where the divisor is 0."""
    inverse = _inverse(right)
    if inverse is not None:
        found = times(left, inverse)
        return found if found.scale is not None or left.scale is None else _divided_whole(left, right)
    if left.scale is not None and right.scale is not None:
        return _divided_whole(left, right)
    return _divided_near(near(left), near(right))


def _inverse(number: Number) -> Number | None:
    """One divided by a constant, when that has an end."""
    if number.fixed is None or not number.fixed:
        return None
    context = fixed_context()
    inverse = context.divide(Decimal(1), number.fixed)
    found = constant(inverse)
    return None if context.flags[Inexact] or found.scale is None else found


def _divided_whole(left: Number, right: Number) -> Number:
    pair = aligned(left, right)
    if pair is None:
        return _divided_near(near(left), near(right))
    top, bottom = pair
    is_small = top.bound * _PIECES < EXACT
    main, error = _quotient(top.main, bottom.main, is_small)
    doubt, fails = shaky(left, right)
    can_divide = pl.when(bottom.main != 0)
    return Number(
        main=can_divide.then(main), scale=None, bound=top.bound, error=can_divide.then(error), doubt=doubt, fails=fails
    )


def _divided_near(left: Number, right: Number) -> Number:
    size, off = right.main.abs(), _error(right)
    is_zero = (right.main == 0) & (off == 0)
    main = pl.when(~is_zero).then(left.main / right.main)
    error = (_error(left) + main.abs() * off) / (size - off) + main.abs() * SLACK + SMALLEST
    doubt, fails = shaky(left, right)
    found = Number(main=main, scale=None, bound=inf, error=error, doubt=doubt, fails=fails)
    return _trusted(doubted(found, where=~is_zero & (size <= off * 2)))


def compared(operator: str, left: Number, right: Number) -> Truth:
    """One of ``= <> < <= > >=`` of two numbers."""
    pair = aligned(left, right)
    doubt, fails = shaky(left, right)
    if pair is not None:
        return Truth(holds=relation(operator, pair[0].main, pair[1].main), doubt=doubt, fails=fails)
    first, second = near(left), near(right)
    apart, off = (first.main - second.main).abs(), _error(first) + _error(second)
    is_close = (off > 0) & ~((apart > off) & (apart < LARGEST))
    return Truth(
        holds=relation(operator, first.main, second.main),
        doubt=either(doubt, is_close.fill_null(value=False)),
        fails=fails,
    )


def relation(operator: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Two columns and one of ``= <> < <= > >=``."""
    match operator:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def same_shape(left: Number, right: Number) -> tuple[Number, Number]:
    """Both exact with one scale, or both near: what can stand in one column."""
    first, second = aligned(left, right) or (near(left), near(right))
    bound = max(first.bound, second.bound)
    return replace(bare(first), bound=bound), replace(bare(second), bound=bound)
