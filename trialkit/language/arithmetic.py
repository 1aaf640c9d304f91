"""Arithmetic on decimals in one fixed context: the same result on every machine, missing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

_LARGEST_EXPONENT = 6144
_MOST_PLACES = 30


def fixed_context() -> Context:
    """A new context of 34 digits, rounding half up: IEEE 754 decimal128. Its own, since contexts keep flags."""
    return Context(
        prec=34,
        rounding=ROUND_HALF_UP,
        Emin=1 - _LARGEST_EXPONENT,
        Emax=_LARGEST_EXPONENT,
        traps=[DivisionByZero, InvalidOperation, Overflow],
    )


def operation(operator: str) -> Callable[[Decimal, Decimal], Decimal | None]:
    """The operation of one of ``+ - * /``; it gives None when divided by zero or beyond 6144 digits."""
    context = fixed_context()
    exact = {"+": context.add, "-": context.subtract, "*": context.multiply, "/": context.divide}[operator]

    def operate(left: Decimal, right: Decimal) -> Decimal | None:
        try:
            return exact(left, right)
        except DecimalException:
            return None

    return operate


def power(base: Decimal, exponent: Decimal) -> Decimal | None:
    """`base` to the power of `exponent`; None where that is no number (a root of a negative one, 0 to the -1)."""
    try:
        result = fixed_context().power(base, exponent)
    except DecimalException:
        return None
    return result if result.is_finite() else None


def round_half_up(number: Decimal, places: Decimal) -> Decimal | None:
    """The number with so many decimal places; None unless `places` is whole and within -30 to 30."""
    if abs(places) > _MOST_PLACES or places != floor(places):
        return None
    context = fixed_context()
    try:
        rounded = context.quantize(number, Decimal(1).scaleb(-int(places)))
        return rounded if places >= 0 else context.quantize(rounded, Decimal(1))
    except DecimalException:
        return None


def floor(number: Decimal) -> Decimal:
    """The largest whole number that is not above."""
    return number.to_integral_value(rounding=ROUND_FLOOR)


def mean(*numbers: Decimal | None) -> Decimal | None:
    """The mean of the numbers that are there; None when none is."""
    given = [number for number in numbers if number is not None]
    total = total_of(*given)
    return None if total is None or not given else operation("/")(total, Decimal(len(given)))


def total_of(*numbers: Decimal) -> Decimal | None:
    """The sum of the numbers; None beyond 6144 digits."""
    add = operation("+")
    total: Decimal | None = Decimal(0)
    for number in numbers:
        total = None if total is None else add(total, number)
    return total
