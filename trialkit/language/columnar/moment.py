"""Dates, date-times and times of day over columns, as the spans of seconds that they leave open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl

from trialkit.language.columnar.number import constant, divided, relation, whole
from trialkit.language.columnar.value import (
    DAY,
    Clock,
    Moment,
    Number,
    Truth,
    doubted,
    is_present,
    shaky,
)

DAY_SECONDS = 86_400
_MINUTE_SECONDS = 60
_FINEST = 6
_MOST_DAYS = 3_700_000.0


def compared(operator: str, left: Moment, right: Moment) -> Truth:
    """One of ``= <> < <= > >=`` of two dates; null where what both tell is not enough."""
    doubt, fails = shaky(left, right)
    if left.zoned is None or right.zoned is None:
        return Truth(holds=_compared(operator, left, right), doubt=doubt, fails=fails)
    found = Truth(holds=_compared(operator, left, right), doubt=doubt, fails=True)  # at the ends of the calendar
    return doubted(found, where=left.zoned & right.zoned)


def _compared(operator: str, left: Moment, right: Moment) -> pl.Expr:
    if left.least == left.most == right.least == right.most:
        return relation(operator, left.low, right.low)
    return relation(operator, order_of(left, right), pl.lit(0, dtype=pl.Int8))


def order_of(left: Moment, right: Moment) -> pl.Expr:
    """-1, 0 or 1 for earlier, same, later; null where what both tell is not enough. Zones aside."""
    earlier, later = left.high < right.low, left.low > right.high
    apart = pl.when(earlier).then(pl.lit(-1, dtype=pl.Int8)).when(later).then(pl.lit(1, dtype=pl.Int8))
    return apart.when(_tells(left, right)).then(pl.lit(0, dtype=pl.Int8))


def _tells(left: Moment, right: Moment) -> pl.Expr:
    """Whether two that are not apart are the same: both full days, or known equally far."""
    both_known = left.low.is_not_null() & right.low.is_not_null()
    if left.least >= DAY and right.least >= DAY:
        return both_known
    equally_far = (left.low == right.low) & (left.high == right.high)
    return both_known & (equally_far | (is_day(left) & is_day(right)))


def is_day(moment: Moment) -> pl.Expr:
    """Whether year, month and day are known."""
    if moment.least >= DAY:
        return moment.low.is_not_null()
    return moment.high - moment.low < DAY_SECONDS


def _has_time(moment: Moment) -> pl.Expr:
    """Whether hour and minute are known."""
    return moment.high - moment.low < _MINUTE_SECONDS


def compared_clocks(operator: str, left: Clock, right: Clock) -> Truth:
    """One of ``= <> < <= > >=`` of two times of day."""
    doubt, fails = shaky(left, right)
    return Truth(holds=relation(operator, left.seconds, right.seconds), doubt=doubt, fails=fails)


def days_between(start: Moment, end: Moment) -> Number:
    """Whole days; missing unless both name a full day."""
    doubt, fails = shaky(start, end)
    span = end.low // DAY_SECONDS - start.low // DAY_SECONDS
    known = pl.when(is_day(start) & is_day(end)).then(span)
    return replace(whole(known, _MOST_DAYS), doubt=doubt, fails=fails)


def time_between(start: Moment | Clock, end: Moment | Clock, unit: int) -> Number:
    """Units of so many seconds between two date-times or two times of day."""
    doubt, fails = shaky(start, end)
    if isinstance(start, Clock) and isinstance(end, Clock):
        seconds, bound = end.seconds - start.seconds, float(DAY_SECONDS)
    elif isinstance(start, Moment) and isinstance(end, Moment):
        seconds, bound = pl.when(_has_time(start) & _has_time(end)).then(end.low - start.low), _MOST_DAYS * DAY_SECONDS
    else:
        seconds, bound = pl.lit(None, dtype=pl.Int64), 0.0
    found = divided(replace(whole(seconds, bound), doubt=doubt, fails=fails), constant(Decimal(unit)))
    zones = [part.zoned for part in (start, end) if isinstance(part, Moment) and part.zoned is not None]
    return doubted(found, where=zones[0] & zones[1]) if len(zones) == 2 else found


def years_between(start: Moment, end: Moment) -> Number:
    """Completed years; missing where the days that the dates can mean do not agree."""
    doubt, fails = shaky(start, end)
    fewest, most = _completed(start.high, end.low), _completed(start.low, end.high)
    return replace(whole(pl.when(fewest == most).then(fewest), 10_000.0), doubt=doubt, fails=fails)


def _completed(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    first, last = _calendar(start), _calendar(end)
    is_short = _within_year(last) < _within_year(first)
    return last.dt.year().cast(pl.Int64) - first.dt.year().cast(pl.Int64) - is_short.cast(pl.Int64)


def _calendar(seconds: pl.Expr) -> pl.Expr:
    return (seconds // DAY_SECONDS).cast(pl.Int32).cast(pl.Date)


def _within_year(day: pl.Expr) -> pl.Expr:
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day().cast(pl.Int32)


def date_of(moment: Moment) -> Moment:
    """The date of a date-time, without its clock and zone."""
    start = moment.low // DAY_SECONDS * DAY_SECONDS
    low = pl.when(is_day(moment)).then(start).otherwise(moment.low)
    high = pl.when(is_day(moment)).then(start + (DAY_SECONDS - 1)).otherwise(moment.high)
    least, most = min(moment.least, DAY), min(moment.most, DAY)
    return replace(moment, low=low, high=high, zoned=None, least=least, most=most)


def joined(day: Moment, clock: Clock) -> Moment:
    """A date and a time of day as one date-time; the date as it is where the day or the time is not known."""
    doubt, fails = shaky(day, clock)
    is_joined = is_present(clock) & is_day(day)
    low = day.low // DAY_SECONDS * DAY_SECONDS + clock.seconds
    open_seconds = pl.when(clock.seconds % _MINUTE_SECONDS != 0).then(0).otherwise(_MINUTE_SECONDS - 1)
    return Moment(
        low=pl.when(is_joined).then(low).otherwise(day.low),
        high=pl.when(is_joined).then(low + open_seconds).otherwise(day.high),
        zoned=None if day.zoned is None else pl.when(is_joined).then(statement=False).otherwise(day.zoned),
        least=day.least,
        most=_FINEST,
        doubt=doubt,
        fails=fails,
    )


def same_shape(left: Moment, right: Moment) -> tuple[Moment, Moment]:
    """Both with the same expressions: what can stand in one column."""
    least, most = min(left.least, right.least), max(left.most, right.most)
    is_zoned = left.zoned is not None or right.zoned is not None
    first, second = (
        replace(one, least=least, most=most, zoned=pl.lit(value=False) if is_zoned and one.zoned is None else one.zoned)
        for one in (left, right)
    )
    return first, second
