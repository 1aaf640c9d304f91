"""A small form, its scope and rows, for the tests of the language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

from trialkit.language import BUILTIN_FUNCTIONS, Row, Scope, ScopedItem, compile_expression
from trialkit.model.interval import Interval
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate

TODAY = date(2024, 6, 15)

ITEMS: dict[str, ScopedItem] = {
    "SYSBP": ScopedItem(Kind.NUMBER, hard=Interval.model_validate("60..260")),
    "DIABP": ScopedItem(Kind.NUMBER, hard=Interval.model_validate("30..160")),
    "PULSE": ScopedItem(Kind.NUMBER),
    "SEX": ScopedItem(Kind.TEXT, ("F", "M"), {"F": "Female", "M": "Male"}),
    "DONE": ScopedItem(Kind.TEXT, ("Y", "N"), {"Y": "Yes", "N": "No"}),
    "REASND": ScopedItem(Kind.TEXT),
    "RACE": ScopedItem(Kind.CODES, ("WHITE", "ASIAN", "BLACK"), {}),
    "VSDAT": ScopedItem(Kind.DATE),
    "ENDAT": ScopedItem(Kind.DATE),
    "VSTIM": ScopedItem(Kind.TIME),
    "ENTIM": ScopedItem(Kind.TIME),
}


def sample_scope(*functions: Function) -> Scope:
    """The scope of the form VS, with a few functions more."""
    return Scope(
        form="VS",
        items=ITEMS,
        parameters={"bp_hold_sys": Decimal(140), "hr_hi": Decimal(130)},
        functions={function.name: function for function in (*BUILTIN_FUNCTIONS, *functions)},
        visits=frozenset({"SCR", "D1", "D8"}),
        tags=frozenset({"DOSING", "CLINIC_ONLY"}),
        timepoints=frozenset({"PRE", "T+40"}),
        route="NASAL",
    )


SCOPE = sample_scope()


def sample_row(
    values: Mapping[str, Typed] | None = None,
    reasons: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    visit: str = "D1",
    tags: frozenset[str] = frozenset({"DOSING"}),
    timepoint: str = "PRE",
) -> Row:
    """A record of the form VS."""
    return Row(values or {}, reasons or {}, units or {}, visit, tags, timepoint, TODAY, 3, frozenset({"CADSS"}))


def value_of(text: str, **values: Typed) -> Typed:
    """The value of an expression on a record with these values."""
    return compile_expression(text, SCOPE, Kind.ANY).evaluate(sample_row(values))


def number(text: str) -> Decimal:
    """A decimal."""
    return Decimal(text)


def day(text: str) -> PartialDate:
    """A date of any precision."""
    return PartialDate.parse(text)


def clock(text: str) -> time:
    """A time of day."""
    return time.fromisoformat(text)
