"""Words for messages: the known name that a wrong one was probably meant to be, short lists, texts quoted safely.

Suggests only; nothing is ever replaced by a suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

_MOST_COMPARED = 5_000
_ALIKE = 0.6


def find_nearest(text: str, known: Iterable[str]) -> str | None:
    """The known name most like the text, upper and lower case alike; None when nothing comes near."""
    return _search(text.casefold(), tuple(islice(known, _MOST_COMPARED)))


@lru_cache(maxsize=256)  # a whole column may hold the same wrong word
def _search(text: str, known: tuple[str, ...]) -> str | None:
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(text, folded, n=1, cutoff=_ALIKE)
    return folded[close[0]] if close else None


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """``Did you mean X?`` with a trailing blank, or nothing."""
    found = find_nearest(text, known)
    return f"Did you mean {found}? " if found else ""


def list_some(names: Iterable[object], most: int = 8) -> str:
    """The names separated by commas; after `most` of them, how many more there are."""
    texts = [str(name) for name in names]
    shown = ", ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown} and {len(texts) - most} more"


def quote(text: str, most: int = 40) -> str:
    """A text for a message: control characters shown, long text cut with an ellipsis."""
    shown = text if len(text) <= most else text[: most - 3] + "…"
    return "'" + "".join(char if char.isprintable() else _escape(char) for char in shown) + "'"


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"


def speakable(words: str) -> str:
    """Words that can be written: the name of a file may hold bytes that are no text, shown as ``\\udcff``."""
    return words.encode("utf-8", "backslashreplace").decode()
