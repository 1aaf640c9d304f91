"""Outcomes: what became of what was handed in, as data for every face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trialkit.model.finding import Finding
from trialkit.model.query import Query
from trialkit.model.record import RecordKey, Subject


class Status(StrEnum):
    """What became of one record."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """One record and what became of it.

    Attributes:
        key: the record.
        status: new, changed, unchanged or refused.
        version: the version that now stands; 0 when none does.
        items: the items that changed, or would have.
    """

    key: RecordKey
    status: Status
    version: int
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SaveOutcome:
    """One batch and what became of it.

    Attributes:
        stored: whether anything was written; False for a refusal, a dry run, and when nothing changed.
        records: one outcome per record, sorted by key.
        findings: every finding, sorted by place; hard ones say why something was refused.
        new_subjects: subjects that were, or would be, enrolled by the batch.
        queries_opened: queries that the soft findings opened.
        queries_closed: queries whose cause is gone.
        notes: what was recognised about the source and must be said.
        rows: rows of the source that held data.
        storable: whether anything would be written, were it not a dry run.
    """

    stored: bool
    records: tuple[RecordOutcome, ...]
    findings: tuple[Finding, ...]
    new_subjects: tuple[Subject, ...] = ()
    queries_opened: tuple[Query, ...] = ()
    queries_closed: tuple[Query, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int = 0
    storable: bool = False

    def count(self, status: Status) -> int:
        """How many records ended so."""
        return sum(record.status is status for record in self.records)

    @property
    def has_hard_findings(self) -> bool:
        """Whether anything was refused."""
        return any(finding.is_hard for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """A package that was written.

    Attributes:
        folder: where it stands, as the user named it.
        files: file name to number of rows; files without rows (the manifest) count 0.
        notices: what a statistician should know, one line each, sorted.
        position: sequence number of the journal entry that the data stand at.
    """

    folder: str
    files: Mapping[str, int]
    notices: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class StudyState:
    """How a study stands, in numbers.

    Attributes:
        subjects: subjects by site.
        records: records by form.
        open_queries: queries that wait.
        entries: journal entries.
    """

    subjects: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    open_queries: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a run of the rules over stored records came to.

    Attributes:
        findings: sorted by place, then code.
        opened: the queries that were opened.
        closed: the queries whose cause is gone; each says why.
        checked: how many records were looked at.
        not_evaluated: how many of the findings say that a rule could not be evaluated.
    """

    findings: tuple[Finding, ...]
    opened: tuple[Query, ...] = ()
    closed: tuple[Query, ...] = ()
    checked: int = 0
    not_evaluated: int = 0
