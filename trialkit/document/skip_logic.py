"""Skip logic for paper: what an expression comes to at one visit before anything is entered, and the rest in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trialkit.language.parse import parse
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
    Tree,
)
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol, Visit

__all__ = ["Asking", "SkipWords", "settle"]

_SIGNS = {"=": "=", "<>": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_SUMS = ("+", "-")
_LONGEST_LABEL = 30


@dataclass(frozen=True, slots=True)
class Asking:
    """Whether an item is asked at a visit.

    Attributes:
        is_asked: False when the schedule alone rules it out.
        words: the condition that is left, in words; empty when it is always asked.
    """

    is_asked: bool
    words: str = ""


class SkipWords:
    """Expressions on one form in the words of people: labels instead of codes, numbers instead of parameters."""

    def __init__(self, form: Form, codelists: Mapping[str, CodeList], protocol: Protocol) -> None:
        self._protocol = protocol
        self._labels = {
            item.item: {term.code: term.display for term in codelists[item.codelist].terms}
            for item in form.items
            if item.codelist is not None and item.codelist in codelists
        }

    def asking(self, condition: str | None, visit: Visit | None, timepoint: str | None = None) -> Asking:
        """Whether and when an item with this condition is asked.

        Args:
            condition: the item's `collect_when`.
            visit: the visit; None for a page that serves every visit.
            timepoint: the timepoint of the record, empty for a record without one; None for a page that serves several.
        """
        if condition is None:
            return Asking(True)
        left = settle(parse(condition), self._protocol, visit, timepoint)
        return Asking(left) if isinstance(left, bool) else Asking(True, self.words(left))

    def words(self, tree: Tree) -> str:
        """An expression in words, without brackets around the whole."""
        match tree:
            case Junction(operator=word, operands=operands):
                return f" {word} ".join(self._inside(operand) for operand in operands)
            case Negation(operand=Membership() as inner):
                return self._membership(inner, "is none of")
            case Negation(operand=operand):
                return f"not {self._inside(operand)}"
            case Comparison():
                return self._comparison(tree)
            case Membership():
                return self._membership(tree, "is one of")
            case Presence(operand=operand, wants_present=wants_present):
                return f"{self._inside(operand)} is {'filled in' if wants_present else 'blank'}"
        return self._value(tree)

    def _inside(self, tree: Tree) -> str:
        """The same with brackets where it would otherwise be misread."""
        words = self.words(tree)
        return f"({words})" if isinstance(tree, Junction | Arithmetic) else words

    def _comparison(self, tree: Comparison) -> str:
        left = self._side(tree.left, tree.right)
        return f"{left} {_SIGNS[tree.operator]} {self._side(tree.right, tree.left)}"

    def _membership(self, tree: Membership, words: str) -> str:
        listed = ", ".join(self._side(choice, tree.operand) for choice in tree.choices)
        if len(tree.choices) == 1:
            words = words.replace("one of", "").replace("none of", "not").strip()
        return f"{self._inside(tree.operand)} {words} {listed}"

    def _side(self, tree: Tree, other: Tree) -> str:
        """One side of a comparison; a code is named by its label where the other side is an item that knows it."""
        if isinstance(tree, Constant) and isinstance(tree.value, str) and isinstance(other, ItemName):
            label = self._labels.get(other.item, {}).get(tree.value, tree.value)
            return label if len(label) <= _LONGEST_LABEL else tree.value
        return self.words(tree) if isinstance(tree, Arithmetic) else self._inside(tree)

    def _value(self, tree: Tree) -> str:
        match tree:
            case Constant(value=value):
                return str(value)
            case ItemName(item=item):
                return item
            case ParameterName(parameter=name):
                return self._parameter(name)
            case Minus(operand=operand):
                return f"-{self._inside(operand)}"
            case Arithmetic(first=first, steps=steps):
                is_sum = steps[0].operator in _SUMS
                parts = [f" {step.operator} {self._operand(step.operand, is_sum)}" for step in steps]
                return self._operand(first, is_sum) + "".join(parts)
            case Call(function=function, arguments=arguments):
                return self._call(function, arguments)
        return self.words(tree)

    def _operand(self, tree: Tree, is_sum: bool) -> str:
        """A part of a sum or a product; a product within a sum needs no brackets."""
        is_product = isinstance(tree, Arithmetic) and tree.steps[0].operator not in _SUMS
        return self.words(tree) if is_sum and is_product else self._inside(tree)

    def _parameter(self, name: str) -> str:
        found = self._protocol.parameters.get(name)
        return name if found is None else f"{found.value} {found.unit}".strip()

    def _call(self, function: str, arguments: Sequence[Tree]) -> str:
        given = [self.words(argument) for argument in arguments]
        match function, given:
            case "tag", [name]:
                return f"the visit is tagged {name}"
            case "scheduled", [name]:
                return f"{name} is scheduled"
            case (("visit" | "timepoint" | "route" | "repeat"), []):
                return f"the {'number of the row' if function == 'repeat' else function}"
            case "has", [item, code]:
                return f"{item} includes {code}"
            case (("days" | "hours" | "minutes" | "years"), [first, second]):
                return f"{function} from {first} to {second}"
            case (("label" | "number" | "text" | "date"), [name]):
                return name
            case "today", []:
                return "today"
        return f"{function}({', '.join(given)})"


def settle(tree: Tree, protocol: Protocol, visit: Visit | None, timepoint: str | None = None) -> Tree | bool:
    """What is left of an expression where protocol, visit and timepoint are known: true, false, or the open part."""
    match tree:
        case Junction(operator=word, operands=operands):
            parts = [settle(operand, protocol, visit, timepoint) for operand in operands]
            return _settle_junction(tree, word == "or", parts)
        case Negation(operand=operand):
            left = settle(operand, protocol, visit, timepoint)
            return not left if isinstance(left, bool) else replace(tree, operand=left)
        case Call(function="tag", arguments=(Constant(value=str() as name),)):
            return tree if visit is None else name in visit.tags
        case Call(function="scheduled", arguments=(Constant(value=str() as name),)):
            return _is_scheduled(tree, name, visit, timepoint)
        case Presence(operand=operand, wants_present=wants_present):
            known = _known(operand, protocol, visit, timepoint)
            return tree if known is None else bool(known) is wants_present
        case Comparison(operator="=" | "<>" as sign, left=left, right=Constant(value=str() as value)):
            known = _known(left, protocol, visit, timepoint)
            return (known == value) is (sign == "=") if known else tree
        case Membership(operand=operand, choices=choices):
            known = _known(operand, protocol, visit, timepoint)
            listed = [choice.value for choice in choices if isinstance(choice, Constant)]
            return known in listed if known and len(listed) == len(choices) else tree
    return tree


def _settle_junction(tree: Junction, decisive: bool, settled: Sequence[Tree | bool]) -> Tree | bool:
    if any(part is decisive for part in settled):
        return decisive
    left = _without_repetition([part for part in settled if not isinstance(part, bool)])
    if not left:
        return not decisive
    return left[0] if len(left) == 1 else replace(tree, operands=tuple(left))


def _without_repetition(parts: Sequence[Tree]) -> list[Tree]:
    """Without "X is filled in" where another part compares X anyway: the two say the same to a reader."""
    compared = {part.left for part in parts if isinstance(part, Comparison)}
    names = {one.item for one in compared if isinstance(one, ItemName)}
    return [
        part
        for part in parts
        if not (isinstance(part, Presence) and isinstance(part.operand, ItemName) and part.operand.item in names)
    ]


def _is_scheduled(tree: Call, form: str, visit: Visit | None, timepoint: str | None) -> Tree | bool:
    if visit is None:
        return tree
    entries = visit.entries(form)
    if not entries or not timepoint:
        return bool(entries) if not entries or timepoint == "" else tree
    return any(timepoint in entry.timepoints for entry in entries)


def _known(tree: Tree, protocol: Protocol, visit: Visit | None, timepoint: str | None) -> str | None:
    """What a call without arguments gives; empty when it gives nothing, None when nobody knows yet."""
    match tree:
        case Call(function="visit", arguments=()):
            return None if visit is None else visit.visit
        case Call(function="timepoint", arguments=()):
            return timepoint
        case Call(function="route", arguments=()):
            return protocol.route
    return None
