"""What one transaction works on: the part of the state it touched, read once, and what it keeps for the next flush."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain

import sqlalchemy as sa

from trialkit.model.lock import Locks
from trialkit.model.new_rows import NewRows
from trialkit.model.query import Query
from trialkit.model.record import Record, RecordKey, Subject
from trialkit.store.block_text import ItemColumns
from trialkit.store.canonical import chain_hash, moment_text, payload_bytes
from trialkit.store.content import Content
from trialkit.store.entry import QUERY_OPEN, RECORD_SAVE, Head, JournalEntry, write_payload
from trialkit.store.fold import State
from trialkit.store.journal import read_head
from trialkit.store.keyed_rows import read_owners
from trialkit.store.pending import IndexRow, Named, Pending
from trialkit.store.portions import MOST_NAMED, in_portions
from trialkit.store.projection import (
    RecordFilter,
    read_active_queries,
    read_locks,
    read_queries,
    read_records,
    read_records_at,
    read_sources,
    read_subjects,
)
from trialkit.store.query_index import QueryIndex
from trialkit.store.tables import Tables

_MOST_STANDING = 20_000
_QUERY_PARTS = ("query", "active")


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
        head = read_head(connection, tables)
        self.next_seq = head.seq + 1
        self._hash, self._at = bytes.fromhex(head.hash), head.at
        self._at_text = "" if head.at is None else moment_text(head.at)
        self._pending = Pending(connection, study)
        self._loaded: set[tuple[str, ...]] = set()
        self._owners: set[tuple[str, str, str]] = set()
        self._keys: set[RecordKey] = set()
        self._new: set[str] = set()
        self._items: dict[str, frozenset[str]] = {}
        self._index = QueryIndex(self.state.queries)
        self._written: set[RecordKey] = set()
        self._query_count = -1

    @property
    def head(self) -> Head:
        """Where the journal ends, this transaction's entries included."""
        return Head(self.next_seq - 1, self._hash.hex(), self._at)

    def append(self, entry: JournalEntry, touched: Named | None) -> None:
        """Chain an entry to the head, take it into the state, and keep it for the next flush.

        Args:
            entry: with the number `next_seq`, and no hash.
            touched: the one thing it changes, which must have been loaded before; None when it changes none.
        """
        payload = write_payload(entry)
        content = payload_bytes(payload)
        is_known = touched is not None and self._is_known(touched)
        self.state.apply(entry)
        if touched is not None:
            self._pending.touch(touched, is_known)
        visit, form = ("", "") if entry.key is None else (entry.key.visit, entry.key.form)
        self._chain(payload, content, entry.at, (entry.action, entry.subject, visit, form))

    def append_save(self, payload: str, record: Record, at: datetime) -> None:
        """Chain the entry that saves a record, take the record into the state, and keep both for the next flush.

        Args:
            payload: the text of the entry, with the number `next_seq`.
            record: as it stands from now on; the one that stood before must have been loaded.
            at: the moment of the entry.
        """
        content = payload_bytes(payload)
        key = record.key
        self._pending.touch_record(record)
        self.state.records[key] = record
        self._chain(payload, content, at, (RECORD_SAVE, key.subject, key.visit, key.form))

    def append_new(self, payload: str, rows: NewRows, columns: ItemColumns, at: datetime, user: str) -> None:
        """Chain the block that saves new records, of which none stands, and write it.

        Args:
            payload: the text of the block, whose first entry has the number `next_seq`.
            rows, columns: the records, and what they are given.
            at, user: when, and by whom.
        """
        content = payload_bytes(payload)
        self._pending.add_block(self.next_seq + len(rows) - 1, rows, columns, moment_text(at), user)
        self._chain(payload, content, at, (RECORD_SAVE, None, None, rows.layout.form), len(rows))
        self.flush()
        self._written.update(rows.keys)  # they are not in the state: whoever asks for one of them reads it

    def append_query(self, payload: str, query: Query) -> None:
        """Chain the entry that opens a query, take the query into the state, and keep both for the next flush.

        Args:
            payload: the text of the entry, with the number `next_seq`.
            query: as it was opened just now, with the name `next_query_name`.
        """
        content = payload_bytes(payload)
        key = query.key
        self._pending.touch(("query", query.query), is_known=False)
        self.state.queries[query.query] = query
        self._query_count += 1
        self._index.note(query)
        self._chain(payload, content, query.opened_at, (QUERY_OPEN, key.subject, key.visit, key.form))

    def flush(self) -> None:
        """Write what is kept: entries, then the rows they changed."""
        self._pending.flush(self.state, self.tables)

    def has_content(self, digest: str) -> bool:
        """Whether something of this digest is kept already; nothing may be pending."""
        content = self.tables.content
        found = self.connection.execute(sa.select(content.c.digest).where(content.c.digest == digest)).first()
        return found is not None

    def keep_content(self, digest: str, content: Content) -> None:
        """Have a source file, or the text of a definition, written at the next flush."""
        self._pending.add_content(digest, content)

    def use_tables(self, tables: Tables) -> None:
        """Go on with other tables, after the projections were built anew. Nothing may be pending."""
        self.tables = tables
        self._items = {}
        self._pending.use_other_tables()

    def items_of(self, form: str) -> frozenset[str] | None:
        """The items that a form's table has columns for; None when there is no such table."""
        if form not in self._items and form in self.tables.layout:
            self._items[form] = frozenset(self.tables.layout[form])
        return self._items.get(form)

    def read_ahead(self, keys: Collection[RecordKey]) -> None:
        """Have what is needed to save some records in the state, read in one go for all of them."""
        if max(len(self.state.records), len(self._written), len(self.state.queries)) > _MOST_STANDING:
            self._forget()
        subjects = {key.subject for key in keys}
        self.load_subjects(subjects)
        unread: defaultdict[str, list[RecordKey]] = defaultdict(list)
        for key in keys:
            if not self._is_read(key):
                unread[key.form].append(key)
        for form, wanted in unread.items():
            self._read_records(form, wanted)
        self.load_active_queries(subjects)

    def load_subjects(self, names: Collection[str] | None) -> None:
        """Have some subjects, as far as there are such, in the state; None is all of them."""
        if ("subjects",) in self._loaded:
            return
        if names is None:
            self._loaded.add(("subjects",))
            self._take_subjects(read_subjects(self.connection, self.tables))
            return
        unread = [name for name in names if self._is_first(("subject", name))]
        for portion in in_portions(unread, MOST_NAMED):
            self._take_subjects(read_subjects(self.connection, self.tables, portion))

    def note_new_subject(self, name: str) -> None:
        """Remember that a subject was enrolled just now: there are no records and queries of it to read."""
        self._new.add(name)
        self._loaded.add(("query", name))

    def record(self, key: RecordKey) -> Record | None:
        """A record, or None; all of the same subject and form are read with it."""
        found = self.state.records.get(key)
        if found is None and key in self._written:
            self._written.discard(key)
            self._take_records(read_records_at(self.connection, self.tables, self.study, key.form, [key]))
            found = self.state.records.get(key)
        if found is None and not self._is_read(key):
            self._owners.add((key.form, key.site, key.subject))
            wanted = RecordFilter(key.site, key.subject, key.form)
            self._take_records(read_records(self.connection, self.tables, self.study, wanted))
            found = self.state.records.get(key)
        return found

    def first_standing(self, keys: Sequence[RecordKey]) -> int | None:
        """The place of the first of some records that stands; they must have been read ahead."""
        standing = self.state.records
        if self._written.isdisjoint(keys) and standing.keys().isdisjoint(keys):
            return None  # nearly always
        return next((place for place, key in enumerate(keys) if key in self._written or key in standing), None)

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
        unread = [
            name for name in subjects or () if ("query", name) not in self._loaded and self._is_first(("active", name))
        ]
        if subjects is None:
            self._loaded.add(("active",))
            self._take_queries(read_active_queries(self.connection, self.tables))
        for portion in in_portions(unread, MOST_NAMED):
            self._take_queries(read_active_queries(self.connection, self.tables, portion))

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
        return self._index.active(identity)

    def queries_about(self, subject: str) -> list[Query]:
        """Every query about a subject, unsorted; they must be loaded."""
        return self._index.about(subject)

    def queries_about_record(self, key: RecordKey) -> list[Query]:
        """Every query about a record, unsorted; they must be loaded."""
        return self._index.about_record(key)

    def active_queries(self, subjects: Collection[str] | None) -> list[Query]:
        """Every query that is not closed about some subjects, or all, unsorted; they must be loaded."""
        found = (
            self.state.queries.values() if subjects is None else chain.from_iterable(map(self._index.about, subjects))
        )
        return [query for query in found if not query.is_closed]

    def next_query_name(self) -> str:
        """A name for a new query; the next one, once it was opened."""
        if self._query_count < 0:
            counted = sa.select(sa.func.count()).select_from(self.tables.query)
            self._query_count = self.connection.execute(counted).scalar_one()
        return f"Q-{self._query_count + 1:04d}"

    def subject(self, name: str) -> Subject | None:
        """The subject, or None."""
        found = self.state.subjects.get(name)
        if found is None:
            self.load_subjects([name])
            found = self.state.subjects.get(name)
        return found

    def _is_first(self, part: tuple[str, ...]) -> bool:
        if part in self._loaded:
            return False
        self._loaded.add(part)
        return True

    # What is in the state already is as this transaction left it: what the tables say may be older.
    def _take_subjects(self, found: Iterable[Subject]) -> None:
        for subject in found:
            self.state.subjects.setdefault(subject.subject, subject)

    def _take_records(self, found: Iterable[Record]) -> None:
        for record in found:
            self.state.records.setdefault(record.key, record)

    def _take_queries(self, found: Iterable[Query]) -> None:
        for query in found:
            if query.query not in self.state.queries:
                self.state.queries[query.query] = query
                self._index.note(query)

    def _read_records(self, form: str, keys: Sequence[RecordKey]) -> None:
        owners = {(key.site, key.subject) for key in keys}
        holders = read_owners(self.connection, self.tables, self.study, form, owners)
        self._owners.update((form, *owner) for owner in owners - holders)
        held = [key for key in keys if (key.site, key.subject) in holders]
        self._take_records(read_records_at(self.connection, self.tables, self.study, form, held))
        self._keys.update(held)

    def _is_read(self, key: RecordKey) -> bool:
        subject = key.subject
        return subject in self._new or (key.form, key.site, subject) in self._owners or key in self._keys

    def _forget(self) -> None:
        """Let go of every record and query, which are read again when they are needed."""
        self.flush()
        self.state.records.clear()
        self.state.queries.clear()
        self.state.touched_by.clear()
        self._index.clear()
        self._written.clear()
        self._loaded = {part for part in self._loaded if part[0] not in _QUERY_PARTS}
        self._keys.clear()
        self._owners.clear()
        # Of those enrolled just now there is something to read by now.
        self._new.clear()

    def _chain(self, payload: str, content: bytes, at: datetime, index: IndexRow, entries: int = 1) -> None:
        self._hash = chain_hash(self._hash, content)
        if at is not self._at:
            self._at, self._at_text = at, moment_text(at)
        last = self.next_seq + entries - 1
        self._pending.add_entry((last, entries, payload, self._hash, self._at_text, *index))
        self.next_seq = last + 1
        if self._pending.is_many:
            self.flush()

    def _is_known(self, touched: Named) -> bool:
        kind, name = touched
        named: dict[str, Collection[str]] = {
            "subject": self.state.subjects,
            "query": self.state.queries,
            "source": self.state.sources,
        }
        return name in named[kind]
