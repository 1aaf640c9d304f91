"""How a sheet is laid out, as far as that can be seen without a study: used range, header row, columns, what is odd.

One walk over the rows. Nothing of it decides anything: a mapping does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from trialkit.capture.cell_kinds import is_filled, look_of
from trialkit.capture.header_guess import WINDOW, HeaderGuess, guess_header, judge_doubles, judge_header, take_header
from trialkit.capture.header_row import fold_header
from trialkit.model.source import Cell, CellKind, Oddity, SourceFile, SourceRow, SourceSheet
from trialkit.spreadsheet import column_letters, column_number

_TAIL = 5
_MOST_RUNS = 20
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_ONE = {
    CellKind.TEXT: "a text",
    CellKind.NUMBER: "a number",
    CellKind.DATE: "a date or time",
    CellKind.BOOLEAN: "a truth value",
}
_MANY = {
    CellKind.TEXT: "texts",
    CellKind.NUMBER: "numbers",
    CellKind.DATE: "dates or times",
    CellKind.BOOLEAN: "truth values",
}


@dataclass(slots=True)
class ColumnLayout:
    """One column below the header.

    Attributes:
        letters: its name.
        header: the text above it; empty where there is none.
        kinds: how many of its cells are of each kind, blank ones left out.
        formats: the number formats in it, the general one left out, in the order in which they come.
    """

    letters: str
    header: str
    kinds: Counter[CellKind] = field(default_factory=Counter)
    formats: dict[str, None] = field(default_factory=dict)
    runs: dict[CellKind, list[tuple[int, int]]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """What can be seen of one sheet.

    Attributes:
        sheet: the sheet itself.
        used: the range that holds something, ``A1:E6``; empty when nothing does.
        header_row: the number of the row that looks like the headers; None when none does.
        headers: the cells of that row.
        rows: how many filled rows stand below the header, or in all when there is none.
        cells: how many cells are not blank.
        columns: the columns that hold something below the header.
        oddities: of header, columns and rows; what the reader found stands in the source file.
    """

    sheet: SourceSheet
    used: str
    header_row: int | None
    headers: tuple[Cell, ...]
    rows: int
    cells: int
    columns: tuple[ColumnLayout, ...]
    oddities: tuple[Oddity, ...]


def look_at_layout(source: SourceFile, sheet: SourceSheet, header_row: int | None, *, may_refuse: bool) -> SheetLayout:
    """See how a sheet is laid out.

    Args:
        source: the file that it belongs to.
        sheet: the sheet.
        header_row: the number of the header row when somebody said it, 0 for none; None to guess.
        may_refuse: whether a table whose columns can not be told apart is refused.

    Raises:
        SourceFileError: S153, S165 as in `trialkit.capture.header_guess`, when it may.
    """
    where = f"{source.name}!{sheet.name}" if sheet.name else source.name
    window = list(islice(sheet.rows, WINDOW))
    if header_row is not None:
        guess = take_header([row for row in sheet.rows if row.number <= header_row], header_row)
    elif may_refuse:
        guess = guess_header(window, where)
    else:
        guess = _guess_quietly(window, where)
    walk = _Walk(sheet.name, guess, _merges(source, sheet.name))
    for row in sheet.rows:
        walk.take(row)
    oddities: list[Oddity] = []
    if walk.cells and header_row != 0:
        oddities += judge_header(guess, set(walk.columns), sheet.name)
        oddities += judge_doubles(guess, sheet.name, where, may_refuse=may_refuse and walk.rows > 0)
    oddities += walk.oddities()
    columns = tuple(walk.columns[index] for index in sorted(walk.columns))
    return SheetLayout(sheet, walk.used(), guess.number, guess.cells, walk.rows, walk.cells, columns, tuple(oddities))


def _guess_quietly(window: list[SourceRow], where: str) -> HeaderGuess:
    from trialkit.errors import SourceFileError

    try:
        return guess_header(window, where)
    except SourceFileError:
        return HeaderGuess(None)


class _Walk:
    """One walk over the rows of a sheet."""

    def __init__(self, sheet: str, guess: HeaderGuess, merges: list[tuple[int, int, int, int]]) -> None:
        self._sheet, self._guess, self._merges = sheet, guess, merges
        self._names = tuple(fold_header(cell.text) for cell in guess.cells)
        self._found: list[Oddity] = []
        self._tail: list[tuple[int, int]] = []
        self._widths: Counter[int] = Counter()
        self._edges: list[int] = []
        self.columns: dict[int, ColumnLayout] = {}
        self.rows = self.cells = 0

    def take(self, row: SourceRow) -> None:
        places = [index for index, cell in enumerate(row.cells) if is_filled(cell)]
        held = sum(cell.kind is not CellKind.BLANK for cell in row.cells)
        self.cells += held
        if not places:
            return
        self._stretch(row.number, places)
        if self._merges:
            self._note_covered(row, places)
        if self._guess.number is not None and row.number <= self._guess.number:
            return
        self.rows += 1
        self._widths[len(places)] += 1
        self._tail = [*self._tail[1 - _TAIL :], (row.number, len(places))]
        if self._names and len(places) > 1 and self._names == tuple(fold_header(cell.text) for cell in row.cells):
            self._found.append(Oddity("S254", "the header row again", self._sheet, f"{row.number}:{row.number}"))
            return
        for index in places:
            self._take_cell(index, row.number, row.cells[index])

    def used(self) -> str:
        """The range that holds something."""
        if not self._edges:
            return ""
        top, left, bottom, right = self._edges
        return f"{column_letters(left + 1)}{top}:{column_letters(right + 1)}{bottom}"

    def oddities(self) -> Iterator[Oddity]:
        """What is odd below the header."""
        yield from self._found
        for column in self.columns.values():
            yield from _judge_kinds(column, self._sheet)
        if self._guess.number is None or not self._widths:
            return
        usual = self._widths.most_common(1)[0][0]
        unlike = [number for number, width in self._tail if width * 2 < usual]
        if usual > 2 and self._widths[usual] >= 3 and unlike and unlike[-1] == self._tail[-1][0]:
            text = "rows at the end that are filled unlike the others, such as totals and notes"
            yield Oddity("S256", text, self._sheet, f"{unlike[0]}:{unlike[-1]}", len(unlike))

    def _stretch(self, number: int, places: list[int]) -> None:
        if not self._edges:
            self._edges = [number, places[0], number, places[-1]]
            return
        top, left, _, right = self._edges
        self._edges = [top, min(left, places[0]), number, max(right, places[-1])]

    def _take_cell(self, index: int, row: int, cell: Cell) -> None:
        column = self.columns.get(index)
        if column is None:
            header = self._guess.cells[index].text if index < len(self._guess.cells) else ""
            column = self.columns[index] = ColumnLayout(column_letters(index + 1), header)
        column.kinds[cell.kind] += 1
        if cell.number_format:
            column.formats[cell.number_format] = None
        look = look_of(cell)
        if look is not None:
            kind = cell.kind if cell.kind is not CellKind.TEXT or not self._sheet else CellKind.TEXT
            _extend(column.runs.setdefault(look if not self._sheet else kind, []), row)

    def _note_covered(self, row: SourceRow, places: list[int]) -> None:
        for top, left, bottom, right in self._merges:
            if not top <= row.number <= bottom:
                continue
            for index in places:
                if left <= index <= right and (row.number, index) != (top, left):
                    text = "a value under merged cells, which nobody sees"
                    self._found.append(Oddity("S234", text, self._sheet, row.cells[index].address))


def _extend(runs: list[tuple[int, int]], row: int) -> None:
    if runs and runs[-1][1] == row - 1:
        runs[-1] = (runs[-1][0], row)
    else:
        runs.append((row, row))


def _judge_kinds(column: ColumnLayout, sheet: str) -> Iterator[Oddity]:
    """Cells of another kind than most in their column; one entry for the whole column when there are many."""
    counts = {kind: sum(last - first + 1 for first, last in runs) for kind, runs in column.runs.items()}
    if len(counts) < 2:
        return
    usual = max(counts, key=lambda kind: counts[kind])
    others = {kind: count for kind, count in counts.items() if kind is not usual}
    if sum(len(column.runs[kind]) for kind in others) > _MOST_RUNS:
        runs = [run for found in column.runs.values() for run in found]
        cell = f"{column.letters}{min(runs)[0]}:{column.letters}{max(last for _, last in runs)}"
        said = ", ".join(f"{count:,} {kind.value}" for kind, count in counts.items())
        yield Oddity("S226", f"cells of several kinds in one column: {said}", sheet, cell, sum(others.values()))
        return
    for kind in others:
        for first, last in column.runs[kind]:
            cell = f"{column.letters}{first}" + (f":{column.letters}{last}" if last > first else "")
            text = f"{_ONE[kind]} in a column of {_MANY[usual]}"
            yield Oddity("S226", text, sheet, cell, last - first + 1)


def _merges(source: SourceFile, sheet: str) -> list[tuple[int, int, int, int]]:
    """The merged ranges of a sheet as first row, first column index, last row, last column index."""
    found = (_RANGE.fullmatch(oddity.cell) for oddity in _of(source.oddities, "S205", sheet))
    return [
        (int(match[2]), column_number(match[1]) - 1, int(match[4]), column_number(match[3]) - 1)
        for match in islice(filter(None, found), 1_000)
    ]


def _of(oddities: Iterable[Oddity], code: str, sheet: str) -> Iterator[Oddity]:
    return (oddity for oddity in oddities if oddity.code == code and oddity.sheet == sheet)
