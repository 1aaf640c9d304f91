"""Plugins in, their rules in Python out: those that a study asks, and those that have no meaning in it, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialkit.define.claims import place_taken
from trialkit.extension import PythonCheck, SiteCheck
from trialkit.model.study import Contribution, Study
from trialkit.registry import HOUSE, Registry

HandedInRule = tuple[PythonCheck | SiteCheck, Contribution]
"""A rule in Python, and who handed it in."""


@dataclass(frozen=True, slots=True)
class RulesInPython:
    """The rules that plugins hand in as Python.

    Attributes:
        asked: those that the study asks.
        set_aside: those that have no meaning in it, by identifier, each with the reason.
    """

    asked: tuple[HandedInRule, ...]
    set_aside: dict[str, str]

    @property
    def of_records(self) -> tuple[tuple[PythonCheck, Contribution], ...]:
        """The rules about one record."""
        return tuple((check, origin) for check, origin in self.asked if isinstance(check, PythonCheck))

    @property
    def of_sites(self) -> tuple[tuple[SiteCheck, Contribution], ...]:
        """The rules about all records of a site together."""
        return tuple((check, origin) for check, origin in self.asked if isinstance(check, SiteCheck))


def rules_in_python(study: Study, registry: Registry) -> RulesInPython:
    """Ask the plugins for their rules. One that claims the name of another's check of the study is broken by that."""
    handed_in = registry.collect_named(
        "trialkit_validate_checks", (PythonCheck, SiteCheck), lambda check: str(check.check), study=study.definition
    )
    found = list(handed_in.values())
    _break_claimants(found, study, registry)
    reasons = {check.check: _why_set_aside(check, origin, study) for check, origin in found}
    return RulesInPython(
        asked=tuple((check, origin) for check, origin in found if not reasons[check.check]),
        set_aside={name: reason for name, reason in reasons.items() if reason},
    )


def _break_claimants(found: Sequence[HandedInRule], study: Study, registry: Registry) -> None:
    for check, origin in found:
        holder = study.origins.get(f"check:{check.check}")
        if holder is not None and origin.plugin != HOUSE:
            reason = f"trialkit_validate_checks claims the name {check.check}, which {holder.plugin} has"
            registry.break_plugin(origin.plugin, reason)


def _why_set_aside(check: PythonCheck | SiteCheck, origin: Contribution, study: Study) -> str:
    """Why a rule has no meaning in a study; empty when it has.

    As with rules in the language, one of the house speaks of the house's form. What a plugin hands in is asked all the
    same: it has to fit what the study puts in the place of a form.
    """
    if not check.form:
        return ""
    if check.form not in study.forms:
        return f"The protocol uses no form {check.form}."
    owner = study.origins[f"form:{check.form}"].plugin
    return place_taken(check.form, owner) if origin.plugin == HOUSE and owner != HOUSE else ""
