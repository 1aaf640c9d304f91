"""The definition files of the house, loaded once, for the tests that read them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trialkit.define import Located, load_folder
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form

DATA = Path(__file__).parent / "data"

Rows = list[dict[str, str]]


def read_csv(path: Path) -> Rows:
    """Every row of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def located(root: Path) -> tuple[Located, ...]:
    """Everything defined in forms/ and in the forms of the three plugins; fails when a file has a problem."""
    folders = [root / "forms", *sorted((root / "plugins").glob("*/forms"))]
    found: list[Located] = []
    for folder in folders:
        things, problems = load_folder(folder)
        assert not problems, "\n".join(map(str, problems))
        found += things
    return tuple(found)


@pytest.fixture(scope="session")
def forms(located: tuple[Located, ...]) -> Mapping[str, Form]:
    """Form identifier to form."""
    return {found.thing.form: found.thing for found in located if isinstance(found.thing, Form)}


@pytest.fixture(scope="session")
def form_files(located: tuple[Located, ...]) -> Mapping[str, str]:
    """Form identifier to the file that it stands in."""
    return {found.thing.form: found.file for found in located if isinstance(found.thing, Form)}


@pytest.fixture(scope="session")
def codelists(located: tuple[Located, ...]) -> Mapping[str, CodeList]:
    """Code list identifier to code list of the house; a list that a protocol puts in its place is left out."""
    lists: dict[str, CodeList] = {}
    for found in located:
        if isinstance(found.thing, CodeList):
            lists.setdefault(found.thing.codelist, found.thing)  # the house is loaded first
    return lists


@pytest.fixture(scope="session")
def every_codelist(located: tuple[Located, ...]) -> tuple[CodeList, ...]:
    """The code lists of the house and those of the protocols."""
    return tuple(found.thing for found in located if isinstance(found.thing, CodeList))


@pytest.fixture(scope="session")
def published() -> Rows:
    """The committed excerpt of the release of the controlled terminology, one row for each term."""
    return read_csv(DATA / "ct_excerpt.csv")


@pytest.fixture(scope="session")
def terminology(published: Rows) -> Mapping[str, Mapping[str, str]]:
    """NCI list code to submission value to NCI term code."""
    lists: dict[str, dict[str, str]] = {}
    for row in published:
        lists.setdefault(row["codelist_code"], {})[row["term"]] = row["term_code"]
    return lists


@pytest.fixture(scope="session")
def guide() -> Rows:
    """The variables that the implementation guide lists for the domains of the forms."""
    return read_csv(DATA / "sdtmig_excerpt.csv")


@pytest.fixture(scope="session")
def listed_variables(guide: Rows) -> Mapping[str, frozenset[str]]:
    """SDTM domain to the variables that the guide lists for it."""
    domains = {row["dataset"] for row in guide}
    return {domain: frozenset(row["variable"] for row in guide if row["dataset"] == domain) for domain in domains}


@pytest.fixture(scope="session")
def sdtm_variables(guide: Rows, listed_variables: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """SDTM domain to the variables it may have: those listed for it, for its class of observations, and of timing."""
    allowed = dict(listed_variables)
    for domain, kind in {row["dataset"]: row["class"] for row in guide}.items():
        if kind != "Special-Purpose":
            lent = (row for row in guide if row["class"] == kind or row["timing"])
            allowed[domain] |= {re.sub(f"^{row['dataset']}", domain, row["variable"]) for row in lent}
    return allowed


@pytest.fixture(scope="session")
def crf_fields(dossier_rows: Callable[[str], Rows]) -> Rows:
    """Every field of the dossier's forms."""
    return dossier_rows("crf_fields")


@pytest.fixture(scope="session")
def field_exceptions() -> Mapping[str, Mapping[str, str]]:
    """Rule to field to the reason why that field does not follow the dossier in this."""
    rules: dict[str, dict[str, str]] = {}
    for row in read_csv(DATA / "field_exceptions.csv"):
        fields = rules.setdefault(row["rule"], {})
        assert row["field"] not in fields, f"{row['rule']} {row['field']} stands twice"
        fields[row["field"]] = row["reason"]
    return rules
