"""Whether a condition can come out in a certain way: a search for values that make it so, branch by branch.

Every answer "no" is certain. "Yes" only means that nothing was found that speaks against it: what a function makes of
its arguments is not looked into, and a search that would need too many branches is given up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from trialkit.language.reach_bounds import bounds_of, kind_of
from trialkit.language.reach_domain import CodeSets, Numbers, Texts
from trialkit.language.reach_facts import Facts, Orders, Outcomes
from trialkit.language.reach_goals import (
    KNOWN,
    NOT_FALSE,
    UNKNOWN,
    Among,
    Either,
    Goal,
    Ordered,
    There,
    Wanted,
    Ways,
    alternatives,
    among_or_not,
    choice,
    junction,
    same_truth,
)
from trialkit.language.scope import Scope
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Fold,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Presence,
    Tree,
)
from trialkit.model.kind import Kind

MOST_BRANCHES = 200
"""How many branches are tried before a search is given up."""

_ORDERS: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "=": frozenset({0}),
        "<>": frozenset({-1, 1}),
        "<": frozenset({-1}),
        "<=": frozenset({-1, 0}),
        ">": frozenset({1}),
        ">=": frozenset({0, 1}),
    }
)
_ALL_ORDERS = frozenset({-1, 0, 1})

_IMPOSSIBLE: Ways = ()
_REACHED: Ways = ((),)


class _GivenUpError(Exception):
    """A search needs too many branches."""


@dataclass(slots=True)
class _Search:
    scope: Scope
    implied: Mapping[str, Tree]
    branches: int = field(default=0)

    def run(self, goals: list[Goal], facts: Facts) -> bool:
        """Whether all goals can be reached together."""
        choices: list[Ways] = []
        while goals:
            ways = self._ways(goals.pop(), facts)
            if not ways:
                return False
            if len(ways) == 1:
                goals.extend(ways[0])
            else:
                choices.append(ways)
        if not choices:
            return facts.hold_together()
        choices.sort(key=len)
        rest = [Either(ways) for ways in choices[1:]]
        for way in choices[0]:
            self.branches += 1
            if self.branches > MOST_BRANCHES:
                raise _GivenUpError
            if self.run([*rest, *way], facts.copy()):
                return True
        return False

    def _ways(self, goal: Goal, facts: Facts) -> Ways:
        match goal:
            case Wanted(node=node, outcomes=outcomes):
                return self._outcome(node, outcomes, facts)
            case There():
                return self._there(goal, facts)
            case Ordered():
                return self._ordered(goal, facts)
            case Among():
                return self._among(goal, facts)
        return goal.ways

    def _outcome(self, node: Tree, outcomes: Outcomes, facts: Facts) -> Ways:
        if not outcomes or len(outcomes) == len(KNOWN | UNKNOWN):
            return _REACHED if outcomes else _IMPOSSIBLE
        match node:
            case Junction(operator=word, operands=operands):
                return junction(operands, outcomes, decisive=word == "or")
            case Negation(operand=operand):
                turned = frozenset(None if one is None else not one for one in outcomes)
                return ((Wanted(operand, turned),),)
            case Comparison():
                return self._comparison(node, outcomes)
            case Membership():
                return self._membership(node, outcomes, facts)
            case Presence(operand=operand, wants_present=wants_present):
                return tuple((There(operand, one == wants_present),) for one in outcomes if one is not None)
            case Call(function="if", arguments=(condition, *branches)):
                return choice(condition, branches, outcomes)
        return self._opaque(node, outcomes, facts)

    def _comparison(self, node: Comparison, outcomes: Outcomes) -> Ways:
        left, right = node.left, node.right
        kinds = {kind_of(left, self.scope), kind_of(right, self.scope)}
        if kinds == {Kind.BOOLEAN}:
            return same_truth(left, right, outcomes, is_equal=node.operator == "=")
        orders: Orders = frozenset()
        if True in outcomes:
            orders |= _ORDERS[node.operator]
        if False in outcomes:
            orders |= _ALL_ORDERS - _ORDERS[node.operator]
        if None not in outcomes:
            return ((Ordered(left, right, orders),),)
        if kinds & {Kind.DATE, Kind.ANY}:
            orders |= {None}
        compared = ((Ordered(left, right, orders),),) if orders else ()
        return ((There(left, False),), (There(right, False),), *compared)

    def _membership(self, node: Membership, outcomes: Outcomes, facts: Facts) -> Ways:
        operand, kind = node.operand, kind_of(node.operand, self.scope)
        constants = [self._constant(choice) for choice in node.choices]
        known = tuple(constant for constant in constants if constant is not None)
        if kind == Kind.ANY or (kind == Kind.CODES and len(known) < len(constants)):
            return self._opaque(node, outcomes, facts)
        if len(known) == len(constants):
            return among_or_not(operand, known, outcomes)
        equal = tuple(Comparison("=", operand, choice, choice.column) for choice in node.choices)
        return junction(equal, outcomes, decisive=True) if len(equal) > 1 else ((Wanted(equal[0], outcomes),),)

    def _opaque(self, node: Tree, outcomes: Outcomes, facts: Facts) -> Ways:
        """A condition that is not looked into: only that it always comes out in the same way is known."""
        if isinstance(node, Fold) and node.operation == "any":
            counted = Fold("count", node.form, None, node.condition, node.column)
            return alternatives(
                outcomes & KNOWN,
                true=((Ordered(counted, _ZERO, frozenset({1})),),),
                false=((Ordered(counted, _ZERO, frozenset({0})),),),
            )
        match node:
            case Call(function="has", arguments=(operand, Constant(value=code))):
                if kind_of(operand, self.scope) == Kind.CODES:
                    return among_or_not(operand, (code,), outcomes)
        if not facts.decide(node, outcomes):
            return _IMPOSSIBLE
        return (self._needs(node),) if None not in outcomes else _REACHED

    def _there(self, goal: There, facts: Facts) -> Ways:
        node, is_there = goal.node, goal.is_there
        if kind_of(node, self.scope) == Kind.BOOLEAN:
            return ((Wanted(node, KNOWN if is_there else UNKNOWN),),)
        was_settled = facts.is_settled(node)
        if not facts.settle(node, is_there=is_there):
            return _IMPOSSIBLE
        return (self._needs(node),) if is_there and not was_settled else _REACHED

    def _needs(self, node: Tree) -> tuple[Goal, ...]:
        """What has to be so for a value to be there."""
        match node:
            case ItemName(item=item) if item in self.implied:
                return (Wanted(self.implied[item], NOT_FALSE),)
            case Minus(operand=operand):
                return (There(operand, True),)
            case Arithmetic(first=start, steps=steps):
                return (There(start, True), *(There(step.operand, True) for step in steps))
            case Call(function="reason", arguments=(item,)):
                return (There(item, False),)
            case Call(function="dtc" | "label" | "outside_timepoint", arguments=(first, *_)):
                return (There(first, True),)
            case Call(function="outside_window", arguments=arguments):
                return tuple(There(argument, True) for argument in arguments)
            case Call(function=name, arguments=arguments) if name in self.scope.functions:
                needed = () if self.scope.functions[name].takes_missing else arguments
                return tuple(There(argument, True) for argument in needed)
        return ()

    def _ordered(self, goal: Ordered, facts: Facts) -> Ways:
        left, right, orders = goal.left, goal.right, goal.orders
        constants = self._constant(left), self._constant(right)
        there = (There(left, True), There(right, True))
        match constants:
            case (None, None):
                is_possible = facts.order(left, right, orders)
            case (None, constant) if constant is not None:
                is_possible = _narrow(left, orders, constant, facts)
            case (constant, None) if constant is not None:
                turned: Orders = frozenset(None if one is None else -one for one in orders)
                is_possible = _narrow(right, turned, constant, facts)
            case _:
                is_possible = _order_of(*constants) in orders
        return (there,) if is_possible else _IMPOSSIBLE

    def _constant(self, node: Tree) -> Decimal | str | None:
        """What a value is known to be before any record is seen; a parameter has its value in this study."""
        if isinstance(node, Constant):
            return node.value
        is_plain = isinstance(node, ParameterName | Minus | Arithmetic)
        return bounds_of(node, self.scope).the_one if is_plain else None

    def _among(self, goal: Among, facts: Facts) -> Ways:
        node, there = goal.node, There(goal.node, True)
        numbers = frozenset(one for one in goal.constants if isinstance(one, Decimal))
        texts = frozenset(one for one in goal.constants if isinstance(one, str))
        constant = self._constant(node)
        if constant is not None:
            return _REACHED if (constant in goal.constants) == goal.is_one else _IMPOSSIBLE
        if kind_of(node, self.scope) == Kind.CODES:
            if goal.is_one and len(texts) > 1:
                return tuple((Among(node, (text,), True),) for text in sorted(texts))
            codes = CodeSets(has=texts) if goal.is_one else CodeSets(lacks=texts)
            return ((there,),) if facts.narrow(node, codes) else _IMPOSSIBLE
        if numbers:
            domain: Numbers | Texts = Numbers.among(numbers) if goal.is_one else Numbers(excluded=numbers)
        else:
            domain = Texts(texts) if goal.is_one else Texts(excluded=texts)
        return ((there,),) if facts.narrow(node, domain) else _IMPOSSIBLE


_ZERO = Constant(Decimal(0), 0)


def _narrow(node: Tree, orders: Orders, constant: Decimal | str, facts: Facts) -> bool:
    if isinstance(constant, str):
        if orders == {0}:
            return facts.narrow(node, Texts(frozenset({constant})))
        return 0 in orders or facts.narrow(node, Texts(excluded=frozenset({constant})))
    match frozenset(one for one in orders if one is not None):
        case found if found == {-1, 1}:
            return facts.narrow(node, Numbers(excluded=frozenset({constant})))
        case found if found == _ALL_ORDERS:
            return True
        case found if not found:
            return False
        case found:
            low = None if -1 in found else constant
            high = None if 1 in found else constant
            is_closed = 0 in found
            return facts.narrow(node, Numbers(low, high, is_above=not is_closed, is_below=not is_closed))


def _order_of(left: Decimal | str | None, right: Decimal | str | None) -> int | None:
    """How two constants stand to each other; two texts that differ have no order, which counts as 1."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return (left > right) - (left < right)
    return 0 if left == right else 1


NOTHING_IMPLIED: Mapping[str, Tree] = MappingProxyType({})
"""No item is there only under a condition."""


def can_be(node: Tree, outcomes: Outcomes, scope: Scope, implied: Mapping[str, Tree] = NOTHING_IMPLIED) -> bool:
    """Whether a condition can come out as one of these.

    Args:
        node: the condition, settled by `resolve`.
        outcomes: some of true, false and unknown (None).
        scope: what it speaks of.
        implied: item to the condition that is not false where the item has a value.

    Returns:
        False only when it certainly can not.
    """
    return can_all_be([Wanted(node, outcomes)], scope, implied)


def can_all_be(goals: Sequence[Goal], scope: Scope, implied: Mapping[str, Tree] = NOTHING_IMPLIED) -> bool:
    """Whether several goals can be reached together; see `can_be`."""
    try:
        return _Search(scope, implied).run(list(goals), Facts(scope))
    except _GivenUpError:
        return True
