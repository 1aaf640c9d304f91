"""One study with every instrument, open for a whole run of these tests; each test enters at a sitting of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from instrument_sample import begin

from trialkit.engine import Engine


@pytest.fixture(scope="session")
def instruments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The study."""
    with begin(tmp_path_factory.mktemp("instruments") / "study") as engine:
        yield engine


@pytest.fixture(scope="session")
def sittings() -> Iterator[int]:
    """Numbers of sittings that nobody has used."""
    return count(1)
