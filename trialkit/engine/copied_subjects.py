"""The same content under another subject number: records that equal those of somebody else, beyond chance.

A finding of this is a reason to look, never a proof.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from trialkit.engine.assembly import Assembly
from trialkit.engine.proposal import Proposal
from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.kind import Kind
from trialkit.model.outcome import Status
from trialkit.model.record import ItemChange, Record, RecordKey, Value

FEWEST_TELLING = 8
"""How many telling values must agree: a number of two digits is worth 4 bits or more, 8 of them 32; the closest pair
among 1,000 people (half a million pairs, 19 bits) still stands out."""

MOST_HOLDERS = 4
"""A record that more subjects than this have in common is usual (a dose that everybody gets), and tells nothing."""

_TELLING_TEXT = 12
"""A text of so many characters is not written twice by chance."""


class _Print(NamedTuple):
    """A record without its subject and its days: where it stands, the sum of the hashes of its values, and how many of
    them are telling."""

    visit: str
    visit_repeat: int
    form: str
    timepoint: str
    repeat: int
    values: int
    telling: int


def find_copied_subjects(
    assembly: Assembly, proposals: Sequence[Proposal], standing: Mapping[RecordKey, Record]
) -> Iterable[Finding]:
    """Subjects of whom every record of a file is new and equals that of one and the same other subject.

    Days are left out of the comparison: they are the first thing that changes in a copy. At least `FEWEST_TELLING`
    telling values must agree: numbers of two digits or more and long texts, in records that at most `MOST_HOLDERS`
    subjects share.

    Args:
        assembly: the study.
        proposals: what the file would do.
        standing: the stored records of the same forms.

    Returns:
        A soft finding for each, at the first record of the subject in the file; both subjects are named.
    """
    known = {key.subject for key in standing}
    fresh = _fresh(proposals, known)
    if not fresh:
        return
    prints = _Prints(assembly)
    holders: dict[_Print, str | set[str]] = {}
    for key, record in standing.items():
        _hold(holders, prints.take(key, record.values), key.subject)
    taken = {subject: [prints.of(proposal) for proposal in several] for subject, several in fresh.items()}
    for subject, several in taken.items():
        for made in several:
            _hold(holders, made, subject)
    told: set[str] = set()
    for subject, several in taken.items():
        other = _twin(subject, several, holders)
        if other is not None and subject not in told:
            told |= {subject, other} - known
            yield _finding(subject, other, fresh[subject], sum(made.telling for made in several))


def _fresh(proposals: Iterable[Proposal], known: Collection[str]) -> dict[str, list[Proposal]]:
    """The new records of subjects that have none of these forms yet."""
    fresh: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        if proposal.key.subject and proposal.key.subject not in known and proposal.status is Status.NEW:
            fresh.setdefault(proposal.key.subject, []).append(proposal)
    return fresh


class _Prints:
    """Makes prints of records, knowing for each form the items that count."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._items: dict[str, Mapping[str, Kind | None]] = {}
        self._said: dict[int, int] = {}
        self._telling: dict[int, int] = {}
        self._kept: list[ItemChange] = []

    def of(self, proposal: Proposal) -> _Print:
        """The print of a record that is about to be written for the first time."""
        key, changes = proposal.key, () if proposal.change is None else proposal.change.items
        said, telling = self._said, self._telling
        try:
            values = sum([said[id(change)] for change in changes])
        except KeyError:
            self._learn(key.form, changes)
            values = sum([said[id(change)] for change in changes])
        weight = sum([telling[id(change)] for change in changes])
        return _Print(key.visit, key.visit_repeat, key.form, key.timepoint, key.repeat, values, weight)

    def _learn(self, form: str, changes: Iterable[ItemChange]) -> None:
        """Note what changes say: records that are imported together share them."""
        counted = self._counted(form)
        for change in changes:
            if id(change) not in self._said:
                new, item = change.new, change.item
                found = (0, 0) if new is None or item not in counted else _say(item, new, counted[item])
                self._said[id(change)], self._telling[id(change)] = found
                self._kept.append(change)  # so that no other object gets its identity

    def take(self, key: RecordKey, values: Mapping[str, Value]) -> _Print:
        """The print of a record that stands."""
        found = [_say(name, values[name], kind) for name, kind in self._counted(key.form).items() if name in values]
        said, telling = sum(value for value, _ in found), sum(weight for _, weight in found)
        return _Print(key.visit, key.visit_repeat, key.form, key.timepoint, key.repeat, said, telling)

    def _counted(self, form: str) -> Mapping[str, Kind | None]:
        """The entered items of a form that are no days, each with its kind; codes have none that could tell."""
        if form not in self._items:
            items = self._assembly.study.forms[form].items if form in self._assembly.study.forms else ()
            kinds = [(item, self._assembly.types[item.type].kind) for item in items if item.derive is None]
            self._items[form] = {
                item.item: None if item.codelist else kind for item, kind in kinds if kind is not Kind.DATE
            }
        return self._items[form]


def _say(item: str, value: Value, kind: Kind | None) -> tuple[int, int]:
    """A hash of what an item says, and whether that is telling."""
    return hash((item, value.text, value.missing, value.unit)), int(_is_telling(value.text or "", kind))


def _is_telling(text: str, kind: Kind | None) -> bool:
    if kind is Kind.NUMBER:
        return sum(char.isdigit() for char in text.strip("0.-")) > 1
    return kind is Kind.TEXT and len(text) >= _TELLING_TEXT


def _hold(holders: dict[_Print, str | set[str]], made: _Print, subject: str) -> None:
    """Note who has a record: nearly always one subject alone, for whom no set is made."""
    known = holders.setdefault(made, subject)
    if isinstance(known, set):
        known.add(subject)
    elif known != subject:
        holders[made] = {known, subject}


def _twin(subject: str, prints: Sequence[_Print], holders: Mapping[_Print, str | set[str]]) -> str | None:
    """The subject that has every one of these records, too, when enough in them is telling."""
    shared = [found for made in prints if isinstance(found := holders[made], set)]
    if len(shared) < len(prints):
        return None  # nobody else has one of them
    others = set.intersection(*shared) - {subject}
    rare = sum(made.telling for made, found in zip(prints, shared, strict=True) if len(found) <= MOST_HOLDERS)
    return min(others) if others and rare >= FEWEST_TELLING else None


def _finding(subject: str, other: str, proposals: Sequence[Proposal], telling: int) -> Finding:
    first = proposals[0]
    cells = first.change.sources.values() if first.change is not None else ()
    records = "The record" if len(proposals) == 1 else f"All {len(proposals)} records"
    return Finding(
        code="W105",
        severity=Severity.SOFT,
        message=f"{records} of {subject} say the same as {other} has, days aside ({telling} telling values).",
        remedy="Look at the sources of both: the rows may be a copy under another number.",
        key=first.key,
        source=next(iter(cells), None),
    )
