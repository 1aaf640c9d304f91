"""One pattern for all rows of a sheet, learnt from the rows before: in each column the types and styles seen there.

A text of whole rows is cut into rows and columns by one call. The pattern takes a row only when every character of it
is what it expects, so a row that it takes is a row that `RowCutter` would cut, with the same cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from trialkit.spreadsheet.cells import column_letters, column_number
from trialkit.spreadsheet.row_maker import RawCells
from trialkit.spreadsheet.run_maker import RawColumn

_MOST_FORMS = 600
_MOST_COMPILED = 6_000
_ROW = r'[ \n\t]*+<row r="([1-9][0-9]{0,6})"([^<>&]*+)>'
_OTHER = r"([^\x00]*?</row>)"
_VALUE = r"><v>([^<&]++)</v></c>"
_INLINE = r'><is><t(?: xml:space="preserve")?+>([^<&]++)</t></is></c>'
_BLANK_END = re.compile(r"<c [^<>]*/>")
_BLANK = r'(?: s="[0-9]{1,7}")?+(?: t="(?:s|n|b|e|d|str|inlineStr)")?+/>'


class _Form(NamedTuple):
    """How cells of a column are written."""

    style: str
    type: str

    def pattern(self) -> str:
        style = f' s="{self.style}"' if self.style else ""
        kind = f' t="{self.type}"' if self.type else ""
        return style + kind + (_INLINE if self.type == "inlineStr" else _VALUE)


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


@dataclass(slots=True)
class RowTemplate:
    """Learns how rows are written, and cuts texts of many rows."""

    _forms: dict[int, list[_Form]] = field(default_factory=dict)
    _with_blanks: set[int] = field(default_factory=set)
    _pattern: re.Pattern[str] | None = None
    _order: list[tuple[int, _Form]] = field(default_factory=list)
    _number: int = 0
    _compiled: int = 0
    _is_new: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether there is a pattern."""
        return self._pattern is not None

    def count_blanks(self, text: str) -> int:
        """How many blank cells there are in rows that were taken."""
        return len(_BLANK_END.findall(text)) if self._with_blanks else 0

    def learn(self, cells: RawCells) -> None:
        """Learn from the cells of a sound row. What would make the pattern too large is not learnt."""
        for letters, style, kind, value in zip(cells.letters, cells.styles, cells.types, cells.values, strict=True):
            column = column_number(letters)
            forms = self._forms.get(column, [])
            is_known = column in self._with_blanks if value == "" else (style, kind) in forms
            if is_known or self._number >= _MOST_FORMS:
                continue
            self._number += 1
            self._is_new = True
            self._forms[column] = forms
            if value == "":
                self._with_blanks.add(column)
            else:
                forms.append(_Form(style, kind))

    def cut(self, text: str) -> CutRows | None:
        """Cut a text that ends in the end of a row; None when nothing was learnt yet."""
        if self._is_new and self._compiled + self._number <= _MOST_COMPILED:
            self._compile()
        if self._pattern is None:
            return None
        numbers, attributes, *values, _ = zip(*self._pattern.findall(text), strict=True)
        columns = [
            RawColumn(column, form.style, form.type, found)
            for (column, form), found in zip(self._order, values, strict=True)
        ]
        return CutRows(numbers, attributes, columns)

    def _compile(self) -> None:
        self._is_new = False
        self._compiled += self._number
        columns = sorted(self._forms)
        self._order = [(column, form) for column in columns for form in self._forms[column]]
        self._pattern = re.compile(f"{_ROW}{''.join(map(self._column_pattern, columns))}</row>|{_OTHER}")

    def _column_pattern(self, column: int) -> str:
        ways = [form.pattern() for form in self._forms[column]]
        if column in self._with_blanks:
            ways.append(_BLANK)
        return rf'(?:<c r="{column_letters(column)}\1"(?:{"|".join(ways)}))?+'
