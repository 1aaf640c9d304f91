"""A checked tree in, the tree that evaluators walk out: who is asked what is settled, and shorthands are written out.

Afterwards an `ItemName` without a form is an item of the record at hand: the rule's own, or the scanned one inside a
`Pick` or `Fold`. What is asked of the rule's record inside a scan stands in a `Current`, other scans among it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trialkit.language.parse import parse
from trialkit.language.scancheck import BASELINE_TAG, FORM_SCANS, NUMBER_SCANS, SCREENING_TAG, VALUE_SCANS, named_forms
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
    Pick,
    Presence,
    Tree,
)


def resolve(tree: Tree, scope: Scope, scanned: str | None = None) -> Tree:
    """Settle a tree that passed the type check.

    Args:
        tree: the tree as parsed.
        scope: what it speaks of.
        scanned: the form whose records are asked; None for the rule's own record.
    """

    def inside(node: Tree) -> Tree:
        return resolve(node, scope, scanned)

    match tree:
        case ItemName():
            return _item(tree, scope, scanned)
        case Call():
            return _call(tree, scope, scanned)
        case Arithmetic():
            steps = tuple(replace(step, operand=inside(step.operand)) for step in tree.steps)
            return replace(tree, first=inside(tree.first), steps=steps)
        case Comparison():
            return replace(tree, left=inside(tree.left), right=inside(tree.right))
        case Membership():
            choices = tuple(inside(choice) for choice in tree.choices)
            return replace(tree, operand=inside(tree.operand), choices=choices)
        case Minus() | Presence() | Negation():
            return replace(tree, operand=inside(tree.operand))
        case Junction():
            return replace(tree, operands=tuple(inside(operand) for operand in tree.operands))
    return tree


def _item(node: ItemName, scope: Scope, scanned: str | None) -> Tree:
    own = replace(node, form=None)
    if node.form is None or node.form == (scanned or scope.form):
        return own
    asked: Tree = own if node.form == scope.form else Companion(node.form, node.item, node.column)
    return asked if scanned is None else Current(asked, node.column)


def _call(node: Call, scope: Scope, scanned: str | None) -> Tree:
    of_the_rule: Tree | None = _scan(node, scope)
    if of_the_rule is None and node.function in scope.methods:
        of_the_rule = resolve(parse(scope.methods[node.function]), scope)
    if of_the_rule is not None:
        return of_the_rule if scanned is None else Current(of_the_rule, node.column)
    if node.function == "cur":
        return Current(resolve(node.arguments[0], scope), node.column)
    return replace(node, arguments=tuple(resolve(argument, scope, scanned) for argument in node.arguments))


def _scan(node: Call, scope: Scope) -> Pick | Fold | None:
    """A scan or a shorthand for one, asked of the rule's record; None for any other call."""
    name, arguments, column = node.function, node.arguments, node.column
    if name in FORM_SCANS and isinstance(arguments[0], ItemName):
        form = arguments[0].item
        return Fold(name, form, None, _joined(arguments[1:], form, scope), column)
    if name in VALUE_SCANS:
        return _value_scan(name, arguments[0], arguments[1:], scope, column)
    if name == "scr":
        return _value_scan("last", arguments[0], [_tag(SCREENING_TAG, column)], scope, column)
    if name == "bl":
        tags = Junction("or", (_tag(SCREENING_TAG, column), _tag(BASELINE_TAG, column)), column)
        return _value_scan("last", arguments[0], [tags, Call("before_dose", (), column)], scope, column)
    if name == "at":
        point = Comparison("=", Call("timepoint", (), column), arguments[0], column)
        return _value_scan("last", arguments[1], [Call("here", (), column), point], scope, column)
    return None


def _value_scan(name: str, value: Tree, conditions: Sequence[Tree], scope: Scope, column: int) -> Pick | Fold:
    form = next(named_forms(value), scope.form)
    if name == "prev":
        conditions = [Call("before", (), column), *conditions]
    condition = _joined(conditions, form, scope)
    taken = resolve(value, scope, form)
    if name in NUMBER_SCANS:
        return Fold(name, form, taken, condition, column)
    return Pick("first" if name == "first" else "last", form, taken, condition, column)


def _joined(conditions: Sequence[Tree], form: str, scope: Scope) -> Tree | None:
    settled = tuple(resolve(condition, scope, form) for condition in conditions)
    if len(settled) < 2:
        return settled[0] if settled else None
    return Junction("and", settled, settled[0].column)


def _tag(tag: str, column: int) -> Tree:
    return Call("tag", (Constant(tag, column),), column)
