"""Links of the chain as they are read: one entry, or a block of entries that is unfolded when somebody asks. Pure.

See `trialkit.store.block_text` for how a block is written.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trialkit.model.coded_columns import CodedColumn, codes_of
from trialkit.model.record import CellReference, RecordKey
from trialkit.store.canonical import moment_of
from trialkit.store.entry import RECORD_SAVE, JournalEntry, broken_chain, entry_from_plain
from trialkit.store.plain import Plain
from trialkit.store.save_plain import MOST_ROWS, sources_to_plain

_LETTERS = re.compile(r"[A-Z]+", re.ASCII)
_TEXT, _NUMBER, _REASON = (str,), (int,), (str, type(None))
_ONLY_COLUMN = frozenset({"codes", "values"})


@dataclass(frozen=True, slots=True)
class _Cells:
    """Where the items of a block came from: letters by item, None where it came from no cell, and a row by entry."""

    file: str
    sheet: str
    letters: Mapping[str, str | None]
    rows: Sequence[int]
    is_plain: bool

    def to_plain(self, items: Iterable[str], place: int) -> Plain:
        """What `sources_to_plain` says of the cells of some items of an entry."""
        row, letters = self.rows[place], {item: self.letters[item] for item in items}
        if self.is_plain and 0 < row <= MOST_ROWS and any(letters.values()):
            sheet = {"sheet": self.sheet} if self.sheet else {}
            return {"source": {"file": self.file, **sheet, "row": row, "columns": list(letters.values())}}
        named = {item: f"{column}{row}" for item, column in letters.items() if column is not None}
        cells = {item: CellReference(self.file, self.sheet, address) for item, address in named.items()}
        return sources_to_plain(list(letters), cells)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Entries that save new records of one form, and are kept as one.

    Attributes:
        seq: the place of the last of its entries.
        block_id: a UUID made by the caller's factory; the entries are named by it and their place in the block.
        at, zone, user, study: as of each of the entries.
        form: of the records.
        details: what the entries say alike of their records: `version`, `form_version`, `definition`.
        keys: site, subject, visit, visit_repeat, timepoint and repeat of the records.
        reasons: why each is written, or None.
        items: each item, and what the records say of it, as a ``record.save`` says it; None where one says nothing.
        cells: where the items came from.
        hash: 64 hexadecimal digits that chain the block to what is before; that of each of its entries.
    """

    seq: int
    block_id: str
    at: datetime
    zone: str
    user: str
    study: str
    form: str
    details: Plain
    keys: tuple[CodedColumn[Any], ...]  # Any: text or whole number
    reasons: CodedColumn[str | None]
    items: Mapping[str, CodedColumn[object]]
    cells: _Cells
    hash: str

    action = RECORD_SAVE

    def __len__(self) -> int:
        return len(self.cells.rows)

    @property
    def first(self) -> int:
        """The place of the first of its entries."""
        return self.seq - len(self) + 1

    @property
    def subjects(self) -> frozenset[str]:
        """The subjects that it has entries about."""
        return frozenset(self.keys[1].values)

    def places(self, after: int = 0, subject: str | None = None, visit: str | None = None) -> Sequence[int]:
        """Which of its entries are wanted, counted from 0, rising.

        Args:
            after: only entries after the one of this number.
            subject, visit: only entries with these; None is any.
        """
        found: Sequence[int] = range(max(0, after - self.first + 1), len(self))
        for column, wanted in zip(self.keys[1:], (subject, visit), strict=False):
            if wanted is not None:
                meant = {code for code, said in enumerate(column.values) if said == wanted}
                found = [place for place in found if column.codes[place] in meant]
        return found

    def entries(self, places: Iterable[int] | None = None) -> Iterator[JournalEntry]:
        """Its entries in their order, or those at some places."""
        return map(self._entry, range(len(self)) if places is None else places)

    def _entry(self, place: int) -> JournalEntry:
        site, subject, visit, visit_repeat, timepoint, repeat = (column[place] for column in self.keys)
        items = {item: said for item, column in self.items.items() if (said := column[place]) is not None}
        return JournalEntry(
            seq=self.first + place,
            entry_id=f"{self.block_id}/{place + 1}",
            at=self.at,
            zone=self.zone,
            user=self.user,
            action=self.action,
            study=self.study,
            site=site,
            subject=subject,
            key=RecordKey(site, subject, visit, visit_repeat, self.form, timepoint, repeat),
            details={**self.details, "items": items, **self.cells.to_plain(items, place)},
            reason=self.reasons[place],
            hash=self.hash,
        )


Link = JournalEntry | Block
"""What one row of the journal says, chained by one hash."""


def entries_of(link: Link) -> Iterator[JournalEntry]:
    """The entries of a link, in their order."""
    return link.entries() if isinstance(link, Block) else iter((link,))


def name_link(seq: int, size: int) -> str:
    """How messages call a link of so many entries."""
    return f"journal entry {seq}" if size <= 1 else f"the block of journal entries {seq - size + 1} to {seq}"


def read_link(seq: int, size: int, payload: bytes, chained: bytes) -> Link:
    """The link that a payload says.

    Args:
        seq, size: where the payload stands, and how many entries it has there; for messages.
        payload: canonical text in UTF-8.
        chained: its hash.

    Raises:
        IntegrityError: J402 when the payload is not what an entry or a block is.
    """
    try:
        plain = json.loads(payload.decode())
        if "entries" in plain:
            return _read_block(plain, chained.hex())
        return entry_from_plain(plain, chained.hex())
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise broken_chain(f"{name_link(seq, size)} can not be read.") from error


def _read_block(plain: Plain, chained: str) -> Block:
    size, seq, key, details = plain["entries"], plain["seq"], plain["key"], plain["details"]
    rows, source = array("Q", details["source"]["row"]), details["source"]
    _require(type(size) is int and type(seq) is int and 0 < size <= seq and len(rows) == size)
    _require(plain["action"] == RECORD_SAVE and isinstance(key["form"], str))
    items: dict[str, CodedColumn[object]] = {item: _column(said, size) for item, said in details["items"].items()}
    letters = dict(zip(items, source["columns"], strict=True))
    file, sheet = source["file"], source.get("sheet", "")
    columns = [column for column in letters.values() if column is not None]
    _require(all(isinstance(text, str) for text in (file, sheet, *columns)))
    places = (plain["site"], plain["subject"], key["visit"], key["visit_repeat"], key["timepoint"], key["repeat"])
    kinds = (_TEXT, _TEXT, _TEXT, _NUMBER, _TEXT, _NUMBER)
    return Block(
        seq=seq,
        block_id=plain["id"],
        at=moment_of(plain["at"]),
        zone=plain["zone"],
        user=plain["user"],
        study=plain["study"],
        form=key["form"],
        details={name: details[name] for name in ("version", "form_version", "definition")},
        keys=tuple(_column(said, size, kind) for said, kind in zip(places, kinds, strict=True)),
        reasons=_column(plain["reason"], size, _REASON),
        items=items,
        cells=_Cells(file, sheet, letters, rows, all(map(_LETTERS.fullmatch, columns))),
        hash=chained,
    )


def _column(said: object, size: int, kinds: tuple[type, ...] = (object,)) -> CodedColumn[Any]:  # Any: parsed JSON
    if not isinstance(said, Mapping) or said.keys() != _ONLY_COLUMN:
        values: list[Any] = [said]
        codes = codes_of([0] * size)
    else:
        values, codes = list(said["values"]), codes_of(said["codes"])
    _require(all(isinstance(value, kinds) for value in values))
    _require(len(codes) == size and max(codes) < len(values))
    return CodedColumn(values, codes)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("a block is not like this")
