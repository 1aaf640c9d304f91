"""Locks: what nobody may change until somebody unlocks it, with who said so, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from trialkit.model.record import RecordKey


class LockScope(NamedTuple):
    """What a lock covers; an empty visit or form is every one. Records that are not there yet are covered, too.

    Attributes:
        site: the site.
        subject: whose records; empty for the rows of reference forms, which belong to the site.
        visit: only those of this visit, all its repeats.
        form: only those of this form.
    """

    site: str
    subject: str
    visit: str = ""
    form: str = ""

    def __str__(self) -> str:
        owner = self.subject or f"site {self.site}"
        visit = self.visit or ("-" if self.form and self.subject else "")
        return " ".join(filter(None, (owner, visit, self.form)))


@dataclass(frozen=True, slots=True)
class RecordLock:
    """A lock that stands.

    Attributes:
        scope: what it covers.
        at: since when, in UTC.
        by: who locked.
        reason: why.
        entry: the entry of the journal that says so.
    """

    scope: LockScope
    at: datetime
    by: str
    reason: str
    entry: int


Locks = Mapping[LockScope, RecordLock]
"""The locks that stand, each by what it covers."""


def find_lock(locks: Locks, key: RecordKey) -> RecordLock | None:
    """The widest lock that covers a record, or None."""
    if not locks:
        return None
    for visit, form in (("", ""), (key.visit, ""), ("", key.form), (key.visit, key.form)):
        found = locks.get(LockScope(key.site, key.subject, visit, form))
        if found is not None:
            return found
    return None
