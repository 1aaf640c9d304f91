"""Scheduled forms in, marks with footnotes out: conditions and notes get letters, each text one."""

from __future__ import annotations

from trialkit.document.schedule.table import Footnote, Mark
from trialkit.model.protocol import Protocol, ScheduledForm

__all__ = ["Footnotes"]


class Footnotes:
    """The footnotes of one schedule, lettered in the order in which they are first needed."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._letters: dict[str, str] = {}

    def mark(self, entry: ScheduledForm) -> Mark:
        """The mark of an entry: a condition makes it conditional, whatever `required` says."""
        notes = self.of_text(entry.note)
        if entry.condition is None:
            return Mark("X" if entry.required else "O", notes, entry.timepoints)
        known = self._protocol.conditions.get(entry.condition)
        condition = self.of_text(entry.condition if known is None else known.label)
        return Mark("C", (*condition, *notes), entry.timepoints)

    def of_text(self, text: str) -> tuple[str, ...]:
        """The letter of a footnote; nothing for an empty one. The same words get the same letter."""
        return (self._letters.setdefault(text, _letter(len(self._letters))),) if text else ()

    @property
    def all(self) -> tuple[Footnote, ...]:
        """The footnotes so far, in the order of their letters."""
        return tuple(Footnote(mark, text) for text, mark in self._letters.items())


def _letter(place: int) -> str:
    """a to z, then aa, ab and so on."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
