"""What keeps the journal append-only inside the database: triggers, set once, with constant text.

They stop mistakes and casual hands; the hash chain shows the rest.
"""

from __future__ import annotations

import sqlalchemy as sa

_REFUSALS = (
    """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    # INSERT OR REPLACE deletes without firing a delete trigger where recursive_triggers is off: this one always fires.
    """CREATE TRIGGER journal_next_in_line BEFORE INSERT ON journal
WHEN NEW.entries < 1 OR NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + NEW.entries FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal takes the next entry only'); END""",
    """CREATE TRIGGER content_no_update BEFORE UPDATE ON content
BEGIN SELECT RAISE(ABORT, 'source files are kept as they came'); END""",
    """CREATE TRIGGER content_no_delete BEFORE DELETE ON content
BEGIN SELECT RAISE(ABORT, 'source files are kept as they came'); END""",
    """CREATE TRIGGER content_no_replace BEFORE INSERT ON content
WHEN EXISTS (SELECT 1 FROM content WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'source files are kept as they came'); END""",
)


def set_guards(connection: sa.Connection) -> None:
    """Create every trigger in a new store."""
    for text in _REFUSALS:
        connection.exec_driver_sql(text)


def missing_guards(connection: sa.Connection) -> int:
    """How many of the triggers are gone or are not as they were set."""
    catalogue = sa.table("sqlite_master", sa.column("type", sa.Text), sa.column("sql", sa.Text))
    present = set(connection.scalars(sa.select(catalogue.c.sql).where(catalogue.c.type == "trigger")))
    return sum(text not in present for text in _REFUSALS)
