"""Rows that have an error, left out whole: their other records, and the subjects that only they would enrol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from trialkit.engine.proposal import Proposal
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.record import CellReference, Subject
from trialkit.wording import list_some

Row = tuple[str, int]
"""A row of the source: its sheet and its number."""

_LEFT_OUT = "W104"


class Enrolment(Protocol):
    """What would be enrolled: the new subjects, and the rows that name each."""

    @property
    def new_subjects(self) -> tuple[Subject, ...]:
        """In the order in which they were met."""

    @property
    def enrolling(self) -> Mapping[str, frozenset[Row]]:
        """New subject to the rows that name it."""


def leave_out_rows(proposals: tuple[Proposal, ...], findings: Iterable[Finding]) -> tuple[Proposal, ...]:
    """Refuse every record that comes from a row with a hard finding, one of its own or of another record.

    Args:
        proposals: what each submission would do.
        findings: of rows that could not become submissions.

    Returns:
        The same proposals, those refused that share a row with an error.
    """
    bad = _bad_rows(proposals, findings)
    return tuple(
        _leave_out(proposal, proposal.rows & bad) if proposal.is_wanted and proposal.rows & bad else proposal
        for proposal in proposals
    )


def wanted_subjects(
    proposals: Iterable[Proposal], findings: Iterable[Finding], enrolment: Enrolment
) -> tuple[Subject, ...]:
    """The new subjects that at least one row without an error names."""
    bad = _bad_rows(proposals, findings)
    named = enrolment.enrolling
    return tuple(subject for subject in enrolment.new_subjects if named.get(subject.subject, frozenset()) - bad)


def _bad_rows(proposals: Iterable[Proposal], findings: Iterable[Finding]) -> set[Row]:
    """Where hard findings stand; one that names no cell stands in every row of its record."""
    bad = {_row(finding.source) for finding in findings if finding.is_hard and finding.source is not None}
    for proposal in proposals:
        for finding in proposal.findings:
            if finding.is_hard and finding.code != _LEFT_OUT:
                bad |= proposal.rows if finding.source is None else {_row(finding.source)}
    return bad


def _row(cell: CellReference) -> Row:
    return cell.sheet, cell.row


def _leave_out(proposal: Proposal, rows: Iterable[Row]) -> Proposal:
    change = proposal.change
    cells = sorted(change.sources.values(), key=str) if change is not None else []
    where = list_some(sorted(number for _, number in rows))
    return proposal.refused(
        Finding(
            code="W104",
            severity=Severity.HARD,
            message=f"Left out, because row {where} has an error.",
            remedy="Mend the row and import again.",
            key=proposal.key,
            source=next((cell for cell in cells if _row(cell) in set(rows)), None),
            action=Action.REJECT,
        )
    )
