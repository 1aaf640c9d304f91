"""The definitions that a store keeps the text of: which one data were captured under last, which one has a version."""

from __future__ import annotations

from trialkit.errors import UsageError, unknown_name
from trialkit.store import JournalEntry, Store


def captured_last(store: Store, form: str) -> tuple[JournalEntry, str] | None:
    """The definition that the newest change of a record of the form was made under; None when there is no record.

    Raises UsageError U151 when its text was not kept.
    """
    kept = store.definitions()
    texts = {entry.details["digest"]: (entry, text) for entry, text in reversed(kept)}
    end = store.head().seq + 1
    for start in (*(entry.seq for entry, _ in kept), 0):
        digest = _last_digest(store, form, start, end)
        if digest in texts:
            return texts[digest]
        if digest is not None:
            raise UsageError(
                "U151",
                f"The text of the definition that {form} was captured under last was not kept.",
                remedy="Compare with its definition file: --file FILE.",
            )
        end = start
    return None


def _last_digest(store: Store, form: str, start: int, end: int) -> str | None:
    """The digest on the last change of a record of the form between two entries of the journal."""
    digest = None
    for entry in store.entries(after=start, action="record.save"):
        if entry.seq >= end:
            break
        if entry.key is not None and entry.key.form == form:
            digest = str(entry.details["definition"])
    return digest


def registered(store: Store, form: str, version: str) -> tuple[JournalEntry, str]:
    """The newest definition that was registered with this version of a form. Raises UsageError U150 for another."""
    kept = [(entry, text, entry.details["forms"].get(form)) for entry, text in store.definitions()]
    for entry, text, known in kept:
        if known == version:
            return entry, text
    raise unknown_name("U150", f"{form} version", version, sorted({known for _, _, known in kept if known}))
