"""The condition of a rule in, what it does where something is missing out, in sentences.

Each item of the record is taken away in turn, and the condition is asked whether it can still be true, whatever the
rest may be. That is as sure as the language itself: a comparison with a missing value is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trialkit.document.rule_scans import take_apart
from trialkit.language.functions import BUILTIN_FUNCTIONS
from trialkit.language.parse import parse
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    Presence,
    Tree,
    children,
    walk,
)
from trialkit.wording import list_some

__all__ = ["needed_items", "silence_words"]

Possible = frozenset[bool]
"""Which of true and false a condition can be; unknown is always possible and is not kept."""

_MOST_NAMES = 8
_NOTHING: Possible = frozenset()
_EITHER: Possible = frozenset({True, False})
_BEARS_MISSING = {function.name for function in BUILTIN_FUNCTIONS if function.takes_missing} - {"dtc"} | {"reason"}


def silence_words(form: str, condition: str) -> tuple[str, ...]:
    """What a rule does where something is missing.

    Args:
        form: the form on which the rule stands.
        condition: its condition.
    """
    tree = parse(condition)
    names = list(dict.fromkeys(_Taken(form, "").asked(tree)))
    sought = set(_Taken(form, "").sought(tree))
    needed = needed_items(form, condition)
    wanted = [name for name in names if name in sought and name not in needed]
    others = [name for name in names if name not in (*wanted, *needed)]
    return tuple(_sentences(tree, form, needed, wanted, others))


def needed_items(form: str, condition: str) -> tuple[str, ...]:
    """The items without which a rule does not fire, those of other forms with their form.

    Args:
        form: the form on which the rule stands.
        condition: its condition.
    """
    tree = parse(condition)
    names = dict.fromkeys(_Taken(form, "").asked(tree))
    return tuple(name for name in names if True not in _Taken(form, name).truth(tree))


def _sentences(
    tree: Tree, form: str, needed: Sequence[str], wanted: Sequence[str], others: Sequence[str]
) -> Iterator[str]:
    if needed:
        yield f"Where {_any_of(needed)} is missing, it does not fire."
    if wanted:
        yield f"It looks for it that {_any_of(wanted)} is missing."
    if others:
        yield f"Where {_any_of(others)} is missing, it may still fire because of the rest."
    if any("." in name for name in (*needed, *others)):
        yield "An item of another form is missing where that form has no such record."
    scans = [node for node, _ in walk(tree) if isinstance(node, Call) and take_apart(node, form) is not None]
    if any(parts is not None and parts.asked for parts in (take_apart(node, form) for node in scans)):
        yield "Among the other records, one that lacks what is asked of it does not count."
    if not needed and not wanted and not others and scans:
        yield "Of this record itself it needs nothing."


def _any_of(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"one of {list_some(names, _MOST_NAMES // 2)}"
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _joined(parts: Sequence[Possible], *, decisive: bool) -> Possible:
    """What parts come to together: one that is decisive decides (true for or), else all must be the other."""
    found = {decisive} if any(decisive in part for part in parts) else set()
    if all((not decisive) in part for part in parts):
        found.add(not decisive)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A record from which one item is taken away.

    Attributes:
        form: the form on which the rule stands.
        name: the item, with its form when that is another one.
        scanned: inside a scan, the form whose records are asked.
    """

    form: str
    name: str
    scanned: str = ""

    def asked(self, tree: Tree) -> Iterator[str]:
        """The items of this record, and of those that go with it, that a condition reads."""
        for node, taken in self._parts(tree):
            name = taken._name(node) if isinstance(node, ItemName) else None
            yield from () if name is None else (name,)

    def sought(self, tree: Tree) -> Iterator[str]:
        """Those of which it asks whether they are missing."""
        for node, taken in self._parts(tree):
            if isinstance(node, Presence) and not node.wants_present and isinstance(node.operand, ItemName):
                yield from taken.asked(node.operand)

    def _parts(self, node: Tree) -> Iterator[tuple[Tree, _Taken]]:
        """Every part of a condition, with the record that it is asked of."""
        yield node, self
        below, inside = children(node), self
        if isinstance(node, Call) and node.function == "cur":
            inside = replace(self, scanned="")
        parts = take_apart(node, self.form) if isinstance(node, Call) else None
        if parts is not None:
            inside = replace(self, scanned=parts.form)
            below = parts.asked if parts.value is None else (parts.value, *parts.asked)
        for child in below:
            yield from inside._parts(child)

    def _name(self, node: ItemName) -> str | None:
        """None for an item of the record that is scanned."""
        if self.scanned and node.form in (None, self.scanned):
            return None
        return node.item if node.form in (None, self.form) else f"{node.form}.{node.item}"

    def truth(self, node: Tree) -> Possible:
        """What a condition can be, whatever everything else is."""
        match node:
            case Comparison() | Membership():
                return _NOTHING if any(self._is_missing(below) for below in children(node)) else _EITHER
            case Presence(operand=operand, wants_present=wants_present):
                return frozenset({not wants_present}) if self._is_missing(operand) else _EITHER
            case Negation(operand=operand):
                return frozenset(not possible for possible in self.truth(operand))
            case Junction(operator=word, operands=operands):
                return _joined([self.truth(operand) for operand in operands], decisive=word == "or")
            case Call():
                return self._call_truth(node)
        return _EITHER

    def _call_truth(self, node: Call) -> Possible:
        match node.function, node.arguments:
            case "any", (_, *_):
                return _EITHER if self._can_match(node) else frozenset({False})
            case "cur", (value,):
                return replace(self, scanned="").truth(value)
            case "has", (codes, _):
                return _NOTHING if self._is_missing(codes) else _EITHER
        return _EITHER

    def _can_match(self, node: Call) -> bool:
        """Whether a record can be what a scan looks for."""
        parts = take_apart(node, self.form)
        if parts is None:
            return True
        inside = replace(self, scanned=parts.form)
        return all(True in inside.truth(condition) for condition in parts.asked)

    def _is_missing(self, node: Tree) -> bool:
        """Whether a value is missing for sure."""
        match node:
            case ItemName():
                return self._name(node) == self.name
            case Call(function="cur", arguments=(value,)):
                return replace(self, scanned="")._is_missing(value)
            case Call(function="dtc", arguments=(day, _)):
                return self._is_missing(day)
            case Call(function="if", arguments=(condition, *branches)):
                possible = self.truth(condition)
                reached = [branch for side, branch in zip((True, False), branches, strict=False) if side in possible]
                return all(self._is_missing(branch) for branch in reached)
            case Call(function=name):
                parts = take_apart(node, self.form)
                if parts is not None:
                    return name not in ("count", "total") and not self._can_match(node)
                return name not in _BEARS_MISSING and any(self._is_missing(below) for below in node.arguments)
            case Arithmetic() | Minus():
                return any(self._is_missing(below) for below in children(node))
        return False
