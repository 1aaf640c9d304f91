"""Rows into tables, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from trialkit.store.compiled import KEPT_STATEMENTS, Compiled, compile_statement, given
from trialkit.store.rows import Row

Columns = Mapping[str, Sequence[Any]]  # Any: a value as the database takes it, text or whole number by column
"""Column name to one value for each row, all of the same length."""


def holds_any(column: Sequence[object]) -> bool:
    """Whether anything but None is in a column."""
    return any(column) or column.count(None) != len(column)


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows. All of them name the same columns."""
    if rows:
        insert_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Add rows that are given column by column; at least one.

    Columns that hold nothing are left out of the statement, and where a text is blank in some rows a 0 is bound that
    the database takes for NULL: for the driver, to bind None takes as long as to bind ten texts.
    """
    held = tuple(name for name, column in columns.items() if holds_any(column))
    sparse = frozenset(name for name in held if not all(columns[name]) and isinstance(table.c[name].type, sa.Text))
    bound = {name: _zeroed(column) if name in sparse else column for name, column in columns.items()}
    _run_for_each(connection, *_insert(table, held, sparse, connection.dialect), bound)


def _zeroed(column: Sequence[object]) -> list[object]:
    return [0 if value is None else value for value in column]


def replace_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Put rows in the place of those with the same primary key. All of them name the same columns."""
    if rows:
        replace_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})


def replace_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Put rows that are given column by column in the place of those with the same primary key; at least one."""
    _run_for_each(connection, *_delete(table, connection.dialect), columns)
    insert_columns(connection, table, columns)


def _run_for_each(connection: sa.Connection, statement: str, order: Sequence[str], columns: Columns) -> None:
    connection.exec_driver_sql(statement, list(zip(*(columns[name] for name in order), strict=True)))


@lru_cache(KEPT_STATEMENTS)
def _insert(table: sa.Table, names: tuple[str, ...], sparse: frozenset[str], dialect: sa.Dialect) -> Compiled:
    # No text equals a number.
    zero = sa.literal_column("0", sa.Integer)
    values = {name: given(table.c[name]) for name in names}
    nulled = {name: sa.func.nullif(values[name], zero) for name in sparse}
    return compile_statement(sa.insert(table).inline().values(values | nulled), dialect)


@lru_cache(KEPT_STATEMENTS)
def _delete(table: sa.Table, dialect: sa.Dialect) -> Compiled:
    same = [column == given(column) for column in table.primary_key]
    return compile_statement(sa.delete(table).where(*same), dialect)
