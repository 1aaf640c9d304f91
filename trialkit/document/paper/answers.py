"""Items in, places to write the answer out: boxes for digits, dates and times, tick boxes, lines. All of them empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialkit.document.paper.ink import GREY, LINE, PALE, WHITE, Pen, text_width, wrap
from trialkit.model.codelist import CodeList, Term
from trialkit.model.item import Item, ItemTypeName

__all__ = [
    "MOST_TICKED",
    "Answer",
    "answer_place",
    "fits_one_line",
    "is_listed_apart",
    "option_words",
    "small_scale",
]

MOST_TICKED = 16
"""A code list with more terms than this stands in the appendix, and its code is written."""

_LABEL_SIZE = 8.0
_HINT_SIZE = 6.0
_TICK = 7.5
_TEXT_LINE = 15.0
_LONGEST_SCALE = 10
_MONTHS = "DD MMM YYYY"


@dataclass(frozen=True, slots=True)
class Answer:
    """A place to write in.

    Attributes:
        height: what it takes.
        draw: draws it with its top left corner at a point.
        hint: what has to be said elsewhere because it does not fit in: the codes, the unit, the range of a scale.
    """

    height: float
    draw: Callable[[Pen, float, float], None]
    hint: str = ""


def answer_place(item: Item, codelist: CodeList | None, room: float, *, is_cell: bool = False) -> Answer:
    """The place for the answer to an item: boxes where they fit, else one box to write in.

    Args:
        item: the item.
        codelist: its code list, where it has one.
        room: how wide it may be.
        is_cell: it stands in a column of answers, so that the unit is said once, in the hint.
    """
    if item.derive is not None:
        return Answer(15.0, lambda pen, x, y: _computed(pen, x, y, room, item.unit or ""))
    if item.type == ItemTypeName.CODE and codelist is not None:
        return _ticks(codelist, room, several=False)
    if item.type == ItemTypeName.CODES and codelist is not None:
        return _ticks(codelist, room, several=True)
    scale = small_scale(item)
    if scale:
        return _scale(scale, room)
    if item.type in (ItemTypeName.INTEGER, ItemTypeName.DECIMAL):
        return _number(item, room, is_cell=is_cell)
    groups = _GROUPS.get(item.type)
    return _text(item, room) if groups is None else _grouped(groups, room)


def is_listed_apart(codelist: CodeList) -> bool:
    """Whether a code list is too long to be ticked."""
    return len(codelist.terms) > MOST_TICKED


def small_scale(item: Item) -> range | None:
    """The whole numbers that an item may take, when they are few enough to be ticked."""
    if item.type != ItemTypeName.INTEGER or item.hard is None or item.unit or item.derive is not None:
        return None
    low, high = item.hard.low, item.hard.high
    if low is None or high is None or not 0 < high - low <= _LONGEST_SCALE:
        return None
    return range(int(low), int(high) + 1)


# Computed and written answers.


def _computed(pen: Pen, x: float, y: float, room: float, unit: str) -> None:
    pen.box(x, y, min(room, 110.0), 13.0, fill=PALE, stroke=LINE)
    pen.text(x + 4, y + 3.5, f"computed {unit}".strip(), 6.5, italic=True, colour=GREY)


def _text(item: Item, room: float) -> Answer:
    lines = 1 if item.length <= 40 else 2 if item.length <= 300 else 4

    def draw(pen: Pen, x: float, y: float) -> None:
        for number in range(1, lines + 1):
            pen.line(x, y + number * _TEXT_LINE - 1, x + room, y + number * _TEXT_LINE - 1)

    return Answer(lines * _TEXT_LINE + 1, draw)


def _writing_box(room: float, hint: str, mark: str = "") -> Answer:
    """One box to write in; what belongs into it is said elsewhere."""

    def draw(pen: Pen, x: float, y: float) -> None:
        pen.box(x, y, room, 16.0, fill=WHITE)
        pen.text(x + room / 2, y + 5, mark, _HINT_SIZE, colour=LINE, align="center")

    return Answer(16.0, draw, hint)


# Numbers, dates and times: one box for each digit.


@dataclass(frozen=True, slots=True)
class _Group:
    """Boxes side by side with a hint below; `after` stands between this group and the next."""

    boxes: int
    hint: str = ""
    after: str = ""


_DATE = (_Group(2, "DD", "–"), _Group(3, "MMM", "–"), _Group(4, "YYYY"))
_TIME = (_Group(2, "hh", ":"), _Group(2, "mm"))
_GROUPS: dict[str, tuple[_Group, ...]] = {
    ItemTypeName.DATE: _DATE,
    ItemTypeName.PARTIAL_DATE: _DATE,
    ItemTypeName.TIME: _TIME,
    ItemTypeName.DATETIME: (*_DATE[:2], _Group(4, "YYYY", " "), *_TIME),
}


def _grouped(groups: Sequence[_Group], room: float) -> Answer:
    for box in (10.5, 8.5):
        if _groups_width(groups, box) <= room:
            return Answer(24.0, lambda pen, x, y, box=box: _draw_groups(pen, x, y, groups, box))  # type: ignore[misc]
    words = "".join(group.hint + group.after for group in groups)
    return _writing_box(room, "", words)


def _groups_width(groups: Sequence[_Group], box: float) -> float:
    return sum(group.boxes * box + (7.0 if group.after else 0.0) for group in groups)


def _draw_groups(pen: Pen, x: float, y: float, groups: Sequence[_Group], box: float) -> None:
    for group in groups:
        for number in range(group.boxes):
            pen.box(x + number * box, y, box, 14.0, fill=WHITE)
        width = group.boxes * box
        pen.text(x + width / 2, y + 15.5, group.hint, 5.5, colour=GREY, align="center")
        x += width
        if group.after:
            pen.text(x + 3.5, y + 3, group.after, 9, align="center")
            x += 7.0


def _number(item: Item, room: float, *, is_cell: bool) -> Answer:
    units = item.accepted_units
    groups = _digits(item)
    width = _groups_width(groups, 10.5)
    named = " or ".join(units)
    if is_cell:
        if width > room:
            return _writing_box(room, named)
        hint = f"write the unit: {named}" if len(units) > 1 else named
        return Answer(15.0, lambda pen, x, y: _draw_groups(pen, x, y, groups, 10.5), hint)
    choices = _flow([Term(code=unit) for unit in units], room - width - 8) if len(units) > 1 else None

    def draw(pen: Pen, x: float, y: float) -> None:
        _draw_groups(pen, x, y, groups, 10.5)
        if choices is None:
            pen.text(x + width + 5, y + 3, named, _LABEL_SIZE)
        else:
            choices.draw(pen, x + width + 8, y + 2)

    return Answer(15.0, draw)


def _digits(item: Item) -> tuple[_Group, ...]:
    high = item.hard.high if item.hard is not None else None
    low = item.hard.low if item.hard is not None else None
    before = len(str(int(abs(high)))) if high is not None else 5
    if low is not None and low < 0:
        before += 1
    if item.type == ItemTypeName.INTEGER:
        return (_Group(before),)
    decimals = 2 if item.decimals is None else item.decimals
    return (_Group(before, after="."), _Group(decimals)) if decimals else (_Group(before),)


# Ticks.


def fits_one_line(codelist: CodeList, room: float) -> bool:
    """Whether the terms of a list can be ticked side by side."""
    return _flow(codelist.terms, room) is not None


def _scale(scale: range, room: float) -> Answer:
    terms = [Term(code=str(number)) for number in scale]
    return _flow(terms, room) or _flow(terms, room, gap=4.0) or _circled(terms, room)


def _circled(terms: Sequence[Term], room: float) -> Answer:
    """Numbers to circle; one box to write in where even they do not fit."""
    step = room / len(terms)
    if step < 8.5:
        return _writing_box(room, f"{terms[0].code} to {terms[-1].code}")

    def draw(pen: Pen, x: float, y: float) -> None:
        for place, term in enumerate(terms):
            pen.text(x + place * step + step / 2, y + 2, term.code, 9, align="center")

    return Answer(13.0, draw, "circle one")


def _ticks(codelist: CodeList, room: float, *, several: bool) -> Answer:
    if is_listed_apart(codelist):
        return _writing_box(min(room, 160.0), f"write the code; list {codelist.codelist}")
    placed = _flow(codelist.terms, room) or _columns(codelist.terms, room)
    if placed is None:
        return _coded_place(codelist, room, several=several)
    if not several:
        return placed

    def draw(pen: Pen, x: float, y: float) -> None:
        pen.text(x, y, "tick all that apply", _HINT_SIZE, italic=True, colour=GREY)
        placed.draw(pen, x, y + 8)

    return Answer(placed.height + 8, draw)


def _coded_place(codelist: CodeList, room: float, *, several: bool) -> Answer:
    """Codes to circle or to write; what they mean stands beside the question."""
    codes = "; ".join(_coded(term) for term in codelist.terms)
    if not several and all(_is_number(term.code) for term in codelist.terms):
        circled = _circled(codelist.terms, room)
        return Answer(circled.height, circled.draw, f"circle one: {codes}" if circled.hint == "circle one" else codes)
    return _writing_box(room, ("all that apply: " if several else "") + codes)


def _coded(term: Term) -> str:
    return term.code if term.display == term.code else f"{term.code} = {term.display}"


def option_words(term: Term) -> str:
    """What stands behind a tick box. A number that is a code is part of the answer, so it is printed, too."""
    return f"{term.code}  {term.display}" if _is_number(term.code) and term.display != term.code else term.display


def _is_number(code: str) -> bool:
    try:
        Decimal(code)
    except ArithmeticError:
        return False
    return True


def _flow(terms: Sequence[Term], room: float, gap: float = 9.0) -> Answer | None:
    """Every term on one line, or None when they do not fit."""
    steps = [_TICK + 3 + text_width(option_words(term), _LABEL_SIZE) + gap for term in terms]
    if sum(steps) - gap > room:
        return None

    def draw(pen: Pen, x: float, y: float) -> None:
        for term, step in zip(terms, steps, strict=True):
            _tick(pen, x, y, [option_words(term)])
            x += step

    return Answer(11.0, draw)


def _columns(terms: Sequence[Term], room: float) -> Answer | None:
    """The terms below each other, in as many columns as fit; None when a column would be too narrow to read."""
    widest = max(text_width(option_words(term), _LABEL_SIZE) for term in terms) + _TICK + 12
    count = max(1, min(3, int(room // widest), -(-len(terms) // 3)))
    width = room / count
    if width < min(widest, 70.0):
        return None
    labels = [wrap(option_words(term), width - _TICK - 6, _LABEL_SIZE) for term in terms]
    depth = -(-len(terms) // count)
    parts = [labels[start : start + depth] for start in range(0, len(labels), depth)]
    heights = [sum(max(11.0, len(lines) * 9.2 + 2) for lines in part) for part in parts]

    def draw(pen: Pen, x: float, y: float) -> None:
        for number, part in enumerate(parts):
            top = y
            for lines in part:
                _tick(pen, x + number * width, top, lines)
                top += max(11.0, len(lines) * 9.2 + 2)

    return Answer(max(heights), draw)


def _tick(pen: Pen, x: float, y: float, lines: Sequence[str]) -> None:
    pen.box(x, y + 0.5, _TICK, _TICK, fill=WHITE, stroke=GREY)
    pen.lines(x + _TICK + 3, y + 0.7, lines, _LABEL_SIZE, 9.2)
