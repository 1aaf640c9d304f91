"""Where a comment's box stands: its size from its text, its corners from the widths and heights of the sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trialkit.spreadsheet.correction.elements import ATTRIBUTES, read_attributes

_BOX_WIDTH = 260
_CHARACTERS = 40
"""So many characters of the comment's font fit into a line of the box."""
_LINE_HEIGHT = 16
_MARGIN = 14
_TALLEST = 600
_GAP = 12
_PIXELS_PER_POINT = 4 / 3
_LAST_COLUMN, _LAST_ROW = 16_383, 1_048_575
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Box:
    """A comment's box: left column and offset in pixels, top row and offset, right, bottom; its size in pixels."""

    anchor: tuple[int, int, int, int, int, int, int, int]
    width: int
    height: int


class Grid:
    """The widths of columns and heights of rows of a sheet, in pixels.

    Args:
        head: the sheet's part up to its rows.
        prefix: of its names.
        heights: row number to points; 0 for hidden rows.
    """

    def __init__(self, head: bytes, prefix: bytes, heights: Mapping[int, float]) -> None:
        self._heights = heights
        self._ranges: list[tuple[int, int, int]] = []
        name = re.escape(prefix)
        default = re.search(rb"<" + name + rb"sheetFormatPr(?=[\s/>])(" + ATTRIBUTES + rb")>", head)
        given = {} if default is None else read_attributes(default[1])
        self._width = _column_pixels(given.get(b"defaultColWidth", "")) or 64
        self._height = _row_pixels(_to_number(given.get(b"defaultRowHeight", "")) or 15.0)
        for tag in re.finditer(rb"<" + name + rb"col(?=[\s/>])(" + ATTRIBUTES + rb")>", head):
            found = read_attributes(tag[1])
            first, last = found.get(b"min", ""), found.get(b"max", "")
            if first.isdecimal() and last.isdecimal():
                hidden = found.get(b"hidden") in ("1", "true")
                width = 0 if hidden else _column_pixels(found.get(b"width", "")) or self._width
                self._ranges.append((int(first), int(last), width))

    def box(self, row: int, column: int, text: str) -> Box:
        """The box of a comment on a cell (numbers from 1), to the right of it, big enough for its text."""
        height = min(count_lines(text, _CHARACTERS) * _LINE_HEIGHT + _MARGIN, _TALLEST)
        left = min(column, _LAST_COLUMN - 8)  # counted from 0: the column behind the cell
        top = max(row - 2, 0)
        right, right_offset = self._walk_columns(left, _GAP + _BOX_WIDTH)
        bottom, bottom_offset = self._walk_rows(top, _GAP // 2 + height)
        anchor = (left, _GAP, top, _GAP // 2, right, right_offset, bottom, bottom_offset)
        return Box(anchor, _BOX_WIDTH, height)

    def _walk_columns(self, column: int, pixels: int) -> tuple[int, int]:
        while column < _LAST_COLUMN and pixels >= (width := self._column_width(column + 1)):
            pixels -= width
            column += 1
        return column, pixels

    def _walk_rows(self, row: int, pixels: int) -> tuple[int, int]:
        while row < _LAST_ROW and pixels >= (height := self._row_height(row + 1)):
            pixels -= height
            row += 1
        return row, pixels

    def _column_width(self, number: int) -> int:
        return next((width for first, last, width in self._ranges if first <= number <= last), self._width)

    def _row_height(self, number: int) -> int:
        points = self._heights.get(number)
        return self._height if points is None else _row_pixels(points)


def count_lines(text: str, room: int) -> int:
    """About how many lines a text takes where so many characters fit into one; words that wrap waste a tenth."""
    return sum(1 if len(line) <= room else -(-len(line) * 11 // (room * 10)) for line in text.split("\n"))


def _to_number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else 0.0


def _column_pixels(width: str) -> int:
    """A width in characters of the usual font, which are 7 pixels wide."""
    return int((256 * _to_number(width) + 18) / 256 * 7)


def _row_pixels(points: float) -> int:
    return round(points * _PIXELS_PER_POINT)
