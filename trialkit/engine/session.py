"""An open study: what the faces call. Takes words, dates and people as arguments and keeps no rule of its own.

What reads files, judges values or writes datasets is imported by the method that needs it: most commands need none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from trialkit.capture import find_form
from trialkit.engine.assembly import Assembly
from trialkit.engine.locking import lock_scope, require_unlocked
from trialkit.engine.lookup import find_changes, find_owner, find_records, find_rule, find_site, find_subject
from trialkit.engine.writing import write_to
from trialkit.extension import ReadOptions
from trialkit.model.form import Form
from trialkit.model.history import ValueChange
from trialkit.model.import_options import Blank, OnError
from trialkit.model.lock import LockScope, RecordLock, find_lock
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.outcome import CheckOutcome, ExportOutcome, SaveOutcome, StudyState
from trialkit.model.planned import PlannedVisit
from trialkit.model.query import Query
from trialkit.model.record import RawValue, Record, RecordKey, Subject
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.store import LOCK_ACTIONS, JournalEntry, Stamp, Store, Transaction

if TYPE_CHECKING:
    from trialkit.engine.importer import Importer

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
        from trialkit.engine.planning import plan_study_visits

        subjects = self.store.subjects() if subject is None else [find_subject(self.store, subject)]
        return plan_study_visits(self.assembly, self.store, subjects, self.clock().date())

    # Subjects

    def add_subject(self, site: str, number: str) -> Subject:
        """Enrol a subject. Raises UsageError for an unknown site, or a number that is unsound or taken."""
        from trialkit.capture import name_subject

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

    # Locks

    def lock(self, subject: str, visit: str | None, form: str | None, reason: str) -> RecordLock:
        """Lock the records of a subject, narrowed to a visit and a form. Raises UsageError when they are already."""
        scope = lock_scope(self.assembly.study, self.store, subject, visit, form)
        with self._writing(scope.site) as transaction:
            return transaction.lock_records(scope, reason)

    def unlock(self, subject: str, visit: str | None, form: str | None, reason: str) -> LockScope:
        """Lift the lock on exactly this. Raises UsageError when it is not locked as such."""
        scope = lock_scope(self.assembly.study, self.store, subject, visit, form)
        with self._writing(scope.site) as transaction:
            transaction.unlock_records(scope, reason)
        return scope

    def locks_on(self, records: Sequence[Record], subject: str) -> list[RecordLock]:
        """The locks that cover some of these records, or all of the subject, sorted by what they cover."""
        locks = self.store.locks()
        whole = lock_scope(self.assembly.study, self.store, subject, None, None)
        covering = (locks.get(whole), *(find_lock(locks, record.key) for record in records))
        found = {lock.scope: lock for lock in covering if lock is not None}
        return [found[scope] for scope in sorted(found)]

    def lock_history(self, subject: str, visit: str | None = None, form: str | None = None) -> list[JournalEntry]:
        """Every lock that was set or lifted on a subject, narrowed to what covers a visit and a form, oldest first."""
        scope = lock_scope(self.assembly.study, self.store, subject, visit, form)
        return [
            entry
            for entry in self.store.history(scope.subject)
            if entry.action in LOCK_ACTIONS
            and entry.site == scope.site
            and entry.details["visit"] in ("", scope.visit or entry.details["visit"])
            and entry.details["form"] in ("", scope.form or entry.details["form"])
        ]

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
        Raises UsageError for a subject, visit, form, timepoint or item that is not there, or an item that is computed,
        and LockedError for a record that is locked.
        """
        from trialkit.capture import check_items, locate_record
        from trialkit.engine.intake import Batch, write_batch
        from trialkit.engine.proposal import propose
        from trialkit.engine.proposals import Proposals

        found = find_owner(self.assembly.study, self.store, subject, form)
        key = locate_record(
            self.assembly.study, found, visit, form, timepoint=timepoint, visit_repeat=visit_repeat, repeat=repeat or 1
        )
        check_items(self.assembly.study.forms[key.form], values)
        if repeat is None and self.assembly.study.forms[key.form].repeating:
            key = key._replace(repeat=self._next_repeat(key))
        submission = Submission(key, values, expected_version=expected_version)
        proposal = propose(self.assembly, submission, self.store.record(key), self._today(key.site))
        if proposal.is_wanted:
            require_unlocked(key, self.store.locks())
        batch = Batch(Proposals((proposal,)), reason=reason, dry_run=dry_run)
        return write_batch(self.assembly, self.store, batch, self._stamp([key.site]))

    def import_file(
        self,
        path: Path,
        mappings: Sequence[Path],
        *,
        options: ReadOptions | None = None,
        reason: str | None = None,
        on_error: OnError = OnError.REFUSE,
        blank: Blank = Blank.IGNORE,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
        confirm: Callable[[SaveOutcome], bool] | None = None,
    ) -> SaveOutcome:
        """Import one file through its mappings, all of it in one transaction.

        Args:
            path: the workbook or CSV file.
            mappings: mapping files; without any, the sheets must be laid out as trialkit's own forms.
            options: encoding and delimiter, when the person says them.
            reason: why values change, when some do; a row that gives its own keeps it.
            on_error: what happens to the rest when a record is refused.
            blank: what a blank cell means for a stored value.
            dry_run: decide everything and write nothing.
            progress: told how many of how many submissions are done.
            confirm: is shown what would be stored, when something would, and says whether it shall be.
        """
        from trialkit.engine.importing import ImportOrder

        order = ImportOrder(path, tuple(mappings), options or ReadOptions(), reason, on_error, blank)
        return self.importer(progress).run(order, dry_run=dry_run, confirm=confirm)

    def importer(
        self,
        progress: Callable[[int, int], None] | None = None,
        on_read: Callable[[SourceFile, Sequence[ColumnMapping]], None] | None = None,
    ) -> Importer:
        """What imports files: at once, or by a plan.

        Args:
            progress: told how many of how many submissions are done.
            on_read: shown a file as it was read, and its mappings, before anything is made of it.
        """
        from trialkit.engine.importer import Importer

        return Importer(self.assembly, self.store, self._stamp, progress, on_read)

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
        from trialkit.engine.checking import CheckScope, check_study

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
        from trialkit.engine.outflow import export_raw

        return export_raw(self.assembly, self.store, self._stamp([]), folder, formats, as_of=as_of, force=force)

    def export_sdtm(
        self, folder: Path, formats: Sequence[str], *, as_of: datetime | None = None, force: bool = False
    ) -> ExportOutcome:
        """Write the SDTM domains that the forms map to. See `trialkit.engine.outflow`."""
        from trialkit.engine.outflow import export_sdtm

        return export_sdtm(self.assembly, self.store, self._stamp([]), folder, formats, as_of=as_of, force=force)

    # Inside

    def begin(self) -> None:
        """Write the first entry of a study that was just made."""
        study = self.assembly.study
        with self._writing() as transaction:
            transaction.log("study.create", {"study": study.definition.study, "protocol": study.protocol.protocol})

    def _next_repeat(self, key: RecordKey) -> int:
        there = [
            record.key.repeat
            for record in self.store.records(subject=key.subject, form=key.form, visit=key.visit)
            if record.key._replace(repeat=1) == key._replace(repeat=1)
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
