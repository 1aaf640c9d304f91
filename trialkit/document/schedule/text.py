"""A schedule in, blocks of lines for a terminal out: as many visits in a block as fit, and no row is ever wrapped."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from trialkit.document.column_parts import column_parts
from trialkit.document.schedule.table import ScheduleRow, ScheduleTable, TimepointGrid, cell_text
from trialkit.document.visit_words import mode_legend, short_modes

__all__ = ["TextBlock", "schedule_blocks"]

_NARROWEST = 40
_NARROWEST_LABEL = 20
_NAME = 6
_HEADER_WORDS = 9
"""Words of a column's header are broken over several lines at this width."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that belong together: a title, header lines, and one line for each row. Each fits the width asked for.

    A line of `rows` that begins a group of forms stands in `headings`, too.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[str, ...]
    headings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Column:
    header: tuple[str, ...]
    width: int
    span: str


def schedule_blocks(table: ScheduleTable, width: int) -> tuple[TextBlock, ...]:
    """The schedule as blocks of text that are at most so many characters wide (at least 40).

    First the visits, split over as many blocks as it takes; then the grids of timepoints, the list of visits, the
    footnotes and what is to be confirmed. A block leaves out forms that have no mark in it.
    """
    width = max(width, _NARROWEST)
    blocks = [*_visit_blocks(table, width)]
    for grid in table.grids:
        blocks.extend(_grid_blocks(grid, width))
    blocks.append(_visit_list(table, width))
    blocks.extend(_word_blocks(table, width))
    return tuple(block for block in blocks if block.rows)


def _visit_blocks(table: ScheduleTable, width: int) -> Iterator[TextBlock]:
    short = short_modes(mode for column in table.columns for mode in column.modes)
    rows = [row for group in table.groups for row in group.rows]
    columns = []
    for place, column in enumerate(table.columns):
        name = column.name + "".join(f"({note})" for note in column.notes)
        modes = "/".join(short[mode] for mode in column.modes)
        pieces = ["\n".join(_broken(words)) for words in (name, column.day, column.window, modes)]
        columns.append(_column(pieces, rows, place, column.epoch))
    label = _label_width(rows, columns, width)
    for part in column_parts([column.width for column in columns], width - label):
        widths = _widths(part, columns, width - label)
        lines: list[str] = []
        headings: set[str] = set()
        for group in table.groups:
            shown = [_line(row, widths, label, width) for row in group.rows if _has_marks(row, part)]
            shown += [_cut(f"{_named(row, label)}{row.remark}", width) for row in group.rows if row.remark]
            if shown:
                lines += [group.title, *shown]
                headings.add(group.title)
        first, last = table.columns[part[0]].visits[0], table.columns[part[-1]].visits[-1]
        title = "Schedule of activities" + f", visits {first} to {last}" * (len(part) < len(columns))
        header = _header(("Visit", "Day", "Window, days", "Mode"), widths, columns, label)
        yield TextBlock("\n".join(textwrap.wrap(title, width)), header, tuple(lines), frozenset(headings))


def _grid_blocks(grid: TimepointGrid, width: int) -> Iterator[TextBlock]:
    columns = [
        _column([point.timepoint, point.minutes, point.window], grid.rows, place, "")
        for place, point in enumerate(grid.columns)
    ]
    label = _label_width(grid.rows, columns, width)
    for part in column_parts([column.width for column in columns], width - label):
        widths = _widths(part, columns, width - label)
        rows = tuple(_line(row, widths, label, width) for row in grid.rows if _has_marks(row, part))
        header = _header(("Timepoint", "Minutes", "Window, min"), widths, columns, label)
        yield TextBlock("\n".join(textwrap.wrap(grid.title, width)), header, rows)


def _visit_list(table: ScheduleTable, width: int) -> TextBlock:
    names = max(len(column.name) for column in table.columns)
    rows = tuple(
        _cut(f"{column.name.ljust(names)}  {column.label}{' (any number of times)' * column.repeating}", width)
        for column in table.columns
    )
    return TextBlock("Visits", (), rows)


def _word_blocks(table: ScheduleTable, width: int) -> Iterator[TextBlock]:
    legend = [f"{note.mark}  {note.text}" for note in table.legend]
    modes = mode_legend(mode for column in table.columns for mode in column.modes)
    legend += [f"Mode: {modes}"] if modes else []
    yield TextBlock("Marks", (), _wrapped(legend, width))
    yield TextBlock("Footnotes", (), _wrapped([f"{note.mark}  {note.text}" for note in table.footnotes], width))
    yield TextBlock("Rules for the schedule", (), _wrapped(table.restrictions, width))
    yield TextBlock("To be confirmed", (), _wrapped([f"-  {point}" for point in table.to_confirm], width))


def _wrapped(texts: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple(line for text in texts for line in textwrap.wrap(text, width, subsequent_indent="   "))


def _column(header: Sequence[str], rows: Sequence[ScheduleRow], place: int, span: str) -> _Column:
    texts = [line for piece in header for line in piece.split("\n")]
    texts += [cell_text(row.cells[place]) for row in rows]
    return _Column(tuple(header), max(len(text) for text in texts) + 2, span)


def _label_width(rows: Sequence[ScheduleRow], columns: Sequence[_Column], width: int) -> int:
    """A third of the line, or what the columns leave; no more than the longest title needs."""
    longest = max((max(len(row.form), _NAME) + len(row.title) for row in rows), default=0) + 3
    left = width - sum(column.width for column in columns)
    return min(max(longest, _NARROWEST_LABEL), max(left, width // 3))


def _widths(part: Sequence[int], columns: Sequence[_Column], room: int) -> dict[int, int]:
    """The width of each column of a part. An epoch that is longer than its columns widens the last of them."""
    widths = {place: columns[place].width for place in part}
    for epoch, group in groupby(part, key=lambda place: columns[place].span):
        places = list(group)
        wanted = max((len(word) for word in epoch.split()), default=0) + 2
        lacking = wanted - sum(widths[place] for place in places)
        if 0 < lacking <= room - sum(widths.values()):
            widths[places[-1]] += lacking
    return widths


def _header(names: Sequence[str], widths: Mapping[int, int], columns: Sequence[_Column], label: int) -> tuple[str, ...]:
    lines = [*_spans(widths, columns, label)]
    for number, name in enumerate(names):
        pieces = [(columns[place].header[number].split("\n"), width) for place, width in widths.items()]
        if any(piece != [""] for piece, _ in pieces):
            lines += _stacked(name, pieces, label)
    return tuple(lines)


def _spans(widths: Mapping[int, int], columns: Sequence[_Column], label: int) -> list[str]:
    """The epochs above the columns, each broken over as many lines as it needs to stay above its own."""
    spans = []
    for epoch, group in groupby(widths, key=lambda place: columns[place].span):
        room = sum(widths[place] for place in group)
        words = textwrap.wrap(epoch, room - 1, break_long_words=False, break_on_hyphens=False)
        spans.append(([_cut(word, room - 1) for word in words], room))
    return _stacked("Epoch", spans, label) if any(words for words, _ in spans) else []


def _stacked(name: str, pieces: Sequence[tuple[list[str], int]], label: int) -> list[str]:
    """Cells of several lines side by side, the name before the first line."""
    lines = []
    for level in range(max(len(words) for words, _ in pieces)):
        cells = ((words[level] if level < len(words) else "").ljust(width) for words, width in pieces)
        lines.append(((name if level == 0 else "").ljust(label) + "".join(cells)).rstrip())
    return lines


def _has_marks(row: ScheduleRow, part: Sequence[int]) -> bool:
    return any(row.cells[place] for place in part)


def _line(row: ScheduleRow, widths: Mapping[int, int], label: int, width: int) -> str:
    cells = "".join(cell_text(row.cells[place]).ljust(room) for place, room in widths.items())
    return _cut(f"{_named(row, label)}{cells}".rstrip(), width)


def _named(row: ScheduleRow, label: int) -> str:
    return _cut(f"{row.form.ljust(_NAME)} {row.title}", label - 2).ljust(label)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _broken(text: str) -> list[str]:
    return textwrap.wrap(text, _HEADER_WORDS, break_long_words=False, break_on_hyphens=False) or [""]
