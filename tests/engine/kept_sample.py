"""What tests of kept studies share: a small study without a store, and how often it was compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import pytest

from trialkit.engine import Assembly, assemble, compiling
from trialkit.model.study import Study
from trialkit.registry import load_registry


def same_code(plugins: Iterable[object]) -> str:
    return "the code"


class Compilations:
    """How often a study was compiled, what else is to happen when one is, and what comes out when it is known."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self.gives: Study | None = None
        self._compile = compiling.compile_study
        monkeypatch.setattr(compiling, "compile_study", self)

    def __call__(self, *arguments: object) -> Study:
        self.count += 1
        self.meanwhile()
        if self.gives is not None:
            return self.gives
        return self._compile(*arguments)  # type: ignore[arg-type]  # handed on as they came


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def assemble_with(folder: Path, plugins: dict[str, ModuleType] | None = None) -> Assembly:
    return assemble(folder, load_registry(modules=plugins))
