"""Plain rows become submissions: subjects and places come again and again, and are looked up once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator

from trialkit.capture.mapped_row import KeyText, RefusedCellError
from trialkit.capture.placing import NotPlacedError
from trialkit.capture.plain_rows import PlainBlock, PlainPart
from trialkit.capture.record_placing import RecordPlace, RecordPlacer
from trialkit.capture.record_plan import RecordPlan
from trialkit.capture.subject_finder import SubjectFinder
from trialkit.model.record import CellReference, RecordKey, Subject
from trialkit.model.submitted_rows import SubmittedRows

Enrolling = dict[str, dict[str, "array[int]"]]
"""New subject to the rows that name it: sheet to their numbers."""
Take = Callable[[RecordPlan, RecordKey, SubmittedRows, int], None]
"""Takes a record of a mapping from a place in some rows."""

_Owner = tuple[Subject, "array[int] | None"]


def note_enrolling(enrolling: Enrolling, subject: str, sheet: str) -> array[int]:
    """Where the rows of a sheet that name a new subject are noted."""
    rows: array[int] = enrolling.setdefault(subject, {}).setdefault(sheet, array("Q"))
    return rows


class PlainSubmissions:
    """Names the records of plain rows.

    Args:
        placer: places their records.
        plans: how many record mappings there are.
        finder: finds and adds subjects.
        enrolling: is told which rows name a subject that was added.
    """

    def __init__(self, placer: RecordPlacer, plans: int, finder: SubjectFinder, enrolling: Enrolling) -> None:
        self._placer, self._finder, self._enrolling = placer, finder, enrolling
        self._places: list[dict[tuple[str | None, ...], RecordPlace | None]] = [{} for _ in range(plans)]
        self._owners: dict[str, _Owner] = {}

    def take(self, block: PlainBlock, places: Iterable[int], take: Take) -> Iterator[int]:
        """Take the records of the rows at some places, rising.

        Gives the places of those that must be read alone to be told why; of these nothing is taken here.
        """
        parts = [
            (part, part.says, part.places.codes, [self._place(part.plan, texts) for texts in part.places.values])
            for part in block.parts
        ]
        names, subjects = [name or "" for name in block.subjects.values], block.subjects.codes
        owners = [self._owners.get(name) for name in names]
        are_placed = not any(None in slots for *_, slots in parts)
        for place in places:
            said = [(part, slots[codes[place]]) for part, says, codes, slots in parts if says[place]]
            if not said or place in block.alone or not (are_placed or all(slot for _, slot in said)):
                yield place
                continue
            code, number = subjects[place], block.numbers[place]
            owner = owners[code]
            if owner is None:
                owner = owners[code] = self._own(names[code], said[0][0], number)
            if owner is None:
                yield place
                continue
            subject, rows = owner
            if rows is not None:
                rows.append(number)
            for part, slot in said:
                visit, visit_repeat, timepoint, repeat = slot or ("", 0, "", 0)
                form = part.rows.layout.form
                key = RecordKey(subject.site, subject.subject, visit, visit_repeat, form, timepoint, repeat)
                take(part.plan, key, part.rows, place)

    def _own(self, name: str, part: PlainPart, number: int) -> _Owner | None:
        """The subject of a row, and the rows that enrol it when it is new; None when it can not be told."""
        layout = part.rows.layout
        sources: tuple[CellReference, ...] = tuple(layout.sources(number)[:1])
        try:
            subject = self._finder.find(KeyText(name, sources))
        except RefusedCellError:
            return None
        is_new = self._finder.is_new(name)
        owner = subject, note_enrolling(self._enrolling, name, layout.sheet) if is_new else None
        self._owners[name] = owner
        return owner

    def _place(self, plan: RecordPlan, texts: tuple[str | None, ...]) -> RecordPlace | None:
        """Visit, its number, timepoint, and number of the row; None when one of them can not be told."""
        known = self._places[plan.place]
        if texts not in known:
            visit, visit_repeat, timepoint, repeat = (KeyText(text or "", ()) for text in texts)
            try:
                known[texts] = self._placer.place(plan.form, visit, visit_repeat, timepoint, repeat)
            except (NotPlacedError, RefusedCellError):
                known[texts] = None
        return known[texts]
