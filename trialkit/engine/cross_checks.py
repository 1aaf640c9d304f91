"""What a batch means beside each of its records: rules that read several records, asked of all that it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trialkit.engine.asking import ask_checks
from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook, open_casebook
from trialkit.engine.proposal import Proposal
from trialkit.model.finding import Finding
from trialkit.model.outcome import Status
from trialkit.model.record import CellReference, Record, RecordKey
from trialkit.store import Stamp, Store
from trialkit.validate import CompiledCheck


@dataclass(frozen=True, slots=True)
class Consequence:
    """What rules say of a stored record because others are about to change.

    Attributes:
        key: the record.
        codes: the rules that were asked.
        findings: what they found, hard findings as such: the record stands already.
    """

    key: RecordKey
    codes: frozenset[str]
    findings: tuple[Finding, ...]


def cross_check(
    assembly: Assembly, store: Store, proposals: Sequence[Proposal], stamp: Stamp, *, skip_refused: bool
) -> tuple[tuple[Proposal, ...], tuple[Consequence, ...]]:
    """Ask the rules that read several records.

    A record that such a rule refuses is not written; where the clean ones are written all the same, the rules are
    asked again without it, until no more are refused.

    Args:
        assembly: the study.
        store: what stands.
        proposals: what each submission would do.
        stamp: who writes, and when.
        skip_refused: whether clean records are written although others are refused.

    Returns:
        The proposals with the findings added, and what follows for other records of the same subjects.
    """
    while True:
        writing = [found for found in proposals if found.change is not None and found.is_wanted]
        if not writing:
            return tuple(proposals), ()
        casebook = open_casebook(
            assembly,
            store,
            stamp.at,
            sorted({found.key.subject for found in writing}),
            [_as_it_would_stand(found, stamp) for found in writing],
        )
        found = _ask_of_changed(assembly, casebook, writing)
        added = [_with_findings(proposal, found.get(proposal.key, ())) for proposal in proposals]
        has_refused = any(finding.is_hard for several in found.values() for finding in several)
        if not (has_refused and skip_refused):
            consequences = () if has_refused else _ask_of_others(assembly, casebook, writing)
            return tuple(added), consequences
        proposals = [
            after if after.status is Status.REFUSED else before for before, after in zip(proposals, added, strict=True)
        ]


def _as_it_would_stand(proposal: Proposal, stamp: Stamp) -> Record:
    change, standing = proposal.change, proposal.standing
    if change is None:
        raise ValueError("only a proposal with a change would stand")
    return Record(
        change.key,
        change.values,
        version=change.base_version + 1,
        form_version=change.form_version,
        entered_at=stamp.at if standing is None else standing.entered_at,
        entered_by=stamp.user if standing is None else standing.entered_by,
    )


def _with_findings(proposal: Proposal, findings: Sequence[Finding]) -> Proposal:
    if not findings:
        return proposal
    sources: Mapping[str, CellReference] = {} if proposal.change is None else proposal.change.sources
    placed = tuple(replace(finding, source=sources.get(finding.item)) for finding in findings)
    status = Status.REFUSED if any(finding.is_hard for finding in placed) else proposal.status
    return replace(proposal, findings=(*proposal.findings, *placed), status=status)


def _ask_of_changed(
    assembly: Assembly, casebook: Casebook, writing: Sequence[Proposal]
) -> dict[RecordKey, list[Finding]]:
    """What the rules say of the records that are about to be written."""
    found: dict[RecordKey, list[Finding]] = {}
    changed: dict[str, set[RecordKey]] = {}
    for proposal in writing:
        changed.setdefault(proposal.key.form, set()).add(proposal.key)
    for form, keys in changed.items():
        checks = assembly.plans[form].checks.cross_checks
        if not checks:
            continue
        table = casebook.tables[form]
        places = [place for place in range(len(table)) if table.key(place) in keys]
        for place, findings in ask_checks(casebook, form, checks, places).items():
            found[table.key(place)] = findings
    return found


def _ask_of_others(assembly: Assembly, casebook: Casebook, writing: Sequence[Proposal]) -> tuple[Consequence, ...]:
    """What the rules say of records that stand already, where they read one that is about to be written."""
    written = {proposal.key for proposal in writing}
    forms = {key.form for key in written}
    consequences: list[Consequence] = []
    for form, names in _readers(assembly, forms).items():
        table = casebook.tables[form]
        places = [place for place in range(len(table)) if table.key(place) not in written]
        if not places:
            continue
        checks = [check for check in assembly.plans[form].checks.cross_checks if check.check.check in names]
        consequences += _consequences(casebook, form, checks, places)
    return tuple(consequences)


def _consequences(
    casebook: Casebook, form: str, checks: Sequence[CompiledCheck], places: Sequence[int]
) -> list[Consequence]:
    found = ask_checks(casebook, form, checks, places)
    codes = frozenset(check.check.check for check in checks)
    table = casebook.tables[form]
    return [Consequence(table.key(place), codes, tuple(found.get(place, ()))) for place in places]


def _readers(assembly: Assembly, forms: set[str]) -> dict[str, frozenset[str]]:
    """The forms that have rules which read one of these forms, each with these rules."""
    study = assembly.study
    readers = {
        form: frozenset(check.check for check in checks if study.reads.get(check.check, frozenset()) & forms)
        for form, checks in study.checks.items()
    }
    return {form: names for form, names in readers.items() if names}
