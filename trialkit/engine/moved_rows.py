"""Rows that are numbered in the order of their file, held against what stands: a row that moved is another's record."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from trialkit.engine.proposal import Proposal
from trialkit.engine.proposals import Proposals
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.outcome import Status
from trialkit.model.record import Record, RecordKey, Value
from trialkit.store import Store


def refuse_moved(proposals: Proposals, forms: Collection[str], store: Store) -> Proposals:
    """Refuse the rows of a subject at a visit when one of them would say what stands for another of them.

    A row is left out or put between others, and each one behind it would overwrite the record of its neighbour.

    Args:
        proposals: what a file would do.
        forms: those whose rows are numbered in the order of the file.
        store: what stands.
    """
    pairs = zip(proposals.keys, proposals.statuses, strict=True) if forms else ()
    changed = {key for key, status in pairs if status is Status.CHANGED and key.form in forms}
    if not changed:
        return proposals
    standing = _Standing(store)
    moved: dict[RecordKey, RecordKey] = {}

    def look(proposal: Proposal) -> Proposal:
        found = standing.find_same(proposal)
        if found is not None:
            moved.setdefault(_group(proposal.key), found)
        return proposal

    def refuse(proposal: Proposal) -> Proposal:
        found = moved.get(_group(proposal.key))
        return proposal.refused(_finding(proposal, found)) if found is not None and proposal.is_wanted else proposal

    proposals.revise(look, changed)
    if not moved:
        return proposals
    return proposals.revise(refuse, {key for key in proposals.keys if _group(key) in moved})


class _Standing:
    """Records that stand, read once for each subject and form."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records: dict[tuple[str, str], list[Record]] = {}

    def find_same(self, proposal: Proposal) -> RecordKey | None:
        """The other record of the same subject, visit and form that says what a row would say."""
        key, change = proposal.key, proposal.change
        given = _said(change.values, proposal.cells) if change is not None else {}
        if not any(text for text, _ in given.values()):
            return None
        asked = (key.subject, key.form)
        if asked not in self._records:
            self._records[asked] = self._store.records(key.subject, key.form)
        others = (found for found in self._records[asked] if found.key != key and _group(found.key) == _group(key))
        return next((found.key for found in others if _said(found.values, proposal.cells) == given), None)


def _group(key: RecordKey) -> RecordKey:
    return key._replace(repeat=0)


def _said(values: Mapping[str, Value], items: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
    """What values say of some items."""
    found = ((item, values[item]) for item in items if item in values)
    return {item: (value.text, value.missing) for item, value in found}


def _finding(proposal: Proposal, other: RecordKey) -> Finding:
    first = next(iter(proposal.sources), None) or next(iter(proposal.cells.values()), None)
    return Finding(
        code="W106",
        severity=Severity.HARD,
        message=f"Rows of {proposal.key.form} have moved: one of this subject says now what stands as {other}.",
        remedy="Leave the rows in their earlier order, new ones behind; or name a column in repeat: of the mapping.",
        key=proposal.key,
        source=first,
        action=Action.REJECT,
    )
