"""Where marks stand: several for one cell become one, and those inside merged cells go to the cell that shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS, column_number
from trialkit.spreadsheet.correction.marks import CellMark, Grade, NotPatchableError
from trialkit.spreadsheet.correction.parts import PatchedPackage
from trialkit.spreadsheet.correction.workbook_part import NamedSheet

_PIECE = 1024 * 1024
_OVERLAP = 512
_MOST_LOOKED_AT = 20_000_000
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_MERGE = re.compile(
    rb"""mergeCell\s[^<>]{0,200}?ref=["']([A-Z]{1,3})([1-9][0-9]{0,6}):([A-Z]{1,3})([1-9][0-9]{0,6})["']"""
)


def row_and_column(address: str) -> tuple[int, int]:
    """The numbers of a cell's row and column, from 1. Raises NotPatchableError for what is no cell."""
    match = _ADDRESS.fullmatch(address)
    row, column = (0, 0) if match is None else (int(match[2]), column_number(match[1]))
    if not (1 <= row <= MOST_ROWS and 1 <= column <= MOST_COLUMNS):
        raise NotPatchableError(f"{address!r:.20} is no cell")
    return row, column


def join_marks(marks: Iterable[CellMark]) -> dict[str, CellMark]:
    """Address to one mark for each cell of a sheet: the worse grade, and all comments."""
    cells: dict[str, CellMark] = {}
    for mark in marks:
        there = cells.get(mark.address)
        if there is not None:
            grade = Grade.ERROR if Grade.ERROR in (there.grade, mark.grade) else there.grade
            comment = there.comment if mark.comment in there.comment else f"{there.comment}\n\n{mark.comment}"
            mark = replace(there, grade=grade, comment=comment)
        cells[mark.address] = mark
    return cells


def move_to_corners(
    marks: Mapping[str, CellMark], package: PatchedPackage, sheet: NamedSheet
) -> Mapping[str, CellMark]:
    """The marks of a sheet, those on hidden parts of merged cells moved to the corner that shows."""
    covered = _covered_cells({row_and_column(address): address for address in marks}, package, sheet)
    if not covered:
        return marks
    return join_marks(replace(mark, address=covered.get(address, address)) for address, mark in marks.items())


def _covered_cells(cells: Mapping[tuple[int, int], str], package: PatchedPackage, sheet: NamedSheet) -> dict[str, str]:
    found: dict[str, str] = {}
    merges = _merges(package, sheet)
    if len(merges) * len(cells) > _MOST_LOOKED_AT:
        return {}  # nobody merges so much by hand; the cells are marked where they stand
    for left, top, right, bottom in merges:
        corner = f"{left}{top}"
        columns = range(column_number(left), column_number(right) + 1)
        rows = range(top, bottom + 1)
        inside = (
            (place for place in cells if place[0] in rows and place[1] in columns)
            if len(rows) * len(columns) > len(cells)
            else ((row, column) for row in rows for column in columns if (row, column) in cells)
        )
        found |= {cells[place]: corner for place in inside if cells[place] != corner}
    return found


def _merges(package: PatchedPackage, sheet: NamedSheet) -> set[tuple[str, int, str, int]]:
    found: set[tuple[str, int, str, int]] = set()
    before = b""
    with package.open(sheet.part) as source:
        while piece := source.read(_PIECE):
            text = before + piece
            if b"mergeCell" in text:
                found |= {(m[1].decode(), int(m[2]), m[3].decode(), int(m[4])) for m in _MERGE.finditer(text)}
            before = text[-_OVERLAP:]
    return found
