"""Statements whose text is compiled once, for work that runs them once for each of many rows: values are bound as plain
tuples, past what SQLAlchemy does for every single row. The text is SQLAlchemy's own, never pasted."""

from __future__ import annotations

import sqlalchemy as sa

KEPT_STATEMENTS = 256
"""How many statements of a kind are remembered."""

_GIVEN = "given "

Compiled = tuple[str, tuple[str, ...]]
"""The text, and the columns whose values it takes, in the order in which they are bound."""


def given(column: sa.Column[object]) -> sa.BindParameter[object]:
    """Stands in a statement for the value of a column."""
    return sa.bindparam(_GIVEN + column.name, type_=column.type)


def compile_statement(
    statement: sa.Insert | sa.Delete | sa.Select[tuple[object, ...]], dialect: sa.Dialect
) -> Compiled:
    """The text of a statement whose only parameters are `given`."""
    compiled = statement.compile(dialect=dialect)
    order = getattr(compiled, "positiontup", None)
    if order is None:
        raise ValueError("the driver takes no values by position")
    return str(compiled), tuple(name.removeprefix(_GIVEN) for name in order)
