"""The third station: records in, findings out. Cerberus lives here and explains what is wrong with an item."""

from trialkit.validate.plan import CheckPlan, plan_checks
from trialkit.validate.record import validate_record

__all__ = ["CheckPlan", "plan_checks", "validate_record"]
