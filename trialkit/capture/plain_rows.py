"""Rows of a mapping that asks for nothing but cells: read column by column, as most rows of most files can be.

What comes of a row is the same as when it is read alone. A row of which that is not certain is handed back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from trialkit.capture.item_values import PlainColumn
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.mapping import KeyMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import RawValue
from trialkit.model.row_cells import RowCells
from trialkit.model.source import CellKind, SourceRow
from trialkit.spreadsheet import column_letters
from trialkit.spreadsheet.row_runs import RowRun, rows_of_run

_NO_TEXT = frozenset({CellKind.ERROR, CellKind.FORMULA_WITHOUT_VALUE})


class PlainRecord(NamedTuple):
    """What a row says of one record.

    Attributes:
        plan: the record mapping.
        place: texts of visit, number of the visit, timepoint, and number of the row; None where none is mapped.
        addresses: the cells of these, where they have one, in the same order.
        values: item identifier to raw value.
        cells: item identifier to its cell.
    """

    plan: RecordPlan
    place: tuple[str | None, ...]
    addresses: tuple[str, ...]
    values: dict[str, RawValue]
    cells: RowCells


class PlainRow(NamedTuple):
    """A row that is read.

    Attributes:
        number: its number in the file.
        subject: the text that names the subject.
        subject_address: its cell; empty for a constant.
        reason: why stored values change.
        records: what it says of each record.
        origin: the run that it stands in, and its position there.
    """

    number: int
    subject: str
    subject_address: str
    reason: str
    records: list[PlainRecord]
    origin: tuple[RowRun, int]

    def alone(self) -> SourceRow:
        """The row with all its cells."""
        run, place = self.origin
        texts, raws = ([[column[place]] for column in columns] for columns in (run.texts, run.raws))
        return next(iter(rows_of_run(RowRun([self.number], run.columns, run.traits, texts, raws))))


def is_plain(mapping: ColumnMapping, plans: Sequence[RecordPlan]) -> bool:
    """Whether nothing but the cells of a row, one by one, decides what comes of it."""
    if mapping.drop or mapping.fill_down or mapping.parts or mapping.remarks:
        return False
    keys = [mapping.subject, mapping.reason]
    for plan in plans:
        record, form = plan.record, plan.form
        if record.where or record.each or record.occurrence or record.once_by or record.totals or record.filled:
            return False
        if form.reference or (form.repeating and record.repeat is None):
            return False
        if not all(name in plan.plain for name in record.items):
            return False
        keys += [plan.visit, record.visit_repeat, record.timepoint, record.repeat]
    return all(key is None or key.column is not None or key.value is not None for key in keys)


class PlainReader:
    """Reads blocks of rows.

    Args:
        file, sheet: where they stand.
        mapping, plans: how they are read; `is_plain`.
        columns: header to column index.
    """

    def __init__(
        self, file: str, sheet: str, mapping: ColumnMapping, plans: Sequence[RecordPlan], columns: Mapping[str, int]
    ) -> None:
        self._file, self._sheet, self._mapping, self._plans, self._columns = file, sheet, mapping, plans, columns

    def read(self, runs: Sequence[RowRun], header: int) -> Iterator[PlainRow | SourceRow]:
        """The rows of a block below the header, in their order; those that must be read alone as they are."""
        block = _Block(runs, self._columns)
        records = [self._read_records(plan, block) for plan in self._plans]
        subjects, addresses = block.key(self._mapping.subject)
        reasons, _ = block.key(self._mapping.reason)
        alone = block.unreadable()
        for place, number in enumerate(block.numbers):
            if number <= header:
                continue
            said = [found for several in records if (found := several[place]) is not None]
            row = PlainRow(
                number, subjects[place] or "", addresses[place], reasons[place] or "", said, block.origin(place)
            )
            yield row.alone() if place in alone or not said else row

    def _read_records(self, plan: RecordPlan, block: _Block) -> list[PlainRecord | None]:
        """What each row says of one record; None where it says nothing."""
        record = plan.record
        keys = [block.key(key) for key in (plan.visit, record.visit_repeat, record.timepoint, record.repeat)]
        places = zip(*(texts for texts, _ in keys), strict=True)
        # As they are named when a row is read alone: visit, timepoint, number of the row, number of the visit.
        named = zip(*(keys[order][1] for order in (0, 2, 3, 1)), strict=True)
        names = list(plan.plain)
        indices = [self._columns[reader.column] for reader in plan.plain.values()]
        letters = [column_letters(index + 1) for index in indices]
        columns = [
            block.values(index, None if reader.unit is None else self._columns[reader.unit], reader)
            for index, reader in zip(indices, plan.plain.values(), strict=True)
        ]
        texts = zip(*(block.texts[index] for index in indices), strict=True)
        found: list[PlainRecord | None] = []
        rows = zip(block.numbers, texts, zip(*columns, strict=True), places, named, strict=True)
        for number, given, row, place, addresses in rows:
            if not "".join(given).strip():
                found.append(None)
                continue
            at = str(number)
            values: dict[str, RawValue] = {}
            cells: dict[str, str] = {}
            for name, letter, value in zip(names, letters, row, strict=True):
                if value is not None:
                    values[name] = value
                    cells[name] = letter + at
            own = tuple(address for address in addresses if address)
            found.append(PlainRecord(plan, place, own, values, RowCells(self._file, self._sheet, cells)))
        return found


class _Block:
    """The columns of a block of rows, as far as they are mapped: a text and a kind for every row.

    Attributes:
        numbers: the numbers of the rows, rising.
        texts: column index to the text of each row, empty for a blank.
        kinds: column index to the kind of each row's cell.
    """

    def __init__(self, runs: Sequence[RowRun], columns: Mapping[str, int]) -> None:
        self._columns = columns
        self._origins = sorted(
            (number, place, position) for place, run in enumerate(runs) for position, number in enumerate(run.numbers)
        )
        self._runs = runs
        self.numbers = [number for number, _, _ in self._origins]
        order = {number: place for place, number in enumerate(self.numbers)}
        size = len(self.numbers)
        self.texts: dict[int, list[str]] = {index: [""] * size for index in columns.values()}
        self.kinds: dict[int, list[CellKind]] = {index: [CellKind.BLANK] * size for index in columns.values()}
        for run in runs:
            places = [order[number] for number in run.numbers]
            for column, trait, given in zip(run.columns, run.traits, run.texts, strict=True):
                texts = self.texts.get(column - 1)
                if texts is not None:
                    kinds = self.kinds[column - 1]
                    for place, text in zip(places, given, strict=True):
                        texts[place] = text
                        kinds[place] = trait.kind

    def origin(self, place: int) -> tuple[RowRun, int]:
        """The run of a row, and its position there."""
        _, run, position = self._origins[place]
        return self._runs[run], position

    def unreadable(self) -> set[int]:
        """The places of rows with an error, or a formula without a value, in a column that is mapped."""
        return {
            place
            for kinds in self.kinds.values()
            if not _NO_TEXT.isdisjoint(kinds)
            for place, kind in enumerate(kinds)
            if kind in _NO_TEXT
        }

    def key(self, key: KeyMapping | None) -> tuple[Sequence[str | None], Sequence[str]]:
        """The texts of a part of a key, None for one that is not mapped, and the addresses of its cells."""
        size = len(self.numbers)
        if key is None:
            return [None] * size, [""] * size
        if key.value is not None:
            return [key.values.get(key.value, key.value)] * size, [""] * size
        index = self._columns[key.column or ""]
        letters = column_letters(index + 1)
        given = [text.strip().strip("\ufeff") for text in self.texts[index]]
        texts = [key.values.get(text, text) if text else "" for text in given]
        return texts, [f"{letters}{number}" for number in self.numbers]

    def values(self, index: int, unit: int | None, reader: PlainColumn) -> list[RawValue | None]:
        """What the cells of a column give, with their units. Cells without a text give whatever they give."""
        columns: list[Sequence[str]] = [self.texts[index], self.kinds[index]]
        if unit is not None:
            columns += [self.texts[unit], self.kinds[unit]]
        said: list[tuple[str, ...]] = list(zip(*columns, strict=True))
        return reader.read_all(said)
