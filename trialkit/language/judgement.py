"""What the type check knows of one node, and the words in which it speaks of nodes and kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from trialkit.language.problem import ProblemCode
from trialkit.language.scope import Scope
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    ItemName,
    Membership,
    Minus,
    ParameterName,
    Presence,
    Tree,
)
from trialkit.model.interval import Interval
from trialkit.model.kind import Kind


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a node's value before any record is seen.

    Attributes:
        kind: the kind of the value; ANY after a fault, so that one fault is reported once.
        codes: the only texts it can be, or None when it can be any.
        codes_of: where those texts come from, in words: ``the code list of SEX``.
        hard: the only numbers it can be, or None.
        unit: the unit of its numbers as written, or None when they have none or it is not known.
    """

    kind: Kind
    codes: tuple[str, ...] | None = None
    codes_of: str = ""
    hard: Interval | None = None
    unit: str | None = None


class Judge(Protocol):
    """Who judges nodes: given to the functions that judge one sort of node."""

    @property
    def scope(self) -> Scope:
        """What the expression may speak of."""

    def judge(self, node: Tree) -> Judgement:
        """Judge a node and all below it, reporting what is wrong."""

    @property
    def scanned(self) -> str | None:
        """The form whose records are scanned where the judge stands; None outside of a scan."""

    def judge_in(self, scanned: str | None, node: Tree) -> Judgement:
        """Judge a node that is asked of each record of a form, or of the rule's own record (None)."""

    def judge_method(self, node: Call) -> Judgement:
        """What a method of the protocol gives."""

    def report(self, code: ProblemCode, message: str, remedy: str, column: int, *, is_absent: bool = False) -> None:
        """Add a problem."""


@dataclass(frozen=True, slots=True)
class RowCall:
    """A function that looks at the record and not only at its arguments.

    Attributes:
        usage: how it is written.
        fewest: the least number of arguments.
        most: the greatest number of arguments.
        judge: judges a call that has the right number of arguments.
        meaning: one sentence for people.
    """

    usage: str
    fewest: int
    most: int
    judge: Callable[[Call, Judge], Judgement]
    meaning: str


IN_WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.BOOLEAN: "a truth value",
        Kind.NUMBER: "a number",
        Kind.TEXT: "a text",
        Kind.CODES: "a set of several codes",
        Kind.DATE: "a date",
        Kind.TIME: "a time",
        Kind.ANY: "a value of any kind",
    }
)
"""Kinds as they stand in a sentence."""


def constant_of(node: Tree) -> Decimal | str | None:
    """The value of a number or text as written, with its sign; None for every other node."""
    match node:
        case Constant(value=value):
            return value
        case Minus(operand=Constant(value=Decimal() as number)):
            return number.copy_negate()
    return None


def phrase(node: Tree) -> str:
    """A node in a sentence: ``SYSBP``, ``"Y"``, ``days()``, ``the comparison``."""
    constant = constant_of(node)
    if constant is not None:
        return quoted(constant) if isinstance(constant, str) else format(constant, "f")
    match node:
        case ItemName(form=form, item=item):
            return f"{form}.{item}" if form else item
        case ParameterName(parameter=parameter):
            return f"P.{parameter}"
        case Call(function=function):
            return f"{function}()"
        case Arithmetic() | Minus():
            return "the calculation"
        case Comparison() | Membership() | Presence():
            return "the comparison"
    return "the condition"


def quoted(text: str) -> str:
    """A text as an expression would write it."""
    return '"' + text.replace('"', '""') + '"'


def fits(given: Kind, wanted: Kind) -> bool:
    """Whether a value of one kind can stand where another is wanted."""
    return given == wanted or Kind.ANY in (given, wanted)


def require_truth(node: Tree, judged: Judgement, by: Judge) -> None:
    """Report a value that stands where only true, false or unknown can."""
    if fits(judged.kind, Kind.BOOLEAN):
        return
    name = phrase(node) if isinstance(node, ItemName | ParameterName) else "ITEM"
    example = {
        Kind.TEXT: f"{name} = {quoted(judged.codes[0] if judged.codes else 'Y')}",
        Kind.NUMBER: f"{name} > 0",
    }.get(judged.kind, f"{name} is present")
    by.report(
        ProblemCode.KIND,
        f"{phrase(node)} is {IN_WORDS[judged.kind]} where a truth value is expected.",
        f"Write a comparison, for example {example}.",
        node.column,
    )
