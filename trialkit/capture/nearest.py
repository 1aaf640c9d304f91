"""The known name that a wrong one was probably meant to be. Suggests only; nothing is ever replaced by it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

_MOST_COMPARED = 5_000


def find_nearest(text: str, known: Iterable[str]) -> str | None:
    """The known name most like the text, upper and lower case alike; None when nothing comes near."""
    return _search(text.casefold(), tuple(islice(known, _MOST_COMPARED)))


@lru_cache(maxsize=256)  # a whole column may hold the same wrong word
def _search(text: str, known: tuple[str, ...]) -> str | None:
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(text, folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggest(text: str, known: Iterable[str]) -> str:
    """``Did you mean X?`` with a trailing blank, or nothing."""
    found = find_nearest(text, known)
    return f"Did you mean {found}? " if found else ""


def list_some(names: Iterable[object], most: int = 8) -> str:
    """The names separated by commas; after `most` of them, how many more there are."""
    texts = [str(name) for name in names]
    shown = ", ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown} and {len(texts) - most} more"


def quote(text: str) -> str:
    """A text of a source for a message: control characters shown, long text cut with an ellipsis."""
    shown = text if len(text) <= 40 else text[:37] + "…"
    return "'" + "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in shown) + "'"
