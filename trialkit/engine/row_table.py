"""Drafted rows as the table that rules are asked of: what codes stand for is looked up column by column."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from itertools import chain, compress
from operator import le
from typing import TypeVar

from trialkit.engine.new_records import DraftedRows
from trialkit.model.codes import CodedColumn, codes_of, join, keep, narrow, reorder
from trialkit.model.record import ItemChange
from trialkit.model.record_table import Column, table_of_columns
from trialkit.model.submitted_rows import SubmittedRows

T = TypeVar("T")


class RowTable:
    """A table of the records of some rows.

    Args:
        form: their form.
        portion: the rows.
        drafted: what they give, all of the same items.
        apart: for each of them the places that are left out.

    Attributes:
        table: the records, sorted by key.
    """

    def __init__(
        self,
        form: str,
        portion: Sequence[SubmittedRows],
        drafted: Sequence[DraftedRows],
        apart: Sequence[Collection[int]],
    ) -> None:
        kept = [
            [place not in places for place in range(len(rows))] for rows, places in zip(portion, apart, strict=True)
        ]
        wanted = list(chain.from_iterable(kept))
        keys = list(compress(chain.from_iterable(rows.keys for rows in portion), wanted))
        origins = [(part, place) for part, rows in enumerate(portion) for place in range(len(rows))]
        self._origins = list(compress(origins, wanted))
        order = None if all(map(le, keys, keys[1:])) else sorted(range(len(keys)), key=keys.__getitem__)
        if order is not None:
            keys, self._origins = _take(keys, order), _take(self._origins, order)
        places = None if order is None else codes_of(order)
        texts: dict[str, Column] = {}
        missing: dict[str, Column] = {}
        units: dict[str, Column] = {}
        for at, item in enumerate(drafted[0].items):
            codes = keep(join([found.codes[at] for found in drafted]), wanted)
            column = _Meant(drafted[0].changes, codes if places is None else reorder(codes, places))
            for target, part in ((texts, column.texts), (missing, column.missing), (units, column.units)):
                if part is not None:
                    target[item] = part
        self.table = table_of_columns(form, keys, texts, missing, units)

    def origin(self, place: int) -> tuple[int, int]:
        """Which of the rows a place of the table comes from, and the place there."""
        return self._origins[place]


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


def _take(things: Sequence[T], order: Sequence[int]) -> list[T]:
    return list(map(things.__getitem__, order))
