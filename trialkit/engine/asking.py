"""Checks and books of records in, findings out: few records are asked one by one, many of them all at once."""

from __future__ import annotations

from collections.abc import Sequence

from trialkit.engine.casebook import Casebook
from trialkit.model.finding import Finding
from trialkit.validate import CompiledCheck, ask_check, fired_finding, unanswered_finding

FEW = 100
"""Up to so many records are asked one by one: polars needs a millisecond before it begins."""


def ask_checks(
    casebook: Casebook, form: str, checks: Sequence[CompiledCheck], places: Sequence[int]
) -> dict[int, list[Finding]]:
    """Ask checks of records of one form.

    Args:
        casebook: the records.
        form: the form on which the checks stand.
        checks: the checks.
        places: which records of the form's table.

    Returns:
        Place to the findings there, in the order of the checks; places without any are absent.
    """
    if not checks or not places:
        return {}
    if len(places) <= FEW:
        return _ask_one_by_one(casebook, form, checks, places)
    return _ask_at_once(casebook, form, checks, frozenset(places))


def _ask_one_by_one(
    casebook: Casebook, form: str, checks: Sequence[CompiledCheck], places: Sequence[int]
) -> dict[int, list[Finding]]:
    table = casebook.tables[form]
    asked = {
        place: [ask_check(check, table.key(place), casebook.books.row(form, place), {}) for check in checks]
        for place in places
    }
    found = {place: [finding for finding in several if finding is not None] for place, several in asked.items()}
    return {place: findings for place, findings in found.items() if findings}


def _ask_at_once(
    casebook: Casebook, form: str, checks: Sequence[CompiledCheck], places: frozenset[int]
) -> dict[int, list[Finding]]:
    table = casebook.tables[form]
    answers = casebook.columnar.judge(form, [check.when for check in checks])
    found: dict[int, list[Finding]] = {}
    for check, answer in zip(checks, answers, strict=True):
        for place in answer.fired:
            if place in places:
                found.setdefault(place, []).append(fired_finding(check, table.key(place), {}))
        for place, function in answer.failed:
            if place in places:
                problem = f"{function} could not be evaluated"
                found.setdefault(place, []).append(unanswered_finding(check, table.key(place), problem, {}))
    return found
