"""Statements whose text is compiled once, for work that runs them once for each of many rows: values are bound as plain
tuples, past what SQLAlchemy does for every single row. The text is SQLAlchemy's own, never pasted."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import sqlalchemy as sa

_MOST_KEPT = 256
_KEPT = "compiled"
_GIVEN = "given "

Compiled = tuple[str, tuple[str, ...]]
"""The text, and the columns whose values it takes, in the order in which they are bound."""


def given(column: sa.Column[object]) -> sa.BindParameter[object]:
    """Stands in a statement for the value of a column."""
    return sa.bindparam(_GIVEN + column.name, type_=column.type)


def compile_once(
    table: sa.Table,
    name: Hashable,
    make: Callable[[], sa.Insert | sa.Delete | sa.Select[tuple[object, ...]]],
    dialect: sa.Dialect,
) -> Compiled:
    """The text of a statement, kept with its table.

    Args:
        table: the table that it is about.
        name: tells it from the other statements about this table.
        make: makes it when it is not there yet. Its only parameters are `given`.
        dialect: of the database that has the table.
    """
    kept: dict[Hashable, Compiled] = table.info.setdefault(_KEPT, {})
    if name not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[name] = _compile(make(), dialect)
    return kept[name]


def _compile(statement: sa.Insert | sa.Delete | sa.Select[tuple[object, ...]], dialect: sa.Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    order = getattr(compiled, "positiontup", None)
    if order is None:
        raise ValueError("the driver takes no values by position")
    return str(compiled), tuple(name.removeprefix(_GIVEN) for name in order)
