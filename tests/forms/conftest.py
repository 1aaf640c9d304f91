"""The definition files of the house, loaded once, for the tests that read them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from trialkit.define import Located, load_folder
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form

HERE = Path(__file__).parent


def read_csv(path: Path) -> list[dict[str, str]]:
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
def codelists(located: tuple[Located, ...]) -> Mapping[str, CodeList]:
    """Code list identifier to code list."""
    return {found.thing.codelist: found.thing for found in located if isinstance(found.thing, CodeList)}


@pytest.fixture(scope="session")
def terminology() -> Mapping[str, Mapping[str, str]]:
    """NCI list code to submission value to NCI term code: the committed excerpt of the release."""
    lists: dict[str, dict[str, str]] = {}
    for row in read_csv(HERE / "data" / "ct_excerpt.csv"):
        lists.setdefault(row["codelist_code"], {})[row["term"]] = row["term_code"]
    return lists


@pytest.fixture(scope="session")
def sdtm_variables() -> Mapping[str, frozenset[str]]:
    """SDTM domain to the names of its variables."""
    rows = read_csv(HERE / "data" / "sdtmig_excerpt.csv")
    domains = {row["dataset"] for row in rows}
    return {domain: frozenset(row["variable"] for row in rows if row["dataset"] == domain) for domain in domains}


@pytest.fixture(scope="session")
def dossier(root: Path) -> Path:
    """The domain dossier beside the source tree; skips where it is not at hand."""
    folder = root.parent / "shared" / "domain"
    if not folder.is_dir():
        pytest.skip("the domain dossier is not at hand")
    return folder


@pytest.fixture(scope="session")
def crf_fields(dossier: Path) -> list[dict[str, str]]:
    """Every field of the dossier's forms."""
    return read_csv(dossier / "crf_fields.csv")
