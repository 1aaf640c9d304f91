"""Nouns of the model as the plain mappings that entries hold, and back. Exact both ways; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialkit.model.item import MissingReason
from trialkit.model.record import CellReference, ItemChange, RecordChange, RecordKey, Value

Plain = dict[str, Any]  # Any: parsed JSON, read field by field below
"""A JSON object."""


def key_to_plain(key: RecordKey) -> Plain:
    """The parts of a key below its subject; site and subject stand on the entry itself."""
    return {
        "visit": key.visit,
        "visit_repeat": key.visit_repeat,
        "form": key.form,
        "timepoint": key.timepoint,
        "repeat": key.repeat,
    }


def key_from_plain(site: str, subject: str, plain: Mapping[str, Any]) -> RecordKey:  # Any: parsed JSON
    """The key that `key_to_plain` wrote. Raises KeyError when a part is missing."""
    return RecordKey(
        site,
        subject,
        plain["visit"],
        plain["visit_repeat"],
        plain["form"],
        plain["timepoint"],
        plain["repeat"],
    )


def value_to_plain(value: Value | None) -> Plain | None:
    """A value, or None for "never given"."""
    if value is None:
        return None
    missing = None if value.missing is None else value.missing.value
    return {"text": value.text, "missing": missing, "unit": value.unit, "raw": value.raw}


def value_from_plain(plain: Mapping[str, Any] | None) -> Value | None:  # Any: parsed JSON
    """The value that `value_to_plain` wrote. Raises KeyError or ValueError when it is none."""
    if plain is None:
        return None
    missing = plain["missing"]
    return Value(plain["text"], None if missing is None else MissingReason(missing), plain["unit"], plain["raw"])


def cell_to_plain(cell: CellReference | None) -> Plain | None:
    """The cell that a value came from, or None when it was typed."""
    return None if cell is None else {"file": cell.file, "sheet": cell.sheet, "cell": cell.address}


def change_to_plain(change: RecordChange, definition: str) -> Plain:
    """The details of a ``record.save`` entry.

    Args:
        change: what is written.
        definition: digest of the study's definition in force.
    """
    return {
        "version": change.base_version + 1,
        "form_version": change.form_version,
        "definition": definition,
        "items": {item.item: _item_to_plain(item, change.sources.get(item.item)) for item in change.items},
    }


def _item_to_plain(change: ItemChange, source: CellReference | None) -> Plain:
    return {"old": value_to_plain(change.old), "new": value_to_plain(change.new), "source": cell_to_plain(source)}
