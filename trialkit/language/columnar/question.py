"""The condition of a scan taken apart: what is asked of the scanned record, of the rule's, and of both together."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from trialkit.language.columnar.builds import Builds
from trialkit.language.columnar.moment import DAY_SECONDS
from trialkit.language.columnar.number import aligned, as_integer
from trialkit.language.columnar.trees import Asked, asked_in, conjuncts, of_the_rule
from trialkit.language.columnar.value import (
    DAY,
    UNKNOWN,
    Clock,
    Moment,
    Nothing,
    Number,
    Text,
    Truth,
    Value,
    truth_of,
)
from trialkit.language.tree import Call, Comparison, Tree

Key = tuple[pl.Expr, pl.Expr]
"""What the scanned record and the rule's have in common: an expression for each."""


@dataclass(slots=True)
class Question:
    """The conditions of which all must be true.

    Attributes:
        of_scanned: those that the scanned record answers alone.
        of_current: those that the rule's record answers alone.
        keys: what must be equal in both.
        is_here: whether both must be of the same visit.
        is_before: whether the scanned one must stand before the rule's.
        rest: those that take both records.
    """

    of_scanned: list[Truth] = field(default_factory=list)
    of_current: list[Truth] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    is_here: bool = False
    is_before: bool = False
    rest: list[Tree] = field(default_factory=list)


def taken_apart(condition: Tree | None, current: Builds, scanned: Builds) -> Question:
    """Take the condition of a scan apart.

    Args:
        condition: the condition; None is always true.
        current: makes nodes ready that ask the rule's record.
        scanned: makes nodes ready that ask the scanned record.
    """
    question = Question()
    for part in conjuncts(condition):
        match part:
            case Call(function="here"):
                question.is_here = True
            case Call(function="before"):
                question.is_before = True
            case _ if asked_in(part) in (Asked.SCANNED, Asked.NOBODY):
                question.of_scanned.append(truth_of(scanned.build(part)))
            case _ if asked_in(part) is Asked.CURRENT:
                question.of_current.append(truth_of(current.build(of_the_rule(part))))
            case _:
                _add_both(part, question, current, scanned)
    return question


def _add_both(part: Tree, question: Question, current: Builds, scanned: Builds) -> None:
    sides = _sides(part)
    if sides is None:
        question.rest.append(part)
        return
    theirs, ours = scanned.build(sides[0]), current.build(of_the_rule(sides[1]))
    if theirs.doubt is not None or ours.doubt is not None or theirs.fails or ours.fails:
        question.rest.append(part)
    elif isinstance(theirs, Nothing) or isinstance(ours, Nothing):
        question.of_current.append(UNKNOWN)
    else:
        key, is_enough = _key(theirs, ours)
        if key is not None:
            question.keys.append(key)
        if not is_enough:
            question.rest.append(part)


def _sides(part: Tree) -> tuple[Tree, Tree] | None:
    """What an equation asks of the scanned record and of the rule's; None when it is no such equation."""
    if not (isinstance(part, Comparison) and part.operator == "="):
        return None
    match asked_in(part.left), asked_in(part.right):
        case Asked.SCANNED, Asked.CURRENT:
            return part.left, part.right
        case Asked.CURRENT, Asked.SCANNED:
            return part.right, part.left
    return None


def _key(theirs: Value, ours: Value) -> tuple[Key | None, bool]:
    """What two values that are equal have in common, and whether having it makes them equal."""
    match theirs, ours:
        case Text(text=first), Text(text=second):
            return (first, second), True
        case Clock(seconds=first), Clock(seconds=second):
            return (first, second), True
        case Number(), Number():
            pair = aligned(theirs, ours)
            key = None if pair is None else (as_integer(pair[0].main), as_integer(pair[1].main))
            return key, key is not None
        case Moment(), Moment():
            return _day_key(theirs, ours)
    return None, False


def _day_key(theirs: Moment, ours: Moment) -> tuple[Key | None, bool]:
    """Dates that are the same begin on one day: they are known equally far, or both to the day."""
    if theirs.zoned is not None and ours.zoned is not None:
        return None, False
    if theirs.least == theirs.most == ours.least == ours.most:
        return (theirs.low, ours.low), True
    days = theirs.low // DAY_SECONDS, ours.low // DAY_SECONDS
    known = (theirs.least, theirs.most), (ours.least, ours.most)
    one_is_day = (DAY, DAY) in known and theirs.least >= DAY and ours.least >= DAY
    return days, one_is_day
