"""The records of the benchmark of field rules: made of a seed, with a stated share of bad cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl
from field_rules_cells import texts_of
from field_rules_form import CONVERSIONS, ITEMS, TODAY, build_plan

from trialkit.language import Row, Setting
from trialkit.language.row import typed_value
from trialkit.model.item import Item
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate
from trialkit.model.record import RecordKey, Value
from trialkit.model.record_table import RecordTable, value_at
from trialkit.validate import CheckPlan

KEY_PARTS = ("site", "subject", "visit", "visit_repeat", "timepoint", "repeat")
VISITS = 10
TIMEPOINTS = ("PRE", "T+040", "T+120", "T+240")


@dataclass(frozen=True)
class Study:
    """The form with its data: a column of texts for each item, beside it ``missing`` and ``unit``, and the keys."""

    plan: CheckPlan
    setting: Setting
    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    def head(self, size: int) -> Study:
        """The first records."""
        return replace(self, frame=self.frame.head(size).rechunk())

    @property
    def today(self) -> PartialDate:
        """The day on every site's clock."""
        return PartialDate((TODAY.year, TODAY.month, TODAY.day))

    def table(self, *, lists: bool) -> RecordTable:
        """The records as columns, of series or of lists of Python."""
        columns = {name: self.frame.get_column(name) for name in self.frame.columns}
        given = {name: column.to_list() for name, column in columns.items()} if lists else columns
        parts: dict[str, dict[str, object]] = {"text": {}, "missing": {}, "unit": {}}
        for name in self.frame.columns[len(KEY_PARTS) :]:
            part, item = name.split(" ")
            parts[part][item] = given[name]
        return RecordTable(
            "VS",
            *(given[part] for part in KEY_PARTS),
            texts=parts["text"],
            missing=parts["missing"],
            units=parts["unit"],
            entered_at=[],
            entered_by=[],
        )

    def asked(self, *, lists: bool) -> dict[str, object]:
        """Who is asked for the items that skip logic rules: all of them where DOSED = "Y"."""
        answers = self.frame.get_column("text DOSED") == "Y"
        return {name: answers.to_list() if lists else answers for name in self.plan.asked}

    def asked_by_record(self) -> list[dict[str, bool | None]]:
        """The same, record by record."""
        answers = next(iter(self.asked(lists=True).values()))
        return [dict.fromkeys(self.plan.asked, answer) for answer in answers]

    def records(self) -> list[tuple[RecordKey, dict[str, Value]]]:
        """The records one by one."""
        table = self.table(lists=True)
        return [(table.key(place), value_at(table, place)) for place in range(len(table))]

    def documents(self) -> list[dict[str, object]]:
        """The records as Cerberus takes them: typed values."""
        return [
            {
                name: (value.missing or self._typed(name, value)) if (value := values.get(name)) else None
                for name in self.plan.form.item_names
            }
            for _, values in self.records()
        ]

    def row(self, key: RecordKey, values: Mapping[str, Value]) -> Row:
        """A record as expressions see it; what its type can not read stays text."""
        return Row(
            values={name: self._typed(name, value) for name, value in values.items() if value.text is not None},
            reasons={name: str(value.missing) for name, value in values.items() if value.missing is not None},
            units={name: value.unit for name, value in values.items() if value.unit is not None},
            visit=key.visit,
            tags=frozenset(),
            timepoint=key.timepoint,
            today=TODAY,
        )

    def _typed(self, name: str, value: Value) -> Typed:
        try:
            return typed_value(self._items[name], value.text, value.unit, CONVERSIONS, self.setting.typed)
        except (ArithmeticError, ValueError):
            return value.text

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.item: item for item in self.plan.form.items}


def load_study(path: Path) -> Study:
    """The form with data that `make_data` wrote."""
    return Study(*build_plan(), pl.read_ipc(path).rechunk())


def make_data(folder: Path, size: int, rate: float) -> Path:
    """Write so many records with this share of bad cells, sorted by key."""
    path = folder / f"{size}-{rate}.arrow"
    place = pl.int_range(size, eager=True)
    columns = _keys(place)
    for number, item in enumerate(ITEMS):
        columns |= _cells(item, place, rate, seed=10 * number)
        if item.collect_when is not None:
            _clear_unasked(item, columns, place, rate, seed=10 * number)
    pl.DataFrame(columns).write_ipc(path)
    return path


def _keys(place: pl.Series) -> dict[str, pl.Series]:
    """Sites of 50 subjects, each with ten visits and four timepoints at each of them."""
    per_subject = VISITS * len(TIMEPOINTS)
    subject, visit, timepoint = place // per_subject, place // len(TIMEPOINTS) % VISITS, place % len(TIMEPOINTS)
    site = (subject // 50 + 1).cast(pl.String).str.zfill(4)
    once = pl.repeat(1, len(place), eager=True)
    return {
        "site": site,
        "subject": site + "-" + (subject % 50 + 1).cast(pl.String).str.zfill(4),
        "visit": "V" + (visit + 1).cast(pl.String).str.zfill(2),
        "visit_repeat": once,
        "timepoint": pl.Series(TIMEPOINTS).gather(timepoint),
        "repeat": once,
    }


def _clear_unasked(item: Item, columns: dict[str, pl.Series], place: pl.Series, rate: float, seed: int) -> None:
    """Skip logic is followed in the cells that are not bad."""
    is_blank = (columns["text DOSED"] != "Y").fill_null(value=False) & ~_drawn(place, seed + 1, rate)
    for part in ("text", "missing", "unit"):
        if f"{part} {item.item}" in columns:
            kept = pl.when(~is_blank).then(columns[f"{part} {item.item}"])
            columns[f"{part} {item.item}"] = pl.select(kept).to_series()


def _drawn(place: pl.Series, seed: int, share: float) -> pl.Series:
    return place.hash(seed=seed) % 1_000_000 < share * 1_000_000


def _cells(item: Item, place: pl.Series, rate: float, seed: int) -> dict[str, pl.Series]:
    """Texts, missing reasons and units of one item."""

    def picked(pool: list[str | None], part: int) -> pl.Series:
        return pl.Series(pool, dtype=pl.String).gather(place.hash(seed=seed + part) % len(pool))

    bad, second = _drawn(place, seed + 1, rate), _drawn(place, seed + 2, 0.1)
    unit = item.units[1] if item.units else item.unit
    good_text, bad_text = (
        pl.select(pl.when(second).then(picked(texts[unit], part)).otherwise(picked(texts[item.unit], part))).to_series()
        for part, texts in ((3, texts_of(item)[0]), (4, texts_of(item)[1]))
    )
    text = pl.select(pl.when(bad).then(bad_text).otherwise(good_text)).to_series()
    reason = pl.select(
        pl.when(~bad & _drawn(place, seed + 5, 0.01))
        .then(pl.lit("ND"))
        .when(bad & _drawn(place, seed + 6, 0.05))
        .then(pl.lit("REF"))
    ).to_series()
    text = pl.select(pl.when(reason.is_null()).then(text)).to_series()
    cells = {f"text {item.item}": text, f"missing {item.item}": reason}
    if item.unit is not None:
        given = pl.when(text.is_not_null()).then(pl.when(second).then(pl.lit(unit)).otherwise(pl.lit(item.unit)))
        cells[f"unit {item.item}"] = pl.select(given).to_series()
    return cells
