"""The same content under another subject number: records that equal those of somebody else, beyond chance.

A finding of this is a reason to look, never a proof.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from trialkit.engine.assembly import Assembly
from trialkit.engine.proposal import Proposal
from trialkit.engine.proposals import Proposals
from trialkit.engine.proposed_rows import ProposedRows
from trialkit.model.check import Severity
from trialkit.model.coded_columns import add_up, code_column, narrow
from trialkit.model.finding import Finding
from trialkit.model.kind import Kind
from trialkit.model.outcome import Status
from trialkit.model.record import ItemChange, RecordKey
from trialkit.model.record_table import Column, RecordTable
from trialkit.store import Store

FEWEST_TELLING = 8
"""How many telling values must agree: a number of two digits is worth 4 bits or more, 8 of them 32; the closest pair
among 1,000 people (half a million pairs, 19 bits) still stands out."""

MOST_HOLDERS = 4
"""A record that more subjects than this have in common is usual (a dose that everybody gets), and tells nothing."""

_MOST_READ = 500
"""The records of so many subjects are read at a time: a study may have a million."""

_TELLING_TEXT = 12
"""A text of so many characters is not written twice by chance."""


_WHOLE = 2**64
"""Hashes are added up in words of 64 bits."""


_Holders = dict[int, set[str]]
"""Print of a record that several subjects have to all of them."""


_PrintsOf = dict[str, "array[int]"]
"""Subject to the prints of its records."""


def find_copied_subjects(assembly: Assembly, proposals: Proposals, store: Store) -> Iterable[Finding]:
    """Subjects of whom every record of a file is new and equals that of one and the same other subject.

    Days are left out of the comparison: they are the first thing that changes in a copy. At least `FEWEST_TELLING`
    telling values must agree: numbers of two digits or more and long texts, in records that at most `MOST_HOLDERS`
    subjects share.

    Args:
        assembly: the study.
        proposals: what the file would do.
        store: what stands.

    Returns:
        A soft finding for each, at the first record of the subject in the file; both subjects are named.
    """
    forms = sorted({key.form for key in proposals.keys})
    owners = {(key.site, key.subject) for key in proposals.keys if key.subject}
    known = {subject for form in forms for _, subject in store.owners_of(form, owners)}
    if known.issuperset(subject for _, subject in owners):
        return
    prints = _Prints(assembly)
    stand: _PrintsOf = {}
    for subject, made in prints.standing(store, forms):
        stand.setdefault(subject, array("q")).append(made)
    fresh: _PrintsOf = {}
    for part in proposals.parts:
        for subject, made in prints.of(part):
            if subject and subject not in known:
                fresh.setdefault(subject, array("q")).append(made)
    holders = _holders(stand, fresh)
    twins = {subject: found for subject, several in fresh.items() if (found := _twins(subject, several, holders))}
    told: set[str] = set()
    for subject, records in _records_of(proposals, twins).items():
        telling = [prints.telling(found) for found in records]
        shared = [len(holders[made]) for made in fresh[subject]]
        rare = sum(weight for weight, held in zip(telling, shared, strict=True) if held <= MOST_HOLDERS)
        if rare >= FEWEST_TELLING and subject not in told:
            other = min(twins[subject])
            told |= {subject, other} - known
            yield _finding(subject, other, records, sum(telling))


def _records_of(proposals: Proposals, subjects: Collection[str]) -> dict[str, list[Proposal]]:
    """The new records of some subjects, in the order in which the subjects are named."""
    found: dict[str, list[Proposal]] = {subject: [] for subject in subjects}
    for part in proposals.parts if subjects else ():
        several = [part] if isinstance(part, Proposal) else part
        for place, key in enumerate([part.key] if isinstance(part, Proposal) else part.keys):
            if key.subject in found and several[place].status is Status.NEW:
                found[key.subject].append(several[place])
    return found


class _Prints:
    """Makes prints of records, knowing for each form the items that count."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._items: dict[str, Mapping[str, Kind | None]] = {}
        self._said: dict[int, tuple[int, int]] = {}
        self._kept: list[ItemChange] = []

    def of(self, part: Proposal | ProposedRows) -> Iterator[tuple[str, int]]:
        """The subject and the print of each new record of a part."""
        if isinstance(part, ProposedRows):
            yield from self._of_rows(part)
        elif part.status is Status.NEW and part.change is not None:
            said = _sum(self._learn(part.key.form, one)[0] for one in part.change.items)
            yield part.key.subject, _print(part.key, said)

    def telling(self, proposal: Proposal) -> int:
        """How many values of a new record are telling."""
        changes = () if proposal.change is None else proposal.change.items
        return sum(self._learn(proposal.key.form, change)[1] for change in changes)

    def _of_rows(self, rows: ProposedRows) -> Iterator[tuple[str, int]]:
        new, form = rows.new, rows.new.layout.form
        counted = self._counted(form)
        columns: list[tuple[Sequence[int], array[int]]] = []
        for item, codes in zip(new.items, new.codes, strict=True):
            if item in counted:
                found = narrow(codes)
                given = map(new.changes.__getitem__, found.values)
                columns.append(([0 if one is None else self._learn(form, one)[0] for one in given], found.codes))
        sums = add_up(columns, len(rows))
        for place, (key, said_of, status) in enumerate(zip(rows.keys, sums, rows.statuses, strict=True)):
            if place in rows.others:
                yield from self.of(rows.others[place])
            elif status is Status.NEW:
                yield key.subject, _print(key, said_of)

    def _learn(self, form: str, change: ItemChange) -> tuple[int, int]:
        """A hash of what a change says, and whether it is telling: records that are imported together share changes."""
        found = self._said.get(id(change))
        if found is None:
            new, item, counted = change.new, change.item, self._counted(form)
            found = (0, 0)
            if new is not None and item in counted:
                found = _say(
                    item, new.text, None if new.missing is None else new.missing.value, new.unit, counted[item]
                )
            self._said[id(change)] = found
            self._kept.append(change)  # so that no other object gets its identity
        return found

    def standing(self, store: Store, forms: Sequence[str]) -> Iterator[tuple[str, int]]:
        """The subject and the print of each record of some forms that stands."""
        subjects = [subject.subject for subject in store.subjects()]
        for first in range(0, len(subjects), _MOST_READ):
            for form in forms:
                yield from self._of_table(store.table(form, subjects[first : first + _MOST_READ]))

    def _of_table(self, table: RecordTable) -> Iterator[tuple[str, int]]:
        columns = []
        blank: Column = [None] * len(table)
        for item, kind in self._counted(table.form).items():
            parts = (held.get(item, blank) for held in (table.texts, table.missing, table.units))
            said = code_column(zip(*parts, strict=True))
            hashes = [
                0 if text is None and reason is None else _say(item, text, reason, unit, kind)[0]
                for text, reason, unit in said.values
            ]
            columns.append((hashes, said.codes))
        for place, made in enumerate(add_up(columns, len(table))):
            yield table.subject[place], _print(table.key(place), made)

    def _counted(self, form: str) -> Mapping[str, Kind | None]:
        """The entered items of a form that are no days, each with its kind; codes have none that could tell."""
        if form not in self._items:
            items = self._assembly.study.forms[form].items if form in self._assembly.study.forms else ()
            kinds = [(item, self._assembly.types[item.type].kind) for item in items if item.derive is None]
            self._items[form] = {
                item.item: None if item.codelist else kind for item, kind in kinds if kind is not Kind.DATE
            }
        return self._items[form]


def _say(item: str, text: str | None, reason: str | None, unit: str | None, kind: Kind | None) -> tuple[int, int]:
    """A hash of what an item says, and whether that is telling."""
    return hash((item, text, reason, unit)) % _WHOLE, int(_is_telling(text or "", kind))


def _sum(values: Iterable[int]) -> int:
    """What `add_up` makes of them."""
    return sum(values) % _WHOLE


def _is_telling(text: str, kind: Kind | None) -> bool:
    if kind is Kind.NUMBER:
        return sum(char.isdigit() for char in text.strip("0.-")) > 1
    return kind is Kind.TEXT and len(text) >= _TELLING_TEXT


def _print(key: RecordKey, values: int) -> int:
    """A record without its subject and its days, as a number: where it stands, and the sum of what its values say."""
    return hash((key[2:], values))


def _holders(*several: _PrintsOf) -> _Holders:
    """Who has the records that more than one subject has: nearly all belong to one alone, and are not kept."""
    every = sorted(chain.from_iterable(chain.from_iterable(prints.values() for prints in several)))
    holders: _Holders = {one: set() for one, next_one in pairwise(every) if one == next_one}
    for subject, prints in chain.from_iterable(prints.items() for prints in several):
        for made in holders.keys() & prints:
            holders[made].add(subject)
    return holders


def _twins(subject: str, prints: Sequence[int], holders: _Holders) -> set[str]:
    """The subjects that have every one of these records, too."""
    shared = [holders[made] for made in prints if made in holders]
    return set.intersection(*shared) - {subject} if len(shared) == len(prints) else set()


def _finding(subject: str, other: str, records: Sequence[Proposal], telling: int) -> Finding:
    first, count = records[0], len(records)
    cells = first.change.sources.values() if first.change is not None else ()
    what = "The record" if count == 1 else f"All {count} records"
    return Finding(
        code="W105",
        severity=Severity.SOFT,
        message=f"{what} of {subject} say the same as {other} has, days aside ({telling} telling values).",
        remedy="Look at the sources of both: the rows may be a copy under another number.",
        key=first.key,
        source=next(iter(cells), None),
    )
