"""One pattern for all rows of a sheet, learnt from the rows before: in each column the types and styles seen there.

A text of whole rows is cut into rows and columns by one call. The pattern takes a row only when every character of it
is what it expects, so a row that it takes is a row that `RowCutter` would cut, with the same cells.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from trialkit.spreadsheet.cells import column_letters, column_number
from trialkit.spreadsheet.row_cutter import FORMULA_ELEMENT
from trialkit.spreadsheet.row_maker import NO_FORMULA, RawCells
from trialkit.spreadsheet.run_maker import RawColumn

_FEWEST_SEEN = 2
"""A kind of cell that stands in the header only would make the pattern slower."""
_MOST_SEEN = 10_000
_MOST_FORMS = 600
_MOST_COMPILED = 6_000
_ROW = r'[ \n\t]*+<row r="([1-9][0-9]{0,6})"([^<>&]*+)>'
_OTHER = r"([^\x00]*?</row>)"
_VALUE = r"<v>([^<&]++)</v></c>"
_INLINE = r'<is><t(?: xml:space="preserve")?+>([^<&]++)</t></is></c>'
_TEXT, _FASTER_TEXT = "[^<&]++", "[^<]++"
"""The second is faster, and the same in what holds no ampersand."""
_BLANK_CELL = re.compile(r"<c [^<>]*/>")
_NOTHING = r'(?: s="[0-9]{1,7}")?+(?: t="(?:s|n|b|e|d|str|inlineStr)")?+/>'


class _Form(NamedTuple):
    """How cells of a column are written: with one style and type, or without a value in any way."""

    style: str
    type: str
    has_formula: bool = False
    is_blank: bool = False

    def pattern(self) -> str:
        """What stands behind the address."""
        if self.is_blank:
            return _NOTHING
        style = f' s="{self.style}"' if self.style else ""
        kind = f' t="{self.type}"' if self.type else ""
        formula = FORMULA_ELEMENT if self.has_formula else ""
        return f"{style}{kind}>{formula}{_INLINE if self.type == 'inlineStr' else _VALUE}"


_BLANK = _Form("", "", is_blank=True)


@dataclass(frozen=True, slots=True)
class CutRows:
    """Rows of a text, all in its order.

    Attributes:
        numbers: the row number of each as it is written; empty for a row that was not taken.
        attributes: the text of its other attributes.
        columns: the cells of all rows that were taken.
    """

    numbers: tuple[str, ...]
    attributes: tuple[str, ...]
    columns: list[RawColumn]

    def part(self, start: int, end: int) -> CutRows:
        """The rows from one place up to another."""
        columns = [column._replace(values=column.values[start:end]) for column in self.columns]
        return CutRows(self.numbers[start:end], self.attributes[start:end], columns)


class RowTemplate:
    """Learns how rows are written, and cuts texts of many rows."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[int, _Form]] = Counter()
        self._usual: dict[int, list[_Form]] = {}
        self._order: list[tuple[int, _Form]] = []
        self._pattern = ""
        self._compiled: dict[bool, re.Pattern[str]] = {}
        self._number = self._compiled_forms = 0
        self._is_new = self._has_blanks = False

    @property
    def is_ready(self) -> bool:
        """Whether there is a pattern."""
        return bool(self._pattern)

    def count_blanks(self, text: str) -> int:
        """How many blank cells there are in rows that were taken."""
        return len(_BLANK_CELL.findall(text)) if self._has_blanks else 0

    def learn(self, cells: RawCells) -> None:
        """Learn from the cells of a sound row. What is seen once, or makes the pattern too large, is not learnt."""
        formulas = cells.formulas or (NO_FORMULA,) * len(cells.letters)
        for letters, style, kind, value, formula in zip(
            cells.letters, cells.styles, cells.types, cells.values, formulas, strict=True
        ):
            place = column_number(letters), _BLANK if value == "" else _Form(style, kind, formula != NO_FORMULA)
            if place not in self._seen and len(self._seen) >= _MOST_SEEN:
                continue
            self._seen[place] += 1
            if self._seen[place] == _FEWEST_SEEN and self._number < _MOST_FORMS:
                self._number += 1
                self._is_new = True
                self._usual.setdefault(place[0], []).append(place[1])

    def cut(self, text: str) -> CutRows | None:
        """Cut a text that ends in the end of a row; None when nothing was learnt yet."""
        if self._is_new and self._compiled_forms + self._number <= _MOST_COMPILED:
            self._renew()
        if not self._pattern:
            return None
        numbers, attributes, *values, _ = zip(*self._compile("&" in text).findall(text), strict=True)
        columns = [
            RawColumn(column, form.style, form.type, found, form.has_formula)
            for (column, form), found in zip(self._order, values, strict=True)
        ]
        return CutRows(numbers, attributes, columns)

    def _compile(self, has_ampersand: bool) -> re.Pattern[str]:
        found = self._compiled.get(has_ampersand)
        if found is None:
            pattern = self._pattern if has_ampersand else self._pattern.replace(_TEXT, _FASTER_TEXT)
            found = self._compiled[has_ampersand] = re.compile(pattern)
        return found

    def _renew(self) -> None:
        self._is_new = False
        self._compiled_forms += self._number
        columns = sorted(self._usual)
        for column in columns:
            self._usual[column].sort(key=lambda form: -self._seen[column, form])  # it is used up here
        forms = [(column, form) for column in columns for form in self._usual[column]]
        self._has_blanks = any(form.is_blank for _, form in forms)
        self._order = [(column, form) for column, form in forms if not form.is_blank]
        self._pattern = f"{_ROW}{''.join(map(self._column_pattern, columns))}</row>|{_OTHER}"
        self._compiled.clear()

    def _column_pattern(self, column: int) -> str:
        ways = "|".join(form.pattern() for form in self._usual[column])
        return rf'(?:<c r="{column_letters(column)}\1"(?:{ways}))?+'
