"""Rows of a form's table by the keys of their records: one quick search for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from trialkit.model.record import RecordKey
from trialkit.store.compiled import Compiled, compile_once, given
from trialkit.store.portions import Owner, name_owners
from trialkit.store.tables import Tables, key_columns


def read_owners(
    connection: sa.Connection, tables: Tables, study: str, form: str, owners: Collection[Owner]
) -> set[Owner]:
    """Those of some owners who have any record of a form."""
    if form not in tables.forms:
        return set()
    table = key_columns(form)
    found: set[Owner] = set()
    for named in name_owners(table, sorted(owners)):
        chosen = sa.select(table.c.site, table.c.subject).where(table.c.study == study, *named).distinct()
        found.update((site, subject) for site, subject in connection.execute(chosen))
    return found


def read_rows_at(
    connection: sa.Connection,
    tables: Tables,
    study: str,
    form: str,
    keys: Iterable[RecordKey],
    names: Sequence[str],
) -> list[tuple[Any, ...]]:  # Any: text or whole number by column
    """The rows of a form that the store has a place for with these keys, as far as there are such, in their order.

    Args:
        study: STUDYID.
        keys: the records asked for.
        names: the columns that are read.
    """
    statement, order = _select_at(connection, tables.forms[form], tuple(names))
    # SQLite takes no index for a list of keys: one search for each is quick, once its text is there.
    cursor = connection.connection.cursor()
    parts_of = attrgetter(*order[1:])
    found: list[tuple[Any, ...]] = []
    for key in keys:
        try:
            found += cursor.execute(statement, (study, *parts_of(key))).fetchall()
        except UnicodeEncodeError:  # half a character: nothing of that name was ever stored
            continue
    cursor.close()
    return found


def _select_at(connection: sa.Connection, table: sa.Table, names: tuple[str, ...]) -> Compiled:
    def make() -> sa.Select[tuple[object, ...]]:
        same = [column == given(column) for column in table.primary_key]
        return sa.select(*(table.c[name] for name in names)).where(*same)

    return compile_once(table, ("select", names), make, connection.dialect)
