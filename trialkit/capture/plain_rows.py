"""Rows of which nothing but their own cells decides what they say: read column by column, as nearly all files can be.

What comes of a row is the same as when it is read alone. A row of which that is not certain is handed back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from operator import and_, gt
from typing import NamedTuple

from trialkit.capture.cell_kinds import holds_any, places_with, without_text
from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.item_cells import ItemCells, ItemColumn, cells_of
from trialkit.capture.mapped_columns import key_columns
from trialkit.capture.mapped_row import MappedRow, RefusedCellError, read_key
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.coded_columns import CodedColumn, marked, places_of, same, together
from trialkit.model.mapping import KeyMapping, PartsReading
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.model.submitted_rows import RowLayout, SubmittedRows
from trialkit.spreadsheet.column_blocks import BlockColumn, ColumnBlock


class PlainPart(NamedTuple):
    """What the rows of a block say of one form.

    Attributes:
        plan: the record mapping.
        rows: what they give; no record is named yet.
        says: for each row whether it gives anything.
        places: the texts of visit, number of the visit, timepoint, and number of the row; None where none is mapped.
    """

    plan: RecordPlan
    rows: SubmittedRows
    says: Sequence[bool]
    places: CodedColumn[tuple[str | None, ...]]


class PlainBlock(NamedTuple):
    """Rows that are read.

    Attributes:
        numbers: their numbers in the file, rising; those of the header may be among them.
        subjects: the texts that name the subjects.
        parts: what they say, for each record mapping.
        alone: the places of the rows that must be read alone to be told why.
    """

    numbers: Sequence[int]
    subjects: CodedColumn[str | None]
    parts: Sequence[PlainPart]
    alone: Collection[int]


def is_plain(mapping: ColumnMapping, plans: Sequence[RecordPlan]) -> bool:
    """Whether nothing but the cells of a row decides what comes of it, and it makes one record of a form at most."""
    keys = [mapping.subject, mapping.reason]
    for plan in plans:
        record = plan.record
        if plan.form.reference or record.each or record.occurrence or record.once_by or record.totals:
            return False
        keys += [plan.visit, record.visit_repeat, record.timepoint, record.repeat]
    return not mapping.fill_down and not any(key.columns for key in keys if key is not None)


class PlainReader:
    """Reads blocks of rows.

    Args:
        mapping, plans: how they are read; `is_plain`.
        layouts: for each plan where its rows say what.
        columns: header to column index.
        readers: header to what takes its cells apart.
    """

    def __init__(
        self,
        mapping: ColumnMapping,
        plans: Sequence[RecordPlan],
        layouts: Sequence[RowLayout],
        columns: Mapping[str, int],
        readers: Mapping[str, PartsReader],
    ) -> None:
        self._mapping, self._columns, self._readers = mapping, columns, readers
        self._plans = list(map(_PlainPlan, plans, layouts))
        within = [header for header, reader in readers.items() if reader.rule.how is PartsReading.WITHIN]
        self._free_texts = (*mapping.remarks, *within)

    def read(self, block: ColumnBlock) -> PlainBlock:
        """What the rows of a block say."""
        columns = _Columns(block, self._columns, self._readers)
        reasons = columns.key(self._mapping.reason).each
        parts = [self._read_part(plan, columns, reasons) for plan in self._plans]
        columns.alone.update(compress(range(len(block.numbers)), columns.filled(self._free_texts)))
        return PlainBlock(block.numbers, columns.key(self._mapping.subject), parts, columns.alone)

    def _read_part(self, plan: _PlainPlan, columns: _Columns, reasons: Sequence[str | None]) -> PlainPart:
        """What the rows say of one record mapping."""
        places = together([columns.key(key) for key in plan.keys])
        found = [columns.item(cells) for cells in plan.plan.cells.values()]
        raws = [column.values for column in found]
        size = len(columns.numbers)
        gives = marked([([raw is not None for raw in column.values], column.codes) for column in raws], size)
        has_data = columns.has_data(plan.plan, found)
        says = list(map(and_, gives, has_data))
        # Something stands there, of which nothing is made.
        columns.alone.update(compress(range(size), map(gt, has_data, gives)))
        columns.alone.update(place for column in found for place in column.alone if has_data[place])
        columns.alone.update(place for place in columns.dates(plan.plan.doubted) if has_data[place])
        return PlainPart(plan.plan, SubmittedRows(plan.layout, columns.numbers, raws, reasons), says, places)


class _PlainPlan:
    """A record mapping with its columns.

    Attributes:
        plan: the record mapping.
        layout: where its rows say what.
        keys: what names visit, number of the visit, timepoint, and number of the row.
    """

    def __init__(self, plan: RecordPlan, layout: RowLayout) -> None:
        record = plan.record
        self.plan, self.layout = plan, layout
        self.keys = (plan.visit, record.visit_repeat, record.timepoint, record.repeat)


class _Columns:
    """The columns of a block of rows, as far as they are mapped.

    Attributes:
        numbers: the numbers of the rows, rising.
        alone: the places of rows of which more must be said than what they give, such as why a cell is refused.
    """

    def __init__(self, block: ColumnBlock, columns: Mapping[str, int], readers: Mapping[str, PartsReader]) -> None:
        self._block, self._columns, self._readers = block, columns, readers
        self.numbers = block.numbers
        self.alone: set[int] = set()

    def key(self, key: KeyMapping | None) -> CodedColumn[str | None]:
        """The texts of a part of a key, None for one that is not mapped."""
        size = len(self.numbers)
        if key is None:
            return same(None, size)
        if key.value is not None:
            return same(key.values.get(key.value, key.value), size)
        if key.column is None:
            return self._composed_key(key)
        column = self._column(key.column)
        if column is None:
            return same("", size)
        self.alone.update(without_text(column))
        given = (text.strip().strip("\ufeff") for text in column.texts)
        return CodedColumn([key.values.get(text, text) if text else "" for text in given], column.coded.codes)

    def _composed_key(self, key: KeyMapping) -> CodedColumn[str | None]:
        """The texts of a part of a key that is made of several cells, or of a part of one."""
        headers = key_columns(key, self._readers)
        places = {header: place for place, header in enumerate(headers)}
        said = together([cells_of(self._column(header), len(self.numbers)) for header in headers])
        found: list[str | None] = []
        for cells in said.values:
            row = MappedRow("", "", SourceRow(0, tuple(Cell("", *cell) for cell in cells)), places, self._readers)
            try:
                named = read_key(key, row)
            except RefusedCellError:
                found.append(None)
            else:
                found.append(named.text if len(named.sources) == len(headers) else None)
        self.alone.update(places_of([text is None for text in found], said.codes))
        return CodedColumn(found, said.codes)

    def item(self, cells: ItemCells) -> ItemColumn:
        """What the cells give for an item."""
        return cells.read_all([self._column(header) for header in cells.headers], len(self.numbers))

    def has_data(self, plan: RecordPlan, items: Sequence[ItemColumn]) -> Sequence[bool]:
        """Whether each row makes a record of a mapping, as `trialkit.capture.item_values.has_data` has it."""
        if plan.record.filled:
            found = self.filled(plan.record.filled)
        else:
            found = marked([(column.has_text, column.values.codes) for column in items], len(self.numbers))
        for header, texts in plan.record.where.items():
            meant = set(places_with(texts, self._block, self._columns[header] + 1))
            found = [is_filled and place in meant for place, is_filled in enumerate(found)]
        return found

    def dates(self, headers: Iterable[str]) -> Iterator[int]:
        """The places of the rows with a real date under any of some headers."""
        for header in headers:
            column = self._column(header)
            if column is not None:
                yield from places_of([kind is CellKind.DATE for kind in column.kinds], column.coded.codes)

    def filled(self, headers: Iterable[str]) -> list[bool]:
        """Whether each row holds anything under any of some headers, be it an error."""
        columns = [column for header in headers if (column := self._column(header))]
        marks = [(list(map(holds_any, column.texts, column.kinds)), column.coded.codes) for column in columns]
        return marked(marks, len(self.numbers))

    def _column(self, header: str) -> BlockColumn | None:
        return self._block.columns.get(self._columns[header] + 1)
