"""Values of one record at a time and values in columns: from distinct ones to a column of places, and back."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal

import polars as pl

from trialkit.language.columnar.moment import DAY_SECONDS
from trialkit.language.columnar.number import EXACT, LONGEST_EXPONENT, MOST_DIGITS, SLACK, places_of, scaled
from trialkit.language.columnar.value import (
    NOTHING,
    Clock,
    Coded,
    Moment,
    NotColumnar,
    Nothing,
    Number,
    Text,
    Truth,
    Value,
)
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate

Encoded = tuple[Value, dict[str, pl.Series]]
"""A value whose expressions are columns named like its attributes, and those columns: one row for each known value."""

_EPOCH = date(1970, 1, 1).toordinal()
_UNKNOWN_SECONDS = {3: 86_399, 4: 3_599, 5: 59, 6: 0}
_MINUTE, _HOUR = 60, 3600
_LONGEST_MONTH = 31 * DAY_SECONDS
_DECEMBER = 12


def encoded(known: Sequence[Typed]) -> Encoded:
    """Distinct values as columns; None stays missing. Values of several kinds, and several codes, stay as they are."""
    kinds = {type(value) for value in known if value is not None}
    if not kinds:
        return NOTHING, {}
    makers: Mapping[type, Callable[[Sequence[Typed]], Encoded | None]] = {
        bool: _truths,
        Decimal: _numbers,
        str: _texts,
        PartialDate: _moments,
        time: _clocks,
    }
    maker = makers.get(kinds.pop()) if len(kinds) == 1 else None
    made = None if maker is None else maker(known)
    return _as_given(known) if made is None else made


def _as_given(known: Sequence[Typed]) -> Encoded:
    places = [None if value is None else place for place, value in enumerate(known)]
    return Coded(place=pl.col("place"), known=tuple(known)), {"place": pl.Series(places, dtype=pl.UInt32)}


def _truths(known: Sequence[Typed]) -> Encoded:
    return Truth(holds=pl.col("holds")), {"holds": pl.Series(known, dtype=pl.Boolean)}


def _texts(known: Sequence[Typed]) -> Encoded:
    return Text(text=pl.col("text")), {"text": pl.Series(known, dtype=pl.String)}


def _clocks(known: Sequence[Typed]) -> Encoded | None:
    clocks = [value if isinstance(value, time) else None for value in known]
    if any(clock is not None and (clock.microsecond or clock.tzinfo is not None) for clock in clocks):
        return None
    seconds = [None if at is None else at.hour * _HOUR + at.minute * _MINUTE + at.second for at in clocks]
    return Clock(seconds=pl.col("seconds")), {"seconds": pl.Series(seconds, dtype=pl.Int64)}


def _numbers(known: Sequence[Typed]) -> Encoded | None:
    numbers = [value if isinstance(value, Decimal) else None for value in known]
    there = [number for number in numbers if number is not None]
    if not all(number.is_finite() for number in there):
        return None
    columns, scale, bound = _exact(numbers) or _near(numbers)
    columns["place"] = _as_given(known)[1]["place"]
    made = Number(
        main=pl.col("main"),
        scale=scale,
        bound=bound,
        error=None if scale is not None else pl.col("error"),
        place=pl.col("place"),
        known=tuple(known),
        doubt=pl.col("doubt") if "doubt" in columns else None,
    )
    return made, columns


def _exact(numbers: Sequence[Decimal | None]) -> tuple[dict[str, pl.Series], int | None, float] | None:
    there = [number for number in numbers if number is not None]
    if any(number and abs(number.adjusted()) > LONGEST_EXPONENT for number in there):
        return None
    scale = max(map(places_of, there))
    wholes = [None if number is None else scaled(number, scale) for number in numbers]
    if scale > MOST_DIGITS or any(
        (one is None) != (number is None) for one, number in zip(wholes, numbers, strict=True)
    ):
        return None
    bound = max(abs(one) for one in wholes if one is not None)
    mains = [None if one is None else float(one) for one in wholes]
    return {"main": pl.Series(mains, dtype=pl.Float64)}, scale, float(bound)


def _near(numbers: Sequence[Decimal | None]) -> tuple[dict[str, pl.Series], int | None, float]:
    far = [number is not None and bool(number) and abs(number.adjusted()) > LONGEST_EXPONENT for number in numbers]
    mains = [
        None if number is None else 0.0 if is_far else float(number)
        for number, is_far in zip(numbers, far, strict=True)
    ]
    errors = [
        None if number is None or main is None else 0.0 if _is_whole_float(main, number) else abs(main) * SLACK
        for number, main in zip(numbers, mains, strict=True)
    ]
    columns = {"main": pl.Series(mains, dtype=pl.Float64), "error": pl.Series(errors, dtype=pl.Float64)}
    if any(far):
        columns["doubt"] = pl.Series(far, dtype=pl.Boolean)
    return columns, None, max(abs(main) for main in mains if main is not None)


def _is_whole_float(main: float, number: Decimal) -> bool:
    """Whether a float is the very number, and one that decimals of 34 digits keep."""
    return abs(main) < EXACT and main == int(main) and Decimal(main) == number


def _moments(known: Sequence[Typed]) -> Encoded:
    moments = [value if isinstance(value, PartialDate) else None for value in known]
    spans = [(None, None) if moment is None else seconds_of(moment) for moment in moments]
    columns = {
        "low": pl.Series([low for low, _ in spans], dtype=pl.Int64),
        "high": pl.Series([high for _, high in spans], dtype=pl.Int64),
    }
    there = [moment for moment in moments if moment is not None]
    has_zones = any(moment.zone for moment in there)
    if has_zones:
        zoned = [None if moment is None else bool(moment.zone) for moment in moments]
        columns["zoned"] = pl.Series(zoned, dtype=pl.Boolean)
    precisions = [len(moment.parts) for moment in there]
    made = Moment(
        low=pl.col("low"),
        high=pl.col("high"),
        zoned=pl.col("zoned") if has_zones else None,
        least=min(precisions),
        most=max(precisions),
    )
    return made, columns


def seconds_of(moment: PartialDate) -> tuple[int, int]:
    """The first and the last second that a date can mean, counted from 1970."""
    given = moment.parts
    year, month, day, hour, minute, second = (*given, *(1, 1, 1, 0, 0, 0)[len(given) :])
    start = (date(year, month, day).toordinal() - _EPOCH) * DAY_SECONDS
    low = start + hour * _HOUR + minute * _MINUTE + second
    if len(given) in _UNKNOWN_SECONDS:
        return low, low + _UNKNOWN_SECONDS[len(given)]
    month = _DECEMBER if len(given) == 1 else month
    last = date(year, month, monthrange(year, month)[1])
    return low, (last.toordinal() - _EPOCH + 1) * DAY_SECONDS - 1


def moment_at(low: int, high: int) -> PartialDate:
    """The date without a zone that leaves these seconds open."""
    days, seconds = divmod(low, DAY_SECONDS)
    day = date.fromordinal(days + _EPOCH)
    everything = (day.year, day.month, day.day, seconds // _HOUR, seconds % _HOUR // _MINUTE, seconds % _MINUTE)
    known = next((parts for parts, span in _UNKNOWN_SECONDS.items() if high - low == span), None)
    if known is None:
        known = 2 if high - low < _LONGEST_MONTH else 1
    return PartialDate(everything[:known])


def decoded(value: Value, columns: pl.DataFrame) -> list[Typed]:
    """The values of each row, from columns named like the attributes.

    Raises:
        NotColumnar: for numbers that are only near, which nothing can be made of.
    """
    if isinstance(value, Nothing):
        return [None] * columns.height
    if isinstance(value, Moment):
        spans = zip(columns["low"].to_list(), columns["high"].to_list(), strict=True)
        return [None if low is None else moment_at(low, high) for low, high in spans]
    return [None if one is None else _decode_one(value, one) for one in columns[_main_name(value)].to_list()]


def _main_name(value: Value) -> str:
    match value:
        case Truth():
            return "holds"
        case Number(place=None):
            return "main"
        case Text():
            return "text"
        case Clock():
            return "seconds"
    return "place"


def _decode_one(value: Value, one: object) -> Typed:
    match value, one:
        case (Truth(), bool(found)) | (Text(), str(found)):
            return found
        case Clock(), int(found):
            return time(found // _HOUR, found % _HOUR // _MINUTE, found % _MINUTE)
        case (Coded(known=known), int(found)) | (Number(known=[_, *_] as known), int(found)):
            return known[found]
        case Number(scale=int(scale)), (float() | int()) as found:
            return Decimal(int(found)).scaleb(-scale)
    raise NotColumnar("a number that is only near")
