"""One submission through normalise, derive and validate: what it would do. Writes nothing, reads no other record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from trialkit.derive import derive_items
from trialkit.engine.assembly import Assembly, FormPlan
from trialkit.language import Row, record_row
from trialkit.model.finding import Finding
from trialkit.model.outcome import RecordOutcome, Status
from trialkit.model.record import CellReference, ItemChange, Record, RecordChange, RecordKey, Value
from trialkit.model.row_cells import RowCells, RowSources
from trialkit.model.submission import Submission
from trialkit.normalise import Normaliser
from trialkit.validate import validate_record


class FirstEntry(NamedTuple):
    """Who entered a record first, and when.

    Attributes:
        at: the moment, in UTC; None where it is not known.
        by: who; empty where it is not known.
    """

    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one submission would do.

    Attributes:
        key: the record it is about.
        change: what would be written; None when nothing changes.
        findings: what the rules say.
        status: what became of it so far.
        version: the version that stands; 0 for a new record.
        entered: who entered first what would change, and when; None for a new record, and where nothing changes.
        reason: why its stored values change, as the source says it; empty when it does not.
        cells: item identifier to the cell that its value came from; empty when it was typed.
        sources: the cells that named subject, visit and timepoint; empty when it was typed.
    """

    key: RecordKey
    change: RecordChange | None
    findings: tuple[Finding, ...]
    status: Status
    version: int
    entered: FirstEntry | None = None
    reason: str = ""
    cells: Mapping[str, CellReference] = field(default_factory=dict)
    sources: Sequence[CellReference] = ()

    @property
    def rows(self) -> frozenset[tuple[str, int]]:
        """The rows of the source that it comes from, each as sheet and number; empty when it was typed."""
        cells, sources = self.cells, self.sources
        rows = cells.rows if isinstance(cells, RowCells) else {(cell.sheet, cell.row) for cell in cells.values()}
        if isinstance(sources, RowSources):
            rows.add((sources.sheet, sources.row))
        else:
            rows.update((cell.sheet, cell.row) for cell in sources)
        return frozenset(rows)

    @property
    def is_wanted(self) -> bool:
        """Whether it would be written as far as is known."""
        return self.status in (Status.NEW, Status.CHANGED)

    def outcome(self, *, stored: bool) -> RecordOutcome:
        """What became of it.

        Args:
            stored: whether it is stored by now, when it is wanted.
        """
        names = () if self.change is None else tuple(item.item for item in self.change.items)
        version = self.version + 1 if stored and self.is_wanted else self.version
        return RecordOutcome(self.key, self.status, version, names)

    def refused(self, finding: Finding) -> Proposal:
        """The same, refused for one more reason."""
        return replace(self, findings=(*self.findings, finding), status=Status.REFUSED)


class Draft(NamedTuple):
    """A submission that is normalised and derived, before the rules of its form are asked.

    Attributes:
        submission: raw values of one record.
        standing: the record as it is stored; None for a new one.
        values: the record as it would stand, in the order of the form.
        items: what changes of it.
        refused: the items whose values could not be read: nothing is there to be judged.
        findings: what was found so far.
    """

    submission: Submission
    standing: Record | None
    values: Mapping[str, Value]
    items: tuple[ItemChange, ...]
    refused: frozenset[str]
    findings: tuple[Finding, ...]

    @property
    def key(self) -> RecordKey:
        """The record it is about."""
        return self.submission.key

    @property
    def says_nothing(self) -> bool:
        """Whether nothing changes and nothing was found: no rule needs to be asked."""
        return not self.items and not self.findings

    @property
    def sources(self) -> Mapping[str, CellReference]:
        """Item identifier to the cell it came from."""
        return self.submission.cells


def propose(assembly: Assembly, submission: Submission, standing: Record | None, today: date) -> Proposal:
    """Take one submission through normalise, derive and validate. `propose_all` takes many of them.

    Args:
        assembly: the study.
        submission: raw values of one record.
        standing: the record as it is stored, or None.
        today: for rules that ask.
    """
    plan = assembly.plans[submission.key.form]
    draft = draft_record(assembly, Normaliser(plan.form, assembly.study, assembly.types), submission, standing, today)
    if draft.says_nothing:
        return conclude(plan, draft, ())
    row = read_record(assembly, draft.key, draft.values, today)
    return conclude(plan, draft, validate_record(plan.checks, draft.key, draft.values, row, draft.sources))


def draft_record(
    assembly: Assembly, normaliser: Normaliser, submission: Submission, standing: Record | None, today: date
) -> Draft:
    """Take one submission through normalise and derive. See `propose`."""
    plan = assembly.plans[submission.key.form]
    normalised = normaliser.read(submission)
    values = _entered(plan, standing, normalised.values)
    derive_findings: tuple[Finding, ...] = ()
    if plan.derivations:

        def read(values: Mapping[str, Value]) -> Row:
            return read_record(assembly, submission.key, values, today)

        derived, derive_findings = derive_items(plan.derivations, submission.key, values, read)
        values = {**values, **{name: value for name, value in derived.items() if value is not None}}
    values = _in_form_order(plan, values)
    return Draft(
        submission,
        standing,
        values,
        _changed_items(plan, standing, values),
        frozenset(finding.item for finding in normalised.findings),
        (*normalised.findings, *derive_findings),
    )


def conclude(plan: FormPlan, draft: Draft, validated: Sequence[Finding]) -> Proposal:
    """What a draft comes to, with what the rules of its form say of it."""
    submission, standing = draft.submission, draft.standing
    version = 0 if standing is None else standing.version
    entered = None if standing is None else FirstEntry(standing.entered_at, standing.entered_by)
    origin = submission.reason, submission.cells, submission.sources
    if draft.says_nothing:
        return Proposal(draft.key, None, (), Status.UNCHANGED, version, None, *origin)
    judged = [finding for finding in validated if finding.item not in draft.refused]
    found = (*draft.findings, *judged, *submission.findings) if judged or draft.findings or submission.findings else ()
    change = RecordChange(
        key=draft.key,
        base_version=version if submission.expected_version is None else submission.expected_version,
        form_version=plan.form.version,
        items=draft.items,
        values=draft.values,
        sources=draft.sources,
    )
    if any(finding.is_hard for finding in found):
        return Proposal(draft.key, change, found, Status.REFUSED, version, entered, *origin)
    if not draft.items:
        return Proposal(draft.key, None, found, Status.UNCHANGED, version, None, *origin)
    return Proposal(draft.key, change, found, Status.CHANGED if version else Status.NEW, version, entered, *origin)


def read_record(assembly: Assembly, key: RecordKey, values: Mapping[str, Value], today: date) -> Row:
    """A record as expressions see it."""
    study = assembly.study
    typed = {name: found.typed for name, found in assembly.types.items()}
    return record_row(key, values, study.forms[key.form], study.protocol, study.units, typed, today)


def _entered(plan: FormPlan, standing: Record | None, updates: Mapping[str, Value | None]) -> dict[str, Value]:
    """What people entered: the standing values with the updates laid over them, without derived items.

    Items that the form no longer has stay as they are: nothing that was captured is dropped by a new definition.
    """
    before = standing.values if standing else {}
    # What says the same stays as it was first written: a record that changes elsewhere keeps it to the letter.
    merged = {**before, **{name: new for name, new in updates.items() if not _same(before.get(name), new)}}
    derived = plan.item_names
    return {name: value for name, value in merged.items() if value is not None and not derived.get(name)}


def _changed_items(plan: FormPlan, standing: Record | None, values: Mapping[str, Value]) -> tuple[ItemChange, ...]:
    names = plan.item_names
    if standing is None:
        return tuple(ItemChange(name, None, values[name], derived) for name, derived in names.items() if name in values)
    before = standing.values
    known = [*names, *(name for name in before if name not in names)]
    pairs = ((name, before.get(name), values.get(name)) for name in known)
    return tuple(
        ItemChange(name, old, new, derived=names.get(name, False)) for name, old, new in pairs if not _same(old, new)
    )


def _in_form_order(plan: FormPlan, values: Mapping[str, Value]) -> dict[str, Value]:
    names = plan.item_names
    ordered = {name: values[name] for name in names if name in values}
    return ordered if len(ordered) == len(values) else {**ordered, **{name: values[name] for name in sorted(values)}}


def _same(old: Value | None, new: Value | None) -> bool:
    """Whether two values say the same; how they were written in their sources does not count."""
    if old is None or new is None:
        return old is new
    return (old.text, old.missing, old.unit) == (new.text, new.missing, new.unit)
