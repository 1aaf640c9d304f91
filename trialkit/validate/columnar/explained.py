"""Cells that the columns can not judge in, what Cerberus says of them out: each distinct cell is asked about once."""

from __future__ import annotations

from collections.abc import Mapping
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
from trialkit.validate.columnar.kinds import SAID, Kind, Kinds, explained, rule_error
from trialkit.validate.columnar.rules import ItemRules, Verdict
from trialkit.validate.plan import CheckPlan

_CELL = pl.Schema({"item": pl.UInt32, "place": pl.UInt32})


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=_CELL)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is to be said of cells.

    Attributes:
        said: what is wrong with them; see `SAID`.
        blank: those that come to nothing, for example a number in a unit that nothing converts: item and place.
        unreadable: those that are not of the item's type: item and place.
    """

    said: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SAID))
    blank: pl.DataFrame = field(default_factory=_none)
    unreadable: pl.DataFrame = field(default_factory=_none)


class _Cell(NamedTuple):
    item: int
    text: str | None
    missing: str | None
    unit: str | None
    today: str


_TOLD = pl.Schema({"number": pl.UInt32, "kind": pl.UInt32, "said": pl.String, "shown": pl.String})
_Said = tuple[int, int, str, str]
"""Of one distinct cell: its number, the kind of finding, the message, and the value as it was given."""


def explain_cells(
    plan: CheckPlan, rules: Mapping[int, ItemRules], cells: pl.DataFrame, setting: Setting, kinds: Kinds
) -> Explanation:
    """What Cerberus says of cells.

    Args:
        plan: the form's compiled checks.
        rules: what the items ask for, by their numbers.
        cells: with the columns of `find_suspects` and today; none of them blank.
        setting: the conversions and what makes texts typed values.
        kinds: the kinds of findings; those that are found are added.
    """
    if not cells.height:
        return Explanation()
    distinct = cells.group_by(_Cell._fields, maintain_order=True).agg("place")
    numbers: dict[tuple[int, str], int] = {}
    said: list[_Said] = []
    blank, unreadable = [], []
    for number, row in enumerate(distinct.select(_Cell._fields).iter_rows()):
        cell = _Cell(*row)
        item = rules[cell.item].item
        typed, errors = _ask(plan, item, cell, setting)
        if typed is None and not errors:
            blank.append(number)
        for error in errors:
            finding = explained(error, item, _value(cell))
            kind = _number(finding, cell.item, kinds, numbers)
            said.append((number, kind, finding.message, _given(cell)))
        if any(error.rule == Verdict.TYPE for error in errors):
            unreadable.append(number)
    return Explanation(_spread(said, distinct), _places(distinct, blank), _places(distinct, unreadable))


def word_cells(rules: Mapping[int, ItemRules], cells: pl.DataFrame, setting: Setting, kinds: Kinds) -> pl.DataFrame:
    """What is said of converted numbers that surely break a range: in the standard unit, too.

    Args:
        rules: what the items ask for, by their numbers.
        cells: with the columns of `find_suspects` and verdict, the rule that is broken.
        setting: the conversions.
        kinds: the kinds of findings; those that are found are added.

    Returns:
        See `SAID`.
    """
    if not cells.height:
        return pl.DataFrame(schema=SAID)
    distinct = cells.group_by("item", "verdict", "text", "unit", maintain_order=True).agg("place")
    numbers: dict[tuple[int, str], int] = {}
    said: list[_Said] = []
    for number, (own, rule, text, unit) in enumerate(distinct.drop("place").iter_rows()):
        item = rules[own].item
        standard = None if rule == Verdict.TYPE else typed_value(item, text, unit, setting.units, setting.typed)
        error = rule_error(rule, item, rules[own].told(Verdict(rule)), standard)
        finding = explained(error, item, Value(text, unit=unit))
        said.append((number, _number(finding, own, kinds, numbers), finding.message, _joined(text, unit)))
    return _spread(said, distinct)


def _number(finding: Finding, item: int, kinds: Kinds, numbers: dict[tuple[int, str], int]) -> int:
    """The number of the kind of finding that a whole message belongs to."""
    which = item, finding.code
    if which not in numbers:
        numbers[which] = kinds.number(Kind(finding))
    return numbers[which]


def _ask(
    plan: CheckPlan, item: Item, cell: _Cell, setting: Setting
) -> tuple[Typed | MissingReason, list[ValidationError]]:
    """The value that Cerberus sees, and what it says of it."""
    try:
        typed = _typed(item, cell, setting)
    except Exception:  # noqa: BLE001  # whatever a type raises, its text is none that it can read
        return None, [rule_error(Verdict.TYPE, item, value=cell.text)]
    if typed is None and cell.missing is not None:
        return None, [rule_error(Verdict.REASONS, item, info=cell.missing)]
    today = date.fromisoformat(cell.today)
    validator = plan.validator
    validator._config["asked"] = {}  # cerberus keeps a validator's context in its configuration
    validator._config["today"] = PartialDate((today.year, today.month, today.day))
    validator.validate({item.item: typed}, normalize=False)
    return typed, [error for error in validator._errors if error.rule != Verdict.ANSWERED]


def _typed(item: Item, cell: _Cell, setting: Setting) -> Typed | MissingReason:
    """The value that a validator's document has; None for a missing reason that there is not."""
    if cell.missing is not None:
        return MissingReason(cell.missing) if cell.missing in tuple(MissingReason) else None
    return typed_value(item, cell.text or "", cell.unit, setting.units, setting.typed)


def _value(cell: _Cell) -> Value | None:
    return None if cell.text is None or cell.missing is not None else Value(cell.text, unit=cell.unit)


def _given(cell: _Cell) -> str:
    return f".{cell.missing}" if cell.missing is not None else _joined(cell.text, cell.unit)


def _joined(text: str | None, unit: str | None) -> str:
    return " ".join(filter(None, (text, unit)))


def _spread(said: list[_Said], distinct: pl.DataFrame) -> pl.DataFrame:
    """What is said of distinct cells, at each of their places."""
    told = pl.DataFrame(said, schema=_TOLD, orient="row")
    places = distinct.select("place").with_row_index("number")
    return told.join(places, on="number", how="left").select(SAID.names()).explode("place")


def _places(distinct: pl.DataFrame, numbers: list[int]) -> pl.DataFrame:
    if not numbers:
        return _none()
    return distinct.select("item", "place")[numbers].explode("place")
