"""What a transaction keeps for its next flush: entries, contents, and which rows they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import attrgetter

import sqlalchemy as sa

from trialkit.errors import StoreError
from trialkit.model.new_rows import NewRows
from trialkit.model.record import Record, RecordKey
from trialkit.store.block_text import ItemColumns
from trialkit.store.content import Content
from trialkit.store.fold import State
from trialkit.store.insertion import (
    Columns,
    insert_columns,
    insert_content,
    insert_rows,
    insert_tuples,
    replace_columns,
    replace_rows,
)
from trialkit.store.record_rows import FormRows
from trialkit.store.rows import Row, answer_rows, query_row, source_row, subject_row
from trialkit.store.tables import Tables

Named = tuple[str, str]
"""A thing that entries change: the table it stands in and its identifier. Records are noted by their keys."""

IndexRow = tuple[str, str | None, str | None, str]
"""What an entry is found by: its action, subject, visit and form; of a block neither subject nor visit."""

JournalRow = tuple[int, int, str, bytes, str, str, str | None, str | None, str]
"""A row of the journal, in the order of `_JOURNAL`."""

_JOURNAL = ("seq", "entries", "payload", "hash", "at", "action", "subject", "visit", "form")
_MOST = 2_000
_SUBJECT = attrgetter("subject")

_Write = Callable[[sa.Connection, sa.Table, Columns], None]


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
        self._content: list[tuple[str, Content]] = []
        self._touched: dict[Named, bool] = {}
        self._new: list[Record] = []
        self._changed: dict[RecordKey, Record] = {}
        self._rows: list[tuple[NewRows, ItemColumns, str, str]] = []
        self._blocks: list[tuple[str, int]] = []
        self._writers: dict[str, FormRows] = {}
        self._is_whole = True

    @property
    def is_many(self) -> bool:
        """Whether it is time to flush."""
        return len(self._entries) >= _MOST

    def add_entry(self, row: JournalRow) -> None:
        """Keep an entry."""
        self._entries.append(row)

    def add_content(self, digest: str, content: Content) -> None:
        """Keep a source file, or the text of a definition."""
        self._content.append((digest, content))

    def touch(self, touched: Named, is_known: bool) -> None:
        """Note what an entry changed, and whether it stood before."""
        self._touched.setdefault(touched, is_known)

    def touch_record(self, record: Record) -> None:
        """Note a record that an entry saved, as it stands from now on."""
        if record.version == 1:
            self._new.append(record)
        else:
            self._changed[record.key] = record

    def add_block(self, seq: int, rows: NewRows, columns: ItemColumns, moment: str, user: str) -> None:
        """Keep new records, with what they are given, and whom the block is about that saves them.

        Args:
            seq: the number of the last entry of the block.
            rows, columns: the records, and what they are given.
            moment, user: when, and by whom.
        """
        self._rows.append((rows, columns, moment, user))
        self._blocks += [(subject, seq) for subject in dict.fromkeys(map(_SUBJECT, rows.keys))]

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
        insert_tuples(self._connection, tables.journal, _JOURNAL, self._entries)
        for digest, content in self._content:
            insert_content(self._connection, tables.content, digest, content)
        self._write_rows(state, tables)
        self._write_records(tables, self._new, insert_columns)
        insert_tuples(self._connection, tables.block, ("subject", "seq"), self._blocks)
        for rows, columns, moment, user in self._rows:
            form = rows.layout.form
            written = self._writer(form, tables).columns_of_new(rows, columns, moment, user)
            insert_columns(self._connection, tables.forms[form], written)
        self._write_records(tables, self._changed.values(), replace_columns)
        self._entries, self._content, self._touched, self._new, self._changed = [], [], {}, [], {}
        self._rows, self._blocks = [], []
        self._is_whole = True

    def _write_rows(self, state: State, tables: Tables) -> None:
        rows: defaultdict[tuple[str, bool], list[Row]] = defaultdict(list)
        for touched, is_known in self._touched.items():
            for table, row, replaces in _rows_of(self._study, state, touched, is_known):
                rows[table, replaces].append(row)
        for (name, replaces), found in rows.items():
            write = replace_rows if replaces else insert_rows
            write(self._connection, tables.metadata.tables[name], found)

    def _write_records(self, tables: Tables, records: Iterable[Record], write: _Write) -> None:
        by_form: defaultdict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_form[record.key.form].append(record)
        for form, found in by_form.items():
            write(self._connection, tables.forms[form], self._writer(form, tables).columns(found))

    def _writer(self, form: str, tables: Tables) -> FormRows:
        if form not in self._writers:
            self._writers[form] = FormRows(self._study, form, tables.layout[form])
        return self._writers[form]


def _rows_of(study: str, state: State, touched: Named, is_known: bool) -> list[tuple[str, Row, bool]]:
    kind, name = touched
    if kind == "subject":
        return [(kind, subject_row(study, state.subjects[name]), is_known)]
    if kind == "source":
        return [(kind, source_row(state.sources[name]), is_known)]
    query = state.queries[name]
    answers = [("query_answer", row, True) for row in answer_rows(query)]
    return [("query", query_row(study, query), is_known), *answers]
