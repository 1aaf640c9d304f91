"""Pieces of a page that are never cut, and how they are spread over pages. Knows no form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trialkit.document.paper.ink import Pen

__all__ = ["Block", "Drawing", "Lead", "draw_blocks", "paginate", "stacked"]

Drawing = Callable[[Pen], None]
"""Draws a whole page."""


@dataclass(frozen=True, slots=True)
class Block:
    """Something of a height that is drawn at a `y`, and is never cut by the end of a page.

    Attributes:
        height: what it takes.
        draw: draws it with its top at a `y`.
        leads: what stands above it, outermost first. Neighbours with a lead of the same name share it; at the top of a
            page it stands again.
    """

    height: float
    draw: Callable[[Pen, float], None]
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands above neighbouring blocks: a name that tells it from others, and a block."""

    name: str
    block: Block


def paginate(first: Sequence[Block], further: Sequence[Block], rows: Sequence[Block], room: float) -> list[list[Block]]:
    """Rows on as many pages as they need, each with its own beginning; a page has one row at least."""
    pages: list[list[Block]] = [list(first)]
    above: tuple[str, ...] = ()
    is_fresh = True
    for row in rows:
        used = sum(block.height for block in pages[-1])
        needed = row.height + sum(block.height for block in _new_leads(row, above))
        if used + needed > room and not is_fresh:
            pages.append(list(further))
            above = ()
        pages[-1] += [*_new_leads(row, above), row]
        above = tuple(lead.name for lead in row.leads)
        is_fresh = False
    return pages


def _new_leads(row: Block, above: tuple[str, ...]) -> list[Block]:
    """The leads of a row that are not there yet: from the first that differs inward."""
    same = 0
    while same < min(len(row.leads), len(above)) and row.leads[same].name == above[same]:
        same += 1
    return [lead.block for lead in row.leads[same:]]


def draw_blocks(pen: Pen, blocks: Sequence[Block], y: float) -> float:
    """Draw blocks below each other; the `y` below the last."""
    for block in blocks:
        block.draw(pen, y)
        y += block.height
    return y


def stacked(upper: Block, lower: Block) -> Block:
    """Two blocks that stay together."""

    def draw(pen: Pen, y: float) -> None:
        upper.draw(pen, y)
        lower.draw(pen, y + upper.height)

    return Block(upper.height + lower.height, draw)
