"""Columns of dates of which a spreadsheet program has taken some for what they are not.

Somebody types 10/05/2026 and 13/10/2026, day first, into a program that reads the month first: the first becomes a real
date, the fifth of October, and the second stays a text, for there is no month 13. What comes is a column in which every
text has a day after the 12th and every real date one before. No cell alone shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from trialkit.capture.record_plan import RecordPlan
from trialkit.model.source import CellKind
from trialkit.spreadsheet.column_blocks import BlockColumn, ColumnBlock

_FEWEST = 2
"""So many real dates, and so many texts, make a pattern."""
_LAST_MONTH = 12
_ISO = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})(?:T.*)?")
_WRITTEN = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ](?:[0-9]{2}|[0-9]{4})(?:[ T].*)?")


class DoubtedDates:
    """Looks for such columns.

    Args:
        plans: the record mappings; columns whose dates they read day first are looked at.
        columns: header to column index.
    """

    def __init__(self, plans: Sequence[RecordPlan], columns: Mapping[str, int]) -> None:
        headers = {
            item.column
            for plan in plans
            for item in plan.record.items.values()
            if item.column is not None and any(map(_is_day_first, (item.date_format or "").split("|")))
        }
        self._columns = {header: (columns[header] + 1, _Column()) for header in headers}

    def see(self, block: ColumnBlock) -> None:
        """See the rows of a block; those of the header may be among them."""
        for number, column in self._columns.values():
            cells = block.columns.get(number)
            if cells is not None:
                column.add(cells)

    @property
    def headers(self) -> frozenset[str]:
        """The headers of such columns."""
        return frozenset(header for header, (_, column) in self._columns.items() if column.is_doubtful)


def _is_day_first(layout: str) -> bool:
    return "D" in layout and "M" in layout and "MON" not in layout and layout.index("D") < layout.index("M")


class _Column:
    """What was seen of a column."""

    def __init__(self) -> None:
        self._dates: set[str] = set()
        self._texts: set[str] = set()
        self._is_plain = True

    @property
    def is_doubtful(self) -> bool:
        """Whether it looks as if a program had taken days for months wherever it could."""
        return self._is_plain and len(self._dates) >= _FEWEST and len(self._texts) >= _FEWEST

    def add(self, column: BlockColumn) -> None:
        """See cells of it; the first date before or text after that says otherwise settles it."""
        for kind, texts in column.texts_by_kind() if self._is_plain else ():
            if kind is CellKind.DATE:
                self._add_dates(texts)
            elif kind is CellKind.TEXT:
                self._add_texts(texts)

    def _add_dates(self, texts: Iterable[str]) -> None:
        for text in texts:
            date = _ISO.fullmatch(text)
            if date is not None:
                self._is_plain = self._is_plain and int(date[2]) <= _LAST_MONTH
                self._dates.add(text)

    def _add_texts(self, texts: Iterable[str]) -> None:
        for text in texts:
            date = _WRITTEN.fullmatch(text.strip())
            if date is not None:
                self._is_plain = self._is_plain and int(date[1]) > _LAST_MONTH
                self._texts.add(text)
