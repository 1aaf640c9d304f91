"""The goals of a search, and the ways in which a condition that is put together of others can come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialkit.language.reach_facts import Orders, Outcomes
from trialkit.language.tree import Tree

TRUE: Outcomes = frozenset({True})
FALSE: Outcomes = frozenset({False})
UNKNOWN: Outcomes = frozenset({None})
NOT_TRUE: Outcomes = frozenset({False, None})
NOT_FALSE: Outcomes = frozenset({True, None})
KNOWN: Outcomes = frozenset({True, False})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A condition is to come out as one of these outcomes."""

    node: Tree
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class There:
    """A value is to be there, or not to be."""

    node: Tree
    is_there: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """Two values that are there are to stand to each other in one of these ways."""

    left: Tree
    right: Tree
    orders: Orders


@dataclass(frozen=True, slots=True)
class Among:
    """A value that is there is to be one of these constants, or none of them."""

    node: Tree
    constants: tuple[Decimal | str, ...]
    is_one: bool


@dataclass(frozen=True, slots=True)
class Either:
    """One of several ways is to be gone; each is a list of goals that all have to be reached."""

    ways: Ways


Goal = Wanted | There | Ordered | Among | Either
Ways = Sequence[Sequence[Goal]]
"""Several ways to reach a goal, each a list of goals; no way at all means that it can not be reached."""


def junction(operands: Sequence[Tree], outcomes: Outcomes, *, decisive: bool) -> Ways:
    """One operand that is decisive (true for or, false for and) decides; else an unknown one makes it unknown."""
    plain: Outcomes = frozenset({not decisive})
    decided: Outcomes = frozenset({decisive})
    if outcomes in (plain, plain | UNKNOWN):
        return (tuple(Wanted(operand, outcomes) for operand in operands),)
    if outcomes in (decided, decided | UNKNOWN):
        return tuple((Wanted(operand, outcomes),) for operand in operands)
    if outcomes == KNOWN:
        is_decided = [(Wanted(operand, decided),) for operand in operands]
        return (tuple(Wanted(operand, plain) for operand in operands), *is_decided)
    undecided = tuple(Wanted(operand, plain | UNKNOWN) for operand in operands)
    return tuple((Wanted(operand, UNKNOWN), *undecided) for operand in operands)


def alternatives(outcomes: Outcomes, true: Ways, false: Ways, unknown: Ways = ()) -> Ways:
    """The ways to each of several outcomes."""
    chosen = ((True, true), (False, false), (None, unknown))
    return tuple(way for outcome, ways in chosen if outcome in outcomes for way in ways)


def among_or_not(operand: Tree, constants: tuple[Decimal | str, ...], outcomes: Outcomes) -> Ways:
    """``in`` with constants in the brackets."""
    return alternatives(
        outcomes,
        true=((Among(operand, constants, True),),),
        false=((Among(operand, constants, False),),),
        unknown=((There(operand, False),),),
    )


def choice(condition: Tree, branches: Sequence[Tree], outcomes: Outcomes) -> Ways:
    """``if()`` as a condition."""
    then: list[Goal] = [Wanted(condition, TRUE), Wanted(branches[0], outcomes)]
    ways: list[Sequence[Goal]] = [then]
    if len(branches) > 1:
        ways.append([Wanted(condition, FALSE), Wanted(branches[1], outcomes)])
    if None in outcomes:
        ways.append([Wanted(condition, UNKNOWN if len(branches) > 1 else NOT_TRUE)])
    return ways


def same_truth(left: Tree, right: Tree, outcomes: Outcomes, *, is_equal: bool) -> Ways:
    """``=`` and ``<>`` between two conditions."""
    same = tuple((Wanted(left, truth), Wanted(right, truth)) for truth in (TRUE, FALSE))
    other = ((Wanted(left, TRUE), Wanted(right, FALSE)), (Wanted(left, FALSE), Wanted(right, TRUE)))
    unknown = ((Wanted(left, UNKNOWN),), (Wanted(right, UNKNOWN),))
    return alternatives(outcomes, same if is_equal else other, other if is_equal else same, unknown)
