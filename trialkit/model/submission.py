"""Submissions: what one door hands in for one record, with what its source makes people ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trialkit.model.finding import Finding
from trialkit.model.record import CellReference, RawValue, RecordKey


@dataclass(frozen=True, slots=True)
class Submission:
    """What one door hands to the engine for one record: raw values, not yet looked at.

    Attributes:
        key: the record that is meant.
        values: item identifier to raw value; items that are left out stay as they are.
        cells: item identifier to the cell that its value came from; an item that was typed is absent.
        sources: the cells that named subject, visit and timepoint, for messages; may be empty.
        expected_version: the version that the person saw; None when nothing was shown (imports).
        row: the row of the source file, or 0.
        reason: why stored values change, as the source says it; empty when it does not.
        findings: what the source makes people ask about the record; soft.
    """

    key: RecordKey
    values: Mapping[str, RawValue]
    cells: Mapping[str, CellReference] = field(default_factory=dict)
    sources: Sequence[CellReference] = ()
    expected_version: int | None = None
    row: int = 0
    reason: str = ""
    findings: tuple[Finding, ...] = ()
