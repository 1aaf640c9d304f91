"""A study made anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_sample import Bench

from trialkit.engine import Engine


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The small study with one subject, closed."""
    return Bench(tmp_path / "study").make()


@pytest.fixture
def engine(bench: Bench) -> Iterator[Engine]:
    """The same, open."""
    with bench.open() as opened:
        yield opened
