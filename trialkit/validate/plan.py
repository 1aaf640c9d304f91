"""A form compiled once for checking: its Cerberus validator, skip logic, edit checks, Python checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialkit.extension import Function, ItemType, PythonCheck
from trialkit.language import Compiled, compile_expression, form_scope
from trialkit.model.check import Check
from trialkit.model.form import Form
from trialkit.model.kind import Kind
from trialkit.model.study import Contribution, Study
from trialkit.validate.schema import record_schema
from trialkit.validate.validator import RecordValidator


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """An edit check ready to run, with the plugin that handed it in."""

    check: Check
    when: Compiled
    plugin: str


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """All that is needed to check records of one form.

    Attributes:
        form: the form.
        validator: the form's rules; reused from record to record.
        asked: item identifier to its skip condition.
        checks: edit checks in the language.
        python_checks: edit checks in Python, each with the plugin that handed it in.
    """

    form: Form
    validator: RecordValidator
    asked: Mapping[str, Compiled]
    checks: tuple[CompiledCheck, ...]
    python_checks: tuple[tuple[PythonCheck, str], ...]


def plan_checks(
    form: Form,
    study: Study,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    python_checks: Sequence[tuple[PythonCheck, Contribution]],
) -> CheckPlan:
    """Compile a form of a study. The study was compiled before, so that every expression is known to be sound."""
    scope = form_scope(
        form, study.codelists, study.protocol, {name: found.kind for name, found in types.items()}, functions
    )
    return CheckPlan(
        form=form,
        validator=RecordValidator(record_schema(form, study.codelists, types), allow_unknown=False),
        asked={
            item.item: compile_expression(item.collect_when, scope, Kind.BOOLEAN)
            for item in form.items
            if item.collect_when is not None
        },
        checks=tuple(
            CompiledCheck(
                check,
                compile_expression(check.when, scope, Kind.BOOLEAN),
                study.origins[f"check:{check.check}"].plugin,
            )
            for check in study.checks.get(form.form, ())
        ),
        python_checks=tuple(
            (check, contribution.plugin) for check, contribution in python_checks if check.form in ("", form.form)
        ),
    )
