"""Dates and times: text in a stated layout in, ISO 8601 out. No layout is guessed, no part is filled in."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from functools import lru_cache

from trialkit.extension import TypeMismatchError
from trialkit.model.codelist import CodeList
from trialkit.model.item import Item
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
UNKNOWN_PARTS = ("UN", "UNK", "UK", "NK", "XX", "--", "??")
"""What sites write for a day or month that nobody knows."""

_FULL_MONTHS = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)
_UNKNOWN = "|".join(re.escape(part) for part in sorted(UNKNOWN_PARTS, key=len, reverse=True))

_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "(19)YY": r"(?P<years19>[0-9]{2})",
    "(20)YY": r"(?P<years20>[0-9]{2})",
    "YY": r"(?P<short>[0-9]{2})",
    "MON": rf"(?P<mon>(?i:{'|'.join((*_FULL_MONTHS, *MONTHS))}|{_UNKNOWN}))",
    "DD": rf"(?P<day>[0-9]{{1,2}}|(?i:{_UNKNOWN}))",
    "MM": rf"(?P<month>[0-9]{{1,2}}|(?i:{_UNKNOWN}))",
    "HH": r"(?P<hour>[0-9]{1,2})",
    "MI": r"(?P<minute>[0-9]{2})",
    "SS": r"(?P<second>[0-9]{2})",
}
_TOKEN = re.compile("|".join(map(re.escape, _TOKENS)))
_SERIALS = {"SERIAL": date(1899, 12, 30), "SERIAL1904": date(1904, 1, 1)}
"""Layouts for dates that a spreadsheet wrote as its number, to the day 0 of the calendar that it counted by."""

_SERIAL = re.compile(r"[1-9][0-9]{4}", re.ASCII)
"""Five digits: 1927 to 2173. Fewer could be a year."""

_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?", re.ASCII)


def parse_date(text: str, _item: Item, _codelist: CodeList | None, date_format: str | None) -> str:
    """A full calendar date as YYYY-MM-DD."""
    moment = _read(text, date_format)
    if moment is None or len(moment.parts) > 3:
        raise TypeMismatchError("is not a date", _write_as(date_format, "YYYY-MM-DD, for example 2026-03-31"))
    if not moment.is_complete_date:
        raise TypeMismatchError(
            "is not a full date", "Give day, month and year; this item does not take a partial date."
        )
    return str(moment)


def parse_partial_date(text: str, _item: Item, _codelist: CodeList | None, date_format: str | None) -> str:
    """A date as far as it is known: YYYY, YYYY-MM or YYYY-MM-DD."""
    moment = _read(text, date_format)
    if moment is None or len(moment.parts) > 3:
        raise TypeMismatchError(
            "is not a date", _write_as(date_format, "YYYY-MM-DD, or YYYY-MM or YYYY where the rest is unknown")
        )
    return str(moment)


def parse_datetime(text: str, _item: Item, _codelist: CodeList | None, date_format: str | None) -> str:
    """A date with a time as YYYY-MM-DDTHH:MM, with seconds and zone where they are given."""
    given = text.replace(" ", "T", 1) if date_format is None else text
    moment = _read(given, date_format)
    if moment is None or not moment.has_time:
        raise TypeMismatchError(
            "is not a date with a time", _write_as(date_format, "YYYY-MM-DDTHH:MM, for example 2026-03-31T09:05")
        )
    return str(moment)


def parse_time(text: str, _item: Item, _codelist: CodeList | None, date_format: str | None) -> str:
    """A time of day on the 24 hour clock as HH:MM, with seconds where they are given."""
    patterns = [_TIME] if date_format is None else [_pattern(layout.strip()) for layout in date_format.split("|")]
    readings = {_clock(match) for match in (pattern.fullmatch(text) for pattern in patterns) if match} - {None}
    reading = readings.pop() if len(readings) == 1 else None
    if reading is None:
        otherwise = "HH:MM on the 24 hour clock, for example 09:05"
        raise TypeMismatchError("is not a time of day", _write_as(date_format, otherwise))
    return reading


def typed_date(text: str) -> Typed:
    """The partial date of a canonical date or date-time."""
    return PartialDate.parse(text)


def typed_time(text: str) -> Typed:
    """The time of day."""
    return time.fromisoformat(text)


def _clock(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    clock = _clock_text(found)
    is_real = found.get("minute") is not None and _real(f"2000-01-01T{clock}") is not None
    return clock if is_real else None


def _clock_text(found: dict[str, str | None]) -> str:
    """``09:05`` or ``09:05:30`` of the parts that a layout found; empty when it found none."""
    given = (found.get(name) for name in ("hour", "minute", "second"))
    return ":".join(f"{int(part):02d}" for part in given if part)


def _read(text: str, date_format: str | None) -> PartialDate | None:
    """The date in any of the layouts, separated by ``|``; None when none fits.

    Raises TypeMismatchError when two layouts read it differently, or when its century is not said.
    """
    if date_format is None:
        return _real(text)
    readings = {_read_layout(text, layout.strip()) for layout in date_format.split("|")} - {None}
    if len(readings) > 1:
        both = " or ".join(sorted(str(reading) for reading in readings))
        raise TypeMismatchError(f"can be read as {both}", "Write it so that only one layout of the mapping fits.")
    return readings.pop() if readings else None


def _read_layout(text: str, layout: str) -> PartialDate | None:
    if layout in _SERIALS:
        is_serial = _SERIAL.fullmatch(text) is not None
        return _real((_SERIALS[layout] + timedelta(days=int(text))).isoformat()) if is_serial else None
    match = _pattern(layout).fullmatch(text)
    if match is None:
        return None
    found = match.groupdict()
    if found.get("short"):
        raise TypeMismatchError(
            "has a year of two digits, and nothing says its century",
            "Write the year with four digits, or (20)YY or (19)YY in the mapping.",
        )
    month = _month(found.get("mon") or found.get("month"))
    day = _part(found.get("day"))
    if day and not month:
        return None
    parts = [_year(found), month, day]
    clock = _clock_text(found)
    iso = "-".join(part for part in parts if part)
    return _real(f"{iso}T{clock}" if clock else iso)


def _year(found: dict[str, str | None]) -> str:
    """Four digits; the century of a short year is the one that the layout says."""
    for century in ("19", "20"):
        if short := found.get(f"years{century}"):
            return century + short
    return found.get("year") or ""


@lru_cache(maxsize=64)
def _pattern(layout: str) -> re.Pattern[str]:
    pieces: list[str] = []
    position = 0
    for token in _TOKEN.finditer(layout):
        pieces += [re.escape(layout[position : token.start()]), _TOKENS[token.group()]]
        position = token.end()
    return re.compile("".join(pieces) + re.escape(layout[position:]), re.ASCII)


def _month(text: str | None) -> str:
    """Two digits; empty when unknown or absent."""
    if text is None or text[:3].upper() not in MONTHS:
        return _part(text)
    return f"{MONTHS.index(text[:3].upper()) + 1:02d}"


def _part(text: str | None) -> str:
    """Two digits; empty when unknown or absent."""
    return "" if text is None or text.upper() in UNKNOWN_PARTS else f"{int(text):02d}"


def _real(iso: str) -> PartialDate | None:
    try:
        return PartialDate.parse(iso)
    except ValueError:
        return None


def _write_as(date_format: str | None, otherwise: str) -> str:
    return f"Write {otherwise if date_format is None else date_format + ', as the mapping says'}."
