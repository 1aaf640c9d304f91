"""Nouns of the model as the plain mappings that entries hold, and back. Exact both ways; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialkit.model.record import RecordKey

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
