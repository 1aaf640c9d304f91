"""The frame of every page of a book: what the form is, who it is about, which visit, and at the foot its origin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trialkit.document.paper.ink import A4, BLACK, GREY, LINE, PALE, WHITE, Pen, text_width, wrap
from trialkit.document.visit_words import day_words, window_words
from trialkit.model.protocol import Visit
from trialkit.model.study import Study

__all__ = ["MARGIN", "Frame", "Place", "visit_line"]

MARGIN = 36.0
_BAND = 22.0
_WHO = 26.0
_VISIT = 32.0
_FOOT = 34.0
_SIGN = 24.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a form is used: what is printed over the shared drawing.

    Attributes:
        visit: the visit in a line.
        remarks: the condition and the notes of this place.
        hint: what stands in front of the visit, for example ``Visit``.
    """

    visit: str
    remarks: str = ""
    hint: str = "Visit"


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of one study's pages.

    Attributes:
        study: STUDYID.
        site: the site, when the study has one only.
        origin: where the definitions come from, for the foot of each page.
        status: a line of warning at the foot of each page.
    """

    study: str
    site: str
    origin: str
    status: str

    @classmethod
    def of(cls, study: Study, status: str) -> Frame:
        """The frame for a study."""
        protocol = study.protocol
        variant = f" {study.definition.variant}" if study.definition.variant else ""
        origin = f"protocol {protocol.protocol}{variant} version {protocol.version}, definitions {study.digest[:12]}"
        sites = study.definition.sites
        return cls(study.definition.study, sites[0].site if len(sites) == 1 else "", origin, status)

    @property
    def top(self) -> float:
        """Where the content of a page about a subject begins."""
        return MARGIN + _BAND + _WHO + _VISIT + 8

    @property
    def plain_top(self) -> float:
        """Where the content of a page about no subject begins."""
        return MARGIN + _BAND + 10

    def bottom(self, *, landscape: bool = False, signed: bool = True) -> float:
        """Where the content of a page has to end."""
        return (A4[0] if landscape else A4[1]) - _FOOT - (_SIGN if signed else 0.0)

    def draw(self, pen: Pen, name: str, title: str, origin: str = "", *, about: str = "subject") -> None:
        """The band with the title, the boxes for site, subject and date, and the foot.

        Args:
            pen: draws on the page.
            name: the identifier of the form; may be empty.
            title: of the page.
            origin: what stands at the foot before the origin of the definitions.
            about: ``subject``, ``site`` or ``nobody``: what there are boxes for.
        """
        width = pen.width - 2 * MARGIN
        pen.box(MARGIN, MARGIN, width, _BAND, fill=PALE, stroke=None)
        pen.text(MARGIN + 6, MARGIN + 6, name, 11, bold=True)
        indent = text_width(name, 11, bold=True) + 14 if name else 6.0
        room = width - indent - text_width(self.study, 9, bold=True) - 20
        pen.text(MARGIN + indent, MARGIN + 6, wrap(title, room, 11)[0], 11)
        pen.text(pen.width - MARGIN - 6, MARGIN + 7, self.study, 9, bold=True, align="right")
        if about != "nobody":
            self._draw_who(pen, has_subject=about == "subject")
        self._draw_foot(pen, origin)

    def _draw_who(self, pen: Pen, *, has_subject: bool) -> None:
        y = MARGIN + _BAND
        width = pen.width - 2 * MARGIN
        pen.box(MARGIN, y, width, _WHO + _VISIT, fill=None)
        pen.line(MARGIN, y + _WHO, MARGIN + width, y + _WHO)
        pen.text(MARGIN + 6, y + 9, "Site", 7.5, colour=GREY)
        pen.box(MARGIN + 26, y + 5, 62, 16, fill=WHITE)
        pen.text(MARGIN + 30, y + 8, self.site, 10)
        if has_subject:
            pen.text(MARGIN + 100, y + 9, "Subject", 7.5, colour=GREY)
            pen.box(MARGIN + 132, y + 5, 130, 16, fill=WHITE)
        draw_date(pen, MARGIN + width - 140, y + 4, "Date")

    def _draw_foot(self, pen: Pen, origin: str) -> None:
        y = pen.height - _FOOT + 4
        pen.line(MARGIN, y, pen.width - MARGIN, y)
        words = ", ".join(part for part in (origin, self.origin) if part)
        pen.text(MARGIN, y + 4, words, 6.5, colour=GREY)
        pen.text(MARGIN, y + 13, self.status, 6.5, bold=True, colour=GREY)

    def draw_signing(self, pen: Pen) -> None:
        """The line for whoever filled the page in."""
        y = pen.height - _FOOT - _SIGN + 5
        pen.text(MARGIN, y + 5, "Completed by (initials)", 7.5, colour=GREY)
        pen.line(MARGIN + 86, y + 14, MARGIN + 170, y + 14)
        draw_date(pen, MARGIN + 190, y, "Date")

    def over(self, place: Place | None) -> Callable[[Pen, int, int], None]:
        """Draws what differs from page to page: visit, condition, and the number of the page."""

        def draw(pen: Pen, number: int, count: int) -> None:
            pen.text(
                pen.width - MARGIN, pen.height - _FOOT + 8, f"page {number} of {count}", 7.5, align="right", colour=GREY
            )
            if place is not None:
                _draw_place(pen, place)

        return draw


def draw_date(pen: Pen, x: float, y: float, label: str) -> None:
    """A label and nine small boxes: day, month in letters, year."""
    pen.text(x, y + 5, label, 7.5, colour=GREY)
    x += text_width(label, 7.5) + 6
    for boxes, hint in ((2, "DD"), (3, "MMM"), (4, "YYYY")):
        for number in range(boxes):
            pen.box(x + number * 9.5, y, 9.5, 12, fill=WHITE)
        pen.text(x + boxes * 4.75, y + 12.8, hint, 4.5, colour=LINE, align="center")
        x += boxes * 9.5 + 5


def visit_line(visit: Visit) -> str:
    """A visit in one line: ``V1  Baseline, day 1, window ±1, clinic or video``."""
    day, window = day_words(visit), window_words(visit.window)
    parts = [visit.label, f"day {day}" if day else "", f"window {window} days" if window and day else ""]
    modes = " or ".join(mode.lower() for mode in visit.modes)
    return f"{visit.visit}  " + ", ".join(part for part in (*parts, modes) if part)


def _draw_place(pen: Pen, place: Place) -> None:
    y = MARGIN + _BAND + _WHO
    width = pen.width - 2 * MARGIN
    pen.text(MARGIN + 6, y + 5.5, place.hint, 7.5, colour=GREY)
    at = MARGIN + 6 + max(text_width(place.hint, 7.5) + 6, 26)
    pen.text(at, y + 4, wrap(place.visit, width - at + MARGIN - 6, 9.5, bold=True)[0], 9.5, bold=True, colour=BLACK)
    if place.remarks:
        lines = wrap(place.remarks, width - 12, 7)
        pen.lines(MARGIN + 6, y + 16, lines[:2], 7, 7.6, italic=True)
