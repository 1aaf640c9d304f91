"""The engine: the only room that knows the order of the stations. It passes values on and knows no rule of its own."""

from trialkit.engine.assembly import Assembly, assemble, check_files
from trialkit.engine.foreign import known_readers
from trialkit.engine.gathering import known_protocols
from trialkit.engine.import_plan import ImportPlan, read_plan
from trialkit.engine.importing import ImportOrder
from trialkit.engine.opening import begin_study, create_study, find_study, open_journal, open_study
from trialkit.engine.session import Engine

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
