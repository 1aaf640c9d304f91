"""Rows that have an error, left out whole: their other records, and the subjects that only they would enrol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from trialkit.engine.proposal import Proposal
from trialkit.engine.proposals import Proposals, Row
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.record import CellReference, Subject
from trialkit.wording import list_some

_LEFT_OUT = "W104"


class Enrolment(Protocol):
    """What would be enrolled: the new subjects, and the rows that name each."""

    @property
    def new_subjects(self) -> tuple[Subject, ...]:
        """In the order in which they were met."""

    @property
    def enrolling(self) -> Mapping[str, Mapping[str, Sequence[int]]]:
        """New subject to the rows that name it: sheet to their numbers."""


def leave_out_rows(proposals: Proposals, findings: Iterable[Finding]) -> Proposals:
    """Refuse every record that comes from a row with a hard finding, one of its own or of another record.

    Args:
        proposals: what each submission would do.
        findings: of rows that could not become submissions.

    Returns:
        The same proposals, those refused that share a row with an error; themselves when there is none.
    """
    bad = _bad_rows(proposals, findings)
    return proposals.revise(
        lambda found: _leave_out(found, found.rows & bad) if found.is_wanted else found, proposals.keys_in(bad)
    )


def wanted_subjects(proposals: Proposals, findings: Iterable[Finding], enrolment: Enrolment) -> tuple[Subject, ...]:
    """The new subjects that at least one row without an error names."""
    bad = _bad_rows(proposals, findings)

    def is_named(subject: Subject) -> bool:
        sheets = enrolment.enrolling.get(subject.subject, {})
        return any((sheet, row) not in bad for sheet, rows in sheets.items() for row in rows)

    return tuple(filter(is_named, enrolment.new_subjects))


def _bad_rows(proposals: Proposals, findings: Iterable[Finding]) -> set[Row]:
    """Where hard findings stand; one that names no cell stands in every row of its record."""
    bad = {_row(finding.source) for finding in findings if finding.is_hard and finding.source is not None}
    for proposal in proposals.told:
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
