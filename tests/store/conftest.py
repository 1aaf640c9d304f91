"""A study, and stores of it in the test's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_sample import filled_store, make_study

from trialkit.model.study import Study
from trialkit.store import Store, open_store


@pytest.fixture
def study() -> Study:
    """The sample study."""
    return make_study()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store lies."""
    return tmp_path / "study.db"


@pytest.fixture
def store(path: Path, study: Study) -> Iterator[Store]:
    """An empty store."""
    with open_store(path, study, create=True) as opened:
        yield opened


@pytest.fixture
def filled(path: Path, study: Study) -> Iterator[Store]:
    """A store with something of everything."""
    with filled_store(path, study) as opened:
        yield opened
