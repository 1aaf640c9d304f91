"""Scans taken apart: over which records a rule looks, where these stand, and what else is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialkit.language.scancheck import (
    BASELINE_TAG,
    FORM_SCANS,
    SCREENING_TAG,
    VALUE_SCANS,
    named_forms,
)
from trialkit.language.tree import Call, Comparison, Constant, ItemName, Junction, Negation, Tree

__all__ = ["ScanParts", "long_question", "take_apart"]

_TAGGED = "at a visit tagged "
_PLACES = {
    "scr": f"at a visit tagged {SCREENING_TAG}",
    "bl": f"before time 0 at a visit tagged {SCREENING_TAG} or {BASELINE_TAG}",
}


@dataclass(frozen=True, slots=True)
class ScanParts:
    """A call that looks at other records.

    Attributes:
        name: ``any``, ``last`` and so on.
        form: the form whose records are looked at.
        value: what is taken from a record; None for ``any`` and ``count``.
        places: where the records stand, in words: ``at the same visit``, ``before this record``.
        asked: what else is asked of a record.
    """

    name: str
    form: str
    value: Tree | None
    places: tuple[str, ...]
    asked: tuple[Tree, ...]


def take_apart(node: Call, form: str) -> ScanParts | None:
    """A call taken apart; None for one that looks at no other records.

    Args:
        node: the call.
        form: the form on which the rule stands.
    """
    name, arguments = node.function, node.arguments
    if name in FORM_SCANS and isinstance(arguments[0], ItemName):
        return _parts(name, arguments[0].item, None, (), arguments[1:], form)
    if name in VALUE_SCANS:
        value = arguments[0]
        scanned = next(named_forms(value), form)
        before = ("before this record" if scanned == form else "at an earlier visit",) if name == "prev" else ()
        return _parts(name, scanned, value, before, arguments[1:], form)
    if name in _PLACES:
        value = arguments[0]
        return ScanParts(name, next(named_forms(value), form), value, (_PLACES[name],), ())
    if name == "at" and isinstance(arguments[0], Constant):
        value = arguments[1]
        places = (f"at timepoint {arguments[0].value} of the same visit",)
        return ScanParts(name, next(named_forms(value), form), value, places, ())
    return None


def _parts(
    name: str, scanned: str, value: Tree | None, places: tuple[str, ...], conditions: Sequence[Tree], form: str
) -> ScanParts:
    wanted = [part for condition in conditions for part in _conjuncts(condition)]
    found = [(part, _place(part, scanned == form)) for part in wanted]
    places = (*places, *(place for _, place in found if place))
    return ScanParts(name, scanned, value, places, tuple(part for part, place in found if not place))


def _conjuncts(condition: Tree) -> Sequence[Tree]:
    if isinstance(condition, Junction) and condition.operator == "and":
        return condition.operands
    return [condition]


def _place(node: Tree, is_own_form: bool) -> str:
    """Where a record stands that fulfils a condition; empty for a condition that asks something else."""
    match node:
        case Junction(operator="or", operands=operands):
            return _joined_places([_place(operand, is_own_form) for operand in operands])
        case Call(function="here"):
            return "at the same visit"
        case Call(function="before"):
            return "before this record" if is_own_form else "at an earlier visit"
        case Call(function="before_dose"):
            return "before time 0"
        case Call(function="tag", arguments=(Constant(value=str() as tag),)):
            return f"{_TAGGED}{tag}"
        case Comparison(operator="=", left=Call(function="timepoint"), right=Constant(value=str() as point)):
            return f"at timepoint {point}"
    return ""


def _joined_places(places: Sequence[str]) -> str:
    """Places of which one is enough; empty unless people say it in one phrase."""
    if all(place.startswith(_TAGGED) for place in places):
        return _TAGGED + " or ".join(place.removeprefix(_TAGGED) for place in places)
    return " or ".join(places) if all(places) and len(places) == 2 else ""


def long_question(node: Tree, form: str) -> ScanParts | None:
    """A question for records of which several things are asked, or for the lack of such; None for any other part."""
    call = node.operand if isinstance(node, Negation) else node
    parts = take_apart(call, form) if isinstance(call, Call) and call.function == "any" else None
    return parts if parts is not None and len(parts.asked) > 1 else None
