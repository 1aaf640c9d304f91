"""A visit in, its checklist out: every form with a box to tick, and the timetable of the day where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialkit.document.paper.blocks import Block, Drawing, draw_blocks, paginate
from trialkit.document.paper.frame import MARGIN, Frame, Place, visit_line
from trialkit.document.paper.ink import A4, GREY, LINE, PALE, WHITE, Bookmark, Page, Pen, wrap
from trialkit.document.paper.text_pages import heading
from trialkit.document.visit_words import minutes_words, window_words
from trialkit.model.protocol import Protocol, ScheduledForm, Timepoint, Visit
from trialkit.model.study import Study

__all__ = ["checklist_pages", "entry_remarks", "timed_points"]

_WIDTH = A4[0] - 2 * MARGIN
_TITLE = 86.0
_WHEN = 300.0


def checklist_pages(frame: Frame, study: Study, visit: Visit) -> list[Page]:
    """The pages that open a visit."""
    rows = [heading("Forms of this visit"), *(_form_row(study, visit, form) for form in _forms(visit))]
    points = timed_points(study.protocol, visit.forms)
    if points:
        rows += [heading("Timetable of the day"), *_timetable(visit, points)]
    place = Place(visit_line(visit), visit.note)
    pages = paginate([], [], rows, frame.bottom() - frame.top)
    return [
        Page(
            _page(frame, blocks),
            over=frame.over(place),
            bookmarks=() if number else (Bookmark(0, f"{visit.visit}  {visit.label}"),),
        )
        for number, blocks in enumerate(pages)
    ]


def entry_remarks(protocol: Protocol, entries: Sequence[ScheduledForm]) -> str:
    """What the schedule says about a form at a visit: its conditions, whether it is optional, notes."""
    words = []
    for entry in entries:
        at = f" at {', '.join(entry.timepoints)}" if entry.timepoints and len(entries) > 1 else ""
        if entry.condition is not None:
            known = protocol.conditions.get(entry.condition)
            words.append(f"Only{at} when: {entry.condition if known is None else known.label}.")
        elif not entry.required:
            words.append(f"Optional{at}.")
        if entry.note:
            words.append(f"{entry.note.rstrip('.')}{at}.")
    return " ".join(words)


def timed_points(protocol: Protocol, entries: Sequence[ScheduledForm]) -> tuple[Timepoint, ...]:
    """The timepoints of the entries, in the order of their numbers."""
    used = {point for entry in entries for point in entry.timepoints}
    return tuple(
        sorted((point for point in protocol.timepoints if point.timepoint in used), key=lambda one: one.number)
    )


def _forms(visit: Visit) -> list[str]:
    return list(dict.fromkeys(entry.form for entry in visit.forms))


def _page(frame: Frame, blocks: Sequence[Block]) -> Drawing:
    def draw(pen: Pen) -> None:
        frame.draw(pen, "", "Checklist of the visit")
        draw_blocks(pen, blocks, frame.top)
        frame.draw_signing(pen)

    return draw


def _form_row(study: Study, visit: Visit, form: str) -> Block:
    entries = visit.entries(form)
    times = [point for entry in entries for point in entry.timepoints]
    known = study.forms.get(form)
    remarks = [entry_remarks(study.protocol, entries)]
    if times:
        remarks.insert(0, f"{len(times)} × within the day.")
    lines = wrap(" ".join(part for part in remarks if part), _WIDTH - _WHEN - 4, 7)
    titles = wrap(form if known is None else known.title, _WHEN - _TITLE - 8, 8.5)
    height = max(len(titles) * 10.2, len(lines) * 8.4) + 5

    def draw(pen: Pen, y: float) -> None:
        pen.box(MARGIN + 4, y + 2.5, 8, 8, fill=WHITE, stroke=GREY)
        pen.text(MARGIN + 20, y + 3, form, 8.5, bold=True)
        pen.lines(MARGIN + _TITLE, y + 3, titles, 8.5, 10.2)
        pen.lines(MARGIN + _WHEN, y + 3.5, lines, 7, 8.4, colour=GREY)
        pen.line(MARGIN, y + height, MARGIN + _WIDTH, y + height, colour=LINE, thick=0.4)

    return Block(height, draw)


def _timetable(visit: Visit, points: Sequence[Timepoint]) -> Iterator[Block]:
    yield _timetable_row(("Timepoint", "Minutes", "Window", "Clock time", "What"), is_head=True)
    for point in points:
        what = [_at(entry) for entry in visit.forms if point.timepoint in entry.timepoints]
        yield _timetable_row(
            (point.timepoint, minutes_words(point), window_words(point.window), "", ", ".join(what)), is_head=False
        )


def _at(entry: ScheduledForm) -> str:
    if entry.condition is not None:
        return f"{entry.form} (if needed)"
    return entry.form if entry.required else f"{entry.form} (optional)"


def _timetable_row(texts: Sequence[str], *, is_head: bool) -> Block:
    edges = (0.0, 70.0, 120.0, 180.0, 250.0)
    lines = [
        wrap(text, right - left - 6, 8, bold=is_head)
        for text, left, right in zip(texts, edges, (*edges[1:], _WIDTH), strict=True)
    ]
    height = max(max(len(one) for one in lines) * 10.0 + 6, 18.0)

    def draw(pen: Pen, y: float) -> None:
        pen.box(MARGIN, y, _WIDTH, height, fill=PALE if is_head else None, thick=0.4)
        for left, words in zip(edges, lines, strict=True):
            pen.lines(MARGIN + left + 4, y + 4, words, 8, 10.0, bold=is_head)
            pen.line(MARGIN + left, y, MARGIN + left, y + height, thick=0.4)

    return Block(height, draw)
