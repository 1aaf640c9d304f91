"""Reads a CSV file: bytes in, one nameless sheet of text cells out. What was recognised is said."""

from __future__ import annotations

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.assembly import Ending, ReadingFacts, Sink
from trialkit.spreadsheet.csv_records import (
    SAMPLE_CHARACTERS,
    RecordReader,
    name_delimiter,
    recognise_delimiter,
)
from trialkit.spreadsheet.csv_taker import CsvTaker
from trialkit.spreadsheet.csv_text import TextFile
from trialkit.spreadsheet.tally import Tally

_TAB_WORDS = ("tab", "\\t")


def read_csv_into(content: bytes, facts: ReadingFacts, sink: Sink) -> Ending:
    """Read a CSV file.

    Rows are numbered as a spreadsheet program would show them: the first record is row 1, and a record with line
    breaks inside counts once. Texts are kept as they stand; blank rows are left out.

    Raises:
        SourceFileError: S105, S106 and S140 to S147.
    """
    file = facts.name
    if not content.strip():
        raise SourceFileError("S105", f"{file} is empty.", remedy="Ask for the file again.")
    text = TextFile(content, file, facts.encoding)
    tally = Tally()
    lines = text.lines()
    first = next(lines, "")
    named = name_delimiter(first)
    delimiter, other = _choose_delimiter(facts.delimiter, named, text, file, skipped=0 if named is None else len(first))
    if other is not None:
        tally.note("S243", f"may also be cut at {_show(other)}, into as even rows; say the delimiter if that is meant")
    records = RecordReader(delimiter or ",", file, 1 if named is None else 2)
    sink.begin_sheet("", True)
    if named is None:
        lines.put_back([first])
    taker = CsvTaker(sink, tally, file)
    for found in records.read(lines):
        taker.take(found)
    taker.finish()
    if len(records.line_ends) > 1:
        tally.note("S241", "several kinds of line ends in one file")
    return Ending("csv", (_say(text.encoding, delimiter),), tally.finish())


def _choose_delimiter(
    asked: str | None, named: str | None, text: TextFile, file: str, *, skipped: int
) -> tuple[str | None, str | None]:
    """The delimiter, and another that may as well be it."""
    other = None
    said = "\t" if asked is not None and asked.lower() in _TAB_WORDS else asked
    chosen = named if said is None else said
    if chosen is None:
        sample = text.sample(SAMPLE_CHARACTERS)
        chosen, other = recognise_delimiter(sample[skipped:], is_whole=len(sample) < SAMPLE_CHARACTERS)
    if chosen is not None and (len(chosen) != 1 or chosen in '"\r\n'):
        raise SourceFileError(
            "S147", f"{file}: {chosen!r:.20} can not be a delimiter.", remedy='Use one character, such as ";", or tab.'
        )
    return chosen, other


def _say(encoding: str, delimiter: str | None) -> str:
    if delimiter is None:
        return f"read as {encoding}, one column"
    return f"read as {encoding}, delimiter {_show(delimiter)}"


def _show(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f'"{delimiter}"'
