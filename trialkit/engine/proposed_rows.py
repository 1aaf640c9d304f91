"""Records of one form as proposals: columns, and beside them what is not said by columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import overload

from trialkit.engine.proposal import Proposal
from trialkit.model.coded_columns import CodedColumn, codes_of
from trialkit.model.finding import Finding
from trialkit.model.new_rows import NewRows
from trialkit.model.outcome import OutcomeRows, Status
from trialkit.model.record import RecordKey

Revise = Callable[[Proposal], Proposal]

WANTED = (Status.NEW, Status.CHANGED)
"""What became of a record that would be written."""


@dataclass(frozen=True, slots=True, eq=False)
class ProposedRows(Sequence[Proposal]):
    """Records of one form from rows that follow each other.

    Attributes:
        new: what rows give; what would be written, but for `unchanged` and `others`.
        findings: place to what the rules say there; places without any are absent.
        hard: the places at which something was found that refuses the record.
        silent: place to the items of which the row gives something that makes no value; places without any are absent.
        others: place to what is not said by columns.
        unchanged: place of a record that stands and stays what it is to its version.
    """

    new: NewRows
    findings: Mapping[int, tuple[Finding, ...]]
    hard: Collection[int]
    silent: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[int, Proposal] = field(default_factory=dict)
    unchanged: Mapping[int, int] = field(default_factory=dict)

    @property
    def keys(self) -> Sequence[RecordKey]:
        """The records."""
        return self.new.keys

    @property
    def statuses(self) -> list[Status]:
        """What became of each record so far."""
        statuses = [Status.NEW] * len(self)
        for place in self.hard:
            statuses[place] = Status.REFUSED
        for place in self.unchanged:
            statuses[place] = Status.UNCHANGED
        for place, other in self.others.items():
            statuses[place] = other.status
        return statuses

    def clean(self) -> NewRows:
        """Those that would be written just as the columns say."""
        wanted = [status is Status.NEW for status in self.statuses]
        for place in self.others:
            wanted[place] = False
        return self.new.at(wanted)

    def wanted(self) -> Iterator[int]:
        """The places of the records that would be written as far as is known, rising."""
        return (place for place, status in enumerate(self.statuses) if status in WANTED)

    def wanted_others(self) -> Iterator[int]:
        """The same of those that are not said by columns."""
        return (place for place in sorted(self.others) if self.others[place].is_wanted)

    def told(self) -> Iterator[int]:
        """The places at which something was found, rising."""
        return iter(sorted({*self.findings, *(place for place, found in self.others.items() if found.findings)}))

    def found(self, place: int) -> tuple[Finding, ...]:
        """What was found at a place."""
        return self.others[place].findings if place in self.others else self.findings.get(place, ())

    def outcomes(self, *, stored: bool) -> Iterator[OutcomeRows]:
        """What became of those that are said by columns; see `Proposals.outcomes`."""
        keys, names, statuses = self.keys, self.new.every_names, self.statuses
        if self.others or self.unchanged:
            is_own = [place not in self.others and place not in self.unchanged for place in range(len(self))]
            keys, names, statuses = list(compress(keys, is_own)), names.at(is_own), list(compress(statuses, is_own))
        yield OutcomeRows(keys, statuses, [int(stored and status is Status.NEW) for status in statuses], names)
        same = [place for place in self.unchanged if place not in self.others]
        yield OutcomeRows(
            [self.keys[place] for place in same],
            [Status.UNCHANGED] * len(same),
            [self.unchanged[place] for place in same],
            CodedColumn([()], codes_of([0] * len(same))),
        )

    def revise(self, revise: Revise, places: Iterable[int]) -> ProposedRows:
        """The same with what becomes of some records."""
        pairs = ((place, self[place]) for place in places)
        revised = {place: after for place, before in pairs if (after := revise(before)) is not before}
        return replace(self, others={**self.others, **revised}) if revised else self

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Proposal: ...
    @overload
    def __getitem__(self, index: slice) -> list[Proposal]: ...
    def __getitem__(self, index: int | slice) -> Proposal | list[Proposal]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        if index in self.others:
            return self.others[index]
        reason, sources = self.new.reasons[index] or "", self.new.layout.sources(self.new.numbers[index])
        if index in self.unchanged:
            version, cells = self.unchanged[index], self.new.cells(index)
            return Proposal(self.keys[index], None, (), Status.UNCHANGED, version, None, reason, cells, sources)
        change, found = self.new.change(index, self.silent.get(index, ())), self.findings.get(index, ())
        status = Status.REFUSED if index in self.hard else Status.NEW
        return Proposal(change.key, change, found, status, 0, None, reason, change.sources, sources)

    def __iter__(self) -> Iterator[Proposal]:
        return map(self.__getitem__, range(len(self)))
