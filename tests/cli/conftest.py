"""Commands typed in-process, as a person would: words in, exit code and both streams out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_sample import Typed, Typist
from messy_studies import make_studies, open_studies

from trialkit.cli.failure import run_guarded
from trialkit.cli.main import cli
from trialkit.engine import Engine

MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture
def type_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typist:
    """Type a command in a folder."""
    monkeypatch.setenv("TRIALKIT_USER", "j.devries")

    def type_in(folder: Path, *words: str) -> Typed:
        monkeypatch.chdir(folder)
        code = run_guarded(cli, words)
        printed = capsys.readouterr()
        return Typed(code, printed.out, printed.err)

    return type_in


@pytest.fixture(scope="session")
def demo_master(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstrations of all three routes, made once."""

    def make(folder: Path) -> None:
        assert run_guarded(cli, ["demo", "--user", "demo", str(folder)]) == 0

    return shutil.copytree(made_once("demo", make), tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture
def demo(demo_master: Path, tmp_path: Path) -> Path:
    """A copy of the IV demonstration, to be changed at will."""
    return shutil.copytree(demo_master / "iv", tmp_path / "iv")


@pytest.fixture(scope="session")
def messy_engines(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Engine]]:
    """The studies that the files of tests/data/messy are for, open; compiled once for all who look at them."""
    folder = tmp_path_factory.mktemp("messy") / "messy"
    engines = open_studies(Path(shutil.copytree(made_once("messy", make_studies), folder)))
    yield engines
    for engine in engines.values():
        engine.close()
