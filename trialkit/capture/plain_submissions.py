"""Plain rows become submissions: subjects and places come again and again, and are looked up once."""

from __future__ import annotations

from trialkit.capture.mapped_row import KeyText, RefusedCellError
from trialkit.capture.placing import NotPlacedError
from trialkit.capture.plain_rows import PlainRecord, PlainRow
from trialkit.capture.record_placing import place_texts
from trialkit.capture.record_plan import RecordPlan
from trialkit.capture.subject_finder import SubjectFinder
from trialkit.model.record import RecordKey, Subject
from trialkit.model.study import Study
from trialkit.model.submission import Submission

_Rows = set[tuple[str, int]]
_Place = tuple[str, int, str, int]


class PlainSubmissions:
    """Makes the submissions of plain rows.

    Args:
        study: the compiled study.
        plans: how many record mappings there are.
        finder: finds and adds subjects.
        enrolling: is told which rows name a subject that was added.
    """

    def __init__(self, study: Study, plans: int, finder: SubjectFinder, enrolling: dict[str, _Rows]) -> None:
        self._study, self._finder, self._enrolling = study, finder, enrolling
        self._places: list[dict[tuple[str | None, ...], _Place | None]] = [{} for _ in range(plans)]
        self._owners: dict[str, tuple[Subject, _Rows | None]] = {}

    def of(self, row: PlainRow) -> list[tuple[RecordPlan, Submission]] | None:
        """The submissions of a row; None, and nothing noted, when it must be read alone to be told why."""
        places = [self._place(record) for record in row.records]
        if None in places:
            return None
        owner = self._owners.get(row.subject) or self._own(row)
        if owner is None:
            return None
        subject, rows = owner
        if rows is not None:
            rows.add((row.records[0].cells.sheet, row.number))
        made = []
        for record, place in zip(row.records, places, strict=True):
            visit, visit_repeat, timepoint, repeat = place or ("", 0, "", 0)
            form = record.plan.form.form
            key = RecordKey(subject.site, subject.subject, visit, visit_repeat, form, timepoint, repeat)
            values, cells, sources = record.values, record.cells, record.sources
            made.append((record.plan, Submission(key, values, cells, sources, row=row.number, reason=row.reason)))
        return made

    def _own(self, row: PlainRow) -> tuple[Subject, _Rows | None] | None:
        """The subject of a row, and the rows that enrol it when it is new; None when it can not be told."""
        try:
            subject = self._finder.find(KeyText(row.subject, tuple(row.records[0].sources[:1])))
        except RefusedCellError:
            return None
        is_new = self._finder.is_new(row.subject)
        owner = subject, self._enrolling.setdefault(row.subject, set()) if is_new else None
        self._owners[row.subject] = owner
        return owner

    def _place(self, record: PlainRecord) -> _Place | None:
        """Visit, its number, timepoint, and number of the row; None when one of them can not be told."""
        known = self._places[record.plan.place]
        if record.place not in known:
            visit, visit_repeat, timepoint, repeat = (KeyText(text or "", ()) for text in record.place)
            form = record.plan.form
            try:
                known[record.place] = place_texts(self._study, form, visit, visit_repeat, timepoint, repeat)
            except (NotPlacedError, RefusedCellError):
                known[record.place] = None
        return known[record.place]
