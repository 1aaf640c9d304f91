"""Text in, a checked expression out that can be evaluated on one record after another, with closures.

True, false and unknown (None) follow Kleene: a comparison with a missing operand is unknown, as is what hangs on it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from trialkit.language.arithmetic import operation
from trialkit.language.parse import parse
from trialkit.language.row import Row
from trialkit.language.rowcall import Evaluate, NotEvaluated, call_evaluator
from trialkit.language.scope import Scope
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Presence,
    Test,
    Tree,
    items_in,
)
from trialkit.language.typecheck import check_kinds
from trialkit.model.kind import Kind, Typed
from trialkit.model.partial import PartialDate

_RELATIONS: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        "=": operator.eq,
        "<>": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression that makes sense on its form. It holds no state.

    Attributes:
        kind: the kind of its value.
        items: the names of the items it reads, each once, in the order of first use.
        evaluate: the value on one record; None is missing, and for a truth value unknown. Raises `NotEvaluated`
            when a function of a plugin fails.
    """

    kind: Kind
    items: tuple[str, ...]
    evaluate: Callable[[Row], Typed]


def compile_expression(text: str, scope: Scope, expect: Kind) -> Compiled:
    """Read, check and compile an expression.

    Args:
        text: the expression.
        scope: what it may speak of.
        expect: the kind of value that is wanted; ANY takes every kind.

    Returns:
        The compiled expression.

    Raises:
        ExpressionError: with the one place where the text can not be read, or else with every fault found.
    """
    tree = parse(text)
    kind = check_kinds(tree, scope, expect)
    return Compiled(kind, items_in(tree), _evaluator(tree, scope))


def _evaluator(node: Tree, scope: Scope) -> Evaluate:
    match node:
        case Constant(value=value):
            return lambda _: value
        case ParameterName(parameter=parameter):
            number = scope.parameters[parameter]
            return lambda _: number
        case ItemName(item=item):
            return lambda row: row.values.get(item)
        case Call():
            return call_evaluator(node, scope, lambda below: _evaluator(below, scope))
        case Arithmetic(first=first, steps=steps):
            return _chain(
                _evaluator(first, scope), [(step.operator, _evaluator(step.operand, scope)) for step in steps]
            )
        case Minus(operand=operand):
            return _chain(lambda _: Decimal(0), [("-", _evaluator(operand, scope))])
    return _test(node, scope)


def _test(node: Test, scope: Scope) -> Evaluate:
    match node:
        case Comparison(operator=symbol, left=left, right=right):
            return _comparison(symbol, _evaluator(left, scope), _evaluator(right, scope))
        case Membership(operand=operand, choices=choices):
            return _membership(_evaluator(operand, scope), [_evaluator(choice, scope) for choice in choices])
        case Presence(operand=operand, wants_present=wants_present):
            value = _evaluator(operand, scope)
            return lambda row: (value(row) is not None) == wants_present
        case Negation(operand=operand):
            return _negation(_evaluator(operand, scope))
        case Junction(operator=word, operands=operands):
            return _junction(word == "or", [_evaluator(operand, scope) for operand in operands])


def _chain(first: Evaluate, steps: list[tuple[str, Evaluate]]) -> Evaluate:
    ready = [(symbol, operation(symbol), operand) for symbol, operand in steps]

    def calculate(row: Row) -> Typed:
        result = first(row)
        for symbol, operate, operand in ready:
            value = operand(row)
            if result is None or value is None:
                return None
            result = _operated(symbol, operate, result, value)
        return result

    return calculate


def _operated(symbol: str, operate: Callable[..., Typed], left: Typed, right: Typed) -> Typed:
    """One step of arithmetic; only values of a plugin's own kind can make it fail."""
    try:
        return operate(left, right)
    except TypeError:
        failed = NotEvaluated(symbol)
    raise failed


def _comparison(symbol: str, left: Evaluate, right: Evaluate) -> Evaluate:
    holds = _RELATIONS[symbol]

    def compare(row: Row) -> Typed:
        return _relation(symbol, holds, left(row), right(row))

    return compare


def _relation(symbol: str, holds: Callable[..., bool], left: Typed, right: Typed) -> bool | None:
    """Whether two values stand in a relation; None when one is missing or partial dates do not tell.

    Dates at the very ends of the calendar in different zones, and values of a plugin's own kind, can make it fail.
    """
    if left is None or right is None:
        return None
    try:
        if isinstance(left, PartialDate) and isinstance(right, PartialDate):
            order = left.compare(right)
            return None if order is None else holds(order, 0)
        return holds(left, right)
    except (TypeError, ArithmeticError):
        failed = NotEvaluated(symbol)
    raise failed


def _membership(operand: Evaluate, choices: list[Evaluate]) -> Evaluate:
    def is_among(row: Row) -> Typed:
        value = operand(row)
        if value is None:
            return None
        given = value if isinstance(value, tuple) else (value,)
        found: bool | None = False
        for choice in choices:
            wanted = choice(row)
            for one in given:
                same = _relation("in", operator.eq, one, wanted)
                if same:
                    return True
                if same is None:
                    found = None
        return found

    return is_among


def _negation(operand: Evaluate) -> Evaluate:
    def negate(row: Row) -> Typed:
        value = operand(row)
        return None if value is None else not value

    return negate


def _junction(decisive: bool, operands: list[Evaluate]) -> Evaluate:
    """One operand that is decisive (true for or, false for and) decides; else an unknown one makes it unknown."""

    def join(row: Row) -> Typed:
        joined: Typed = not decisive
        for operand in operands:
            value = operand(row)
            if value is decisive:
                return decisive
            if value is None:
                joined = None
        return joined

    return join
