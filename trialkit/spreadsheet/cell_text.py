"""The value of one cell as text: numbers with every digit, dates as ISO 8601. Nothing is guessed from how it looks."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from trialkit.spreadsheet.cells import KindWord

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_FIRST_CERTAIN_DAY = datetime(1900, 3, 1)  # noqa: DTZ001  # a spreadsheet's clock has no zone
_LARGEST_EXACT = 2**53

CellValue = str | bool | int | float | datetime | date | time | timedelta


def write_value(value: CellValue, number_format: str | None) -> tuple[str, KindWord]:
    """Write a cell's value as text.

    Args:
        value: as the workbook reader gives it, never None.
        number_format: how the workbook shows it; asked only for date-times.

    Returns:
        The text and the kind. A date-time at midnight whose format shows no time is a date. Seconds stand only
        when they are not zero; fractions of a second, which a spreadsheet's clock does not keep, are rounded.
        Days before 1900-03-01 are errors: Excel counts a 29 February 1900 that never was.
    """
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "boolean"
    if isinstance(value, int | float):
        return _write_number(value)
    if isinstance(value, str):
        return decode_escapes(value), "text"
    if isinstance(value, timedelta):
        return _write_duration(value), "date"
    if isinstance(value, time):
        return _write_time(value), "date"
    if isinstance(value, datetime):
        return _write_datetime(value, number_format)
    return value.isoformat(), "date"


def decode_escapes(text: str) -> str:
    """Undo the ``_x000D_`` notation for characters that XML can not hold (ECMA-376 22.4.2.4); surrogates stay."""
    return _ESCAPE.sub(_decode_one, text) if "_x" in text else text


def encode_escapes(text: str) -> str:
    """Write characters that XML can not hold as ``_x000D_``, and texts that look like such a notation so, too."""
    guarded = _ESCAPE.sub(lambda match: f"_x005F_{match[0][1:]}", text) if "_x" in text else text
    return re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda match: f"_x{ord(match[0]):04X}_", guarded)


def _decode_one(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _write_number(value: int | float) -> tuple[str, KindWord]:
    if isinstance(value, int):
        return str(value), "number"
    if value != value or value in (float("inf"), float("-inf")):
        return "#NUM!", "error"
    if value.is_integer() and abs(value) <= _LARGEST_EXACT:
        return str(int(value)), "number"
    return format(Decimal(repr(value)), "f"), "number"


def _write_time(value: time) -> str:
    seconds = round(
        timedelta(
            hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
        ).total_seconds()
    )
    return _write_clock(min(seconds, 86_399))


def _write_duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    return _write_clock(seconds) if seconds >= 0 else f"-{_write_clock(-seconds)}"


def _write_clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if second else "")


def _write_datetime(value: datetime, number_format: str | None) -> tuple[str, KindWord]:
    if value < _FIRST_CERTAIN_DAY:
        return "#VALUE!", "error"
    moment = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if moment.time() == time() and not _shows_time(number_format or ""):
        return moment.date().isoformat(), "date"
    return moment.isoformat(timespec="seconds" if moment.second else "minutes"), "date"


def _shows_time(number_format: str) -> bool:
    first = _QUOTED.sub("", number_format.split(";")[0]).lower()
    return "h" in first or "s" in first
