"""Cells that a mapping takes apart: a text and its patterns in, parts out. What no pattern covers is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from trialkit.model.cell_pattern import LONGEST_TEXT, CellPattern, read_pattern
from trialkit.model.mapping import PartPattern, PartsMapping, PartsReading


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a cell.

    Attributes:
        text: what it says; empty where the pattern that fitted has no such part.
        unit: the unit that the pattern says, or None.
        ask: the question that the pattern asks, or None.
    """

    text: str
    unit: str | None = None
    ask: str | None = None


@dataclass(frozen=True, slots=True)
class TakenApart:
    """What became of one cell.

    Attributes:
        finds: part name to part, one mapping for each find; `whole` and `within` have one at most.
        names: the names of the patterns that fitted, one for each find; empty text where it has none.
        rest: what nothing covers.
    """

    finds: tuple[Mapping[str, Part], ...]
    names: tuple[str, ...]
    rest: str

    def count(self, names: Sequence[str]) -> int | None:
        """How many finds fitted a pattern of one of these names; None when one fitted a pattern without a name."""
        return sum(name in names for name in self.names) if all(self.names) else None


class PartsReader:
    """Takes the cells of one column apart."""

    def __init__(self, rule: PartsMapping) -> None:
        self.rule = rule
        self.names = frozenset(name for pattern in rule.patterns for name in pattern.parts)
        self._patterns = [(pattern, read_pattern(pattern.pattern)) for pattern in rule.patterns]
        self.read = lru_cache(maxsize=4096)(self._read)

    def _read(self, text: str) -> TakenApart:
        """Take one text apart; a blank gives nothing and leaves nothing."""
        if not text:
            return TakenApart((), (), "")
        if len(text) > LONGEST_TEXT:
            return TakenApart((), (), text)
        if self.rule.how is PartsReading.WHOLE:
            return self._read_whole(text)
        found, rest = self._scan(text)
        if self.rule.how is PartsReading.WITHIN:
            merged: dict[str, Part] = {}
            for _, parts in found:
                for name, part in parts.items():
                    if merged.setdefault(name, part).text != part.text:
                        return TakenApart((), (), text)  # the text says two things: a person must read it
            return TakenApart((merged,) if found else (), tuple(name for name, _ in found), rest)
        return TakenApart(tuple(parts for _, parts in found), tuple(name for name, _ in found), rest)

    def _read_whole(self, text: str) -> TakenApart:
        for pattern, compiled in self._patterns:
            taken = compiled.match(text)
            if taken is not None:
                return TakenApart((_complete(pattern, taken),), (pattern.name or "",), "")
        return TakenApart((), (), text)

    def _scan(self, text: str) -> tuple[list[tuple[str, dict[str, Part]]], str]:
        """All finds from left to right, the first pattern that fits at a place, and what lies between them."""
        found: list[tuple[str, dict[str, Part]]] = []
        gaps: list[str] = []
        position = 0
        for match in self._any.finditer(text):
            gaps.append(text[position : match.start()])
            position = match.end()
            pattern, compiled = self._patterns[int((match.lastgroup or "p0")[1:])]
            parts = compiled.match(match.group())
            if parts is not None:
                found.append((pattern.name or "", _complete(pattern, parts)))
        gaps.append(text[position:])
        rest = (self._without_separators(gap) for gap in gaps)
        return found, " … ".join(part for part in rest if self._says_something(part))

    def _says_something(self, rest: str) -> bool:
        """Whether a rest has to be told: within a remark signs alone say nothing."""
        if self.rule.how is PartsReading.WITHIN:
            return any(char.isalnum() for char in rest)
        return bool(rest)

    def _without_separators(self, text: str) -> str:
        for separator in self.rule.between:
            text = text.replace(separator, " ")
        return " ".join(text.split())

    @cached_property
    def _any(self) -> re.Pattern[str]:
        """One expression for all patterns, to tell at each place which one fits first."""
        return re.compile(
            "|".join(f"(?P<p{place}>{_nameless(pattern)})" for place, (_, pattern) in enumerate(self._patterns)),
            re.DOTALL,
        )


def _nameless(pattern: CellPattern) -> str:
    return re.sub(r"\(\?P<[a-z0-9_]+>", "(?:", pattern.bounded)


def _complete(pattern: PartPattern, taken: Mapping[str, str]) -> dict[str, Part]:
    """The parts of a fit with those that the pattern puts and computes."""
    texts = {**taken, **pattern.put_texts(taken)}
    for name, terms in pattern.sum.items():
        total = sum((Decimal(taken[part]) * factor for part, factor in terms.items()), Decimal(0))
        texts[name] = plain(total)
    return {name: Part(text, pattern.unit, pattern.ask) for name, text in texts.items()}


def plain(number: Decimal) -> str:
    """A number in plain digits, without zeros at the end of its decimals."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
