"""Lines of a CSV file as records. A broken quote or a ragged row is refused."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.cells import MOST_COLUMNS
from trialkit.spreadsheet.csv_text import Lines

_LONGEST_FIELD = 1024 * 1024
_SHOWN_LINES = 5


class CsvRecords(NamedTuple):
    """Records that follow each other.

    Attributes:
        fields: of each record the fields as they stand; none for a blank line.
        stray: of some records, by their place, which fields hold a stray quote: one inside a field that is not quoted
            as a whole, as in ``5" tube``.
        characters: how many characters their lines have.
    """

    fields: list[list[str]]
    stray: dict[int, tuple[int, ...]]
    characters: int


@dataclass(slots=True)
class RecordReader:
    """Cuts lines into records; a blank line is a record without fields.

    Attributes:
        delimiter: one character.
        file: its name, for messages.
        first_line: the number of the first line in the file.
        line_ends: the line ends behind the records so far: some of LF, CR LF and CR. Those within quotes do not count.
    """

    delimiter: str
    file: str
    first_line: int = 1
    line_ends: set[str] = field(default_factory=set)
    _widths: Counter[int] = field(default_factory=Counter)
    _lines: dict[int, list[int]] = field(default_factory=dict)

    def read(self, lines: Lines) -> Iterator[CsvRecords]:
        """Every record in its order, as many at once as lines are at hand.

        Raises, behind the records before the one at fault:
            SourceFileError: S143 (quotes), S145 (a field over 1 MiB, or over 16,384 columns), and at the end
                S144 (ragged rows).
        """
        line = self.first_line
        with field_limit():
            while some := lines.take_some():
                found = self._read_plain(some, line)
                if found is not None:
                    yield found
                    line += len(some)
                    continue
                lines.put_back(some)
                for record, end in self._read_each(lines, line):
                    yield record
                    if end >= line + len(some):
                        break
                line = end
        self._require_even_rows()

    def _read_plain(self, lines: list[str], first: int) -> CsvRecords | None:
        """Lines of which each is a record; None when they are not, or when one of them is to be refused."""
        try:
            fields = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        widths = set(map(len, fields))
        if len(fields) != len(lines) or max(widths) > MOST_COLUMNS:
            return None
        if len(widths) == 1:
            self._count(widths.pop(), first, len(fields))
        else:
            for line, record in enumerate(fields, start=first):
                self._count(len(record), line)
        text = "".join(lines)
        self._note_ends(text)
        stray = self._find_all_stray(lines, fields) if '"' in text else {}
        return CsvRecords(fields, stray, len(text))

    def _find_all_stray(self, lines: list[str], fields: list[list[str]]) -> dict[int, tuple[int, ...]]:
        if '"' not in "".join(chain.from_iterable(fields)):
            return {}
        grammar = field_grammar(self.delimiter)
        found = {
            place: find_stray(lines[place], record, grammar)
            for place, record in enumerate(fields)
            if '"' in "".join(record)
        }
        return {place: stray for place, stray in found.items() if stray}

    def _read_each(self, lines: Lines, line: int) -> Iterator[tuple[CsvRecords, int]]:
        """Records one by one, each with the number of the line behind it."""
        first = line
        pending: list[str] = []
        reader = csv.reader(_remember(lines, pending), delimiter=self.delimiter, strict=True)
        grammar = field_grammar(self.delimiter)
        try:
            for fields in reader:
                has_quotes = any('"' in field for field in fields)
                text = "".join(pending)
                self._note_ends(pending[-1])
                stray = find_stray(text, fields, grammar) if has_quotes else ()
                self._count(len(fields), line)
                pending.clear()
                line = first + reader.line_num
                yield CsvRecords([fields], {0: stray} if stray else {}, len(text)), line
        except csv.Error as error:
            raise self._refuse(error, line) from None

    def _note_ends(self, text: str) -> None:
        """Note the line ends of whole lines, each of which ends a record."""
        pairs = text.count("\r\n")
        self.line_ends.update(["\r\n"] if pairs else [])
        self.line_ends.update(end for end in "\r\n" if text.count(end) > pairs)

    def _count(self, width: int, line: int, records: int = 1) -> None:
        """Count records of one width, each of which is one line, or a single one."""
        if not width:
            return
        if width > MOST_COLUMNS:
            raise SourceFileError(
                "S145", f"{self.file} has {width:,} columns, over {MOST_COLUMNS:,}.", remedy="Split it."
            )
        self._widths[width] += records
        lines = self._lines.setdefault(width, [])
        lines += range(line, line + min(records, _SHOWN_LINES - len(lines)))

    def _require_even_rows(self) -> None:
        if len(self._widths) < 2:
            return
        usual = self._widths.most_common(1)[0][0]
        ragged = sorted(line for width, lines in self._lines.items() if width != usual for line in lines)
        number = self._widths.total() - self._widths[usual]
        lines = ", ".join(str(line) for line in ragged[:_SHOWN_LINES])
        more = f" and {number - _SHOWN_LINES} more" if number > _SHOWN_LINES else ""
        raise SourceFileError(
            "S144",
            f"{self.file}: most rows have {usual} fields, but not those on line {lines}{more}.",
            remedy="Look there for a missing or extra delimiter, or for text that needs quotes.",
        )

    def _refuse(self, error: csv.Error, line: int) -> SourceFileError:
        words = str(error)
        if "field limit" in words:
            return SourceFileError(
                "S145",
                f"{self.file}: the row that begins on line {line} has a field of over 1 MiB.",
                remedy="Look for a quotation mark that is not closed.",
            )
        if "unexpected end" in words:
            what = f"a quotation mark in the row that begins on line {line} is never closed"
        else:
            what = f"the row that begins on line {line} has text behind a closing quotation mark"
        return SourceFileError(
            "S143", f"{self.file}: {what}.", remedy='Write a quotation mark inside quotes twice: "".'
        )


@contextmanager
def field_limit() -> Iterator[None]:
    """The csv module keeps one limit for the whole process; it is put back."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _remember(lines: Iterable[str], pending: list[str]) -> Iterator[str]:
    for line in lines:
        pending.append(line)
        yield line


def field_grammar(delimiter: str) -> re.Pattern[str]:
    """One field of a record that is quoted as a whole or has no quotation mark, and what follows it."""
    mark = re.escape(delimiter)
    return re.compile(rf'(?:"(?:[^"]|"")*"|[^"{mark}\r\n]*)(?:{mark}|\r\n|\r|\n|\Z)')


def find_stray(text: str, fields: list[str], grammar: re.Pattern[str]) -> tuple[int, ...]:
    """Indexes of the fields with quotation marks, when the record as a whole is not written by the grammar."""
    place = 0
    for _ in fields:
        match = grammar.match(text, place)
        if match is None:
            return tuple(index for index, field in enumerate(fields) if '"' in field)
        place = match.end()
    return ()
