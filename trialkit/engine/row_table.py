"""Drafted rows as the table that rules are asked of: what codes stand for is looked up column by column."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from operator import le

from trialkit.engine.new_records import DraftedRows
from trialkit.model.coded_columns import CodedColumn, codes_of, narrow, reorder
from trialkit.model.record import ItemChange
from trialkit.model.record_table import Column, table_of_columns
from trialkit.model.submitted_rows import SubmittedRows


class RowTable:
    """A table of the records of some rows.

    Args:
        rows: the rows.
        draft: what they give.
        apart: the places that are left out.

    Attributes:
        table: the records, sorted by key.
    """

    def __init__(self, rows: SubmittedRows, draft: DraftedRows, apart: Collection[int]) -> None:
        places = [place for place in range(len(rows)) if place not in apart] if apart else list(range(len(rows)))
        keys = list(map(rows.keys.__getitem__, places))
        if not all(map(le, keys, keys[1:])):
            places.sort(key=rows.keys.__getitem__)
            keys.sort()
        self._places = codes_of(places)
        texts: dict[str, Column] = {}
        missing: dict[str, Column] = {}
        units: dict[str, Column] = {}
        for item, codes in zip(draft.items, draft.codes, strict=True):
            column = _Meant(draft.changes, reorder(codes, self._places))
            for target, part in ((texts, column.texts), (missing, column.missing), (units, column.units)):
                if part is not None:
                    target[item] = part
        self.table = table_of_columns(rows.layout.form, keys, texts, missing, units)

    def origin(self, place: int) -> int:
        """The place of the row that a place of the table comes from."""
        return self._places[place]


class _Meant:
    """What codes of an item stand for.

    Attributes:
        texts, missing, units: texts, codes of missing reasons, and units; None where there are none.
    """

    def __init__(self, changes: Sequence[ItemChange | None], codes: array[int]) -> None:
        found = narrow(codes)
        self._codes = found.codes
        values = [None if (change := changes[code]) is None else change.new for code in found.values]
        self.texts = self._column([None if value is None else value.text for value in values])
        reasons = [None if value is None else value.missing for value in values]
        self.missing = self._column([None if reason is None else reason.value for reason in reasons])
        self.units = self._column([None if value is None else value.unit for value in values])

    def _column(self, meanings: Sequence[str | None]) -> Column | None:
        return CodedColumn(meanings, self._codes) if any(meanings) else None
