"""The journal folded into what stands: one entry after another, the same way at work, on replay and on verification.

Refuses an entry that does not follow from those before it. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from trialkit.errors import IntegrityError
from trialkit.model.lock import LockScope, RecordLock, find_lock
from trialkit.model.query import Answer, Query
from trialkit.model.record import Record, RecordKey, Subject, Value
from trialkit.store import entry as actions
from trialkit.store.block import Block
from trialkit.store.entry import JournalEntry


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was imported and is kept.

    Attributes:
        digest: SHA-256 of its bytes, 64 hexadecimal digits.
        name: the file's name without its folder.
        kind: the reader that read it.
        size: in bytes.
    """

    digest: str
    name: str
    kind: str
    size: int


Touched = tuple[str, str | RecordKey]
"""A thing that entries change: the table it stands in (``record`` for every form) and its identifier."""


@dataclass(slots=True)
class State:
    """What stands after some entries: grows by `apply`, and knows for each thing the entry that last touched it.

    `blocks` has the subjects of each block of the journal, by the number of its last entry: `note_block` takes one in.
    """

    subjects: dict[str, Subject] = field(default_factory=dict)
    records: dict[RecordKey, Record] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    definitions: dict[str, int] = field(default_factory=dict)
    locks: dict[LockScope, RecordLock] = field(default_factory=dict)
    touched_by: dict[Touched, int] = field(default_factory=dict)
    blocks: dict[int, frozenset[str]] = field(default_factory=dict)

    def apply(self, entry: JournalEntry) -> None:
        """Take in the next entry. Entries that change no projection pass.

        Raises:
            IntegrityError: J403 when the entry does not follow from the entries before it.
        """
        step = _STEPS.get(entry.action)
        if step is None:
            return
        try:
            touched = step(self, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise IntegrityError(
                "J403",
                f"journal entry {entry.seq} does not follow from the entries before it.",
                remedy="Stop working with this store and restore the newest backup that verifies.",
            ) from error
        self.touched_by[touched] = entry.seq

    def note_block(self, block: Block) -> None:
        """Note which subjects a block has entries about. Its entries are taken in one by one."""
        self.blocks[block.seq] = block.subjects


def _add_subject(state: State, entry: JournalEntry) -> Touched:
    _require(entry.subject not in state.subjects)
    state.subjects[entry.subject] = Subject(entry.subject, entry.site, entry.details["number"], entry.details["status"])
    return "subject", entry.subject


def _withdraw_subject(state: State, entry: JournalEntry) -> Touched:
    state.subjects[entry.subject] = replace(state.subjects[entry.subject], status=entry.details["status"])
    return "subject", entry.subject


def _save_record(state: State, entry: JournalEntry) -> Touched:
    key, details = _key_of(entry), entry.details
    stored = state.records.get(key)
    _require(details["version"] == (0 if stored is None else stored.version) + 1)
    _require(find_lock(state.locks, key) is None)
    changes = entry.changes
    items, old, new = ([getattr(change, part) for change in changes] for part in ("item", "old", "new"))
    values = values_after(stored, items, old, new)
    state.records[key] = record_after(stored, key, details["form_version"], values, entry.at, entry.user)
    return "record", key


def values_after(
    stored: Record | None, items: Sequence[str], old: Sequence[Value | None], new: Sequence[Value | None]
) -> dict[str, Value]:
    """The values of a record after some changes.

    Args:
        stored: the record as it stands; None for a new one.
        items: what changes, each item once.
        old: the value of each that stands; None is "never given".
        new: the value of each that takes its place; None clears it.

    Raises:
        ValueError: another value stands.
    """
    values: dict[str, Value | None] = {} if stored is None else dict(stored.values)
    if list(map(values.get, items)) != old:
        raise ValueError("another value stands")
    values.update(zip(items, new, strict=True))
    return {item: value for item, value in values.items() if value is not None}


def record_after(
    stored: Record | None, key: RecordKey, form_version: str, values: Mapping[str, Value], at: datetime, user: str
) -> Record:
    """A record in its next version: who entered it first, and when, stays."""
    if stored is None:
        return Record(key, values, 1, form_version, at, user)
    return Record(key, values, stored.version + 1, form_version, stored.entered_at, stored.entered_by)


def _open_query(state: State, entry: JournalEntry) -> Touched:
    name, details = entry.details["query"], entry.details
    _require(name not in state.queries)
    state.queries[name] = Query(
        query=name,
        code=details["code"],
        key=_key_of(entry),
        item=details["item"],
        message=details["message"],
        state="open",
        opened_at=entry.at,
        opened_by=entry.user,
    )
    return "query", name


def _answer_query(state: State, entry: JournalEntry) -> Touched:
    query = state.queries[entry.details["query"]]
    _require(not query.is_closed)
    answer = Answer(entry.at, entry.user, entry.details["text"])
    state.queries[query.query] = replace(query, state="answered", answers=(*query.answers, answer))
    return "query", query.query


def _close_query(state: State, entry: JournalEntry) -> Touched:
    query = state.queries[entry.details["query"]]
    _require(not query.is_closed)
    state.queries[query.query] = replace(
        query, state="closed", closed_at=entry.at, closed_by=entry.user, reason=entry.reason
    )
    return "query", query.query


def _add_source(state: State, entry: JournalEntry) -> Touched:
    details = entry.details
    _require(details["digest"] not in state.sources)
    source = Source(details["digest"], details["name"], details["kind"], details["size"])
    state.sources[source.digest] = source
    return "source", source.digest


def _register_definition(state: State, entry: JournalEntry) -> Touched:
    """The first entry that named a definition also kept its text, where there was one."""
    digest = str(entry.details["digest"])
    if entry.details.get("kept") is True:
        state.definitions.setdefault(digest, entry.seq)
    return "definition", digest


def _lock_records(state: State, entry: JournalEntry) -> Touched:
    scope = _scope_of(entry)
    _require(scope not in state.locks and bool((entry.reason or "").strip()))
    state.locks[scope] = RecordLock(scope, entry.at, entry.user, entry.reason or "", entry.seq)
    return "lock", str(scope)


def _unlock_records(state: State, entry: JournalEntry) -> Touched:
    scope = _scope_of(entry)
    del state.locks[scope]
    return "lock", str(scope)


def _scope_of(entry: JournalEntry) -> LockScope:
    return LockScope(entry.site, entry.subject, entry.details["visit"], entry.details["form"])


def _key_of(entry: JournalEntry) -> RecordKey:
    if entry.key is None:
        raise ValueError("the entry names no record")
    return entry.key


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("the entry does not follow")


_STEPS: Mapping[str, Callable[[State, JournalEntry], Touched]] = {
    actions.SUBJECT_ADD: _add_subject,
    actions.SUBJECT_WITHDRAW: _withdraw_subject,
    actions.RECORD_SAVE: _save_record,
    actions.RECORD_LOCK: _lock_records,
    actions.RECORD_UNLOCK: _unlock_records,
    actions.QUERY_OPEN: _open_query,
    actions.QUERY_ANSWER: _answer_query,
    actions.QUERY_CLOSE: _close_query,
    actions.SOURCE_ADD: _add_source,
    actions.DEFINITION_REGISTER: _register_definition,
}
