"""Questions with the same answers as a questionnaire has them: the answers once above, and a row of boxes for each."""

from __future__ import annotations

from collections.abc import Sequence

from trialkit.document.fields import Field
from trialkit.document.paper.answers import Answer, fits_one_line, is_listed_apart, option_words
from trialkit.document.paper.ink import GREY, WHITE, Pen, wrap
from trialkit.model.codelist import CodeList
from trialkit.model.item import ItemTypeName

__all__ = ["matrix_head", "matrix_lists", "matrix_row"]

_SIZE = 6.3
_LEADING = 7.2
_NARROWEST = 27.0
_FEWEST = 3
_TICK = 7.5


def matrix_lists(fields: Sequence[Field], room: float) -> list[CodeList | None]:
    """For each field the code list that it shares with two neighbours at least, where one line is too short for it."""
    lists = [_fitting_list(field, room) for field in fields]
    shared: list[CodeList | None] = [None] * len(fields)
    start = 0
    while start < len(lists):
        end = start
        while end < len(lists) and lists[end] is not None and lists[end] is lists[start]:
            end += 1
        if end - start >= _FEWEST:
            shared[start:end] = lists[start:end]
        start = max(end, start + 1)
    return shared


def _fitting_list(field: Field, room: float) -> CodeList | None:
    found = field.codelist
    if found is None or field.item.type != ItemTypeName.CODE or field.item.derive is not None:
        return None
    if is_listed_apart(found) or fits_one_line(found, room) or room / len(found.terms) < _NARROWEST:
        return None
    return found


def matrix_head(codelist: CodeList, room: float) -> Answer:
    """The answers, each above its column."""
    width = room / len(codelist.terms)
    labels = [wrap(option_words(term), width - 3, _SIZE) for term in codelist.terms]
    depth = max(len(lines) for lines in labels)

    def draw(pen: Pen, x: float, y: float) -> None:
        for place, lines in enumerate(labels):
            top = y + (depth - len(lines)) * _LEADING
            for number, line in enumerate(lines):
                middle = x + place * width + width / 2
                pen.text(middle, top + number * _LEADING, line, _SIZE, colour=GREY, align="center")

    return Answer(depth * _LEADING + 3, draw)


def matrix_row(codelist: CodeList, room: float) -> Answer:
    """A box below each answer."""
    width = room / len(codelist.terms)

    def draw(pen: Pen, x: float, y: float) -> None:
        for place in range(len(codelist.terms)):
            pen.box(x + place * width + (width - _TICK) / 2, y + 1, _TICK, _TICK, fill=WHITE, stroke=GREY)

    return Answer(_TICK + 2, draw)
