"""Rows of a source, as a set that a million of them leave small."""

from __future__ import annotations

from collections.abc import Iterable


class RowSet:
    """Rows by sheet and number: a byte for each row up to the last."""

    def __init__(self) -> None:
        self._marks: dict[str, bytearray] = {}

    def add(self, sheet: str, number: int) -> None:
        """Take a row in.

        Args:
            sheet: the sheet's name; empty for CSV.
            number: the number of the row, 0 or more.
        """
        marks = self._marks.setdefault(sheet, bytearray())
        if number >= len(marks):
            marks.extend(bytes(number + 1))  # at least twice as many as before
        marks[number] = 1

    def update(self, rows: Iterable[tuple[str, int]]) -> None:
        """Take rows in, each as sheet and number."""
        for sheet, number in rows:
            self.add(sheet, number)

    def __len__(self) -> int:
        return sum(marks.count(1) for marks in self._marks.values())
