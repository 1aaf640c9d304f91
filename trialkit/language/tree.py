"""The tree of an expression: what was written, frozen, with columns. It knows no kinds, no records, no meaning.

Every evaluator walks this tree. A node's `column` is that of its own symbol: the operator of a comparison, the
first character of a name, number, text or call. The first character of the text is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Constant:
    """A number or a text as written: ``120``, ``"Y"``."""

    value: Decimal | str
    column: int


@dataclass(frozen=True, slots=True)
class ItemName:
    """An item: ``SYSBP``, or ``VS.SYSBP`` with its form."""

    form: str | None
    item: str
    column: int


@dataclass(frozen=True, slots=True)
class ParameterName:
    """A protocol parameter: ``P.bp_hold_sys``."""

    parameter: str
    column: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments: ``days(A, B)``."""

    function: str
    arguments: tuple[Tree, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain of arithmetic: an operator (``+ - * /``) and what it takes in."""

    operator: str
    operand: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A chain of one precedence, worked from left to right: ``A - B + C``. At least one step."""

    first: Tree
    steps: tuple[Step, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Minus:
    """The negative of a number."""

    operand: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values and one of ``= <> < <= > >=``."""

    operator: str
    left: Tree
    right: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Membership:
    """``X in (A, B)``; ``X not in (A, B)`` is this within a `Negation`."""

    operand: Tree
    choices: tuple[Tree, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Presence:
    """``X is present`` or ``X is missing``."""

    operand: Tree
    wants_present: bool
    column: int


@dataclass(frozen=True, slots=True)
class Negation:
    """``not X``."""

    operand: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more truth values joined by one of ``and``, ``or``."""

    operator: str
    operands: tuple[Tree, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Pick:
    """The value in the first or the last of a form's records that has one. Not written: made by `resolve`.

    Attributes:
        which: ``first`` or ``last`` in the order of the records.
        form: the form whose records are looked at.
        value: what is taken from a record; a record without it is passed over.
        condition: which records count; None is every one. A record for which it is unknown does not count.
        column: that of the call.
    """

    which: str
    form: str
    value: Tree
    condition: Tree | None
    column: int


@dataclass(frozen=True, slots=True)
class Fold:
    """What all records of a form come to together. Not written: made by `resolve`.

    Attributes:
        operation: ``any``, ``count`` (of records), or ``total``, ``lowest``, ``highest`` (of the values that are
            there; a total of none is 0, the lowest and highest of none are missing).
        form: the form whose records are looked at.
        value: the number taken from a record; None for ``any`` and ``count``.
        condition: which records count; None is every one. A record for which it is unknown does not count.
        column: that of the call.
    """

    operation: str
    form: str
    value: Tree | None
    condition: Tree | None
    column: int


@dataclass(frozen=True, slots=True)
class Companion:
    """An item of the record of another form that goes with this one. Not written: made by `resolve`."""

    form: str
    item: str
    column: int


@dataclass(frozen=True, slots=True)
class Current:
    """Inside a scan: what is asked of the record on which the rule stands. Not written: made by `resolve`."""

    operand: Tree
    column: int


Test = Comparison | Membership | Presence | Negation | Junction
"""The nodes that always give a truth value."""

Scan = Pick | Fold
"""The nodes that look at all records of a form; what stands inside is asked of each of those."""

Tree = Constant | ItemName | ParameterName | Call | Arithmetic | Minus | Test | Scan | Companion | Current
"""Any node; the root of an expression is one too."""


def children(node: Tree) -> tuple[Tree, ...]:
    """The nodes right below a node, in the order in which they are written."""
    match node:
        case Call(arguments=below) | Junction(operands=below):
            return below
        case Arithmetic(first=first, steps=steps):
            return (first, *(step.operand for step in steps))
        case Comparison(left=left, right=right):
            return (left, right)
        case Membership(operand=operand, choices=choices):
            return (operand, *choices)
        case Minus(operand=operand) | Presence(operand=operand) | Negation(operand=operand) | Current(operand=operand):
            return (operand,)
        case Pick(value=value, condition=condition) | Fold(value=value, condition=condition):
            return tuple(below for below in (value, condition) if below is not None)
    return ()


def walk(tree: Tree) -> Iterator[tuple[Tree, int]]:
    """Every node with its depth (the root has 1), parents first, in the order in which they are written."""
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(children(node)))


def items_in(tree: Tree) -> tuple[str, ...]:
    """The names of the items in a tree, each once, in the order of first use."""
    return tuple(dict.fromkeys(node.item for node, _ in walk(tree) if isinstance(node, ItemName)))
