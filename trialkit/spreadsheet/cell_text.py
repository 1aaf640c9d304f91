"""What a workbook stores for a cell as text for people: numbers with every digit, dates as ISO 8601.

Nothing is guessed from how it looks. A number that no calendar shows as a date is an error, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from trialkit.spreadsheet.format_sections import Clock

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{0,13}[1-9])?", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_MOST_PLAIN = 16
_OWN_TEXT = re.compile(rf"(?=.{{1,{_MOST_PLAIN}}}\Z)(?!-0\Z){_PLAIN_NUMBER.pattern}", re.ASCII)
_MOST_KEPT_DIGITS = 15
_LARGEST = Decimal("1.7976931348623158e308")
_FIRST_CERTAIN_SERIAL = 61
_LEAP_SERIAL = 60
_LAST_DAY = date(9999, 12, 31)
_EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_SECONDS = 86_400
_LOOSE_FRACTION = Decimal("0.002")
_SLIP = Decimal("0.0001")
"""By so little of a second programs take a moment before midnight for midnight, because doubles are no decimals."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CLOCK = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])(:[0-5][0-9])?(\.[0-9]+)?", re.ASCII)


class NotReadableError(Exception):
    """A stored value that can not be given as what it claims to be: how it is shown instead, its code, and why."""

    def __init__(self, shown: str, code: str, reason: str) -> None:
        super().__init__(code)
        self.shown, self.code, self.reason = shown, code, reason


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


def write_number(raw: str) -> str:
    """A stored number as plain digits, without exponent and without zeros that say nothing.

    Spreadsheet programs store the double 0.1 as ``0.10000000000000001``: a text that is one of the usual writings of a
    double becomes the shortest writing of it. Any other text keeps every digit.

    Raises:
        NotReadableError: S215 for what is no number, S208 for one beyond the range of doubles.
    """
    if len(raw) <= _MOST_PLAIN and _PLAIN_NUMBER.fullmatch(raw) and raw != "-0":
        return raw
    return _write_unusual(raw)


def pick_plain_numbers(raws: Iterable[str]) -> list[str]:
    """Those stored numbers that are their own text, by the pattern alone."""
    return list(filter(_OWN_TEXT.fullmatch, raws))


@lru_cache(maxsize=65_536)
def _write_unusual(raw: str) -> str:
    stripped = raw.strip(" \t\r\n")
    if not _NUMBER.fullmatch(stripped):
        raise NotReadableError(raw, "S215", "the file calls it a number, and it is none")
    try:
        value = Decimal(stripped)
    except InvalidOperation:
        raise NotReadableError("#NUM!", "S208", "a number beyond all limits") from None
    double = float(value)
    if abs(value) > _LARGEST or (value and not double):
        raise NotReadableError("#NUM!", "S208", "a number beyond all limits")
    if not value:
        return "0"
    short = Decimal(repr(double))
    is_double = value == short or value in (Decimal(f"{double:.17g}"), Decimal(f"{double:.16g}"))
    plain = format(short if is_double else value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def is_beyond_precision(text: str) -> bool:
    """Whether a plain whole number has more significant digits than the 15 that spreadsheet programs keep and show."""
    return "." not in text and len(text.lstrip("-").strip("0")) > _MOST_KEPT_DIGITS


def write_moment(raw: str, clock: Clock, *, from_1904: bool) -> tuple[str, bool]:
    """A stored serial number as the date, clock time or duration that its format makes of it.

    Args:
        raw: as in the file.
        clock: what the format shows; not empty.
        from_1904: whether the workbook counts days from 1904-01-01.

    Returns:
        The text, and whether a fraction of a second was left out. A moment at midnight whose format shows no time is a
        date; seconds stand only when they are not zero. Moments are rounded to the second, but where only the day is
        shown, the last half second of a day is still that day.

    Raises:
        NotReadableError: S216 for days that programs show differently: before 1900-03-01 (Excel counts a 29 February
            1900 that never was), negative ones, and days after 9999-12-31; S215 and S208 as in `write_number`.
    """
    serial = Decimal(write_number(raw))
    exact = serial * _SECONDS
    seconds = round(exact)
    is_loose = abs(exact - seconds) > _LOOSE_FRACTION
    if clock == "duration":
        return (write_clock(seconds) if seconds >= 0 else f"-{write_clock(-seconds)}"), is_loose
    if clock == "time" and 0 <= serial < 1:
        return write_clock(min(seconds, _SECONDS - 1)), is_loose
    if clock == "date" and seconds % _SECONDS == 0 and seconds - exact > _SLIP:
        return _write_day(seconds - _SECONDS, clock, from_1904=from_1904), True
    return _write_day(seconds, clock, from_1904=from_1904), is_loose


@lru_cache(maxsize=65_536)
def write_clock(seconds: int) -> str:
    """Seconds as ``09:05``, or ``09:05:02`` when the seconds are not zero; hours may exceed 24."""
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if second else "")


def _write_day(seconds: int, clock: Clock, *, from_1904: bool) -> str:
    days, rest = divmod(seconds, _SECONDS)
    day = _write_date(days, from_1904)
    shows_time = clock != "date" or rest
    return f"{day}T{write_clock(rest)}" if shows_time else day


@lru_cache(maxsize=65_536)
def _write_date(days: int, from_1904: bool) -> str:
    if days < (0 if from_1904 else _FIRST_CERTAIN_SERIAL):
        if not from_1904 and days == _LEAP_SERIAL:
            raise NotReadableError("#VALUE!", "S216", "shown as 29 February 1900, a day that never was")
        raise NotReadableError("#VALUE!", "S216", "a date before 1 March 1900, which programs show differently")
    if days > (_LAST_DAY - _EPOCHS[from_1904]).days:
        raise NotReadableError("#VALUE!", "S216", "a date after 31 December 9999")
    return (_EPOCHS[from_1904] + timedelta(days=days)).isoformat()


def write_iso(raw: str, clock: Clock) -> tuple[str, bool]:
    """A date, date-time or time that the file holds in ISO 8601, and whether a fraction of a second was left out.

    Args:
        raw: as in the file.
        clock: what the cell's format shows; a midnight that it does not show is left out.

    Raises:
        NotReadableError: S215 when it is none, or has a time zone.
    """
    stripped = raw.strip()
    day, _, time = stripped.partition("T") if "T" in stripped or ":" not in stripped else ("", "", stripped)
    found = _CLOCK.fullmatch(time)
    is_sound = _is_day(day) if day else bool(time)
    if not is_sound or (time and found is None):
        raise NotReadableError(raw, "S215", "the file calls it a date, and it is none that can be read")
    if found is None:
        return day, False
    seconds = found[2] or ""
    is_loose = bool((found[3] or "").strip(".0"))
    if day and clock == "date" and found[1] == "00:00" and not seconds.strip(":0"):
        return day, is_loose
    return (f"{day}T" if day else "") + found[1] + (seconds if seconds != ":00" else ""), is_loose


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
