"""Entries of the journal: what one says, and its payload to and from text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trialkit.errors import IntegrityError
from trialkit.model.record import CellReference, ItemChange, RecordKey
from trialkit.store.canonical import encode_payload, moment_of, moment_text
from trialkit.store.plain import Plain, key_from_plain, key_to_plain
from trialkit.store.save_plain import changes_from_plain, sources_from_plain

SUBJECT_ADD = "subject.add"
SUBJECT_WITHDRAW = "subject.withdraw"
RECORD_SAVE = "record.save"
RECORD_LOCK = "record.lock"
RECORD_UNLOCK = "record.unlock"
QUERY_OPEN = "query.open"
QUERY_ANSWER = "query.answer"
QUERY_CLOSE = "query.close"
SOURCE_ADD = "source.add"
DEFINITION_REGISTER = "definition.register"
OWN_ACTIONS = frozenset(
    {
        SUBJECT_ADD,
        SUBJECT_WITHDRAW,
        RECORD_SAVE,
        RECORD_LOCK,
        RECORD_UNLOCK,
        QUERY_OPEN,
        QUERY_ANSWER,
        QUERY_CLOSE,
        SOURCE_ADD,
        DEFINITION_REGISTER,
    }
)
"""Actions that change a projection: only the store itself writes them."""

DATA_ACTIONS = (SUBJECT_ADD, SUBJECT_WITHDRAW, RECORD_SAVE)
"""Actions that change what is exported."""

LOCK_ACTIONS = (RECORD_LOCK, RECORD_UNLOCK)
"""Actions that say who may change what."""

ACTION = re.compile(r"^[a-z]+(?:[.-][a-z]+)+$", re.ASCII)
"""How an action is named: ``study.create``."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry of the journal.

    Attributes:
        seq: its place, counted from 1 without gaps.
        entry_id: a UUID made by the caller's factory; of an entry that is kept in a block the UUID of the block, a
            slash, and its place in the block, counted from 1.
        at: when, in UTC.
        zone: IANA name of the site's zone.
        user: who.
        action: what: ``record.save``, ``query.open``, ``subject.add``, ``export.write`` and so on.
        study: STUDYID.
        site: the site, or empty.
        subject: the subject, or empty.
        key: the record, or None when it is about no record.
        details: what the action says beyond that. Of ``record.save``: `version`, `form_version`, `definition`, and
            what `changes` and `sources` read.
        reason: why, or None.
        hash: 64 hexadecimal digits that chain it, or the block that it is kept in, to what is before; empty before it
            is appended.
    """

    seq: int
    entry_id: str
    at: datetime
    zone: str
    user: str
    action: str
    study: str
    site: str
    subject: str
    key: RecordKey | None
    details: Mapping[str, Any]  # Any: parsed JSON, different for each action
    reason: str | None
    hash: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        """The items it speaks about, sorted; empty when it speaks about none."""
        named = self.details.get("items")
        if isinstance(named, Mapping):
            return tuple(sorted(named))
        item = self.details.get("item")
        return (item,) if isinstance(item, str) and item else ()

    @property
    def changes(self) -> tuple[ItemChange, ...]:
        """What a ``record.save`` did to each item, sorted by item."""
        return changes_from_plain(self.details)

    @property
    def sources(self) -> dict[str, CellReference]:
        """The cells that the items of a ``record.save`` came from; items that were typed or computed are absent."""
        return sources_from_plain(self.details)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal ends.

    Attributes:
        seq: the newest entry; 0 when there is none.
        hash: its hash, 64 hexadecimal digits; zeros when there is none.
        at: its moment in UTC; None when there is none.
    """

    seq: int
    hash: str
    at: datetime | None


def write_payload(entry: JournalEntry) -> str:
    """The canonical text of an entry: everything but its hash."""
    return encode_payload(
        {
            "seq": entry.seq,
            "id": entry.entry_id,
            "at": moment_text(entry.at),
            "zone": entry.zone,
            "user": entry.user,
            "action": entry.action,
            "study": entry.study,
            "site": entry.site,
            "subject": entry.subject,
            "key": None if entry.key is None else key_to_plain(entry.key),
            "details": entry.details,
            "reason": entry.reason,
        }
    )


def entry_from_plain(plain: Plain, chained: str) -> JournalEntry:
    """The entry that `write_payload` wrote, with its hash. Raises KeyError, TypeError or ValueError for another."""
    key = plain["key"]
    return JournalEntry(
        seq=plain["seq"],
        entry_id=plain["id"],
        at=moment_of(plain["at"]),
        zone=plain["zone"],
        user=plain["user"],
        action=plain["action"],
        study=plain["study"],
        site=plain["site"],
        subject=plain["subject"],
        key=None if key is None else key_from_plain(plain["site"], plain["subject"], key),
        details=plain["details"],
        reason=plain["reason"],
        hash=chained,
    )


def broken_chain(message: str) -> IntegrityError:
    """J402: the journal is not what was written."""
    return IntegrityError(
        "J402", message, remedy="Stop working with this store and restore the newest backup that verifies."
    )
