"""A schedule in, the sheets of a workbook out: visits, timepoints within the day, notes. Writes no file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from trialkit.document.schedule.table import Cell, RowGroup, ScheduleTable, TimepointGrid, cell_text
from trialkit.spreadsheet.printing import Look, PrintCell, PrintSheet, write_printable

__all__ = ["schedule_sheets", "write_schedule_workbook"]

_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  # stands in for the time of making, so that the same study gives the same bytes
_FORM = 10.0
_TITLE = (24.0, 60.0)
_NARROW = 6.0


def write_schedule_workbook(path: Path, table: ScheduleTable) -> None:
    """Write the schedule as an .xlsx file. Raises UsageError and StoreError as `write_printable`."""
    write_printable(path, schedule_sheets(table), _MADE)


def schedule_sheets(table: ScheduleTable) -> tuple[PrintSheet, ...]:
    """The visits on one sheet, each grid of timepoints on another, and the words on the last."""
    grids = [_grid_sheet(grid, f"Day {number}") for number, grid in enumerate(table.grids, 1)]
    return (_visit_sheet(table), *grids, _note_sheet(table))


def _visit_sheet(table: ScheduleTable) -> PrintSheet:
    columns = table.columns
    lines = (
        ("Visit", Look.HEAD, [column.name + "".join(f" ({note})" for note in column.notes) for column in columns]),
        ("", Look.TURNED, [column.label + " (repeats)" * column.repeating for column in columns]),
        ("Study day", Look.HEAD, [column.day for column in columns]),
        ("Window, days", Look.HEAD, [column.window for column in columns]),
        ("Mode", Look.HEAD, [column.mode_words for column in columns]),
    )
    header = [
        _title_row(f"Schedule of activities: {table.study}, {table.protocol_title}, version {table.version}"),
        (PrintCell("Epoch", Look.HEAD, 2), *(PrintCell(span.epoch, Look.HEAD, span.columns) for span in table.epochs)),
    ]
    header += [
        (PrintCell(name, Look.HEAD, 2), *(PrintCell(text, look) for text in texts)) for name, look, texts in lines
    ]
    cells = [
        [cell_text(row.cells[place]) for group in table.groups for row in group.rows] for place in range(len(columns))
    ]
    alone = [span.epoch.split() if span.columns == 1 else [] for span in table.epochs for _ in range(span.columns)]
    heads = [
        [column.name, *column.day.split(), *column.window.split(), *column.mode_words.split(), *epoch]
        for column, epoch in zip(columns, alone, strict=True)
    ]
    widths = [_width((*marks, *head)) for marks, head in zip(cells, heads, strict=True)]
    rows = [row for group in table.groups for row in _rows(group, len(columns))]
    days = max((_lines(column.day, width) for column, width in zip(columns, widths, strict=True)), default=1)
    modes = max((len(column.modes) for column in columns), default=1)
    return PrintSheet(
        name="Schedule",
        rows=(*header, *rows),
        widths=(_FORM, _title_width(table.groups), *widths),
        header_rows=len(header),
        header_columns=2,
        heights=((4, 120.0), (5, 15.0 * days), (7, 15.0 * max(modes, 1))),
    )


def _grid_sheet(grid: TimepointGrid, name: str) -> PrintSheet:
    lines = (
        ("Timepoint", [column.timepoint for column in grid.columns]),
        ("", [column.label for column in grid.columns]),
        ("Minutes", [column.minutes for column in grid.columns]),
        ("Window, minutes", [column.window for column in grid.columns]),
    )
    header = [_title_row(grid.title)]
    header += [
        (PrintCell(words, Look.HEAD, 2), *(PrintCell(text, Look.HEAD if words else Look.TURNED) for text in texts))
        for words, texts in lines
    ]
    rows = _rows(RowGroup("", grid.rows), len(grid.columns))
    return PrintSheet(
        name=name,
        rows=(*header, *rows),
        widths=(_FORM, _title_width([RowGroup("", grid.rows)]), *(9.0 for _ in grid.columns)),
        header_rows=len(header),
        header_columns=2,
        heights=((3, 110.0),),
    )


def _note_sheet(table: ScheduleTable) -> PrintSheet:
    rows: list[tuple[PrintCell, ...]] = [_title_row("Marks, footnotes and open points")]
    facts = [
        ("Study", f"{table.study}: {table.study_title}"),
        ("Protocol", f"{table.protocol}: {table.protocol_title}, version {table.version}"),
        ("Variant", table.variant),
        ("Definitions", table.digest),
    ]
    parts = (
        ("Study", [fact for fact in facts if fact[1]]),
        ("Marks", [(note.mark, note.text) for note in table.legend]),
        ("Footnotes", [(note.mark, note.text) for note in table.footnotes]),
        ("Rules for the schedule", [("", rule) for rule in table.restrictions]),
        ("To be confirmed", [("", point) for point in table.to_confirm]),
    )
    for title, lines in parts:
        if lines:
            rows.append((PrintCell(title, Look.GROUP, 2),))
            rows += [(PrintCell(mark), PrintCell(text)) for mark, text in lines]
    heights = tuple((number, 15.0 * _lines(row[-1].text, 105)) for number, row in enumerate(rows, 1) if len(row) == 2)
    return PrintSheet("Notes", tuple(rows), (14.0, 110.0), heights=heights)


def _title_row(text: str) -> tuple[PrintCell, ...]:
    return (PrintCell(text, Look.TITLE),)


def _rows(group: RowGroup, columns: int) -> Iterator[tuple[PrintCell, ...]]:
    if group.title:
        yield (PrintCell(group.title, Look.GROUP, 2), *(PrintCell("", Look.GROUP) for _ in range(columns)))
    for row in group.rows:
        label = (PrintCell(row.form, Look.LABEL), PrintCell(row.title, Look.LABEL))
        if row.remark:
            yield (*label, PrintCell(row.remark, Look.REMARK, columns))
        else:
            yield (*label, *(PrintCell(cell_text(cell), _look(cell)) for cell in row.cells))


def _look(cell: Cell) -> Look:
    return Look.SOFT_MARK if cell and all(mark.letter != "X" for mark in cell) else Look.MARK


def _title_width(groups: Sequence[RowGroup]) -> float:
    longest = max((len(row.title) for group in groups for row in group.rows), default=0)
    return min(max(longest * 1.0, _TITLE[0]), _TITLE[1])


def _width(texts: Sequence[str]) -> float:
    return max(_NARROW, max((len(text) for text in texts), default=0) * 1.05 + 1.5)


def _lines(text: str, width: float) -> int:
    return max(1, -(-len(text) // max(int(width), 1)))
