"""The closures of calls: functions over their arguments, and those that look at the record.

A function that fails or gives what it does not promise becomes `NotEvaluated`, with its name and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal
from types import MappingProxyType

from trialkit.language.row import Row
from trialkit.language.scope import Scope
from trialkit.language.tree import Call, Constant, ItemName, Tree
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate

Evaluate = Callable[[Row], Typed]
"""A node made ready: a record to its value."""

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


_ANSWERS_ON_ROW: Mapping[str, Evaluate] = MappingProxyType(
    {
        "repeat": lambda row: Decimal(row.repeat),
        "timepoint": lambda row: row.timepoint or None,
        "today": lambda row: PartialDate((row.today.year, row.today.month, row.today.day)),
        "visit": lambda row: row.visit or None,
    }
)
"""Functions without arguments that look at the record."""


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
        case ("label" | "reason" | "unit") as question, (ItemName(item=item),):
            return _answer_on_item(question, item, scope)
        case ("tag" | "scheduled") as question, (Constant(value=str() as name),):
            return _answer_on_visit(question, name)
        case question, () if question in _ANSWERS_ON_ROW:
            return _ANSWERS_ON_ROW[question]
        case "route", ():
            return lambda _: scope.route or None
    return _function(scope.functions[node.function], [build(argument) for argument in node.arguments])


def _choice(condition: Evaluate, branches: list[Evaluate]) -> Evaluate:
    then, otherwise = (*branches, _missing)[:2]

    def choose(row: Row) -> Typed:
        decided = condition(row)
        if decided is None:
            return None
        return then(row) if decided else otherwise(row)

    return choose


def _missing(_: Row) -> Typed:
    return None


def _answer_on_visit(question: str, name: str) -> Evaluate:
    return (lambda row: name in row.tags) if question == "tag" else (lambda row: name in row.scheduled)


def _answer_on_item(question: str, item: str, scope: Scope) -> Evaluate:
    if question == "reason":
        return lambda row: row.reasons.get(item)
    if question == "unit":
        return lambda row: row.units.get(item)
    labels = scope.items[item].labels

    def label(row: Row) -> Typed:
        code = row.values.get(item)
        return labels.get(code, code) if isinstance(code, str) else None

    return label


def _function(function: Function, arguments: list[Evaluate]) -> Evaluate:
    def call(row: Row) -> Typed:
        values = [argument(row) for argument in arguments]
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
