"""Takes the records of a CSV file as rows of a sheet, and notes what is odd about their texts.

Records that are alike are taken many at once, column by column; what comes out is the same as one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, count, islice
from types import MappingProxyType

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.assembly import Sink
from trialkit.spreadsheet.block_writer import BlockWriter, are_scattered
from trialkit.spreadsheet.cell_traits import PLAIN_BLANK, CellTrait
from trialkit.spreadsheet.csv_records import CsvRecords
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn
from trialkit.spreadsheet.tally import Tally
from trialkit.spreadsheet.text_looks import Look, is_ordinary, look_at

_MOST_CELLS = 60_000_000
_MOST_KNOWN = 200_000
_FEWEST_ROWS = 8
"""So many rows are worth being taken at once."""
_TEXT = CellTrait(CellKind.TEXT, "", False, False)
_NOTHING = MappingProxyType({"": NO_CELL})


class CsvTaker:
    """Takes records as rows; the first record is row 1.

    Raises `SourceFileError`: S106 for over 60 million cells, and at the end S105 for no rows at all.
    """

    def __init__(self, sink: Sink, tally: Tally, file: str) -> None:
        self._writer = BlockWriter(sink.add_rows)
        self._tally, self._file = tally, file
        self._known: set[str] = set()
        self._odd: dict[str, tuple[Look, ...]] = {}
        self._cells = self._last = self._number = 0

    def take(self, records: CsvRecords) -> None:
        """Take the records that come next."""
        first = self._number + 1
        self._number += len(records.fields)
        is_many = len(records.fields) >= _FEWEST_ROWS and not records.stray
        if is_many and self._take_columns(first, records.fields, records.characters):
            return
        for place, fields in enumerate(records.fields):
            self._take_row(first + place, fields, records.stray.get(place, ()))

    def finish(self) -> None:
        """Hand over what is left; refuse a file without any row."""
        if not self._last:
            raise SourceFileError("S105", f"{self._file} holds no rows.", remedy="Ask for the file again.")
        self._writer.flush()

    def _take_columns(self, first: int, records: list[list[str]], characters: int) -> bool:
        """Take records of one width, of which none is blank; or leave all of them and say so."""
        width = len(records[0])
        if not width or set(map(len, records)) != {width} or self._cells + len(records) * width > _MOST_CELLS:
            return False
        by_column = list(zip(*records, strict=True))
        if not any(map(all, by_column)) and not all(map(any, records)):
            return False
        columns = [
            _column(number, texts, is_last=number == width)
            for number, texts in enumerate(by_column, start=1)
            if number == width or any(texts)
        ]
        if are_scattered(len(records), width, sum(column.filled for column in columns)):
            return False
        self._cells += len(records) * width
        self._note_place(first)
        self._last = first + len(records) - 1
        self._writer.add_columns(range(first, self._last + 1), columns, characters)
        self._look_at(chain.from_iterable(column.texts for column in columns))
        if self._odd:
            odd = [column.number for column in columns if not self._odd.keys().isdisjoint(column.texts)]
            looks = [
                (
                    0,
                    number,
                    [(place, self._odd[text]) for place, text in enumerate(by_column[number - 1]) if text in self._odd],
                )
                for number in odd
            ]
            self._tally.note_columns("", first, looks)
        return True

    def _take_row(self, number: int, fields: list[str], stray: tuple[int, ...]) -> None:
        kept = [index for index, text in enumerate(fields) if text] if "" in fields else range(len(fields))
        if not kept:
            return
        self._cells += len(fields)
        if self._cells > _MOST_CELLS:
            raise SourceFileError("S106", f"{self._file} holds over {_MOST_CELLS:,} cells.", remedy="Split the file.")
        self._note_place(number)
        self._last = number
        texts = [fields[index] for index in kept]
        columns = tuple(index + 1 for index in kept)
        traits = (_TEXT,) * len(texts)
        if columns[-1] < len(fields):  # a row is as wide as its record
            columns, traits, texts = (*columns, len(fields)), (*traits, PLAIN_BLANK), [*texts, ""]
        self._writer.add(number, columns, traits, texts, ())
        self._note_texts(number, columns, texts)
        for index in stray:
            self._tally.note_cell(
                "S242", "a quotation mark in a field that has no quotes around it", "", index + 1, number
            )

    def _note_place(self, number: int) -> None:
        """Note blank rows before a filled one."""
        if self._last and number > self._last + 1:
            gap = number - self._last - 1
            cell = f"{self._last + 1}:{number - 1}"
            self._tally.note("S212", "blank rows, behind which the sheet goes on", "", cell, gap)

    def _note_texts(self, number: int, columns: tuple[int, ...], texts: list[str]) -> None:
        self._look_at(texts)
        if self._odd and not self._odd.keys().isdisjoint(texts):
            for column, text in zip(columns, texts, strict=True):
                for code, phrase in self._odd.get(text, ()):
                    self._tally.note_cell(code, phrase, "", column, number)

    def _look_at(self, texts: Iterable[str]) -> None:
        """Look at the texts that were not looked at yet. What is known is forgotten when it becomes too much."""
        if len(self._known) > _MOST_KNOWN:
            self._known, self._odd = set(), {}
        new = set(texts) - self._known
        self._known |= new
        for text in new:
            if not is_ordinary(text) and (looks := look_at(text)):
                self._odd[text] = looks


def _column(number: int, texts: tuple[str, ...], *, is_last: bool) -> FilledColumn:
    """The texts of a column; a row is as wide as its record, so in the last one empty texts are blank cells."""
    known = defaultdict(count(1).__next__, _NOTHING)
    codes = list(map(known.__getitem__, texts))
    different = list(islice(known, 1, None))
    blank = codes.count(NO_CELL)
    if not is_last or not blank:
        return FilledColumn(number, (_TEXT,), (len(different),), different, (), codes, len(codes) - blank)
    codes = [code or len(known) for code in codes]
    traits, sizes = ((_TEXT, PLAIN_BLANK), (len(different), 1)) if different else ((PLAIN_BLANK,), (1,))
    return FilledColumn(number, traits, sizes, [*different, ""], (), codes, len(codes))
