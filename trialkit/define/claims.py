"""What the house, plugins and the study hand in goes in; for each identifier the one that counts comes out.

The study's own folder may replace what plugins hand in, and both may replace what the house hands in: its forms are a
library to begin from. Two of equal standing that claim one identifier are a problem, even when they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from trialkit.define.located import Contributed, Steps
from trialkit.errors import Problem
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.unit import UnitConversion

STUDY = "study"
"""The plugin name under which a study's own folder contributes."""

HOUSE = "trialkit"
"""The plugin name of the house."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim(Generic[T]):
    """Somebody's claim to an identifier.

    Attributes:
        name: the identifier.
        thing: what is handed in under it.
        source: what it was handed in with, and by whom.
        steps: the way to the thing inside `source`; not empty for a check that stands in a form.
    """

    name: str
    thing: T
    source: Contributed
    steps: Steps = ()

    @property
    def is_of_the_house(self) -> bool:
        """Whether it is part of the house's library, which no protocol has to use."""
        return self.source.contribution.plugin == HOUSE

    def problem(self, steps: Steps, code: str, message: str, remedy: str, shift: int = 0) -> Problem:
        """A problem at these steps inside the thing, where it was written."""
        return self.source.located.problem((*self.steps, *steps), code, message, remedy, shift)


@dataclass(frozen=True, slots=True)
class Claims:
    """What counts, by identifier; every mapping is sorted by identifier.

    Attributes:
        forms: forms.
        codelists: code lists.
        protocols: protocols.
        checks: checks, those in forms among them.
        units: conversions by ``LB to kg``; the study's own first, then those of plugins, then the house's.
    """

    forms: Mapping[str, Claim[Form]]
    codelists: Mapping[str, Claim[CodeList]]
    protocols: Mapping[str, Claim[Protocol]]
    checks: Mapping[str, Claim[Check]]
    units: Mapping[str, Claim[UnitConversion]]

    def with_forms(self, forms: Mapping[str, Claim[Form]]) -> Claims:
        """The same with other forms."""
        return replace(self, forms=forms)


def place_taken(form: str, owner: str) -> str:
    """Why a check of the house is set aside where somebody else's form stands in the place of the house's."""
    return f"The form {form} of {owner} took the place of the house's."


def settle_claims(contributed: Sequence[Contributed]) -> tuple[Claims, list[Problem]]:
    """Decide for each identifier which thing counts, and report those that are claimed twice.

    Where two have an equal claim the first counts, so that the rest of it can be checked.
    """
    problems: list[Problem] = []
    forms = _settle(_claims(contributed, Form, "form"), "form", problems)
    codelists = _settle(_claims(contributed, CodeList, "codelist"), "codelist", problems)
    protocols = _settle(_claims(contributed, Protocol, "protocol"), "protocol", problems, may_replace=False)
    own_checks = _claims(contributed, Check, "check")
    checks = _settle([*_checks_of(forms.values()), *own_checks], "check", problems)
    units = _settle(_different_units(contributed), "unit", problems)
    ordered = dict(sorted(units.items(), key=lambda entry: (_distance(entry[1].source), entry[0])))
    return Claims(forms, codelists, protocols, checks, ordered), problems


def _claims(contributed: Sequence[Contributed], kind: type[T], key: str) -> list[Claim[T]]:
    return [
        Claim(getattr(found.located.thing, key), found.located.thing, found)
        for found in contributed
        if isinstance(found.located.thing, kind)
    ]


def _checks_of(forms: Iterable[Claim[Form]]) -> Iterator[Claim[Check]]:
    """The checks that stand in forms; where one does not say its form, it reads the one it stands in."""
    for claim in forms:
        for place, check in enumerate(claim.thing.checks):
            placed = check.model_copy(update={"form": check.form or claim.name})
            yield Claim(check.check, placed, claim.source, ("checks", place))


def _different_units(contributed: Sequence[Contributed]) -> Iterator[Claim[UnitConversion]]:
    """Conversions; the same one handed in by several is one."""
    seen: list[UnitConversion] = []
    for found in contributed:
        unit = found.located.thing
        if isinstance(unit, UnitConversion) and (found.contribution.plugin == STUDY or unit not in seen):
            seen.append(unit)
            yield Claim(f"{unit.unit} to {unit.to}", unit, found)


def _settle(
    claims: Iterable[Claim[T]], key: str, problems: list[Problem], *, may_replace: bool = True
) -> dict[str, Claim[T]]:
    rivals: dict[str, list[Claim[T]]] = {}
    for claim in claims:
        rivals.setdefault(claim.name, []).append(claim)
    settled: dict[str, Claim[T]] = {}
    for name in sorted(rivals):
        nearest = min(_distance(claim.source) for claim in rivals[name])
        equal = [claim for claim in rivals[name] if not may_replace or _distance(claim.source) == nearest]
        settled[name] = equal[0]
        problems += [_claimed_twice(equal[0], claim, key) for claim in equal[1:]]
    return settled


def _claimed_twice(first: Claim[T], second: Claim[T], key: str) -> Problem:
    noun = {"codelist": "code list"}.get(key, key)
    message = f"{noun} {second.name} is claimed twice, by {first.source.origin} and by {second.source.origin}"
    remedy = "Rename one of the two; only the study's own folder may replace what plugins hand in."
    return second.problem((key,), "D113", message, remedy)


def _distance(found: Contributed) -> int:
    return {STUDY: 0, HOUSE: 2}.get(found.contribution.plugin, 1)
