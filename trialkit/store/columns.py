"""The records of one form straight from rows into columns, without a record or a value being made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from trialkit.model.record import RecordKey
from trialkit.model.record_table import Column, RecordTable
from trialkit.store.canonical import moment_of
from trialkit.store.insertion import holds_any
from trialkit.store.keyed_rows import read_owners, read_rows_at
from trialkit.store.portions import MOST_NAMED, Conditions, Owner, in_portions, name_owners
from trialkit.store.tables import PARTS, Tables, item_column, key_columns

_KEY_PARTS = ("site", "subject", "visit", "visit_repeat", "timepoint", "repeat")
_ALWAYS = (*_KEY_PARTS, "entered_at", "entered_by")
_TEXT, _MISSING, _UNIT, _ = PARTS
_READ_PARTS = (_TEXT, _MISSING, _UNIT)
# Small portions stay in the processor's cache while rows are turned into columns.
_PORTION = 200
_FEW_ROWS = 500

Part = tuple[str, str]
"""An item, and which of its `PARTS`."""


def read_table(
    connection: sa.Connection, tables: Tables, study: str, form: str, subjects: Collection[str] | None
) -> RecordTable:
    """The records of one form, sorted by key; none when the store has no such form.

    Args:
        study: STUDYID.
        subjects: whose; None is everybody's. An empty one means the rows of reference forms.
    """
    if form not in tables.layout:
        return _table_of(form, {}, {name: [] for name in _ALWAYS})
    parts = {item_column(item, part): (item, part) for part in _READ_PARTS for item in tables.layout[form]}
    keys = key_columns(form)
    owners = None if subjects is None else _owners(connection, tables, keys, set(subjects))
    # Most forms hold nothing of a few subjects, and to describe a table takes longer than to see that.
    many = _count(connection, _wanted(keys, study, owners))
    if not many:
        return _table_of(form, parts, {name: [] for name in _ALWAYS})
    table = tables.forms[form]
    wanted = _wanted(table, study, owners)
    # To ask first which columns hold anything takes longer than to read all of a few rows.
    names = tuple(parts) if many <= _FEW_ROWS else _used(connection, table, tuple(parts), wanted)
    return _table_of(form, parts, _read_columns(connection, table, (*_ALWAYS, *names), wanted))


def read_table_at(
    connection: sa.Connection, tables: Tables, study: str, form: str, keys: Iterable[RecordKey], items: Collection[str]
) -> RecordTable:
    """The records of one form that stand among some keys, with their versions, sorted by key.

    Args:
        study: STUDYID.
        keys: the records asked for, each once.
        items: the items that are read; others are absent.
    """
    known = tables.layout.get(form, ())
    parts = {item_column(item, part): (item, part) for part in _READ_PARTS for item in known if item in items}
    names = (*_ALWAYS, "version", *parts)
    asked = list(keys)
    held = read_owners(connection, tables, study, form, {(key.site, key.subject) for key in asked})
    wanted = sorted(key for key in asked if (key.site, key.subject) in held)
    rows = read_rows_at(connection, tables, study, form, wanted, names) if wanted else []
    columns = (
        dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {name: [] for name in names}
    )
    return replace(_table_of(form, parts, columns), version=columns["version"])


def _wanted(table: sa.FromClause, study: str, owners: Sequence[Owner] | None) -> list[Conditions]:
    """The conditions that take the records of owners, or of everybody, one portion after another."""
    of_study = table.c.study == study
    return [[of_study]] if owners is None else [[of_study, *named] for named in name_owners(table, owners)]


def _count(connection: sa.Connection, wanted: Sequence[Conditions]) -> int:
    """How many rows are wanted; counted until they are more than a few."""
    many = 0
    for conditions in wanted:
        some = sa.select(sa.literal(1)).where(*conditions).limit(_FEW_ROWS + 1).subquery()
        many += connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
        if many > _FEW_ROWS:
            break
    return many


def read_holders(connection: sa.Connection, tables: Tables, form: str, item: str) -> dict[str, frozenset[str]]:
    """The canonical texts of an item, each with the subjects that have it in a record of this form.

    The subject is empty for the rows of reference forms.
    """
    if item not in tables.layout.get(form, ()):
        return {}
    table = tables.forms[form]
    text = table.c[item_column(item, _TEXT)]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for value, subject in connection.execute(sa.select(text, table.c.subject).where(text.is_not(None)).distinct()):
        found[value].add(subject)
    return {value: frozenset(subjects) for value, subjects in found.items()}


def _owners(connection: sa.Connection, tables: Tables, rows: sa.FromClause, subjects: set[str]) -> list[Owner]:
    """Sites and subjects, sorted as records are: a form's table is found by the site first."""
    subject = tables.subject
    found: list[Owner] = []
    if "" in subjects:
        sites = connection.scalars(sa.select(rows.c.site).where(rows.c.subject == "").distinct())
        found += [(site, "") for site in sites]
    for names in in_portions(sorted(subjects - {""}), MOST_NAMED):
        known = sa.select(subject.c.site, subject.c.subject).where(subject.c.subject.in_(names))
        found += [(site, name) for site, name in connection.execute(known)]
    return sorted(found)


def _used(
    connection: sa.Connection, table: sa.Table, names: Collection[str], wanted: Sequence[Conditions]
) -> list[str]:
    """The columns that hold anything: most items have no unit, and are never missing."""
    counted = [sa.func.count(table.c[name]) for name in names]
    counts = [connection.execute(sa.select(*counted).where(*conditions)).one() for conditions in wanted if counted]
    return [name for name, *found in zip(names, *counts, strict=True) if any(found)]


def _read_columns(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], wanted: Sequence[Conditions]
) -> dict[str, list[Any]]:  # Any: text or whole number by column
    columns: dict[str, list[Any]] = {name: [] for name in names}
    chosen = sa.select(*(table.c[name] for name in names)).order_by(*table.primary_key)
    for conditions in wanted:
        for rows in connection.execute(chosen.where(*conditions)).partitions(_PORTION):
            for column, more in zip(columns.values(), zip(*rows, strict=True), strict=True):
                column.extend(more)
    return columns


def _table_of(
    form: str,
    parts: Mapping[str, Part],
    columns: Mapping[str, list[Any]],  # Any: text or whole number by column
) -> RecordTable:
    moments = {text: moment_of(text) for text in set(columns["entered_at"])}
    blank: Column = [None] * len(columns["subject"])
    read = {part: columns.get(name, blank) for name, part in parts.items()}
    held = {part: column for part, column in read.items() if column is not blank and holds_any(column)}
    return RecordTable(
        form=form,
        **{name: columns[name] for name in _KEY_PARTS},
        texts={item: column for (item, part), column in read.items() if part == _TEXT},
        missing={item: column for (item, part), column in held.items() if part == _MISSING},
        units={item: column for (item, part), column in held.items() if part == _UNIT},
        entered_at=[moments[text] for text in columns["entered_at"]],
        entered_by=columns["entered_by"],
    )
