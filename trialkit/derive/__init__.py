"""Derivations: what is computed from what was entered. Reads one record, stores nothing."""

from trialkit.derive.items import DerivationStep, canonical_text, derive_items, plan_derivations

__all__ = ["DerivationStep", "canonical_text", "derive_items", "plan_derivations"]
