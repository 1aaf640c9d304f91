"""Rows into tables, many at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from trialkit.errors import UsageError
from trialkit.model.coded_columns import CodedColumn, draw
from trialkit.store.compiled import Compiled, compile_once, given
from trialkit.store.content import Content
from trialkit.store.rows import Row

Columns = Mapping[str, Sequence[Any]]  # Any: a value as the database takes it, text or whole number by column
"""Column name to one value for each row, all of the same length; where values come again and again, as codes."""

_BLANK = float("nan")
"""Bound in the place of None, which takes the driver as long as ten texts: SQLite makes NULL of it, always."""


def holds_any(column: Sequence[object]) -> bool:
    """Whether anything but None is in a column."""
    return any(column) or column.count(None) != len(column)


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows. All of them name the same columns."""
    if rows:
        insert_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Add rows that are given column by column; at least one. Columns that hold nothing are left out."""
    bound: dict[str, Sequence[Any]] = {}
    for name, column in columns.items():
        said = column.values if isinstance(column, CodedColumn) else column
        if holds_any(said):
            values = said if all(said) else [_BLANK if value is None else value for value in said]
            bound[name] = draw(values, column.codes) if isinstance(column, CodedColumn) else values
    _run_for_each(connection, *_insert(connection, table, tuple(bound)), bound)


def insert_tuples(
    connection: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Add rows that are tuples already, of the values of some columns; in most of them nothing is None."""
    if rows:
        statement, order = _insert(connection, table, names)
        _run(connection, statement, rows if order == names else map(itemgetter(*map(names.index, order)), rows))


def insert_content(connection: sa.Connection, table: sa.Table, digest: str, content: Content) -> None:
    """Add what is kept as it came, piece by piece: a statement that binds it whole would hold it three times.

    Raises:
        UsageError: J213 when it is not what the digest says, for it became another since that was made.
    """
    size, taken, met = content.size, 0, hashlib.sha256()
    values = {table.c.digest: digest, table.c.content: sa.func.zeroblob(size)}
    row = connection.execute(sa.insert(table).values(values)).lastrowid
    driver = connection.connection.driver_connection
    if driver is None:
        raise ValueError("the connection is closed")
    with driver.blobopen(table.name, table.c.content.name, row) as target:
        for piece in content.pieces():
            met.update(piece)
            taken += len(piece)
            if taken > size:
                break
            target.write(piece)
    if taken != size or met.hexdigest() != digest:
        raise UsageError("J213", "the digest of a source file is not that of its bytes.", remedy="Read the file again.")


def replace_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Put rows in the place of those with the same primary key. All of them name the same columns."""
    if rows:
        replace_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})


def replace_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Put rows that are given column by column in the place of those with the same primary key; at least one."""
    _run_for_each(connection, *_delete(connection, table), columns)
    insert_columns(connection, table, columns)


def _run_for_each(connection: sa.Connection, statement: str, order: Sequence[str], columns: Columns) -> None:
    # A tuple that the driver has bound is used for the next row: a list of them all would go through memory twice.
    _run(connection, statement, zip(*(columns[name] for name in order), strict=True))


def _run(connection: sa.Connection, statement: str, rows: Any) -> None:  # Any: what the driver takes
    cursor = connection.connection.cursor()
    cursor.executemany(statement, rows)
    cursor.close()


def _insert(connection: sa.Connection, table: sa.Table, names: tuple[str, ...]) -> Compiled:
    def make() -> sa.Insert:
        return sa.insert(table).inline().values({name: given(table.c[name]) for name in names})

    return compile_once(table, ("insert", names), make, connection.dialect)


def _delete(connection: sa.Connection, table: sa.Table) -> Compiled:
    same = [column == given(column) for column in table.primary_key]
    return compile_once(table, "delete", lambda: sa.delete(table).where(*same), connection.dialect)
