"""Pages of words: headings with lines below them, in as many pages as they need."""

from __future__ import annotations

from collections.abc import Sequence

from trialkit.document.paper.blocks import Block, Drawing, draw_blocks, paginate
from trialkit.document.paper.frame import MARGIN, Frame
from trialkit.document.paper.ink import A4, Bookmark, Page, Pen, wrap

__all__ = ["heading", "paragraph", "text_pages"]

_WIDTH = A4[0] - 2 * MARGIN


def text_pages(
    frame: Frame, title: str, parts: Sequence[tuple[str, Sequence[str]]], level: int, name: str = ""
) -> list[Page]:
    """Pages of paragraphs under headings; no page where every part is empty.

    Args:
        frame: the frame of the book.
        title: stands at the top of each page.
        parts: heading and paragraphs.
        level: of the bookmark.
        name: of the bookmark; the title when left out.
    """
    rows: list[Block] = []
    for words, paragraphs in parts:
        if paragraphs:
            rows += [heading(words), *(paragraph(text) for text in paragraphs)]
    if not rows:
        return []
    pages = paginate([], [], rows, frame.bottom(signed=False) - frame.plain_top)
    return [
        Page(
            _page(frame, title, blocks),
            over=frame.over(None),
            bookmarks=() if number else (Bookmark(level, name or title),),
        )
        for number, blocks in enumerate(pages)
    ]


def _page(frame: Frame, title: str, blocks: Sequence[Block]) -> Drawing:
    def draw(pen: Pen) -> None:
        frame.draw(pen, "", title, about="nobody")
        draw_blocks(pen, blocks, frame.plain_top)

    return draw


def heading(text: str) -> Block:
    """A line that begins a part."""
    return Block(20.0, lambda pen, y: pen.text(MARGIN, y + 6, text, 9.5, bold=True))


def paragraph(text: str, size: float = 8.0, indent: float = 8.0) -> Block:
    """A few lines of words."""
    lines = wrap(text, _WIDTH - indent, size)
    leading = size * 1.25
    return Block(len(lines) * leading + 2, lambda pen, y: pen.lines(MARGIN + indent, y, lines, size, leading))
