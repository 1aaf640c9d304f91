"""A record and its form in, what an expression is evaluated on out: typed values, nothing else of the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.kind import Typed
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.record import RecordKey, Value
from trialkit.model.unit import UnitConversion, to_standard_unit


@dataclass(frozen=True, slots=True)
class Row:
    """One record as expressions see it.

    Attributes:
        values: item to typed value, numbers in the item's standard unit; absent or None is missing.
        reasons: item to the code of its missing reason, for items that are missing with one.
        units: item to the unit its number was given in.
        visit: the record's visit.
        tags: the tags of that visit.
        timepoint: the record's timepoint; empty when it has none.
        today: the date on which the expression is evaluated.
        repeat: the number of the record among its repeats.
        scheduled: the forms that the protocol schedules at the record's visit; at its timepoint, when it has one.
    """

    values: Mapping[str, Typed]
    reasons: Mapping[str, str]
    units: Mapping[str, str]
    visit: str
    tags: frozenset[str]
    timepoint: str
    today: date
    repeat: int = 1
    scheduled: frozenset[str] = frozenset()


def record_row(
    key: RecordKey,
    values: Mapping[str, Value],
    form: Form,
    protocol: Protocol,
    units: Sequence[UnitConversion],
    typed: Mapping[str, Callable[[str], Typed]],
    today: date,
) -> Row:
    """A record as expressions see it.

    Args:
        key: the record's key.
        values: item to value, as stored.
        form: the record's form.
        protocol: the protocol, for the tags and the forms of the visit.
        units: the conversions in force.
        typed: item type name to what makes canonical text a typed value; an unknown type stays text.
        today: the date on which expressions are evaluated.

    Returns:
        The row. A number whose unit can not be converted to the standard unit is missing in it.
    """
    visit = protocol.visit(key.visit)
    given = {name: value for name, value in values.items() if value.text is not None}
    return Row(
        values={item.item: _typed(item, given[item.item], units, typed) for item in form.items if item.item in given},
        reasons={name: str(value.missing) for name, value in values.items() if value.missing is not None},
        units={name: value.unit for name, value in given.items() if value.unit is not None},
        visit=key.visit,
        tags=frozenset(visit.tags) if visit is not None else frozenset(),
        timepoint=key.timepoint,
        today=today,
        repeat=key.repeat,
        scheduled=_scheduled(visit, key.timepoint),
    )


def _scheduled(visit: Visit | None, timepoint: str) -> frozenset[str]:
    entries = () if visit is None else visit.forms
    return frozenset(entry.form for entry in entries if not timepoint or timepoint in entry.timepoints)


def _typed(
    item: Item, value: Value, units: Sequence[UnitConversion], typed: Mapping[str, Callable[[str], Typed]]
) -> Typed:
    made = typed.get(item.type, str)(value.text or "")
    return to_standard_unit(made, value.unit, item.unit, units) if isinstance(made, Decimal) else made
