"""The one write path: what submissions would do comes to a decision, and what was decided is written at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from trialkit.capture import RecordPlaces, place_finding
from trialkit.engine.assembly import Assembly
from trialkit.engine.cross_checks import Consequence, cross_check
from trialkit.engine.leaving_out import leave_out_rows, wanted_subjects
from trialkit.engine.locking import refuse_locked
from trialkit.engine.proposal import Proposal
from trialkit.engine.proposals import Proposals
from trialkit.engine.proposed_rows import ProposedRows
from trialkit.engine.writing import write_to
from trialkit.extension import Veto
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding, sort_findings
from trialkit.model.import_options import OnError
from trialkit.model.outcome import RecordOutcomes, SaveOutcome, Status
from trialkit.model.query import Query
from trialkit.model.record import RecordKey, Subject, Value
from trialkit.review import query_changes
from trialkit.store import Stamp, Store, Transaction

_BLOCK = 2_000
"""So many new records are one block of the journal: the larger, the quicker written; whoever reads one of them reads
its block."""

_PORTION = 1_000
"""How many records are read ahead at a time, so that a file of any length needs little memory."""


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
        held_back: rows of the source of which something could not become a submission.
        enrolling: new subject to the rows of the source that name it: sheet to their numbers.
        places: where in the source the records stand, so that findings about blank cells can name them; None for what
            was typed.
        before: writes what else belongs into the transaction (the source file).
        witness: is shown what was decided before anything is written, also in a dry run; may raise.
        on_error: what happens to the rest when something is refused.
        dry_run: decide everything, write nothing.
    """

    proposals: Proposals
    new_subjects: tuple[Subject, ...] = ()
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int = 0
    held_back: int = 0
    enrolling: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    places: RecordPlaces | None = None
    before: Callable[[Transaction], None] | None = None
    witness: Callable[[Batch, Proposals], None] | None = None
    on_error: OnError = OnError.REFUSE
    dry_run: bool = False

    @property
    def skip_refused(self) -> bool:
        """Whether what is clean is stored although something else is refused."""
        return self.on_error is not OnError.REFUSE


class _OvertakenError(Exception):
    """What somebody else stored in the meantime leaves nothing to write: the transaction is taken back."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is to become of a batch.

    Attributes:
        batch: the batch with what vetoes say of it as a whole.
        proposals: its proposals with everything that was found.
        consequences: what follows for records that stand already.
        vetoes: what plugins have against it.
        asked: its proposals before rules that read several records were asked.
    """

    batch: Batch
    proposals: Proposals
    consequences: tuple[Consequence, ...]
    vetoes: Sequence[Finding]
    asked: Proposals

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.is_storable and not self.batch.dry_run

    @property
    def is_storable(self) -> bool:
        """Whether there is anything that may be written."""
        if self.vetoes or not (self.batch.new_subjects or self.proposals.is_any_wanted):
            return False
        is_refused = any(status is Status.REFUSED for status in self.proposals.statuses)
        return self.batch.skip_refused or not (is_refused or any(found.is_hard for found in self.batch.findings))


@dataclass(slots=True)
class _Written:
    """What a transaction did."""

    opened: list[Query] = field(default_factory=list)
    closed: list[Query] = field(default_factory=list)


def write_batch(assembly: Assembly, store: Store, batch: Batch, stamp: Stamp) -> SaveOutcome:
    """Refuse or write a batch, whole: every path in ends here.

    Rules are asked before the transaction begins, so that nobody waits for that. When somebody else has stored data by
    then, they are asked again inside of it, where nobody else can write: records that break a rule together are never
    stored without a finding, whoever comes first.
    """
    seen = store.head().seq
    decision = _decide(assembly, store, batch, stamp)
    if not decision.writes:
        return _outcome(decision, stored=False)
    written = _Written()
    try:
        with write_to(assembly, store, stamp) as transaction:
            if batch.before is not None:
                batch.before(transaction)
            if transaction.data_since(seen):
                decision = _decide_again(assembly, store, decision, stamp)
                if not decision.writes:
                    raise _OvertakenError
            _write(transaction, decision, written)
    except _OvertakenError:
        return _outcome(decision, stored=False)
    deaf = assembly.registry.tell("trialkit_after_write", changes=decision.proposals.changes)
    notes = tuple(f"plugin {name} failed after the data were stored" for name in deaf)
    decision = replace(decision, batch=replace(decision.batch, notes=(*batch.notes, *notes)))
    outcome = _outcome(decision, stored=True)
    return replace(outcome, queries_opened=tuple(written.opened), queries_closed=tuple(written.closed))


def _decide(assembly: Assembly, store: Store, batch: Batch, stamp: Stamp) -> _Decision:
    """Ask the locks, the rules that read several records, and then the plugins; show the witness what it comes to."""
    asked = refuse_locked(batch.proposals, store.locks()).revise_standing(
        lambda proposal: _demand_reason(proposal, proposal.reason or batch.reason)
    )
    proposals, consequences = _cross_check(assembly, store, asked, stamp, batch)
    vetoes = _ask_vetoes(assembly, proposals)
    proposals, batch = _refuse(vetoes, proposals, batch)
    return _settle(_Decision(batch, proposals, consequences, vetoes, asked))


def _decide_again(assembly: Assembly, store: Store, decision: _Decision, stamp: Stamp) -> _Decision:
    """The same with what stands by now, the plugins left alone.

    What was refused stays refused: the plugins have not agreed to it.
    """
    before = refuse_locked(decision.asked.refuse_as(decision.proposals), store.locks())
    proposals, consequences = _cross_check(assembly, store, before, stamp, decision.batch)
    return _settle(replace(decision, proposals=proposals, consequences=consequences))


def _settle(decision: _Decision) -> _Decision:
    """Leave out the subjects that only rows with an error would enrol, and show the decision to the witness."""
    batch, proposals = decision.batch, decision.proposals
    if batch.on_error is OnError.SKIP_ROW:
        batch = replace(batch, new_subjects=wanted_subjects(proposals, batch.findings, batch))
        decision = replace(decision, batch=batch)
    if batch.witness is not None:
        batch.witness(batch, proposals)
    return decision


def _cross_check(
    assembly: Assembly, store: Store, proposals: Proposals, stamp: Stamp, batch: Batch
) -> tuple[Proposals, tuple[Consequence, ...]]:
    """Ask the rules that read several records; with `SKIP_ROW` again without the rows that have an error."""
    skips_rows = batch.on_error is OnError.SKIP_ROW
    while True:
        asked = leave_out_rows(proposals, batch.findings) if skips_rows else proposals
        checked, consequences = cross_check(assembly, store, asked, stamp, skip_refused=batch.skip_refused)
        if not skips_rows or leave_out_rows(checked, batch.findings) is checked:
            return checked, consequences
        proposals = asked.refuse_as(checked)


def _write(transaction: Transaction, decision: _Decision, written: _Written) -> None:
    batch = decision.batch
    transaction.add_subjects(batch.new_subjects)
    for part in decision.proposals.in_portions(_PORTION):
        if isinstance(part, ProposedRows):
            _write_rows(transaction, part, batch.reason, written)
        else:
            _write_each(transaction, part, batch.reason, written)
    if decision.consequences:
        waiting = transaction.open_queries_by_record({consequence.key.subject for consequence in decision.consequences})
        for consequence in decision.consequences:
            _follow(transaction, consequence, waiting.get(consequence.key, ()), written)


def _write_each(transaction: Transaction, portion: Sequence[Proposal], reason: str | None, written: _Written) -> None:
    transaction.read_ahead([proposal.key for proposal in portion])
    for proposal in portion:
        if proposal.change is not None and proposal.is_wanted:
            transaction.save_record(proposal.change, proposal.reason or reason)
            _review(transaction, proposal.key, proposal.findings, written)


def _write_rows(transaction: Transaction, rows: ProposedRows, reason: str | None, written: _Written) -> None:
    """Write the new records of some rows, then what is asked about them."""
    clean = rows.clean()
    for some in clean.in_portions(_BLOCK):
        transaction.save_new_rows(some, reason)
    # New records have queries only when somebody asked about them before they were there.
    asked = transaction.open_queries_by_record({key.subject for key in clean.keys})
    statuses = rows.statuses
    told = [place for place, key in enumerate(rows.keys) if place in rows.findings or key in asked]
    for place in told:
        if place not in rows.others and statuses[place] is Status.NEW:
            _review(transaction, rows.keys[place], rows.findings.get(place, ()), written)
    _write_each(transaction, [rows.others[place] for place in sorted(rows.others)], reason, written)


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


def _ask_vetoes(assembly: Assembly, proposals: Proposals) -> list[Finding]:
    """One finding for each veto. Raises PluginError when a plugin that should be asked fails."""
    if not proposals.is_any_wanted:
        return []
    vetoes = assembly.registry.consult("trialkit_before_write", Veto, changes=proposals.changes)
    return [_veto_finding(veto, origin.plugin) for veto, origin in vetoes]


def _refuse(vetoes: Sequence[Finding], proposals: Proposals, batch: Batch) -> tuple[Proposals, Batch]:
    """Each veto at the record it names; one that names no record of the batch stands for the batch as a whole."""
    by_key: dict[RecordKey | None, list[Finding]] = {}
    for veto in vetoes:
        by_key.setdefault(veto.key, []).append(veto)
    named = {key for key in proposals.keys if key in by_key} if vetoes else set()

    def refuse(proposal: Proposal) -> Proposal:
        return reduce(Proposal.refused, by_key[proposal.key], proposal)  # one refusal is laid over the other

    others = tuple(veto for veto in vetoes if veto.key not in named)
    return proposals.revise(refuse, named) if named else proposals, replace(batch, findings=(*batch.findings, *others))


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


def _review(transaction: Transaction, key: RecordKey, findings: Sequence[Finding], written: _Written) -> None:
    """Open queries for soft findings and close those whose cause is gone, in the same transaction."""
    waiting = transaction.open_queries(key)
    soft = [finding for finding in findings if not finding.is_hard]
    if not waiting and not soft:
        return
    to_open, to_close = query_changes(waiting, soft)
    written.opened.extend(transaction.open_query(finding) for finding in to_open)
    written.closed.extend(transaction.close_query(query.query, words) for query, words in to_close)


def _follow(transaction: Transaction, consequence: Consequence, waiting: Sequence[Query], written: _Written) -> None:
    """Open and close the queries of a record that others of this transaction have put in another light."""
    asked = [query for query in waiting if query.code in consequence.codes]
    to_open, to_close = query_changes(asked, consequence.findings, is_stored=True)
    written.opened.extend(transaction.open_query(finding) for finding in to_open)
    written.closed.extend(transaction.close_query(query.query, words) for query, words in to_close)


def _outcome(decision: _Decision, *, stored: bool) -> SaveOutcome:
    batch, proposals = decision.batch, decision.proposals
    found = [*batch.findings, *proposals.findings]
    homeless = {finding.key for finding in found if finding.source is None and finding.key is not None}
    places = {} if batch.places is None else batch.places.of(homeless)
    if places:
        found = [place_finding(finding, places) for finding in found]
    return SaveOutcome(
        stored=stored,
        storable=decision.is_storable,
        records=RecordOutcomes(proposals.outcomes(stored=stored)),
        findings=tuple(sort_findings(found)),
        new_subjects=batch.new_subjects,
        notes=batch.notes,
        rows=batch.rows,
        held_back=batch.held_back,
    )
