"""Reads a CSV file: bytes in, one nameless sheet of text cells out. What was recognised is said."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.assembly import Ending, ReadingFacts, Sink
from trialkit.spreadsheet.blocks import BlockWriter
from trialkit.spreadsheet.csv_records import (
    SAMPLE_CHARACTERS,
    CsvRecord,
    RecordReader,
    name_delimiter,
    recognise_delimiter,
)
from trialkit.spreadsheet.csv_text import TextFile
from trialkit.spreadsheet.row_runs import CellTrait
from trialkit.spreadsheet.tally import Tally
from trialkit.spreadsheet.text_looks import Look, look_at

_MOST_CELLS = 60_000_000
_MOST_KNOWN = 200_000
_TAB_WORDS = ("tab", "\\t")
_TEXT = CellTrait(CellKind.TEXT, "", False, False)
_BLANK = CellTrait(CellKind.BLANK, "", False, False)


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
    delimiter = _choose_delimiter(facts.delimiter, named, text, file, skipped=0 if named is None else len(first))
    records = RecordReader(delimiter or ",", file, 1 if named is None else 2)
    sink.begin_sheet("", True)
    taker = _Taker(sink, tally, file)
    for number, record in enumerate(records.read(lines if named else chain([first], lines)), start=1):
        taker.take(number, record)
    taker.finish()
    if len(text.line_ends) > 1:
        tally.note("S241", "several kinds of line ends in one file")
    return Ending("csv", (_say(text.encoding, delimiter),), tally.finish())


class _Taker:
    """Takes records as rows, and notes what is odd about their texts."""

    def __init__(self, sink: Sink, tally: Tally, file: str) -> None:
        self._writer = BlockWriter(sink.add_rows)
        self._tally, self._file = tally, file
        self._known: set[str] = set()
        self._odd: dict[str, tuple[Look, ...]] = {}
        self._cells = self._last = 0

    def take(self, number: int, record: CsvRecord) -> None:
        fields = record.fields
        kept = [index for index, text in enumerate(fields) if text] if "" in fields else range(len(fields))
        if not kept:
            return
        self._cells += len(fields)
        if self._cells > _MOST_CELLS:
            raise SourceFileError("S106", f"{self._file} holds over {_MOST_CELLS:,} cells.", remedy="Split the file.")
        if self._last and number > self._last + 1:
            gap = number - self._last - 1
            self._tally.note(
                "S212", "blank rows, behind which the sheet goes on", "", f"{self._last + 1}:{number - 1}", gap
            )
        self._last = number
        texts = [fields[index] for index in kept]
        columns = tuple(index + 1 for index in kept)
        traits = (_TEXT,) * len(texts)
        if columns[-1] < len(fields):  # a row is as wide as its record
            columns, traits, texts = (*columns, len(fields)), (*traits, _BLANK), [*texts, ""]
        self._writer.add(number, columns, traits, texts, ())
        self._note(number, columns, texts)
        for index in record.stray:
            self._tally.note_cell(
                "S242", "a quotation mark in a field that has no quotes around it", "", index + 1, number
            )

    def finish(self) -> None:
        """Hand over what is left; refuse a file without any row."""
        if not self._last:
            raise SourceFileError("S105", f"{self._file} holds no rows.", remedy="Ask for the file again.")
        self._writer.flush()

    def _note(self, number: int, columns: tuple[int, ...], texts: list[str]) -> None:
        if not self._known.issuperset(texts):
            for text in self._unknown(texts):
                if looks := look_at(text):
                    self._odd[text] = looks
        if self._odd and not self._odd.keys().isdisjoint(texts):
            for column, text in zip(columns, texts, strict=True):
                for code, phrase in self._odd.get(text, ()):
                    self._tally.note_cell(code, phrase, "", column, number)

    def _unknown(self, texts: list[str]) -> Iterator[str]:
        """The texts that were not looked at yet. What is known is forgotten when it becomes too much."""
        if len(self._known) > _MOST_KNOWN:
            self._known, self._odd = set(), {}
        new = set(texts) - self._known
        self._known |= new
        yield from new


def _choose_delimiter(asked: str | None, named: str | None, text: TextFile, file: str, *, skipped: int) -> str | None:
    said = "\t" if asked is not None and asked.lower() in _TAB_WORDS else asked
    chosen = named if said is None else said
    if chosen is None:
        sample = text.sample(SAMPLE_CHARACTERS)
        chosen = recognise_delimiter(sample[skipped:], is_whole=len(sample) < SAMPLE_CHARACTERS)
    if chosen is not None and (len(chosen) != 1 or chosen in '"\r\n'):
        raise SourceFileError(
            "S147", f"{file}: {chosen!r:.20} can not be a delimiter.", remedy='Use one character, such as ";", or tab.'
        )
    return chosen


def _say(encoding: str, delimiter: str | None) -> str:
    if delimiter is None:
        return f"read as {encoding}, one column"
    return f"read as {encoding}, delimiter " + ("tab" if delimiter == "\t" else f'"{delimiter}"')
