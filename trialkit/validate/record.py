"""A record as it would stand in, findings out. Stores nothing, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trialkit.extension import PythonCheck, RecordView
from trialkit.language import Compiled, NotEvaluated, Row
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.item import MissingReason
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate
from trialkit.model.record import CellReference, RecordKey, Value
from trialkit.validate.explain import explain_error
from trialkit.validate.plan import CheckPlan, CompiledCheck


def validate_record(
    plan: CheckPlan,
    key: RecordKey,
    values: Mapping[str, Value],
    row: Row,
    sources: Mapping[str, CellReference],
) -> tuple[Finding, ...]:
    """Every finding of one record, sorted by place and code.

    Args:
        plan: the form's compiled checks.
        key: the record's key.
        values: the record as it will stand, derived items included.
        row: the same, typed, as expressions see it.
        sources: item identifier to the cell it came from; empty for typed entry.
    """
    found = [
        *ask_fields(plan, key, values, row, sources),
        *_check_findings(plan, key, row, sources),
        *ask_python(plan, key, row, sources),
    ]
    return tuple(sorted(found, key=lambda finding: finding.sort_key))


def ask_fields(
    plan: CheckPlan, key: RecordKey, values: Mapping[str, Value], row: Row, sources: Mapping[str, CellReference]
) -> list[Finding]:
    """What the rules of the items themselves say: type, ranges, list, required, skip logic. See `validate_record`."""
    asked, unclear = _ask(plan, row, key)
    document = {name: _document_value(name, values, row) for name in plan.form.item_names}
    validator = plan.validator
    validator._config["asked"] = asked  # cerberus keeps a validator's context in its configuration
    validator._config["today"] = PartialDate((row.today.year, row.today.month, row.today.day))
    validator.validate(document, normalize=False)
    findings = []
    for error in validator._errors:
        name = error.document_path[0]
        item = plan.form.item(name)
        if item is not None:
            findings.append(explain_error(error, item, key, values.get(name), sources.get(name)))
    return findings + unclear


def _ask(plan: CheckPlan, row: Row, key: RecordKey) -> tuple[dict[str, bool | None], list[Finding]]:
    """Which conditional items apply, and a finding for each condition that could not be evaluated."""
    asked: dict[str, bool | None] = {}
    findings: list[Finding] = []
    for name, condition in plan.asked.items():
        answer, problem = _truth(condition, row)
        asked[name] = True if problem else answer  # what could not be judged counts as asked: never as passed
        if problem:
            findings.append(unasked_finding(key, name, problem))
    return asked, findings


def unasked_finding(key: RecordKey, item: str, problem: str) -> Finding:
    """The finding of a condition of skip logic that could not be evaluated.

    Args:
        problem: what failed, without a full stop.
    """
    return _not_evaluated("V301", f"The condition of {item}", problem, key, item, None, "trialkit")


def _document_value(name: str, values: Mapping[str, Value], row: Row) -> Typed | MissingReason:
    value = values.get(name)
    if value is None:
        return None
    return value.missing if value.missing is not None else row.values.get(name)


def _check_findings(plan: CheckPlan, key: RecordKey, row: Row, sources: Mapping[str, CellReference]) -> list[Finding]:
    asked = (ask_check(compiled, key, row, sources) for compiled in plan.checks)
    return [finding for finding in asked if finding is not None]


def ask_check(
    compiled: CompiledCheck, key: RecordKey, row: Row, sources: Mapping[str, CellReference]
) -> Finding | None:
    """The finding of one check on one record; None when it does not fire.

    Args:
        compiled: the check.
        key: the record's key.
        row: the record, with its book when the check reads other records.
        sources: item identifier to the cell it came from.
    """
    fired, problem = _truth(compiled.when, row)
    if problem:
        return unanswered_finding(compiled, key, problem, sources)
    return fired_finding(compiled, key, sources) if fired else None


def fired_finding(compiled: CompiledCheck, key: RecordKey, sources: Mapping[str, CellReference]) -> Finding:
    """The finding of a check that fires on a record."""
    return _fired(compiled, key, compiled.item, sources.get(compiled.item))


def unanswered_finding(
    compiled: CompiledCheck, key: RecordKey, problem: str, sources: Mapping[str, CellReference]
) -> Finding:
    """The finding of a check that could not be evaluated on a record: it never counts as passed.

    Args:
        problem: what failed, without a full stop: ``bmi() could not be evaluated``.
    """
    return _check_not_evaluated(compiled.check.check, problem, key, compiled.item, sources, compiled.plugin)


def _truth(condition: Compiled, row: Row) -> tuple[bool | None, str]:
    """What the condition says, and why it could not say anything."""
    try:
        answer = condition.evaluate(row)
    except NotEvaluated as problem:
        return None, str(problem).rstrip(".")
    return (answer if isinstance(answer, bool) else None), ""


def _fired(compiled: CompiledCheck, key: RecordKey, item: str, source: CellReference | None) -> Finding:
    check = compiled.check
    return Finding(
        code=check.check,
        severity=check.severity,
        message=check.message,
        key=key,
        item=item,
        source=source,
        action=check.effective_action,
        plugin=compiled.plugin,
    )


def ask_python(plan: CheckPlan, key: RecordKey, row: Row, sources: Mapping[str, CellReference]) -> list[Finding]:
    """What the checks that plugins hand in as Python say. See `validate_record`."""
    view = record_view(plan, key, row)
    findings = []
    for check, plugin in plan.python_checks:
        item = check.items[0] if check.items else ""
        fired, problem = _ask_python(check, view)
        if problem:
            findings.append(_check_not_evaluated(check.check, problem, key, item, sources, plugin))
        elif fired:
            item = fired if isinstance(fired, str) else item
            findings.append(_python_fired(check, plugin, key, item, sources.get(item)))
    return findings


def record_view(plan: CheckPlan, key: RecordKey, row: Row) -> RecordView:
    """What checks in Python see of a record."""
    values = {name: row.values.get(name) for name in plan.form.item_names}
    return RecordView(key, MappingProxyType(values), row.today, plan.form)


def _ask_python(check: PythonCheck, view: RecordView) -> tuple[bool | str | None, str]:
    """What a check says, and why it could not say anything."""
    try:
        answer: object = check.fires(view)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a plugin raises must not pass for clean
        return None, f"it raised {type(error).__name__}"
    if answer is None or isinstance(answer, bool):
        return answer, ""
    if isinstance(answer, str) and answer in view.values:
        return answer, ""
    return None, "it answered neither yes nor no nor with an item of the form"


def _python_fired(check: PythonCheck, plugin: str, key: RecordKey, item: str, source: CellReference | None) -> Finding:
    hard = check.severity is Severity.HARD
    return Finding(
        code=check.check,
        severity=check.severity,
        message=check.message,
        key=key,
        item=item,
        source=source,
        action=Action.REJECT if hard else Action.QUERY,
        plugin=plugin,
    )


def _check_not_evaluated(
    check: str, problem: str, key: RecordKey, item: str, sources: Mapping[str, CellReference], plugin: str
) -> Finding:
    """Carries the check's own code, so that a query that the check opened is not taken for settled."""
    return _not_evaluated(check, f"Check {check}", problem, key, item, sources.get(item), plugin)


def _not_evaluated(
    code: str, rule: str, problem: str, key: RecordKey, item: str, source: CellReference | None, plugin: str
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.SOFT,
        message=f"{rule} was not evaluated: {problem}.",
        remedy="It does not count as passed: check by hand, and tell the author of the rule.",
        key=key,
        item=item,
        source=source,
        plugin=plugin,
        evaluated=False,
    )
