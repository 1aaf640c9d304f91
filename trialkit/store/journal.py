"""The journal table: entries in, entries out, in order. Changes nothing that is already there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trialkit.store.canonical import GENESIS, chain_hash, moment_of, moment_text
from trialkit.store.entry import RECORD_SAVE, Head, JournalEntry, broken_chain, read_payload
from trialkit.store.rows import Row
from trialkit.store.tables import Tables, is_no_save


def index_columns(entry: JournalEntry) -> Row:
    """The columns beside the payload, by which entries are found; all of them follow from the payload."""
    key = entry.key
    return {
        "at": moment_text(entry.at),
        "action": entry.action,
        "subject": entry.subject,
        "visit": "" if key is None else key.visit,
        "form": "" if key is None else key.form,
    }


def read_head(
    connection: sa.Connection, tables: Tables, actions: Sequence[str] = (), before: int | None = None
) -> Head:
    """Where the journal ends, or where some of its entries do.

    Args:
        actions: only entries with one of these; all when empty.
        before: only entries before this one; all when None.
    """
    journal = tables.journal
    statement = sa.select(journal.c.seq, journal.c.hash, journal.c.at).order_by(journal.c.seq.desc()).limit(1)
    if actions:
        statement = statement.where(journal.c.action.in_(actions))
    if before is not None:
        statement = statement.where(journal.c.seq < before)
    last = connection.execute(statement).first()
    if last is None:
        return Head(0, GENESIS.hex(), None)
    return Head(last.seq, last.hash.hex(), moment_of(last.at))


def raw_rows(
    connection: sa.Connection, tables: Tables, before: int | None = None
) -> Iterator[sa.Row[Any]]:  # Any: columns are taken by name
    """Every row as it lies there, payloads as bytes, whatever they hold; sorted by seq.

    Args:
        before: only entries before this one.
    """
    journal = tables.journal
    columns = [column for column in journal.c if column.name not in ("seq", "payload", "hash")]
    statement = sa.select(
        journal.c.seq, sa.cast(journal.c.payload, sa.LargeBinary).label("payload"), journal.c.hash, *columns
    ).order_by(journal.c.seq)
    if before is not None:
        statement = statement.where(journal.c.seq < before)
    yield from connection.execute(statement)


def read_chained(connection: sa.Connection, tables: Tables, before: int | None = None) -> Iterator[JournalEntry]:
    """Every entry from the first on, each held against the chain.

    Args:
        before: only entries before this one.

    Raises:
        IntegrityError: J402 at the first entry that is not what was written.
    """
    previous, expected = GENESIS, 1
    for row in raw_rows(connection, tables, before):
        if row.seq != expected or row.hash != chain_hash(previous, row.payload):
            raise broken_chain(f"the journal is broken at entry {expected}.")
        yield read_payload(row.seq, row.payload, row.hash)
        previous, expected = row.hash, expected + 1


def first_later_than(connection: sa.Connection, tables: Tables, moment: datetime) -> int | None:
    """The first entry that was written after a moment, or None.

    What stood at a moment is what the entries before that one say: a clock that later steps back changes no answer.
    """
    journal = tables.journal
    statement = sa.select(sa.func.min(journal.c.seq)).where(journal.c.at > moment_text(moment))
    found: int | None = connection.execute(statement).scalar_one()
    return found


def find_entries(
    connection: sa.Connection,
    tables: Tables,
    *,
    after: int = 0,
    limit: int | None = None,
    subject: str | None = None,
    visit: str | None = None,
    form: str | None = None,
    action: str | None = None,
    newest_first: bool = False,
) -> list[JournalEntry]:
    """Entries by their index columns, sorted by seq.

    Args:
        after: only entries after this one.
        limit: at most so many.
        subject, visit, form, action: only entries with these; None is any.
        newest_first: sort the other way round.
    """
    journal = tables.journal
    wanted = {"subject": subject, "visit": visit, "form": form, "action": action}
    conditions = [journal.c[name] == value for name, value in wanted.items() if value is not None]
    if action is not None and action != RECORD_SAVE:
        conditions.append(is_no_save(journal.c.action))
    order = journal.c.seq.desc() if newest_first else journal.c.seq
    statement = (
        sa.select(journal.c.seq, journal.c.payload, journal.c.hash)
        .where(journal.c.seq > after, *conditions)
        .order_by(order)
        .limit(limit)
    )
    return [read_payload(row.seq, row.payload.encode(), row.hash) for row in connection.execute(statement)]
