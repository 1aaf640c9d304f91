"""Rows of a source file become submissions, by a mapping: what can not be placed becomes a finding, never a loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from trialkit.capture.doubled_rows import judge_doubled
from trialkit.capture.header_row import choose_sheet, locate_headers, mapped_headers, name_unread, read_header
from trialkit.capture.item_values import has_data, read_item
from trialkit.capture.locate import find_form, site_itself
from trialkit.capture.mapped_row import KeyText, MappedRow, RefusedCellError, read_key
from trialkit.capture.placing import (
    NotPlacedError,
    Place,
    place_form,
    place_repeat,
    place_timepoint,
    place_visit,
    visits_with,
)
from trialkit.capture.subject_finder import SubjectFinder
from trialkit.errors import UsageError
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.import_options import Blank
from trialkit.model.mapping import KeyMapping, RecordMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.protocol import Visit
from trialkit.model.record import CellReference, RawValue, RecordKey, Subject, Submission
from trialkit.model.source import SourceFile
from trialkit.model.study import Study
from trialkit.wording import did_you_mean, list_some

_SHOWN = 20

_CODES = {Place.VISIT: "M103", Place.FORM: "M104", Place.TIMEPOINT: "M105", Place.REPEAT: "M110"}


@dataclass(frozen=True, slots=True)
class Captured:
    """What a mapping made of a file.

    Attributes:
        submissions: in the order of the rows, then of the mapping's records.
        new_subjects: to be enrolled before anything is stored, in the order in which they were met.
        findings: sorted by place; all hard but that of a row which only repeats another.
        notes: what was not read, and must be said.
        enrolling: new subject to the rows that name it, each as sheet and number.
    """

    submissions: tuple[Submission, ...]
    new_subjects: tuple[Subject, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    enrolling: Mapping[str, frozenset[tuple[str, int]]] = field(default_factory=dict)


def map_source(
    source: SourceFile,
    mapping: ColumnMapping,
    study: Study,
    subjects: Mapping[str, Subject],
    blank: Blank = Blank.IGNORE,
) -> Captured:
    """Make submissions of the rows of a file.

    Two rows that say different things of one record are both held back with a finding: neither is known to be the
    right one. A record with a cell that can not be read is held back whole, as for any hard finding. A row whose item
    cells are all blank makes nothing, and so does a blank cell, unless blanks clear.

    Args:
        source: the file as it was read.
        mapping: how its columns become items.
        study: the compiled study.
        subjects: identifier to subject, all that the study knows.
        blank: what a blank cell means.

    Raises:
        SourceFileError: S150 to S153, the file does not have the sheet, header row or columns of the mapping.
        UsageError: U115, the mapping names forms or items that the study does not have, or leaves the visit open.
    """
    plans = [_plan_record(record, study) for record in mapping.records]
    sheet = choose_sheet(source, mapping.sheet)
    where = f"{source.name}!{sheet.name}" if sheet.name else source.name
    header = read_header(sheet, mapping.header_row, where)
    columns = locate_headers(header, mapped_headers(mapping), where)
    capture = _Capture(study, mapping, plans, SubjectFinder(study, subjects, enrol=mapping.subject.enrol), blank)
    for row in sheet.rows:
        if row.number > header.number:
            capture.take(MappedRow(source.name, sheet.name, row, columns))
    notes = [*name_unread(sheet, header, columns.values(), mapping.ignore), *capture.notes()]
    return capture.result(notes)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A record mapping with its form, and the visit that stands when the mapping names none."""

    record: RecordMapping
    form: Form
    visit: KeyMapping


class _Capture:
    """Takes row after row and collects what comes of them."""

    def __init__(
        self, study: Study, mapping: ColumnMapping, plans: list[_Plan], finder: SubjectFinder, blank: Blank
    ) -> None:
        self._study, self._mapping, self._plans, self._finder, self._blank = study, mapping, plans, finder, blank
        self._submissions: dict[RecordKey, Submission] = {}
        self._held_back: set[RecordKey] = set()
        self._findings: list[Finding] = []
        self._counted: Counter[RecordKey] = Counter()
        self._empty: list[int] = []
        self._enrolling: dict[str, set[tuple[str, int]]] = {}

    def take(self, row: MappedRow) -> None:
        """Take one row."""
        filled = [plan for plan in self._plans if has_data(plan.record, row)]
        if not filled and any(cell.text.strip() for cell in row.row.cells):
            self._empty.append(row.row.number)
        if not filled and not self._mapping.subject.enrol:
            return
        try:
            named = read_key(self._mapping.subject, row)
            if not filled and not named.text:
                return
            owners = {reference: self._find_owner(named, reference) for reference in _kinds(filled)}
            reason = _read_optional(self._mapping.reason, row).text
        except RefusedCellError as refused:
            self._findings.append(self._with_place(refused, row).finding())
            return
        if self._finder.is_new(named.text):
            self._enrolling.setdefault(named.text, set()).add((row.sheet, row.number))
        for plan in filled:
            self._take_record(plan, row, owners[plan.form.reference], named, reason)

    def notes(self) -> Iterator[str]:
        """What must be said about the rows that were taken."""
        if self._empty:
            shown = ", ".join(map(str, self._empty[:_SHOWN]))
            more = f" and {len(self._empty) - _SHOWN} more" if len(self._empty) > _SHOWN else ""
            yield f"rows without a value for any form of the mapping, which make no record: {shown}{more}"
        counted = [plan.form.form for plan in self._plans if plan.form.repeating and plan.record.repeat is None]
        if counted:
            yield (
                f"rows of {list_some(dict.fromkeys(counted))} are numbered in the order of the file: "
                "keep that order, or name a column in repeat:"
            )

    def result(self, notes: list[str]) -> Captured:
        """Everything that came of the rows."""
        return Captured(
            submissions=tuple(
                found for key, found in self._submissions.items() if found.values and key not in self._held_back
            ),
            new_subjects=self._finder.new_subjects,
            findings=tuple(sorted(self._findings, key=lambda finding: finding.sort_key)),
            notes=tuple(notes),
            enrolling={name: frozenset(rows) for name, rows in self._enrolling.items()},
        )

    def _find_owner(self, named: KeyText, reference: bool) -> Subject:
        """The subject that a row names; for a reference form its site."""
        if not reference:
            return self._finder.find(named)
        try:
            return site_itself(self._study, named.text)
        except UsageError as error:
            source = named.sources[0] if named.sources else None
            raise RefusedCellError("M101", error.message, error.remedy, source) from None

    def _take_record(self, plan: _Plan, row: MappedRow, subject: Subject, named: KeyText, reason: str) -> None:
        try:
            key, sources = self._place(plan, row, subject)
        except RefusedCellError as refused:
            self._findings.append(self._with_place(refused, row).finding())
            return
        values = self._read_values(plan.record, row, key)
        sources = (*named.sources, *sources)
        submission = Submission(key, values, sources=sources, row=row.number, reason=reason)
        earlier = self._submissions.setdefault(key, submission)
        if earlier is submission:
            return
        doubled = judge_doubled(earlier, submission)
        self._findings.append(doubled)
        if doubled.is_hard:
            self._held_back.add(key)

    def _read_values(self, record: RecordMapping, row: MappedRow, key: RecordKey) -> dict[str, RawValue]:
        values: dict[str, RawValue] = {}
        for name, item in record.items.items():
            try:
                value = read_item(item, row, self._blank)
            except RefusedCellError as refused:
                self._held_back.add(key)
                self._findings.append(refused.finding(key, name))
                continue
            if value is not None:
                values[name] = value
        return values

    def _place(self, plan: _Plan, row: MappedRow, subject: Subject) -> tuple[RecordKey, tuple[CellReference, ...]]:
        record, form = plan.record, plan.form
        if form.reference:
            return self._place_reference(plan, row, subject)
        parts = {
            Place.VISIT: read_key(plan.visit, row),
            Place.TIMEPOINT: _read_optional(record.timepoint, row),
            Place.REPEAT: _read_optional(record.repeat, row),
        }
        visit_repeat = _read_optional(record.visit_repeat, row)
        sources = tuple(source for part in (*parts.values(), visit_repeat) for source in part.sources)
        try:
            visit = place_visit(self._study, parts[Place.VISIT].text)
            number = _place_visit_repeat(visit, visit_repeat)
            slot = place_form(self._study, visit, form)
            key = RecordKey(
                site=subject.site,
                subject=subject.subject,
                visit=visit.visit,
                visit_repeat=number,
                form=form.form,
                timepoint=place_timepoint(self._study, slot, parts[Place.TIMEPOINT].text),
                repeat=place_repeat(parts[Place.REPEAT].text, repeats=form.repeating, what=f"form {form.form}"),
            )
        except NotPlacedError as error:
            asked = parts.get(error.place, parts[Place.VISIT])
            first = next(iter((*asked.sources, *sources)), None)
            raise RefusedCellError(_CODES[error.place], error.message, error.remedy, first) from None
        return (self._count(key) if form.repeating and record.repeat is None else key), sources

    def _place_reference(
        self, plan: _Plan, row: MappedRow, site: Subject
    ) -> tuple[RecordKey, tuple[CellReference, ...]]:
        repeat = _read_optional(plan.record.repeat, row)
        try:
            number = place_repeat(repeat.text, repeats=True, what=f"form {plan.form.form}")
        except NotPlacedError as error:
            raise RefusedCellError("M110", error.message, error.remedy, next(iter(repeat.sources), None)) from None
        key = RecordKey(site.site, "", "", 1, plan.form.form, "", number)
        return (self._count(key) if plan.record.repeat is None else key), repeat.sources

    def _count(self, key: RecordKey) -> RecordKey:
        """The key with the number that the row has among those of its subject, visit and form."""
        self._counted[key] += 1
        return RecordKey(
            key.site, key.subject, key.visit, key.visit_repeat, key.form, key.timepoint, self._counted[key]
        )

    def _with_place(self, refused: RefusedCellError, row: MappedRow) -> RefusedCellError:
        """The refusal with the row's first cell where it has no cell of its own (a constant in the mapping)."""
        if refused.source is None and row.row.cells:
            refused.source = row.reference(row.row.cells[0])
        return refused


def _place_visit_repeat(visit: Visit, given: KeyText) -> int:
    """The number of a repeating visit; its own cell is named when there is none, not that of the visit."""
    try:
        return place_repeat(given.text, repeats=visit.repeating, what=f"visit {visit.visit}")
    except NotPlacedError as error:
        if not given.sources:
            raise
        raise RefusedCellError("M110", error.message, error.remedy, given.sources[0]) from None


def _kinds(plans: list[_Plan]) -> set[bool]:
    """Whether there are reference forms and others among the plans; without any plan a subject may be enrolled."""
    return {plan.form.reference for plan in plans} or {False}


def _read_optional(key: KeyMapping | None, row: MappedRow) -> KeyText:
    return KeyText("", ()) if key is None else read_key(key, row)


def _plan_record(record: RecordMapping, study: Study) -> _Plan:
    form = find_form(study, record.form)
    known = [item.item for item in form.items if item.derive is None]
    for name in record.items:
        if name not in known:
            what = "is computed and never imported" if form.item(name) else "is not on the form"
            raise UsageError(
                "U115",
                f"The mapping names {form.form}.{name}, which {what}.",
                remedy=f"{did_you_mean(name, known)}Mend it.",
            )
    if record.visit is not None or form.reference:
        return _Plan(record, form, record.visit or KeyMapping(value="-"))
    visits = visits_with(study, form.form)
    if len(visits) != 1 or form.form in study.protocol.log_forms:
        where = list_some((visit.visit for visit in visits), 30) or "no visit"
        raise UsageError(
            "U115",
            f"The mapping does not say the visit of form {form.form}, which is scheduled at {where}.",
            remedy="Say visit: in the mapping.",
        )
    return _Plan(record, form, KeyMapping(value=visits[0].visit))
