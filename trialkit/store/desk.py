"""What one transaction works on: the part of the state it touched, read once, and the rows it will write at a flush."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from trialkit.errors import StoreError
from trialkit.model.lock import Locks
from trialkit.model.query import Query
from trialkit.model.record import RecordKey, Subject
from trialkit.store.canonical import chain_hash
from trialkit.store.entry import Head, JournalEntry, write_payload
from trialkit.store.fold import State, Touched
from trialkit.store.journal import append_entries, index_columns, read_head
from trialkit.store.projection import (
    RecordFilter,
    insert_rows,
    read_active_queries,
    read_locks,
    read_queries,
    read_records,
    read_sources,
    read_subjects,
    replace_rows,
)
from trialkit.store.rows import FormRows, Row, answer_rows, query_row, source_row, subject_row
from trialkit.store.tables import Tables

_MOST_PENDING = 2_000
_MOST_NAMED = 500


class Desk:
    """The state as the transaction sees it, its own entries included.

    Args:
        connection: inside a transaction with the right to write.
        tables: the tables as they are.
        study: STUDYID.
    """

    def __init__(self, connection: sa.Connection, tables: Tables, study: str) -> None:
        self.connection = connection
        self.tables = tables
        self.study = study
        self.state = State()
        self.head: Head = read_head(connection, tables)
        self._loaded: set[tuple[str, ...]] = set()
        self._asking: defaultdict[tuple[str, RecordKey, str], list[str]] = defaultdict(list)
        self._about: defaultdict[str, list[str]] = defaultdict(list)
        self._of_record: defaultdict[RecordKey, list[str]] = defaultdict(list)
        self._entries: list[Row] = []
        self._content: list[Row] = []
        self._is_whole = True
        self._dirty: dict[Touched, bool] = {}
        self._query_count = -1
        self._writers: dict[str, FormRows] = {}

    def append(self, entry: JournalEntry, touched: Touched | None) -> JournalEntry:
        """Chain an entry to the head, take it into the state, and keep it for the next flush.

        Args:
            entry: with the sequence number after the head's, and no hash.
            touched: the one thing it changes, which must have been loaded before; None when it changes none.
        """
        payload = write_payload(entry)
        chained = chain_hash(bytes.fromhex(self.head.hash), payload.encode())
        is_known = touched is not None and self._is_known(touched)
        self.state.apply(entry)
        self.head = Head(entry.seq, chained.hex(), entry.at)
        self._entries.append({"seq": entry.seq, "payload": payload, "hash": chained, **index_columns(entry)})
        if touched is not None:
            self._dirty.setdefault(touched, is_known)
        if len(self._entries) >= _MOST_PENDING:
            self.flush()
        return entry

    def flush(self) -> None:
        """Write what is kept: entries, then the rows they changed."""
        if not self._is_whole:
            raise StoreError(
                "J110", "the transaction failed earlier and can not be stored.", remedy="Begin another one."
            )
        # Whoever swallows an error of the database must not get a commit of the half that went before it.
        self._is_whole = False
        append_entries(self.connection, self.tables, self._entries)
        insert_rows(self.connection, self.tables.content, self._content)
        rows: dict[tuple[str, bool], list[Row]] = {}
        for touched, is_known in self._dirty.items():
            for table, row, replaces in self._rows_of(touched, is_known):
                rows.setdefault((table, replaces), []).append(row)
        for (name, replaces), found in rows.items():
            write = replace_rows if replaces else insert_rows
            write(self.connection, self.tables.metadata.tables[name], found)
        self._entries, self._content, self._dirty = [], [], {}
        self._is_whole = True

    def has_content(self, digest: str) -> bool:
        """Whether something of this digest is kept already; nothing may be pending."""
        content = self.tables.content
        found = self.connection.execute(sa.select(content.c.digest).where(content.c.digest == digest)).first()
        return found is not None

    def keep_content(self, digest: str, content: bytes) -> None:
        """Have the bytes of a source file, or the text of a definition, written at the next flush."""
        self._content.append({"digest": digest, "content": content})

    def use_tables(self, tables: Tables) -> None:
        """Go on with other tables, after the projections were built anew. Nothing may be pending."""
        self.tables = tables
        self._writers = {}

    def load_subject(self, subject: str) -> None:
        """Have a subject, when there is one, in the state."""
        if self._is_first(("subject", subject)):
            for found in read_subjects(self.connection, self.tables, subject):
                self.state.subjects[found.subject] = found

    def load_record(self, key: RecordKey) -> None:
        """Have a record, and all of the same subject and form, in the state."""
        if self._is_first(("record", key.site, key.subject, key.form)):
            wanted = RecordFilter(key.site, key.subject, key.form)
            for record in read_records(self.connection, self.tables, self.study, wanted):
                self.state.records[record.key] = record

    def load_queries(self, subject: str) -> None:
        """Have every query about a subject in the state."""
        if self._is_first(("query", subject)):
            self._take_queries(read_queries(self.connection, self.tables, {"subject": subject}))

    def load_active_queries(self, subjects: Collection[str] | None) -> None:
        """Have every query that is not closed about some subjects in the state, read in one go.

        Args:
            subjects: whose; None is everybody's.
        """
        if ("active",) in self._loaded:
            return
        if subjects is None or len(subjects) > _MOST_NAMED:
            self._loaded.add(("active",))
            self._take_queries(read_active_queries(self.connection, self.tables))
            return
        unread = [name for name in subjects if ("query", name) not in self._loaded and self._is_first(("active", name))]
        if unread:
            self._take_queries(read_active_queries(self.connection, self.tables, unread))

    def load_query(self, name: str) -> Query | None:
        """The query of this name, loaded with all of its subject; None when there is none."""
        if name not in self.state.queries:
            for found in read_queries(self.connection, self.tables, {"query": name}):
                self.load_queries(found.key.subject)
        return self.state.queries.get(name)

    def load_locks(self) -> Locks:
        """Have every lock that stands in the state."""
        if self._is_first(("locks",)):
            self.state.locks.update(read_locks(self.connection, self.tables))
        return self.state.locks

    def load_sources(self) -> None:
        """Have every source file in the state."""
        if self._is_first(("source",)):
            self.state.sources.update({found.digest: found for found in read_sources(self.connection, self.tables)})

    def active_query(self, identity: tuple[str, RecordKey, str]) -> Query | None:
        """The query that asks this already and is not closed; those of its subject must be loaded."""
        named = (self.state.queries[name] for name in self._asking[identity])
        return next((query for query in named if not query.is_closed), None)

    def queries_about(self, subject: str) -> list[Query]:
        """Every query about a subject, unsorted; they must be loaded."""
        return [self.state.queries[name] for name in self._about[subject]]

    def queries_about_record(self, key: RecordKey) -> list[Query]:
        """Every query about a record, unsorted; they must be loaded."""
        return [self.state.queries[name] for name in self._of_record[key]]

    def active_queries(self, subjects: Collection[str] | None) -> list[Query]:
        """Every query that is not closed about some subjects, or all, unsorted; they must be loaded."""
        return [
            query
            for query in self.state.queries.values()
            if not query.is_closed and (subjects is None or query.key.subject in subjects)
        ]

    def next_query_name(self) -> str:
        """A name for a new query; the next one, once `note_query` has been told."""
        if self._query_count < 0:
            counted = sa.select(sa.func.count()).select_from(self.tables.query)
            self._query_count = self.connection.execute(counted).scalar_one()
        return f"Q-{self._query_count + 1:04d}"

    def note_query(self, query: Query) -> None:
        """Remember what a new query asks."""
        self._query_count += 1
        self._index_query(query)

    def subject(self, name: str) -> Subject | None:
        """The subject, or None."""
        self.load_subject(name)
        return self.state.subjects.get(name)

    def _index_query(self, query: Query) -> None:
        self._asking[query.identity].append(query.query)
        self._about[query.key.subject].append(query.query)
        self._of_record[query.key].append(query.query)

    def _take_queries(self, found: Iterable[Query]) -> None:
        # What is in the state already is as this transaction left it: what the table says may be older.
        for query in found:
            if query.query not in self.state.queries:
                self.state.queries[query.query] = query
                self._index_query(query)

    def _is_first(self, part: tuple[str, ...]) -> bool:
        if part in self._loaded:
            return False
        self._loaded.add(part)
        return True

    def _is_known(self, touched: Touched) -> bool:
        kind, identifier = touched
        if isinstance(identifier, RecordKey):
            return identifier in self.state.records
        named: dict[str, Collection[str]] = {
            "subject": self.state.subjects,
            "query": self.state.queries,
            "source": self.state.sources,
        }
        return identifier in named[kind]

    def _rows_of(self, touched: Touched, is_known: bool) -> list[tuple[str, Row, bool]]:
        kind, identifier = touched
        if isinstance(identifier, RecordKey):
            row = self._rows_of_form(identifier.form).write(self.state.records[identifier])
            return [(self.tables.forms[identifier.form].name, row, is_known)]
        if kind == "subject":
            return [(kind, subject_row(self.study, self.state.subjects[identifier]), is_known)]
        if kind == "source":
            return [(kind, source_row(self.state.sources[identifier]), is_known)]
        query = self.state.queries[identifier]
        answers = [("query_answer", row, True) for row in answer_rows(query)]
        return [("query", query_row(self.study, query), is_known), *answers]

    def _rows_of_form(self, form: str) -> FormRows:
        if form not in self._writers:
            self._writers[form] = FormRows(self.study, form, self.tables.layout[form])
        return self._writers[form]
