"""The functions of the house that look at their arguments only. Those that look at the record are in `rowcall`.

Each is pure and total: it gives a value or None (missing) for whatever its kinds allow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from types import MappingProxyType

from trialkit.language.arithmetic import floor, mean, power, round_half_up, total_of
from trialkit.language.timespan import date_and_time, date_of, days, earliest, hours, latest, minutes, years
from trialkit.model.kind import Function, Kind, Typed

_RESULT = re.compile(r"(?:<=|>=|<|>)?\s?([+-]?[0-9]{1,34}(?:\.[0-9]{1,34})?)")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,34}(\.[0-9]{1,34})?")


def _count_missing(*values: Typed) -> Decimal:
    return Decimal(sum(value is None for value in values))


def _has(codes: tuple[str, ...], code: str) -> bool:
    return code in codes


def _as_text(value: Typed) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case time():
            return value.isoformat("seconds" if value.second else "minutes")
        case tuple():
            return ";".join(value)
    return None if value is None else str(value)


def _as_number(text: str) -> Decimal | None:
    return Decimal(text) if _PLAIN_NUMBER.fullmatch(text.strip()) else None


def _length(text: str) -> Decimal:
    return Decimal(len(text))


def _concat(*texts: str) -> str:
    return "".join(texts)


def _largest_known(*numbers: Decimal | None) -> Decimal | None:
    return max((number for number in numbers if number is not None), default=None)


def _nth(codes: tuple[str, ...], place: Decimal) -> str | None:
    return codes[int(place) - 1] if place == place.to_integral_value() and 1 <= place <= len(codes) else None


def _smallest(*numbers: Decimal) -> Decimal:
    return min(numbers)


def _largest(*numbers: Decimal) -> Decimal:
    return max(numbers)


def _numeric_result(text: str) -> Decimal | None:
    """The number of a result such as ``<5`` or ``12.3``."""
    found = _RESULT.fullmatch(text.strip())
    return None if found is None else Decimal(found[1])


_N, _T, _D = Kind.NUMBER, Kind.TEXT, Kind.DATE

BUILTIN_FUNCTIONS: tuple[Function, ...] = (
    Function("abs", (_N,), _N, Decimal.copy_abs, meaning="The number without its sign."),
    Function("concat", (_T,), _T, _concat, repeats_last=True, meaning="Texts put one behind the other."),
    Function(
        "count_missing",
        (Kind.ANY,),
        _N,
        _count_missing,
        takes_missing=True,
        repeats_last=True,
        meaning="How many of the values are missing.",
    ),
    Function("date", (_D,), _D, date_of, meaning="The date of a date-time."),
    Function("days", (_D, _D), _N, days, meaning="Whole days from the first date to the second."),
    Function(
        "dtc",
        (_D, Kind.TIME),
        _D,
        date_and_time,
        takes_missing=True,
        meaning="A date and a time as one date-time; the date alone when the time is missing.",
    ),
    Function(
        "earliest",
        (_D,),
        _D,
        earliest,
        takes_missing=True,
        repeats_last=True,
        meaning="The earliest of the dates that are there; missing when partial dates do not tell.",
    ),
    Function("floor", (_N,), _N, floor, meaning="The largest whole number that is not above."),
    Function("has", (Kind.CODES, _T), Kind.BOOLEAN, _has, meaning="Whether a code is among several."),
    Function("hours", (_D, _D), _N, hours, meaning="Hours from the first date-time or time to the second."),
    Function(
        "latest",
        (_D,),
        _D,
        latest,
        takes_missing=True,
        repeats_last=True,
        meaning="The latest of the dates that are there; missing when partial dates do not tell.",
    ),
    Function("length", (_T,), _N, _length, meaning="How many characters a text has."),
    Function("max", (_N,), _N, _largest, repeats_last=True, meaning="The largest number; missing when one is."),
    Function(
        "max_known",
        (_N,),
        _N,
        _largest_known,
        takes_missing=True,
        repeats_last=True,
        meaning="The largest of the numbers that are there.",
    ),
    Function(
        "mean",
        (_N,),
        _N,
        mean,
        takes_missing=True,
        repeats_last=True,
        meaning="The mean of the numbers that are there.",
    ),
    Function("min", (_N,), _N, _smallest, repeats_last=True, meaning="The smallest number; missing when one is."),
    Function("minutes", (_D, _D), _N, minutes, meaning="Minutes from the first date-time or time to the second."),
    Function("nth", (Kind.CODES, _N), _T, _nth, meaning="The code at this place among several, counted from 1."),
    Function("number", (_T,), _N, _as_number, meaning="The number that a text is; missing when it is none."),
    Function(
        "numeric_result",
        (_T,),
        _N,
        _numeric_result,
        meaning="The number behind an optional < > <= >=; missing when the text is no such result.",
    ),
    Function("power", (_N, _N), _N, power, meaning="The first number to the power of the second."),
    Function("round", (_N, _N), _N, round_half_up, meaning="The number with so many decimal places, half up."),
    Function("sum", (_N,), _N, total_of, repeats_last=True, meaning="The sum; missing when a number is."),
    Function("text", (Kind.ANY,), _T, _as_text, meaning="The value as text."),
    Function("upper", (_T,), _T, str.upper, meaning="The text in capitals."),
    Function("years", (_D, _D), _N, years, meaning="Completed years from the first date to the second: an age."),
)
"""The functions that every study has, sorted by name."""

OTHER_KINDS: Mapping[str, tuple[Kind, ...]] = MappingProxyType(
    {"hours": (Kind.TIME, Kind.TIME), "minutes": (Kind.TIME, Kind.TIME)}
)
"""Functions of the house that also take arguments of other kinds than their `takes`."""
