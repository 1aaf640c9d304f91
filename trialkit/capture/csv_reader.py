"""The reader of CSV files: bytes in, one nameless sheet of text cells out. What was recognised is said in the notes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from trialkit.capture.csv_records import CsvRecord, read_records, recognise_delimiter, split_sep_line
from trialkit.capture.csv_text import decode_text, line_ends
from trialkit.errors import SourceFileError
from trialkit.extension import Reader, ReadOptions
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow, SourceSheet
from trialkit.spreadsheet import column_letters

_MOST_BYTES = 64 * 1024 * 1024
_MOST_CELLS = 5_000_000
_TAB_WORDS = ("tab", "\\t")
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def read_csv(path: Path, options: ReadOptions) -> SourceFile:
    """Read a CSV file.

    Rows are numbered as a spreadsheet program would show them: the first record is row 1, and a record with line
    breaks inside counts once. Texts are kept as they stand; blank rows are left out.

    Raises:
        SourceFileError: S105, S106 and S140 to S147.
    """
    content = _read_bytes(path)
    text, encoding = decode_text(content, path.name, options.encoding)
    named, body = split_sep_line(text)
    delimiter = _choose_delimiter(options.delimiter, named, body, path.name)
    records = read_records(body, delimiter or ",", path.name, first_line=1 if named is None else 2)
    if not any(any(record.fields) for record in records):
        raise SourceFileError("S105", f"{path.name} holds no rows.", remedy="Ask for the file again.")
    if sum(len(record.fields) for record in records) > _MOST_CELLS:
        raise SourceFileError("S106", f"{path.name} holds over {_MOST_CELLS:,} cells.", remedy="Split the file.")
    return SourceFile(
        name=path.name,
        digest=hashlib.sha256(content).hexdigest(),
        kind="csv",
        sheets=(SourceSheet("", tuple(_rows(records))),),
        notes=(_say(encoding, delimiter), *_say_oddities(text)),
    )


CSV_READER = Reader(name="csv", suffixes=(".csv", ".txt", ".tsv"), read=read_csv)


def _read_bytes(path: Path) -> bytes:
    with path.open("rb") as source:
        content = source.read(_MOST_BYTES + 1)
    if not content.strip():
        raise SourceFileError("S105", f"{path.name} is empty.", remedy="Ask for the file again.")
    if len(content) > _MOST_BYTES:
        raise SourceFileError("S106", f"{path.name} is larger than 64 MiB.", remedy="Split the file.")
    return content


def _choose_delimiter(asked: str | None, named: str | None, body: str, file: str) -> str | None:
    said = "\t" if asked is not None and asked.lower() in _TAB_WORDS else asked
    chosen = (named or recognise_delimiter(body)) if said is None else said
    if chosen is not None and (len(chosen) != 1 or chosen in '"\r\n'):
        raise SourceFileError(
            "S147", f"{file}: {chosen!r:.20} can not be a delimiter.", remedy='Use one character, such as ";", or tab.'
        )
    return chosen


def _rows(records: list[CsvRecord]) -> Iterator[SourceRow]:
    letters = [column_letters(column) for column in range(1, max(len(record.fields) for record in records) + 1)]
    for number, record in enumerate(records, start=1):
        if any(record.fields):
            yield SourceRow(number, tuple(_cells(record.fields, letters, number)))


def _cells(fields: list[str], letters: list[str], number: int) -> Iterator[Cell]:
    for column, text in zip(letters, fields, strict=False):
        yield Cell(f"{column}{number}", text, CellKind.TEXT if text else CellKind.BLANK)


def _say(encoding: str, delimiter: str | None) -> str:
    if delimiter is None:
        return f"read as {encoding}, one column"
    return f"read as {encoding}, delimiter " + ("tab" if delimiter == "\t" else f'"{delimiter}"')


def _say_oddities(text: str) -> Iterator[str]:
    if len(line_ends(text)) > 1:
        yield "the file mixes several kinds of line ends"
    if _TURNING.search(text):
        yield "the file holds invisible characters that turn the direction of writing"
