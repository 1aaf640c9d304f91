"""A study for each test: made once, copied each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_sample import Bench

from trialkit.engine import Engine


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
