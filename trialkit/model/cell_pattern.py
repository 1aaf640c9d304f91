"""Patterns of cells: `BP {sys:integer}/{dia:integer}` takes a text apart.

No regular expression is written by anybody: a pattern has few kinds of parts, so that none can run for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LONGEST_TEXT = 4_000
"""Longer texts fit no pattern."""

KINDS: Mapping[str, str] = {
    "word": r"[^\s,;()/]+",
    "integer": r"-?[0-9]+",
    "number": r"-?[0-9]+(?:\.[0-9]+)?",
    "comma": r"-?[0-9]+(?:,[0-9]+)?",
    "time": r"[0-9]{1,2}[:.]?[0-9]{2}(?:[:.][0-9]{2})?",
    "date": r"[0-9A-Za-z?]+(?:[-/.][0-9A-Za-z?]+){0,2}",
    "text": r"\S(?:.*?\S)?",
}
"""What a part may be. A `comma` is a number with a decimal comma; it is handed on with a point. A `date` is a date
without blanks, in any layout."""

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\s+|[^{}\s]+|[{}]")
_NAME = re.compile(r"([a-z][a-z0-9_]{0,30})(?::([a-z]+))?")
_BEFORE = r"(?<![^\W_])(?<![0-9][.,:/-])"
_BEHIND = r"(?![^\W_]|[.,:/][0-9])"


@dataclass(frozen=True, slots=True)
class CellPattern:
    """A pattern that was understood.

    Attributes:
        kinds: name of each part to its kind, in the order of the pattern; empty for a pattern of fixed words.
        expression: the same as a regular expression whose groups are the parts.
    """

    kinds: Mapping[str, str]
    expression: str

    def match(self, text: str) -> dict[str, str] | None:
        """The parts of a text that the pattern fits from end to end, or None."""
        if len(text) > LONGEST_TEXT:
            return None
        found = _compiled(self.expression).fullmatch(text)
        return None if found is None else self.parts(found.groupdict())

    @property
    def bounded(self) -> str:
        """The expression for use inside a longer text: it begins and ends where words and numbers do."""
        return f"{_BEFORE}(?:{self.expression}){_BEHIND}"

    def parts(self, groups: Mapping[str, str | None]) -> dict[str, str]:
        """The groups of a match by part, decimal commas as points."""
        return {
            name: (groups[name] or "").replace(",", ".") if kind == "comma" else groups[name] or ""
            for name, kind in self.kinds.items()
        }


@lru_cache(maxsize=1024)
def read_pattern(pattern: str) -> CellPattern:
    """Understand a pattern.

    ``{name:kind}`` is a part (a word when no kind is said), a blank is one or more blanks, ``{{`` and ``}}`` are
    braces, everything else stands for itself.

    Raises ValueError with what is wrong with it.
    """
    kinds: dict[str, str] = {}
    pieces: list[str] = []
    follows_part = False
    for piece in _PIECE.finditer(pattern.strip()):
        text = piece.group()
        if piece[1] is None:
            if text in "{}":
                raise ValueError(f"a brace is not closed or not opened in {pattern!r:.60}")
            pieces.append(r"\s+" if text.isspace() else re.escape({"{{": "{", "}}": "}"}.get(text, text)))
            follows_part = False
            continue
        if follows_part:
            raise ValueError(f"two parts follow each other without anything between them in {pattern!r:.60}")
        name, kind = _read_part(piece[1])
        if name in kinds:
            raise ValueError(f"part {name} stands twice in {pattern!r:.60}")
        kinds[name] = kind
        pieces.append(f"(?P<{name}>{KINDS[kind]})")
        follows_part = True
    if not pieces:
        raise ValueError("a pattern is empty")
    if list(kinds.values()).count("text") > 1:
        raise ValueError(f"more than one part is a text in {pattern!r:.60}")
    return CellPattern(kinds, "".join(pieces))


def _read_part(written: str) -> tuple[str, str]:
    match = _NAME.fullmatch(written)
    if match is None:
        raise ValueError(f"a part is written {{name:kind}} with a name in small letters, not {{{written[:40]}}}")
    kind = match[2] or "word"
    if kind not in KINDS:
        raise ValueError(f"a part can not be a {kind[:20]}; it is one of {', '.join(KINDS)}")
    return match[1], kind


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)
