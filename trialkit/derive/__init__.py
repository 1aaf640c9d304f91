"""Derivations: what is computed from what was entered. Stores nothing."""

from trialkit.derive.items import DerivationStep, canonical_text, derive_items, plan_derivations
from trialkit.derive.visits import VisitDates, plan_visits, visit_dates

__all__ = [
    "DerivationStep",
    "VisitDates",
    "canonical_text",
    "derive_items",
    "plan_derivations",
    "plan_visits",
    "visit_dates",
]
