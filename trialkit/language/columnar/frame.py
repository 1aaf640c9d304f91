"""The records of one form as a frame: its items as typed columns, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

import polars as pl

from trialkit.language.books import Setting
from trialkit.language.columnar.coding import encoded
from trialkit.language.columnar.number import whole
from trialkit.language.columnar.texts import text_series
from trialkit.language.columnar.value import (
    NOTHING,
    Coded,
    NotColumnar,
    Number,
    Text,
    Truth,
    Value,
    moved,
    parts,
    with_parts,
)
from trialkit.language.row import NoBook, Row, clock_reading, scheduled_forms, typed_value
from trialkit.model.form import Form
from trialkit.model.kind import Typed
from trialkit.model.record_table import Column, RecordTable

_V = TypeVar("_V", bound=Value)


class Frame:
    """The records of a form, by subject and in the order of their places.

    Args:
        table: the records.
        setting: what rules see besides.
        keys: where each record stands, in the frame's order, see `Frames`; its column `row` is the record's place in
            the table.

    Attributes:
        data: the columns, those of the keys among them.
        form: the form.
    """

    def __init__(self, table: RecordTable, setting: Setting, keys: pl.DataFrame) -> None:
        self.form: Form = setting.forms[table.form]
        self.data = keys
        self._table = table
        self._setting = setting
        self._order = keys["row"]
        self._kept: dict[Hashable, Value] = {}
        self._scratch: list[str] = []
        self._count = 0

    @property
    def height(self) -> int:
        """How many records there are."""
        return self.data.height

    def clear(self) -> None:
        """Let go of what was worked out for single rules."""
        if self._scratch:
            self.data = self.data.drop(self._scratch)
            self._scratch = []

    def add(self, value: _V, columns: Mapping[str, pl.Series], *, stays: bool = False) -> _V:
        """Take in columns named like the attributes of a value; the value over what they become."""
        names = self._names(columns, stays=stays)
        self.data = self.data.hstack([column.alias(names[part]) for part, column in columns.items()])
        return with_parts(value, {part: pl.col(name) for part, name in names.items()})

    def doubt(self, rows: pl.Series) -> pl.Expr | None:
        """Take in which rows are in doubt, null for those that are not; None when none is."""
        if not rows.any():
            return None
        return self.add(Truth(holds=pl.col("holds")), {"holds": rows.fill_null(value=False)}).holds

    def computed(self, value: _V) -> _V:
        """The same value with its expressions worked out into columns."""
        found = {name: part for name, part in parts(value).items() if not part.meta.is_column()}
        if not found:
            return value
        names = self._names(found, stays=False)
        made = [part.alias(names[name]) for name, part in found.items()]
        self.data = self.data.lazy().with_columns(made).collect()
        return with_parts(value, {name: pl.col(column) for name, column in names.items()})

    def _names(self, columns: Mapping[str, object], *, stays: bool) -> dict[str, str]:
        self._count += 1
        names = {part: f"{self._count}|{part}" for part in columns}
        if not stays:
            self._scratch.extend(names.values())
        return names

    def _keep(self, key: Hashable, make: Callable[[], Value]) -> Value:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def spread(self, places: pl.Series, known: Sequence[Typed], *, stays: bool = False) -> Value:
        """Values that each row has by its place among those known."""
        value, columns = encoded(known)
        found = self.add(value, {part: column[places] for part, column in columns.items()}, stays=stays)
        return found if found.doubt is None else moved(found, lambda part: part)

    def item(self, name: str) -> Value:
        """An item, numbers in its standard unit."""
        return self._keep(("item", name), lambda: self._item(name))

    def _item(self, name: str) -> Value:
        item = self.form.item(name)
        texts = self._column(self._table.texts.get(name))
        if item is None or texts is None:
            return NOTHING
        given = pl.DataFrame({"text": texts})
        units = self._column(self._table.units.get(name))
        if units is not None and item.unit is not None:
            given = given.with_columns(unit=units)
        places, distinct = numbered(given)
        units_given = distinct["unit"] if "unit" in distinct.columns else [None] * distinct.height
        known = [
            None if text is None else typed_value(item, text, unit, self._setting.units, self._setting.typed)
            for text, unit in zip(distinct["text"], units_given, strict=True)
        ]
        if "unit" not in given.columns and known == distinct["text"].to_list():
            return self.add(Text(text=pl.col("text")), {"text": texts}, stays=True)
        return self.spread(places, known, stays=True)

    def reason(self, name: str) -> Value:
        """Why an item has no value."""
        return self._keep(("reason", name), lambda: self._text(self._column(self._table.missing.get(name))))

    def unit(self, name: str) -> Value:
        """The unit in which the number of an item was given."""
        return self._keep(("unit", name), lambda: self._unit(name))

    def _unit(self, name: str) -> Value:
        units, texts = self._column(self._table.units.get(name)), self._column(self._table.texts.get(name))
        if units is None or texts is None or self.form.item(name) is None:
            return NOTHING
        return self._text(units.zip_with(texts.is_not_null(), pl.Series([None], dtype=pl.String)))

    def _text(self, texts: pl.Series | None) -> Value:
        return NOTHING if texts is None else self.add(Text(text=pl.col("text")), {"text": texts}, stays=True)

    def _column(self, column: Column | None) -> pl.Series | None:
        return None if column is None else text_series(column)[self._order]

    def by_visit(self, key: Hashable, ask: Callable[[Row], Typed]) -> Value:
        """What is the same for all records of one visit and timepoint.

        Args:
            key: tells it from others.
            ask: gets a record of which only the visit and the timepoint are known.
        """
        return self._keep(
            ("visit", key), lambda: self.spread(self._stands[0], list(map(ask, self._stands[1])), stays=True)
        )

    @cached_property
    def _stands(self) -> tuple[pl.Series, list[Row]]:
        places, distinct = numbered(self.data.select("visit", "timepoint"))
        return places, [self._bare_row(visit, timepoint) for visit, timepoint in distinct.iter_rows()]

    def _bare_row(self, visit: str, timepoint: str) -> Row:
        planned = self._setting.visits.get(visit)
        return Row(
            values={},
            reasons={},
            units={},
            visit=visit,
            tags=frozenset() if planned is None else frozenset(planned.tags),
            timepoint=timepoint,
            today=date.min,
            scheduled=scheduled_forms(planned, timepoint),
            form=self.form.form,
            planned=planned,
            point=self._setting.protocol.timepoint(timepoint) if timepoint else None,
            book=NoBook(self._setting.protocol.log_forms),
        )

    def by_site(self, key: Hashable, ask: Callable[[str], Typed]) -> Value:
        """What is the same for all records of one site."""

        def make() -> Value:
            places, distinct = numbered(self.data.select("site"))
            return self.spread(places, list(map(ask, distinct["site"])), stays=True)

        return self._keep(("site", key), make)

    def repeat(self) -> Number:
        """The number of the record among its repeats."""
        largest = max((abs(repeat) for repeat in self._table.repeat), default=0)
        return whole(pl.col("repeat"), float(largest))

    def entered(self) -> Value:
        """When the record was first entered, on the site's clock."""
        return self._keep("entered", self._entered)

    def _entered(self) -> Value:
        moments = list(zip(self._table.site, self._table.entered_at, strict=True))
        distinct = {moment: place for place, moment in enumerate(dict.fromkeys(moments))}
        places = pl.Series([distinct[moment] for moment in moments], dtype=pl.UInt32)[self._order]
        local = self._setting.local
        known = [None if moment is None else clock_reading(local(site, moment)) for site, moment in distinct]
        return self.spread(places, known, stays=True)

    def entered_by(self) -> Value:
        """Who entered the record first."""
        return self._keep("entered by", lambda: self._text(self._column([by or None for by in self._table.entered_by])))

    def now(self) -> Value:
        """The moment of evaluation on the site's clock."""
        return self.by_site("now", lambda site: clock_reading(self._setting.now(site)))

    def today(self) -> Value:
        """The date of evaluation on the site's clock."""
        return self.by_site("today", lambda site: clock_reading(self._setting.now(site)).date_part())

    def subjects_with(self, name: str) -> Value:
        """In how many subjects of the study a record of the form has the same text for an item."""
        return self._keep(("subjects with", name), lambda: self._subjects_with(name))

    def _subjects_with(self, name: str) -> Value:
        value = self.item(name)
        if isinstance(value, Coded) and any(isinstance(one, str) for one in value.known):
            raise NotColumnar("subjects_with() of an item of several kinds")
        if not isinstance(value, Text):
            return NOTHING
        found = self._setting.subjects_with(self.form.form, name)
        places, distinct = numbered(self.data.select("subject", value.text.alias("text")))
        known = [
            None if text is None else Decimal(len(found.get(text, frozenset()) | {subject}))
            for subject, text in distinct.iter_rows()
        ]
        return self.spread(places, known, stays=True)


def numbered(columns: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """The place of each row among the distinct ones, and those."""
    distinct = columns.unique()
    placed = distinct.with_row_index("place")
    places = columns.join(placed, on=columns.columns, how="left", nulls_equal=True, maintain_order="left")
    return places["place"], distinct
