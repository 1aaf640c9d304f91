"""Free text: kept as it was given, apart from blanks at its ends and line breaks, which become one character each."""

from __future__ import annotations

import unicodedata

from trialkit.extension import TypeMismatchError
from trialkit.model.codelist import CodeList
from trialkit.model.item import Item
from trialkit.model.kind import Typed

_KEPT = "\n\t"
_REFUSED = {"Cc": "control character", "Cs": "broken character"}


def parse_text(text: str, item: Item, _codelist: CodeList | None, _date_format: str | None) -> str:
    """The text itself, its line breaks as line feeds.

    Raises TypeMismatchError when it is longer than the item takes, or holds control characters or halves of
    characters, which no file could hold.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > item.length:
        raise TypeMismatchError(f"has {len(text)} characters", f"Write at most {item.length}.")
    strange = next((char for char in text if unicodedata.category(char) in _REFUSED and char not in _KEPT), None)
    if strange is not None:
        what = _REFUSED[unicodedata.category(strange)]
        raise TypeMismatchError(f"holds the {what} U+{ord(strange):04X}", "Type the text anew.")
    return text


def typed_text(text: str) -> Typed:
    """Text is itself."""
    return text
