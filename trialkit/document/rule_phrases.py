"""The phrases in which conditions are told: calls, signs and counts as people say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialkit.language.tree import Arithmetic, Call, Comparison, Junction, Membership, Negation, Presence, Tree
from trialkit.model.item import ItemTypeName, MissingReason

AMOUNTS = {"=": "is", "<>": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
MOMENTS = {"=": "is", "<>": "is not", "<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"}
TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
DATES = (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.DATETIME, ItemTypeName.TIME)
GIVING_MOMENTS = ("date", "dtc", "earliest", "latest", "entered", "now", "today")
_LONGEST_CHOICE = 4
"""With so many choices within each other it is a table."""

TRUTHS: Mapping[str, tuple[str, str]] = {
    "before": ("the record stands before this one", "the record does not stand before this one"),
    "before_dose": ("the record stands before time 0", "the record does not stand before time 0"),
    "has": ("{0} includes {1}", "{0} does not include {1}"),
    "here": ("the record is of the same visit", "the record is of another visit"),
    "scheduled": ("{0} is scheduled at the visit", "{0} is not scheduled at the visit"),
    "tag": ("the visit is tagged {0}", "the visit is not tagged {0}"),
}
"""Calls that are true or false: in words, and the opposite."""

VALUES: Mapping[str, str] = {
    "abs": "the size of {0}",
    "concat": "{*} put together",
    "count_missing": "the number of missing values among {*}",
    "date": "the date of {0}",
    "days": "the number of days from {0} to {1}",
    "dtc": "{0} at {1}",
    "earliest": "the earliest of {*}",
    "entered": "the first entry of the record",
    "entered_by": "who entered the record first",
    "expected": "the number of records of {0} that everybody should have at the visit",
    "floor": "{0} rounded down",
    "hours": "the time from {0} to {1} in hours",
    "label": "the label of {0}",
    "latest": "the latest of {*}",
    "length": "the length of {0}",
    "max": "the largest of {*}",
    "max_known": "the largest of {*}, as far as they are there",
    "mean": "the mean of {*}",
    "min": "the smallest of {*}",
    "minutes": "the time from {0} to {1} in minutes",
    "missing_forms": "the number of forms that everybody should have at the visit and that are not there",
    "now": "now",
    "nth": "code number {1} of {0}",
    "number": "{0} as a number",
    "numeric_result": "the number in {0}",
    "outside_timepoint": "the minutes by which {0} misses the window of the timepoint",
    "outside_window": "the days by which {0} misses the window of the visit, counted from {1},",
    "power": "{0} to the power of {1}",
    "reason": "the missing reason of {0}",
    "repeat": "the number of the row",
    "round": "{0} rounded to {1} decimal places",
    "route": "the route",
    "subjects_with": "the number of subjects with this {0}",
    "sum": "the sum of {*}",
    "text": "{0}",
    "timepoint": "the timepoint",
    "today": "today",
    "unit": "the unit of {0}",
    "upper": "{0} in capitals",
    "visit": "the visit",
    "visit_day": "the planned study day of the visit",
    "years": "the number of full years from {0} to {1}",
}
"""Calls that give a value."""


NONE, SOME = (("=", 0), ("<", 1), ("<=", 0)), ((">", 0), (">=", 1), ("<>", 0))
COUNTS: Mapping[tuple[str, str, int], str] = {
    ("missing_forms", ">", 0): "a form that everybody should have at the visit is not there",
    ("outside_timepoint", "<>", 0): "{0} is outside the window of the timepoint",
    ("outside_window", "<>", 0): "{0} is outside the window of the visit, counted from {1}",
    ("outside_window", "<", 0): "{0} is before the window of the visit, counted from {1}",
    ("outside_window", ">", 0): "{0} is after the window of the visit, counted from {1}",
    ("subjects_with", ">", 1): "another subject has the same {0}",
}
"""Comparisons with a number that people say in another way."""

TAKING = {"prev": "the last", "total": "the sum of"}


def join_places(places: Sequence[str]) -> str:
    """Places behind each other, each once, each with a blank before it."""
    return "".join(f" {place}" for place in dict.fromkeys(places))


def fill_in(pattern: str, given: Sequence[str]) -> str:
    """A pattern with its arguments: ``{0}``, ``{1}``, and ``{*}`` for all of them."""
    is_long = any(", " in words or " in which " in words for words in given)
    text = pattern.replace("{*}", ("; " if is_long else ", ").join(given))
    for number, words in enumerate(given):
        text = text.replace(f"{{{number}}}", words)
    return text


def reason_words(code: str) -> str:
    """``ND (not done)``."""
    return f"{code} ({MissingReason(code).in_words})" if code in tuple(MissingReason) else code


def difference(node: Tree) -> tuple[Tree, Tree] | None:
    """The two sides of a difference; None for any other part."""
    if isinstance(node, Arithmetic) and len(node.steps) == 1 and node.steps[0].operator == "-":
        return node.first, node.steps[0].operand
    return None


def is_truth(node: Tree) -> bool:
    """Whether a part is true, false or unknown."""
    is_call = isinstance(node, Call) and (node.function in TRUTHS or node.function == "any")
    return is_call or isinstance(node, Comparison | Membership | Presence | Negation | Junction)


def is_table(otherwise: Sequence[Tree]) -> bool:
    """Whether a choice goes on and on: a table that somebody wrote as choices."""
    depth = 0
    while otherwise and isinstance(otherwise[0], Call) and otherwise[0].function == "if":
        otherwise, depth = otherwise[0].arguments[2:], depth + 1
    return depth >= _LONGEST_CHOICE
