"""A form in, its pages out: a row for each item with its question, the place for the answer, the missing reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trialkit.document.fields import Field
from trialkit.document.paper.answers import answer_place
from trialkit.document.paper.blocks import Block, Drawing, Lead, draw_blocks, paginate
from trialkit.document.paper.form_words import MISSING_LEGEND, form_remarks
from trialkit.document.paper.frame import MARGIN, Frame
from trialkit.document.paper.ink import A4, BLACK, GREY, LINE, PALE, WHITE, Pen, text_width, wrap
from trialkit.document.paper.option_matrix import matrix_head, matrix_lists, matrix_row
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import MissingReason

__all__ = ["condition_leads", "draw_name", "form_drawings", "form_subject", "label_block", "remark_blocks"]

_NAME = 66.0
_QUESTION = 178.0
_MISSING = 88.0
_WIDTH = A4[0] - 2 * MARGIN
_ROOM = _WIDTH - _NAME - _QUESTION - _MISSING - 6
_BOX = 8.0
_PAD = 4.0


def form_drawings(
    frame: Frame, form: Form, fields: Sequence[Field], codelists: Mapping[str, CodeList]
) -> tuple[Drawing, ...]:
    """The pages of a form that is filled in once, as drawings."""
    head = Block(13.0, _draw_head)
    shared = matrix_lists(fields, _ROOM)
    rows = [_row(field, matrix) for field, matrix in zip(fields, shared, strict=True)]
    first = remark_blocks(form, codelists, _WIDTH)
    pages = paginate([*first, head], [head], rows, frame.bottom() - frame.top - 10)
    return tuple(_page(frame, form, blocks, number) for number, blocks in enumerate(pages))


def remark_blocks(form: Form, codelists: Mapping[str, CodeList], width: float) -> list[Block]:
    """What stands above the items."""
    blocks = []
    for remark in form_remarks(form, codelists):
        lines = wrap(remark.text, width - 8, 7.5, bold=remark.is_loud)
        blocks.append(Block(len(lines) * 9.0 + 3, _remark_drawing(lines, is_loud=remark.is_loud)))
    return blocks


def _remark_drawing(lines: Sequence[str], *, is_loud: bool) -> Callable[[Pen, float], None]:
    return lambda pen, y: pen.lines(
        MARGIN + 4, y, lines, 7.5, 9.0, bold=is_loud, italic=not is_loud, colour=BLACK if is_loud else GREY
    )


def _page(frame: Frame, form: Form, blocks: Sequence[Block], number: int) -> Drawing:
    def draw(pen: Pen) -> None:
        title = form.title + (" (continued)" if number else "")
        frame.draw(pen, form.form, title, f"{form.form} version {form.version}", about=form_subject(form))
        draw_blocks(pen, blocks, frame.top)
        pen.text(MARGIN, frame.bottom() - 9, MISSING_LEGEND, 6.3, colour=GREY)
        frame.draw_signing(pen)

    return draw


def form_subject(form: Form) -> str:
    """Whom a page of the form is about: a subject, or a site."""
    return "site" if form.reference else "subject"


def _draw_head(pen: Pen, y: float) -> None:
    pen.text(MARGIN + 4, y + 2, "Item", 6.5, bold=True, colour=GREY)
    pen.text(MARGIN + _NAME, y + 2, "Question", 6.5, bold=True, colour=GREY)
    pen.text(MARGIN + _NAME + _QUESTION, y + 2, "Answer", 6.5, bold=True, colour=GREY)
    for place, reason in enumerate(MissingReason):
        pen.text(_reason_x(place) + _BOX / 2, y + 2, str(reason), 5.5, bold=True, colour=GREY, align="center")
    pen.line(MARGIN, y + 12, MARGIN + _WIDTH, y + 12, colour=GREY)


def _reason_x(place: int) -> float:
    return MARGIN + _WIDTH - _MISSING + 6 + place * 17.0


def _row(field: Field, matrix: CodeList | None) -> Block:
    left = MARGIN + _NAME + _QUESTION
    answer = answer_place(field.item, field.codelist, _ROOM) if matrix is None else matrix_row(matrix, _ROOM)
    label = label_block(field, _QUESTION - 10, answer.hint, MARGIN + _NAME)
    height = max(label.height, answer.height) + 2 * _PAD
    options = () if matrix is None else (Lead(matrix.codelist, _options_block(matrix, left)),)

    def draw(pen: Pen, y: float) -> None:
        draw_name(pen, field, y + _PAD + 1, _NAME - 8)
        label.draw(pen, y + _PAD)
        answer.draw(pen, left, y + _PAD)
        if field.item.derive is None:
            for place, reason in enumerate(MissingReason):
                if reason in field.item.missing:
                    pen.box(_reason_x(place), y + _PAD + 1, _BOX, _BOX, fill=WHITE, stroke=GREY)
        pen.line(MARGIN, y + height, MARGIN + _WIDTH, y + height, colour=LINE, thick=0.4)
        if field.condition:
            pen.line(MARGIN, y, MARGIN, y + height, colour=GREY, thick=1.6)

    return Block(height, draw, (*condition_leads(field, _WIDTH), *options))


def _options_block(matrix: CodeList, left: float) -> Block:
    """The answers that neighbouring items share."""
    head = matrix_head(matrix, _ROOM)
    return Block(head.height + 2, lambda pen, y: head.draw(pen, left, y + 2))


def condition_leads(field: Field, width: float) -> tuple[Lead, ...]:
    """The condition of neighbouring items, in a band; nothing for an item that is always asked."""
    if not field.condition:
        return ()
    lines = wrap(f"If {field.condition}:", width - 12, 7.4, bold=True)
    band = len(lines) * 9.0 + 4

    def draw(pen: Pen, y: float) -> None:
        pen.box(MARGIN, y, width, band, fill=PALE, stroke=None)
        pen.lines(MARGIN + 4, y + 2.5, lines, 7.4, 9.0, bold=True)

    return (Lead(field.condition, Block(band, draw)),)


def draw_name(pen: Pen, field: Field, y: float, room: float) -> None:
    """The name of an item, small enough to stay on one line."""
    name = field.item.item
    size = max(min(6.5, 6.5 * room / max(text_width(name, 6.5), 1.0)), 4.5)
    pen.lines(MARGIN + 4, y, wrap(name, room + 0.1, size), size, 7.5, colour=GREY)


def label_block(field: Field, room: float, hint: str, x: float) -> Block:
    """The question with its star, what its answer is written in, and its help."""
    star = "*" if field.item.required else ""  # without a blank: it must not begin a line
    lines = wrap(field.item.label + star, room, 8.5)
    helped = wrap(" ".join(field.item.help.split()), room, 6.8) if field.item.help.strip() else []
    hints = wrap(hint, room, 7) if hint else []
    height = len(lines) * 10.2 + len(hints) * 8.4 + len(helped) * 8.0

    def draw(pen: Pen, y: float) -> None:
        pen.lines(x, y, lines, 8.5, 10.2)
        y += len(lines) * 10.2
        pen.lines(x, y, hints, 7, 8.4)
        y += len(hints) * 8.4
        pen.lines(x, y, helped, 6.8, 8.0, italic=True, colour=GREY)

    return Block(height, draw)
