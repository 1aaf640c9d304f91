"""The projections: what they must hold after the journal, how they are built anew, and how rows get in and out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from trialkit.model.lock import LockScope, RecordLock
from trialkit.model.query import Query
from trialkit.model.record import Record, RecordKey, Subject
from trialkit.store.block import Block, Link, entries_of
from trialkit.store.entry import LOCK_ACTIONS, RECORD_SAVE
from trialkit.store.fold import Source, State
from trialkit.store.insertion import insert_rows
from trialkit.store.journal import find_entries, read_chained
from trialkit.store.keyed_rows import read_rows_at
from trialkit.store.portions import in_portions
from trialkit.store.record_rows import PORTION, FormRows
from trialkit.store.rows import (
    Row,
    answer_rows,
    query_of,
    query_order,
    query_row,
    source_of,
    source_row,
    subject_of,
    subject_row,
)
from trialkit.store.tables import Layout, Tables, join_layouts, key_columns, lay_out

Expected = dict[str, list[tuple[Row, int]]]
"""Table name to the rows it must hold, each with the entry that last touched it."""


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are wanted; None is any."""

    site: str | None = None
    subject: str | None = None
    form: str | None = None
    visit: str | None = None

    def takes(self, key: RecordKey) -> bool:
        """Whether a record is wanted."""
        return all(
            wanted is None or wanted == given
            for wanted, given in (
                (self.site, key.site),
                (self.subject, key.subject),
                (self.form, key.form),
                (self.visit, key.visit),
            )
        )


def replay(connection: sa.Connection, tables: Tables, before: int | None = None) -> tuple[State, dict[str, set[str]]]:
    """Fold the journal from its first entry on.

    Args:
        before: only entries before this one.

    Returns:
        What stands, and every item that the journal holds, by form.

    Raises:
        IntegrityError: J402 or J403 when the journal is not what was written.
    """
    state = State()
    items: defaultdict[str, set[str]] = defaultdict(set)
    for link in read_chained(connection, tables, before):
        if isinstance(link, Block):
            state.note_block(link)
        for entry in entries_of(link):
            if before is None or entry.seq < before:
                state.apply(entry)
        for form, named in items_by_form(link):
            items[form].update(named)
    return state, dict(items)


def items_by_form(link: Link) -> Iterator[tuple[str, Iterable[str]]]:
    """The form whose records a link saves, with the items that it names, if it saves any."""
    if isinstance(link, Block):
        yield link.form, link.items
    elif link.action == RECORD_SAVE and link.key is not None:
        yield link.key.form, link.items


def rebuild_projections(connection: sa.Connection, tables: Tables, needed: Layout) -> Tables:
    """Drop every projection and build it anew from the journal, within the transaction that is open.

    Args:
        tables: the tables as they are.
        needed: the items that the study defines, by form.

    Returns:
        The tables as they are now: needed items in their order, behind them those that only the journal has.
    """
    state, journaled = replay(connection, tables)
    tables.metadata.drop_all(connection, tables=tables.projections)
    fresh = lay_out(join_layouts(needed, journaled))
    fresh.metadata.create_all(connection, tables=fresh.projections)
    study = connection.scalars(sa.select(fresh.identity.c.study)).one()
    for name, rows in expected_rows(study, state, fresh).items():
        insert_rows(connection, fresh.metadata.tables[name], [row for row, _ in rows])
    return fresh


def expected_rows(study: str, state: State, tables: Tables) -> Expected:
    """What every projection must hold when the journal says `state`. Forms without a table get no rows."""
    expected: Expected = {table.name: [] for table in tables.projections}
    touched = state.touched_by
    for seq, subjects in state.blocks.items():
        expected["journal_subject"] += [({"subject": subject, "seq": seq}, seq) for subject in sorted(subjects)]
    for subject in state.subjects.values():
        expected["subject"].append((subject_row(study, subject), touched["subject", subject.subject]))
    for source in state.sources.values():
        expected["source"].append((source_row(source), touched["source", source.digest]))
    for query in state.queries.values():
        seq = touched["query", query.query]
        expected["query"].append((query_row(study, query), seq))
        expected["query_answer"].extend((row, seq) for row in answer_rows(query))
    by_form: defaultdict[str, list[Record]] = defaultdict(list)
    for record in state.records.values():
        by_form[record.key.form].append(record)
    for form, records in by_form.items():
        if form in tables.layout:
            columns = FormRows(study, form, tables.layout[form]).columns(records)
            rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
            seqs = (touched["record", record.key] for record in records)
            expected[tables.forms[form].name] = list(zip(rows, seqs, strict=True))
    return expected


def read_subjects(connection: sa.Connection, tables: Tables, names: Collection[str] | None = None) -> list[Subject]:
    """Subjects, or those of these names, at most some hundreds; unsorted."""
    statement = sa.select(tables.subject)
    if names is not None:
        column = tables.subject.c.subject
        statement = statement.where(column.in_(names) if len(names) != 1 else column == next(iter(names)))
    return [subject_of(row) for row in connection.execute(statement).mappings()]


def read_records(connection: sa.Connection, tables: Tables, study: str, wanted: RecordFilter) -> list[Record]:
    """Records that a filter takes; unsorted. Name the site beside the subject: the tables are sorted by it."""
    forms: Iterable[str] = tables.forms if wanted.form is None else [wanted.form] if wanted.form in tables.forms else []
    limits = {"study": study, "site": wanted.site, "subject": wanted.subject, "visit": wanted.visit}
    said = {name: value for name, value in limits.items() if value is not None}
    records: list[Record] = []
    for form in forms:
        # Most forms hold nothing of a subject, and to describe a table takes longer than to see that.
        if wanted.form is None and not _has_any(connection, form, said):
            continue
        columns = tables.forms[form].c
        named = [columns[name] == value for name, value in said.items()]
        records += _records_where(connection, tables, study, form, named)
    return records


def _has_any(connection: sa.Connection, form: str, said: Mapping[str, str]) -> bool:
    """Whether a form has a record with these parts of its key."""
    keys = key_columns(form).c
    some = sa.select(sa.literal(1)).where(*(keys[name] == value for name, value in said.items())).limit(1)
    return connection.execute(some).first() is not None


def read_records_at(
    connection: sa.Connection, tables: Tables, study: str, form: str, keys: Iterable[RecordKey]
) -> list[Record]:
    """The records of a form with these keys, as far as there are such; unsorted."""
    if form not in tables.forms:
        return []
    rows = FormRows(study, form, tables.layout[form])
    found = read_rows_at(connection, tables, study, form, keys, rows.names)
    return [record for portion in in_portions(found, PORTION) for record in rows.read(portion)]


def _records_where(
    connection: sa.Connection, tables: Tables, study: str, form: str, wanted: Sequence[sa.ColumnElement[bool]]
) -> list[Record]:
    table, rows = tables.forms[form], FormRows(study, form, tables.layout[form])
    found = connection.execute(sa.select(*(table.c[name] for name in rows.names)).where(*wanted))
    return [record for portion in found.partitions(PORTION) for record in rows.read(portion)]


def read_locks(connection: sa.Connection, tables: Tables) -> dict[LockScope, RecordLock]:
    """The locks that stand, from the entries that set and lifted them: they have no table of their own."""
    found = [entry for action in LOCK_ACTIONS for entry in find_entries(connection, tables, action=action)]
    state = State()
    for entry in sorted(found, key=lambda entry: entry.seq):
        state.apply(entry)
    return state.locks


def read_versions(
    connection: sa.Connection, tables: Tables, study: str, subjects: Collection[str]
) -> dict[RecordKey, int]:
    """The version of every record of some subjects, their values unread; an empty subject means rows of sites."""
    versions: dict[RecordKey, int] = {}
    for form in tables.forms:
        columns = key_columns(form, "version").c
        wanted = [columns[name] for name in ("site", "subject", "visit", "visit_repeat", "timepoint", "repeat")]
        for row in connection.execute(sa.select(*wanted, columns.version).where(columns.study == study)):
            if row[1] in subjects:
                key = RecordKey(row[0], row[1], row[2], row[3], form, row[4], row[5])
                versions[key] = row[6]
    return versions


def read_queries(connection: sa.Connection, tables: Tables, conditions: Mapping[str, str | None]) -> list[Query]:
    """Queries in the order in which they were opened.

    Args:
        conditions: column of the query table to the value it must have; None is any.
    """
    query = tables.query
    return _queries_where(
        connection, tables, [query.c[name] == value for name, value in conditions.items() if value is not None]
    )


def read_active_queries(
    connection: sa.Connection, tables: Tables, subjects: Collection[str] | None = None
) -> list[Query]:
    """Queries that are not closed, in the order in which they were opened.

    Args:
        subjects: only those about these, at most some hundreds; None is any.
    """
    query = tables.query
    named = [] if subjects is None else [query.c.subject.in_(subjects)]
    return _queries_where(connection, tables, [query.c.state != "closed", *named])


def _queries_where(connection: sa.Connection, tables: Tables, wanted: Sequence[sa.ColumnElement[bool]]) -> list[Query]:
    query, answer = tables.query, tables.answer
    found = connection.execute(sa.select(query).where(*wanted)).mappings().all()
    if not found:
        return []
    answers: defaultdict[str, list[sa.RowMapping]] = defaultdict(list)
    chosen = sa.select(answer).join(query, query.c.query == answer.c.query).where(*wanted)
    for row in connection.execute(chosen.order_by(answer.c.query, answer.c.number)).mappings():
        answers[row["query"]].append(row)
    return sorted((query_of(row, answers[row["query"]]) for row in found), key=query_order)


def read_sources(connection: sa.Connection, tables: Tables) -> list[Source]:
    """Every source file, sorted by digest."""
    rows = connection.execute(sa.select(tables.source).order_by(tables.source.c.digest)).mappings()
    return [source_of(row) for row in rows]
