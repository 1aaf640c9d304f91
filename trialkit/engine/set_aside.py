"""Rules that have no meaning in a study, whether somebody wrote them in the language or in Python, and why."""

from __future__ import annotations

from collections.abc import Sequence

from trialkit.define.claims import place_taken
from trialkit.engine.assembly import Assembly
from trialkit.extension import PythonCheck, SiteCheck
from trialkit.model.study import Contribution, Study, StudyDefinition
from trialkit.registry import HOUSE, Registry

PythonRule = PythonCheck | SiteCheck


def set_aside_rules(assembly: Assembly) -> dict[str, str]:
    """Every rule that is there and has no meaning in the study, with the reason, sorted by identifier."""
    study = assembly.study
    in_python = rules_in_python(assembly.registry, study.definition)
    reasons = {check.check: why_set_aside(study, check, origin) for check, origin in in_python}
    return dict(sorted({**study.set_aside, **{name: reason for name, reason in reasons.items() if reason}}.items()))


def rules_in_python(registry: Registry, definition: StudyDefinition) -> Sequence[tuple[PythonRule, Contribution]]:
    """The rules that plugins hand in as Python, each with who did, those without a meaning in the study among them."""
    found = registry.collect_named(
        "trialkit_validate_checks", (PythonCheck, SiteCheck), lambda check: str(check.check), study=definition
    )
    return list(found.values())


def why_set_aside(study: Study, check: PythonRule, origin: Contribution) -> str:
    """Why a rule in Python has no meaning in a study; empty when it has.

    As with rules in the language, one of the house speaks of the house's form. What a plugin hands in is asked all the
    same: it has to fit what the study puts in the place of a form.
    """
    if not check.form:
        return ""
    if check.form not in study.forms:
        return f"The protocol uses no form {check.form}."
    owner = study.origins[f"form:{check.form}"].plugin
    return place_taken(check.form, owner) if origin.plugin == HOUSE and owner != HOUSE else ""
