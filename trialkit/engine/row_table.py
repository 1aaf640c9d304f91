"""Drafted rows as the table that rules are asked of: what codes stand for is looked up column by column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, compress
from operator import le
from typing import TypeVar

from trialkit.engine.new_records import DraftedRows
from trialkit.model.record import ItemChange
from trialkit.model.record_table import Column, table_of_columns
from trialkit.model.submitted_rows import SubmittedRows

T = TypeVar("T")

_Parts = tuple[str | None, str | None, str | None]


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
        shared = {id(found.changes): _Meanings(found.changes) for found in drafted}
        meanings = [shared[id(found.changes)] for found in drafted]
        texts: dict[str, Column] = {}
        missing: dict[str, Column] = {}
        units: dict[str, Column] = {}
        for at, item in enumerate(drafted[0].items):
            columns = [meant.of(found.codes[at]) for meant, found in zip(meanings, drafted, strict=True)]
            if not any(map(any, (found.codes[at] for found in drafted))):
                continue
            for kind, target in enumerate((texts, missing, units)):
                whole = list(compress(chain.from_iterable(column[kind] for column in columns), wanted))
                target[item] = whole if order is None else _take(whole, order)
        self.table = table_of_columns(form, keys, texts, missing, units)

    def origin(self, place: int) -> tuple[int, int]:
        """Which of the rows a place of the table comes from, and the place there."""
        return self._origins[place]


class _Meanings:
    """What codes stand for: texts, codes of missing reasons, and units."""

    def __init__(self, changes: Sequence[ItemChange | None]) -> None:
        self._changes = changes
        self._known: dict[int, _Parts] = {}

    def of(self, codes: Sequence[int]) -> tuple[Column, Column, Column]:
        """Texts, missing reasons and units of a column."""
        met = set(codes)
        parts = {code: self._parts(code) for code in met}
        texts = {code: found[0] for code, found in parts.items()}
        missing = {code: found[1] for code, found in parts.items()}
        units = {code: found[2] for code, found in parts.items()}
        blank: Column = [None] * len(codes)
        return (
            list(map(texts.__getitem__, codes)),
            list(map(missing.__getitem__, codes)) if any(missing.values()) else blank,
            list(map(units.__getitem__, codes)) if any(units.values()) else blank,
        )

    def _parts(self, code: int) -> _Parts:
        found = self._known.get(code)
        if found is None:
            change = self._changes[code]
            value = None if change is None else change.new
            if value is None:
                found = None, None, None
            else:
                found = value.text, None if value.missing is None else value.missing.value, value.unit
            self._known[code] = found
        return found


def _take(things: Sequence[T], order: Sequence[int]) -> list[T]:
    return list(map(things.__getitem__, order))
