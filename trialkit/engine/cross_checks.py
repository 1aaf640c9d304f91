"""What a batch means beside each of its records: rules that read several records, asked of all that it touches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from trialkit.engine.asking import ask_checks
from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook, Changed, open_casebook
from trialkit.engine.proposal import Proposal
from trialkit.engine.proposals import Proposals
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
    assembly: Assembly, store: Store, proposals: Proposals, stamp: Stamp, *, skip_refused: bool
) -> tuple[Proposals, tuple[Consequence, ...]]:
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
        forms = {key.form for key in proposals.wanted_keys}
        if not any(assembly.plans[form].checks.cross_checks for form in forms) and not _readers(assembly, forms):
            return proposals, ()
        writing: dict[str, set[RecordKey]] = {form: set() for form in forms}
        for key in proposals.wanted_keys:
            writing[key.form].add(key)
        subjects = sorted({key.subject for keys in writing.values() for key in keys})
        casebook = open_casebook(assembly, store, stamp.at, subjects, _as_they_would_stand(proposals, stamp))
        found = _ask_of_changed(assembly, casebook, writing)
        added = proposals.revise(partial(_with_findings, found), found)
        has_refused = any(finding.is_hard for several in found.values() for finding in several)
        if not (has_refused and skip_refused):
            consequences = () if has_refused else _ask_of_others(assembly, casebook, writing)
            return added, consequences
        proposals = proposals.refuse_as(added)


def _as_they_would_stand(proposals: Proposals, stamp: Stamp) -> Changed:
    """Gives the records of a form as they would stand; they are made when a rule first asks for the form."""
    made: dict[str, list[Record]] = {}

    def give(form: str) -> Sequence[Record]:
        if form not in made:
            made[form] = [_as_it_would_stand(found, stamp) for found in proposals.wanted_of(form)]
        return made[form]

    return give


def _as_it_would_stand(proposal: Proposal, stamp: Stamp) -> Record:
    change, entered = proposal.change, proposal.entered
    if change is None:
        raise ValueError("only a proposal with a change would stand")
    return Record(
        change.key,
        change.values,
        version=change.base_version + 1,
        form_version=change.form_version,
        entered_at=stamp.at if entered is None else entered.at,
        entered_by=stamp.user if entered is None else entered.by,
    )


def _with_findings(found: Mapping[RecordKey, Sequence[Finding]], proposal: Proposal) -> Proposal:
    sources: Mapping[str, CellReference] = {} if proposal.change is None else proposal.change.sources
    placed = tuple(replace(finding, source=sources.get(finding.item)) for finding in found[proposal.key])
    status = Status.REFUSED if any(finding.is_hard for finding in placed) else proposal.status
    return replace(proposal, findings=(*proposal.findings, *placed), status=status)


def _ask_of_changed(
    assembly: Assembly, casebook: Casebook, writing: Mapping[str, Collection[RecordKey]]
) -> dict[RecordKey, list[Finding]]:
    """What the rules say of the records that are about to be written, given by form."""
    found: dict[RecordKey, list[Finding]] = {}
    for form, keys in writing.items():
        checks = assembly.plans[form].checks.cross_checks
        if not checks:
            continue
        table = casebook.tables[form]
        places = [place for place in range(len(table)) if table.key(place) in keys]
        for place, findings in ask_checks(casebook, form, checks, places).items():
            found[table.key(place)] = findings
    return found


def _ask_of_others(
    assembly: Assembly, casebook: Casebook, writing: Mapping[str, Collection[RecordKey]]
) -> tuple[Consequence, ...]:
    """What the rules say of records that stand already, where they read one that is about to be written."""
    consequences: list[Consequence] = []
    for form, names in _readers(assembly, set(writing)).items():
        table, written = casebook.tables[form], writing.get(form, ())
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
