"""A schedule in, landscape pages out: as many visits on a page as fit, then the days within, then the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from trialkit.document.column_parts import column_parts
from trialkit.document.paper.blocks import Block, Drawing, Lead, draw_blocks, paginate, stacked
from trialkit.document.paper.frame import MARGIN, Frame
from trialkit.document.paper.ink import A4, GREY, LINE, PALE, Bookmark, Page, Pen, text_width, wrap
from trialkit.document.paper.text_pages import text_pages
from trialkit.document.schedule.table import RowGroup, ScheduleRow, ScheduleTable, TimepointGrid, cell_text

__all__ = ["schedule_paper"]

_SIZE = 7.0
_ROW = 10.4
_LABEL = 205.0
_FORM = 46.0
_NARROWEST = 22.0
_COMFORTABLE = 34.0
_TURNED = 86.0
_WIDTH = A4[1] - 2 * MARGIN
_SOFT = (0.92, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class _HeadRow:
    """One row of the header: its name, a text for each column, and how the texts stand."""

    name: str
    texts: tuple[str, ...]
    is_turned: bool = False
    is_span: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    """A table; the one without a title has that of its page."""

    title: str
    heads: tuple[_HeadRow, ...]
    groups: tuple[RowGroup, ...]


def schedule_paper(frame: Frame, table: ScheduleTable) -> list[Page]:
    """The schedule as pages of a book; the first one carries the bookmark."""
    title = "Schedule of activities"
    pages = _table_pages(frame, [_visits(table)], title, Bookmark(0, title))
    if table.grids:
        days = "Schedule of activities: within the day"
        pages += _table_pages(frame, [_day(grid) for grid in table.grids], days, Bookmark(1, "Within the day"))
    parts = (
        ("Marks", [f"{note.mark}   {note.text}" for note in table.legend]),
        ("Footnotes", [f"{note.mark}   {note.text}" for note in table.footnotes]),
        ("Rules for the schedule", list(table.restrictions)),
    )
    return pages + text_pages(frame, "Schedule of activities: marks and footnotes", parts, 1)


def _visits(table: ScheduleTable) -> _Table:
    columns = table.columns
    notes = [", ".join(column.notes) for column in columns]
    heads = [
        _HeadRow("Epoch", tuple(column.epoch for column in columns), is_span=True),
        _HeadRow("Visit", tuple(column.name.replace("–", "– ") for column in columns)),
        _HeadRow("", tuple(column.label for column in columns), is_turned=True),
        _HeadRow("Study day", tuple(column.day for column in columns)),
        _HeadRow("Window, days", tuple(column.window.replace("/", "/ ") for column in columns)),
        _HeadRow("Mode", tuple(column.mode_words for column in columns)),
    ]
    if any(notes):
        heads.append(_HeadRow("Footnote", tuple(notes)))
    return _Table("", tuple(heads), table.groups)


def _day(grid: TimepointGrid) -> _Table:
    heads = (
        _HeadRow("Timepoint", tuple(column.timepoint for column in grid.columns)),
        _HeadRow("", tuple(column.label for column in grid.columns), is_turned=True),
        _HeadRow("Minutes", tuple(column.minutes for column in grid.columns)),
        _HeadRow("Window, minutes", tuple(column.window.replace("/", "/ ") for column in grid.columns)),
    )
    return _Table(grid.title, heads, (RowGroup("", grid.rows),))


def _table_pages(frame: Frame, tables: Sequence[_Table], title: str, bookmark: Bookmark) -> list[Page]:
    """Tables below each other. One that is wider than a page goes on below; a row is never cut."""
    rows: list[Block] = []
    for table in tables:
        rows += _table_rows(table)
    room = frame.bottom(landscape=True, signed=False) - frame.plain_top
    return [
        Page(
            _page(frame, title, blocks),
            over=frame.over(None),
            landscape=True,
            bookmarks=() if number else (bookmark,),
        )
        for number, blocks in enumerate(paginate([], [], rows, room))
    ]


def _table_rows(table: _Table) -> Iterator[Block]:
    rows = [row for group in table.groups for row in group.rows]
    widths = [_column_width(table, rows, place) for place in range(len(table.heads[0].texts))]
    for number, part in enumerate(column_parts(widths, _WIDTH - _LABEL)):
        sheet = _Sheet(table, _widened({place: widths[place] for place in part}), number == 0)
        lead = Lead(f"{table.title} {number}", sheet.head())
        blocks = [replace(block, leads=(lead,)) for block in sheet.rows()]
        yield from blocks[:-1]
        yield replace(stacked(blocks[-1], _GAP), leads=(lead,))


_GAP = Block(14.0, lambda pen, y: None)  # noqa: ARG005  # draws nothing


def _page(frame: Frame, title: str, blocks: Sequence[Block]) -> Drawing:
    def draw(pen: Pen) -> None:
        frame.draw(pen, "", title, about="nobody")
        draw_blocks(pen, blocks, frame.plain_top)

    return draw


def _widened(widths: dict[int, float]) -> dict[int, float]:
    """The columns of a page, wider where there is room: up to half as much again."""
    spare = _WIDTH - _LABEL - sum(widths.values())
    return {place: min(width + spare / len(widths), max(width * 1.5, _COMFORTABLE)) for place, width in widths.items()}


def _column_width(table: _Table, rows: Sequence[ScheduleRow], place: int) -> float:
    words = [word for head in table.heads if _sets_width(head, place) for word in head.texts[place].split()]
    widest = max((text_width(word, _SIZE, bold=True) for word in words), default=0.0)
    marks = max((text_width(cell_text(row.cells[place]), _SIZE) for row in rows), default=0.0)
    return max(widest, marks, _NARROWEST - 4) + 4


def _sets_width(head: _HeadRow, place: int) -> bool:
    """Whether a column must be wide enough for a text of its header: not for one that is shared or turned."""
    if head.is_span:
        return head.texts[place] not in (*head.texts[max(place - 1, 0) : place], *head.texts[place + 1 : place + 2])
    return not head.is_turned


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The columns that stand on one page, by place, with their widths."""

    table: _Table
    widths: dict[int, float]
    is_first: bool

    def _edges(self) -> Iterator[tuple[int, float, float]]:
        x = MARGIN + _LABEL
        for place, width in self.widths.items():
            yield place, x, width
            x += width

    @property
    def right(self) -> float:
        """Where the last column ends."""
        return MARGIN + _LABEL + sum(self.widths.values())

    def head(self) -> Block:
        """The header of the columns, below the title of the table where it has one."""
        above = 15.0 if self.table.title else 0.0
        rows = [
            (head, self._height(head)) for head in self.table.heads if any(head.texts[place] for place in self.widths)
        ]
        height = sum(one for _, one in rows)

        def draw(pen: Pen, y: float) -> None:
            pen.text(MARGIN, y + 2, self.table.title, 9, bold=True)
            y += above
            pen.box(MARGIN, y, self.right - MARGIN, height, fill=PALE)
            for head, tall in rows:
                pen.text(MARGIN + 4, y + 2, head.name, _SIZE, bold=True)
                self._draw_spans(pen, y, tall, head) if head.is_span else self._draw_texts(pen, y, tall, head)
                pen.line(MARGIN, y + tall, self.right, y + tall)
                y += tall

        return Block(height + above, draw)

    def _height(self, head: _HeadRow) -> float:
        if head.is_turned:
            longest = max(text_width(head.texts[place], _SIZE) for place in self.widths)
            return min(longest + 8, _TURNED)
        if head.is_span:
            spans = [len(wrap(epoch, room - 2, _SIZE, bold=True)) for epoch, _, room in self._spans(head)]
            return max(spans) * 8.2 + 3
        return (
            max(len(wrap(head.texts[place], width - 2, _SIZE, bold=True)) for place, width in self.widths.items()) * 8.2
            + 3
        )

    def _spans(self, head: _HeadRow) -> Iterator[tuple[str, float, float]]:
        for epoch, group in groupby(self._edges(), key=lambda edge: head.texts[edge[0]]):
            edges = list(group)
            yield epoch, edges[0][1], sum(width for _, _, width in edges)

    def _draw_spans(self, pen: Pen, y: float, tall: float, head: _HeadRow) -> None:
        for epoch, x, room in self._spans(head):
            for number, line in enumerate(wrap(epoch, room - 2, _SIZE, bold=True)):
                pen.text(x + room / 2, y + 2 + number * 8.2, line, _SIZE, bold=True, align="center")
            pen.line(x, y, x, y + tall)

    def _draw_texts(self, pen: Pen, y: float, tall: float, head: _HeadRow) -> None:
        for place, x, width in self._edges():
            text = head.texts[place]
            if head.is_turned:
                lines = wrap(text, tall - 6, _SIZE)
                fitting = lines[: max(int((width - 2) // 8), 1)]
                start = x + (width - len(fitting) * 8) / 2
                for number, line in enumerate(fitting):
                    pen.upward(start + number * 8, y + tall - 3, line, _SIZE)
            else:
                for number, line in enumerate(wrap(text, width - 2, _SIZE, bold=True)):
                    pen.text(x + width / 2, y + 2 + number * 8.2, line, _SIZE, bold=True, align="center")
            pen.line(x, y, x, y + tall)

    def rows(self) -> Iterator[Block]:
        """The forms, those without a mark in these columns left out; those of no visit stand on the first page."""
        for group in self.table.groups:
            shown = [
                row
                for row in group.rows
                if (row.remark and self.is_first) or any(row.cells[place] for place in self.widths)
            ]
            if not shown:
                continue
            first = self._row(shown[0])
            if group.title:
                first = stacked(self._group(group.title), first)  # a heading never stands alone at the foot of a page
            yield first
            yield from (self._row(row) for row in shown[1:])

    def _group(self, title: str) -> Block:
        def draw(pen: Pen, y: float) -> None:
            pen.box(MARGIN, y, self.right - MARGIN, _ROW, fill=(0.965, 0.97, 0.975), thick=0.4)
            pen.text(MARGIN + 4, y + 2, title, _SIZE, bold=True)

        return Block(_ROW, draw)

    def _row(self, row: ScheduleRow) -> Block:
        def draw(pen: Pen, y: float) -> None:
            for place, x, width in self._edges():
                cell = row.cells[place]
                if cell and all(mark.letter != "X" for mark in cell):
                    pen.box(x, y, width, _ROW, fill=_SOFT, stroke=None)
                pen.text(x + width / 2, y + 2, cell_text(cell), _SIZE, align="center")
                if not row.remark:
                    pen.line(x, y, x, y + _ROW, thick=0.4)
            pen.box(MARGIN, y, self.right - MARGIN, _ROW, thick=0.4)
            pen.text(MARGIN + 4, y + 2, row.form, _SIZE, bold=True, colour=GREY)
            pen.text(MARGIN + _FORM, y + 2, _first_line(row.title, _LABEL - _FORM - 4), _SIZE)
            if row.remark:
                pen.line(MARGIN + _LABEL, y, MARGIN + _LABEL, y + _ROW, colour=LINE, thick=0.4)
                pen.text(MARGIN + _LABEL + 4, y + 2, row.remark, _SIZE, italic=True)

        return Block(_ROW, draw)


def _first_line(text: str, room: float) -> str:
    lines = wrap(text, room, _SIZE)
    return lines[0] if len(lines) == 1 else f"{wrap(text, room - 8, _SIZE)[0]} …"
