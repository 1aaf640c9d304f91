"""New records of one form as proposals: columns, and beside them what is not said by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import overload

from trialkit.engine.proposal import Proposal
from trialkit.model.finding import Finding
from trialkit.model.new_rows import NewRows
from trialkit.model.outcome import OutcomeRows, Status
from trialkit.model.record import RecordChange, RecordKey

Revise = Callable[[Proposal], Proposal]

WANTED = (Status.NEW, Status.CHANGED)
"""What became of a record that would be written."""


@dataclass(frozen=True, slots=True, eq=False)
class ProposedRows(Sequence[Proposal]):
    """New records of one form from rows that follow each other.

    Attributes:
        new: what would be written.
        findings: place to what the rules say there; places without any are absent.
        silent: place to the items of which the row gives something that makes no value; places without any are absent.
        others: place to what is not said by columns.
    """

    new: NewRows
    findings: Mapping[int, tuple[Finding, ...]]
    silent: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[int, Proposal] = field(default_factory=dict)

    @property
    def keys(self) -> Sequence[RecordKey]:
        """The records."""
        return self.new.keys

    @property
    def statuses(self) -> list[Status]:
        """What became of each record so far."""
        statuses = [Status.NEW] * len(self)
        for place, found in self.findings.items():
            if any(finding.is_hard for finding in found):
                statuses[place] = Status.REFUSED
        for place, other in self.others.items():
            statuses[place] = other.status
        return statuses

    def change(self, place: int) -> RecordChange | None:
        """What would be written of the record at a place; None when nothing changes."""
        return self.others[place].change if place in self.others else self.new.change(place)

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

    def outcomes(self, *, stored: bool) -> OutcomeRows:
        """What became of those that are said by columns; see `Proposals.outcomes`."""
        keys, names, statuses = self.keys, self.new.every_names, self.statuses
        if self.others:
            is_own = [place not in self.others for place in range(len(self))]
            keys, names, statuses = list(compress(keys, is_own)), names.at(is_own), list(compress(statuses, is_own))
        return OutcomeRows(keys, statuses, [int(stored and status is Status.NEW) for status in statuses], names)

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
        change = self.new.change(index, self.silent.get(index, ()))
        found, reason = self.findings.get(index, ()), self.new.reasons[index] or ""
        status = Status.REFUSED if any(finding.is_hard for finding in found) else Status.NEW
        sources = self.new.layout.sources(self.new.numbers[index])
        return Proposal(change.key, change, found, status, None, reason, change.sources, sources)

    def __iter__(self) -> Iterator[Proposal]:
        return map(self.__getitem__, range(len(self)))
