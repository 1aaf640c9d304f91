"""Reads a CSV file: bytes in, one nameless sheet of text cells out. What was recognised is said."""

from __future__ import annotations

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.assembly import Ending, ReadingFacts, Sink
from trialkit.spreadsheet.csv_delimiter import SAMPLE_CHARACTERS, Recognised, name_delimiter, recognise_delimiter
from trialkit.spreadsheet.csv_records import RecordReader
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
    found = _choose_delimiter(facts.delimiter, named, text, file, skipped=0 if named is None else len(first))
    records = RecordReader(found.delimiter or ",", file, 1 if named is None else 2)
    sink.begin_sheet("", True)
    if named is None:
        lines.put_back([first])
    if found.others:
        tally.note("S243", _say_doubt(found))
    taker = CsvTaker(sink, tally, file)
    for some in records.read(lines):
        taker.take(some)
    taker.finish()
    if len(records.line_ends) > 1:
        tally.note("S241", "several kinds of line ends in one file")
    return Ending("csv", (_say(text.encoding, found.delimiter),), tally.finish())


def _choose_delimiter(asked: str | None, named: str | None, text: TextFile, file: str, *, skipped: int) -> Recognised:
    said = "\t" if asked is not None and asked.lower() in _TAB_WORDS else asked
    chosen = named if said is None else said
    if chosen is None:
        sample = text.sample(SAMPLE_CHARACTERS)
        return recognise_delimiter(sample[skipped:], is_whole=len(sample) < SAMPLE_CHARACTERS)
    if len(chosen) != 1 or chosen in '"\r\n':
        raise SourceFileError(
            "S147", f"{file}: {chosen!r:.20} can not be a delimiter.", remedy='Use one character, such as ";", or tab.'
        )
    return Recognised(chosen)


def _say(encoding: str, delimiter: str | None) -> str:
    if delimiter is None:
        return f"read as {encoding}, one column"
    return f"read as {encoding}, delimiter {_name(delimiter)}"


def _say_doubt(found: Recognised) -> str:
    others = " or ".join(f"at {_name(delimiter)} into {width} columns" for delimiter, width in found.others)
    return (
        f"cut at {_name(found.delimiter or '')} into {found.width} columns, and it could as well be cut {others}; "
        "say the right delimiter with --delimiter, or with delimiter: in the mapping"
    )


def _name(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f'"{delimiter}"'
