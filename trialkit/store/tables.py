"""The tables of a store: the journal, and its projections, one strict table per form. Holds no data.

A form's table has the columns of every item that the study defines or that the journal ever held for it, so that an
item or a form which a later definition drops is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from trialkit.model.study import Study
from trialkit.store.entry import RECORD_SAVE

Layout = Mapping[str, tuple[str, ...]]
"""Form identifier to the items that its table has columns for, in column order."""

KEY_COLUMNS = ("study", "site", "subject", "visit", "visit_repeat", "timepoint", "repeat")
"""The primary key of a form's table."""

PARTS = ("", "__missing", "__unit", "__raw")
"""An item's four columns, all text: the value, why there is none, its unit, and the text as given when that differs."""

_FORM_PREFIX = "form_"
_LEADING = (*KEY_COLUMNS, "version", "form_version", "entered_at", "entered_by")


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table of one store as it is laid out now.

    Attributes:
        metadata: holds them all, as far as they were asked for.
        identity: the study that the store is of: one row, not a projection.
        journal: the entries; a block of them is one row, with the number of its last entry.
        content: the bytes of imported files by digest: not a projection.
        block: which subjects the blocks of the journal have entries about, a projection like those that follow.
        subject, query, answer, source: projections.
        forms: form identifier to its projection.
        layout: what `forms` has columns for.
    """

    metadata: sa.MetaData
    identity: sa.Table
    journal: sa.Table
    content: sa.Table
    block: sa.Table
    subject: sa.Table
    query: sa.Table
    answer: sa.Table
    source: sa.Table
    forms: Mapping[str, sa.Table]
    layout: Layout

    @property
    def every(self) -> tuple[sa.Table, ...]:
        """Every table there is."""
        return (self.identity, self.journal, self.content, *self.projections)

    @property
    def projections(self) -> tuple[sa.Table, ...]:
        """Every table that can be rebuilt from the journal, sorted by name."""
        found = [self.block, self.subject, self.query, self.answer, self.source, *self.forms.values()]
        return tuple(sorted(found, key=lambda table: table.name))


def lay_out(layout: Layout) -> Tables:
    """The tables of a store whose forms have these items."""
    metadata = sa.MetaData()
    return Tables(
        metadata=metadata,
        identity=_strict("identity", metadata, _key("study")),
        journal=_journal(metadata),
        content=_strict("content", metadata, _key("digest"), sa.Column("content", sa.LargeBinary, nullable=False)),
        block=_strict(
            "journal_subject",
            metadata,
            _key("subject"),
            sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
            with_rowid=False,
        ),
        subject=_strict(
            "subject", metadata, *_keys("study", "site", "subject"), *_texts("number", "status"), _index("subject")
        ),
        query=_query(metadata),
        answer=_strict(
            "query_answer",
            metadata,
            _key("query"),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            *_texts("at", "by", "text"),
        ),
        source=_strict(
            "source", metadata, _key("digest"), *_texts("name", "kind"), sa.Column("size", sa.Integer, nullable=False)
        ),
        forms=FormTables(layout, metadata),
        layout=dict(layout),
    )


class FormTables(Mapping[str, sa.Table]):
    """Form identifier to its table. A table is described when it is first asked for: most commands need one or two."""

    def __init__(self, layout: Layout, metadata: sa.MetaData) -> None:
        self._layout = dict(layout)
        self._metadata = metadata
        self._made: dict[str, sa.Table] = {}

    def __getitem__(self, form: str) -> sa.Table:
        if form not in self._made:
            self._made[form] = _form(form, self._layout[form], self._metadata)
        return self._made[form]

    def __contains__(self, form: object) -> bool:
        return form in self._layout

    def __iter__(self) -> Iterator[str]:
        return iter(self._layout)

    def __len__(self) -> int:
        return len(self._layout)


def key_columns(form: str, *others: str) -> sa.TableClause:
    """The key of a form's table, and others of its columns: quicker described than the whole of it."""
    return sa.table(f"{_FORM_PREFIX}{form}", *(sa.column(name) for name in (*KEY_COLUMNS, *others)))


def is_no_save(action: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Which entries the index of actions has: all but those that save a record, which are nearly all there are.

    SQLite takes the index only for a statement that says so in the same words.
    """
    return action != sa.literal(RECORD_SAVE, literal_execute=True)


def item_column(item: str, part: str) -> str:
    """The column that holds one of the `PARTS` of an item.

    SQL does not tell capitals apart: an item called like a key column, or like another item's part, gets a ``$``.
    """
    taken = item.lower() in _LEADING or item.lower().endswith(PARTS[1:])
    return f"{item}$" + part if taken else item + part


def study_layout(study: Study) -> dict[str, tuple[str, ...]]:
    """The layout that a study's forms ask for."""
    return {name: form.item_names for name, form in study.forms.items()}


def join_layouts(first: Layout, second: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The first layout with the forms and items that only the second has behind it, those sorted."""
    joined = {form: tuple(items) for form, items in first.items()}
    for form in sorted(second):
        known = joined.get(form, ())
        joined[form] = (*known, *sorted(set(second[form]) - set(known)))
    return joined


def layout_fits(layout: Layout, needed: Layout) -> bool:
    """Whether every needed form and item has its place."""
    return all(form in layout and set(items) <= set(layout[form]) for form, items in needed.items())


def read_layout(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    """The layout that a store has, read from its schema."""
    catalogue = sa.table("sqlite_master", sa.column("name", sa.Text), sa.column("type", sa.Text))
    columns = sa.func.pragma_table_info(catalogue.c.name).table_valued(
        sa.column("cid", sa.Integer), sa.column("name", sa.Text), name="columns"
    )
    found = connection.execute(
        sa.select(catalogue.c.name, columns.c.name)
        .select_from(catalogue.join(columns, sa.true()))
        .where(catalogue.c.type == "table", catalogue.c.name.startswith(_FORM_PREFIX, autoescape=True))
        .order_by(catalogue.c.name, columns.c.cid)
    )
    by_table: dict[str, list[str]] = {}
    for table, column in found:
        by_table.setdefault(table, []).append(column)
    return {table.removeprefix(_FORM_PREFIX): _items_of(names) for table, names in by_table.items()}


def _items_of(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(column.removesuffix("$") for column in columns[len(_LEADING) :: len(PARTS)])


def _journal(metadata: sa.MetaData) -> sa.Table:
    action = sa.Column("action", sa.Text, nullable=False)
    return _strict(
        "journal",
        metadata,
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        *_texts("at"),
        action,
        # A block has entries about several subjects and visits.
        sa.Column("subject", sa.Text),
        sa.Column("visit", sa.Text),
        *_texts("form"),
        _index("subject", "visit", "form"),
        sa.Index(None, action, sqlite_where=is_no_save(action)),
    )


def _query(metadata: sa.MetaData) -> sa.Table:
    numbers = [sa.Column(name, sa.Integer, nullable=False) for name in ("visit_repeat", "repeat")]
    settled = [sa.Column(name, sa.Text) for name in ("closed_at", "closed_by", "reason")]
    return _strict(
        "query",
        metadata,
        _key("query"),
        *_texts("study", "site", "subject", "visit", "form", "timepoint", "code", "item", "message", "state"),
        *_texts("opened_at", "opened_by"),
        *numbers,
        *settled,
        _index("subject"),
    )


def _form(form: str, items: Sequence[str], metadata: sa.MetaData) -> sa.Table:
    numbers = ("visit_repeat", "repeat")
    keys = [_integer_key(name) if name in numbers else _key(name) for name in KEY_COLUMNS]
    values = [sa.Column(item_column(item, part), sa.Text) for item in items for part in PARTS]
    version = sa.Column("version", sa.Integer, nullable=False)
    return _strict(
        f"{_FORM_PREFIX}{form}", metadata, *keys, version, *_texts(*_LEADING[len(KEY_COLUMNS) + 1 :]), *values
    )


def _strict(name: str, metadata: sa.MetaData, *parts: sa.schema.SchemaItem, with_rowid: bool = True) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=with_rowid)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _integer_key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _keys(*names: str) -> list[sa.Column[str]]:
    return [_key(name) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _index(*columns: str) -> sa.Index:
    return sa.Index(None, *columns)
