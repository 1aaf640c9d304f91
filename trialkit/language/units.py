"""Units at load time: which spellings mean the same, and what a comparison or calculation makes of two of them.

A unit that is written loosely (``xULN``, ``mmHg (systolic)``), that only counts (``pts``) or that is not in the table
is not known, and nothing is said of it. A plain number has no unit and goes with every one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from trialkit.language.judgement import Judge, Judgement, constant_of, phrase
from trialkit.language.problem import ProblemCode
from trialkit.language.tree import Arithmetic, Call, Tree
from trialkit.model.kind import Kind

DAYS, HOURS, MINUTES, YEARS = "d", "h", "min", "years"
"""What the functions over dates count in."""

_OF_DATES = {"days": DAYS, "hours": HOURS, "minutes": MINUTES, "years": YEARS}
_OF_THE_FIRST = ("abs", "floor", "round")
_OF_ALL = ("max", "max_known", "mean", "min", "sum")

_SPELLINGS = {
    # time
    "ms": "ms msec millisecond milliseconds",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "wk": "wk wks week weeks",
    "mo": "mo month months",
    "years": "a y yr yrs year years",
    # mass, length, volume, amount
    "ng": "ng",
    "ug": "ug µg μg mcg",
    "mg": "mg",
    "g": "g gram grams",
    "kg": "kg kilogram kilograms",
    "lb": "lb lbs [lb_av] pound pounds",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "in": "in inch inches [in_i]",
    "ul": "ul µl μl",
    "ml": "ml",
    "dl": "dl",
    "l": "l liter litre",
    "nmol": "nmol",
    "umol": "umol µmol μmol",
    "mmol": "mmol",
    "mol": "mol",
    "u": "u iu [iu] [u]",
    # pressure, temperature, share, rates
    "mmhg": "mmhg mm[hg] mm_hg",
    "kpa": "kpa",
    "c": "c cel °c degc celsius",
    "f": "f °f degf [degf] fahrenheit",
    "%": "% percent",
    "beats/min": "bpm",
    "beats": "beats beat",
    "breaths": "breaths breath",
    "m2": "m2 m^2 m²",
}
_ATOMS: Mapping[str, str] = MappingProxyType(
    {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
)
_TIMES = frozenset({"ms", "s", "min", "h", "d", "wk", "mo", "years"})
_LONGEST_PROPORTION = 3
"""A factor with more digits than these (0.4536) converts; one with few (1.5) keeps the unit."""


@lru_cache(maxsize=512)
def known_unit(written: str | None) -> str | None:
    """What a unit means, whichever way it is spelled; None when that is not known."""
    if not written:
        return None
    text = "".join(written.casefold().split())
    if text in _ATOMS:
        return _ATOMS[text]
    parts = [_ATOMS.get(part) for part in text.replace("{", "").replace("}", "").split("/")]
    return "/".join(part or "" for part in parts) if None not in parts else None


def differ(one: str | None, other: str | None) -> bool:
    """Whether two units as written are both known, and are not the same."""
    known = known_unit(one), known_unit(other)
    return None not in known and known[0] != known[1]


def require_same_unit(
    left: tuple[Tree, Judgement], right: tuple[Tree, Judgement], what: str, column: int, by: Judge
) -> bool:
    """Report two values in units that are known and differ.

    Args:
        left, right: the values and what is known of them.
        what: what can not be done: ``compared``.
        column: where.
        by: takes the problem.

    Returns:
        Whether they go together.
    """
    one, other = left[1].unit, right[1].unit
    if not differ(one, other):
        return True
    message = f"{phrase(left[0])} is in {one} and {phrase(right[0])} is in {other}: they can not be {what}."
    by.report(ProblemCode.UNITS, message, f"Convert one of them, so that both are in {one}.", column)
    return False


def common_unit(judged: Iterable[tuple[Tree, Judgement]]) -> str | None:
    """The unit of several values that go together: that of all, plain numbers aside; None when one is not known."""
    units = [found.unit for node, found in judged if constant_of(node) is None]
    if not units or any(known_unit(unit) is None for unit in units):
        return None
    return None if any(differ(units[0], unit) for unit in units) else units[0]


def unit_of_call(node: Call, judged: Sequence[Judgement], by: Judge) -> str | None:
    """The unit of what a function over its arguments gives; reports arguments that do not go together."""
    if node.function in _OF_DATES:
        return _OF_DATES[node.function]
    given = list(zip(node.arguments, judged, strict=True))
    if node.function in _OF_THE_FIRST:
        return judged[0].unit
    if node.function not in _OF_ALL:
        return None
    first = next((one for one in given if known_unit(one[1].unit)), given[0])
    what = f"taken together in {node.function}()"
    is_sound = all(require_same_unit(first, other, what, other[0].column, by) for other in given)
    return common_unit(given) if is_sound else None


def unit_of_calculation(node: Arithmetic, judged: Sequence[Judgement], by: Judge) -> str | None:
    """The unit of a chain of arithmetic; reports what is added or subtracted in different units."""
    so_far = judged[0].unit
    is_plain = constant_of(node.first) is not None
    before = (node.first, judged[0])
    for step, found in zip(node.steps, judged[1:], strict=True):
        constant = constant_of(step.operand)
        if step.operator in "+-":
            what = "added" if step.operator == "+" else "subtracted from each other"
            if not require_same_unit(before, (step.operand, found), what, step.column, by):
                return None
            so_far = found.unit if is_plain else so_far if constant is not None else _both(so_far, found.unit)
        elif is_plain and step.operator == "*":
            so_far = found.unit if _keeps_unit(constant_of(node.first), found.unit) else None
        else:
            so_far = so_far if _keeps_unit(constant, so_far) else None
        is_plain = is_plain and constant is not None
        before = (before[0] if so_far == before[1].unit else node, Judgement(Kind.NUMBER, unit=so_far))
    return so_far


def _both(one: str | None, other: str | None) -> str | None:
    return one if known_unit(one) is not None and known_unit(other) is not None else None


def _keeps_unit(factor: Decimal | str | None, unit: str | None) -> bool:
    """Whether a value times a number, or divided by it, is in the same unit: a share is, a conversion is not.

    Nobody halves a number of hours as often as they make days of it, so times never keep theirs.
    """
    if not isinstance(factor, Decimal) or known_unit(unit) in _TIMES:
        return False
    digits = factor.normalize().as_tuple()
    is_power_of_ten = digits.digits == (1,) and digits.exponent != 0
    return not is_power_of_ten and len(digits.digits) <= _LONGEST_PROPORTION
