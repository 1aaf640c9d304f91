"""Finds items that nobody is ever asked for, since the conditions that lead to them exclude each other.

An item has a value only where its own `collect_when` is not false. So what A needs of B has to go together with what B
needs of C.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trialkit.language.parse import parse
from trialkit.language.problem import ExpressionError
from trialkit.language.reach import why_never
from trialkit.language.reach_goals import TRUE
from trialkit.language.reach_search import can_be
from trialkit.language.reach_words import Words
from trialkit.language.resolve import resolve
from trialkit.language.scope import Scope
from trialkit.language.tree import Tree
from trialkit.language.typecheck import check_kinds
from trialkit.model.form import Form
from trialkit.model.kind import Kind


class UnreachableItem(NamedTuple):
    """An item that nobody is ever asked for.

    Attributes:
        item: the item.
        message: why, one sentence.
        remedy: what to do, one sentence.
    """

    item: str
    message: str
    remedy: str


def unreachable_items(form: Form, scope: Scope) -> list[UnreachableItem]:
    """The items of a form whose `collect_when` can never be true, alone or together with those it leads back to.

    Args:
        form: the form. A condition that makes no sense is passed over; it is told elsewhere.
        scope: what its expressions may speak of.

    Returns:
        The items in the order of the form; without those that only depend on another one of them.
    """
    conditions = _conditions(form, scope)
    chains: dict[str, tuple[str, ...]] = {}
    for item, condition in conditions.items():
        others = {name: other for name, other in conditions.items() if name != item}
        if not can_be(condition, TRUE, scope, others):
            chains[item] = _needed(condition, others, scope)
    return [
        _told(form, item, chain, conditions, scope)
        for item, chain in chains.items()
        if not any(other in chains and item not in chains[other] for other in chain)
    ]


def _conditions(form: Form, scope: Scope) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    for item in form.items:
        if item.collect_when is not None:
            try:
                tree = parse(item.collect_when)
                check_kinds(tree, scope, Kind.BOOLEAN)
            except ExpressionError:
                continue
            found[item.item] = resolve(tree, scope)
    return found


def _needed(condition: Tree, others: Mapping[str, Tree], scope: Scope) -> tuple[str, ...]:
    """The items without whose conditions a condition could be true."""
    kept = dict(others)
    for name in others:
        fewer = {other: tree for other, tree in kept.items() if other != name}
        if not can_be(condition, TRUE, scope, fewer):
            kept = fewer
    return tuple(kept)


def _told(
    form: Form, item: str, chain: tuple[str, ...], conditions: Mapping[str, Tree], scope: Scope
) -> UnreachableItem:
    words = Words(scope.form, {})
    on_the_way = {name: conditions[name] for name in chain}
    parts = why_never(conditions[item], scope, on_the_way)
    needed = " and ".join(words.say_part(part) for part in parts)
    because = [f"it needs {needed}"]
    because += [f"{name} is asked for only when {words.say(conditions[name])}" for name in chain]
    found = form.item(item)
    is_required = found is not None and found.required
    opening = f"{item} is required and can never be asked for" if is_required else f"{item} can never be asked for"
    if not chain and len(parts) > 1:
        because[0] += f", which can never {'both' if len(parts) == 2 else 'all'} be true"
    elif not chain:
        because[0] += ", which can never be true"
    message = f"{opening}: {', and '.join(because)}."
    names = " or of ".join((item, *chain))
    return UnreachableItem(item, message, f"Change the condition of {names}, or take {item} out of the form.")
