"""Planned visits of one subject: when each should be, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class VisitState(StrEnum):
    """How a planned visit stands. Open: nobody knows yet when it should be, since day 1 has no date."""

    DONE = "done"
    OVERDUE = "overdue"
    DUE = "due"
    LATER = "later"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One planned visit of one subject.

    Attributes:
        site: the subject's site.
        subject: the subject.
        visit: the visit.
        label: what people call it.
        state: how it stands today.
        earliest: first day of its window; None when unknown.
        target: the planned day; None when unknown, or when the visit has no single day.
        latest: last day of its window; None when unknown.
    """

    site: str
    subject: str
    visit: str
    label: str
    state: VisitState
    earliest: date | None = None
    target: date | None = None
    latest: date | None = None
