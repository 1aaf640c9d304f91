"""The one write path: what submissions would do comes to a decision, and what was decided is written at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter

from trialkit.capture import RecordPlace, place_finding
from trialkit.engine.assembly import Assembly
from trialkit.engine.cross_checks import Consequence, cross_check
from trialkit.engine.leaving_out import leave_out_rows, wanted_subjects
from trialkit.engine.locking import refuse_locked
from trialkit.engine.proposal import Proposal
from trialkit.engine.writing import write_to
from trialkit.extension import Veto
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.import_options import OnError
from trialkit.model.outcome import RecordOutcome, SaveOutcome, Status
from trialkit.model.query import Query
from trialkit.model.record import RecordKey, Subject, Value
from trialkit.review import query_changes
from trialkit.store import Stamp, Store, Transaction

_ITEM = attrgetter("item")

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
        enrolling: new subject to the rows of the source that name it, each as sheet and number.
        places: where in the source the records stand, so that findings about blank cells can name them.
        before: writes what else belongs into the transaction (the source file).
        witness: is shown what was decided before anything is written, also in a dry run; may raise.
        on_error: what happens to the rest when something is refused.
        dry_run: decide everything, write nothing.
    """

    proposals: tuple[Proposal, ...]
    new_subjects: tuple[Subject, ...] = ()
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int = 0
    enrolling: Mapping[str, frozenset[tuple[str, int]]] = field(default_factory=dict)
    places: Mapping[RecordKey, RecordPlace] = field(default_factory=dict)
    before: Callable[[Transaction], None] | None = None
    witness: Callable[[Batch, Sequence[Proposal]], None] | None = None
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
    proposals: tuple[Proposal, ...]
    consequences: tuple[Consequence, ...]
    vetoes: Sequence[Finding]
    asked: tuple[Proposal, ...]

    @property
    def wanted(self) -> tuple[Proposal, ...]:
        """The proposals that are to be written."""
        return tuple(proposal for proposal in self.proposals if proposal.is_wanted)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.is_storable and not self.batch.dry_run

    @property
    def is_storable(self) -> bool:
        """Whether there is anything that may be written."""
        if self.vetoes or not (self.batch.new_subjects or any(proposal.is_wanted for proposal in self.proposals)):
            return False
        is_refused = any(proposal.status is Status.REFUSED for proposal in self.proposals)
        return self.batch.skip_refused or not (is_refused or any(found.is_hard for found in self.batch.findings))


@dataclass(slots=True)
class _Written:
    """What a transaction did."""

    versions: dict[RecordKey, int] = field(default_factory=dict)
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
    changes = [proposal.change for proposal in decision.wanted if proposal.change is not None]
    deaf = assembly.registry.tell("trialkit_after_write", changes=changes)
    notes = tuple(f"plugin {name} failed after the data were stored" for name in deaf)
    decision = replace(decision, batch=replace(decision.batch, notes=(*batch.notes, *notes)))
    outcome = _outcome(decision, stored=True, versions=written.versions)
    return replace(outcome, queries_opened=tuple(written.opened), queries_closed=tuple(written.closed))


def _decide(assembly: Assembly, store: Store, batch: Batch, stamp: Stamp) -> _Decision:
    """Ask the locks, the rules that read several records, and then the plugins; show the witness what it comes to."""
    asked = tuple(
        _demand_reason(proposal, proposal.reason or batch.reason)
        for proposal in refuse_locked(batch.proposals, store.locks())
    )
    proposals, consequences = _cross_check(assembly, store, asked, stamp, batch)
    vetoes = _ask_vetoes(assembly, proposals)
    proposals, batch = _refuse(vetoes, proposals, batch)
    return _settle(_Decision(batch, proposals, consequences, vetoes, asked))


def _decide_again(assembly: Assembly, store: Store, decision: _Decision, stamp: Stamp) -> _Decision:
    """The same with what stands by now, the plugins left alone.

    What was refused stays refused: the plugins have not agreed to it.
    """
    before = tuple(
        decided if decided.status is Status.REFUSED else proposal
        for proposal, decided in zip(decision.asked, decision.proposals, strict=True)
    )
    before = refuse_locked(before, store.locks())
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
    assembly: Assembly, store: Store, proposals: tuple[Proposal, ...], stamp: Stamp, batch: Batch
) -> tuple[tuple[Proposal, ...], tuple[Consequence, ...]]:
    """Ask the rules that read several records; with `SKIP_ROW` again without the rows that have an error."""
    skips_rows = batch.on_error is OnError.SKIP_ROW
    while True:
        asked = leave_out_rows(proposals, batch.findings) if skips_rows else proposals
        checked, consequences = cross_check(assembly, store, asked, stamp, skip_refused=batch.skip_refused)
        if not skips_rows or leave_out_rows(checked, batch.findings) == checked:
            return checked, consequences
        pairs = zip(asked, checked, strict=True)
        proposals = tuple(after if after.status is Status.REFUSED else before for before, after in pairs)


def _write(transaction: Transaction, decision: _Decision, written: _Written) -> None:
    batch = decision.batch
    transaction.add_subjects(batch.new_subjects)
    wanted = iter(decision.wanted)
    while portion := list(islice(wanted, _PORTION)):
        transaction.read_ahead([proposal.key for proposal in portion])
        for proposal in portion:
            written.versions[proposal.key] = _save(transaction, proposal, proposal.reason or batch.reason)
            _review(transaction, proposal, written)
    if decision.consequences:
        waiting = transaction.open_queries_by_record({consequence.key.subject for consequence in decision.consequences})
        for consequence in decision.consequences:
            _follow(transaction, consequence, waiting.get(consequence.key, ()), written)


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


def _review(transaction: Transaction, proposal: Proposal, written: _Written) -> None:
    """Open queries for soft findings and close those whose cause is gone, in the same transaction."""
    waiting = transaction.open_queries(proposal.key)
    soft = [finding for finding in proposal.findings if not finding.is_hard]
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


def _outcome(decision: _Decision, *, stored: bool, versions: Mapping[RecordKey, int] | None = None) -> SaveOutcome:
    batch, proposals = decision.batch, decision.proposals
    versions = versions or {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    records = [
        RecordOutcome(
            proposal.key,
            proposal.status,
            versions.get(proposal.key, proposal.version),
            _names_of(proposal, shared),
        )
        for proposal in proposals
    ]
    found = [*batch.findings, *(finding for proposal in proposals for finding in proposal.findings)]
    findings = [
        finding if (cell := place_finding(finding, batch.places)) is finding.source else replace(finding, source=cell)
        for finding in found
    ]
    return SaveOutcome(
        stored=stored,
        storable=decision.is_storable,
        records=tuple(sorted(records, key=lambda record: record.key)),
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        new_subjects=batch.new_subjects,
        notes=batch.notes,
        rows=batch.rows,
    )


def _names_of(proposal: Proposal, shared: dict[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
    """The items that a proposal changes; the records of a file share a few such lists."""
    names = () if proposal.change is None else tuple(map(_ITEM, proposal.change.items))
    return shared.setdefault(names, names)
