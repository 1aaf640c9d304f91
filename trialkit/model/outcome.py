"""Outcomes: what became of what was handed in, as data for every face."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import le
from typing import overload

from trialkit.model.coded_columns import CodedColumn, recode
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
class OutcomeRows:
    """Records that came together and what became of each.

    Attributes:
        keys: the records.
        statuses: what became of each.
        versions: the version of each that now stands; 0 when none does.
        items: for each the items that changed, or would have.
    """

    keys: Sequence[RecordKey]
    statuses: Sequence[Status]
    versions: Sequence[int]
    items: CodedColumn[tuple[str, ...]]


class RecordOutcomes(Sequence[RecordOutcome]):
    """What became of many records, sorted by key: one is made when somebody asks for it.

    Args:
        records: in any order, each record once.
    """

    def __init__(self, records: Iterable[RecordOutcome | OutcomeRows] = ()) -> None:
        self._keys: list[RecordKey] = []
        self._statuses, self._versions, self._names = bytearray(), array("Q"), array("I")
        self._kinds = tuple(Status)
        kind_of = {status: place for place, status in enumerate(self._kinds)}
        places: dict[tuple[str, ...], int] = {}
        for record in records:
            if isinstance(record, OutcomeRows):
                self._keys += record.keys
                self._statuses += bytes(map(kind_of.__getitem__, record.statuses))
                self._versions.extend(record.versions)
                named = [places.setdefault(items, len(places)) for items in record.items.values]
                self._names += recode(named, record.items.codes)
            else:
                self._keys.append(record.key)
                self._statuses.append(kind_of[record.status])
                self._versions.append(record.version)
                self._names.append(places.setdefault(record.items, len(places)))
        self._items = tuple(places)
        if not all(map(le, self._keys, self._keys[1:])):
            order = sorted(range(len(self._keys)), key=self._keys.__getitem__)
            self._keys = [self._keys[place] for place in order]
            self._statuses = bytearray(map(self._statuses.__getitem__, order))
            self._versions = array("Q", map(self._versions.__getitem__, order))
            self._names = array("I", map(self._names.__getitem__, order))

    def count(self, status: object) -> int:
        """How many records ended so."""
        return self._statuses.count(self._kinds.index(status)) if isinstance(status, Status) else 0

    def count_by(self, part: Callable[[RecordKey], str]) -> dict[str, Counter[Status]]:
        """How many records ended how, by a part of their keys, sorted by it."""
        each = zip(map(part, self._keys), map(self._kinds.__getitem__, self._statuses), strict=True)
        counts: dict[str, Counter[Status]] = {}
        for (name, status), count in Counter(each).items():
            counts.setdefault(name, Counter())[status] = count
        return dict(sorted(counts.items()))

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> RecordOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordOutcome]: ...
    def __getitem__(self, index: int | slice) -> RecordOutcome | list[RecordOutcome]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        status = self._kinds[self._statuses[index]]
        return RecordOutcome(self._keys[index], status, self._versions[index], self._items[self._names[index]])

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # they are compared, never looked up


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
        held_back: rows of the source of which something makes no record, for what was found in them.
        storable: whether anything would be written, were it not a dry run.
    """

    stored: bool
    records: RecordOutcomes
    findings: tuple[Finding, ...]
    new_subjects: tuple[Subject, ...] = ()
    queries_opened: tuple[Query, ...] = ()
    queries_closed: tuple[Query, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int = 0
    held_back: int = 0
    storable: bool = False

    def count(self, status: Status) -> int:
        """How many records ended so."""
        return self.records.count(status)

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
