"""The pilot plugin conforms; this is all the testing that a plugin without Python rules needs."""

from __future__ import annotations

import sys
from pathlib import Path

from trialkit.testing import check_plugin

sys.path.insert(0, str(Path(__file__).parents[1]))


def test_pilot_plugin_when_checked_then_conforms() -> None:
    import trialkit_pilot

    check_plugin(trialkit_pilot)
