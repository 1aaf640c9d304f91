"""Rows into tables, many at once: the text of a statement is compiled once, its values are bound as plain tuples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from trialkit.store.rows import Row

Columns = Mapping[str, Sequence[Any]]  # Any: a value as the database takes it, text or whole number by column
"""Column name to one value for each row, all of the same length."""

_KEPT_STATEMENTS = 256


def holds_any(column: Sequence[object]) -> bool:
    """Whether anything but None is in a column."""
    return any(column) or column.count(None) != len(column)


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows. All of them name the same columns."""
    if rows:
        insert_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Add rows that are given column by column; at least one.

    Columns that hold nothing are left out of the statement, for to bind a NULL takes longer than to bind a text.
    """
    held = tuple(name for name, column in columns.items() if holds_any(column))
    _run_for_each(connection, *_insert(table, held, connection.dialect), columns)


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


@lru_cache(_KEPT_STATEMENTS)
def _insert(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> tuple[str, tuple[str, ...]]:
    return _compile(sa.insert(table).inline(), names, dialect)


@lru_cache(_KEPT_STATEMENTS)
def _delete(table: sa.Table, dialect: sa.Dialect) -> tuple[str, tuple[str, ...]]:
    same = [column == sa.bindparam(column.name) for column in table.primary_key]
    return _compile(sa.delete(table).where(*same), None, dialect)


def _compile(
    statement: sa.Insert | sa.Delete, names: Sequence[str] | None, dialect: sa.Dialect
) -> tuple[str, tuple[str, ...]]:
    """The text, and the columns whose values it takes, in the order in which they are bound."""
    compiled = statement.compile(dialect=dialect, column_keys=names)
    order = getattr(compiled, "positiontup", None)
    if order is None:
        raise ValueError("the driver takes no values by position")
    return str(compiled), tuple(order)
