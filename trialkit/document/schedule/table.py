"""The schedule of activities as a table that trialists know: plain data, without a word about how it is printed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Cell",
    "EpochSpan",
    "Footnote",
    "Mark",
    "RowGroup",
    "ScheduleColumn",
    "ScheduleRow",
    "ScheduleTable",
    "TimepointColumn",
    "TimepointGrid",
    "cell_text",
]


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark in a cell.

    Attributes:
        letter: ``X`` required, ``C`` conditional, ``O`` optional.
        footnotes: letters of its footnotes: first that of its condition, then that of its note.
        timepoints: the moments of a dosing day at which it holds; empty for a form that is filled in once.
    """

    letter: str
    footnotes: tuple[str, ...] = ()
    timepoints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The mark as it is printed: ``X``, ``Ca``, ``X×8`` for a form that is filled in at eight timepoints."""
        times = f"×{len(self.timepoints)}" if self.timepoints else ""
        return f"{self.letter}{','.join(self.footnotes)}{times}"


Cell = tuple[Mark, ...]
"""What is to be done of one form at one visit; empty when nothing is."""


def cell_text(cell: Cell) -> str:
    """The marks of a cell, separated by blanks."""
    return " ".join(mark.text for mark in cell)


@dataclass(frozen=True, slots=True)
class ScheduleColumn:
    """One visit, or several visits in a row that are alike.

    Attributes:
        visits: the identifiers.
        name: the identifier, or the first and the last: ``HD01–HD23``.
        label: what people call it.
        day: the study day in words, for example ``-28 to -2`` or ``last dose +7``; empty without a target.
        window: the allowed days around it, for example ``±1`` or ``-1/+2``.
        modes: how it may take place, for example ``CLINIC``.
        epoch: the SDTM epoch.
        repeating: whether it may happen any number of times.
        notes: letters of its footnotes.
    """

    visits: tuple[str, ...]
    name: str
    label: str
    day: str
    window: str
    modes: tuple[str, ...]
    epoch: str
    repeating: bool = False
    notes: tuple[str, ...] = ()

    @property
    def mode_words(self) -> str:
        """How it may take place, in small letters: ``clinic, home + video``."""
        return ", ".join(mode.lower().replace("+", " + ") for mode in self.modes)


@dataclass(frozen=True, slots=True)
class EpochSpan:
    """Neighbouring columns of one epoch; the epoch may be empty."""

    epoch: str
    columns: int


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One form.

    Attributes:
        form: its identifier.
        title: what people call it.
        cells: one for each column.
        remark: stands across the row instead of cells where a form follows no visit: ``at any visit``.
    """

    form: str
    title: str
    cells: tuple[Cell, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Forms under one heading, in the order of the protocol."""

    title: str
    rows: tuple[ScheduleRow, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote: its letter and its words."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class TimepointColumn:
    """One moment of a dosing day: identifier, label, nominal minutes and allowed minutes around them, in words."""

    timepoint: str
    label: str
    minutes: str
    window: str


@dataclass(frozen=True, slots=True)
class TimepointGrid:
    """What happens within a dosing day, the same at several visits.

    Attributes:
        visits: the visits that have it.
        where: the same in words, runs of neighbours drawn together: ``V1, V3–V7``.
        reference: what the minutes count from.
        columns: the timepoints in order.
        rows: the timed forms.
    """

    visits: tuple[str, ...]
    where: str
    reference: str
    columns: tuple[TimepointColumn, ...]
    rows: tuple[ScheduleRow, ...]

    @property
    def title(self) -> str:
        """What the grid is, and at which visits."""
        after = f", minutes from {self.reference.lower()}" if self.reference else ""
        return f"Within the day of visit {self.where}{after}"


@dataclass(frozen=True, slots=True)
class ScheduleTable:
    """The whole schedule of activities.

    Attributes:
        study: STUDYID.
        study_title: what the study is called.
        protocol: the protocol's identifier.
        protocol_title: what the protocol is called.
        version: version of the protocol's definition.
        variant: the variant that the study follows, or nothing.
        digest: the digest of the compiled definitions.
        columns: the visits.
        epochs: the spanning header above them.
        groups: the forms.
        footnotes: the conditions of conditional marks, and notes.
        grids: what happens within dosing days.
        restrictions: rules of safety for the schedule, in words.
        to_confirm: what nobody has confirmed yet.
    """

    study: str
    study_title: str
    protocol: str
    protocol_title: str
    version: str
    variant: str
    digest: str
    columns: tuple[ScheduleColumn, ...]
    epochs: tuple[EpochSpan, ...]
    groups: tuple[RowGroup, ...]
    footnotes: tuple[Footnote, ...] = ()
    grids: tuple[TimepointGrid, ...] = ()
    restrictions: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()

    @property
    def legend(self) -> tuple[Footnote, ...]:
        """What the letters in the cells mean; only those that are there."""
        cells = [cell for group in self.groups for row in group.rows for cell in row.cells]
        cells += [cell for grid in self.grids for row in grid.rows for cell in row.cells]
        letters = {mark.letter for cell in cells for mark in cell}
        legend = [Footnote(letter, words) for letter, words in _LETTERS if letter in letters]
        if any(mark.timepoints for cell in cells for mark in cell):
            legend.append(Footnote("×n", "at n timepoints of the day; see the table of timepoints"))
        return tuple(legend)


_LETTERS = (
    ("X", "required"),
    ("C", "conditional: the letter behind it names the condition"),
    ("O", "optional"),
)
