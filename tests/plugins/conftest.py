"""The three protocols, each loaded once, studies of them, each compiled once, and the edit checks of the dossier."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from protocol_route import Route, compile_route, load_route

from trialkit.define import study_text
from trialkit.engine import Assembly, assemble
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.registry import load_registry

EDIT_CHECKS = Path(__file__).parent / "data" / "edit_checks.csv.gz"


@pytest.fixture(scope="session")
def route(root: Path) -> Callable[[str], Route]:
    """Loads a protocol by name, each once."""
    return cache(lambda name: load_route(root, name))


@pytest.fixture(scope="session")
def study_of(root: Path) -> Callable[[str, str | None], Study]:
    """Compiles a study of a protocol and a variant of it, each once."""
    return cache(lambda name, variant: compile_route(root, name, variant))


@pytest.fixture(scope="session")
def assembly_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str | None], Assembly]:
    """A study of a protocol and a variant of it as its plugins make it, each once; it has no store."""

    def make(name: str, variant: str | None) -> Assembly:
        sites = (Site(site="01", timezone="Europe/Amsterdam"),)
        definition = StudyDefinition(study="S1", title="A study", protocol=name, variant=variant, sites=sites)
        folder = tmp_path_factory.mktemp("assembly")
        (folder / "study.yaml").write_text(study_text(definition), encoding="utf-8")
        return assemble(folder, load_registry())

    return cache(make)


@pytest.fixture(scope="session")
def edit_checks() -> dict[str, dict[str, str]]:
    """The edit checks of the domain dossier by identifier."""
    with gzip.open(EDIT_CHECKS, "rt", encoding="utf-8", newline="") as file:
        return {row["check_id"]: row for row in csv.DictReader(file)}
