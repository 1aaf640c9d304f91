"""Every rule of a study in one shape, whether somebody wrote it in the language or in Python."""

from __future__ import annotations

from dataclasses import dataclass

from trialkit.codes import load_codes
from trialkit.engine.assembly import Assembly
from trialkit.engine.lookup import find_rule
from trialkit.extension import PythonCheck, SiteCheck
from trialkit.model.check import Action, Check, Examples, Severity
from trialkit.model.study import Contribution

__all__ = ["Rule", "find_study_rule", "study_rules"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a study.

    Attributes:
        rule: its identifier.
        form: the form on whose records it stands; empty for every form.
        severity: hard or soft.
        action: what follows from it.
        message: what is wrong and what to do.
        items: the items it speaks about.
        source: where it comes from.
        origin: who handed it in.
        examples: what it does, shown on data.
        definition: the rule as it was handed in.
    """

    rule: str
    form: str
    severity: Severity
    action: Action
    message: str
    items: tuple[str, ...]
    source: str
    origin: Contribution
    examples: Examples
    definition: Check | PythonCheck | SiteCheck

    @property
    def is_of_site(self) -> bool:
        """Whether it looks at all records of a site together."""
        return isinstance(self.definition, SiteCheck)


def study_rules(assembly: Assembly) -> tuple[Rule, ...]:
    """The rules of a study, sorted by identifier."""
    study = assembly.study
    written = [
        _of_language(check, study.origins[f"check:{check.check}"], form)
        for form, checks in study.checks.items()
        for check in checks
    ]
    in_python = [_of_python(check, origin) for check, origin in assembly.rules_in_python.asked]
    return tuple(sorted((*written, *in_python), key=lambda rule: rule.rule))


def find_study_rule(assembly: Assembly, name: str) -> Rule | None:
    """The rule of this identifier, in any case; None for a code of the house such as ``V103``.

    Raises UsageError U152 for a name that nobody knows, or of a rule that was set aside in this study.
    """
    rules = {rule.rule: rule for rule in study_rules(assembly)}
    found = rules.get(name) or rules.get(name.upper())
    if found is None and name.upper() not in load_codes():
        find_rule(assembly, name.upper() if name.upper() in assembly.set_aside else name)
    return found


def _of_language(check: Check, origin: Contribution, form: str) -> Rule:
    return Rule(
        rule=check.check,
        form=form,
        severity=check.severity,
        action=check.effective_action,
        message=check.message,
        items=check.items,
        source=check.source,
        origin=origin,
        examples=check.examples,
        definition=check,
    )


def _of_python(check: PythonCheck | SiteCheck, origin: Contribution) -> Rule:
    implied = Action.REJECT if check.severity is Severity.HARD else Action.QUERY
    return Rule(
        rule=check.check,
        form=check.form,
        severity=check.severity,
        action=getattr(check, "action", implied),
        message=check.message,
        items=check.items,
        source=getattr(check, "source", ""),
        origin=origin,
        examples=check.examples,
        definition=check,
    )
