"""Rows of a mapping that asks for nothing but cells: read column by column, as most rows of most files can be.

What comes of a row is the same as when it is read alone. A row of which that is not certain is handed back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from typing import NamedTuple

from trialkit.capture.cell_kinds import without_text
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.mapping import KeyMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import RawValue
from trialkit.model.row_cells import RowAddresses, RowCells, RowSources
from trialkit.model.value_views import GivenValues
from trialkit.spreadsheet import column_letters
from trialkit.spreadsheet.column_blocks import BlockColumn, ColumnBlock

_MOST_SHAPES = 10_000
"""So many sets of filled items of a record mapping are kept in mind."""


class PlainRecord(NamedTuple):
    """What a row says of one record.

    Attributes:
        plan: the record mapping.
        place: texts of visit, number of the visit, timepoint, and number of the row; None where none is mapped.
        values: item identifier to raw value.
        cells: item identifier to its cell.
        sources: the cells that name subject and place.
    """

    plan: RecordPlan
    place: tuple[str | None, ...]
    values: GivenValues
    cells: RowCells
    sources: RowSources


class PlainRow(NamedTuple):
    """A row that is read.

    Attributes:
        number: its number in the file.
        subject: the text that names the subject.
        reason: why stored values change.
        records: what it says of each record.
    """

    number: int
    subject: str
    reason: str
    records: list[PlainRecord]


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
        if not record.items or not all(name in plan.plain for name in record.items):
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
        self._file, self._sheet, self._mapping, self._columns = file, sheet, mapping, columns
        self._plans = [_PlainPlan(plan, mapping, columns) for plan in plans]

    def read(self, block: ColumnBlock, header: int) -> Iterator[tuple[int, PlainRow | None]]:
        """The places of the rows of a block below the header, and what they say; None when that must be read alone."""
        columns = _Columns(block, self._columns)
        records = [self._read_records(plan, columns) for plan in self._plans]
        subjects, reasons = columns.key(self._mapping.subject), columns.key(self._mapping.reason)
        rows = zip(block.numbers, subjects, reasons, zip(*records, strict=True), strict=True)
        for place, (number, subject, reason, found) in enumerate(rows):
            if number <= header:
                continue
            said = [record for record in found if record is not None]
            is_read = said and place not in columns.alone
            yield place, PlainRow(number, subject or "", reason or "", said) if is_read else None

    def _read_records(self, plan: _PlainPlan, columns: _Columns) -> Iterator[PlainRecord | None]:
        """What each row says of one record; None where it says nothing."""
        places = zip(*(columns.key(key) for key in plan.keys), strict=True)
        rows = zip(*(columns.values(plan.plan, item) for item in plan.items), strict=True)
        filled = columns.filled(plan.plan) if plan.reads_blanks else repeat(True)
        file, sheet = self._file, self._sheet
        numbered = enumerate(zip(columns.numbers, rows, places, filled, strict=False))
        for at, (number, row, place, is_filled) in numbered:
            given = tuple(filter(None, row))
            if not given or not is_filled:
                if columns.holds(plan.plan, at):
                    columns.alone.add(at)  # something stands there, of which nothing is made
                yield None
                continue
            items, letters = plan.shape_of(tuple(compress(plan.items, row)))
            values, cells = GivenValues(items, given), RowCells(file, sheet, RowAddresses(letters, number))
            sources = RowSources(file, sheet, plan.key_letters, number)
            yield PlainRecord(plan.plan, place, values, cells, sources)


class _PlainPlan:
    """A record mapping with its columns.

    Attributes:
        plan: the record mapping.
        items: its items.
        keys: what names visit, number of the visit, timepoint, and number of the row.
        key_letters: the columns of subject and place, in the order in which a row that is read alone names them.
        reads_blanks: whether a blank cell may give a value.
    """

    def __init__(self, plan: RecordPlan, mapping: ColumnMapping, columns: Mapping[str, int]) -> None:
        record = plan.record
        self.plan, self.items = plan, tuple(plan.plain)
        self.keys = (plan.visit, record.visit_repeat, record.timepoint, record.repeat)
        named = (mapping.subject, plan.visit, record.timepoint, record.repeat, record.visit_repeat)
        self.key_letters = tuple(
            column_letters(columns[key.column] + 1) for key in named if key is not None and key.column is not None
        )
        self.reads_blanks = any(reader.reads_blanks for reader in plan.plain.values())
        self._letters = {name: column_letters(columns[reader.column] + 1) for name, reader in plan.plain.items()}
        self._shapes: dict[tuple[str, ...], tuple[tuple[str, ...], dict[str, str]]] = {}

    def shape_of(self, items: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Some items and their columns: one and the same objects for the same ones, since many records share them."""
        found = self._shapes.get(items)
        if found is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            found = self._shapes[items] = (items, {name: self._letters[name] for name in items})
        return found


class _Columns:
    """The columns of a block of rows, as far as they are mapped.

    Attributes:
        numbers: the numbers of the rows, rising.
        alone: the places of rows with a cell that is refused, which must be read alone to be told why.
    """

    def __init__(self, block: ColumnBlock, columns: Mapping[str, int]) -> None:
        self._block, self._columns = block, columns
        self.numbers = block.numbers
        self.alone: set[int] = set()

    def key(self, key: KeyMapping | None) -> Sequence[str | None]:
        """The texts of a part of a key, None for one that is not mapped."""
        size = len(self.numbers)
        if key is None:
            return [None] * size
        if key.value is not None:
            return [key.values.get(key.value, key.value)] * size
        column = self._column(key.column or "")
        if column is None:
            return [""] * size
        self.alone.update(without_text(column))
        given = [text.strip().strip("\ufeff") for text in column.texts]
        return [key.values.get(text, text) if text else "" for text in given] if key.values else given

    def values(self, plan: RecordPlan, item: str) -> Sequence[RawValue | None]:
        """What the cells of a column give, with their units."""
        reader = plan.plain[item]
        unit = None if reader.unit is None else self._column(reader.unit)
        values, refused = reader.read_all(self._column(reader.column), unit, len(self.numbers))
        self.alone.update(refused)
        return values

    def filled(self, plan: RecordPlan) -> Iterable[bool]:
        """Whether each row holds anything for the items of a record mapping."""
        columns = [column.texts for reader in plan.plain.values() if (column := self._column(reader.column))]
        return [bool("".join(texts).strip()) for texts in zip(*columns, strict=True)] if columns else repeat(False)

    def holds(self, plan: RecordPlan, place: int) -> bool:
        """Whether a row holds anything for the items of a record mapping."""
        columns = (self._column(reader.column) for reader in plan.plain.values())
        return any(column is not None and column.texts[place].strip() for column in columns)

    def _column(self, header: str) -> BlockColumn | None:
        return self._block.columns.get(self._columns[header] + 1)
