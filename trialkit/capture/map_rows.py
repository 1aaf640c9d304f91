"""Rows of a source file become submissions, by a mapping: what can not be placed becomes a finding, never a loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.doubled_rows import judge_doubled
from trialkit.capture.header_row import choose_sheet, locate_headers, mapped_headers, name_unread, read_header
from trialkit.capture.item_values import has_data
from trialkit.capture.locate import site_itself
from trialkit.capture.mapped_row import KeyText, MappedRow, RefusedCellError, read_key
from trialkit.capture.oddity_notes import name_oddities
from trialkit.capture.placing import NotPlacedError, Place, place_repeat
from trialkit.capture.plain_rows import PlainReader, PlainRow, is_plain
from trialkit.capture.plain_submissions import PlainSubmissions
from trialkit.capture.record_placing import place_texts
from trialkit.capture.record_plan import RecordPlan, plan_records
from trialkit.capture.row_questions import remark_finding
from trialkit.capture.row_values import finds_of, read_values
from trialkit.capture.rows_read import RowsRead
from trialkit.capture.subject_finder import SubjectFinder
from trialkit.errors import UsageError
from trialkit.model.finding import Finding
from trialkit.model.import_options import Blank
from trialkit.model.mapping import KeyMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import CellReference, RawValue, RecordKey, Subject
from trialkit.model.source import SourceFile
from trialkit.model.study import Study
from trialkit.model.submission import Submission
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.column_blocks import row_at
from trialkit.wording import list_some

_CODES = {Place.VISIT: "M103", Place.FORM: "M104", Place.TIMEPOINT: "M105", Place.REPEAT: "M110"}


@dataclass(frozen=True, slots=True)
class Captured:
    """What a mapping made of a file.

    Attributes:
        submissions: in the order of the rows, then of the mapping's records; with what people are asked about each.
        new_subjects: to be enrolled before anything is stored, in the order in which they were met.
        findings: sorted by place; hard but for what people are asked about a row, and for one that repeats another.
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
    cells are all blank makes nothing, and so does a blank cell, unless blanks clear. Record mappings of one form fill
    different parts of a record; what two of them say differently is found when the submissions are merged.

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
    plans = plan_records(mapping, study, blank)
    sheet = choose_sheet(source, mapping.sheet)
    where = f"{source.name}!{sheet.name}" if sheet.name else source.name
    header = read_header(sheet, mapping.all_header_rows, where)
    columns = locate_headers(header, mapped_headers(mapping), where)
    capture = _Capture(study, mapping, plans, SubjectFinder(study, subjects, enrol=mapping.subject.enrol), blank)
    rows = RowsRead(mapping, columns, header)
    readers = {rule.column: PartsReader(rule) for rule in mapping.parts}
    if is_plain(mapping, plans):
        reader = PlainReader(source.name, sheet.name, mapping, plans, columns)
        for block in column_blocks_of(sheet.rows):
            rows.watch(block)
            for place, found in reader.read(block, header.number):
                if found is None or not capture.take_plain(found):
                    row = row_at(block, place)
                    capture.take(MappedRow(source.name, sheet.name, row, columns, readers))
    else:
        for row in rows.of(sheet):
            capture.take(MappedRow(source.name, sheet.name, row, columns, readers))
    forms = [plan.form for plan in plans]
    notes = [
        *name_unread(sheet, header, columns.values(), mapping, rows.nameless),
        *name_oddities(source, sheet, columns, header.number, mapping, forms),
        *rows.notes(),
        *capture.notes(),
    ]
    return capture.result(notes)


class _Capture:
    """Takes row after row and collects what comes of them."""

    def __init__(
        self, study: Study, mapping: ColumnMapping, plans: list[RecordPlan], finder: SubjectFinder, blank: Blank
    ) -> None:
        self._study, self._mapping, self._plans, self._finder, self._blank = study, mapping, plans, finder, blank
        self._submissions: dict[tuple[int, RecordKey], Submission] = {}
        self._held_back: set[RecordKey] = set()
        self._findings: list[Finding] = []
        self._asked: dict[RecordKey, list[Finding]] = {}
        self._counted: Counter[RecordKey] = Counter()
        self._met: Counter[tuple[int, RecordKey]] = Counter()
        self._once: dict[tuple[object, ...], int] = {}
        self._empty: list[int] = []
        self._same: list[str] = []
        self._enrolling: dict[str, set[tuple[str, int]]] = {}
        self._plain = PlainSubmissions(study, len(plans), finder, self._enrolling)

    def take_plain(self, row: PlainRow) -> bool:
        """Take a row that was read with others; False, and nothing taken, when it must be read alone to be told why."""
        made = self._plain.of(row)
        for plan, submission in made or ():
            self._take_submission(plan, submission, [])
        return made is not None

    def take(self, row: MappedRow) -> None:
        """Take one row."""
        filled = [(plan, each) for plan in self._plans for each in finds_of(plan, row) if has_data(plan.record, each)]
        remark = remark_finding(self._mapping, row, None)
        if not filled and remark is None and any(cell.text.strip() for cell in row.row.cells):
            self._empty.append(row.row.number)
        if not filled and remark is not None:
            self._findings.append(remark)
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
        keys = [self._take_record(plan, each, owners[plan.form.reference], named, reason) for plan, each in filled]
        first = next(filter(None, keys), None)
        if filled and remark is not None:
            if first is None:
                self._findings.append(remark)
            else:
                self._asked.setdefault(first, []).append(replace(remark, key=first))

    def notes(self) -> Iterator[str]:
        """What must be said about the rows that were taken."""
        if self._empty:
            shown = list_some(self._empty, 20)
            yield f"rows without a value for any form of the mapping, which make no record: {shown}"
        if self._same:
            yield f"rows that say the same again, which count once: {list_some(self._same, 20)}"
        counted = [plan.form.form for plan in self._plans if _is_counted(plan) and plan.record.each is None]
        if counted:
            yield (
                f"rows of {list_some(dict.fromkeys(counted))} are numbered in the order of the file: "
                "keep that order, or name a column in repeat:"
            )

    def result(self, notes: list[str]) -> Captured:
        """Everything that came of the rows."""
        submissions: list[Submission] = []
        for (_, key), found in self._submissions.items():
            if found.values and key not in self._held_back:
                asked = self._asked.pop(key, None)
                submissions.append(found if asked is None else replace(found, findings=tuple(asked)))
        findings = [*self._findings, *(finding for asked in self._asked.values() for finding in asked)]
        return Captured(
            submissions=tuple(submissions),
            new_subjects=self._finder.new_subjects,
            findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
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

    def _take_record(
        self, plan: RecordPlan, row: MappedRow, subject: Subject, named: KeyText, reason: str
    ) -> RecordKey | None:
        """Take what one plan makes of a row. Returns the record's key; None when the row can not be placed."""
        try:
            key, sources = self._place(plan, row, subject)
        except RefusedCellError as refused:
            self._findings.append(self._with_place(refused, row).finding())
            return None
        values, cells, findings, refusals = read_values(plan, row, key, self._blank)
        if self._is_same_again(plan, key, values, row):
            return key
        if not self._is_its_turn(plan, key, row, named):
            return key
        if _is_counted(plan):
            key = self._count(key)
            findings = [replace(finding, key=key) for finding in findings]
            refusals = [replace(finding, key=key) for finding in refusals]
        submission = Submission(key, values, cells, sources=(*named.sources, *sources), row=row.number, reason=reason)
        self._take_submission(plan, submission, findings)
        if refusals:
            self._held_back.add(key)
            self._findings += refusals
        return key

    def _take_submission(self, plan: RecordPlan, submission: Submission, asked: list[Finding]) -> None:
        """Take a record, unless an earlier row is for it already."""
        key = submission.key
        earlier = self._submissions.setdefault((plan.place, key), submission)
        if earlier is submission:
            if asked:
                self._asked.setdefault(key, []).extend(asked)
            return
        doubled = judge_doubled(earlier, submission)
        self._findings.append(doubled)
        if doubled.is_hard:
            self._held_back.add(key)

    def _is_same_again(self, plan: RecordPlan, key: RecordKey, values: Mapping[str, RawValue], row: MappedRow) -> bool:
        """Whether an earlier row says the same in the items that `once_by` names."""
        names = plan.record.once_by
        if not names:
            return False
        told = tuple((value.text, value.missing) if (value := values.get(name)) else None for name in names)
        first = self._once.setdefault((plan.place, key, *told), row.number)
        if first != row.number:
            self._same.append(f"{row.number} (as {first})")
        return first != row.number

    def _is_its_turn(self, plan: RecordPlan, key: RecordKey, row: MappedRow, named: KeyText) -> bool:
        """Whether the row is the how-manieth of its record that the plan is about; one beyond all plans is told."""
        if plan.record.occurrence is None:
            return True
        self._met[plan.place, key] += 1
        met = self._met[plan.place, key]
        known = [other.record.occurrence or 0 for other in self._plans if other.form.form == plan.form.form]
        if met > max(known) and plan.record.occurrence == max(known):
            self._held_back.add(key)
            source = named.sources[0] if named.sources else row.reference(row.row.cells[0])
            refused = RefusedCellError(
                "M127",
                f"Row {row.number} is number {met} for {key}, and the mapping knows {max(known)}.",
                "Tell the rows apart by visit, timepoint or repeat, or add an occurrence to the mapping.",
                source,
            )
            self._findings.append(refused.finding(key))
        return met == plan.record.occurrence

    def _place(self, plan: RecordPlan, row: MappedRow, subject: Subject) -> tuple[RecordKey, tuple[CellReference, ...]]:
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
            visit, number, timepoint, repeat_number = place_texts(
                self._study, form, parts[Place.VISIT], visit_repeat, parts[Place.TIMEPOINT], parts[Place.REPEAT]
            )
            key = RecordKey(subject.site, subject.subject, visit, number, form.form, timepoint, repeat_number)
        except NotPlacedError as error:
            asked = parts.get(error.place, parts[Place.VISIT])
            first = next(iter((*asked.sources, *sources)), None)
            raise RefusedCellError(_CODES[error.place], error.message, error.remedy, first) from None
        return key, sources

    def _place_reference(
        self, plan: RecordPlan, row: MappedRow, site: Subject
    ) -> tuple[RecordKey, tuple[CellReference, ...]]:
        repeat = _read_optional(plan.record.repeat, row)
        try:
            number = place_repeat(repeat.text, repeats=True, what=f"form {plan.form.form}")
        except NotPlacedError as error:
            raise RefusedCellError("M110", error.message, error.remedy, next(iter(repeat.sources), None)) from None
        key = RecordKey(site.site, "", "", 1, plan.form.form, "", number)
        return key, repeat.sources

    def _count(self, key: RecordKey) -> RecordKey:
        """The key with the number that the row has among those of its subject, visit and form."""
        self._counted[key] += 1
        return key._replace(repeat=self._counted[key])

    def _with_place(self, refused: RefusedCellError, row: MappedRow) -> RefusedCellError:
        """The refusal with the row's first cell where it has no cell of its own (a constant in the mapping)."""
        if refused.source is None and row.row.cells:
            refused.source = row.reference(row.row.cells[0])
        return refused


def _is_counted(plan: RecordPlan) -> bool:
    """Whether the rows of a form are numbered in the order of the file."""
    return plan.form.repeating and plan.record.repeat is None


def _kinds(filled: list[tuple[RecordPlan, MappedRow]]) -> set[bool]:
    """Whether there are reference forms and others among the plans; without any plan a subject may be enrolled."""
    return {plan.form.reference for plan, _ in filled} or {False}


def _read_optional(key: KeyMapping | None, row: MappedRow) -> KeyText:
    return KeyText("", ()) if key is None else read_key(key, row)
