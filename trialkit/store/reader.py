"""Reading a store: what stands, what stood, and how it came about. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from trialkit.errors import StoreError
from trialkit.model.lock import LockScope, RecordLock
from trialkit.model.query import Query, QueryState
from trialkit.model.record import Record, RecordKey, Subject
from trialkit.model.record_table import RecordTable
from trialkit.model.study import Study
from trialkit.store.columns import read_holders, read_table, read_table_at
from trialkit.store.connection import open_engine, settings_of, speaking_plainly
from trialkit.store.entry import DATA_ACTIONS, DEFINITION_REGISTER, Head, JournalEntry
from trialkit.store.fold import Source, State
from trialkit.store.journal import find_entries, first_later_than, read_head
from trialkit.store.keyed_rows import read_owners
from trialkit.store.projection import (
    RecordFilter,
    read_locks,
    read_queries,
    read_records,
    read_records_at,
    read_sources,
    read_subjects,
    read_versions,
    replay,
)
from trialkit.store.tables import Tables, lay_out, read_layout
from trialkit.store.verification import VerifyReport, verify_store

_BATCH = 1_000


class StoreReader:
    """The half of a store that reads. See `trialkit.store.store.Store`.

    Reading sees what is committed. `as_of` is answered from the journal: it is what stood before the first entry that
    was written after that moment.
    """

    def __init__(self, path: Path, study: Study) -> None:
        self._path = path
        self._study = study
        self._engine = open_engine(path)
        self._schema = -1
        self._tables = lay_out({})
        with speaking_plainly(path):
            self._reader: sa.Connection | None = self._engine.connect()

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._path

    def verify(self) -> VerifyReport:
        """Hold the journal against its chain and every projection against the journal; see `verify_store`."""
        with self._reading() as (connection, tables):
            return verify_store(connection, tables, self._study.definition.study)

    def head(self) -> Head:
        """Where the journal ends."""
        with self._reading() as (connection, tables):
            return read_head(connection, tables)

    def data_head(self, as_of: datetime | None = None) -> Head:
        """The newest entry that changed subjects or records: two exports with the same one hold the same data.

        Args:
            as_of: as it stood at this moment (with an offset).
        """
        with self._reading() as (connection, tables):
            before = None if as_of is None else first_later_than(connection, tables, as_of)
            return read_head(connection, tables, DATA_ACTIONS, before)

    def definition_digest(self) -> str | None:
        """The digest of the definition that was registered last, or None."""
        with self._reading() as (connection, tables):
            last = find_entries(connection, tables, action=DEFINITION_REGISTER, newest_first=True, limit=1)
        return last[0].details["digest"] if last else None

    def definitions(self) -> list[tuple[JournalEntry, str]]:
        """Every registration of a definition with the text that was kept, newest first; without those not kept."""
        with self._reading() as (connection, tables):
            entries = find_entries(connection, tables, action=DEFINITION_REGISTER, newest_first=True)
        kept = {entry.details["digest"] for entry in entries if entry.details.get("kept")}
        texts = {digest: (self.source(digest) or b"").decode("ascii") for digest in sorted(kept)}
        return [(entry, texts[entry.details["digest"]]) for entry in entries if entry.details["digest"] in texts]

    def settings(self) -> dict[str, object]:
        """The settings of SQLite in force: pragma to value."""
        with self._reading() as (connection, _):
            return settings_of(connection)

    def subjects(self, site: str | None = None, as_of: datetime | None = None) -> list[Subject]:
        """Subjects, sorted by site and subject.

        Args:
            site: only those of this site.
            as_of: as they stood at this moment (with an offset).
        """
        with self._reading() as (connection, tables):
            found = list(
                read_subjects(connection, tables)
                if as_of is None
                else _state_at(connection, tables, as_of).subjects.values()
            )
        wanted = [subject for subject in found if site is None or subject.site == site]
        return sorted(wanted, key=lambda subject: (subject.site, subject.subject))

    def subject(self, subject: str) -> Subject | None:
        """The subject of this name, or None."""
        with self._reading() as (connection, tables):
            return next(iter(read_subjects(connection, tables, [subject])), None)

    def record(self, key: RecordKey) -> Record | None:
        """The record as it stands, or None."""
        wanted = RecordFilter(key.site, key.subject, key.form, key.visit)
        with self._reading() as (connection, tables):
            found = read_records(connection, tables, self._study.definition.study, wanted)
        return next((record for record in found if record.key == key), None)

    def records(
        self,
        subject: str | None = None,
        form: str | None = None,
        visit: str | None = None,
        as_of: datetime | None = None,
    ) -> list[Record]:
        """Records, sorted by key. Those of forms that the study no longer defines are among them.

        Args:
            subject, form, visit: only those of this subject, form, visit; None is any. An empty subject means the rows
                of reference forms, which belong to a site.
            as_of: as they stood at this moment (with an offset).
        """
        with self._reading() as (connection, tables):
            if as_of is not None:
                wanted = RecordFilter(subject=subject, form=form, visit=visit)
                standing = _state_at(connection, tables, as_of).records.values()
                found = [record for record in standing if wanted.takes(record.key)]
            else:
                found = self._read_records(connection, tables, RecordFilter(None, subject, form, visit))
        return sorted(found, key=lambda record: record.key)

    def versions(self, subjects: Collection[str]) -> dict[RecordKey, int]:
        """The version of every record of some subjects, without their values.

        Args:
            subjects: whose; an empty subject means the rows of reference forms, which belong to a site.
        """
        with self._reading() as (connection, tables):
            return read_versions(connection, tables, self._study.definition.study, frozenset(subjects))

    def table(self, form: str, subjects: Sequence[str] | None = None) -> RecordTable:
        """The records of one form as columns, sorted by key: what bulk work takes instead of `records`.

        How values were written in their sources is not among them. A form that the store has no place for has none.

        Args:
            form: the form.
            subjects: only those of these subjects; None is everybody's. An empty subject means the rows of reference
                forms, which belong to a site.
        """
        with self._reading() as (connection, tables):
            return read_table(connection, tables, self._study.definition.study, form, subjects)

    def table_at(self, form: str, keys: Iterable[RecordKey], items: Collection[str]) -> RecordTable:
        """The records of one form that stand among some keys, as columns, sorted by key, with their versions.

        Args:
            form: the form; one that the store has no place for has none.
            keys: the records asked for, each once.
            items: the items that are read.
        """
        with self._reading() as (connection, tables):
            return read_table_at(connection, tables, self._study.definition.study, form, keys, items)

    def records_at(self, form: str, keys: Iterable[RecordKey]) -> list[Record]:
        """The records of one form that stand among some keys, unsorted; see `table_at`."""
        with self._reading() as (connection, tables):
            return read_records_at(connection, tables, self._study.definition.study, form, keys)

    def owners_of(self, form: str, owners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of some owners, each a site and a subject, who have any record of a form."""
        with self._reading() as (connection, tables):
            return read_owners(connection, tables, self._study.definition.study, form, owners)

    def subjects_with(self, form: str, item: str) -> dict[str, frozenset[str]]:
        """The canonical texts that an item has in the records of a form, each with the subjects that have it.

        Rows of reference forms belong to no subject: their texts come with an empty one. Empty for a form or an item
        that the store has no place for.
        """
        with self._reading() as (connection, tables):
            return read_holders(connection, tables, form, item)

    def history(
        self, subject: str, visit: str | None = None, form: str | None = None, item: str | None = None
    ) -> list[JournalEntry]:
        """Everything that was done about a subject, sorted by seq.

        Args:
            subject: whose.
            visit, form: only entries about records of these; None is any.
            item: only entries that speak about this item.
        """
        with self._reading() as (connection, tables):
            found = find_entries(connection, tables, subject=subject, visit=visit, form=form)
        return [entry for entry in found if item is None or item in entry.items]

    def entries(self, after: int = 0, action: str | None = None) -> Iterator[JournalEntry]:
        """Entries in order of seq, read in portions, so that a slow reader holds nobody up.

        Args:
            after: only entries after the one of this number.
            action: only entries with this action; None is any.
        """
        while True:
            with self._reading() as (connection, tables):
                portion = find_entries(connection, tables, after=after, action=action, limit=_BATCH)
            yield from portion
            if len(portion) < _BATCH:
                return
            after = portion[-1].seq

    def queries(self, state: QueryState | None = None, subject: str | None = None) -> list[Query]:
        """Queries in the order in which they were opened.

        Args:
            state: only these; None is any.
            subject: only those about this subject; None is any.
        """
        with self._reading() as (connection, tables):
            return read_queries(connection, tables, {"state": state, "subject": subject})

    def locks(self) -> dict[LockScope, RecordLock]:
        """The locks that stand, each by what it covers."""
        with self._reading() as (connection, tables):
            return read_locks(connection, tables)

    def sources(self) -> list[Source]:
        """The imported files that are kept, sorted by digest."""
        with self._reading() as (connection, tables):
            return read_sources(connection, tables)

    def source(self, digest: str) -> bytes | None:
        """The bytes of an imported file, or None when no file of this digest is kept."""
        with self._reading() as (connection, tables):
            content = tables.content
            found: bytes | None = connection.execute(
                sa.select(content.c.content).where(content.c.digest == digest)
            ).scalar_one_or_none()
        return found

    def _read_records(self, connection: sa.Connection, tables: Tables, wanted: RecordFilter) -> list[Record]:
        if wanted.subject:
            subject = next(iter(read_subjects(connection, tables, [wanted.subject])), None)
            if subject is None:
                return []
            wanted = RecordFilter(subject.site, wanted.subject, wanted.form, wanted.visit)
        return read_records(connection, tables, self._study.definition.study, wanted)

    def _require_open(self) -> sa.Connection:
        if self._reader is None:
            raise StoreError("J110", f"{self._path.name} was closed.", remedy="Open it again.")
        return self._reader

    @contextmanager
    def _reading(self) -> Iterator[tuple[sa.Connection, Tables]]:
        """One snapshot: everything that is read inside belongs together."""
        reader = self._require_open()
        with speaking_plainly(self._path), reader.begin():
            yield reader, self._tables_now(reader)

    def _tables_now(self, connection: sa.Connection) -> Tables:
        # Another process may have laid the tables out anew: SQLite counts such changes.
        schema: int = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
        if schema != self._schema:
            self._tables = lay_out(read_layout(connection))
            self._schema = schema
        return self._tables


def _state_at(connection: sa.Connection, tables: Tables, moment: datetime) -> State:
    state, _ = replay(connection, tables, first_later_than(connection, tables, moment))
    return state
