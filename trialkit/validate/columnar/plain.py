"""What an item asks for in, the texts that are right beyond doubt out: no check is cheaper than to look a text up.

Such a list is never complete: a text that is not on it is looked at more closely, and may be right as well. Each is a
series of one list, as polars takes it to look texts up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache

import polars as pl

MOST_NUMBERS = 10_000
_DAY = timedelta(days=1)


@lru_cache(maxsize=512)
def plain_numbers(low: Decimal, high: Decimal, places: int) -> pl.Series | None:
    """Every number from `low` to `high` with up to so many decimal places, as people write it; None for too many."""
    if (high - low + 1) * 10**places * 2 > MOST_NUMBERS:
        return None
    return _list_of([text for given in range(places + 1) for text in _numbers(low, high, given)])


def _numbers(low: Decimal, high: Decimal, places: int) -> Iterator[str]:
    first = int(low.scaleb(places).to_integral_value(ROUND_CEILING))
    last = int(high.scaleb(places).to_integral_value(ROUND_FLOOR))
    for number in range(first, last + 1):
        sign, (whole, part) = "-" * (number < 0), divmod(abs(number), 10**places)
        yield f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


@lru_cache(maxsize=16)
def plain_days(first: date, last: date) -> pl.Series:
    """Every day between two, both included."""
    return _days(first, last).implode()


@lru_cache(maxsize=16)
def plain_dates(first: date, last: date) -> pl.Series:
    """Every day between two, and every month and year that has begun by the last of them."""
    days = _days(first, last)
    return pl.concat([days, days.str.head(7).unique(), days.str.head(4).unique()]).implode()


def _days(first: date, last: date) -> pl.Series:
    return pl.date_range(first, last, interval="1d", eager=True).dt.to_string("%Y-%m-%d")


def day_before(day: date, days: int = 1) -> date:
    """A day some days earlier; the first of the calendar where there is none."""
    return day - min(days * _DAY, day - date.min)


@lru_cache(maxsize=1)
def plain_clocks() -> pl.Series:
    """Every minute of a day: ``09:05``."""
    return _list_of(_clocks())


@lru_cache(maxsize=1)
def plain_day_times() -> pl.Series:
    """Every minute of a day as it stands behind a date: ``T09:05``."""
    return _list_of([f"T{clock}" for clock in _clocks()])


def _clocks() -> list[str]:
    return [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)]


@lru_cache(maxsize=512)
def plain_codes(codes: tuple[str, ...]) -> pl.Series:
    """Every code of a list."""
    return _list_of(codes)


def _list_of(texts: Sequence[str]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String).implode()
