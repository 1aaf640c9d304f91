"""The one rule against texts that execute: what a spreadsheet program takes for a formula, and how it stays a text.

In a workbook a cell says that it is a text, so nothing has to be changed: see `trialkit.spreadsheet.writing`. A CSV
file can not say so. There such a text gets one apostrophe before it, which `unguard_text` takes away again: for every
text ``unguard_text(guard_text(text)) == text``, and two different texts never look alike. So does what stands behind a
semicolon, a tab or a line end in a text: where commas are decimal, programs begin a new cell there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["begins_like_formula", "guard_text", "is_guarded", "unguard_text"]

_SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # the last four are full-width = + - @, which Japanese Excel takes, too
_FIRST = frozenset(f"'{_SIGNS}")
_BEGINNING = re.compile(rf"'*[{_SIGNS}]")
_GUARDED = re.compile(rf"'+[{_SIGNS}]")
_SEPARATOR = re.compile(r"([;\t\r\n])")
_INNER = re.compile(rf"[;\t\r\n]['\"]*[{_SIGNS}]")
_PIECE = re.compile(rf"['\"]*[{_SIGNS}]")
"""Behind a separator, quotation marks around a formula are taken off."""
_BETWEEN = [";", ";"]
"""Only between these a number is a cell by itself. Elsewhere it goes on with what follows, also of the next column."""
_HARMLESS = re.compile(r"'*(?:[+-]+|[+-](?:[0-9]+(?:[.:][0-9]*)?|\.[0-9]+))", re.ASCII)
"""No formulas to any program: signs alone (urine strips say ``-``, ``+``, ``++``), ``-5``, and a zone ``+02:00``."""


def begins_like_formula(text: str) -> bool:
    """Whether a spreadsheet program could take a text for a formula: it begins with = + - @, a tab or a line end.

    Signs alone, plain numbers and the zone of a clock are none. Apostrophes before such a beginning are looked
    through, so that guarding a text twice can be undone twice.
    """
    # Hardly any text begins like that, and a listing has a million.
    return text[:1] in _FIRST and _BEGINNING.match(text) is not None and _HARMLESS.fullmatch(text) is None


def guard_text(text: str) -> str:
    """The text as it may stand in CSV: with apostrophes where it, or a piece of it, begins like a formula."""
    inner = _change_pieces(text, lambda piece: f"'{piece}")
    return f"'{inner}" if begins_like_formula(text) else inner


def is_guarded(text: str) -> bool:
    """Whether `guard_text` has put apostrophes into a text."""
    return unguard_text(text) != text


def unguard_text(text: str) -> str:
    """What stood there before `guard_text`."""
    bare = text[1:] if _is_guarded(text) else text
    return _change_pieces(bare, lambda piece: piece.removeprefix("'"))


def _change_pieces(text: str, change: Callable[[str], str]) -> str:
    """The text with each piece behind a separator changed that begins like a formula, with apostrophes or without."""
    if not _INNER.search(text):
        return text
    parts = _SEPARATOR.split(text)
    for place in range(2, len(parts), 2):
        if _PIECE.match(parts[place]) and not (
            parts[place - 1 : place + 2 : 2] == _BETWEEN and _HARMLESS.fullmatch(parts[place])
        ):
            parts[place] = change(parts[place])
    return "".join(parts)


def _is_guarded(text: str) -> bool:
    return _GUARDED.match(text) is not None and begins_like_formula(text)
