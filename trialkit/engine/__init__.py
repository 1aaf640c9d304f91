"""The engine: the only room that knows the order of the stations. It passes values on and knows no rule of its own.

What imports files is resolved when it is asked for: most commands import none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialkit.engine.assembly import Assembly, assemble, check_files
from trialkit.engine.foreign import known_readers
from trialkit.engine.gathering import known_protocols
from trialkit.engine.opening import begin_study, create_study, find_study, open_journal, open_study
from trialkit.engine.session import Engine

if TYPE_CHECKING:
    from trialkit.engine.import_plan import ImportPlan, read_plan
    from trialkit.engine.importing import ImportOrder

_HOMES = {
    "ImportOrder": "trialkit.engine.importing",
    "ImportPlan": "trialkit.engine.import_plan",
    "read_plan": "trialkit.engine.import_plan",
}

__all__ = [
    "Assembly",
    "Engine",
    "ImportOrder",
    "ImportPlan",
    "assemble",
    "begin_study",
    "check_files",
    "create_study",
    "find_study",
    "known_protocols",
    "known_readers",
    "open_journal",
    "open_study",
    "read_plan",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
