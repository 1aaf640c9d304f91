"""The first pages of a book: what it is, of which study, from which definitions; and what stands where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trialkit.document.paper.frame import MARGIN, Frame
from trialkit.document.paper.ink import A4, GREY, LINE, Bookmark, Page, Pen, text_width, wrap
from trialkit.model.study import Study

__all__ = ["Entry", "contents_pages", "cover_page"]

_LINES = 58
_LEADING = 12.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents: what begins on which page of the body (first is 0), and how deep it stands."""

    title: str
    page: int
    level: int = 0


def cover_page(study: Study, title: str, facts: Sequence[tuple[str, str]], notices: Sequence[str]) -> Page:
    """The cover.

    Args:
        study: the compiled study.
        title: what the book is.
        facts: name and value of what a reader needs to know about this copy.
        notices: warnings, in a frame.
    """
    protocol = study.protocol
    variant = study.definition.variant
    sites = ", ".join(f"{site.site} {site.name}".strip() for site in study.definition.sites)
    lines = [
        ("Study", study.definition.study),
        ("Protocol", f"{protocol.protocol}: {protocol.title}"),
        ("Version", protocol.version),
        *([("Variant", variant)] if variant else []),
        ("Sites", sites),
        ("Definitions", study.digest),
        *facts,
    ]

    def draw(pen: Pen) -> None:
        y = 130.0
        pen.line(MARGIN, y - 20, pen.width - MARGIN, y - 20, colour=GREY, thick=2)
        pen.text(MARGIN, y, title, 26, bold=True)
        y += 44
        for line in wrap(study.definition.title, pen.width - 2 * MARGIN, 15):
            pen.text(MARGIN, y, line, 15)
            y += 19
        y += 24
        for name, value in lines:
            pen.text(MARGIN, y, name, 9, colour=GREY)
            for line in wrap(value, pen.width - 2 * MARGIN - 110, 9.5):
                pen.text(MARGIN + 110, y, line, 9.5)
                y += 13
            y += 5
        _draw_notices(pen, y + 20, notices)

    return Page(draw, bookmarks=(Bookmark(0, title),))


def _draw_notices(pen: Pen, y: float, notices: Sequence[str]) -> None:
    room = pen.width - 2 * MARGIN - 20
    lines = [line for notice in notices for line in (*wrap(notice, room, 9.5), "")][:-1]
    pen.box(MARGIN, y, pen.width - 2 * MARGIN, len(lines) * 12.5 + 18, stroke=GREY, thick=1)
    pen.lines(MARGIN + 10, y + 10, lines, 9.5, 12.5)


def contents_pages(frame: Frame, entries: Sequence[Entry], before: int) -> list[Page]:
    """The table of contents; `before` is how many pages stand before it."""
    count = -(-len(entries) // _LINES)
    pages = []
    for number in range(count):
        part = entries[number * _LINES : (number + 1) * _LINES]
        draw = _contents(frame, part, before + count + 1)
        pages.append(Page(draw, over=frame.over(None), bookmarks=() if number else (Bookmark(0, "Contents"),)))
    return pages


def _contents(frame: Frame, entries: Sequence[Entry], first: int) -> Callable[[Pen], None]:
    def draw(pen: Pen) -> None:
        frame.draw(pen, "", "Contents", about="nobody")
        y = frame.plain_top + 4
        for entry in entries:
            indent = MARGIN + entry.level * 16
            size = 9.0 if entry.level == 0 else 8.0
            number = str(entry.page + first)
            title = wrap(entry.title, A4[0] - MARGIN - indent - 50, size)[0]
            pen.text(indent, y, title, size, bold=entry.level == 0)
            pen.text(pen.width - MARGIN, y, number, size, align="right")
            start = indent + text_width(title, size, bold=entry.level == 0) + 6
            pen.line(start, y + 7.5, pen.width - MARGIN - 24, y + 7.5, colour=LINE, thick=0.3)
            y += _LEADING

    return draw
