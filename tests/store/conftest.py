"""A study, and stores of it in the test's own folder."""

from __future__ import annotations

import shutil
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


@pytest.fixture(scope="session")
def _empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "study.db"
    open_store(path, make_study(), create=True).close()
    return path


@pytest.fixture(scope="session")
def _filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "study.db"
    filled_store(path, make_study()).close()
    return path


@pytest.fixture
def store(path: Path, study: Study, _empty_file: Path) -> Iterator[Store]:
    """An empty store."""
    shutil.copy2(_empty_file, path)  # closed stores are one file each
    with open_store(path, study) as opened:
        yield opened


@pytest.fixture
def filled(path: Path, study: Study, _filled_file: Path) -> Iterator[Store]:
    """A store with something of everything."""
    shutil.copy2(_filled_file, path)
    with open_store(path, study) as opened:
        yield opened
