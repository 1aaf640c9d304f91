"""Studies: the definition that a study folder holds, and the compiled whole that every station works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import Field, model_validator

from trialkit.model.base import Label, Name, Noun
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.unit import UnitConversion


class Site(Noun):
    """An investigational site: `site` becomes SITEID, `country` (ISO 3166-1 alpha-3) becomes COUNTRY."""

    site: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]{0,19}$")
    name: str = ""
    country: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    timezone: str = Field(default="UTC", description="IANA time zone of the site, for example Europe/Amsterdam.")


class StudyDefinition(Noun):
    """What `study.yaml` says.

    Attributes:
        study: STUDYID.
        title: what the study is called.
        protocol: the protocol to use, handed in by a plugin or standing in the study's folder.
        variant: the variant of the protocol that the study follows; the protocol as it stands when left out.
        sites: at least one.
        subject_id: how a subject is written, from ``{site}`` and ``{number}``.
        usubjid: USUBJID, from ``{study}``, ``{site}``, ``{number}`` and ``{subject}``.
        parameters: protocol parameters that this study overrides.
        store: file of the store, relative to the study's folder.
        plugins: plugins that the study needs; it refuses to open when one is missing or broken.
    """

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$")
    title: Label
    protocol: Name
    variant: Name | None = None
    sites: tuple[Site, ...] = Field(min_length=1)
    subject_id: str = "{site}-{number}"
    usubjid: str = "{study}-{site}-{number}"
    parameters: dict[str, Decimal] = Field(default_factory=dict)
    store: str = Field(default="study.db", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    plugins: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _patterns_are_sound(self) -> StudyDefinition:
        for pattern, allowed in (
            (self.subject_id, {"site", "number", "study"}),
            (self.usubjid, {"site", "number", "study", "subject"}),
        ):
            try:
                pattern.format(**dict.fromkeys(allowed, "x"))
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"a pattern may use {{{'}, {'.join(sorted(allowed))}}}") from error
            if "{number}" not in pattern and "{subject}" not in pattern:
                raise ValueError("a pattern needs {number}, or every subject would have the same name")
        return self

    def site(self, name: str) -> Site | None:
        """The site of this identifier, or None."""
        return next((site for site in self.sites if site.site == name), None)


@dataclass(frozen=True, slots=True)
class Contribution:
    """Who handed something in: carried into findings, journal and manifest.

    Attributes:
        plugin: the plugin's registered name; ``trialkit`` for the house, ``study`` for the study's own folder.
        version: the version of the distribution it came in.
    """

    plugin: str
    version: str


@dataclass(frozen=True, slots=True)
class Study:
    """A study with everything resolved: what stations take as their only knowledge of the trial.

    Attributes:
        definition: what `study.yaml` says.
        protocol: the protocol with the study's variant and parameter overrides applied, every visit with all its forms.
        forms: form identifier to form; only forms that the protocol schedules or logs, sorted by identifier.
        codelists: code list identifier to code list.
        checks: form identifier to its checks (the form's own and those of plugins), sorted by check identifier.
        units: the conversions in force; a study's own stand before the house's.
        origins: ``form:VS``, ``check:VS001``, ``protocol:iv`` and so on to who handed it in.
        digest: SHA-256 (hex) over the canonical text of all of the above.
        text: that text, JSON in ASCII, which the store keeps; empty where nobody made it.
        set_aside: checks of the house that have no meaning in this protocol, each with the reason.
        reads: checks that read other records, each with the forms of these.
    """

    definition: StudyDefinition
    protocol: Protocol
    forms: Mapping[str, Form]
    codelists: Mapping[str, CodeList]
    checks: Mapping[str, tuple[Check, ...]]
    units: tuple[UnitConversion, ...]
    origins: Mapping[str, Contribution]
    digest: str
    text: str = ""
    set_aside: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def parameter(self, name: str) -> Decimal | None:
        """The value of a protocol parameter in this study, or None when the protocol has no such parameter."""
        found = self.protocol.parameters.get(name)
        return None if found is None else found.value
