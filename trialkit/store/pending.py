"""What a transaction keeps for its next flush: entries, contents, and which rows they changed."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

from trialkit.errors import StoreError
from trialkit.model.record import RecordKey
from trialkit.store.fold import State
from trialkit.store.insertion import insert_columns, insert_rows, replace_columns, replace_rows
from trialkit.store.record_rows import FormRows
from trialkit.store.rows import Row, answer_rows, query_row, source_row, subject_row
from trialkit.store.tables import Tables

Named = tuple[str, str]
"""A thing that entries change: the table it stands in and its identifier. Records are noted by their keys."""

JournalRow = tuple[int, str, bytes, str, str, str, str, str]
"""A row of the journal, in the order of `_JOURNAL`."""

_JOURNAL = ("seq", "payload", "hash", "at", "action", "subject", "visit", "form")
_MOST = 2_000


class Pending:
    """Entries that are not written yet, and the things they touched, each to be written as it stands by then.

    Args:
        connection: inside a transaction with the right to write.
        study: STUDYID.
    """

    def __init__(self, connection: sa.Connection, study: str) -> None:
        self._connection = connection
        self._study = study
        self._entries: list[JournalRow] = []
        self._content: list[Row] = []
        self._touched: dict[Named, bool] = {}
        self._records: dict[RecordKey, bool] = {}
        self._writers: dict[str, FormRows] = {}
        self._is_whole = True

    @property
    def is_many(self) -> bool:
        """Whether it is time to flush."""
        return len(self._entries) >= _MOST

    def add_entry(self, row: JournalRow) -> None:
        """Keep an entry."""
        self._entries.append(row)

    def add_content(self, digest: str, content: bytes) -> None:
        """Keep the bytes of a source file, or the text of a definition."""
        self._content.append({"digest": digest, "content": content})

    def touch(self, touched: Named, is_known: bool) -> None:
        """Note what an entry changed, and whether it stood before."""
        self._touched.setdefault(touched, is_known)

    def touch_record(self, key: RecordKey, is_known: bool) -> None:
        """Note the record that an entry changed, and whether it stood before."""
        self._records.setdefault(key, is_known)

    def use_other_tables(self) -> None:
        """Forget how the tables are laid out. Nothing may be pending."""
        self._writers = {}

    def flush(self, state: State, tables: Tables) -> None:
        """Write what is kept: entries, then the rows they changed, as they stand.

        Raises:
            StoreError: J110 when an earlier flush failed.
        """
        if not self._is_whole:
            raise StoreError(
                "J110", "the transaction failed earlier and can not be stored.", remedy="Begin another one."
            )
        # Whoever swallows an error of the database must not get a commit of the half that went before it.
        self._is_whole = False
        if self._entries:
            columns = zip(*self._entries, strict=True)
            insert_columns(self._connection, tables.journal, dict(zip(_JOURNAL, columns, strict=True)))
        insert_rows(self._connection, tables.content, self._content)
        self._write_rows(state, tables)
        self._write_records(state, tables)
        self._entries, self._content, self._touched, self._records = [], [], {}, {}
        self._is_whole = True

    def _write_rows(self, state: State, tables: Tables) -> None:
        rows: defaultdict[tuple[str, bool], list[Row]] = defaultdict(list)
        for touched, is_known in self._touched.items():
            for table, row, replaces in _rows_of(self._study, state, touched, is_known):
                rows[table, replaces].append(row)
        for (name, replaces), found in rows.items():
            write = replace_rows if replaces else insert_rows
            write(self._connection, tables.metadata.tables[name], found)

    def _write_records(self, state: State, tables: Tables) -> None:
        records = defaultdict(list)
        for key, is_known in self._records.items():
            records[key.form, is_known].append(state.records[key])
        for (form, is_known), found in records.items():
            if form not in self._writers:
                self._writers[form] = FormRows(self._study, form, tables.layout[form])
            write = replace_columns if is_known else insert_columns
            write(self._connection, tables.forms[form], self._writers[form].columns(found))


def _rows_of(study: str, state: State, touched: Named, is_known: bool) -> list[tuple[str, Row, bool]]:
    kind, name = touched
    if kind == "subject":
        return [(kind, subject_row(study, state.subjects[name]), is_known)]
    if kind == "source":
        return [(kind, source_row(state.sources[name]), is_known)]
    query = state.queries[name]
    answers = [("query_answer", row, True) for row in answer_rows(query)]
    return [("query", query_row(study, query), is_known), *answers]
