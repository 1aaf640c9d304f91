"""Findings: what is wrong with data, as data. Bad data is a finding, never an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from trialkit.model.check import Action, Severity
from trialkit.model.record import CellReference, RecordKey


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one item, record, row or file.

    Attributes:
        code: a stable code of the house (``V201``) or the identifier of the check that fired (``VS001``).
        severity: hard (not stored) or soft (stored, and queried).
        message: what is wrong, one sentence. May quote the value: findings are shown to those who may see it.
        remedy: what to do, one sentence; empty when the message says it.
        key: the record it is about; None when the row could not be placed.
        item: the item it is about, or empty.
        source: the cell it is about, or None when it was typed.
        action: what follows from it.
        plugin: who handed in the rule.
        evaluated: False when the rule could not be evaluated; that never counts as passed.
    """

    code: str
    severity: Severity
    message: str
    remedy: str = ""
    key: RecordKey | None = None
    item: str = ""
    source: CellReference | None = None
    action: Action = Action.QUERY
    plugin: str = "trialkit"
    evaluated: bool = True

    @property
    def is_hard(self) -> bool:
        """Whether the record may not be stored because of it."""
        return self.severity is Severity.HARD

    def at(self, key: RecordKey | None, source: CellReference | None, message: str) -> Finding:
        """The same of another record and cell, in other words: `dataclasses.replace` takes three times as long."""
        return Finding(
            self.code,
            self.severity,
            message,
            self.remedy,
            key,
            self.item,
            source,
            self.action,
            self.plugin,
            self.evaluated,
        )

    @property
    def where(self) -> str:
        """The cell when there is one, else the record and item: ``012-0007 V3 VS.SYSBP``."""
        if self.source is not None:
            return str(self.source)
        if self.key is None:
            return self.item
        return f"{self.key}.{self.item}" if self.item else str(self.key)

    @property
    def sort_key(self) -> tuple[str, ...]:
        """Orders findings by place, then code: row numbers sort as numbers."""
        source = self.source
        place = "" if source is None else source.address
        column = place.rstrip("0123456789")
        row = place[len(column) :].zfill(9)
        return (
            "" if source is None else source.file,
            "" if source is None else source.sheet,
            row,
            column.rjust(4),
            "" if self.key is None else str(self.key),
            self.item,
            self.code,
        )


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Findings as `Finding.sort_key` sorts them, without a long key for each: there may be a million."""
    placed = sorted(findings, key=_place)
    found: list[Finding] = []
    for _, several in groupby(placed, key=_place):
        group = list(several)
        found += group if len(group) == 1 else sorted(group, key=lambda finding: finding.sort_key)
    return found


def _place(finding: Finding) -> tuple[str, str, int, int, str]:
    """The cell, so that rows sort as numbers and columns as they stand."""
    source = finding.source
    if source is None:
        return "", "", 0, 0, ""
    column = source.address.rstrip("0123456789")
    return source.file, source.sheet, source.row, len(column), column
