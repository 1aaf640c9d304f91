"""A study for each test: made once, copied each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_sample import FILES, Bench
from kept_sample import Compilations, same_code, write

from trialkit.engine import Engine, study_key
from trialkit.engine.kept_studies import CACHE_VARIABLE


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Bench(tmp_path_factory.mktemp("made") / "study").make().folder


@pytest.fixture
def bench(tmp_path: Path, _made: Path) -> Bench:
    """The small study with one subject, closed."""
    return Bench(Path(shutil.copytree(_made, tmp_path / "study")))


@pytest.fixture
def engine(bench: Bench) -> Iterator[Engine]:
    """The same, open."""
    with bench.open() as opened:
        yield opened


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept studies, not there yet; trialkit's code counts as unchanged, whoever works on it meanwhile."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(study_key, "stamp_code", same_code)
    return tmp_path / "cache" / "studies"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> Compilations:
    """Counts from here on."""
    return Compilations(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the small study, without a store."""
    for name, text in FILES.items():
        write(tmp_path / "study", name, text)
    return tmp_path / "study"
