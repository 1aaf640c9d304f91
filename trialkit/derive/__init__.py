"""Derivations: what is computed from what was entered. Stores nothing."""

from trialkit.derive.items import DerivationStep, canonical_text, derive_items, plan_derivations
from trialkit.derive.visits import (
    VisitDates,
    order_unplanned_visits,
    plan_visits,
    visit_date,
    visit_dates,
    visit_starts,
)

__all__ = [
    "DerivationStep",
    "VisitDates",
    "canonical_text",
    "derive_items",
    "order_unplanned_visits",
    "plan_derivations",
    "plan_visits",
    "visit_date",
    "visit_dates",
    "visit_starts",
]
