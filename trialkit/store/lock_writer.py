"""The locks of one transaction: set and lifted, each with its reason. See `trialkit.model.lock`."""

from __future__ import annotations

from trialkit.errors import LockedError, UsageError
from trialkit.model.lock import LockScope, RecordLock, find_lock
from trialkit.model.record import RecordKey, Subject
from trialkit.store import entry as actions
from trialkit.store.connection import understand_locks
from trialkit.store.query_writer import QueryWriter
from trialkit.store.requirements import require_subject, require_words


class LockWriter(QueryWriter):
    """The part of a transaction that locks and unlocks. See `trialkit.store.transaction.Transaction`."""

    def lock_records(self, scope: LockScope, reason: str) -> RecordLock:
        """Lock records: from here on nobody changes them, and none is added.

        Raises:
            UsageError: J203 and J204 for an unknown subject or another site, J214 when they are locked already, J201
                without a reason.
        """
        owner = self._owner(scope)
        require_words(reason, "a lock needs a reason.")
        locks = self._open_desk().load_locks()
        if scope in locks:
            raise UsageError(
                "J214", f"{scope} is locked already, by {locks[scope].by}.", remedy="Leave it, or unlock it first."
            )
        understand_locks(self._desk.connection)
        self._write_lock(actions.RECORD_LOCK, scope, owner, reason)
        return self._desk.state.locks[scope]

    def unlock_records(self, scope: LockScope, reason: str) -> None:
        """Lift a lock.

        Raises:
            UsageError: J203 and J204 for an unknown subject or another site, J215 when exactly this is not locked, J201
                without a reason.
        """
        owner = self._owner(scope)
        require_words(reason, "lifting a lock needs a reason.")
        locks = self._open_desk().load_locks()
        if scope not in locks:
            others = [str(other) for other in sorted(locks) if other[:2] == scope[:2]]
            there = f"Locked is: {', '.join(others)}." if others else "Nothing of it is locked."
            raise UsageError("J215", f"{scope} is not locked as such.", remedy=there)
        self._write_lock(actions.RECORD_UNLOCK, scope, owner, reason)

    def _require_unlocked(self, key: RecordKey) -> None:
        locks = self._desk.load_locks()
        lock = find_lock(locks, key) if locks else None
        if lock is not None:
            raise LockedError(
                "J302",
                f"{key} is locked ({lock.scope}) by {lock.by} since {lock.at.strftime('%Y-%m-%d %H:%M:%S UTC')}.",
                remedy=f'Leave it as it is, or unlock it: trialkit unlock {lock.scope} --reason "…".',
            )

    def _owner(self, scope: LockScope) -> Subject:
        if not scope.subject:
            return Subject("", scope.site, "")
        return require_subject(self._open_desk().subject(scope.subject), scope.subject, scope.site)

    def _write_lock(self, action: str, scope: LockScope, owner: Subject, reason: str) -> None:
        self._write(action, {"visit": scope.visit, "form": scope.form}, subject=owner, reason=reason)
