"""The journal table: links in, entries out, in order. Changes nothing that is already there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from trialkit.store.block import Block, Link, read_link
from trialkit.store.canonical import GENESIS, chain_hash, moment_of, moment_text
from trialkit.store.entry import RECORD_SAVE, Head, JournalEntry, broken_chain
from trialkit.store.rows import Row
from trialkit.store.tables import Tables, is_no_save


def index_columns(link: Link) -> Row:
    """The columns beside the payload, by which entries are found; all of them follow from the payload."""
    found = {"at": moment_text(link.at), "action": link.action}
    if isinstance(link, Block):
        return {**found, "entries": len(link), "subject": None, "visit": None, "form": link.form}
    visit, form = ("", "") if link.key is None else (link.key.visit, link.key.form)
    return {**found, "entries": 1, "subject": link.subject, "visit": visit, "form": form}


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
        statement = statement.where(_first(tables) < before)
    last = connection.execute(statement).first()
    if last is None:
        return Head(0, GENESIS.hex(), None)
    seq = last.seq if before is None else min(last.seq, before - 1)
    return Head(seq, last.hash.hex(), moment_of(last.at))


def raw_rows(
    connection: sa.Connection, tables: Tables, before: int | None = None
) -> Iterator[sa.Row[Any]]:  # Any: columns are taken by name
    """Every row as it lies there, payloads as bytes, whatever they hold; sorted by seq.

    Args:
        before: only rows with an entry before this one.
    """
    journal = tables.journal
    columns = [column for column in journal.c if column.name not in ("seq", "payload", "hash")]
    statement = sa.select(
        journal.c.seq, sa.cast(journal.c.payload, sa.LargeBinary).label("payload"), journal.c.hash, *columns
    ).order_by(journal.c.seq)
    if before is not None:
        statement = statement.where(_first(tables) < before)
    yield from connection.execute(statement)


def read_chained(connection: sa.Connection, tables: Tables, before: int | None = None) -> Iterator[Link]:
    """Every link from the first on, each held against the chain.

    Args:
        before: only links with an entry before this one.

    Raises:
        IntegrityError: J402 at the first entry that is not what was written.
    """
    previous, expected = GENESIS, 1
    for row in raw_rows(connection, tables, before):
        is_next = row.entries > 0 and row.seq - row.entries + 1 == expected
        if not is_next or row.hash != chain_hash(previous, row.payload):
            raise broken_chain(f"the journal is broken at entry {expected}.")
        link = read_link(row.seq, row.entries, row.payload, row.hash)
        if index_columns(link)["entries"] != row.entries:
            raise broken_chain(f"the journal is broken at entry {expected}.")
        yield link
        previous, expected = row.hash, row.seq + 1


def first_later_than(connection: sa.Connection, tables: Tables, moment: datetime) -> int | None:
    """The first entry that was written after a moment, or None.

    What stood at a moment is what the entries before that one say: a clock that later steps back changes no answer.
    """
    journal = tables.journal
    later = journal.c.at > moment_text(moment)
    found: int | None = connection.scalar(sa.select(_first(tables)).where(later).order_by(journal.c.seq).limit(1))
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
    """Entries by their index columns, sorted by seq. Of a block only those that are wanted are unfolded.

    Args:
        after: only entries after this one.
        limit: at most so many.
        subject, visit, form, action: only entries with these; None is any.
        newest_first: sort the other way round.
    """
    journal = tables.journal
    conditions = [journal.c.seq > after, *_about(tables, subject, visit)]
    conditions += [journal.c[name] == said for name, said in (("form", form), ("action", action)) if said is not None]
    if action is not None and action != RECORD_SAVE:
        conditions.append(is_no_save(journal.c.action))
    order = journal.c.seq.desc() if newest_first else journal.c.seq
    columns = (journal.c.seq, journal.c.entries, journal.c.payload, journal.c.hash)
    # Rows come one by one: of those behind the limit none is read.
    with connection.execute(sa.select(*columns).where(*conditions).order_by(order)) as rows:
        links = (read_link(row.seq, row.entries, row.payload.encode(), row.hash) for row in rows)
        return list(islice(_wanted(links, after, subject, visit, newest_first=newest_first), limit))


def _about(tables: Tables, subject: str | None, visit: str | None) -> list[sa.ColumnElement[bool]]:
    """Takes the rows that may hold an entry about a subject, at a visit."""
    journal, block = tables.journal, tables.block
    at_visit = [] if visit is None else [journal.c.visit == visit]
    if subject is None:
        return [sa.or_(*at_visit, journal.c.visit.is_(None))] if at_visit else []
    alone = sa.select(journal.c.seq).where(journal.c.subject == subject, *at_visit)
    return [journal.c.seq.in_(alone.union_all(sa.select(block.c.seq).where(block.c.subject == subject)))]


def _wanted(
    links: Iterator[Link], after: int, subject: str | None, visit: str | None, *, newest_first: bool
) -> Iterator[JournalEntry]:
    for link in links:
        if isinstance(link, Block):
            places = link.places(after, subject, visit)
            yield from link.entries(reversed(places) if newest_first else places)
        else:
            yield link


def _first(tables: Tables) -> sa.ColumnElement[int]:
    """The number of the first entry of a row."""
    return tables.journal.c.seq - tables.journal.c.entries + 1
