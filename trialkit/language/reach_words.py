"""A settled tree in, the expression that somebody would write for it out, for messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType

from trialkit.language.judgement import phrase, quoted
from trialkit.language.scancheck import BASELINE_TAG, SCREENING_TAG
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
    Tree,
)

_LONGEST = 160


class Words:
    """Says trees in the words of the language.

    Args:
        form: the form whose items stand without it.
        names: a tree that stands for a method of the protocol to the name of the method.
    """

    def __init__(self, form: str, names: Mapping[Tree, str]) -> None:
        self._form = form
        self._names = names

    def say(self, node: Tree) -> str:
        """The expression on one line, cut where it gets too long."""
        text = self._say(node)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    def say_part(self, node: Tree) -> str:
        """The same with brackets where it stands among others."""
        return f"({self.say(node)})" if isinstance(node, Junction) else self.say(node)

    def _say(self, node: Tree) -> str:
        if node in self._names:
            return f"{self._names[node]}()"
        match node:
            case Constant() | ItemName() | ParameterName():
                return phrase(node)
            case Companion(form=form, item=item):
                return f"{form}.{item}"
            case Current(operand=operand):
                is_plain = isinstance(operand, Pick | Fold | Companion) or operand in self._names
                return self._say(operand) if is_plain else f"cur({self._say(operand)})"
            case Call(function=function, arguments=arguments):
                return f"{function}({', '.join(map(self._say, arguments))})"
            case Pick() | Fold():
                return self._say_scan(node)
            case Minus() | Arithmetic():
                return self._say_calculation(node)
        return self._say_test(node)

    def _say_calculation(self, node: Minus | Arithmetic) -> str:
        match node:
            case Minus(operand=operand):
                return f"-{self._in_brackets(operand, Arithmetic)}"
            case Arithmetic(first=first, steps=steps):
                inner = [(step.operator, self._in_brackets(step.operand, Arithmetic | Minus)) for step in steps]
                return " ".join([self._in_brackets(first, Arithmetic), *(part for step in inner for part in step)])

    def _say_test(self, node: Tree) -> str:
        match node:
            case Comparison(operator=operator, left=left, right=right):
                return f"{self._operand(left)} {operator} {self._operand(right)}"
            case Membership():
                return self._say_membership(node, "in")
            case Presence(operand=operand, wants_present=wants_present):
                return f"{self._operand(operand)} is {'present' if wants_present else 'missing'}"
            case Negation(operand=Membership() as membership):
                return self._say_membership(membership, "not in")
            case Negation(operand=operand):
                return f"not {self._operand(operand)}"
            case Junction(operator=operator, operands=operands):
                return f" {operator} ".join(self._in_brackets(operand, Junction) for operand in operands)
        return "…"

    def _say_membership(self, node: Membership, word: str) -> str:
        return f"{self._operand(node.operand)} {word} ({', '.join(map(self._say, node.choices))})"

    def _operand(self, node: Tree) -> str:
        return self._in_brackets(node, Comparison | Membership | Presence | Negation | Junction)

    def _in_brackets(self, node: Tree, kinds: type | UnionType) -> str:
        said = self._say(node)
        return f"({said})" if isinstance(node, kinds) and node not in self._names else said

    def _say_scan(self, node: Pick | Fold) -> str:
        inside = Words(node.form, self._names)
        if node.value is None:
            arguments = [node.form]
        else:
            arguments = [inside.say_of_form(node.value, "" if node.form == self._form else node.form)]
        if isinstance(node, Fold):
            name, conditions = node.operation, _conditions(node.condition)
        else:
            name, before, conditions = _written(node)
            arguments = [*before, *arguments]
        said = [inside._in_brackets(condition, Junction) for condition in conditions]
        return f"{name}({', '.join([*arguments, ' and '.join(said)] if said else arguments)})"

    def say_of_form(self, node: Tree, form: str) -> str:
        """A value of the records of a form; an item that stands alone carries the form, unless that is empty."""
        said = self._say(node)
        return f"{form}.{said}" if form and isinstance(node, ItemName) else said


def _conditions(condition: Tree | None) -> list[Tree]:
    if isinstance(condition, Junction) and condition.operator == "and":
        return list(condition.operands)
    return [] if condition is None else [condition]


def _written(node: Pick) -> tuple[str, list[str], list[Tree]]:
    """The name, the arguments before the value, and the conditions with which somebody wrote a scan."""
    conditions = _conditions(node.condition)
    match conditions:
        case [Call(function="before"), *rest] if node.which == "last":
            return "prev", [], rest
        case [Call(function="tag", arguments=(Constant(value=tag),))] if tag == SCREENING_TAG:
            return "scr", [], []
        case [Junction(operands=(_, Call(arguments=(Constant(value=tag),)))), Call(function="before_dose")]:
            if tag == BASELINE_TAG:
                return "bl", [], []
        case [Call(function="here"), Comparison(left=Call(function="timepoint"), right=Constant(value=str() as point))]:
            return "at", [quoted(point)], []
    return node.which, [], conditions
