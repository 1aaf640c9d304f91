"""Checks and books of records in, findings out: few records are asked one by one, many of them all at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import cast

from trialkit.engine.casebook import Casebook
from trialkit.model.finding import Finding
from trialkit.model.record_table import value_at
from trialkit.validate import (
    CheckPlan,
    CompiledCheck,
    ask_check,
    ask_fields,
    ask_python,
    fired_finding,
    unanswered_finding,
    unasked_finding,
)

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


def ask_items(plan: CheckPlan, casebook: Casebook, places: Sequence[int]) -> Iterator[tuple[int, Finding]]:
    """Ask the rules of the items themselves: type, ranges, list, required, skip logic.

    Args:
        plan: the form's compiled checks.
        casebook: the records.
        places: which records of the form's table.

    Returns:
        Each finding with the place of its record.
    """
    form = plan.form.form
    table = casebook.tables[form]
    if len(places) > FEW:
        yield from _ask_items_at_once(plan, casebook, frozenset(places))
        return
    for place in places:
        row = casebook.books.row(form, place)
        for finding in ask_fields(plan, table.key(place), value_at(table, place), row, {}):
            yield place, finding


def ask_python_checks(plan: CheckPlan, casebook: Casebook, places: Sequence[int]) -> Iterator[tuple[int, Finding]]:
    """Ask what plugins hand in as Python; each finding with the place of its record."""
    table = casebook.tables[plan.form.form]
    for place in places if plan.python_checks else ():
        for finding in ask_python(plan, table.key(place), casebook.books.row(plan.form.form, place), {}):
            yield place, finding


def _ask_items_at_once(plan: CheckPlan, casebook: Casebook, places: Collection[int]) -> Iterator[tuple[int, Finding]]:
    from trialkit.validate.columnar import field_findings  # late: it brings polars, which few commands need

    table = casebook.tables[plan.form.form]
    answers = casebook.columnar.judge(plan.form.form, list(plan.asked.values()))
    asked: dict[str, Sequence[bool | None]] = {}
    for (name, _), answer in zip(plan.asked.items(), answers, strict=True):
        asked[name] = cast("Sequence[bool | None]", answer.asked)
        for place, function in answer.failed:
            if place in places:
                yield place, unasked_finding(table.key(place), name, f"{function} could not be evaluated")
    yield from field_findings(plan, table, casebook.setting, asked).placed(places)
