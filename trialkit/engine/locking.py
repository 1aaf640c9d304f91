"""Locks at the door: what is locked is refused with who and when; what people name becomes what a lock covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialkit.capture import find_form, find_visit
from trialkit.engine.lookup import find_subject, is_site
from trialkit.errors import LockedError
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.lock import Locks, LockScope, RecordLock, find_lock
from trialkit.model.record import RecordKey
from trialkit.model.study import Study
from trialkit.store import Store

if TYPE_CHECKING:
    from trialkit.engine.proposal import Proposal
    from trialkit.engine.proposals import Proposals


def refuse_locked(proposals: Proposals, locks: Locks) -> Proposals:
    """Refuse every record that would change and is locked; one finding each, with who and when."""
    if not locks:
        return proposals
    locked = {key for key in proposals.keys if find_lock(locks, key) is not None}
    return proposals.revise(lambda found: _refuse(found, locks) if found.is_wanted else found, locked)


def require_unlocked(key: RecordKey, locks: Locks) -> None:
    """Raise LockedError W103 when a record is locked."""
    lock = find_lock(locks, key)
    if lock is not None:
        raise LockedError("W103", _message(key, lock), remedy=_remedy(lock))


def lock_scope(study: Study, store: Store, subject: str, visit: str | None, form: str | None) -> LockScope:
    """What a person means: a subject, or a site for its rows of reference forms; ``-`` is every visit.

    Raises UsageError for a subject, visit or form that nobody knows.
    """
    named_form = "" if form is None else find_form(study, form).form
    if is_site(study, store, subject):
        return LockScope(subject, "", "", named_form)
    found = find_subject(store, subject)
    named_visit = "" if visit in (None, "-") else find_visit(study, visit or "").visit
    return LockScope(found.site, found.subject, named_visit, named_form)


def _refuse(proposal: Proposal, locks: Locks) -> Proposal:
    lock = find_lock(locks, proposal.key)
    if lock is None:
        return proposal
    cells = () if proposal.change is None else proposal.change.sources
    changed = () if proposal.change is None else proposal.change.items
    return proposal.refused(
        Finding(
            code="W103",
            severity=Severity.HARD,
            message=_message(proposal.key, lock),
            remedy=_remedy(lock),
            key=proposal.key,
            source=next((cells[item.item] for item in changed if item.item in cells), None) if cells else None,
            action=Action.REJECT,
        )
    )


def _message(key: RecordKey, lock: RecordLock) -> str:
    what = f"{key} is locked" if str(key) == str(lock.scope) else f"{key} is locked with {lock.scope}"
    return f"{what}, by {lock.by} since {lock.at.strftime('%Y-%m-%d %H:%M UTC')}."


def _remedy(lock: RecordLock) -> str:
    return f'Leave it as it is, or unlock it first: trialkit unlock {lock.scope} --reason "…".'
