"""Submissions of many rows of one sheet for one form, as columns: one of them is made when somebody asks for it."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import overload

from trialkit.model.coded_columns import CodedColumn, join_columns
from trialkit.model.finding import Finding
from trialkit.model.record import CellReference, RawValue, RecordKey
from trialkit.model.row_cells import RowAddresses, RowCells, RowSources
from trialkit.model.submission import Submission
from trialkit.model.value_views import GivenValues

_MOST_SHAPES = 10_000
"""So many sets of filled items are kept in mind."""


class RowLayout:
    """Where the rows of a sheet say what of one form.

    Attributes:
        file, sheet: the file's name, and the sheet's; the latter empty for CSV.
        form: the form.
        items: the items of which rows may say something; those that have a column, when left out.
        letters: item identifier to the letters of its column; an item that the mapping itself says has none.
        key_letters: the columns that name subject and place, the subject's first.
    """

    def __init__(
        self,
        file: str,
        sheet: str,
        form: str,
        letters: Mapping[str, str],
        key_letters: Sequence[str],
        items: Sequence[str] | None = None,
    ) -> None:
        self.file, self.sheet, self.form = file, sheet, form
        self.letters, self.key_letters = letters, tuple(key_letters)
        self.items = tuple(letters if items is None else items)
        self._shapes: dict[tuple[str, ...], tuple[tuple[str, ...], dict[str, str]]] = {}

    def cells(self, items: tuple[str, ...], number: int) -> tuple[tuple[str, ...], RowCells]:
        """Some items, as one object that many rows share, and their cells in a row; derived ones have none."""
        found = self._shapes.get(items)
        if found is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            found = self._shapes[items] = (items, {name: self.letters[name] for name in items if name in self.letters})
        return found[0], RowCells(self.file, self.sheet, RowAddresses(found[1], number))

    def cell(self, item: str, number: int) -> CellReference | None:
        """The cell of an item in a row; None for one that has none."""
        letters = self.letters.get(item)
        return None if letters is None else CellReference(self.file, self.sheet, f"{letters}{number}")

    def sources(self, number: int) -> RowSources:
        """The cells that name subject and place in a row."""
        return RowSources(self.file, self.sheet, self.key_letters, number)

    def covers(self, submission: Submission) -> bool:
        """Whether all that is named and given in a submission of these rows stands where the layout has it."""
        row, cells = submission.row, submission.cells
        named = [source.address for source in submission.sources]
        if named != [f"{letters}{row}" for letters in self.key_letters] or not isinstance(cells, RowCells):
            return False
        given = {item: f"{self.letters[item]}{row}" for item in submission.values if item in self.letters}
        return cells.addresses == given and [*submission.values] == [i for i in self.items if i in submission.values]


class SubmittedRows(Sequence[Submission]):
    """Rows that follow each other, each with at most one submission; when it is closed, rows without one are left out.

    Args:
        layout: where the rows say what.
        numbers: the rows' numbers, rising; one that makes several records comes again.
        raws: for each item of the layout what the rows give; None where a row gives nothing. What rows give alike is
            nearly always one object, in all rows of the layout.
        reasons: why stored values change, for each row; empty where it does not say.

    Attributes:
        keys: the records; none is named twice.
        alone: what is not said by columns: place to submission.
        asked: place to what people are asked about a record that is said by columns.
    """

    def __init__(
        self,
        layout: RowLayout,
        numbers: Sequence[int],
        raws: Sequence[CodedColumn[RawValue | None]],
        reasons: Sequence[str | None],
    ) -> None:
        self.layout, self.numbers, self.raws = layout, numbers, raws
        self.reasons: Sequence[str | None] = reasons
        self._open: list[RecordKey | None] = [None] * len(numbers)
        self._places: dict[RecordKey, int] = {}
        self.keys: Sequence[RecordKey] = ()
        self.alone: dict[int, Submission] = {}
        self.asked: dict[int, tuple[Finding, ...]] = {}

    def take(self, place: int, key: RecordKey) -> None:
        """Say which record a row is for."""
        self._open[place] = key

    def take_alone(self, place: int, submission: Submission) -> None:
        """Take what was read of a row without columns; it stays alone where the columns do not say the same."""
        self._open[place] = submission.key
        if not submission.values or not self._say(place, submission):
            self.alone[place] = submission

    def ask(self, place: int, findings: tuple[Finding, ...]) -> None:
        """Say what people are asked about a record."""
        if place in self.alone:
            self.alone[place] = replace(self.alone[place], findings=findings)
        else:
            self.asked[place] = findings

    def _say(self, place: int, submission: Submission) -> bool:
        """Whether the columns say all of what was read of a row."""
        given = zip(self.layout.items, self.raws, strict=True)
        are_same = all(column[place] == submission.values.get(item) for item, column in given)
        is_row = (submission.row, submission.reason) == (self.numbers[place], self.reasons[place] or "")
        return are_same and is_row and not submission.findings and self.layout.covers(submission)

    def of(self, key: RecordKey) -> Submission:
        """The submission of a record that was taken. Raises KeyError when there is none."""
        if key not in self._places:
            self._places = {found: place for place, found in enumerate(self._open or self.keys) if found is not None}
        place = self._places[key]
        return self.alone[place] if place in self.alone else self.submission(place, key)

    def submission(self, place: int, key: RecordKey) -> Submission:
        """What a row gives, as a submission of some record."""
        row = [column[place] for column in self.raws]
        number = self.numbers[place]
        items, cells = self.layout.cells(tuple(compress(self.layout.items, row)), number)
        given = GivenValues(items, tuple(raw for raw in row if raw is not None))
        sources, reason = self.layout.sources(number), self.reasons[place] or ""
        asked = self.asked.get(place, ())
        return Submission(key, given, cells, sources, row=number, reason=reason, findings=asked)

    def close(self) -> None:
        """Leave the rows out that have no submission."""
        self._keep(self._open)
        self._open = []

    def leave_out(self, keys: Collection[RecordKey]) -> None:
        """Leave some records out."""
        if not keys:
            return
        self._keep([None if key in keys else key for key in self.keys])

    def let_go(self) -> None:
        """Forget what the rows give: it was taken over."""
        self.raws, self.alone, self.asked, self._places = (), {}, {}, {}

    def _keep(self, keys: Sequence[RecordKey | None]) -> None:
        """Keep the rows that have a key."""
        self._places = {}
        kept = [key is not None for key in keys]
        self.keys = [key for key in keys if key is not None]
        if not all(kept):
            places = list(compress(range(len(kept)), kept))
            self.raws = [column.at(kept) for column in self.raws]
            self.reasons = list(compress(self.reasons, kept))
            now = {before: place for place, before in enumerate(places)}
            self.alone = {now[place]: found for place, found in self.alone.items() if place in now}
            self.asked = {now[place]: found for place, found in self.asked.items() if place in now}
        self.numbers = array("Q", compress(self.numbers, kept))

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Submission: ...
    @overload
    def __getitem__(self, index: slice) -> list[Submission]: ...
    def __getitem__(self, index: int | slice) -> Submission | list[Submission]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        return self.alone[index] if index in self.alone else self.submission(index, self.keys[index])

    def __iter__(self) -> Iterator[Submission]:
        return map(self.__getitem__, range(len(self)))


def join_rows(several: Sequence[SubmittedRows]) -> SubmittedRows:
    """Closed rows of one layout as if they had come together; the others forget what they give.

    Args:
        several: at least one.
    """
    first = several[0]
    if len(several) == 1:
        return first
    numbers, reasons = array("Q"), list[str | None]()
    keys: list[RecordKey] = []
    alone: dict[int, Submission] = {}
    asked: dict[int, tuple[Finding, ...]] = {}
    raws = [join_columns(columns) for columns in zip(*(rows.raws for rows in several), strict=True)]
    for rows in several:
        alone.update((len(keys) + place, submission) for place, submission in rows.alone.items())
        asked.update((len(keys) + place, findings) for place, findings in rows.asked.items())
        numbers.extend(rows.numbers)
        reasons += rows.reasons
        keys += rows.keys
        rows.let_go()
    joined = SubmittedRows(first.layout, numbers, raws, reasons)
    for place, key in enumerate(keys):
        joined.take(place, key)
    joined.close()
    joined.alone, joined.asked = alone, asked
    return joined


class Submissions(Sequence[Submission]):
    """Submissions in the order of their source, one by one or as rows.

    Attributes:
        parts: what they are; none is empty.
    """

    def __init__(self, parts: Iterable[Submission | SubmittedRows] = ()) -> None:
        self.parts = tuple(part for part in parts if isinstance(part, Submission) or part)

    @property
    def keys(self) -> Iterator[RecordKey]:
        """The records."""
        for part in self.parts:
            if isinstance(part, Submission):
                yield part.key
            else:
                yield from part.keys

    def __len__(self) -> int:
        return sum(1 if isinstance(part, Submission) else len(part) for part in self.parts)

    @overload
    def __getitem__(self, index: int) -> Submission: ...
    @overload
    def __getitem__(self, index: slice) -> list[Submission]: ...
    def __getitem__(self, index: int | slice) -> Submission | list[Submission]:
        return list(self)[index]

    def __iter__(self) -> Iterator[Submission]:
        for part in self.parts:
            if isinstance(part, Submission):
                yield part
            else:
                yield from part

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # they are compared, never looked up
