"""Cells that the columns can not judge in, what Cerberus says of them out: each distinct cell is asked about once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl
from cerberus.errors import ValidationError

from trialkit.language import Setting
from trialkit.language.row import typed_value
from trialkit.model.finding import Finding
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate
from trialkit.model.record import Value
from trialkit.validate.columnar.breach import Breach, explained, rule_error, told_breach
from trialkit.validate.plan import CheckPlan

_DISTINCT = ("text", "missing", "unit", "today")
_OF_THE_RECORD = "answered"
"""The rule that looks at the record besides the cell."""

NO_PLACES = pl.Series("place", [], dtype=pl.UInt32)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What Cerberus says of cells.

    Attributes:
        breaches: the rules they break.
        blank: the places of cells that come to nothing, for example a number in a unit that nothing converts.
        unreadable: the places of cells that are not of the item's type.
    """

    breaches: tuple[Breach, ...] = ()
    blank: pl.Series = field(default_factory=lambda: NO_PLACES)
    unreadable: pl.Series = field(default_factory=lambda: NO_PLACES)


class _Cell(NamedTuple):
    text: str | None
    missing: str | None
    unit: str | None
    today: date


def explain_cells(plan: CheckPlan, item: Item, cells: pl.DataFrame, setting: Setting) -> Explanation:
    """What Cerberus says of cells of one item.

    Args:
        plan: the form's compiled checks.
        item: the item.
        cells: with the columns place, text, missing, unit and today; none of them blank.
        setting: the conversions and what makes texts typed values.
    """
    distinct = cells.group_by(_DISTINCT, maintain_order=True).agg("place")
    told: dict[str, tuple[Finding, list[tuple[int, str, str]]]] = {}
    blank: list[int] = []
    for number, row in enumerate(distinct.select(_DISTINCT).iter_rows()):
        cell = _Cell(*row)
        typed, errors = _ask(plan, item, cell, setting)
        if typed is None and not errors:
            blank.append(number)
        for error in errors:
            finding = explained(error, item, _value(cell))
            told.setdefault(error.rule, (finding, []))[1].append((number, finding.message, _given(cell)))
    places = distinct.get_column("place")
    return Explanation(
        breaches=tuple(told_breach(like, _spread(said, places)) for like, said in told.values()),
        blank=_at(places, blank),
        unreadable=_at(places, [number for number, _, _ in told["type"][1]] if "type" in told else []),
    )


def word_cells(rule: str, item: Item, info: str, cells: pl.DataFrame, setting: Setting) -> Breach:
    """A rule that converted numbers surely break: their messages say them in the standard unit, too.

    Args:
        rule: the rule as Cerberus calls it.
        item: the item.
        info: what Cerberus tells of the rule.
        cells: with the columns place, text and unit.
        setting: the conversions.
    """
    distinct = cells.group_by("text", "unit", maintain_order=True).agg("place")
    said = []
    for number, (text, unit) in enumerate(distinct.select("text", "unit").iter_rows()):
        standard = typed_value(item, text, unit, setting.units, setting.typed)
        finding = explained(rule_error(rule, item, info, standard), item, Value(text, unit=unit))
        said.append((number, finding.message, f"{text} {unit}"))
    return told_breach(explained(rule_error(rule, item, info), item, None), _spread(said, distinct.get_column("place")))


def _ask(
    plan: CheckPlan, item: Item, cell: _Cell, setting: Setting
) -> tuple[Typed | MissingReason, list[ValidationError]]:
    try:
        typed = _typed(item, cell, setting)
    except Exception:  # noqa: BLE001  # whatever a type raises, its text is none that it can read
        return None, [rule_error("type", item, value=cell.text)]
    if typed is None and cell.missing is not None:
        return None, [rule_error("reasons", item, info=cell.missing)]
    validator = plan.validator
    validator._config["asked"] = {}  # cerberus keeps a validator's context in its configuration
    validator._config["today"] = PartialDate((cell.today.year, cell.today.month, cell.today.day))
    validator.validate({item.item: typed}, normalize=False)
    return typed, [error for error in validator._errors if error.rule != _OF_THE_RECORD]


def _typed(item: Item, cell: _Cell, setting: Setting) -> Typed | MissingReason:
    """The value that a validator's document has; None for a missing reason that there is not."""
    if cell.missing is not None:
        return MissingReason(cell.missing) if cell.missing in tuple(MissingReason) else None
    return typed_value(item, cell.text or "", cell.unit, setting.units, setting.typed)


def _value(cell: _Cell) -> Value | None:
    return None if cell.text is None or cell.missing is not None else Value(cell.text, unit=cell.unit)


def _given(cell: _Cell) -> str:
    return f".{cell.missing}" if cell.missing is not None else " ".join(filter(None, (cell.text, cell.unit)))


def _spread(said: list[tuple[int, str, str]], places: pl.Series) -> pl.DataFrame:
    """What is said of distinct cells, at each of their places."""
    told = pl.DataFrame(said, schema={"number": pl.UInt32, "said": pl.String, "shown": pl.String}, orient="row")
    return told.select(places.gather(told.get_column("number")).alias("place"), "said", "shown").explode("place")


def _at(places: pl.Series, numbers: list[int]) -> pl.Series:
    return places.gather(pl.Series(numbers, dtype=pl.UInt32)).explode() if numbers else NO_PLACES
