"""What is in a package and what it was made from, as canonical JSON. No clock and no path: same data, same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from trialkit.model.study import Contribution, Study

__all__ = ["MANIFEST_NAME", "JournalPosition", "manifest"]

MANIFEST_NAME = "manifest.json"
"""The file's name in a package."""

_FORMAT = "trialkit-manifest/1"


class JournalPosition(Protocol):
    """The newest journal entry that a package was made from, as the store tells it."""

    @property
    def seq(self) -> int:
        """The entry's number; 0 for an empty journal."""

    @property
    def hash(self) -> str:
        """Its hash in the chain, hexadecimal."""

    @property
    def at(self) -> datetime | None:
        """When it was written, in UTC; None for an empty journal."""


def manifest(
    study: Study,
    contributions: Iterable[Contribution],
    position: JournalPosition,
    versions: Mapping[str, str],
    files: Mapping[str, bytes],
    rows: Mapping[str, int] = MappingProxyType({}),
    notices: Iterable[str] = (),
) -> bytes:
    """Describe a package: study, definition digest, journal position, plugins, versions, and SHA-256 of every file.

    Args:
        study: the study as compiled.
        contributions: who handed in definitions or rules; repeated ones are listed once.
        position: the journal entry up to which the data were read.
        versions: name to version of what made the files: ``trialkit``, ``python``.
        files: name in the package (forward slashes) to content; the manifest itself is passed over.
        rows: name of a file to its number of rows, for files that have rows.
        notices: what was said about the datasets when they were made.

    Returns:
        UTF-8 JSON: keys and lists sorted, two blanks of indent, a line feed at the end.
    """
    handed_in = sorted({(found.plugin, found.version) for found in contributions})
    content = {
        "format": _FORMAT,
        "study": study.definition.study,
        "protocol": {"name": study.protocol.protocol, "version": study.protocol.version},
        "definition_digest": study.digest,
        "journal": {
            "sequence": position.seq,
            "hash": position.hash,
            "at": None if position.at is None else position.at.isoformat(),
        },
        "contributions": [{"plugin": plugin, "version": version} for plugin, version in handed_in],
        "versions": dict(versions),
        "files": [_entry(name, files[name], rows) for name in sorted(files) if name != MANIFEST_NAME],
        "notices": sorted(notices),
    }
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _entry(name: str, content: bytes, rows: Mapping[str, int]) -> dict[str, str | int]:
    entry: dict[str, str | int] = {
        "name": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return {**entry, "rows": rows[name]} if name in rows else entry
