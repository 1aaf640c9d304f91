"""What every test may count on: the root of the tree, steady property tests, slow tests only when asked for.

Compiled studies are kept for the length of one run, apart from those of the user.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import property_examples
import pytest
from dossier_tables import read_dossier
from hypothesis import settings

MadeOnce = Callable[[str, Callable[[Path], object]], Path]
"""Takes the name of a folder and what makes it; gives the folder."""

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("house")


_OF_THE_RUN = pytest.StashKey[Path]()
"""The folder that all workers of a run share."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave slow tests out unless a marker expression or a single test is asked for; give the run its own cache."""
    if not config.option.markexpr and not any("::" in argument for argument in config.args):
        config.option.markexpr = "not slow"
    if config.option.markexpr != "not slow":
        property_examples.share = 1
    if not hasattr(config, "workerinput"):  # the workers of a run inherit it: studies are kept for all of them
        folder = tempfile.mkdtemp(prefix="trialkit-tests-")
        os.environ["TRIALKIT_CACHE"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.stash[_OF_THE_RUN] = Path(os.environ["TRIALKIT_CACHE"])


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays for the whole run: it took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def made_once(pytestconfig: pytest.Config) -> MadeOnce:
    """Makes a folder once for all workers of a run. Whoever wants to change something in it takes a copy."""

    def make(name: str, maker: Callable[[Path], object]) -> Path:
        shared = pytestconfig.stash[_OF_THE_RUN] / "made"
        shared.mkdir(exist_ok=True)
        done = shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may be making it: wait for it
            if not done.exists():
                shutil.rmtree(shared / name, ignore_errors=True)
                maker(shared / name)
                done.touch()
        return shared / name

    return make


@pytest.fixture(scope="session")
def dossier_rows() -> Callable[[str], list[dict[str, str]]]:
    """Reads a table of the domain dossier by its name; every call gives rows of its own."""
    return read_dossier
