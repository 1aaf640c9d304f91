"""The third station: records in, findings out. Cerberus lives here and explains what is wrong with an item."""

from trialkit.validate.plan import CheckPlan, CompiledCheck, plan_checks
from trialkit.validate.record import (
    ask_check,
    ask_fields,
    ask_python,
    fired_finding,
    record_view,
    unanswered_finding,
    unasked_finding,
    validate_record,
)

__all__ = [
    "CheckPlan",
    "CompiledCheck",
    "ask_check",
    "ask_fields",
    "ask_python",
    "fired_finding",
    "plan_checks",
    "record_view",
    "unanswered_finding",
    "unasked_finding",
    "validate_record",
]
