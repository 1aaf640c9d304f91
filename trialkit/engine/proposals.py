"""What many submissions would do: one by one, or as rows of which one is made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import overload

from trialkit.engine.proposal import Proposal
from trialkit.engine.proposed_rows import WANTED, ProposedRows, Revise
from trialkit.model.finding import Finding
from trialkit.model.outcome import OutcomeRows, RecordOutcome, Status
from trialkit.model.record import RecordChange, RecordChanges, RecordKey

Row = tuple[str, int]
"""A row of the source: its sheet and its number."""
Tell = Callable[[tuple[Finding, ...]], tuple[Finding, ...]]


class Proposals(Sequence[Proposal]):
    """What submissions would do, in the order of their source.

    Attributes:
        parts: what they are.
    """

    def __init__(self, parts: Iterable[Proposal | ProposedRows] = ()) -> None:
        self.parts = tuple(parts)

    @property
    def keys(self) -> Iterator[RecordKey]:
        """The records."""
        for part in self.parts:
            if isinstance(part, Proposal):
                yield part.key
            else:
                yield from part.keys

    @property
    def statuses(self) -> Iterator[Status]:
        """What became of each so far."""
        for part in self.parts:
            if isinstance(part, Proposal):
                yield part.status
            else:
                yield from part.statuses

    @property
    def wanted(self) -> Iterator[Proposal]:
        """Those that would be written as far as is known."""
        for part in self.parts:
            if not isinstance(part, Proposal):
                yield from map(part.__getitem__, part.wanted())
            elif part.is_wanted:
                yield part

    @property
    def wanted_keys(self) -> Iterator[RecordKey]:
        """The records that would be written as far as is known."""
        return (key for key, status in zip(self.keys, self.statuses, strict=True) if status in WANTED)

    def wanted_of(self, form: str) -> Iterator[Proposal]:
        """Those of a form that would be written as far as is known."""
        of_form = (part for part in self.parts if _form(part) == form)
        return Proposals(of_form).wanted

    @property
    def told(self) -> Iterator[Proposal]:
        """Those of which something was found."""
        for part in self.parts:
            if not isinstance(part, Proposal):
                yield from map(part.__getitem__, part.told())
            elif part.findings:
                yield part

    @property
    def changes(self) -> RecordChanges:
        """What would be written as far as is known; each is made when it is asked for."""
        return _Changes(self)

    @property
    def is_any_wanted(self) -> bool:
        """Whether anything would be written as far as is known."""
        return any(status in WANTED for status in self.statuses)

    @property
    def findings(self) -> Iterator[Finding]:
        """What was found."""
        for part in self.parts:
            if isinstance(part, Proposal):
                yield from part.findings
            else:
                yield from chain.from_iterable(map(part.found, part.told()))

    def outcomes(self, *, stored: bool) -> Iterator[RecordOutcome | OutcomeRows]:
        """What became of each; those that are not said by columns come behind the rows that they are among.

        Args:
            stored: whether those that are wanted are stored by now.
        """
        for part in self.parts:
            if isinstance(part, Proposal):
                yield part.outcome(stored=stored)
            else:
                yield from part.outcomes(stored=stored)
                yield from (part.others[place].outcome(stored=stored) for place in sorted(part.others))

    def in_portions(self, size: int) -> Iterator[Sequence[Proposal]]:
        """Rows as they are, and what stands between them by so many at most."""
        each: list[Proposal] = []
        for part in self.parts:
            if each and (len(each) == size or not isinstance(part, Proposal)):
                yield each
                each = []
            if isinstance(part, Proposal):
                each.append(part)
            else:
                yield part
        if each:
            yield each

    @property
    def rows(self) -> Iterator[Row]:
        """The rows of the source that they come from; one may be named more than once."""
        for part in self.parts:
            if isinstance(part, Proposal):
                yield from part.rows
            else:
                yield from ((part.new.layout.sheet, number) for number in part.new.numbers)

    def keys_in(self, rows: Collection[Row]) -> set[RecordKey]:
        """The records that come from some rows."""
        found: set[RecordKey] = set()
        for part in self.parts if rows else ():
            if isinstance(part, Proposal):
                found |= {part.key} if not part.rows.isdisjoint(rows) else set()
            else:
                sheet, pairs = part.new.layout.sheet, zip(part.keys, part.new.numbers, strict=True)
                found.update(key for key, number in pairs if (sheet, number) in rows)
        return found

    def revise(self, revise: Revise, keys: Collection[RecordKey]) -> Proposals:
        """The same with what becomes of some records; itself when nothing does."""
        return self._revise(revise, lambda part: [place for place, key in enumerate(part.keys) if key in keys], keys)

    def revise_standing(self, revise: Revise) -> Proposals:
        """The same with what becomes of those records that may stand already; itself when nothing does."""
        return self._revise(revise, lambda part: part.others)

    def retell(self, tell: Tell) -> Proposals:
        """The same with other words for what was found."""
        return Proposals(_retell(part, tell) for part in self.parts)

    def refuse_as(self, after: Proposals) -> Proposals:
        """The same, each one as it is `after`wards that is refused there; both are of the same records."""
        parts = [
            _refuse_as(before, then) if before is not then else before
            for before, then in zip(self.parts, after.parts, strict=True)
        ]
        return Proposals(parts)

    def _revise(
        self,
        revise: Revise,
        places: Callable[[ProposedRows], Iterable[int]],
        keys: Collection[RecordKey] | None = None,
    ) -> Proposals:
        parts: list[Proposal | ProposedRows] = []
        for part in self.parts:
            if not isinstance(part, Proposal):
                parts.append(part.revise(revise, list(places(part))))
            else:
                parts.append(revise(part) if keys is None or part.key in keys else part)
        is_same = all(map(_is_one, parts, self.parts))
        return self if is_same else Proposals(parts)

    def __len__(self) -> int:
        return sum(1 if isinstance(part, Proposal) else len(part) for part in self.parts)

    @overload
    def __getitem__(self, index: int) -> Proposal: ...
    @overload
    def __getitem__(self, index: slice) -> list[Proposal]: ...
    def __getitem__(self, index: int | slice) -> Proposal | list[Proposal]:
        return list(self)[index]

    def __iter__(self) -> Iterator[Proposal]:
        for part in self.parts:
            if isinstance(part, Proposal):
                yield part
            else:
                yield from part


class _Changes(RecordChanges):
    """What proposals would write as far as is known."""

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals
        self._kept: list[RecordChange] | None = None

    def __len__(self) -> int:
        return sum(status in WANTED for status in self._proposals.statuses)

    @overload
    def __getitem__(self, index: int) -> RecordChange: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordChange]: ...
    def __getitem__(self, index: int | slice) -> RecordChange | list[RecordChange]:
        if self._kept is None:
            self._kept = list(self)  # whoever asks for one by its place asks for others, too
        return self._kept[index]

    @property
    def of_standing(self) -> Iterator[RecordChange]:
        for part in self._proposals.parts:
            for change in _own_changes(part):
                if change.base_version:
                    yield change

    def __iter__(self) -> Iterator[RecordChange]:
        for part in self._proposals.parts:
            if isinstance(part, ProposedRows):
                yield from part.clean().every_change()
            yield from _own_changes(part)


def _own_changes(part: Proposal | ProposedRows) -> Iterator[RecordChange]:
    """What is written of a part and is not said by columns, as far as is known."""
    several = [part] if isinstance(part, Proposal) else map(part.others.__getitem__, part.wanted_others())
    return (found.change for found in several if found.is_wanted and found.change is not None)


def _retell(part: Proposal | ProposedRows, tell: Tell) -> Proposal | ProposedRows:
    if isinstance(part, Proposal):
        return replace(part, findings=tell(part.findings)) if part.findings else part
    others = {place: replace(found, findings=tell(found.findings)) for place, found in part.others.items()}
    return replace(part, findings={place: tell(found) for place, found in part.findings.items()}, others=others)


def _form(part: Proposal | ProposedRows) -> str:
    return part.key.form if isinstance(part, Proposal) else part.new.layout.form


def _is_one(one: object, other: object) -> bool:
    return one is other


def _refuse_as(before: Proposal | ProposedRows, after: Proposal | ProposedRows) -> Proposal | ProposedRows:
    if isinstance(before, ProposedRows) and isinstance(after, ProposedRows):
        refused = {place: found for place, found in after.others.items() if found.status is Status.REFUSED}
        return replace(before, others={**before.others, **refused})
    return after if isinstance(after, Proposal) and after.status is Status.REFUSED else before
