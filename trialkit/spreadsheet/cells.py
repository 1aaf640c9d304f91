"""The grid that every spreadsheet shares: how far it goes, and how columns are named."""

from __future__ import annotations

import re
from functools import lru_cache

MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576
MOST_RECORDS = 60_000_000
"""The most filled rows of any file: a CSV file goes on behind the last row of a sheet."""
LONGEST_TEXT = 32_767
"""The most characters that a spreadsheet program keeps in one cell."""


@lru_cache(maxsize=MOST_COLUMNS + 1)
def column_letters(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA, 16,384 is XFD."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=MOST_COLUMNS + 1)
def column_number(letters: str) -> int:
    """The number of a column named in capital letters A to Z: A is 1, XFD is 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def is_nothing(size: str | None) -> bool:
    """Whether a width or height, as a file says it, is 0, so that nobody sees what stands there."""
    return size is not None and re.fullmatch(r"0+(?:\.0*)?", size) is not None
