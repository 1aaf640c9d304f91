"""Gathers what is odd in a file while it is read: cells of one column that follow each other become one range."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from trialkit.model.source import Oddity
from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.text_looks import Look

_MOST_OF_A_KIND = 1_000
_BEHIND_ALL = sys.maxsize
_REST = "and more of the same, of which this is the last"

LooksOfColumn = tuple[int, int, Iterable[tuple[int, Sequence[Look]]]]
"""A phase, the number of a column, and by rising place those rows that are odd, with what is odd."""


def is_rest(oddity: Oddity) -> bool:
    """Whether it counts those that are not named one by one, wherever in their sheet they stand."""
    return oddity.text == _REST


@dataclass(slots=True)
class _Run:
    first: int
    last: int


@dataclass(slots=True)
class Tally:
    """The oddities of a file.

    Cells are noted row by row. Of one code in one sheet, over a thousand ranges become one more entry that counts
    the rest and names the last of them.
    """

    _order: dict[str, int] = field(default_factory=dict)
    _open: dict[tuple[str, str, int, str], _Run] = field(default_factory=dict)
    _done: list[tuple[int, int, int, Oddity]] = field(default_factory=list)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _rest: dict[tuple[str, str], Oddity] = field(default_factory=dict)

    def note(self, code: str, text: str, sheet: str = "", cell: str = "", count: int = 1) -> None:
        """Note something about a place that is no single cell: a file, a sheet, a range."""
        self._keep(Oddity(code, text, sheet, cell, count), 0, 0)

    def note_cell(self, code: str, text: str, sheet: str, column: int, row: int) -> None:
        """Note something about one cell; rows come in rising order."""
        self.note_cells(code, text, sheet, column, row, row)

    def note_cells(self, code: str, text: str, sheet: str, column: int, first: int, last: int) -> None:
        """Note the same about the cells of a column from one row to another, in place of `note_cell` for each."""
        place = (code, sheet, column, text)
        run = self._open.get(place)
        if run is not None and run.last == first - 1:
            run.last = last
            return
        if run is not None:
            self._close(place, run)
        self._open[place] = _Run(first, last)

    def note_columns(self, sheet: str, first: int, columns: Iterable[LooksOfColumn]) -> None:
        """Note what is odd about rows that follow each other, in place of `note_cell` for each.

        Args:
            sheet: its name.
            first: the number of the row at place 0.
            columns: what is odd in columns. In one row, a lower phase is noted first, and in it a lower column.
        """
        noted = [
            (first + start, phase, column, place, first + last, code, text)
            for phase, column, looks in columns
            for start, last, some in _stretches(looks)
            for place, (code, text) in enumerate(some)
        ]
        for row, _, column, _, last, code, text in sorted(noted):
            self.note_cells(code, text, sheet, column, row, last)

    def has(self, code: str) -> bool:
        """Whether anything of this code was noted."""
        return any(place[0] == code for places in (self._open, self._numbers) for place in places)

    def finish(self) -> tuple[Oddity, ...]:
        """All oddities: of the file first, then sheet by sheet in the order of their places."""
        for place, run in self._open.items():
            self._close(place, run)
        self._open.clear()
        ends = [(self._place(rest.sheet), _BEHIND_ALL, 0, rest) for rest in self._rest.values()]
        return tuple(entry[3] for entry in sorted([*self._done, *ends], key=lambda entry: entry[:3]))

    def _close(self, place: tuple[str, str, int, str], run: _Run) -> None:
        code, sheet, column, text = place
        letters = column_letters(column)
        cell = f"{letters}{run.first}" if run.first == run.last else f"{letters}{run.first}:{letters}{run.last}"
        self._keep(Oddity(code, text, sheet, cell, run.last - run.first + 1), run.first, column)

    def _keep(self, oddity: Oddity, row: int, column: int) -> None:
        kind = (oddity.code, oddity.sheet)
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        if self._numbers[kind] <= _MOST_OF_A_KIND:
            self._done.append((self._place(oddity.sheet), row, column, oddity))
            return
        before = self._rest.get(kind)
        counted = oddity.count + (before.count if before else 0)
        self._rest[kind] = Oddity(oddity.code, _REST, *kind[1:], oddity.cell, counted)

    def _place(self, sheet: str) -> int:
        """Files come before sheets, and sheets in the order in which something was first noted of them."""
        return 0 if not sheet else self._order.setdefault(sheet, len(self._order) + 1)


def _stretches(looks: Iterable[tuple[int, Sequence[Look]]]) -> Iterator[tuple[int, int, Sequence[Look]]]:
    """The first and last place of each stretch of the same looks."""
    start = last = -1
    same: Sequence[Look] = ()
    for place, some in looks:
        if place == last + 1 and some == same:
            last = place
            continue
        if start >= 0:
            yield start, last, same
        start, last, same = place, place, some
    if start >= 0:
        yield start, last, same
