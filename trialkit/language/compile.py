"""Text in, a checked expression out that can be evaluated on one record after another, with closures.

True, false and unknown (None) follow Kleene: a comparison with a missing operand is unknown, as is what hangs on it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from trialkit.language.arithmetic import operation
from trialkit.language.parse import parse
from trialkit.language.resolve import resolve
from trialkit.language.row import Row
from trialkit.language.rowcall import OF_VALUES, Evaluate, NotEvaluated, call_evaluator
from trialkit.language.scan import companion_evaluator, scan_evaluator
from trialkit.language.scope import Scope
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Companion,
    Comparison,
    Constant,
    Current,
    Fold,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Pick,
    Presence,
    Test,
    Tree,
    children,
    walk,
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
        items: the names of the items of the record itself that it reads, each once, in the order of first use.
        reads: the forms whose other records it reads; empty for what reads one record alone.
        looks_around: whether it asks where the record stands or what day it is: what reads one record alone and does
            not look around depends on `items` and nothing else.
        tree: the settled tree, see `trialkit.language.resolve`.
        scope: what it speaks of.
        evaluate: the value on one record; None is missing, and for a truth value unknown. Raises `NotEvaluated`
            when a function of a plugin fails.
    """

    kind: Kind
    items: tuple[str, ...]
    reads: frozenset[str]
    looks_around: bool
    tree: Tree
    scope: Scope
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
    parsed = parse(text)
    kind = check_kinds(parsed, scope, expect)
    tree = resolve(parsed, scope)
    ask = _evaluator(tree, scope)
    reads, looks = forms_read(tree, scope), looks_around(tree, scope)
    return Compiled(kind, own_items(tree), reads, looks, tree, scope, lambda row: ask(row, row))


def own_items(tree: Tree) -> tuple[str, ...]:
    """The items of the rule's own record in a settled tree, each once, in the order of first use."""
    return tuple(dict.fromkeys(_own_items(tree, is_scanned=False)))


def _own_items(node: Tree, *, is_scanned: bool) -> Iterator[str]:
    if isinstance(node, ItemName) and not is_scanned:
        yield node.item
    is_inside = isinstance(node, Pick | Fold) or (is_scanned and not isinstance(node, Current))
    for below in children(node):
        yield from _own_items(below, is_scanned=is_inside)


def forms_read(tree: Tree, scope: Scope) -> frozenset[str]:
    """The forms whose other records a settled tree reads."""
    found: set[str] = set()
    for node, _ in walk(tree):
        if isinstance(node, Pick | Fold | Companion):
            found.add(node.form)
        elif isinstance(node, Call) and node.function == "missing_forms":
            found.update(scope.forms)
    return frozenset(found)


def looks_around(tree: Tree, scope: Scope) -> bool:
    """Whether a settled tree asks for more of a record than its values: functions of arguments see nothing else."""
    called = {node.function for node, _ in walk(tree) if isinstance(node, Call)}
    return not called <= (OF_VALUES | scope.functions.keys())


def _evaluator(node: Tree, scope: Scope) -> Evaluate:  # one answer for each sort of node
    match node:
        case Constant(value=value):
            return lambda _, __: value
        case ParameterName(parameter=parameter):
            number = scope.parameters[parameter]
            return lambda _, __: number
        case ItemName(item=item):
            return lambda row, _: row.values.get(item)
        case Call():
            return call_evaluator(node, scope, lambda below: _evaluator(below, scope))
        case Arithmetic(first=first, steps=steps):
            return _chain(
                _evaluator(first, scope), [(step.operator, _evaluator(step.operand, scope)) for step in steps]
            )
        case Minus(operand=operand):
            return _chain(lambda _, __: Decimal(0), [("-", _evaluator(operand, scope))])
        case Current() | Companion() | Pick() | Fold():
            return _elsewhere(node, scope)
    return _test(node, scope)


def _elsewhere(node: Current | Companion | Pick | Fold, scope: Scope) -> Evaluate:
    """What is asked of other records, or inside a scan of the rule's own."""
    match node:
        case Current(operand=operand):
            ask = _evaluator(operand, scope.of_rule())
            return lambda _, current: ask(current, current)
        case Companion():
            return companion_evaluator(node)
    inside = scope.of_form(node.form)
    return scan_evaluator(node, lambda below: _evaluator(below, inside))


def _test(node: Test, scope: Scope) -> Evaluate:
    match node:
        case Comparison(operator=symbol, left=left, right=right):
            return _comparison(symbol, _evaluator(left, scope), _evaluator(right, scope))
        case Membership(operand=operand, choices=choices):
            return _membership(_evaluator(operand, scope), [_evaluator(choice, scope) for choice in choices])
        case Presence(operand=operand, wants_present=wants_present):
            value = _evaluator(operand, scope)
            return lambda row, current: (value(row, current) is not None) == wants_present
        case Negation(operand=operand):
            return _negation(_evaluator(operand, scope))
        case Junction(operator=word, operands=operands):
            return _junction(word == "or", [_evaluator(operand, scope) for operand in operands])


def _chain(first: Evaluate, steps: list[tuple[str, Evaluate]]) -> Evaluate:
    ready = [(symbol, operation(symbol), operand) for symbol, operand in steps]

    def calculate(row: Row, current: Row) -> Typed:
        result = first(row, current)
        for symbol, operate, operand in ready:
            value = operand(row, current)
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

    def compare(row: Row, current: Row) -> Typed:
        return _relation(symbol, holds, left(row, current), right(row, current))

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
    def is_among(row: Row, current: Row) -> Typed:
        value = operand(row, current)
        if value is None:
            return None
        given = value if isinstance(value, tuple) else (value,)
        found: bool | None = False
        for choice in choices:
            wanted = choice(row, current)
            for one in given:
                same = _relation("in", operator.eq, one, wanted)
                if same:
                    return True
                if same is None:
                    found = None
        return found

    return is_among


def _negation(operand: Evaluate) -> Evaluate:
    def negate(row: Row, current: Row) -> Typed:
        value = operand(row, current)
        return None if value is None else not value

    return negate


def _junction(decisive: bool, operands: list[Evaluate]) -> Evaluate:
    """One operand that is decisive (true for or, false for and) decides; else an unknown one makes it unknown."""

    def join(row: Row, current: Row) -> Typed:
        joined: Typed = not decisive
        for operand in operands:
            value = operand(row, current)
            if value is decisive:
                return decisive
            if value is None:
                joined = None
        return joined

    return join
