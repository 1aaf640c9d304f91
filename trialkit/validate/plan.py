"""A form compiled once for checking: its Cerberus validator, skip logic, edit checks, Python checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialkit.extension import Function, ItemType, PythonCheck
from trialkit.language import Compiled, ScopedForm, check_scope, compile_expression, form_scope, scoped_forms
from trialkit.language.tree import Call, walk
from trialkit.model.check import Check
from trialkit.model.form import Form
from trialkit.model.kind import Kind
from trialkit.model.study import Contribution, Study
from trialkit.validate.schema import record_schema
from trialkit.validate.validator import RecordValidator


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """An edit check ready to run, with the plugin that handed it in.

    Attributes:
        check: the check.
        when: its condition.
        plugin: who handed it in.
    """

    check: Check
    when: Compiled
    plugin: str

    @property
    def item(self) -> str:
        """The item that a finding points at: the first that the check names, or else reads; empty for none."""
        return (self.check.items or self.when.items or ("",))[0]

    @property
    def reads_others(self) -> bool:
        """Whether its answer can change without a change of the record it stands on."""
        return bool(self.when.reads) or any(
            isinstance(node, Call) and node.function == "subjects_with" for node, _ in walk(self.when.tree)
        )


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """All that is needed to check records of one form.

    Attributes:
        form: the form.
        validator: the form's rules; reused from record to record.
        asked: item identifier to its skip condition.
        checks: edit checks in the language that read one record alone.
        cross_checks: edit checks in the language that read other records, too.
        python_checks: edit checks in Python, each with the plugin that handed it in.
    """

    form: Form
    validator: RecordValidator
    asked: Mapping[str, Compiled]
    checks: tuple[CompiledCheck, ...]
    cross_checks: tuple[CompiledCheck, ...]
    python_checks: tuple[tuple[PythonCheck, str], ...]


def plan_checks(
    form: Form,
    study: Study,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    python_checks: Sequence[tuple[PythonCheck, Contribution]],
    forms: Mapping[str, ScopedForm] | None = None,
) -> CheckPlan:
    """Compile a form of a study. The study was compiled before, so that every expression is known to be sound.

    Args:
        form: the form.
        study: the compiled study.
        types, functions: by name.
        python_checks: those of all forms, each with who handed it in.
        forms: the forms as checks read them, when they are at hand; else made of the study.
    """
    kinds = {name: found.kind for name, found in types.items()}
    scope = form_scope(form, study.codelists, study.protocol, kinds, functions)
    if forms is None:
        forms = scoped_forms(study.forms, study.codelists, kinds)
    wide = check_scope(form, study.codelists, study.protocol, kinds, functions, forms)
    checks = [
        CompiledCheck(
            check,
            compile_expression(check.when, wide, Kind.BOOLEAN),
            study.origins[f"check:{check.check}"].plugin,
        )
        for check in study.checks.get(form.form, ())
        if check.when is not None
    ]
    return CheckPlan(
        form=form,
        validator=RecordValidator(record_schema(form, study.codelists, types), allow_unknown=False),
        asked={
            item.item: compile_expression(item.collect_when, scope, Kind.BOOLEAN)
            for item in form.items
            if item.collect_when is not None
        },
        checks=tuple(check for check in checks if not check.reads_others),
        cross_checks=tuple(check for check in checks if check.reads_others),
        python_checks=tuple(
            (check, contribution.plugin) for check, contribution in python_checks if check.form in ("", form.form)
        ),
    )
