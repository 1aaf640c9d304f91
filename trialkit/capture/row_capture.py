"""Row after row is taken, and what comes of them is collected: records, findings, and what must be said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from trialkit.capture.captured import Captured
from trialkit.capture.doubled_rows import judge_doubled
from trialkit.capture.gathered_rows import GatheredRows
from trialkit.capture.item_values import has_data
from trialkit.capture.locate import site_itself
from trialkit.capture.mapped_row import KeyText, MappedRow, RefusedCellError, read_key
from trialkit.capture.placing import NotPlacedError, Place, place_repeat
from trialkit.capture.plain_rows import PlainBlock
from trialkit.capture.plain_submissions import Enrolling, PlainSubmissions, note_enrolling
from trialkit.capture.record_placing import RecordPlacer
from trialkit.capture.record_plan import RecordPlan
from trialkit.capture.row_questions import remark_finding
from trialkit.capture.row_values import finds_of, read_values
from trialkit.capture.subject_finder import SubjectFinder
from trialkit.errors import UsageError
from trialkit.model.finding import Finding
from trialkit.model.import_options import Blank
from trialkit.model.mapping import KeyMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import CellReference, RawValue, RecordKey, Subject
from trialkit.model.study import Study
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import RowLayout, Submissions, SubmittedRows
from trialkit.wording import list_some

_GATHERED = 4_000
"""So many rows that are read alone are gathered as columns."""

_CODES = {Place.VISIT: "M103", Place.FORM: "M104", Place.TIMEPOINT: "M105", Place.REPEAT: "M110"}


class RowCapture:
    """Takes row after row and collects what comes of them.

    Args:
        study: the compiled study.
        mapping, plans: how rows are read.
        layouts: for each plan where rows whose cells are all filled say what.
        finder: finds and adds subjects.
        blank: what a blank cell means.
    """

    def __init__(
        self,
        study: Study,
        mapping: ColumnMapping,
        plans: Sequence[RecordPlan],
        layouts: Sequence[RowLayout],
        finder: SubjectFinder,
        blank: Blank,
    ) -> None:
        self._study, self._mapping, self._plans, self._finder, self._blank = study, mapping, plans, finder, blank
        self._layouts = layouts
        self._placer = RecordPlacer(study)
        self._taken: list[dict[RecordKey, GatheredRows | SubmittedRows]] = [{} for _ in plans]
        self._parts: list[SubmittedRows] = []
        self._gathered = list(map(GatheredRows, layouts))
        self._open: tuple[int, dict[int, SubmittedRows]] = (0, {})
        self._held_back: set[RecordKey] = set()
        self._held_rows: set[tuple[str, int]] = set()
        self._findings: list[Finding] = []
        self._asked: dict[RecordKey, list[Finding]] = {}
        self._counted: Counter[RecordKey] = Counter()
        self._met: Counter[tuple[int, RecordKey]] = Counter()
        self._once: dict[tuple[object, ...], int] = {}
        self._empty: list[int] = []
        self._same: list[str] = []
        self._enrolling: Enrolling = {}
        self._plain = PlainSubmissions(self._placer, len(plans), finder, self._enrolling)

    def take_block(self, block: PlainBlock, places: Iterable[int], alone: Callable[[int], MappedRow]) -> None:
        """Take the rows at some places of a block, rising; those of which something must be told are read alone."""
        rows = {part.plan.place: part.rows for part in block.parts}
        for place in self._plain.take(block, places, self._take_of_rows):
            self._open = place, rows
            self.take(alone(place))
        self._open = 0, {}
        for part in rows.values():
            part.close()
        self._parts += rows.values()

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
            self._refuse(refused, row)
            return
        if self._finder.is_new(named.text):
            note_enrolling(self._enrolling, named.text, row.sheet).append(row.row.number)
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
        self._close_gathered()
        parts = [self._finish(part) for part in self._parts]
        findings = [*self._findings, *(finding for asked in self._asked.values() for finding in asked)]
        return Captured(
            submissions=Submissions(parts),
            new_subjects=self._finder.new_subjects,
            findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
            notes=tuple(notes),
            enrolling=self._enrolling,
            in_order=frozenset(plan.form.form for plan in self._plans if _is_counted(plan)),
            held_back=frozenset(self._held_rows),
        )

    def _finish(self, part: SubmittedRows) -> SubmittedRows:
        """A part of what was taken, with what people are asked about it; without what is held back or says nothing."""
        if not self._held_back.isdisjoint(part.keys):
            rows = zip(part.keys, part.numbers, strict=True)
            self._held_rows.update((part.layout.sheet, number) for key, number in rows if key in self._held_back)
        silent = {found.key for found in part.alone.values() if not found.values}
        part.leave_out(silent | self._held_back.intersection(part.keys))
        for place, key in enumerate(part.keys) if self._asked else ():
            asked = self._asked.pop(key, None)
            if asked is not None:
                part.ask(place, tuple(asked))
        return part

    def _close_gathered(self) -> None:
        """Make columns of the rows that were read alone up to here."""
        self._parts += (rows.close() for rows in self._gathered if rows)
        self._gathered = list(map(GatheredRows, self._layouts))

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
            self._refuse(refused, row)
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
            self._held_rows.add((row.sheet, row.number))
            self._findings += refusals
        return key

    def _take_submission(self, plan: RecordPlan, submission: Submission, asked: list[Finding]) -> None:
        """Take a record, unless an earlier row is for it already."""
        key = submission.key
        taken = self._taken[plan.place]
        if key in taken:
            self._judge_doubled(taken[key], submission)
            return
        place, open_rows = self._open
        rows = open_rows.get(plan.place)
        if rows is None:
            gathered = taken[key] = self._gathered[plan.place]
            gathered.take(submission)
            if len(gathered) >= _GATHERED:
                self._close_gathered()
        else:
            taken[key] = rows
            rows.take_alone(place, submission)
        if asked:
            self._asked.setdefault(key, []).extend(asked)

    def _take_of_rows(self, plan: RecordPlan, key: RecordKey, rows: SubmittedRows, place: int) -> None:
        """Take a record from a place in some rows, unless an earlier row is for it already."""
        key = self._count(key) if _is_counted(plan) else key
        taken = self._taken[plan.place]
        if key not in taken:
            taken[key] = rows
            rows.take(place, key)
        else:
            self._judge_doubled(taken[key], rows.submission(place, key))

    def _judge_doubled(self, earlier: GatheredRows | SubmittedRows, later: Submission) -> None:
        """Say what follows from a second row for a record."""
        doubled = judge_doubled(earlier.of(later.key), later)
        self._findings.append(doubled)
        if doubled.is_hard:
            self._held_back.add(later.key)
            self._held_rows.add((self._layouts[0].sheet, later.row))

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
            self._held_rows.add((row.sheet, row.number))
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
            visit, number, timepoint, repeat_number = self._placer.place(
                form, parts[Place.VISIT], visit_repeat, parts[Place.TIMEPOINT], parts[Place.REPEAT]
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

    def _refuse(self, refused: RefusedCellError, row: MappedRow) -> None:
        """Hold back what a row says, and say why."""
        self._findings.append(self._with_place(refused, row).finding())
        self._held_rows.add((row.sheet, row.number))

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
