"""Is the store what it was? Holds the journal against its chain, and every projection against the journal.

Changes nothing. Problems name entries and tables, never subjects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from trialkit.errors import IntegrityError
from trialkit.store.block import Block, Link, entries_of, name_link, read_link
from trialkit.store.canonical import GENESIS, chain_hash
from trialkit.store.entry import Head
from trialkit.store.fold import State
from trialkit.store.guards import missing_guards
from trialkit.store.journal import index_columns, raw_rows
from trialkit.store.projection import expected_rows, items_by_form
from trialkit.store.rows import Row
from trialkit.store.tables import Tables


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found.

    Attributes:
        entries: how many entries the journal has.
        head: where it ends; compare it with a head that was kept elsewhere to see a cut tail.
        problems: one sentence each, in the order found; empty when the store is what it was.
    """

    entries: int
    head: Head
    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify_store(connection: sa.Connection, tables: Tables, study: str) -> VerifyReport:
    """Verify a whole store as one transaction sees it.

    Checks SQLite's own integrity, the guards, sequence, chain and index columns of the journal, that each entry follows
    from those before it, every projection row both ways, and the bytes of every source file.
    """
    problems: list[str] = []
    audit = _Audit(study)
    with _noting_damage(problems, "the file"):
        problems.extend(_file_problems(connection))
    with _noting_damage(problems, "the journal"):
        for row in raw_rows(connection, tables):
            problems.extend(audit.take(row))
    problems.extend(_layout_problems(tables, audit))
    expected = expected_rows(study, audit.state, tables)
    for table in tables.projections:
        with _noting_damage(problems, table.name):
            problems.extend(_table_problems(connection, table, expected[table.name]))
    with _noting_damage(problems, "content"):
        problems.extend(_content_problems(connection, tables, audit.state))
    return VerifyReport(audit.entries, audit.head, tuple(problems))


@contextmanager
def _noting_damage(problems: list[str], place: str) -> Iterator[None]:
    """A part that the database can not read is a problem like any other; the other parts are still looked at."""
    try:
        yield
    except sa.exc.DatabaseError:
        problems.append(f"{place} can not be read to its end.")


class _Audit:
    """The journal as far as it was read."""

    def __init__(self, study: str) -> None:
        self.study = study
        self.state = State()
        self.head = Head(0, GENESIS.hex(), None)
        self.entries = 0
        self.items: dict[str, set[str]] = {}

    def take(self, row: sa.Row[Any]) -> Iterator[str]:  # Any: columns are taken by name
        """Take in the next row; yields what is wrong with it."""
        yield from self._chain_problems(row)
        at = None
        try:
            link = read_link(row.seq, row.entries, row.payload, row.hash)
        except IntegrityError as error:
            yield error.message
            self.entries += max(1, row.entries)
        else:
            yield from self._link_problems(row, link)
            yield from self._apply(link)
            at = link.at
        self.head = Head(row.seq, row.hash.hex(), at)

    def _chain_problems(self, row: sa.Row[Any]) -> Iterator[str]:  # Any: columns are taken by name
        expected, first, name = self.head.seq + 1, row.seq - row.entries + 1, name_link(row.seq, row.entries)
        if first > expected:
            missing = f"{expected}" if first == expected + 1 else f"{expected} to {first - 1}"
            yield f"journal entry {missing} is gone."
        elif first < expected:
            yield f"{name} stands where there are others."
        if row.hash != chain_hash(bytes.fromhex(self.head.hash), row.payload):
            yield f"{name} does not match its hash."

    def _link_problems(self, row: sa.Row[Any], link: Link) -> Iterator[str]:  # Any: columns are taken by name
        name = name_link(row.seq, row.entries)
        if link.seq != row.seq:
            yield f"{name} says that it is entry {link.seq}."
        if link.study != self.study:
            yield f"{name} is of another study."
        for column, value in index_columns(link).items():
            if getattr(row, column) != value:
                yield f"{name} has another {column} in its index column."

    def _apply(self, link: Link) -> Iterator[str]:
        if isinstance(link, Block):
            self.state.note_block(link)
        follows = True
        for entry in entries_of(link):
            self.entries += 1
            try:
                self.state.apply(entry)
            except IntegrityError as error:
                follows = False
                yield error.message
        for form, named in items_by_form(link) if follows else ():
            self.items.setdefault(form, set()).update(named)


def _file_problems(connection: sa.Connection) -> Iterator[str]:
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if line != "ok":
            yield "SQLite finds the file damaged (integrity_check)."
            break
    missing = missing_guards(connection)
    if missing:
        yield f"{missing} of the triggers that guard the journal are gone or changed."


def _layout_problems(tables: Tables, audit: _Audit) -> Iterator[str]:
    for form, items in sorted(audit.items.items()):
        lacking = items - set(tables.layout.get(form, ()))
        if lacking:
            yield f"form_{form}: {len(lacking)} items of the journal have no column."


def _table_problems(connection: sa.Connection, table: sa.Table, expected: list[tuple[Row, int]]) -> Iterator[str]:
    names = [column.name for column in table.columns]
    in_order = itemgetter(*names)
    places = [names.index(column.name) for column in table.primary_key]
    due = {}
    for row, seq in expected:
        wanted = in_order(row)
        due[tuple(wanted[place] for place in places)] = (wanted, seq)
    for number, found in enumerate(connection.execute(sa.select(table).order_by(*table.primary_key)), 1):
        wanted, seq = due.pop(tuple(found[place] for place in places), (None, 0))
        if wanted is None:
            yield f"{table.name}: row {number} is not in the journal."
        elif wanted != tuple(found):
            columns = ", ".join(
                name for name, is_so, due_so in zip(names, found, wanted, strict=True) if is_so != due_so
            )
            yield f"{table.name}: row {number} differs from journal entry {seq} in {columns}."
    for _, seq in due.values():
        yield f"{table.name}: the row that journal entry {seq} wrote is gone."


def _content_problems(connection: sa.Connection, tables: Tables, state: State) -> Iterator[str]:
    content = tables.content
    due = {**state.definitions, **{digest: state.touched_by["source", digest] for digest in state.sources}}
    for number, row in enumerate(connection.execute(sa.select(content).order_by(content.c.digest)), 1):
        seq = due.pop(row.digest, None)
        if seq is None:
            yield f"content: row {number} is not in the journal."
        elif hashlib.sha256(row.content).hexdigest() != row.digest:
            yield f"content: what journal entry {seq} kept is not what it was."
    for seq in due.values():
        yield f"content: what journal entry {seq} kept is gone."
