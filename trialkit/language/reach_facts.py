"""What a branch of the search has settled so far: which values are there, and what they can still be."""

from __future__ import annotations

from dataclasses import dataclass, field

from trialkit.language.reach_bounds import ALWAYS_THERE, Key, bounds_of, key_of, texts_of
from trialkit.language.reach_domain import CodeSets, Domain, Numbers, Texts, met
from trialkit.language.scope import Scope
from trialkit.language.tree import Call, Constant, Fold, ParameterName, Tree

Outcomes = frozenset[bool | None]
"""Some of true, false and unknown (None)."""

Orders = frozenset[int | None]
"""How two values that are there can stand to each other: -1, 0, 1; None where partial dates do not tell."""


def is_always_there(node: Tree) -> bool:
    """Whether a value is never missing, or a condition never unknown."""
    match node:
        case Constant() | ParameterName() | Fold(operation="any" | "count"):
            return True
        case Call(function=function):
            return function in (*ALWAYS_THERE, "tag", "today")
    return False


@dataclass(slots=True)
class Facts:
    """What is settled. Each method that narrows something says whether that leaves anything possible.

    Attributes:
        scope: what the nodes speak of.
    """

    scope: Scope
    _there: dict[Key, bool] = field(default_factory=dict)
    _domains: dict[Key, Domain] = field(default_factory=dict)
    _outcomes: dict[Key, Outcomes] = field(default_factory=dict)
    _orders: dict[tuple[Key, Key], Orders] = field(default_factory=dict)
    _nodes: dict[Key, Tree] = field(default_factory=dict)

    def copy(self) -> Facts:
        """The same, to go on in another direction."""
        return Facts(
            self.scope,
            dict(self._there),
            dict(self._domains),
            dict(self._outcomes),
            dict(self._orders),
            dict(self._nodes),
        )

    def is_settled(self, node: Tree) -> bool:
        """Whether it is settled that a value is there, or is not."""
        return key_of(node) in self._there

    def settle(self, node: Tree, *, is_there: bool) -> bool:
        """A value is there, or is not."""
        if not is_there and is_always_there(node):
            return False
        return self._there.setdefault(key_of(node), is_there) == is_there

    def narrow(self, node: Tree, domain: Domain) -> bool:
        """A value lies in a set."""
        key = key_of(node)
        before = self._domains.get(key) or self._unnarrowed(node, domain)
        both = met(before, domain)
        if both is None:
            return True
        self._nodes[key], self._domains[key] = node, both
        return not both.is_empty

    def decide(self, node: Tree, outcomes: Outcomes) -> bool:
        """A condition that is not looked into comes out as one of these."""
        possible: Outcomes = frozenset({True, False} if is_always_there(node) else {True, False, None})
        key = key_of(node)
        self._outcomes[key] = self._outcomes.get(key, possible) & outcomes
        return bool(self._outcomes[key])

    def order(self, left: Tree, right: Tree, orders: Orders) -> bool:
        """Two values stand to each other in one of these ways."""
        keys = key_of(left), key_of(right)
        if repr(keys[0]) > repr(keys[1]):
            keys, left, right = (keys[1], keys[0]), right, left
            orders = frozenset(None if one is None else -one for one in orders)
        possible: Orders = frozenset({0, None}) if keys[0] == keys[1] else frozenset({-1, 0, 1, None})
        self._nodes[keys[0]], self._nodes[keys[1]] = left, right
        self._orders[keys] = self._orders.get(keys, possible) & orders
        return bool(self._orders[keys])

    def hold_together(self) -> bool:
        """Whether calculations can come out as they have to, and orders agree with what values can be."""
        for key, domain in list(self._domains.items()):
            if isinstance(domain, Numbers):
                domain = domain.meet(self._bounds(self._nodes[key]))
                if domain.is_empty:
                    return False
                self._domains[key] = domain
        return all(orders & self._orders_left(*keys) for keys, orders in self._orders.items())

    def _unnarrowed(self, node: Tree, domain: Domain) -> Domain:
        texts = texts_of(node, self.scope)
        match domain:
            case Numbers():
                return bounds_of(node, self.scope)
            case CodeSets():
                return CodeSets(known=texts)
        return Texts(texts)

    def _bounds(self, node: Tree) -> Numbers:
        def known(below: Tree) -> Numbers | None:
            domain = self._domains.get(key_of(below))
            return domain if isinstance(domain, Numbers) else None

        return bounds_of(node, self.scope, known)

    def _orders_left(self, one: Key, other: Key) -> Orders:
        """The orders that what is known of two values leaves open."""
        left, right = self._nodes[one], self._nodes[other]
        open_ones: set[int | None] = {None, *self._bounds(left).orders(self._bounds(right))}
        texts = [self._texts(node) for node in (left, right)]
        if texts[0].meet(texts[1]).is_empty:
            open_ones.discard(0)
        return frozenset(open_ones)

    def _texts(self, node: Tree) -> Texts:
        domain = self._domains.get(key_of(node))
        return domain if isinstance(domain, Texts) else Texts(texts_of(node, self.scope))
