"""A rule and the records of examples in, what it says of one of them out: by each evaluator that can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook, casebook_of
from trialkit.engine.examples.records import EXAMPLE_SITE, SettledExample
from trialkit.engine.record_views import record_views
from trialkit.engine.rules import Rule
from trialkit.engine.site_checks import ask_site_check, by_site, site_view
from trialkit.extension import PythonCheck, SiteCheck
from trialkit.language import NotEvaluated
from trialkit.model.check import Check
from trialkit.model.finding import Finding
from trialkit.model.record import Record
from trialkit.model.record_table import table_of, value_at
from trialkit.validate import CompiledCheck, ask_fields, ask_python, record_view

__all__ = ["QUIET", "Answer", "ask_at_once", "ask_on_record", "ask_other_rule", "casebook_of_examples"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says of the record that is checked.

    Attributes:
        fires: whether it fires.
        words: what it came to, in words.
        is_sound: False when it could not tell, or a function failed: then it is not quiet either.
        has_failed: whether a function failed.
    """

    fires: bool
    words: str
    is_sound: bool = True
    has_failed: bool = False


FIRES = Answer(True, "it fires")
QUIET = Answer(False, "it does not fire")
UNKNOWN = Answer(False, "it is unknown, since something is missing", is_sound=False)


def casebook_of_examples(assembly: Assembly, records: Sequence[Record], moment: datetime) -> Casebook:
    """The records of examples as rules see them."""
    by_form: dict[str, list[Record]] = {form: [] for form in assembly.study.forms}
    for record in records:
        by_form[record.key.form].append(record)

    def subjects_with(form: str, item: str) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for record in by_form[form]:
            value = record.values.get(item)
            if value is not None and value.text is not None:
                found.setdefault(value.text, set()).add(record.key.subject)
        return {text: frozenset(subjects) for text, subjects in found.items()}

    tables = {form: table_of(form, several) for form, several in by_form.items()}
    return casebook_of(assembly, tables, moment, subjects_with)


def ask_on_record(check: CompiledCheck, casebook: Casebook, place: int) -> Answer:
    """What a rule in the language says of a record that is looked at by itself, with the records that go with it."""
    try:
        answer = check.when.evaluate(casebook.books.row(check.when.scope.form, place))
    except NotEvaluated as problem:
        return _failed(problem.function)
    return FIRES if answer is True else UNKNOWN if answer is None else QUIET


def ask_at_once(
    casebook: Casebook, checks: Mapping[str, Sequence[CompiledCheck]]
) -> Mapping[str, Mapping[int, Answer]]:
    """What rules in the language say of all records of their forms at once: rule to place to answer.

    A place that is absent is quiet: this evaluator does not tell false from unknown.

    Args:
        casebook: the records.
        checks: form to the rules that stand on it.
    """
    if not checks:
        return {}
    from trialkit.language.columnar import Columnar  # late: it brings polars, which few commands need

    columnar = Columnar(casebook.tables, casebook.setting, casebook.books)
    found: dict[str, Mapping[int, Answer]] = {}
    for form, several in checks.items():
        for check, answer in zip(several, columnar.judge(form, [check.when for check in several]), strict=True):
            failed = {place: _failed(function) for place, function in answer.failed}
            found[check.check.check] = {**dict.fromkeys(answer.fired, FIRES), **failed}
    return found


def ask_other_rule(assembly: Assembly, casebook: Casebook, rule: Rule, example: SettledExample, place: int) -> Answer:
    """What a rule says that is not written in the language: one of the house's own, or one in Python."""
    match rule.definition:
        case Check():
            return _ask_house(assembly, casebook, rule.definition, example, place)
        case SiteCheck():
            return _ask_site(casebook, rule.definition)
        case PythonCheck():
            return _ask_python(assembly, casebook, rule.definition, example, place)


def _ask_house(assembly: Assembly, casebook: Casebook, check: Check, example: SettledExample, place: int) -> Answer:
    form = example.checked.form
    found: list[Finding] = list(example.refused)
    if not found:
        row, values = casebook.books.row(form, place), value_at(casebook.tables[form], place)
        found = ask_fields(assembly.plans[form].checks, example.checked, values, row, {})
    speaks_of = [finding for finding in found if not check.items or finding.item in check.items]
    if any(finding.code == check.carried_out_by for finding in speaks_of):
        return FIRES
    others = sorted({finding.code for finding in found if finding.is_hard})
    words = f"{QUIET.words}; what speaks is {', '.join(others)}" if others else QUIET.words
    return Answer(False, words, has_failed=bool(others))


def _ask_python(
    assembly: Assembly, casebook: Casebook, check: PythonCheck, example: SettledExample, place: int
) -> Answer:
    form = example.checked.form
    plan, row = assembly.plans[form].checks, casebook.books.row(form, place)
    found = ask_python(plan, example.checked, row, {})
    answer = _of_finding(next((finding for finding in found if finding.code == check.check), None))
    return UNKNOWN if answer is QUIET and check.fires(record_view(plan, example.checked, row)) is None else answer


def _ask_site(casebook: Casebook, check: SiteCheck) -> Answer:
    forms = [form for form in dict.fromkeys((check.form, *check.reads)) if form in casebook.tables]
    view = site_view(EXAMPLE_SITE, {form: by_site(record_views(casebook, form)) for form in forms})
    answer = _of_finding(ask_site_check(check, "", view))
    return UNKNOWN if answer is QUIET and check.fires(view) is None else answer


def _of_finding(finding: Finding | None) -> Answer:
    if finding is None:
        return QUIET
    return FIRES if finding.evaluated else Answer(False, finding.message, is_sound=False, has_failed=True)


def _failed(function: str) -> Answer:
    return Answer(False, f"{function} could not be evaluated", is_sound=False, has_failed=True)
