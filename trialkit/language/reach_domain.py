"""What is still possible for one value, as data: numbers, texts, several codes. Conditions only ever narrow it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from trialkit.model.interval import Interval

_FEW = 200
"""How many whole numbers are counted one by one to see whether all of them are excluded."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A set of numbers.

    Attributes:
        low, high: the ends, or None where there is none.
        is_above, is_below: whether the low (high) end itself does not belong to it.
        whole: whether only whole numbers belong to it.
        excluded: single numbers that do not belong to it.
        only: the only numbers that can belong to it, or None.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    is_above: bool = False
    is_below: bool = False
    whole: bool = False
    excluded: frozenset[Decimal] = frozenset()
    only: frozenset[Decimal] | None = None

    @staticmethod
    def within(interval: Interval | None, *, whole: bool = False) -> Numbers:
        """The numbers of an interval; every number when there is none."""
        return Numbers(whole=whole) if interval is None else Numbers(interval.low, interval.high, whole=whole)

    @staticmethod
    def point(number: Decimal) -> Numbers:
        """One number."""
        return Numbers(number, number)

    @staticmethod
    def among(numbers: frozenset[Decimal]) -> Numbers:
        """One of several numbers."""
        return Numbers(min(numbers), max(numbers), only=numbers)

    @property
    def the_one(self) -> Decimal | None:
        """The number, where the ends leave one only."""
        return self.low if self.low is not None and self.low == self.high else None

    def meet(self, other: Numbers) -> Numbers:
        """What belongs to both."""
        low, is_above = _inner(self.low, self.is_above, other.low, other.is_above, 1)
        high, is_below = _inner(self.high, self.is_below, other.high, other.is_below, -1)
        only = self.only if other.only is None else other.only if self.only is None else self.only & other.only
        whole = self.whole or other.whole
        return _tightened(Numbers(low, high, is_above, is_below, whole, self.excluded | other.excluded, only))

    @property
    def is_empty(self) -> bool:
        """Whether nothing belongs to it."""
        if self.only is not None:
            return not any(number in self for number in self.only)
        if self.low is None or self.high is None:
            return False
        if self.low >= self.high:
            return self.low > self.high or self.low not in self
        if self.whole and self.high - self.low < _FEW:
            first, last = int(self.low), int(self.high)
            return not any(Decimal(number) in self for number in range(first, last + 1))
        return False

    def __contains__(self, number: Decimal) -> bool:
        is_high_enough = self.low is None or number > self.low or (number == self.low and not self.is_above)
        is_low_enough = self.high is None or number < self.high or (number == self.high and not self.is_below)
        is_of_the_sort = not self.whole or number == number.to_integral_value()
        return is_high_enough and is_low_enough and is_of_the_sort and number not in self.excluded

    def orders(self, other: Numbers) -> frozenset[int]:
        """How a number of this set can stand to one of the other: -1 below, 0 the same, 1 above."""
        found = set()
        if self.low is None or other.high is None or self.low < other.high:
            found.add(-1)
        if self.high is None or other.low is None or self.high > other.low:
            found.add(1)
        if not self.meet(other).is_empty:
            found.add(0)
        return frozenset(found)


def _inner(
    one: Decimal | None, is_one_open: bool, other: Decimal | None, is_other_open: bool, sign: int
) -> tuple[Decimal | None, bool]:
    """The end of two that lies further inside; of two that are the same it is open when one of them is."""
    if one is None:
        return other, is_other_open
    if other is None:
        return one, is_one_open
    if one == other:
        return one, is_one_open or is_other_open
    return (one, is_one_open) if (one > other) == (sign > 0) else (other, is_other_open)


def _tightened(numbers: Numbers) -> Numbers:
    """The same with whole numbers as ends, where only those belong to it."""
    if not numbers.whole:
        return numbers
    low, high = numbers.low, numbers.high
    if low is not None:
        up = low.to_integral_value(rounding=ROUND_CEILING)
        low = up + 1 if up == low and numbers.is_above else up
    if high is not None:
        down = high.to_integral_value(rounding=ROUND_FLOOR)
        high = down - 1 if down == high and numbers.is_below else down
    return replace(numbers, low=low, high=high, is_above=False, is_below=False)


@dataclass(frozen=True, slots=True)
class Texts:
    """A set of texts.

    Attributes:
        allowed: the only ones, or None for every text.
        excluded: those that do not belong to it.
    """

    allowed: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def meet(self, other: Texts) -> Texts:
        """What belongs to both."""
        both = [allowed for allowed in (self.allowed, other.allowed) if allowed is not None]
        return Texts(frozenset.intersection(*both) if both else None, self.excluded | other.excluded)

    @property
    def is_empty(self) -> bool:
        """Whether nothing belongs to it."""
        return self.allowed is not None and self.allowed <= self.excluded


@dataclass(frozen=True, slots=True)
class CodeSets:
    """What is known of a value that is several codes; it has at least one.

    Attributes:
        has: codes that are among them.
        lacks: codes that are not.
        known: every code there is, or None.
    """

    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    known: frozenset[str] | None = None

    def meet(self, other: CodeSets) -> CodeSets:
        """What is known by both."""
        return CodeSets(self.has | other.has, self.lacks | other.lacks, self.known or other.known)

    @property
    def is_empty(self) -> bool:
        """Whether there is no such value."""
        return bool(self.has & self.lacks) or (self.known is not None and self.known <= self.lacks)


Domain = Numbers | Texts | CodeSets
"""What is still possible for a value of some kind."""


def met(one: Domain, other: Domain) -> Domain | None:
    """What is possible by both; None when they are of different sorts, which says nothing."""
    match one, other:
        case (Numbers(), Numbers()):
            return one.meet(other)
        case (Texts(), Texts()):
            return one.meet(other)
        case (CodeSets(), CodeSets()):
            return one.meet(other)
    return None
