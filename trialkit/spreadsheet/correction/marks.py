"""What is to be marked in a workbook, as plain data: cells with comments, and the list of findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

AUTHOR = "trialkit"
"""The author of the comments, by which they are known again."""

MOST_COMMENTS = 20_000
"""More comments than this make office programs crawl: further cells are coloured, and stand in the list."""


class Grade(StrEnum):
    """How bad a mark is, which chooses its colour."""

    ERROR = "error"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class CellMark:
    """One cell to mark.

    Attributes:
        sheet: the sheet's name.
        address: ``D14``.
        grade: an error that must be corrected, or a value to be checked.
        comment: what to say about it; lines are separated by line feeds, the first is a heading.
    """

    sheet: str
    address: str
    grade: Grade
    comment: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One row of the list: its cells as texts or numbers, and the cell it leads to (sheet and address), if any."""

    cells: tuple[str | int | None, ...]
    sheet: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class FindingsList:
    """The sheet of findings.

    Attributes:
        name: what the sheet is to be called; a number is added when the workbook has one of this name.
        lines: said above the table, below the mark.
        header: of the table.
        rows: of the table.
        widths: of its columns, in characters.
        link_column: index of the column whose cells lead to the marked cell.
    """

    name: str
    lines: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[FindingRow, ...]
    widths: tuple[float, ...]
    link_column: int


class NotPatchableError(Exception):
    """The workbook's XML can not be patched soundly; says why. Becomes a plain workbook with a note."""
