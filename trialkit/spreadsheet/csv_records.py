"""Lines of a CSV file as records, and the delimiter that makes it so. A broken quote or a ragged row is refused."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.cells import MOST_COLUMNS
from trialkit.spreadsheet.csv_text import Lines

DELIMITERS = ("\t", "|", ";", ",")
"""In the order of preference among equals: the rarer a character is in ordinary text, the likelier it separates."""

SAMPLE_CHARACTERS = 512 * 1024
_SAMPLE_RECORDS = 200
_LONGEST_FIELD = 1024 * 1024
_SHOWN_LINES = 5
_SEP_LINE = re.compile(r'"?sep=(.)"?[ \t;,]*(\r\n|\r|\n|$)', re.IGNORECASE)


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


def name_delimiter(first_line: str) -> str | None:
    """The delimiter that a first line ``sep=;`` names; None for any other line."""
    match = _SEP_LINE.fullmatch(first_line)
    return match[1] if match else None


def recognise_delimiter(text: str, *, is_whole: bool) -> tuple[str | None, str | None]:
    """The one of comma, semicolon, tab and pipe that cuts the first records into equally many fields.

    A cut that leaves quotation marks astray goes through quoted texts.

    Args:
        text: the beginning of the file.
        is_whole: whether it is all of the file; else its last record may be cut off.

    Returns:
        The delimiter; None when none of them cuts the records at all, so that the file has one column. And another one
        that cuts them as evenly, or None.
    """
    scores = [(_score(text, delimiter, is_whole=is_whole), delimiter) for delimiter in DELIMITERS]
    cuts = [(score, delimiter) for score, delimiter in scores if score is not None]
    if not cuts:
        return None, None
    most = max(score for score, _ in cuts)
    best, *others = [delimiter for score, delimiter in cuts if score == most]
    return best, next(iter(others), None)


@dataclass(slots=True)
class RecordReader:
    """Cuts lines into records; a blank line is a record without fields.

    Attributes:
        delimiter: one character.
        file: its name, for messages.
        first_line: the number of the first line in the file.
        line_ends: the ends of records that were seen so far: some of LF, CR LF and CR.
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
        with _field_limit():
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
        grammar = _grammar(self.delimiter)
        found = {
            place: _find_stray(lines[place], record, grammar)
            for place, record in enumerate(fields)
            if '"' in "".join(record)
        }
        return {place: stray for place, stray in found.items() if stray}

    def _read_each(self, lines: Lines, line: int) -> Iterator[tuple[CsvRecords, int]]:
        """Records one by one, each with the number of the line behind it."""
        first = line
        pending: list[str] = []
        reader = csv.reader(_remember(lines, pending), delimiter=self.delimiter, strict=True)
        grammar = _grammar(self.delimiter)
        try:
            for fields in reader:
                has_quotes = any('"' in field for field in fields)
                text = "".join(pending)
                stray = _find_stray(text, fields, grammar) if has_quotes else ()
                self._count(len(fields), line)
                self._note_ends(text[len(text.rstrip("\r\n")) :] if len(pending) < 2 else pending[-1][-2:])
                pending.clear()
                line = first + reader.line_num
                yield CsvRecords([fields], {0: stray} if stray else {}, len(text)), line
        except csv.Error as error:
            raise self._refuse(error, line) from None

    def _note_ends(self, text: str) -> None:
        """Note the ends of records, of which each is one line."""
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
def _field_limit() -> Iterator[None]:
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


def _grammar(delimiter: str) -> re.Pattern[str]:
    """One field of a record that is quoted as a whole or has no quotation mark, and what follows it."""
    mark = re.escape(delimiter)
    return re.compile(rf'(?:"(?:[^"]|"")*"|[^"{mark}\r\n]*)(?:{mark}|\r\n|\r|\n|\Z)')


def _find_stray(text: str, fields: list[str], grammar: re.Pattern[str]) -> tuple[int, ...]:
    """Indexes of the fields with quotation marks, when the record as a whole is not written by the grammar."""
    place = 0
    for _ in fields:
        match = grammar.match(text, place)
        if match is None:
            return tuple(index for index, field in enumerate(fields) if '"' in field)
        place = match.end()
    return ()


def _score(text: str, delimiter: str, *, is_whole: bool) -> float | None:
    """How evenly a delimiter cuts the first records; None when it does not cut them.

    The share of them with the most usual number of fields, less the share with quotation marks astray.
    """
    widths: list[int] = []
    broken = stray = 0
    pending: list[str] = []
    grammar = _grammar(delimiter)
    try:
        with _field_limit():
            lines = _remember(io.StringIO(text, newline=""), pending)
            for fields in islice(csv.reader(lines, delimiter=delimiter, strict=True), _SAMPLE_RECORDS):
                widths += [len(fields)] if fields else []
                stray += any('"' in found for found in fields) and bool(_find_stray("".join(pending), fields, grammar))
                pending.clear()
    except csv.Error:
        broken = 1
    if not is_whole and len(widths) < _SAMPLE_RECORDS and not broken:
        widths = widths[:-1] or widths  # the cut went through the last one
    if not widths:
        return None
    usual, often = Counter(widths).most_common(1)[0]
    return (often - stray) / (len(widths) + broken) if usual > 1 else None
