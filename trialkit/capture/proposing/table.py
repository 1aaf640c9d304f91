"""The table in a sheet: which rows hold headers, which hold data, which hold sums. Looks at shapes, not at meanings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from trialkit.capture.header_row import HeaderRow, column_index, read_header
from trialkit.capture.proposing.words import fold_text, spellings
from trialkit.model.source import CellKind, SourceFile, SourceRow, SourceSheet
from trialkit.spreadsheet import column_letters

_MOST_ABOVE = 15
_RANGE = re.compile(r"([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,:/\- ]*")


@dataclass(frozen=True)
class TableColumn:
    """One column of the table.

    Attributes:
        index: from 0.
        header: as a mapping names it: with its letters where it stands twice or is blank.
        group: the header of the upper row, empty where there is none.
        name: the header of the lowest row.
        cells: the cells below without blanks at their ends, one for each row.
    """

    index: int
    header: str
    group: str
    name: str
    cells: tuple[str, ...]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The filled cells, in order."""
        return tuple(text for text in self.cells if text)

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """Its different texts, in the order of first mention."""
        return tuple(dict.fromkeys(self.texts))


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was found.

    Attributes:
        sheet: the sheet it stands in.
        header_rows: the rows that hold the headers.
        columns: all that have a header or data.
        dropped: the first text of each row that holds a sum or a heading, with what it is.
        first: the column by which such rows are told.
        rows: the numbers of the rows below the headers, as the cells of its columns stand in them.
    """

    sheet: SourceSheet
    header_rows: tuple[int, ...]
    columns: tuple[TableColumn, ...]
    dropped: dict[str, str]
    first: str
    rows: tuple[int, ...] = ()

    def column(self, header: str) -> TableColumn | None:
        """The column of this header."""
        return next((column for column in self.columns if column.header == header), None)


def find_table(sheet: SourceSheet, where: str) -> Table:
    """The table of a sheet. Raises SourceFileError S151 when it has no row with headers."""
    numbers = _header_rows(sheet)
    header = read_header(sheet, numbers, where)
    lowest = read_header(sheet, numbers[-1:], where)
    rows = [row for row in sheet.rows if row.number > header.number and _filled(row)]
    dropped = _dropped(rows, len(header.names))
    kept = [row for row in rows if _first_text(row) not in dropped]
    width = max([len(header.names), *(len(row.cells) for row in kept)])
    columns = [_column(header, lowest, index, kept) for index in range(width)]
    found = tuple(column for column in columns if column.name or column.texts)
    return Table(sheet, numbers, found, dropped, found[0].header if found else "", tuple(row.number for row in kept))


def find_merged(source: SourceFile, sheet: str) -> list[tuple[int, int, int, int]]:
    """The merged cells of a sheet as first row, first column, last row and last column, columns from 0."""
    found = (_RANGE.fullmatch(odd.cell) for odd in source.oddities if odd.code == "S205" and odd.sheet == sheet)
    return [(int(match[2]), column_index(match[1]), int(match[4]), column_index(match[3])) for match in found if match]


def _header_rows(sheet: SourceSheet) -> tuple[int, ...]:
    """The first row that is nearly as wide as the table and holds words only; the row above joins it when it groups."""
    above = [row for row in sheet.rows[:_MOST_ABOVE] if _filled(row)]
    width = max((len(_filled(row)) for row in sheet.rows[:200]), default=0)
    for place, row in enumerate(above):
        filled = _filled(row)
        if _is_header(filled, width) and not (
            place + 1 < len(above) and _is_grouped(filled, _filled(above[place + 1]))
        ):
            upper = above[place - 1] if place else None
            grouped = upper is not None and len(_filled(upper)) > 1 and _has_twins(filled.values())
            return (upper.number, row.number) if grouped and upper is not None else (row.number,)
    return (above[0].number,) if above else (1,)


def _is_header(filled: Mapping[int, str], width: int) -> bool:
    return len(filled) >= max(1, 0.6 * width) and not any(_NUMBER.fullmatch(text) for text in filled.values())


def _is_grouped(upper: Mapping[int, str], lower: Mapping[int, str]) -> bool:
    """Whether the headers of a row stand over a wider row of words that repeat from group to group."""
    return len(upper) < len(lower) and _is_header(lower, len(lower)) and _has_twins(lower.values())


def _has_twins(texts: Collection[str]) -> bool:
    return len({fold_text(text) for text in texts}) < len(texts)


def _dropped(rows: Sequence[SourceRow], width: int) -> dict[str, str]:
    """First text of rows that hold sums, and of rows that hold a heading and nothing else."""
    summaries = spellings("summary")
    found: dict[str, str] = {}
    for row in rows:
        first, filled = _first_text(row), _filled(row)
        if first and fold_text(first) in summaries:
            found[first] = summaries[fold_text(first)]
        elif first and len(filled) == 1 and width > 2 and " " in first:
            found[first] = "heading"
    return found


def _column(header: HeaderRow, lowest: HeaderRow, index: int, rows: Sequence[SourceRow]) -> TableColumn:
    full = header.names[index] if index < len(header.names) else ""
    name = lowest.names[index] if index < len(lowest.names) else ""
    if full and not name and len(header.rows) > 1 and len(header.places(full)) == 1:
        name = full  # a header that stands in the upper row alone, over no group
    group = full.removesuffix(name).removesuffix(" / ") if name and full != name else ""
    unique = full if full and len(header.places(full)) == 1 else f"[{column_letters(index + 1)}] {full}".strip()
    cells = tuple(row.cells[index].text.strip() if index < len(row.cells) else "" for row in rows)
    return TableColumn(index, unique, group, name, cells)


def _filled(row: SourceRow) -> dict[int, str]:
    return {
        index: cell.text.strip()
        for index, cell in enumerate(row.cells)
        if cell.text.strip() and cell.kind is not CellKind.BLANK
    }


def _first_text(row: SourceRow) -> str:
    return row.cells[0].text.strip() if row.cells else ""
