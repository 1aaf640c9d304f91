"""The pilot plugin conforms; this is all the testing that a plugin without Python rules needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialkit.testing import check_plugin


def test_pilot_plugin_when_checked_then_conforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import trialkit_pilot

    check_plugin(trialkit_pilot)
