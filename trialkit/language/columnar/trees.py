"""What the columnar evaluator asks of trees: who is asked in them, and the same tree written elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Flag, auto
from functools import reduce
from operator import or_

from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Current,
    Fold,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Pick,
    Presence,
    Tree,
    children,
)


class Asked(Flag):
    """Whose record a node inside a scan looks at."""

    NOBODY = 0
    SCANNED = auto()
    CURRENT = auto()
    BOTH = SCANNED | CURRENT


POSITIONS = ("before", "here")
"""Calls that compare the scanned record with the rule's."""


LOOKING = frozenset(
    {"expected", "label", "outside_timepoint", "outside_window", "reason", "scheduled", "subjects_with", "tag", "unit"}
)
"""Calls with arguments that look at the record besides."""


def asked_in(node: Tree) -> Asked:
    """Whose record a node inside a scan looks at."""
    match node:
        case Constant() | ParameterName():
            return Asked.NOBODY
        case Current() | Pick() | Fold():
            return Asked.CURRENT
        case Call(function=function) if function in POSITIONS:
            return Asked.BOTH
        case Call(arguments=()):
            return Asked.SCANNED
    below = children(node)
    looks = not below or (isinstance(node, Call) and node.function in LOOKING)
    return reduce(or_, map(asked_in, below), Asked.SCANNED if looks else Asked.NOBODY)


def rebuilt(node: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The same node with each node right below it changed."""
    match node:
        case Call(arguments=below):
            return replace(node, arguments=tuple(map(change, below)))
        case Junction(operands=below):
            return replace(node, operands=tuple(map(change, below)))
        case Arithmetic(first=first, steps=steps):
            taken = tuple(replace(step, operand=change(step.operand), column=0) for step in steps)
            return replace(node, first=change(first), steps=taken)
        case Comparison(left=left, right=right):
            return replace(node, left=change(left), right=change(right))
        case Membership(operand=operand, choices=choices):
            return replace(node, operand=change(operand), choices=tuple(map(change, choices)))
        case Minus(operand=operand) | Presence(operand=operand) | Negation(operand=operand) | Current(operand=operand):
            return replace(node, operand=change(operand))
    return _rebuilt_scan(node, change) if isinstance(node, Pick | Fold) else node


def _rebuilt_scan(node: Pick | Fold, change: Callable[[Tree], Tree]) -> Tree:
    condition = None if node.condition is None else change(node.condition)
    if isinstance(node, Pick):
        return replace(node, value=change(node.value), condition=condition)
    return replace(node, value=None if node.value is None else change(node.value), condition=condition)


def without_columns(node: Tree) -> Tree:
    """The same tree as if it stood anywhere: equal for two that were written alike in two rules."""
    return replace(rebuilt(node, without_columns), column=0)


def of_the_rule(node: Tree) -> Tree:
    """A node inside a scan that asks only the rule's record, as it would stand outside."""
    match node:
        case Current(operand=operand):
            return operand
        case Pick() | Fold():
            return node
    return rebuilt(node, of_the_rule)


def conjuncts(condition: Tree | None) -> Iterator[Tree]:
    """The conditions of which all must be true, in the order in which they are asked."""
    if isinstance(condition, Junction) and condition.operator == "and":
        for operand in condition.operands:
            yield from conjuncts(operand)
    elif condition is not None:
        yield condition
