"""The entries of one transaction: each gets its place and its stamp, and nothing is written once the end was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trialkit.errors import StoreError
from trialkit.model.record import RecordKey, Subject
from trialkit.model.study import Study
from trialkit.store import entry as actions
from trialkit.store.desk import Desk
from trialkit.store.entry import Head, JournalEntry
from trialkit.store.journal import find_entries
from trialkit.store.pending import Named
from trialkit.store.stamp import Stamp


class EntryWriter:
    """The part of a transaction that knows of entries only. See `trialkit.store.transaction.Transaction`.

    Args:
        desk: the state it works on.
        stamp: who and when.
        study: the definition in force.
        new_id: makes the identifier of each entry, a UUID.
    """

    def __init__(self, desk: Desk, stamp: Stamp, study: Study, new_id: Callable[[], str]) -> None:
        self._desk = desk
        self._stamp = stamp
        self._study = study
        self._new_id = new_id
        self._is_over = False

    @property
    def head(self) -> Head:
        """Where the journal ends, this transaction's entries included."""
        return self._desk.head

    def data_since(self, seq: int) -> list[JournalEntry]:
        """The entries behind one that change subjects, records or locks, oldest first; those of now among them."""
        desk = self._open_desk()
        desk.flush()
        found = find_entries(desk.connection, desk.tables, after=seq)
        return [entry for entry in found if entry.action in (*actions.DATA_ACTIONS, *actions.LOCK_ACTIONS)]

    def finish(self) -> None:
        """Write what is pending, and take no more."""
        self._open_desk().flush()
        self._is_over = True

    def abandon(self) -> None:
        """Take no more."""
        self._is_over = True

    def _open_desk(self) -> Desk:
        if self._is_over:
            raise StoreError("J110", "the transaction is over.", remedy="Begin another one.")
        return self._desk

    def _write(
        self,
        action: str,
        details: Mapping[str, object],
        *,
        subject: Subject | None = None,
        key: RecordKey | None = None,
        touched: Named | None = None,
        reason: str | None = None,
    ) -> None:
        desk = self._open_desk()
        about = key if key is not None else subject
        entry = JournalEntry(
            seq=desk.next_seq,
            entry_id=self._new_id(),
            at=self._stamp.at,
            zone=self._stamp.zone,
            user=self._stamp.user,
            action=action,
            study=desk.study,
            site="" if about is None else about.site,
            subject="" if about is None else about.subject,
            key=key,
            details=details,
            reason=reason,
        )
        desk.append(entry, touched)

    def _newest(self, action: str, key: RecordKey | None = None) -> JournalEntry | None:
        desk = self._desk
        desk.flush()
        if key is None:
            found = find_entries(desk.connection, desk.tables, action=action, newest_first=True, limit=1)
            return found[0] if found else None
        found = find_entries(
            desk.connection,
            desk.tables,
            action=action,
            subject=key.subject,
            visit=key.visit,
            form=key.form,
            newest_first=True,
        )
        return next((entry for entry in found if entry.key == key), None)
