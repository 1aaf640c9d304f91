"""Ink on paper: pages in, the bytes of a PDF out. The only file that knows reportlab, and it imports it when it prints.

Lengths are in points (1/72 inch) from the top left corner of the page. The same pages give the same bytes.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

__all__ = [
    "A4",
    "Bookmark",
    "Page",
    "Pen",
    "print_pages",
    "text_width",
    "unprintable",
    "wrap",
]

A4 = (595.2, 841.8)
"""Width and height of a sheet that stands upright."""

Colour = tuple[float, float, float]
BLACK: Colour = (0.07, 0.1, 0.13)
GREY: Colour = (0.38, 0.43, 0.48)
LINE: Colour = (0.6, 0.65, 0.7)
PALE: Colour = (0.93, 0.945, 0.96)
WHITE: Colour = (1.0, 1.0, 1.0)

_SANS = {(False, False): "Helvetica", (True, False): "Helvetica-Bold", (False, True): "Helvetica-Oblique"}
_WIDE = {False: "Vera", True: "VeraBd"}
_ASCENT = 0.76
"""How far the letters of a line reach up, as a part of their size."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline; `level` 0 is outermost. It leads to `page` (first is 1), or to the page that has it."""

    level: int
    title: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        draw: draws what the page shares with others of the same `shared` name.
        shared: pages of one name hold the same drawing, which is stored once; empty for a page of its own.
        over: draws what is this page's own, on top; it is told the number of the page and how many there are.
        landscape: whether the sheet lies on its side.
        bookmarks: entries of the outline that lead here.
    """

    draw: Callable[[Pen], None]
    shared: str = ""
    over: Callable[[Pen, int, int], None] | None = None
    landscape: bool = False
    bookmarks: tuple[Bookmark, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return (A4[1], A4[0]) if self.landscape else A4


@dataclass(slots=True)
class Pen:
    """Draws on one page. `y` grows downward."""

    canvas: Any  # reportlab has no types
    width: float
    height: float
    _colour: Colour = field(default=(-1, -1, -1))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 8.5,
        *,
        bold: bool = False,
        italic: bool = False,
        colour: Colour = BLACK,
        align: str = "left",
    ) -> None:
        """One line of text; `y` is the top of the line, `x` its left end, middle or right end."""
        if align != "left":
            room = text_width(text, size, bold=bold, italic=italic)
            x -= room if align == "right" else room / 2
        self.canvas.setFillColorRGB(*colour)
        for font, part in _runs(text, bold, italic):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, self.height - y - size * _ASCENT, part)
            x += _run_width(font, part, size)

    def lines(self, x: float, y: float, lines: Sequence[str], size: float, leading: float, **look: Any) -> None:
        """Several lines below each other."""
        for number, line in enumerate(lines):
            self.text(x, y + number * leading, line, size, **look)

    def upward(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        """A line that reads upward; it begins at `y`, and `x` is its left side."""
        self.canvas.saveState()
        self.canvas.translate(x + size * _ASCENT, self.height - y)
        self.canvas.rotate(90)
        self.canvas.setFillColorRGB(*BLACK)
        at = 0.0
        for font, part in _runs(text, bold, italic=False):
            self.canvas.setFont(font, size)
            self.canvas.drawString(at, 0, part)
            at += _run_width(font, part, size)
        self.canvas.restoreState()

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: Colour | None = None,
        stroke: Colour | None = LINE,
        thick: float = 0.6,
        dashed: bool = False,
    ) -> None:
        """A rectangle; `x` and `y` are its top left corner."""
        if fill is not None:
            self.canvas.setFillColorRGB(*fill)
        if stroke is not None:
            self.canvas.setStrokeColorRGB(*stroke)
            self.canvas.setLineWidth(thick)
            self.canvas.setDash([2, 1.5] if dashed else [])
        self.canvas.rect(x, self.height - y - height, width, height, int(stroke is not None), int(fill is not None))

    def line(self, x1: float, y1: float, x2: float, y2: float, *, colour: Colour = LINE, thick: float = 0.6) -> None:
        """A straight line."""
        self.canvas.setStrokeColorRGB(*colour)
        self.canvas.setLineWidth(thick)
        self.canvas.setDash([])
        self.canvas.line(x1, self.height - y1, x2, self.height - y2)


def print_pages(pages: Sequence[Page], *, title: str, subject: str, outline: Sequence[Bookmark] = ()) -> bytes:
    """The pages as a PDF with an outline. No clock is read: the file says that it was made on 2000-01-01.

    Args:
        pages: in order.
        title: what the document is called.
        subject: what it is about, one line.
        outline: every entry with its page; the bookmarks of the pages in their order when left out.
    """
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1, lang="en-GB")
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setAuthor("trialkit")
    canvas.setCreator("trialkit")
    _draw_shared(canvas, pages)
    placed = [replace(mark, page=number) for number, page in enumerate(pages, 1) for mark in page.bookmarks]
    marks = list(enumerate(outline or placed))  # each needs a place of its own, even where several lead to one page
    for number, page in enumerate(pages, 1):
        for place in (place for place, mark in marks if mark.page == number):
            canvas.bookmarkPage(f"mark-{place}")
        _draw_page(canvas, page, number, len(pages))
    for place, mark in marks:
        canvas.addOutlineEntry(mark.title, f"mark-{place}", mark.level, closed=True)
    if marks:
        canvas.showOutline()
    canvas.save()
    return out.getvalue()


def _draw_shared(canvas: Any, pages: Sequence[Page]) -> None:
    for name, page in {page.shared: page for page in pages if page.shared}.items():
        width, height = page.size
        canvas.beginForm(name, 0, 0, width, height)
        page.draw(Pen(canvas, width, height))
        canvas.endForm()


def _draw_page(canvas: Any, page: Page, number: int, count: int) -> None:
    width, height = page.size
    canvas.setPageSize((width, height))
    pen = Pen(canvas, width, height)
    if page.shared:
        canvas.doForm(page.shared)
    else:
        page.draw(pen)
    if page.over is not None:
        page.over(pen, number, count)
    canvas.showPage()


@lru_cache(maxsize=65_536)
def text_width(text: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
    """How wide a line of text is."""
    return sum(_run_width(font, part, size) for font, part in _runs(text, bold, italic))


def wrap(text: str, room: float, size: float, *, bold: bool = False, italic: bool = False) -> list[str]:
    """The text broken into lines that fit; a word that is wider than a line is broken, too. Never empty."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold=bold, italic=italic) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *broken, line = _broken(word, room, size, bold=bold, italic=italic)
        lines += broken
    return [*lines, line]


def _broken(word: str, room: float, size: float, *, bold: bool, italic: bool) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and text_width(pieces[-1] + char, size, bold=bold, italic=italic) > room:
            pieces.append("")
        pieces[-1] += char
    return pieces


def unprintable(texts: Iterable[str]) -> str:
    """The characters that no font at hand has, each once. They are printed without their marks, or as ``?``."""
    return "".join(sorted({char for text in texts for char in text if _font_of(char) is None and char.isprintable()}))


@lru_cache(maxsize=65_536)
def _runs(text: str, bold: bool, italic: bool) -> tuple[tuple[str, str], ...]:
    """The text cut into pieces of one font each: the built-in one where it has the letter, else one that has more."""
    runs: list[tuple[str, str]] = []
    for font, part in _pieces(text, bold, italic):
        if runs and runs[-1][0] == font:
            runs[-1] = (font, runs[-1][1] + part)
        else:
            runs.append((font, part))
    return tuple(runs)


def _pieces(text: str, bold: bool, italic: bool) -> Iterator[tuple[str, str]]:
    sans = _SANS[bold, italic and not bold]
    for char in text:
        found = _font_of(char)
        if found is None:
            base = unicodedata.normalize("NFKD", char)[:1]
            yield sans, base if base and _font_of(base) == "sans" else "?"
        elif found == "sans":
            yield sans, char
        else:
            yield (_WIDE[bold] if found == "wide" else "Symbol"), char


@lru_cache(maxsize=4096)
def _font_of(char: str) -> str | None:
    """Which font has a character: the built-in sans, the wide one that comes with reportlab, or the Greek symbols."""
    if char.isprintable() and _in_windows_set(char):
        return "sans"
    if ord(char) in _wide_letters():
        return "wide"
    return "symbol" if char in _GREEK else None


_GREEK = frozenset("ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖαβχδεφγηικλμνοπθρστυωξψζ≅∴⊥→←↑↓↔⇒⇔∈∉⊂⊃∪∩")


def _in_windows_set(char: str) -> bool:
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _wide_letters() -> frozenset[int]:
    """Registers the wide font and tells which characters it has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in _WIDE.values():
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    font: Any = pdfmetrics.getFont("Vera")  # its types do not know the fonts of files
    return frozenset(font.face.charToGlyph)


@lru_cache(maxsize=65_536)
def _run_width(font: str, text: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, font, size))
