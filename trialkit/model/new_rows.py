"""New records of one form from rows of a sheet, as columns: what a store writes a thousand at a time."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from trialkit.model.coded_columns import CodedColumn, codes_of, keep, shapes
from trialkit.model.record import ItemChange, RecordChange, RecordKey
from trialkit.model.row_cells import RowCells
from trialkit.model.submitted_rows import RowLayout
from trialkit.model.value_views import NewValues

NOTHING = 0
"""The code of an item that a row does not give."""


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """New records of one form from rows that follow each other. Every sequence has one entry for each record.

    Attributes:
        layout: where the rows say what.
        form_version: version of the form in force.
        keys: the records, each once.
        numbers: the numbers of their rows.
        reasons: why, as the source says it; empty or None where it does not.
        items: the items that rows give, in the order of the form.
        changes: what codes stand for, each with no old value; other rows may share it. `NOTHING` stands for None.
        codes: for each of the items the code of each row.
    """

    layout: RowLayout
    form_version: str
    keys: Sequence[RecordKey]
    numbers: Sequence[int]
    reasons: Sequence[str | None]
    items: tuple[str, ...]
    changes: Sequence[ItemChange | None]
    codes: Sequence[array[int]]

    def __len__(self) -> int:
        return len(self.keys)

    def gives(self, place: int, item: str) -> bool:
        """Whether the record at a place is given an item."""
        return item in self.items and self.codes[self.items.index(item)][place] != NOTHING

    def names(self, place: int) -> tuple[str, ...]:
        """The items that the record at a place is given."""
        return tuple(compress(self.items, (column[place] for column in self.codes)))

    def cells(self, place: int, silent: Collection[str] = ()) -> RowCells:
        """The cells of the items of the record at a place, and of some others."""
        names = self.names(place)
        if silent:
            names = tuple(item for item in self.items if item in silent or item in names)
        return self.layout.cells(names, self.numbers[place])[1]

    def change(self, place: int, silent: Collection[str] = ()) -> RecordChange:
        """The record at a place as one that is about to be written.

        Args:
            place: from 0.
            silent: items whose cells are named although they give no value.
        """
        given = [self.changes[column[place]] for column in self.codes]
        changes = tuple(filter(None, given))
        cells = self.cells(place, silent)
        return RecordChange(self.keys[place], 0, self.form_version, changes, NewValues(changes), cells)

    def every_change(self) -> Iterator[RecordChange]:
        """All of them, as those that are about to be written."""
        what, items, version = self.changes.__getitem__, self.items, self.form_version
        for key, number, codes in zip(self.keys, self.numbers, zip(*self.codes, strict=True), strict=True):
            changes = tuple(map(what, filter(None, codes)))
            _, cells = self.layout.cells(tuple(compress(items, codes)), number)
            # A code that is not NOTHING stands for a change.
            yield RecordChange(key, 0, version, changes, NewValues(changes), cells)  # type: ignore[arg-type]

    @property
    def every_names(self) -> CodedColumn[tuple[str, ...]]:
        """The items that each of them is given."""
        if not self.items:
            return CodedColumn([()], codes_of([0] * len(self)))
        found = shapes(self.codes)
        return CodedColumn([tuple(map(self.items.__getitem__, places)) for places in found.values], found.codes)

    def in_portions(self, size: int) -> Iterator[NewRows]:
        """The same in portions of a size, the last one smaller."""
        for first in range(0, len(self), size):
            some = slice(first, first + size)
            yield replace(
                self,
                keys=self.keys[some],
                numbers=self.numbers[some],
                reasons=self.reasons[some],
                codes=[column[some] for column in self.codes],
            )

    def at(self, wanted: Sequence[bool]) -> NewRows:
        """Those of them that are wanted."""
        if all(wanted):
            return self
        return NewRows(
            self.layout,
            self.form_version,
            list(compress(self.keys, wanted)),
            array("Q", compress(self.numbers, wanted)),
            list(compress(self.reasons, wanted)),
            self.items,
            self.changes,
            [keep(column, wanted) for column in self.codes],
        )
