"""The definitions that a store keeps the text of: which one data were captured under last, which one has a version."""

from __future__ import annotations

import json

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


def in_force_before(store: Store, form: str, end: JournalEntry) -> dict[str, JournalEntry]:
    """The checks on a form in the definitions that were registered before another one, each with the newest of them."""
    found: dict[str, JournalEntry] = {}
    for entry, text in store.definitions():
        for check in _checks_in(text, form) if entry.seq < end.seq else ():
            found.setdefault(check, entry)
    return found


def _checks_in(text: str, form: str) -> list[str]:
    """The checks on a form in the text of a definition; none where another version of trialkit wrote it otherwise."""
    try:
        return [check["check"] for check in json.loads(text)["checks"].get(form, ())]
    except (KeyError, ValueError):
        return []


def registered(store: Store, form: str, version: str) -> tuple[JournalEntry, str]:
    """The newest definition that was registered with this version of a form. Raises UsageError U150 for another."""
    kept = [(entry, text, entry.details["forms"].get(form)) for entry, text in store.definitions()]
    for entry, text, known in kept:
        if known == version:
            return entry, text
    raise unknown_name("U150", f"{form} version", version, sorted({known for _, _, known in kept if known}))
