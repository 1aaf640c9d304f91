"""The functions of the house that have a form over columns; all others are asked of each distinct value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from trialkit.language.columnar import moment, rounding
from trialkit.language.columnar.value import (
    NOTHING,
    Clock,
    Moment,
    NotColumnar,
    Nothing,
    Number,
    Value,
    doubted,
    moment_of,
    number_of,
)

Function = Callable[[Sequence[Value]], Value]
"""The values of the arguments to the value of the call."""

_MINUTE, _HOUR = 60, 3600


def _of_numbers(call: Callable[..., Number]) -> Function:
    def function(values: Sequence[Value]) -> Value:
        return call(*(number_of(value) for value in values))

    return function


def _of_dates(call: Callable[..., Value]) -> Function:
    def function(values: Sequence[Value]) -> Value:
        return call(*(moment_of(value) for value in values))

    return function


def _outermost(*, largest: bool) -> Function:
    def function(values: Sequence[Value]) -> Value:
        return rounding.outermost([number_of(value) for value in values], largest=largest, skips_missing=False)

    return function


def _of_known_numbers(call: Callable[[Sequence[Number]], Number]) -> Function:
    """A function that passes missing numbers over."""

    def function(values: Sequence[Value]) -> Value:
        there = [number_of(value) for value in values if not isinstance(value, Nothing)]
        return doubted(call(there) if there else NOTHING, *values)

    return function


def _span(unit: int) -> Function:
    def function(values: Sequence[Value]) -> Value:
        start, end = values
        if not (isinstance(start, Moment | Clock) and isinstance(end, Moment | Clock)):
            raise NotColumnar("a span between values that are no dates")
        return moment.time_between(start, end, unit)

    return function


def _date_and_time(values: Sequence[Value]) -> Value:
    day, clock = values
    if isinstance(day, Nothing) or isinstance(clock, Nothing):
        return doubted(day, clock)
    if not isinstance(clock, Clock):
        raise NotColumnar("dtc() with what is no time")
    return moment.joined(moment_of(day), clock)


def _largest_known(numbers: Sequence[Number]) -> Number:
    return rounding.outermost(numbers, largest=True, skips_missing=True)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "abs": _of_numbers(rounding.absolute),
        "count_missing": rounding.count_missing,
        "date": _of_dates(moment.date_of),
        "days": _of_dates(moment.days_between),
        "dtc": _date_and_time,
        "floor": _of_numbers(rounding.floored),
        "hours": _span(_HOUR),
        "max": _outermost(largest=True),
        "max_known": _of_known_numbers(_largest_known),
        "mean": _of_known_numbers(rounding.averaged),
        "min": _outermost(largest=False),
        "minutes": _span(_MINUTE),
        "power": _of_numbers(rounding.raised),
        "round": _of_numbers(rounding.rounded),
        "sum": _of_numbers(lambda *numbers: rounding.summed(numbers)),
        "years": _of_dates(moment.years_between),
    }
)
"""Name to function. Missing arguments of those that do not take them are settled by who calls."""
