"""Rows of a mapping that asks for nothing but cells: read column by column, as most rows of most files can be.

What comes of a row is the same as when it is read alone. A row of which that is not certain is handed back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import compress
from operator import gt
from typing import NamedTuple

from trialkit.capture.cell_kinds import places_with, without_text
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.coded_columns import CodedColumn, marked, same, together
from trialkit.model.mapping import KeyMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import RawValue
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
    """Whether nothing but the cells of a row, one by one, decides what comes of it."""
    if mapping.fill_down or mapping.parts or mapping.remarks:
        return False
    keys = [mapping.subject, mapping.reason]
    for plan in plans:
        record, form = plan.record, plan.form
        if record.each or record.occurrence or record.once_by or record.totals or record.filled:
            return False
        if form.reference:
            return False
        if not record.items or not all(name in plan.plain for name in record.items):
            return False
        keys += [plan.visit, record.visit_repeat, record.timepoint, record.repeat]
    return all(key is None or key.column is not None or key.value is not None for key in keys)


class PlainReader:
    """Reads blocks of rows.

    Args:
        mapping, plans: how they are read; `is_plain`.
        layouts: for each plan where its rows say what.
        columns: header to column index.
    """

    def __init__(
        self,
        mapping: ColumnMapping,
        plans: Sequence[RecordPlan],
        layouts: Sequence[RowLayout],
        columns: Mapping[str, int],
    ) -> None:
        self._mapping, self._columns = mapping, columns
        self._plans = list(map(_PlainPlan, plans, layouts))

    def read(self, block: ColumnBlock) -> PlainBlock:
        """What the rows of a block say."""
        columns = _Columns(block, self._columns)
        reasons = columns.key(self._mapping.reason).each
        parts = [self._read_part(plan, columns, reasons) for plan in self._plans]
        return PlainBlock(block.numbers, columns.key(self._mapping.subject), parts, columns.alone)

    def _read_part(self, plan: _PlainPlan, columns: _Columns, reasons: Sequence[str | None]) -> PlainPart:
        """What the rows say of one record mapping."""
        places = together([columns.key(key) for key in plan.keys])
        raws = [columns.values(plan.plan, item) for item in plan.layout.items]
        size = len(columns.numbers)
        says = marked([([raw is not None for raw in column.values], column.codes) for column in raws], size)
        if plan.reads_blanks or plan.plan.record.where or not all(says):
            filled = columns.filled(plan.plan)
            if plan.reads_blanks or plan.plan.record.where:
                says = [given and is_filled for given, is_filled in zip(says, filled, strict=True)]
            # Something stands there, of which nothing is made.
            columns.alone.update(compress(range(size), map(gt, filled, says)))
        return PlainPart(plan.plan, SubmittedRows(plan.layout, columns.numbers, raws, reasons), says, places)


class _PlainPlan:
    """A record mapping with its columns.

    Attributes:
        plan: the record mapping.
        layout: where its rows say what.
        keys: what names visit, number of the visit, timepoint, and number of the row.
        reads_blanks: whether a blank cell may give a value.
    """

    def __init__(self, plan: RecordPlan, layout: RowLayout) -> None:
        record = plan.record
        self.plan, self.layout = plan, layout
        self.keys = (plan.visit, record.visit_repeat, record.timepoint, record.repeat)
        self.reads_blanks = any(reader.reads_blanks for reader in plan.plain.values())


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

    def key(self, key: KeyMapping | None) -> CodedColumn[str | None]:
        """The texts of a part of a key, None for one that is not mapped."""
        size = len(self.numbers)
        if key is None:
            return same(None, size)
        if key.value is not None:
            return same(key.values.get(key.value, key.value), size)
        column = self._column(key.column or "")
        if column is None:
            return same("", size)
        self.alone.update(without_text(column))
        given = (text.strip().strip("\ufeff") for text in column.texts)
        return CodedColumn([key.values.get(text, text) if text else "" for text in given], column.coded.codes)

    def values(self, plan: RecordPlan, item: str) -> CodedColumn[RawValue | None]:
        """What the cells of a column give, with their units."""
        reader = plan.plain[item]
        unit = None if reader.unit is None else self._column(reader.unit)
        values, refused = reader.read_all(self._column(reader.column), unit, len(self.numbers))
        self.alone.update(refused)
        return values

    def filled(self, plan: RecordPlan) -> Sequence[bool]:
        """Whether each row holds anything for the items of a record mapping, and is one that it speaks of."""
        columns = (column for reader in plan.plain.values() if (column := self._column(reader.column)))
        marks = (([bool(text.strip()) for text in column.texts], column.coded.codes) for column in columns)
        filled = marked(marks, len(self.numbers))
        for header, texts in plan.record.where.items():
            meant = set(places_with(texts, self._block, self._columns[header] + 1))
            filled = [is_filled and place in meant for place, is_filled in enumerate(filled)]
        return filled

    def _column(self, header: str) -> BlockColumn | None:
        return self._block.columns.get(self._columns[header] + 1)
