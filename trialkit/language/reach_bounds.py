"""A node in, what its value can be before any record is seen: its kind, the numbers it lies within, its texts.

Whatever is not certain is left open. Bounds hold for the arithmetic of the language, which rounds to 34 digits:
rounding keeps the order of numbers, so the ends of a calculation are what comes out for the ends of its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from trialkit.language.arithmetic import floor, operation, round_half_up
from trialkit.language.reach_domain import Numbers
from trialkit.language.scope import Scope, ScopedItem
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Companion,
    Constant,
    Current,
    Fold,
    ItemName,
    Minus,
    ParameterName,
    Pick,
    Test,
    Tree,
)
from trialkit.model.item import MissingReason
from trialkit.model.kind import Kind

Key = tuple[Any, ...]  # Any: the parts of a node, whichever it has
"""A node without its columns: two nodes with one key always have the same value."""

Known = Callable[[Tree], Numbers | None]
"""What is known of the number of a node from elsewhere."""

_ROW_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(("before", "before_dose", "here", "scheduled", "tag"), Kind.BOOLEAN),
        **dict.fromkeys(("entered_by", "label", "reason", "route", "timepoint", "unit", "visit"), Kind.TEXT),
        **dict.fromkeys(("entered", "now", "today"), Kind.DATE),
        **dict.fromkeys(("expected", "missing_forms", "outside_timepoint", "outside_window"), Kind.NUMBER),
        **dict.fromkeys(("repeat", "subjects_with", "visit_day"), Kind.NUMBER),
    }
)
"""What the functions that look at the record give, see `rowcheck`."""

_COUNTS = ("count_missing", "expected", "length", "missing_forms", "repeat", "subjects_with")
"""Functions that give a whole number from 0."""

ALWAYS_THERE = ("before", "before_dose", "count_missing", "expected", "here", "missing_forms", "repeat", "scheduled")
"""Functions that are never missing or unknown, `tag` and `today` aside."""

_COUNTED = Numbers(Decimal(0), whole=True)
_ANY_NUMBER = Numbers()
_ZERO = Numbers.point(Decimal(0))


@lru_cache(maxsize=8192)
def key_of(node: Tree) -> Key:
    """What a node says, wherever it stands."""
    return (type(node).__name__, *(_part(getattr(node, part.name)) for part in fields(node) if part.name != "column"))


def _part(part: Any) -> Any:  # Any: whatever a node is made of
    if isinstance(part, tuple):
        return tuple(_part(one) for one in part)
    if hasattr(part, "column"):
        return key_of(part)
    return str(part) if isinstance(part, Decimal) else part  # text() tells 1 from 1.0


def kind_of(node: Tree, scope: Scope) -> Kind:
    """The kind of a node's value; ANY when it is not certain."""
    match node:
        case Constant(value=value):
            return Kind.TEXT if isinstance(value, str) else Kind.NUMBER
        case ParameterName() | Arithmetic() | Minus():
            return Kind.NUMBER
        case Pick(form=form, value=value):
            return kind_of(value, scope.of_form(form))
        case Fold(operation=name):
            return Kind.BOOLEAN if name == "any" else Kind.NUMBER
        case Current(operand=operand):
            return kind_of(operand, scope.of_rule())
        case Call():
            return _kind_of_call(node, scope)
    if isinstance(node, Test):
        return Kind.BOOLEAN
    item = item_of(node, scope)
    return Kind.ANY if item is None else item.kind


def _kind_of_call(node: Call, scope: Scope) -> Kind:
    if node.function == "if":
        kinds = {kind_of(branch, scope) for branch in node.arguments[1:]}
        return kinds.pop() if len(kinds) == 1 else Kind.ANY
    if node.function in _ROW_KINDS:
        return _ROW_KINDS[node.function]
    function = scope.functions.get(node.function)
    return Kind.ANY if function is None else function.gives


def item_of(node: Tree, scope: Scope) -> ScopedItem | None:
    """The item whose value a node has, from whichever record; None when it is computed."""
    match node:
        case ItemName(item=item):
            return scope.items.get(item)
        case Companion(form=form, item=item):
            return scope.forms[form].items.get(item)
        case Pick(form=form, value=value):
            return item_of(value, scope.of_form(form))
        case Fold(operation="lowest" | "highest", form=form, value=value) if value is not None:
            return item_of(value, scope.of_form(form))
        case Current(operand=operand):
            return item_of(operand, scope.of_rule())
    return None


def texts_of(node: Tree, scope: Scope) -> frozenset[str] | None:
    """The only texts that a value can be; None when it can be any."""
    match node:
        case Constant(value=str() as text):
            return frozenset({text})
        case Call(function="reason"):
            return frozenset(str(reason) for reason in MissingReason)
        case Call(function="if", arguments=(_, *branches)):
            found = [texts_of(branch, scope) for branch in branches]
            known = [texts for texts in found if texts is not None]
            return frozenset().union(*known) if len(known) == len(found) else None
    item = item_of(node, scope)
    return None if item is None or item.codes is None else frozenset(item.codes)


def _nothing_known(_: Tree) -> None:
    return None


def bounds_of(node: Tree, scope: Scope, known: Known = _nothing_known) -> Numbers:
    """The numbers within which a value lies when it is there.

    Args:
        node: a value; of one that is no number nothing is said.
        scope: what it speaks of.
        known: what else is known of this node and of those below it.
    """
    found = _bounds(node, scope, known)
    more = known(node)
    return found if more is None else found.meet(more)


def _bounds(node: Tree, scope: Scope, known: Known) -> Numbers:
    match node:
        case Constant(value=Decimal() as number):
            return Numbers.point(number)
        case ParameterName(parameter=parameter):
            return Numbers.point(scope.parameters[parameter])
        case Minus(operand=operand):
            return _combined("-", _ZERO, bounds_of(operand, scope, known))
        case Arithmetic(first=first, steps=steps):
            found = bounds_of(first, scope, known)
            for step in steps:
                found = _combined(step.operator, found, bounds_of(step.operand, scope, known))
            return found
        case Call():
            return _bounds_of_call(node, scope, known)
    return _bounds_elsewhere(node, scope)


def _bounds_elsewhere(node: Tree, scope: Scope) -> Numbers:
    """Of an item, and of what is asked of other records, of which nothing else is known."""
    match node:
        case Pick(form=form, value=value):
            return bounds_of(value, scope.of_form(form))
        case Fold():
            return _bounds_of_fold(node, scope)
        case Current(operand=operand):
            return bounds_of(operand, scope.of_rule())
    item = item_of(node, scope)
    return _ANY_NUMBER if item is None else Numbers.within(item.hard, whole=item.whole)


def _bounds_of_fold(node: Fold, scope: Scope) -> Numbers:
    if node.value is None:
        return _COUNTED
    inside = bounds_of(node.value, scope.of_form(node.form))
    if node.operation != "total":
        return inside
    is_positive = inside.low is not None and inside.low >= 0
    is_negative = inside.high is not None and inside.high <= 0
    return Numbers(Decimal(0) if is_positive else None, Decimal(0) if is_negative else None, whole=inside.whole)


def _bounds_of_call(node: Call, scope: Scope, known: Known) -> Numbers:
    name = node.function
    if name in _COUNTS:
        return _COUNTED
    if name not in _CALLS:
        return _ANY_NUMBER
    return _CALLS[name]([bounds_of(argument, scope, known) for argument in node.arguments])


def _largest(given: Sequence[Numbers]) -> Numbers:
    return Numbers(max((one.low for one in given if one.low is not None), default=None), _highest(given))


def _smallest(given: Sequence[Numbers]) -> Numbers:
    return Numbers(_lowest(given), min((one.high for one in given if one.high is not None), default=None))


def _sum(given: Sequence[Numbers]) -> Numbers:
    found = _ZERO
    for one in given:
        found = _combined("+", found, one)
    return found


def _rounded(given: Sequence[Numbers]) -> Numbers:
    places = given[1].the_one
    return _ANY_NUMBER if places is None else _mapped(given[0], lambda number: round_half_up(number, places))


def _without_sign(given: Numbers) -> Numbers:
    if given.low is not None and given.low >= 0:
        return Numbers(given.low, given.high, whole=given.whole)
    if given.high is not None and given.high <= 0:
        high = None if given.low is None else given.low.copy_abs()
        return Numbers(given.high.copy_abs(), high, whole=given.whole)
    ends = None if given.low is None or given.high is None else max(given.low.copy_abs(), given.high)
    return Numbers(Decimal(0), ends, whole=given.whole)


def _mapped(given: Numbers, change: Callable[[Decimal], Decimal | None], *, whole: bool = False) -> Numbers:
    """The numbers behind something that keeps the order of numbers."""
    low = None if given.low is None else change(given.low)
    high = None if given.high is None else change(given.high)
    return Numbers(low, high, whole=whole)


def _lowest(given: Sequence[Numbers]) -> Decimal | None:
    lows = [one.low for one in given]
    return None if None in lows else min(low for low in lows if low is not None)


def _highest(given: Sequence[Numbers]) -> Decimal | None:
    highs = [one.high for one in given]
    return None if None in highs else max(high for high in highs if high is not None)


def _either(given: Sequence[Numbers]) -> Numbers:
    return Numbers(_lowest(given), _highest(given), whole=all(one.whole for one in given))


def _combined(symbol: str, left: Numbers, right: Numbers) -> Numbers:
    """The numbers that one step of arithmetic can give."""
    whole = _is_whole(left) and _is_whole(right) and symbol != "/"
    if symbol == "+":
        return Numbers(_end("+", left.low, right.low), _end("+", left.high, right.high), whole=whole)
    if symbol == "-":
        return Numbers(_end("-", left.low, right.high), _end("-", left.high, right.low), whole=whole)
    factor = right.the_one
    if symbol == "/" and (factor is None or factor == 0):
        return _ANY_NUMBER
    if factor is None:
        left, right, factor = right, left, left.the_one
    if factor is None:
        is_positive = left.low is not None and right.low is not None and left.low >= 0 and right.low >= 0
        return Numbers(Decimal(0) if is_positive else None, whole=whole)
    low, high = _end(symbol, left.low, factor), _end(symbol, left.high, factor)
    if factor == 0:
        return _ZERO
    return Numbers(low, high, whole=whole) if factor > 0 else Numbers(high, low, whole=whole)


def _is_whole(given: Numbers) -> bool:
    one = given.the_one
    return given.whole or (one is not None and one == one.to_integral_value())


def _end(symbol: str, left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else operation(symbol)(left, right)


_CALLS: Mapping[str, Callable[[Sequence[Numbers]], Numbers]] = MappingProxyType(
    {
        "abs": lambda given: _without_sign(given[0]),
        "floor": lambda given: _mapped(given[0], floor, whole=True),
        "if": lambda given: _either(given[1:]),
        "max": _largest,
        "max_known": _either,
        "min": _smallest,
        "round": _rounded,
        "sum": _sum,
    }
)
"""Functions whose bounds follow from those of their arguments."""
