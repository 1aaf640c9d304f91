"""Takes the rows of a worksheet part as text where that provably gives the same as an XML parser, else by parser.

Programs write almost every row in one plain way. Rows that follow each other are cut at once by one pattern, forty
times faster than by the parser's calls for each tag; a row that the pattern does not know is cut by itself, and is
learnt from. Beside the proofs of `PlainScan`, two stand before a row is taken:

- the row's own attributes are known ones, each once;
- every character of the row is what the pattern expects, or every ``<`` in it belongs to a cell that matched and no
  ``&`` stands in it, so no tag and no entity was passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from trialkit.spreadsheet.plain_scan import PlainScan
from trialkit.spreadsheet.row_cutter import cut_row, read_row_attributes
from trialkit.spreadsheet.row_maker import RowMaker
from trialkit.spreadsheet.row_template import CutRows, RowTemplate
from trialkit.spreadsheet.run_maker import RunMaker
from trialkit.spreadsheet.safe_xml import PartParser
from trialkit.spreadsheet.sheet_walker import SheetWalker

_DATA = re.compile(rb"<sheetData>")
_FEWEST_ROWS = 8
"""So many rows are worth being taken at once."""
_LEARNT_ROWS = 50
"""From so many rows the pattern is made."""


def scan_sheet(source: IO[bytes], part: str, walker: SheetWalker, maker: RowMaker, run_maker: RunMaker) -> None:
    """Read a whole worksheet part.

    Args:
        source: the part's bytes.
        part: file and part, for messages.
        walker: sees what is not cut by pattern.
        maker: gets single rows, from here or from the walker.
        run_maker: gets runs of rows from here.

    Raises:
        SourceFileError: what the parser, the walker and the maker raise.
    """
    _Scan(PartParser(part, walker), walker, maker, run_maker).run(source)


class _Scan(PlainScan):
    def __init__(self, parser: PartParser, walker: SheetWalker, maker: RowMaker, run_maker: RunMaker) -> None:
        super().__init__(parser, _DATA, "row")
        self._walker, self._maker, self._run_maker = walker, maker, run_maker
        self._template = RowTemplate()
        walker.on_edge = self.note_edge

    def take_text(self, text: str) -> bool:
        """See `PlainScan`."""
        is_clean = True
        if not self._template.is_ready:
            *rows, text = text.split("</row>", _LEARNT_ROWS)
            is_clean = self.take_each(rows, is_clean=True)
        is_worth = is_clean and self._is_plain and len(text.split("</row>", _FEWEST_ROWS)) > _FEWEST_ROWS
        cut = self._template.cut(text) if is_worth else None
        if cut is None:
            return self.take_each(text.split("</row>")[:-1], is_clean=is_clean)
        return self._take_cut(text, cut)

    def take_one(self, text: str) -> bool:
        """See `PlainScan`."""
        cut = cut_row(text, has_x14ac=self._has_x14ac()) if self._is_plain else None
        if cut is None:
            return False
        self._template.learn(cut.cells)
        self._maker.open_row(cut.number)
        if cut.is_hidden:
            self._walker.note_hidden_row(cut.number)
        self._maker.add(cut.number, cut.cells)
        return True

    @property
    def _is_plain(self) -> bool:
        """Whether cells say themselves that they are computed: from the first that do not on, all go to the parser."""
        return not self._walker.fills_ranges

    def _has_x14ac(self) -> bool:
        return self.parser.namespace("x14ac") is not None

    def _take_cut(self, text: str, cut: CutRows) -> bool:
        """Take rows that were cut together; where they follow each other at once, else one by one."""
        length = len(cut.numbers)
        numbers = list(map(int, cut.numbers)) if all(cut.numbers) else [int(number or 0) for number in cut.numbers]
        if numbers[0] and numbers == list(range(numbers[0], numbers[0] + length)):
            return self._add_run(numbers[0], cut, text) or self.take_each(text.split("</row>")[:-1], is_clean=True)
        rows = text.split("</row>")
        is_clean = True
        for start, end in _runs(numbers):
            some = rows[start:end]
            is_worth = is_clean and self._is_plain and end - start >= _FEWEST_ROWS
            if not (is_worth and self._add_run(numbers[start], cut.part(start, end), "".join(some))):
                is_clean = self.take_each(some, is_clean=is_clean)
        return is_clean

    def _add_run(self, first: int, cut: CutRows, text: str) -> bool:
        """Add rows at once, or leave them and say so."""
        has_x14ac = self._has_x14ac()
        hidden = {text: read_row_attributes(text, has_x14ac) for text in set(cut.attributes)}
        blanks = self._template.count_blanks(text)
        if None in hidden.values() or not self._run_maker.add(first, len(cut.numbers), cut.columns, blanks):
            return False
        if any(hidden.values()):
            for number, text in enumerate(cut.attributes, start=first):
                if hidden[text]:
                    self._walker.note_hidden_row(number)
        return True


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Places as stretches in which each number is one more than that before; each 0 is a stretch of its own."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or not numbers[place] or numbers[place] != numbers[place - 1] + 1:
            yield start, place
            start = place
