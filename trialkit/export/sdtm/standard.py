"""The tables of the standard in, questions about domains, variables, terms and tests answered. Knows no study.

Sources: SDTM Implementation Guide 3.4 and SDTM Controlled Terminology 2025-03-28; see the README beside the tables.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from trialkit.model.dataset import VariableType

__all__ = [
    "GENERAL_CLASSES",
    "IMPLEMENTATION_GUIDE",
    "TERMS_RELEASE",
    "Standard",
    "StandardDomain",
    "StandardVariable",
    "TermList",
    "load_standard",
]

IMPLEMENTATION_GUIDE = "3.4"
TERMS_RELEASE = "2025-03-28"

FINDINGS = "Findings"
GENERAL_CLASSES = ("Interventions", "Events", FINDINGS, "Findings About")
"""The general observation classes: their domains may take any variable of their class and any timing variable."""

_MODEL_LABELS = {
    "--DTC": "Date/Time of Collection",
    "--STDTC": "Start Date/Time of Observation",
    "--ENDTC": "End Date/Time of Observation",
    "--DY": "Study Day of Visit/Collection/Exam",
    "--STDY": "Study Day of Start of Observation",
    "--ENDY": "Study Day of End of Observation",
    "--POS": "Position of Subject During Observation",
    "--STAT": "Completion Status",
    "--REASND": "Reason Not Done",
}
"""Labels of the SDTM model for variables whose labels in the guide name a domain."""


@dataclass(frozen=True, slots=True)
class StandardVariable:
    """A variable as the standard knows it; `generic` is its name with ``--`` for the domain prefix."""

    name: str
    label: str
    type: VariableType
    role: str
    core: str
    codelists: tuple[str, ...]
    generic: str


@dataclass(frozen=True, slots=True)
class StandardDomain:
    """A domain: its observation class, its label and its variables in the order of the guide."""

    domain: str
    observation_class: str
    label: str
    variables: tuple[StandardVariable, ...]

    @property
    def is_general(self) -> bool:
        """Whether it belongs to a general observation class."""
        return self.observation_class in GENERAL_CLASSES

    @property
    def is_findings(self) -> bool:
        """Whether its rows are tests with results."""
        return self.observation_class in (FINDINGS, "Findings About")

    @property
    def topic(self) -> str:
        """The variable that says what a row is about."""
        return next((variable.name for variable in self.variables if variable.role == "Topic"), "")

    def named(self, suffix: str) -> str:
        """The domain's name for a generic variable: ``DTC`` is ``VSDTC`` in VS."""
        return self.domain + suffix

    def variable(self, name: str) -> StandardVariable | None:
        """The variable that the guide lists for this domain, or None."""
        return next((variable for variable in self.variables if variable.name == name), None)


@dataclass(frozen=True, slots=True)
class TermList:
    """A list of controlled terms."""

    code: str
    name: str
    extensible: bool
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standard:
    """The standard as a whole.

    Attributes:
        domains: domain to what the guide says of it.
        terms: NCI code to list; lists that are not carried are absent.
        tests: --TESTCD to (NCI code of its list, --TEST), once for each list that has it.
        allowed: domain to name to every variable that it may have, those that it borrows among them.
        topic_lists: NCI codes of the lists that belong to a domain's topic; other lists of tests are instruments.
    """

    domains: Mapping[str, StandardDomain]
    allowed: Mapping[str, Mapping[str, StandardVariable]]
    topic_lists: frozenset[str]
    terms: Mapping[str, TermList]
    tests: Mapping[str, tuple[tuple[str, str], ...]]

    def variable(self, domain: str, name: str) -> StandardVariable | None:
        """A variable that a domain may have, or None.

        Those that the guide lists; and for general observation classes every variable of the class and every timing
        variable, as SDTM allows.
        """
        return self.allowed[domain].get(name)

    def columns(self, domain: str, names: frozenset[str]) -> tuple[StandardVariable, ...]:
        """The guide's variables of a domain with those of `names` that are borrowed put in their places."""
        columns = list(self.domains[domain].variables)
        listed = {variable.name for variable in columns}
        for name in sorted(names - listed):
            found = self.variable(domain, name)
            if found is not None:
                columns.insert(self._place(domain, found, columns), found)
        return tuple(columns)

    def test_name(self, domain: str, testcd: str) -> str:
        """--TEST for a test code: from the domain's own list, else from an instrument's; empty when unknown."""
        topic = self.domains[domain].variable(self.domains[domain].topic)
        own = topic.codelists if topic else ()
        found = self.tests.get(testcd, ())
        named = {test for code, test in found if code in own} or {
            test for code, test in found if code not in self.topic_lists
        }
        return named.pop() if len(named) == 1 else ""

    def _place(self, domain: str, borrowed: StandardVariable, columns: list[StandardVariable]) -> int:
        """Where a borrowed variable goes: behind the nearest variable that precedes it where it is at home."""
        present = {variable.generic: place for place, variable in enumerate(columns)}
        for donor in _donors(self.domains[domain], self.domains):
            order = [variable.generic for variable in donor.variables if variable.role == borrowed.role]
            if borrowed.generic not in order:
                continue
            before = [name for name in order[: order.index(borrowed.generic)] if name in present]
            if before:
                return present[before[-1]] + 1
        return next((place for place, found in enumerate(columns) if found.role == "Timing"), len(columns))


@cache  # facts that never change while the program runs
def load_standard() -> Standard:
    """Read the tables that are part of the package."""
    variables = defaultdict(list)
    for row in _rows("variables.csv"):
        variables[row["dataset"]].append(_variable(row))
    domains = {
        row["dataset"]: StandardDomain(row["dataset"], row["class"], row["label"], tuple(variables[row["dataset"]]))
        for row in _rows("domains.csv")
    }
    tests = defaultdict(list)
    for row in _rows("tests.csv"):
        tests[row["testcd"]].append((row["codelist_code"], row["test"]))
    allowed = {name: _allowed(home, domains) for name, home in domains.items()}
    topics = (variable for home in domains.values() for variable in home.variables if variable.role == "Topic")
    return Standard(
        domains=domains,
        allowed=allowed,
        topic_lists=frozenset(code for topic in topics for code in topic.codelists),
        terms=_term_lists(),
        tests={testcd: tuple(found) for testcd, found in tests.items()},
    )


def _allowed(home: StandardDomain, domains: Mapping[str, StandardDomain]) -> dict[str, StandardVariable]:
    """The guide's variables of a domain, and those that the model lets a general observation class add."""
    own = {variable.name: variable for variable in home.variables}
    borrowed: dict[str, StandardVariable] = {}
    for donor in _donors(home, domains) if home.is_general else ():
        for found in donor.variables:
            fits = donor.observation_class == home.observation_class or found.role == "Timing"
            name = found.generic.replace("--", home.domain)
            if fits and found.role != "Topic" and name not in borrowed:
                label = _MODEL_LABELS.get(found.generic, found.label)
                borrowed[name] = replace(found, name=name, label=label, core="Perm")
    return {**borrowed, **own}


def _donors(home: StandardDomain, domains: Mapping[str, StandardDomain]) -> list[StandardDomain]:
    """Domains of the same class first, then the other general classes."""
    general = [domain for domain in domains.values() if domain.is_general and domain.domain != home.domain]
    return sorted(general, key=lambda domain: domain.observation_class != home.observation_class)


def _term_lists() -> dict[str, TermList]:
    terms: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for row in _rows("terms.csv"):
        terms[row["codelist_code"], row["codelist"], row["extensible"] == "Y"].add(row["term"])
    return {
        code: TermList(code, name, extensible, frozenset(found)) for (code, name, extensible), found in terms.items()
    }


def _variable(row: Mapping[str, str]) -> StandardVariable:
    return StandardVariable(
        name=row["variable"],
        label=row["label"],
        type=VariableType(row["type"]),
        role=row["role"],
        core=row["core"],
        codelists=tuple(row["codelists"].split()),
        generic=_generic(row["dataset"], row["variable"]),
    )


def _generic(domain: str, name: str) -> str:
    return f"--{name[len(domain) :]}" if name.startswith(domain) and name != domain else name


def _rows(name: str) -> Iterator[dict[str, str]]:
    table = resources.files("trialkit.export.sdtm").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(table.splitlines())
