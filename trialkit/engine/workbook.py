"""Workbooks for sites: which rows a site is to fill in, by what is stored and due; then made, written and logged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from trialkit.capture import find_form, find_visit
from trialkit.document.workbook import FormRows, Occasion, SheetRow, make_template
from trialkit.engine.lookup import find_site, find_subject
from trialkit.engine.planning import plan_study_visits
from trialkit.engine.session import Engine
from trialkit.engine.writing import write_to
from trialkit.errors import UsageError
from trialkit.model.form import Form
from trialkit.model.planned import PlannedVisit, VisitState
from trialkit.model.protocol import ScheduledForm, Visit
from trialkit.model.record import Record, Subject
from trialkit.model.study import Site, Study
from trialkit.store import Stamp

__all__ = ["WorkbookOutcome", "WorkbookWishes", "make_workbook"]

_WAITING = (VisitState.DONE, VisitState.DUE, VisitState.OVERDUE)


@dataclass(frozen=True, slots=True)
class WorkbookWishes:
    """What a workbook is to hold.

    Attributes:
        site: whose workbook it is; the only site, or that of the subjects, when left out.
        subjects: only these; all of the site that have not withdrawn when left out.
        visits: only these; what is due, overdue or begun when left out.
        forms: only these; all that are scheduled at the visits, and logs, when left out.
        filled: also what is stored already, to be corrected.
        blank_rows: blank rows behind the others; of a log so many for each subject.
    """

    site: str | None = None
    subjects: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    filled: bool = False
    blank_rows: int = 5


@dataclass(frozen=True, slots=True)
class WorkbookOutcome:
    """What was made.

    Attributes:
        path: the file.
        digest: SHA-256 (hex) of its bytes.
        site: whose workbook it is.
        subjects: how many subjects it is about.
        rows: form to the rows that are ready: stored ones, and those with their keys filled in.
        stored: how many of them hold what is stored.
        position: the newest journal entry that changed data.
        notes: what must be said.
    """

    path: str
    digest: str
    site: str
    subjects: int
    rows: Mapping[str, int]
    stored: int
    position: int
    notes: tuple[str, ...] = ()


def make_workbook(engine: Engine, path: Path, wishes: WorkbookWishes) -> WorkbookOutcome:
    """Make a workbook for a site to fill in, and write it.

    Raises:
        UsageError: U101, U102, U110, U111 for what is not there; B105 when the site is not said, or subjects belong
            to several; B106 when nothing would be in it; S130 when a sheet can not hold it all.
        StoreError: S132 when the disk refuses.
    """
    from trialkit.spreadsheet.template_writing import write_template  # late: it brings openpyxl

    study = engine.assembly.study
    site, subjects = _choose_subjects(engine, wishes)
    choice = _Choice(engine, site, subjects, wishes)
    forms = [found for form in _choose_forms(study, wishes) if (found := choice.rows(form)).rows or found.spare]
    if not forms:
        raise UsageError(
            "B106",
            "No row would be in the workbook.",
            remedy="Choose other forms or visits, or ask for blank rows with --blank-rows.",
        )
    head, now = engine.store.data_head(), engine.clock()
    occasion = Occasion(now, engine.user, head.seq, head.hash, wishes.filled)
    book = make_template(study, site, [subject.subject for subject in subjects], forms, occasion)
    content = write_template(path, book, now)
    digest = hashlib.sha256(content).hexdigest()
    rows = {one.form.form: len(one.rows) for one in forms}
    stored = sum(row.is_stored for one in forms for row in one.rows)
    with write_to(engine.assembly, engine.store, Stamp(engine.user, now, site.timezone)) as transaction:
        details = {"digest": digest, "site": site.site, "position": head.seq, "forms": rows, "stored": stored}
        transaction.log("workbook.make", details)
    notes = () if subjects else (f"site {site.site} has no subject: enrol them, or their rows will be refused",)
    return WorkbookOutcome(path.as_posix(), digest, site.site, len(subjects), rows, stored, head.seq, notes)


def _choose_subjects(engine: Engine, wishes: WorkbookWishes) -> tuple[Site, list[Subject]]:
    study = engine.assembly.study
    named = [find_subject(engine.store, name) for name in dict.fromkeys(wishes.subjects)]
    sites = {subject.site for subject in named}
    if wishes.site is not None:
        sites.add(find_site(study, wishes.site).site)
    elif not named:
        sites = {site.site for site in study.definition.sites}
    if len(sites) != 1:
        known = ", ".join(sorted(sites))
        raise UsageError(
            "B105",
            f"A workbook is for one site, and this one would be for several: {known}.",
            remedy="Say which with --site, and name only its subjects.",
        )
    site = find_site(study, sites.pop())
    return site, named or [one for one in engine.store.subjects(site=site.site) if one.status != "withdrawn"]


def _choose_forms(study: Study, wishes: WorkbookWishes) -> list[Form]:
    if wishes.forms:
        return [find_form(study, name) for name in dict.fromkeys(name.upper() for name in wishes.forms)]
    visits = [find_visit(study, name) for name in wishes.visits] or list(study.protocol.visits)
    scheduled = {entry.form for visit in visits for entry in visit.forms}
    return [form for name, form in study.forms.items() if name in scheduled or name in study.protocol.log_forms]


@dataclass(slots=True)
class _Choice:
    """Chooses the rows of each form."""

    engine: Engine
    site: Site
    subjects: list[Subject]
    wishes: WorkbookWishes
    _visits: list[Visit] = field(init=False)
    _planned: dict[str, list[PlannedVisit]] = field(init=False)
    _begun: dict[str, set[tuple[str, int]]] = field(init=False)

    def __post_init__(self) -> None:
        study, store = self.engine.assembly.study, self.engine.store
        self._visits = [find_visit(study, name) for name in self.wishes.visits]
        today = self.engine.clock().astimezone(ZoneInfo(self.site.timezone)).date()
        self._planned = {}
        for planned in plan_study_visits(self.engine.assembly, store, self.subjects, today):
            self._planned.setdefault(planned.subject, []).append(planned)
        self._begun = {}
        for subject in self.subjects:
            keys = (record.key for record in store.records(subject=subject.subject))
            self._begun[subject.subject] = {(key.visit, key.visit_repeat) for key in keys}

    def rows(self, form: Form) -> FormRows:
        """The rows of one form."""
        if form.reference:
            return self._register(form)
        records = self._records(form)
        if form.form in self.engine.assembly.study.protocol.log_forms:
            return FormRows(form, tuple(self._log_rows(records)), 0 if self.subjects else self.wishes.blank_rows)
        return FormRows(form, tuple(self._visit_rows(form, records)), self.wishes.blank_rows)

    def _records(self, form: Form) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {subject.subject: [] for subject in self.subjects}
        for record in self.engine.store.records(form=form.form):
            if record.key.subject in found:
                found[record.key.subject].append(record)
        return found

    def _register(self, form: Form) -> FormRows:
        standing = [one for one in self.engine.store.records(form=form.form) if one.key.site == self.site.site]
        last = max((record.key.repeat for record in standing), default=0)
        stored = [_stored_row(record, self.site.site) for record in standing if self.wishes.filled]
        numbers = range(last + 1, last + 1 + self.wishes.blank_rows)
        return FormRows(form, (*stored, *(SheetRow(self.site.site, repeat=number) for number in numbers)), 0)

    def _log_rows(self, records: Mapping[str, Sequence[Record]]) -> Iterator[SheetRow]:
        """What stands, and behind it rows with the next numbers; these are free whichever visit is picked."""
        only = self._visits[0] if len(self._visits) == 1 else None
        for subject in self.subjects:
            standing = records[subject.subject]
            yield from self._stored(standing)
            last = max((record.key.repeat for record in standing), default=0)
            for number in range(last + 1, last + 1 + self.wishes.blank_rows):
                visit = "" if only is None else only.visit
                repeat = 1 if only is not None and not only.repeating else None
                yield SheetRow(subject.subject, visit, repeat if visit else None, repeat=number)

    def _visit_rows(self, form: Form, records: Mapping[str, Sequence[Record]]) -> Iterator[SheetRow]:
        for subject in self.subjects:
            standing = records[subject.subject]
            made = [(self._order(row), row) for row in (*self._stored(standing), *self._due(form, subject, standing))]
            yield from (row for _, row in sorted(made, key=lambda pair: pair[0]))

    def _due(self, form: Form, subject: Subject, standing: Iterable[Record]) -> Iterator[SheetRow]:
        """Rows for what the schedule expects and nobody has entered."""
        entered = {(one.key.visit, one.key.visit_repeat, one.key.timepoint) for one in standing}
        for visit, number in self._occasions(subject):
            for entry in visit.entries(form.form):
                if not entry.required and entry.condition is None:
                    continue
                for place in entry.places:
                    if (visit.visit, number, place) not in entered:
                        yield from self._blank(form, subject, visit, number, place, entry)

    def _blank(
        self, form: Form, subject: Subject, visit: Visit, number: int, place: str, entry: ScheduledForm
    ) -> Iterator[SheetRow]:
        conditions = self.engine.assembly.study.protocol.conditions
        condition = conditions.get(entry.condition) if entry.condition is not None else None
        note = "\n".join(filter(None, (f"Only for: {condition.label}" if condition else "", entry.note)))
        repeats: Sequence[int | None] = range(1, self.wishes.blank_rows + 1) if form.repeating else (None,)
        for repeat in repeats or (1,):
            yield SheetRow(subject.subject, visit.visit, number, place, repeat, note=note)

    def _occasions(self, subject: Subject) -> list[tuple[Visit, int]]:
        """The visits that rows are made for, each with its number, in the order of the protocol."""
        visits = self._visits or self.engine.assembly.study.protocol.visits
        begun = self._begun[subject.subject]
        waiting = {one.visit for one in self._planned.get(subject.subject, []) if one.state in _WAITING}
        if not waiting & {visit.visit for visit in visits if visit.day == 1}:
            waiting |= self._first_visits()
        found = []
        for visit in visits:
            numbers = {number for name, number in begun if name == visit.visit}
            if self._visits or visit.visit in waiting:
                numbers = numbers or {1}
            found += [(visit, number) for number in sorted(numbers)]
        return found

    def _first_visits(self) -> set[str]:
        """The visits up to day 1: until it has a date, nobody can say when the others are due."""
        visits = [visit for visit in self.engine.assembly.study.protocol.visits if not visit.repeating]
        first = next((place for place, visit in enumerate(visits) if visit.day == 1), None)
        return set() if first is None else {visit.visit for visit in visits[: first + 1]}

    def _stored(self, records: Iterable[Record]) -> Iterator[SheetRow]:
        wanted = {visit.visit for visit in self._visits}
        for record in records:
            if self.wishes.filled and (not wanted or record.key.visit in wanted):
                yield _stored_row(record, record.key.subject)

    def _order(self, row: SheetRow) -> tuple[int, int, int, int]:
        protocol = self.engine.assembly.study.protocol
        visits = [visit.visit for visit in protocol.visits]
        points = ["", *(point.timepoint for point in protocol.timepoints)]
        place = visits.index(row.visit) if row.visit in visits else len(visits)
        moment = points.index(row.timepoint) if row.timepoint in points else len(points)
        return place, row.visit_repeat or 0, moment, row.repeat or 0


def _stored_row(record: Record, owner: str) -> SheetRow:
    key = record.key
    number = key.visit_repeat if key.visit else None
    return SheetRow(owner, key.visit, number, key.timepoint, key.repeat, record.values, is_stored=True)
