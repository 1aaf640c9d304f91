"""Rows of a file held against what stands: which of them say nothing new, column by column."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from trialkit.model.coded_columns import agreeing, codes_of, narrow, recode, reorder
from trialkit.model.new_rows import NOTHING
from trialkit.model.record import ItemChange, Record, RecordKey
from trialkit.model.record_table import Column, RecordTable

Said = tuple[str | None, str | None, str | None]
"""What a value says: its text, the code of its missing reason, and its unit."""

_BLANK: Said = (None, None, None)


class Standing(Protocol):
    """What stands, read as far as it is asked for. A store is one."""

    def table_at(self, form: str, keys: Iterable[RecordKey], items: Collection[str]) -> RecordTable:
        """The records of one form that stand among some keys, as columns, with their versions."""

    def records_at(self, form: str, keys: Iterable[RecordKey]) -> list[Record]:
        """The same as records, unsorted."""


def read_standing(standing: Standing, keys: Iterable[RecordKey]) -> dict[RecordKey, Record]:
    """The records of any forms that stand among some keys."""
    by_form: dict[str, list[RecordKey]] = {}
    for key in keys:
        by_form.setdefault(key.form, []).append(key)
    return {record.key: record for form, asked in by_form.items() for record in standing.records_at(form, asked)}


class StandingRows:
    """The records that stand among those of some rows.

    Args:
        table: they, with their versions.
    """

    def __init__(self, table: RecordTable) -> None:
        self._table = table
        self._places = {table.key(place): place for place in range(len(table))}
        self._said: dict[str, tuple[dict[Said, int], array[int]]] = {}

    def __len__(self) -> int:
        return len(self._table)

    def places(self, keys: Sequence[RecordKey]) -> dict[int, int]:
        """The places of those records that stand to their places in the table."""
        if not self._places:
            return {}
        return {place: found for place, key in enumerate(keys) if (found := self._places.get(key)) is not None}

    def version(self, place: int) -> int:
        """The version of the record at a place in the table."""
        return self._table.version[place]

    def alike(
        self,
        places: Mapping[int, int],
        columns: Mapping[str, array[int]],
        changes: Sequence[ItemChange | None],
        closed: Collection[str],
    ) -> list[int]:
        """The rows that say nothing but what stands already, rising.

        Args:
            places: the rows that are asked about, each with the place of its record in the table.
            columns: item to the code of each row.
            changes: what codes stand for.
            closed: items of which a row that says nothing is not alike when something stands: those that are computed,
                and those that they are computed from.
        """
        rows, found = codes_of(places), codes_of(places.values())
        pairs = []
        for item in dict.fromkeys((*columns, *closed)):
            known, stands = self._of(item)
            given = codes_of([NOTHING] * len(rows))
            if item in columns:
                given = _meanings(reorder(columns[item], rows), changes, known)
            pairs.append((given, reorder(stands, found), item not in closed))
        return [rows[place] for place in agreeing(pairs, len(rows))]

    def _of(self, item: str) -> tuple[dict[Said, int], array[int]]:
        """What is said of an item to its number, and the number for each record of the table."""
        if item not in self._said:
            blank: Column = [None] * len(self._table)
            columns = (part.get(item, blank) for part in (self._table.texts, self._table.missing, self._table.units))
            known: dict[Said, int] = {_BLANK: NOTHING}
            self._said[item] = (
                known,
                codes_of([known.setdefault(said, len(known)) for said in zip(*columns, strict=True)]),
            )
        return self._said[item]


def _meanings(codes: array[int], changes: Sequence[ItemChange | None], known: dict[Said, int]) -> array[int]:
    """For each row the number of what its code says."""
    found = narrow(codes)
    return recode([known.setdefault(_say(changes[code]), len(known)) for code in found.values], found.codes)


def _say(change: ItemChange | None) -> Said:
    value = None if change is None else change.new
    if value is None:
        return _BLANK
    return value.text, None if value.missing is None else value.missing.value, value.unit
