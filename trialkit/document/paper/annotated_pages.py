"""A form and its annotations in, annotated pages out: domains in colour at the top, a box beside each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialkit.document.annotations import NOT_SUBMITTED, Annotation, FormAnnotations
from trialkit.document.fields import Field
from trialkit.document.paper.answers import answer_place
from trialkit.document.paper.blocks import Block, Drawing, draw_blocks, paginate
from trialkit.document.paper.form_pages import condition_leads, draw_name, label_block
from trialkit.document.paper.frame import MARGIN, Frame
from trialkit.document.paper.ink import A4, GREY, LINE, WHITE, Colour, Pen, text_width, wrap
from trialkit.model.form import Form

__all__ = ["COLOURS", "annotated_drawings", "domain_colours", "draw_boxes"]

COLOURS: tuple[Colour, ...] = (
    (0.75, 1.0, 1.0),
    (1.0, 1.0, 0.59),
    (0.59, 1.0, 0.59),
    (1.0, 0.75, 0.61),
    (0.87, 0.8, 1.0),
    (1.0, 0.82, 0.9),
)
"""Blue, yellow, green, orange, then our own: domains get them in the order in which they stand on a form."""

_NAME = 62.0
_QUESTION = 150.0
_NOTES = 178.0
_PAD = 4.0
_SIZE = 6.6
_LEADING = 8.2


def domain_colours(annotations: FormAnnotations) -> dict[str, Colour]:
    """Domain to colour; an item that goes nowhere has white."""
    return {box.domain: COLOURS[place % len(COLOURS)] for place, box in enumerate(annotations.domains)}


def annotated_drawings(
    frame: Frame, form: Form, fields: Sequence[Field], annotations: FormAnnotations, remark: str
) -> tuple[Drawing, ...]:
    """The pages of a form, each with the boxes of its domains.

    Args:
        frame: the frame of the book.
        form: the form.
        fields: its items.
        annotations: where they go.
        remark: how often the form is filled in, where that is not once at a visit.
    """
    colours = domain_colours(annotations)
    domains = _domain_block(annotations, colours)
    assigned = _assigned_block(annotations, colours)
    first = [domains, *assigned, *([_remark_block(remark)] if remark else [])]
    rows = [_row(field, annotations.items[field.item.item], colours) for field in fields]
    pages = paginate(first, [domains], rows, frame.bottom(signed=False) - frame.plain_top)
    return tuple(_page(frame, form, blocks, number) for number, blocks in enumerate(pages))


def _page(frame: Frame, form: Form, blocks: Sequence[Block], number: int) -> Drawing:
    def draw(pen: Pen) -> None:
        title = form.title + (" (continued)" if number else "")
        frame.draw(pen, form.form, title, f"{form.form} version {form.version}", about="nobody")
        draw_blocks(pen, blocks, frame.plain_top)

    return draw


@dataclass(frozen=True, slots=True)
class _Box:
    """A coloured box of words; a dashed frame for what goes nowhere."""

    lines: tuple[str, ...]
    width: float
    colour: Colour
    size: float = _SIZE

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * 1.25 + 5

    def draw(self, pen: Pen, x: float, y: float) -> None:
        pen.box(x, y, self.width, self.height, fill=self.colour, stroke=GREY, dashed=self.colour == WHITE)
        pen.lines(x + 3, y + 2.5, self.lines, self.size, self.size * 1.25, bold=True)


def _box(text: str, room: float, colour: Colour, size: float = _SIZE) -> _Box:
    lines = tuple(wrap(text, room - 6, size, bold=True))
    widest = max(text_width(line, size, bold=True) for line in lines)
    return _Box(lines, widest + 6, colour, size)


def draw_boxes(pen: Pen, boxes: Sequence[_Box], x: float, y: float) -> None:
    """Boxes below each other."""
    for box in boxes:
        box.draw(pen, x, y)
        y += box.height + 2


def _domain_block(annotations: FormAnnotations, colours: Mapping[str, Colour]) -> Block:
    """The domains of the form side by side, on as many lines as they need."""
    room = A4[0] - 2 * MARGIN
    boxes = [_box(box.title, room, colours[box.domain], 9.0) for box in annotations.domains]
    if not boxes:
        boxes = [_box(NOT_SUBMITTED, room, WHITE, 9.0)]
    places: list[tuple[float, float]] = []
    x, y = 0.0, 0.0
    for box in boxes:
        if x and x + box.width > room:
            x, y = 0.0, y + box.height + 3
        places.append((x, y))
        x += box.width + 6

    def draw(pen: Pen, top: float) -> None:
        for box, (left, below) in zip(boxes, places, strict=True):
            box.draw(pen, MARGIN + left, top + below)

    return Block(y + boxes[-1].height + 6, draw)


def _assigned_block(annotations: FormAnnotations, colours: Mapping[str, Colour]) -> list[Block]:
    """What is filled in without an item, in the colour of its domain."""
    room = A4[0] - 2 * MARGIN
    blocks = []
    for box in annotations.domains:
        if box.assigned:
            made = _box(f"{box.domain}:  {';  '.join(box.assigned)}", room, colours[box.domain])
            blocks.append(Block(made.height + 3, lambda pen, y, made=made: made.draw(pen, MARGIN, y)))  # type: ignore[misc]
    return blocks


def _remark_block(text: str) -> Block:
    lines = wrap(text, A4[0] - 2 * MARGIN - 8, 7.5, italic=True)
    return Block(len(lines) * 9.0 + 4, lambda pen, y: pen.lines(MARGIN + 2, y + 2, lines, 7.5, 9.0, italic=True))


def _row(field: Field, annotations: Sequence[Annotation], colours: Mapping[str, Colour]) -> Block:
    width = A4[0] - 2 * MARGIN
    room = width - _NAME - _QUESTION - _NOTES - 10
    answer = answer_place(field.item, field.codelist, room)
    label = label_block(field, _QUESTION - 10, answer.hint, MARGIN + _NAME)
    boxes = [_box(one.text, _NOTES, colours.get(one.domain, WHITE)) for one in annotations]
    height = max(label.height, answer.height, sum(box.height + 2 for box in boxes)) + 2 * _PAD

    def draw(pen: Pen, y: float) -> None:
        draw_name(pen, field, y + _PAD + 1, _NAME - 8)
        label.draw(pen, y + _PAD)
        answer.draw(pen, MARGIN + _NAME + _QUESTION, y + _PAD)
        draw_boxes(pen, boxes, pen.width - MARGIN - _NOTES, y + _PAD)
        pen.line(MARGIN, y + height, pen.width - MARGIN, y + height, colour=LINE, thick=0.4)
        if field.condition:
            pen.line(MARGIN, y, MARGIN, y + height, colour=GREY, thick=1.6)

    return Block(height, draw, condition_leads(field, width))
