"""Review: what follows from findings once data are stored. Knows queries; never writes."""

from __future__ import annotations

from trialkit.review.queries import QueryChanges, query_changes

__all__ = ["QueryChanges", "query_changes"]
