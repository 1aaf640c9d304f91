"""An open study: what the faces call. Takes words, dates and people as arguments and keeps no rule of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from trialkit.capture import (
    RecordPlace,
    check_items,
    find_form,
    locate_record,
    map_source,
    merge_submissions,
    name_subject,
    own_layout_mappings,
    read_source,
    record_places,
)
from trialkit.define import load_mapping
from trialkit.engine.assembly import Assembly
from trialkit.engine.checking import CheckScope, check_study
from trialkit.engine.intake import Batch, write_batch
from trialkit.engine.lookup import find_changes, find_owner, find_records, find_rule, find_site, find_subject
from trialkit.engine.outflow import export_raw, export_sdtm
from trialkit.engine.planning import plan_study_visits
from trialkit.engine.proposal import Proposal, propose
from trialkit.engine.writing import write_to
from trialkit.extension import ReadOptions
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.history import ValueChange
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.outcome import CheckOutcome, ExportOutcome, SaveOutcome, StudyState
from trialkit.model.planned import PlannedVisit
from trialkit.model.query import Query
from trialkit.model.record import RawValue, Record, RecordKey, Subject, Submission
from trialkit.model.source import SourceFile
from trialkit.store import Stamp, Store, Transaction

Clock = Callable[[], datetime]
"""The present moment, aware, in UTC."""


@dataclass(slots=True)
class Engine(AbstractContextManager["Engine"]):
    """A study with its store open. Close it, or use it in a ``with`` statement.

    Attributes:
        assembly: the compiled study.
        store: the journal and what is projected from it.
        user: who is acting, as the journal names them.
        clock: tells the present moment.
    """

    assembly: Assembly
    store: Store = field(repr=False)
    user: str
    clock: Clock = field(repr=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store. Does nothing when closed already."""
        self.store.close()

    # What is there

    def state(self) -> StudyState:
        """The study in numbers."""
        subjects = self.store.subjects()
        records = self.store.records()
        return StudyState(
            subjects={
                site.site: sum(subject.site == site.site for subject in subjects)
                for site in self.assembly.study.definition.sites
            },
            records={
                form: sum(record.key.form == form for record in records) for form in sorted(self.assembly.study.forms)
            },
            open_queries=len(self.store.queries(state="open")),
            entries=self.store.head().seq,
        )

    def form(self, name: str) -> Form:
        """A form of the study. Raises UsageError with the nearest name."""
        return find_form(self.assembly.study, name)

    def records(self, subject: str, visit: str | None = None, form: str | None = None) -> list[Record]:
        """The records of a subject, narrowed to a visit and a form, in the order of the protocol."""
        return find_records(self.assembly.study, self.store, subject, visit, form)

    def history(
        self, subject: str, visit: str | None = None, form: str | None = None, item: str | None = None
    ) -> list[ValueChange]:
        """Every change of every value of a subject, narrowed as far as it is said, oldest first."""
        return find_changes(self.assembly.study, self.store, subject, visit, form, item)

    def planned_visits(self, subject: str | None = None) -> list[PlannedVisit]:
        """Every planned visit of every subject, or of one; sorted by subject, then by visit number."""
        subjects = self.store.subjects() if subject is None else [find_subject(self.store, subject)]
        return plan_study_visits(self.assembly, self.store, subjects, self.clock().date())

    # Subjects

    def add_subject(self, site: str, number: str) -> Subject:
        """Enrol a subject. Raises UsageError for an unknown site, or a number that is unsound or taken."""
        subject = name_subject(self.assembly.study, site, number)
        with self._writing(site) as transaction:
            transaction.add_subject(subject)
        return subject

    def withdraw_subject(self, subject: str, reason: str) -> Subject:
        """Mark a subject as withdrawn; nothing that was captured goes away."""
        found = find_subject(self.store, subject)
        withdrawn = replace(found, status="withdrawn")
        with self._writing(found.site) as transaction:
            transaction.withdraw_subject(withdrawn, reason)
        return withdrawn

    # Entry and import: two doors, one way

    def enter(
        self,
        subject: str,
        visit: str,
        form: str,
        values: Mapping[str, RawValue],
        *,
        timepoint: str = "",
        visit_repeat: int = 1,
        repeat: int | None = None,
        reason: str | None = None,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> SaveOutcome:
        """Enter or change one record. Items that are not named stay as they are; a blank clears its item.

        On a reference form a site stands in the place of the subject, and a hyphen in the place of the visit.
        Raises UsageError for a subject, visit, form, timepoint or item that is not there, or an item that is computed.
        """
        found = find_owner(self.assembly.study, self.store, subject, form)
        key = locate_record(
            self.assembly.study, found, visit, form, timepoint=timepoint, visit_repeat=visit_repeat, repeat=repeat or 1
        )
        check_items(self.assembly.study.forms[key.form], values)
        if repeat is None and self.assembly.study.forms[key.form].repeating:
            key = replace(key, repeat=self._next_repeat(key))
        submission = Submission(key, values, expected_version=expected_version)
        proposal = propose(self.assembly, submission, self.store.record(key), self._today(key.site))
        batch = Batch((proposal,), reason=reason, dry_run=dry_run)
        return write_batch(self.assembly, self.store, batch, self._stamp([key.site]))

    def import_file(
        self,
        path: Path,
        mappings: Sequence[Path],
        *,
        options: ReadOptions | None = None,
        reason: str | None = None,
        skip_refused: bool = False,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
        on_read: Callable[[SourceFile, Sequence[ColumnMapping]], None] | None = None,
    ) -> SaveOutcome:
        """Import one file through its mappings, all of it in one transaction.

        Args:
            path: the workbook or CSV file.
            mappings: mapping files; without any, the sheets must be laid out as trialkit's own forms.
            options: encoding and delimiter, when the person says them.
            reason: why values change, when some do.
            skip_refused: store clean records although others are refused.
            dry_run: decide everything and write nothing.
            progress: told how many of how many submissions are done.
            on_read: shown the file as it was read, and the mappings, before anything is made of it.
        """
        chosen = [load_mapping(mapping, self.assembly.study) for mapping in mappings]
        source = read_source(path, self.assembly.readers, _read_options(options, chosen))
        if not chosen:
            chosen = own_layout_mappings(source, self.assembly.study)
        if on_read is not None:
            on_read(source, chosen)
        batch = self._capture(source, chosen, progress)
        keep = partial(
            _keep_sources, source, path.read_bytes(), {mapping.name: mapping.read_bytes() for mapping in mappings}
        )
        batch = replace(batch, before=keep, reason=reason, skip_refused=skip_refused, dry_run=dry_run)
        sites = [proposal.key.site for proposal in batch.proposals]
        return write_batch(self.assembly, self.store, batch, self._stamp(sites))

    # Checking

    def check(
        self,
        subject: str | None = None,
        form: str | None = None,
        rule: str | None = None,
        site: str | None = None,
        *,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> CheckOutcome:
        """Run all rules over what is stored; open queries for new findings and close those whose cause is gone.

        Args:
            subject, form, rule, site: narrow what is looked at. Raises UsageError for one that is not there.
            dry_run: look only, open and close nothing.
            progress: told how many of how many portions of the subjects are done.
        """
        scope = CheckScope(
            subject=None if subject is None else find_subject(self.store, subject).subject,
            form=None if form is None else self.form(form).form,
            rule=None if rule is None else find_rule(self.assembly, rule),
            site=None if site is None else find_site(self.assembly.study, site).site,
        )
        stamp = self._stamp([] if scope.site is None else [scope.site])
        return check_study(self.assembly, self.store, stamp, scope, dry_run=dry_run, progress=progress)

    def answer_query(self, query: str, text: str) -> Query:
        """Answer a query in the site's words."""
        with self._writing() as transaction:
            return transaction.answer_query(query, text)

    def close_query(self, query: str, reason: str) -> Query:
        """Close a query by hand, saying why."""
        with self._writing() as transaction:
            return transaction.close_query(query, reason)

    # Export

    def export_raw(
        self, folder: Path, formats: Sequence[str], *, as_of: datetime | None = None, force: bool = False
    ) -> ExportOutcome:
        """Write one tidy table per form. See `trialkit.engine.outflow`."""
        return export_raw(self.assembly, self.store, self._stamp([]), folder, formats, as_of=as_of, force=force)

    def export_sdtm(
        self, folder: Path, formats: Sequence[str], *, as_of: datetime | None = None, force: bool = False
    ) -> ExportOutcome:
        """Write the SDTM domains that the forms map to. See `trialkit.engine.outflow`."""
        return export_sdtm(self.assembly, self.store, self._stamp([]), folder, formats, as_of=as_of, force=force)

    # Inside

    def begin(self) -> None:
        """Write the first entry of a study that was just made."""
        study = self.assembly.study
        with self._writing() as transaction:
            transaction.log("study.create", {"study": study.definition.study, "protocol": study.protocol.protocol})

    def _capture(
        self, source: SourceFile, mappings: Sequence[ColumnMapping], progress: Callable[[int, int], None] | None
    ) -> Batch:
        study = self.assembly.study
        subjects = {subject.subject: subject for subject in self.store.subjects()}
        submissions: list[Submission] = []
        enrolled: dict[str, Subject] = {}
        findings: list[Finding] = []
        notes: list[str] = list(source.notes)
        rows: set[tuple[str | None, int]] = set()
        places: dict[RecordKey, RecordPlace] = {}
        for mapping in mappings:
            captured = map_source(source, mapping, study, {**subjects, **enrolled})
            enrolled |= {subject.subject: subject for subject in captured.new_subjects}
            findings += captured.findings
            notes += captured.notes
            rows |= {(mapping.sheet, submission.row) for submission in captured.submissions}
            rows |= {(mapping.sheet, found.source.row) for found in captured.findings if found.source is not None}
            submissions += captured.submissions
            places |= record_places(source, mapping, captured.submissions)
        merged, contradictions = merge_submissions(submissions)
        return Batch(
            tuple(self._propose_all(merged, progress)),
            new_subjects=tuple(enrolled.values()),
            findings=(*findings, *contradictions),
            notes=tuple(notes),
            rows=len(rows),
            places=places,
        )

    def _propose_all(
        self, submissions: Sequence[Submission], progress: Callable[[int, int], None] | None
    ) -> list[Proposal]:
        standing: dict[RecordKey, Record] = {}
        for form in sorted({submission.key.form for submission in submissions}):
            standing |= {record.key: record for record in self.store.records(form=form)}
        proposals = []
        for number, submission in enumerate(submissions, start=1):
            proposals.append(
                propose(self.assembly, submission, standing.get(submission.key), self._today(submission.key.site))
            )
            if progress is not None:
                progress(number, len(submissions))
        return proposals

    def _next_repeat(self, key: RecordKey) -> int:
        there = [
            record.key.repeat
            for record in self.store.records(subject=key.subject, form=key.form, visit=key.visit)
            if replace(record.key, repeat=1) == replace(key, repeat=1)
        ]
        return max(there, default=0) + 1

    def _today(self, site: str) -> date:
        """The date on the calendar of a site."""
        found = self.assembly.study.definition.site(site)
        return self.clock().astimezone(ZoneInfo("UTC" if found is None else found.timezone)).date()

    def _writing(self, *sites: str) -> AbstractContextManager[Transaction]:
        return write_to(self.assembly, self.store, self._stamp(sites))

    def _stamp(self, sites: Iterable[str]) -> Stamp:
        """Who and when; in the site's zone when all that is written belongs to one site."""
        definition = self.assembly.study.definition
        zones = {site.timezone for name in set(sites) if (site := definition.site(name)) is not None}
        return Stamp(self.user, self.clock(), zones.pop() if len(zones) == 1 else "UTC")


def _read_options(options: ReadOptions | None, mappings: Sequence[ColumnMapping]) -> ReadOptions:
    """What the person says about the file wins over what the mappings say."""
    said = options or ReadOptions()
    encodings = [said.encoding, *(mapping.encoding for mapping in mappings)]
    delimiters = [said.delimiter, *(mapping.delimiter for mapping in mappings)]
    return ReadOptions(next(filter(None, encodings), None), next(filter(None, delimiters), None))


def _keep_sources(source: SourceFile, content: bytes, mappings: Mapping[str, bytes], transaction: Transaction) -> None:
    """Keep the file and its mappings, so that every value can be traced to its cell and to how it was read."""
    transaction.add_source(source.name, source.digest, content, source.kind)
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in mappings.items()}
    for name, text in mappings.items():
        transaction.add_source(name, digests[name], text, "mapping")
    details = {"file": source.name, "digest": source.digest, "mappings": digests, "notes": list(source.notes)}
    transaction.log("import.file", details)
