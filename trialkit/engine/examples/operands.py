"""What the parts of a rule's condition came to on one record, for whoever asks why it did or did not fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from decimal import Decimal

from trialkit.language import ExpressionError, NotEvaluated, Row, Scope, compile_expression
from trialkit.language.parse import parse
from trialkit.language.scancheck import SCAN_CALLS
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
    children,
)
from trialkit.model.kind import Kind, Typed

__all__ = ["operand_values", "typed_words", "written"]


def operand_values(condition: str, scope: Scope, row: Row) -> Mapping[str, str]:
    """What each part of a condition comes to: part as written to its value, in the order of first use.

    Args:
        condition: the condition of a rule.
        scope: what it speaks of.
        row: the record on which it stands.
    """
    parts = dict.fromkeys(written(node) for node in _operands(parse(condition)))
    return {part: found for part in parts if (found := _value(part, scope, row)) is not None}


def _value(part: str, scope: Scope, row: Row) -> str | None:
    """None for a part that means nothing on its own."""
    try:
        return typed_words(compile_expression(part, scope, Kind.ANY).evaluate(row))
    except ExpressionError:
        return None
    except NotEvaluated:
        return "not evaluated"


def typed_words(value: Typed) -> str:
    """A value for people: ``120``, ``"Y"``, ``2024-05``, ``missing``."""
    match value:
        case None:
            return "missing"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case str():
            return f'"{value}"'
        case tuple():
            return ", ".join(f'"{code}"' for code in value)
        case time():
            return value.isoformat("minutes")
    return str(value)


def _operands(node: Tree) -> Iterator[Tree]:
    """The parts that are worth showing: what is compared, and what that is computed from. No part of a scan."""
    match node:
        case Constant():
            return
        case ItemName() | ParameterName():
            yield node
            return
        case Call(function=function) if function in SCAN_CALLS:
            yield node
            return
        case Call() | Arithmetic() | Minus():
            yield node
    for below in children(node):
        yield from _operands(below)


def written(node: Tree) -> str:
    """A parsed expression as somebody would write it."""
    match node:
        case Constant(value=str() as text):
            return '"' + text.replace('"', '""') + '"'
        case Constant(value=number):
            return format(number, "f")
        case ItemName(form=form, item=item):
            return f"{form}.{item}" if form else item
        case ParameterName(parameter=parameter):
            return f"P.{parameter}"
        case Call(function=function, arguments=arguments):
            return f"{function}({_listed(arguments)})"
        case Minus(operand=operand):
            return f"-{_within(operand, _CALCULATIONS + _TESTS)}"
        case Arithmetic(first=first, steps=steps):
            parts = [f" {step.operator} {_within(step.operand, _CALCULATIONS + _TESTS)}" for step in steps]
            return _within(first, _CALCULATIONS + _TESTS) + "".join(parts)
    return _written_test(node)


def _written_test(node: Tree) -> str:
    match node:
        case Comparison(operator=symbol, left=left, right=right):
            return f"{_within(left, _TESTS)} {symbol} {_within(right, _TESTS)}"
        case Negation(operand=Membership(operand=operand, choices=choices)):
            return f"{_within(operand, _TESTS)} not in ({_listed(choices)})"
        case Membership(operand=operand, choices=choices):
            return f"{_within(operand, _TESTS)} in ({_listed(choices)})"
        case Presence(operand=operand, wants_present=wants_present):
            return f"{_within(operand, _TESTS)} is {'present' if wants_present else 'missing'}"
        case Negation(operand=operand):
            return f"not {_within(operand, _TESTS)}"
        case Junction(operator=word, operands=operands):
            return f" {word} ".join(_within(operand, (Junction,)) for operand in operands)
    raise TypeError(f"{type(node).__name__} is not written by anybody")


_CALCULATIONS = (Arithmetic, Minus)
_TESTS = (Comparison, Membership, Presence, Negation, Junction)


def _listed(nodes: Sequence[Tree]) -> str:
    return ", ".join(map(written, nodes))


def _within(node: Tree, loose: tuple[type, ...]) -> str:
    """The same, in brackets when it is one of those that bind more loosely than what stands around it."""
    return f"({written(node)})" if isinstance(node, loose) else written(node)
