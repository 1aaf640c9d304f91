"""The closures of calls: functions over their arguments, and those that look at the record.

A function that fails or gives what it does not promise becomes `NotEvaluated`, with its name and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal
from types import MappingProxyType

from trialkit.language.row import Row
from trialkit.language.schedule import (
    count_expected,
    count_missing_forms,
    count_subjects_with,
    days_outside_window,
    minutes_outside_timepoint,
    stands_before,
    stands_here,
)
from trialkit.language.scope import Scope
from trialkit.language.tree import Call, Constant, ItemName, Tree
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate

Evaluate = Callable[[Row, Row], Typed]
"""A node made ready: the record that is asked and the record on which the rule stands, to a value."""

Build = Callable[[Tree], Evaluate]
"""What makes the nodes below a call ready."""

_PYTHON_TYPES: Mapping[Kind, tuple[type, ...]] = MappingProxyType(
    {
        Kind.BOOLEAN: (bool,),
        Kind.NUMBER: (Decimal,),
        Kind.TEXT: (str,),
        Kind.CODES: (tuple,),
        Kind.DATE: (PartialDate,),
        Kind.TIME: (time,),
        Kind.ANY: (bool, Decimal, str, tuple, PartialDate, time),
    }
)


_ANSWERS_ON_ROW: Mapping[str, Callable[[Row], Typed]] = MappingProxyType(
    {
        "before_dose": lambda row: row.point is None or (row.point.minutes is not None and row.point.minutes < 0),
        "entered": lambda row: row.entered,
        "entered_by": lambda row: row.entered_by or None,
        "missing_forms": count_missing_forms,
        "now": lambda row: row.now,
        "repeat": lambda row: Decimal(row.repeat),
        "timepoint": lambda row: row.timepoint or None,
        "today": lambda row: PartialDate((row.today.year, row.today.month, row.today.day)),
        "visit": lambda row: row.visit or None,
        "visit_day": lambda row: None if row.planned is None or row.planned.day is None else Decimal(row.planned.day),
    }
)
"""Functions without arguments that look at the record."""

_ANSWERS_ON_VISIT: Mapping[str, Callable[[str], Evaluate]] = MappingProxyType(
    {
        "expected": lambda form: lambda row, _: count_expected(row, form),
        "scheduled": lambda form: lambda row, _: form in row.scheduled,
        "tag": lambda tag: lambda row, _: tag in row.tags,
    }
)
"""Functions that take one name, which is known before any record is seen."""

OF_VALUES = frozenset({"if", "label", "reason", "unit"})
"""Calls that look at nothing but the values of the record and what else the form says."""

_POSITIONS: Mapping[str, Callable[[Row, Row], bool]] = MappingProxyType({"before": stands_before, "here": stands_here})
"""Words inside a scan that look at the scanned record and at the rule's."""


class NotEvaluated(Exception):  # noqa: N818  # named for what a report says of the check
    """An expression could not be evaluated on a record; it must not count as passed.

    Args:
        function: the function or operator that failed. Nothing of the record is kept.
    """

    def __init__(self, function: str) -> None:
        super().__init__(f"{function} could not be evaluated.")
        self.function = function


def call_evaluator(node: Call, scope: Scope, build: Build) -> Evaluate:
    """The closure of a call that passed the type check."""
    match node.function, node.arguments:
        case "if", (condition, *branches):
            return _choice(build(condition), [build(branch) for branch in branches])
        case ("label" | "reason" | "unit" | "subjects_with") as question, (ItemName(item=item),):
            return _answer_on_item(question, item, scope)
        case ("tag" | "scheduled" | "expected") as question, (Constant(value=str() as name),):
            return _ANSWERS_ON_VISIT[question](name)
        case "outside_window", (moment, first):
            return _outside_window(build(moment), build(first))
        case "outside_timepoint", (minutes,):
            return _outside_timepoint(build(minutes))
        case question, ():
            return _answer(question, scope)
    return _function(scope.functions[node.function], [build(argument) for argument in node.arguments])


def _answer(question: str, scope: Scope) -> Evaluate:
    """The closure of a call without arguments."""
    if question == "route":
        return lambda _, __: scope.route or None
    if question in _POSITIONS:
        return _POSITIONS[question]
    if question in _ANSWERS_ON_ROW:
        answer = _ANSWERS_ON_ROW[question]
        return lambda row, _: answer(row)
    return _function(scope.functions[question], [])


def _choice(condition: Evaluate, branches: list[Evaluate]) -> Evaluate:
    then, otherwise = (*branches, _missing)[:2]

    def choose(row: Row, current: Row) -> Typed:
        decided = condition(row, current)
        if decided is None:
            return None
        return then(row, current) if decided else otherwise(row, current)

    return choose


def _missing(_: Row, __: Row) -> Typed:
    return None


def _outside_window(moment: Evaluate, first: Evaluate) -> Evaluate:
    def outside(row: Row, current: Row) -> Typed:
        return days_outside_window(row, moment(row, current), first(row, current))

    return outside


def _outside_timepoint(minutes: Evaluate) -> Evaluate:
    def outside(row: Row, current: Row) -> Typed:
        return minutes_outside_timepoint(row, minutes(row, current))

    return outside


def _answer_on_item(question: str, item: str, scope: Scope) -> Evaluate:
    if question == "reason":
        return lambda row, _: row.reasons.get(item)
    if question == "subjects_with":
        return lambda row, _: count_subjects_with(row, item)
    if question == "unit":
        return lambda row, _: row.units.get(item)
    labels = scope.items[item].labels

    def label(row: Row, _: Row) -> Typed:
        code = row.values.get(item)
        return labels.get(code, code) if isinstance(code, str) else None

    return label


def _function(function: Function, arguments: list[Evaluate]) -> Evaluate:
    def call(row: Row, current: Row) -> Typed:
        values = [argument(row, current) for argument in arguments]
        if not function.takes_missing and None in values:
            return None
        return _call_safely(function, values)

    return call


def _call_safely(function: Function, values: list[Typed]) -> Typed:
    """Call a function; raise `NotEvaluated` outside of the handler, so that no traceback leads to the record."""
    try:
        result = function.call(*values)
        has_failed = result is not None and not _keeps_promise(function.gives, result)
    except Exception:  # noqa: BLE001  # whatever a plugin raises: reported right below
        has_failed = True
    if has_failed:
        raise NotEvaluated(function.name)
    return result


def _keeps_promise(kind: Kind, result: object) -> bool:
    if isinstance(result, Decimal) and not result.is_finite():
        return False
    return isinstance(result, _PYTHON_TYPES[kind])
