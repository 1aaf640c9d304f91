"""Spans between dates, date-times and times of day, in decimals; missing where the values do not tell."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, time, timedelta
from decimal import Decimal

from trialkit.language.arithmetic import fixed_context
from trialkit.model.partial import PartialDate

_DECEMBER = 12


def days(start: PartialDate, end: PartialDate) -> Decimal | None:
    """Whole days from `start` to `end`, times aside; None unless both name a full day."""
    first, last = start.as_date(), end.as_date()
    if first is None or last is None:
        return None
    return Decimal((last - first).days)


def minutes(start: PartialDate | time, end: PartialDate | time) -> Decimal | None:
    """Minutes from `start` to `end`, two date-times or two times of one day; None when a time is not known.

    Two times of day are taken to be on the same day: from 23:50 to 00:10 is -1420.
    """
    return _span(start, end, 60)


def hours(start: PartialDate | time, end: PartialDate | time) -> Decimal | None:
    """Hours from `start` to `end`; see `minutes`."""
    return _span(start, end, 3600)


def years(start: PartialDate, end: PartialDate) -> Decimal | None:
    """Completed years from `start` to `end`: the age of somebody born on `start`. Negative when `end` is earlier.

    Of partial dates the answer is given only where every day they can mean agrees on it.
    """
    fewest = _completed_years(_latest(start), _earliest(end))
    most = _completed_years(_earliest(start), _latest(end))
    return Decimal(most) if fewest == most else None


def date_of(moment: PartialDate) -> PartialDate:
    """The date of a date-time, without its clock and zone."""
    return moment.date_part()


def date_and_time(day: PartialDate | None, clock: time | None) -> PartialDate | None:
    """A date and a time of day as one date-time; the date as it is when the day or the time is not known."""
    if day is None:
        return None
    if clock is None or not day.is_complete_date:
        return day
    seconds = (clock.second,) if clock.second else ()
    return PartialDate((*day.parts[:3], clock.hour, clock.minute, *seconds))


def earliest(*moments: PartialDate | None) -> PartialDate | None:
    """The earliest of the dates that are there; None when none is, or when one can not be told from it.

    Of several that are the same the first counts: `2024-05-17` and `2024-05-17T09:30` are the same on dates.
    """
    return _outermost(moments, -1)


def latest(*moments: PartialDate | None) -> PartialDate | None:
    """The latest of the dates that are there; see `earliest`."""
    return _outermost(moments, 1)


def _outermost(moments: tuple[PartialDate | None, ...], sign: int) -> PartialDate | None:
    given = [moment for moment in moments if moment is not None]
    for one in given:
        orders = [one.compare(other) for other in given]
        if all(order is not None and order * sign >= 0 for order in orders):
            return one
    return None


def _span(start: PartialDate | time, end: PartialDate | time, unit_seconds: int) -> Decimal | None:
    if isinstance(start, time) and isinstance(end, time):
        seconds: Decimal | None = _since_midnight(end) - _since_midnight(start)
    elif isinstance(start, PartialDate) and isinstance(end, PartialDate):
        seconds = _seconds_between(start, end)
    else:
        seconds = None
    return None if seconds is None else fixed_context().divide(seconds, Decimal(unit_seconds))


def _since_midnight(clock: time) -> Decimal:
    return Decimal(clock.hour * 3600 + clock.minute * 60 + clock.second)


def _seconds_between(start: PartialDate, end: PartialDate) -> Decimal | None:
    first, last = start.as_datetime(), end.as_datetime()
    if first is None or last is None:
        return None
    span = last - first
    if start.zone and end.zone:
        span += _offset(start.zone) - _offset(end.zone)
    return Decimal(span.days * 86_400 + span.seconds)


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))


def _completed_years(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def _earliest(partial: PartialDate) -> date:
    year, month, day = (*partial.parts[:3], 1, 1)[:3]
    return date(year, month, day)


def _latest(partial: PartialDate) -> date:
    known = partial.as_date()
    if known is not None:
        return known
    year, month = (*partial.parts[:2], _DECEMBER)[:2]
    return date(year, month, monthrange(year, month)[1])
