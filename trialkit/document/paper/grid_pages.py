"""A form that is filled in several times in, its pages out: items down, a column for each timepoint or empty row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trialkit.document.fields import Field
from trialkit.document.paper.answers import Answer, answer_place
from trialkit.document.paper.blocks import Block, Drawing, draw_blocks, paginate
from trialkit.document.paper.form_pages import condition_leads, draw_name, form_subject, label_block, remark_blocks
from trialkit.document.paper.form_words import MISSING_LEGEND
from trialkit.document.paper.frame import MARGIN, Frame
from trialkit.document.paper.ink import A4, GREY, LINE, PALE, Pen, text_width, wrap
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form

__all__ = ["EMPTY_ROWS", "ColumnHead", "GridDrawing", "grid_drawings"]

EMPTY_ROWS = 3
_MOST_UPRIGHT = 4
_MOST_ACROSS = 10
_NAME = 62.0
_WIDEST = 150.0
_PAD = 4.0


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """What stands above a column: a name and lines below it."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GridDrawing:
    """One page of a grid."""

    draw: Drawing
    landscape: bool


def grid_drawings(
    frame: Frame, form: Form, fields: Sequence[Field], heads: Sequence[ColumnHead], codelists: Mapping[str, CodeList]
) -> tuple[GridDrawing, ...]:
    """The pages of a form with several columns. More than ten columns stand on several pages."""
    landscape = len(heads) > _MOST_UPRIGHT
    parts = -(-len(heads) // _MOST_ACROSS)
    size = -(-len(heads) // parts)
    drawings: list[GridDrawing] = []
    for start in range(0, len(heads), size):
        part = heads[start : start + size]
        shown = [replace(field, asked=field.asked[start : start + size]) for field in fields]
        shown = [field for field in shown if any(field.asked)]
        grid = _Grid.fitting(part, landscape=landscape)
        first = [*remark_blocks(form, codelists, grid.width)] if start == 0 else []
        head = grid.head()
        rows = [grid.row(field) for field in shown]
        room = frame.bottom(landscape=landscape) - frame.top - 10
        for blocks in paginate([*first, head], [head], rows, room):
            draw = _page(frame, form, blocks, continued=bool(drawings))
            drawings.append(GridDrawing(draw, landscape))
    return tuple(drawings)


def _page(frame: Frame, form: Form, blocks: Sequence[Block], *, continued: bool) -> Drawing:
    def draw(pen: Pen) -> None:
        title = form.title + (" (continued)" if continued else "")
        frame.draw(pen, form.form, title, f"{form.form} version {form.version}", about=form_subject(form))
        draw_blocks(pen, blocks, frame.top)
        bottom = pen.height - (A4[1] - frame.bottom())
        pen.text(MARGIN, bottom - 9, f"{MISSING_LEGEND}   Write the reason into the cell.", 6.3, colour=GREY)
        frame.draw_signing(pen)

    return draw


@dataclass(frozen=True, slots=True)
class _Grid:
    heads: tuple[ColumnHead, ...]
    width: float
    question: float
    column: float

    @classmethod
    def fitting(cls, heads: Sequence[ColumnHead], *, landscape: bool) -> _Grid:
        width = (A4[1] if landscape else A4[0]) - 2 * MARGIN
        question = 190.0 if landscape else 130.0
        column = min((width - _NAME - question) / len(heads), _WIDEST)
        return cls(tuple(heads), width, width - _NAME - column * len(heads), column)

    def left(self, place: int) -> float:
        """Where a column begins."""
        return MARGIN + _NAME + self.question + place * self.column

    def head(self) -> Block:
        """The heads of the columns."""
        lines = [[*wrap(head.name, self.column - 4, 8, bold=True), *head.lines] for head in self.heads]
        height = max(len(one) for one in lines) * 9.0 + 5

        def draw(pen: Pen, y: float) -> None:
            pen.box(MARGIN, y, self.width, height, fill=PALE, stroke=LINE)
            pen.text(MARGIN + 4, y + 3, "Item", 6.5, bold=True, colour=GREY)
            pen.text(MARGIN + _NAME, y + 3, "Question", 6.5, bold=True, colour=GREY)
            for place, texts in enumerate(lines):
                bold = len(texts) - len(self.heads[place].lines)
                for number, text in enumerate(texts):
                    size = _fitting_size(text, 8.0 if number < bold else 7.0, self.column - 4)
                    middle = self.left(place) + self.column / 2
                    pen.text(middle, y + 3 + number * 9.0, text, size, bold=number < bold, align="center")
                pen.line(self.left(place), y, self.left(place), y + height)

        return Block(height, draw)

    def row(self, field: Field) -> Block:
        """One item: its question, and a place for the answer in each column where it is asked."""
        answer: Answer = answer_place(field.item, field.codelist, self.column - 8, is_cell=True)
        label = label_block(field, self.question - 8, answer.hint, MARGIN + _NAME)
        height = max(label.height, answer.height) + 2 * _PAD

        def draw(pen: Pen, y: float) -> None:
            draw_name(pen, field, y + _PAD + 1, _NAME - 8)
            label.draw(pen, y + _PAD)
            for place, asked in enumerate(field.asked):
                if asked:
                    answer.draw(pen, self.left(place) + 4, y + _PAD)
                else:
                    pen.box(self.left(place), y, self.column, height, fill=PALE, stroke=None)
                pen.line(self.left(place), y, self.left(place), y + height)
            pen.line(pen.width - MARGIN, y, pen.width - MARGIN, y + height)
            pen.line(MARGIN, y + height, pen.width - MARGIN, y + height, thick=0.4)
            if field.condition:
                pen.line(MARGIN, y, MARGIN, y + height, colour=GREY, thick=1.6)

        return Block(height, draw, condition_leads(field, self.width))


def _fitting_size(text: str, size: float, room: float) -> float:
    """The size, or a smaller one at which the text still fits."""
    width = text_width(text, size)
    return size if width <= room else max(size * room / width, 4.5)
