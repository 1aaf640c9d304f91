"""Defined things together with the place they were written at, so that every problem can point there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trialkit.errors import DefinitionError, Problem
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.mapping import Mapping as SourceMapping
from trialkit.model.protocol import Protocol
from trialkit.model.study import Contribution, StudyDefinition
from trialkit.model.unit import UnitConversion
from trialkit.wording import find_nearest, list_some, quote

Thing = Form | CodeList | UnitConversion | Check | Protocol | StudyDefinition | SourceMapping
"""Whatever a definition file can hold."""

Steps = tuple[str | int, ...]
"""The way to a value inside a thing: ``("items", 0, "label")``."""

KEY = "@key"
"""Last step to a key instead of its value."""

TEXT = "@text"
"""Last step to the first character of a one-line text, behind its quote."""

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Located:
    """A thing and where it was written.

    Attributes:
        thing: the thing.
        file: the file as the user names it, or who handed in a ready object.
        positions: steps to (line, column), both from 1; with `KEY` or `TEXT` as last step for keys and texts.
            Empty for a ready object.
        lines: the lines of the file, for excerpts.
    """

    thing: Thing
    file: str = ""
    positions: Mapping[Steps, tuple[int, int]] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @classmethod
    def of_object(cls, thing: Thing, source: str) -> Located:
        """A thing that was not read from a file by this station; `source` says where it is from, for messages."""
        return cls(thing, source)

    @property
    def name(self) -> str:
        """What the thing is called in messages: ``form VS``."""
        return name_thing(self.thing)

    def place(self, steps: Steps) -> tuple[int, int]:
        """Line and column of a value, or of what it stands in when it was not written; zeros when unknown."""
        while steps and steps not in self.positions:
            steps = steps[:-1]
        return self.positions.get(steps, (0, 0))

    def problem(self, steps: Steps, code: str, message: str, remedy: str, shift: int = 0) -> Problem:
        """A problem with the value at the end of the steps, `shift` characters into its text."""
        line, column = self.positions.get((*steps, TEXT), (0, 0))
        if not shift or not line:
            (line, column), shift = self.place(steps), 0
        told = message if self.positions else f"{self.name}: {message}"
        return place_problem(self.file, self.lines, (line, column + shift), code, told, remedy)


@dataclass(frozen=True, slots=True)
class Contributed:
    """A located thing and who handed it in."""

    located: Located
    contribution: Contribution

    @property
    def origin(self) -> str:
        """The plugin and the file for messages: ``plugin iv (forms/vs.yaml)``."""
        who = "the study" if self.contribution.plugin == "study" else f"plugin {self.contribution.plugin}"
        return f"{who} ({self.located.file})" if self.located.positions else who


def place_problem(
    file: str, lines: Sequence[str], place: tuple[int, int], code: str, message: str, remedy: str
) -> Problem:
    """A problem at a line and column (from 1; zeros when unknown), with the line as excerpt and a full sentence."""
    line, column = place
    excerpt = lines[line - 1] if 0 < line <= len(lines) else ""
    return Problem(file, line, column, code, sentence(message), remedy, excerpt)


def name_thing(thing: Thing) -> str:
    """What a thing is called in messages: its kind and its identifier."""
    match thing:
        case Form():
            return f"form {thing.form}"
        case CodeList():
            return f"code list {thing.codelist}"
        case UnitConversion():
            return f"unit {thing.unit} to {thing.to}"
        case Check():
            return f"check {thing.check}"
        case Protocol():
            return f"protocol {thing.protocol}"
        case StudyDefinition():
            return f"study {thing.study}"
        case _:
            return f"mapping {thing.mapping}"


def definition_error(problems: Sequence[Problem]) -> DefinitionError:
    """One exception for all the problems, of which there is at least one: its own code, or D100 for several."""
    ordered = sorted(set(problems))
    first = ordered[0]
    told = f"{first.where}: {first.message}"
    if len(ordered) == 1:
        return DefinitionError(first.code, told, remedy=first.remedy, problems=ordered)
    count = f"{len(ordered)} problems in the definitions; the first is {first.code} at {told}"
    return DefinitionError("D100", count, remedy="Mend each place that is named.", problems=ordered)


def suggest(word: str, known: Iterable[str], otherwise: str = "Use one of") -> str:
    """The remedy for an unknown word: the nearest known one, or what is known."""
    names = sorted(set(known))
    near = find_nearest(word, names)
    if near is not None:
        return f"Did you mean '{near}'?"
    if not names:
        return "None is defined yet; define it first."
    return f"{otherwise}: {list_some(names, _SHOWN)}."


def sentence(text: str) -> str:
    """The text with a capital at its beginning and a full stop at its end."""
    ended = text if text.endswith((".", "?", "!")) else f"{text}."
    return ended[0].upper() + ended[1:]


def quoted(text: str) -> str:
    """A text of a definition for a message."""
    return quote(text, most=60)
