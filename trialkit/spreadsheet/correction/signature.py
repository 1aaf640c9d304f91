"""Comments of ours are signed over their words: one that a person has added to is no longer ours, and is kept.

Office programs keep the text of a comment, but not all of them its author.
"""

from __future__ import annotations

import hashlib
import re

from trialkit.spreadsheet.cell_text import encode_escapes
from trialkit.spreadsheet.correction.marks import AUTHOR

_LONGEST = 4_000
_SIGNED = re.compile(rf"\s*— {AUTHOR} ([0-9a-f]{{6}})\s*\Z")


def sign(text: str) -> str:
    """A comment with its signature, cut off where it is longer than anybody reads."""
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{shown}\n— {AUTHOR} {_digest(encode_escapes(shown))}"


def is_signed(text: str) -> bool:
    """Whether a text, as it stands in the file, is a comment of ours that nobody has changed."""
    found = _SIGNED.search(text)
    return found is not None and found[1] == _digest(text[: found.start()])


def _digest(text: str) -> str:
    """Over the words alone: programs differ in how they keep blanks and line ends."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "backslashreplace")).hexdigest()[:6]
