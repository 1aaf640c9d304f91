"""The three protocols, each loaded once, and the dossier they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from protocol_route import Route, load_route


@pytest.fixture(scope="session")
def route(root: Path) -> Callable[[str], Route]:
    """Loads a protocol by name, each once."""
    loaded: dict[str, Route] = {}

    def load(name: str) -> Route:
        if name not in loaded:
            loaded[name] = load_route(root, name)
        return loaded[name]

    return load


@pytest.fixture(scope="session")
def dossier(root: Path) -> Path:
    """The domain dossier beside the source tree; skips where it is not at hand."""
    folder = root.parent / "shared" / "domain"
    if not folder.is_dir():
        pytest.skip("the domain dossier is not at hand")
    return folder
