"""Decimals in, plain text out: no exponent, no invented zeros. Never rounds what a double can hold."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = ["as_text", "plain_number", "within_double_precision"]

_DIGITS_OF_A_DOUBLE = 15


def plain_number(number: Decimal) -> str:
    """The number in its shortest form: ``119.0`` is ``119``, ``1E+2`` is ``100``, ``-0`` is ``0``."""
    text = as_text(number)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def as_text(number: Decimal) -> str:
    """The number with the digits it was written with, without exponent: ``119.0`` stays ``119.0``."""
    return format(number, "f")


def within_double_precision(number: Decimal) -> Decimal:
    """At most 15 significant digits, half up: what IEEE and IBM doubles give back unchanged.

    For results of a division without an end (Fahrenheit by 9/5), which no text and no number can hold in full.
    A number with no more digits comes back as it is.
    """
    return Context(prec=_DIGITS_OF_A_DOUBLE, rounding=ROUND_HALF_UP).plus(number)
