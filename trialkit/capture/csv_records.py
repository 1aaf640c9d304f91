"""Text of a CSV file as records, and the delimiter that makes it so. A broken quote or a ragged row is refused."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from trialkit.errors import SourceFileError

DELIMITERS = ("\t", "|", ";", ",")
"""In the order of preference among equals: the rarer a character is in ordinary text, the likelier it separates."""

_SAMPLE_RECORDS = 200
_SAMPLE_CHARACTERS = 512 * 1024
_LONGEST_FIELD = 1024 * 1024
_MOST_COLUMNS = 16_384
_SHOWN_LINES = 5
_SEP_LINE = re.compile(r'"?sep=(.)"?[ \t;,]*(\r\n|\r|\n|$)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record: the line of the file on which it begins, and its fields as they stand."""

    line: int
    fields: list[str]


def split_sep_line(text: str) -> tuple[str | None, str]:
    """The delimiter that a first line ``sep=;`` names, and the text behind that line."""
    match = _SEP_LINE.match(text)
    return (match[1], text[match.end() :]) if match else (None, text)


def recognise_delimiter(text: str) -> str | None:
    """The one of comma, semicolon, tab and pipe that cuts the first records into equally many fields.

    Returns None when none of them cuts the records at all: the file has one column.
    """
    scores = [(score, delimiter) for delimiter in DELIMITERS if (score := _score(text, delimiter)) is not None]
    return max(scores, key=lambda scored: scored[0])[1] if scores else None  # max keeps the first among equals


def read_records(text: str, delimiter: str, file: str, first_line: int = 1) -> list[CsvRecord]:
    """Cut a text into records; a blank line is a record without fields.

    Args:
        text: the file without its ``sep=`` line.
        delimiter: one character.
        file: its name, for messages.
        first_line: the number of the text's first line in the file.

    Raises:
        SourceFileError: S143 (quotes), S144 (ragged rows), S145 (a field over 1 MiB, or over 16,384 columns).
    """
    records: list[CsvRecord] = []
    line = first_line
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        with _field_limit():
            for fields in reader:
                records.append(CsvRecord(line, fields))
                line = first_line + reader.line_num
    except csv.Error as error:
        raise _refuse(error, file, line) from None
    _require_even_rows(records, file)
    return records


@contextmanager
def _field_limit() -> Iterator[None]:
    """The csv module keeps one limit for the whole process; it is put back."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _score(text: str, delimiter: str) -> float | None:
    """The share of the first records that are cut into the most usual number of fields; None when they are not cut."""
    sample = text[:_SAMPLE_CHARACTERS]
    widths: list[int] = []
    broken = 0
    try:
        with _field_limit():
            reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True)
            for fields in islice(reader, _SAMPLE_RECORDS):
                widths += [len(fields)] if fields else []
    except csv.Error:
        broken = 1
    if len(sample) < len(text) and len(widths) < _SAMPLE_RECORDS and not broken:
        widths = widths[:-1] or widths  # the cut went through the last one
    if not widths:
        return None
    usual, often = Counter(widths).most_common(1)[0]
    return often / (len(widths) + broken) if usual > 1 else None


def _refuse(error: csv.Error, file: str, line: int) -> SourceFileError:
    words = str(error)
    if "field limit" in words:
        return SourceFileError(
            "S145",
            f"{file}: the row that begins on line {line} has a field of over 1 MiB.",
            remedy="Look for a quotation mark that is not closed.",
        )
    if "unexpected end" in words:
        what = f"a quotation mark in the row that begins on line {line} is never closed"
    else:
        what = f"the row that begins on line {line} has text behind a closing quotation mark"
    return SourceFileError("S143", f"{file}: {what}.", remedy='Write a quotation mark inside quotes twice: "".')


def _require_even_rows(records: list[CsvRecord], file: str) -> None:
    filled = [record for record in records if record.fields]
    if not filled:
        return
    usual = Counter(len(record.fields) for record in filled).most_common(1)[0][0]
    ragged = [record.line for record in filled if len(record.fields) != usual]
    if ragged:
        lines = ", ".join(str(line) for line in ragged[:_SHOWN_LINES])
        more = f" and {len(ragged) - _SHOWN_LINES} more" if len(ragged) > _SHOWN_LINES else ""
        raise SourceFileError(
            "S144",
            f"{file}: most rows have {usual} fields, but not those on line {lines}{more}.",
            remedy="Look there for a missing or extra delimiter, or for text that needs quotes.",
        )
    if usual > _MOST_COLUMNS:
        raise SourceFileError("S145", f"{file} has {usual:,} columns, over {_MOST_COLUMNS:,}.", remedy="Split it.")
