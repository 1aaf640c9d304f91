"""The one write path: what submissions would do comes to a decision, and what was decided is written at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trialkit.capture import RecordPlace, place_finding
from trialkit.engine.assembly import Assembly
from trialkit.engine.cross_checks import Consequence, cross_check
from trialkit.engine.proposal import Proposal
from trialkit.engine.writing import write_to
from trialkit.extension import Veto
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.outcome import RecordOutcome, SaveOutcome, Status
from trialkit.model.query import Query
from trialkit.model.record import RecordKey, Subject, Value
from trialkit.review import query_changes
from trialkit.store import Stamp, Store, Transaction


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that is to be written in one transaction.

    Attributes:
        proposals: in the order of the source.
        new_subjects: to be enrolled first.
        reason: why values change; None when nobody said.
        findings: of rows that could not become submissions.
        notes: what must be said about the source.
        rows: rows of the source that held data.
        places: where in the source the records stand, so that findings about blank cells can name them.
        before: writes what else belongs into the transaction (the source file).
        skip_refused: store what is clean and leave out refused records, instead of storing nothing.
        dry_run: decide everything, write nothing.
    """

    proposals: tuple[Proposal, ...]
    new_subjects: tuple[Subject, ...] = ()
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int = 0
    places: Mapping[RecordKey, RecordPlace] = field(default_factory=dict)
    before: Callable[[Transaction], None] | None = None
    skip_refused: bool = False
    dry_run: bool = False


def write_batch(assembly: Assembly, store: Store, batch: Batch, stamp: Stamp) -> SaveOutcome:
    """Refuse or write a batch, whole: every path in ends here."""
    proposals = tuple(_demand_reason(proposal, batch.reason) for proposal in batch.proposals)
    proposals, consequences = cross_check(assembly, store, proposals, stamp, skip_refused=batch.skip_refused)
    vetoes = _ask_vetoes(assembly, proposals)
    proposals, batch = _refuse(vetoes, proposals, batch)
    wanted = [proposal for proposal in proposals if proposal.is_wanted]
    refused = any(proposal.status is Status.REFUSED for proposal in proposals) or any(
        finding.is_hard for finding in batch.findings
    )
    nothing_to_do = not wanted and not batch.new_subjects
    if batch.dry_run or nothing_to_do or vetoes or (refused and not batch.skip_refused):
        return _outcome(batch, proposals, stored=False)
    saved: dict[RecordKey, int] = {}
    opened: list[Query] = []
    closed: list[Query] = []
    with write_to(assembly, store, stamp) as transaction:
        if batch.before is not None:
            batch.before(transaction)
        for subject in batch.new_subjects:
            transaction.add_subject(subject)
        for proposal in wanted:
            saved[proposal.key] = _save(transaction, proposal, batch.reason)
            _review(transaction, proposal, opened, closed)
        for consequence in consequences:
            _follow(transaction, consequence, opened, closed)
    changes = [proposal.change for proposal in wanted if proposal.change is not None]
    deaf = assembly.registry.tell("trialkit_after_write", changes=changes)
    notes = tuple(f"plugin {name} failed after the data were stored" for name in deaf)
    outcome = _outcome(replace(batch, notes=(*batch.notes, *notes)), proposals, stored=True, versions=saved)
    return replace(outcome, queries_opened=tuple(opened), queries_closed=tuple(closed))


def _demand_reason(proposal: Proposal, reason: str | None) -> Proposal:
    change = proposal.change
    if proposal.status is not Status.CHANGED or change is None or not change.needs_reason or (reason or "").strip():
        return proposal
    given_before = [item for item in change.items if item.old is not None and not item.derived]
    changes = ", ".join(f"{item.item} from {_told(item.old)} to {_told(item.new)}" for item in given_before)
    first = given_before[0].item
    return proposal.refused(
        Finding(
            code="W101",
            severity=Severity.HARD,
            message=f"A stored value changes ({changes}) and no reason is given.",
            remedy='Say why with --reason "…".',
            key=proposal.key,
            item=first,
            source=change.sources.get(first),
            action=Action.REJECT,
        )
    )


def _told(value: Value | None) -> str:
    """A value in a message: its text with its unit, its missing reason, or blank."""
    if value is None:
        return "blank"
    return f".{value.missing}" if value.missing is not None else " ".join(filter(None, (value.text, value.unit)))


def _ask_vetoes(assembly: Assembly, proposals: tuple[Proposal, ...]) -> list[Finding]:
    """One finding for each veto. Raises PluginError when a plugin that should be asked fails."""
    changes = tuple(proposal.change for proposal in proposals if proposal.change is not None and proposal.is_wanted)
    if not changes:
        return []
    vetoes = assembly.registry.consult("trialkit_before_write", Veto, changes=changes)
    return [_veto_finding(veto, origin.plugin) for veto, origin in vetoes]


def _refuse(
    vetoes: Sequence[Finding], proposals: tuple[Proposal, ...], batch: Batch
) -> tuple[tuple[Proposal, ...], Batch]:
    """Each veto at the record it names; one that names no record of the batch stands for the batch as a whole."""
    keys = {proposal.key for proposal in proposals}
    refused = []
    for proposal in proposals:
        for veto in vetoes:
            if veto.key == proposal.key:
                proposal = proposal.refused(veto)  # one refusal is laid over the other
        refused.append(proposal)
    others = tuple(veto for veto in vetoes if veto.key not in keys)
    return tuple(refused), replace(batch, findings=(*batch.findings, *others))


def _veto_finding(veto: Veto, plugin: str) -> Finding:
    return Finding(
        code="W102",
        severity=Severity.HARD,
        message=f"Refused: {veto.reason}.",
        remedy=veto.remedy,
        key=veto.key,
        action=Action.REJECT,
        plugin=plugin,
    )


def _save(transaction: Transaction, proposal: Proposal, reason: str | None) -> int:
    if proposal.change is None:
        raise ValueError("only a proposal with a change is saved")
    return transaction.save_record(proposal.change, reason).version


def _review(transaction: Transaction, proposal: Proposal, opened: list[Query], closed: list[Query]) -> None:
    """Open queries for soft findings and close those whose cause is gone, in the same transaction."""
    waiting = transaction.open_queries(proposal.key)
    to_open, to_close = query_changes(waiting, [finding for finding in proposal.findings if not finding.is_hard])
    opened.extend(transaction.open_query(finding) for finding in to_open)
    closed.extend(transaction.close_query(query.query, words) for query, words in to_close)


def _follow(transaction: Transaction, consequence: Consequence, opened: list[Query], closed: list[Query]) -> None:
    """Open and close the queries of a record that others of this transaction have put in another light."""
    asked = [query for query in transaction.open_queries(consequence.key) if query.code in consequence.codes]
    to_open, to_close = query_changes(asked, consequence.findings, is_stored=True)
    opened.extend(transaction.open_query(finding) for finding in to_open)
    closed.extend(transaction.close_query(query.query, words) for query, words in to_close)


def _outcome(
    batch: Batch, proposals: Sequence[Proposal], *, stored: bool, versions: Mapping[RecordKey, int] | None = None
) -> SaveOutcome:
    records = [
        RecordOutcome(
            proposal.key,
            proposal.status,
            (versions or {}).get(proposal.key, proposal.version),
            tuple(item.item for item in proposal.change.items) if proposal.change else (),
        )
        for proposal in proposals
    ]
    found = [*batch.findings, *(finding for proposal in proposals for finding in proposal.findings)]
    findings = [replace(finding, source=place_finding(finding, batch.places)) for finding in found]
    return SaveOutcome(
        stored=stored,
        records=tuple(sorted(records, key=lambda record: record.key)),
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        new_subjects=batch.new_subjects,
        notes=batch.notes,
        rows=batch.rows,
    )
