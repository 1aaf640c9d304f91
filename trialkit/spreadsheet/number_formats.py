"""Number formats: whether a format code shows a date, a clock, a share of hundred, or leading zeros.

A format code as it stands in the file goes in, a `NumberFormat` comes out. One pass over the code, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Clock = Literal["", "date", "date-time", "time", "duration"]
"""What a format makes of a number: nothing, or a moment of one of four kinds."""

GENERAL = "General"
_BUILT_IN = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yy h:mm",
    37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mmss.0",
    48: "##0.0E+0",
    49: "@",
}
"""ECMA-376 part 1, 18.8.30. Numbers 27 to 36 and 50 to 58 are dates and clocks of East Asian programs."""
_EAST_ASIAN = dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-m-d") | dict.fromkeys(
    (*range(32, 36), 55, 56), "h:mm:ss"
)
_ZEROS = re.compile(r"0{2,}", re.ASCII)
_ELAPSED = re.compile(r"h+|m+|s+")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format code and what it does to a number.

    Attributes:
        code: as in the file; empty for the general format.
        clock: which kind of moment it shows, or empty.
        is_percent: whether it shows the number times hundred.
        zeros: to how many digits it pads whole numbers with zeros; 0 when it does not.
        is_blank: whether it shows nothing at all (``;;;``).
    """

    code: str
    clock: Clock = ""
    is_percent: bool = False
    zeros: int = 0
    is_blank: bool = False


GENERAL_FORMAT = NumberFormat("")


def built_in_format(number: int) -> str:
    """The code of a format that files name by number only; the general format for numbers without a meaning."""
    return _BUILT_IN.get(number) or _EAST_ASIAN.get(number, GENERAL)


@lru_cache(maxsize=4096)
def read_format(code: str) -> NumberFormat:
    """Tell what a format code does. Only its first section counts, the one for ordinary numbers."""
    if code in ("", GENERAL) or code.lower() == "general":
        return GENERAL_FORMAT
    letters, elapsed, percent = _strip(code)
    clock = "" if "general" in letters else _clock(letters, elapsed=elapsed)
    return NumberFormat(
        code,
        clock,
        is_percent=percent and not clock,
        zeros=len(code) if _ZEROS.fullmatch(code) else 0,
        is_blank=code.replace(" ", "") in (";;;", ";;"),
    )


def _strip(code: str) -> tuple[str, bool, bool]:
    """The first section in small letters without what is quoted, whether it counts elapsed time, has a percent sign."""
    letters: list[str] = []
    elapsed = percent = False
    for kind, text in _tokens(code):
        if kind == "bracket":
            elapsed = elapsed or _ELAPSED.fullmatch(text) is not None
            letters += text if _ELAPSED.fullmatch(text) else ""
        else:
            percent = percent or text == "%"
            letters.append(text)
    return "".join(letters), elapsed, percent


def _tokens(code: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(code) and code[place] != ";":
        char = code[place]
        if char in '"[':
            end = code.find('"' if char == '"' else "]", place + 1)
            if end < 0:
                return
            if char == "[":
                yield "bracket", code[place + 1 : end].lower()
            place = end + 1
        elif char in "\\_*":
            place += 2
        else:
            yield "char", char.lower()
            place += 1


def _clock(letters: str, *, elapsed: bool) -> Clock:
    plain = letters.replace("am/pm", "h").replace("a/p", "h")
    has_time = "h" in plain or "s" in plain
    if elapsed:
        return "duration"
    if "y" in plain or "d" in plain or ("m" in plain and not has_time):
        return "date-time" if has_time else "date"
    return "time" if has_time else ""
