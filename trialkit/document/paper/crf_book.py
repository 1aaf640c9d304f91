"""A study in, its blank case report forms as a book out: cover, schedule, visit by visit every form, appendix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from trialkit.document.fields import Field, paper_fields
from trialkit.document.paper.appendix_pages import appendix_pages
from trialkit.document.paper.form_pages import form_drawings
from trialkit.document.paper.frame import Frame, Place, visit_line
from trialkit.document.paper.front_pages import Entry, contents_pages, cover_page
from trialkit.document.paper.grid_pages import EMPTY_ROWS, ColumnHead, GridDrawing, grid_drawings
from trialkit.document.paper.ink import Bookmark, Page, print_pages, unprintable
from trialkit.document.paper.schedule_pages import schedule_paper
from trialkit.document.paper.visit_pages import checklist_pages, entry_remarks, timed_points
from trialkit.document.schedule.building import chosen_visits, make_schedule
from trialkit.document.visit_words import minutes_words, window_words
from trialkit.errors import UsageError, unknown_name
from trialkit.model.form import Form
from trialkit.model.protocol import ScheduledForm, Timepoint, Visit
from trialkit.model.study import Study

__all__ = ["Book", "Progress", "book_texts", "chosen_forms", "make_crf_book"]

STATUS = "Blank case report form made from the definitions. Not an official form until it is approved."
_ANY_VISIT = "At any visit"

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@dataclass(frozen=True, slots=True)
class Book:
    """A book.

    Attributes:
        content: the bytes of the PDF.
        pages: how many pages it has.
        forms: the forms that stand in it.
        unprintable: characters of the definitions that no font at hand has.
    """

    content: bytes
    pages: int
    forms: tuple[str, ...]
    unprintable: str = ""


def make_crf_book(
    study: Study,
    *,
    unique: bool = False,
    forms: Sequence[str] = (),
    visits: Sequence[str] = (),
    progress: Progress | None = None,
) -> Book:
    """The blank case report forms of a study.

    Args:
        study: the compiled study.
        unique: every form once, for any visit; otherwise each form at each visit that has it.
        forms: only these forms; all of them when empty.
        visits: only these visits; all of them when empty.
        progress: told how many visits are done.

    Returns:
        The book. The same study and choice give the same bytes.

    Raises:
        UsageError: U110 or U111 for an unknown form or visit, B103 when nothing is left to print.
    """
    chosen = chosen_visits(study, visits)
    wanted = chosen_forms(study, forms)
    frame = Frame.of(study, STATUS)
    writer = _Writer(study, frame, frozenset(wanted))
    if unique:
        writer.write_unique(chosen, with_logs=not visits)
    else:
        writer.write_visits(chosen, with_logs=not visits, progress=progress)
    if not writer.pages:
        raise UsageError(
            "B103", "None of these forms is scheduled at these visits.", remedy="Look at trialkit schedule."
        )
    printed = [study.forms[name] for name in dict.fromkeys(writer.printed)]
    cover = cover_page(study, "Case report forms", _facts(unique, forms, visits), _NOTICES)
    body = schedule_paper(frame, make_schedule(study, visits, compact=True))
    entries = [Entry("Schedule of activities", 0)]
    entries += [Entry(entry.title, entry.page + len(body), entry.level) for entry in writer.entries]
    contents = contents_pages(frame, entries, 1)
    pages = [cover, *contents, *body, *writer.pages, *appendix_pages(frame, study, printed)]
    title = f"Case report forms, study {study.definition.study}"
    content = print_pages(pages, title=title, subject=f"{frame.origin}. {STATUS}")
    return Book(content, len(pages), tuple(form.form for form in printed), unprintable(book_texts(study, printed)))


def chosen_forms(study: Study, forms: Sequence[str]) -> tuple[str, ...]:
    """The forms of these names, or all. Raises UsageError U110."""
    for name in forms:
        if name not in study.forms:
            raise unknown_name("U110", "form", name, sorted(study.forms))
    return tuple(forms) or tuple(study.forms)


_NOTICES = (
    "This book is made from the definitions of the study. It is not an official form until the sponsor, the principal "
    "investigator and the ethics committee have approved it.",
    "Write with a ballpoint pen. Strike a wrong answer out with one line so that it stays readable, write the right "
    "one beside it, and add initials and date. Never guess: where there is no answer, tick why.",
)


def _facts(unique: bool, forms: Sequence[str], visits: Sequence[str]) -> list[tuple[str, str]]:
    facts = [("Forms", "each form once" if unique else "each form at each visit that has it")]
    if forms:
        facts.append(("Only forms", ", ".join(forms)))
    if visits:
        facts.append(("Only visits", ", ".join(visits)))
    return facts


def book_texts(study: Study, forms: Sequence[Form]) -> Iterator[str]:
    """The texts of the definitions that a book prints, for asking whether a font has all their characters."""
    yield study.definition.title
    yield from (text for visit in study.protocol.visits for text in (visit.label, visit.note))
    for form in forms:
        yield form.title
        yield from (text for item in form.items for text in (item.label, item.help, item.unit or ""))
        lists = (study.codelists.get(item.codelist) for item in form.items if item.codelist)
        yield from (term.display for one in lists if one is not None for term in one.terms)


@dataclass(slots=True)
class _Writer:
    """Writes the pages of forms. Pages with the same drawing share it."""

    study: Study
    frame: Frame
    wanted: frozenset[str]
    pages: list[Page] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    _sheets: dict[tuple[object, ...], tuple[str, tuple[GridDrawing, ...]]] = field(default_factory=dict)

    def write_visits(self, visits: Sequence[Visit], *, with_logs: bool, progress: Progress | None) -> None:
        """Visit by visit, each with its checklist, then the forms that may be filled in at any visit."""
        for number, visit in enumerate(visits, 1):
            entries = {entry.form: visit.entries(entry.form) for entry in visit.forms if entry.form in self.wanted}
            if entries:
                self.entries.append(Entry(f"{visit.visit}  {visit.label}", len(self.pages)))
                self.pages += checklist_pages(self.frame, self.study, visit)
            for form, scheduled in entries.items():
                self._write_scheduled(self.study.forms[form], visit, scheduled)
            if progress is not None:
                progress(number, len(visits))
        if with_logs:
            self._write_logs(self.study.protocol.log_forms)

    def write_unique(self, visits: Sequence[Visit], *, with_logs: bool) -> None:
        """Every form once, in the order of the protocol; a timed one with every timepoint that it has anywhere."""
        scheduled: dict[str, list[ScheduledForm]] = {}
        for entry in (entry for visit in visits for entry in visit.forms if entry.form in self.wanted):
            scheduled.setdefault(entry.form, []).append(entry)
        for name, entries in scheduled.items():
            form = self.study.forms[name]
            self.entries.append(Entry(f"{name}  {form.title}", len(self.pages)))
            mark: tuple[Bookmark, ...] = (Bookmark(0, f"{name}  {form.title}"),)
            if any(not entry.timepoints for entry in entries):
                self._write_once(form, None, Place(""), mark)
                mark = ()
            if points := timed_points(self.study.protocol, entries):
                self._write_timed(form, None, points, {}, Place(""), mark)
        if with_logs:
            self._write_logs([name for name in self.study.protocol.log_forms if name not in scheduled])

    def _write_logs(self, forms: Sequence[str]) -> None:
        names = [name for name in forms if name in self.wanted]
        for place, name in enumerate(names):
            form = self.study.forms[name]
            if place == 0:
                self.entries.append(Entry(_ANY_VISIT, len(self.pages)))
            marks = (*([Bookmark(0, _ANY_VISIT)] if place == 0 else []), Bookmark(1, f"{name}  {form.title}"))
            remark = "Kept by the site." if form.reference else "Copy this page as often as it is needed."
            hint = "" if form.reference else "Visit"
            self._write_once(form, None, Place("", remark, hint), marks)

    def _write_scheduled(self, form: Form, visit: Visit, entries: Sequence[ScheduledForm]) -> None:
        protocol = self.study.protocol
        marks: tuple[Bookmark, ...] = (Bookmark(1, f"{form.form}  {form.title}"),)
        once = [entry for entry in entries if not entry.timepoints]
        timed = [entry for entry in entries if entry.timepoints]
        if once:
            self._write_once(form, visit, Place(visit_line(visit), entry_remarks(protocol, once)), marks)
            marks = ()
        if timed:
            signs = {point: _sign(entry) for entry in timed for point in entry.timepoints}
            place = Place(visit_line(visit), entry_remarks(protocol, timed))
            self._write_timed(form, visit, timed_points(protocol, timed), signs, place, marks)

    def _write_once(self, form: Form, visit: Visit | None, place: Place, marks: tuple[Bookmark, ...]) -> None:
        if form.repeating:
            heads = tuple(ColumnHead("No. ____") for _ in range(EMPTY_ROWS))
            fields = paper_fields(self.study, form, visit, [None if visit is None else ""] * EMPTY_ROWS)
            self._add(form, fields, heads, place, marks)
        else:
            self._add(form, paper_fields(self.study, form, visit, [None if visit is None else ""]), (), place, marks)

    def _write_timed(
        self,
        form: Form,
        visit: Visit | None,
        points: Sequence[Timepoint],
        signs: dict[str, str],
        place: Place,
        marks: tuple[Bookmark, ...],
    ) -> None:
        if len(points) == 1 and not form.repeating:
            remarks = f"At {_point_words(points[0])}. {place.remarks}".strip()
            fields = paper_fields(self.study, form, visit, [points[0].timepoint])
            self._add(form, fields, (), replace(place, remarks=remarks), marks)
            return
        heads = tuple(_point_head(point, signs.get(point.timepoint, "")) for point in points)
        fields = paper_fields(self.study, form, visit, [point.timepoint for point in points])
        self._add(form, fields, heads, place, marks)

    def _add(
        self,
        form: Form,
        fields: Sequence[Field],
        heads: tuple[ColumnHead, ...],
        place: Place,
        marks: tuple[Bookmark, ...],
    ) -> None:
        self.printed.append(form.form)
        name, drawings = self._sheet(form, fields, heads)
        for number, drawing in enumerate(drawings):
            self.pages.append(
                Page(
                    drawing.draw,
                    shared=f"{name}-{number}",
                    over=self.frame.over(place),
                    landscape=drawing.landscape,
                    bookmarks=() if number else marks,
                )
            )

    def _sheet(
        self, form: Form, fields: Sequence[Field], heads: tuple[ColumnHead, ...]
    ) -> tuple[str, tuple[GridDrawing, ...]]:
        key = (form.form, heads, tuple((one.item.item, one.condition, one.asked) for one in fields))
        if key not in self._sheets:
            codelists = self.study.codelists
            if heads:
                drawings = grid_drawings(self.frame, form, fields, heads, codelists)
            else:
                once = form_drawings(self.frame, form, fields, codelists)
                drawings = tuple(GridDrawing(draw, landscape=False) for draw in once)
            self._sheets[key] = (f"{form.form}-{len(self._sheets)}", drawings)
        return self._sheets[key]


def _sign(entry: ScheduledForm) -> str:
    if entry.condition is not None:
        return "if needed"
    return "" if entry.required else "optional"


def _point_words(point: Timepoint) -> str:
    """A timepoint in a line: ``T0: 0 min (0/+15)``."""
    head = _point_head(point, "")
    return f"{head.name}: {' '.join(head.lines)}" if head.lines else head.name


def _point_head(point: Timepoint, sign: str) -> ColumnHead:
    window = window_words(point.window)
    minutes = minutes_words(point)
    lines = [f"{minutes} min" if minutes else "", f"({window})" if window else "", sign]
    return ColumnHead(point.timepoint, tuple(line for line in lines if line))
