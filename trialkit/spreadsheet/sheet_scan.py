"""Cuts the rows of a worksheet part by pattern where that provably gives the same as an XML parser, else by parser.

Programs write almost every row in one plain way. Such rows are cut by two regular expressions, six times faster than
the parser calls for each tag. Four proofs stand before a row is taken so:

- the parser has just seen ``sheetData`` open, in the usual namespace as the default one, and has nothing pending;
- the text has no control character, no ``]]>`` and, in this row, no entity, comment, section or instruction;
- the row's own attributes are known ones, each once;
- every ``<`` in the row belongs to a cell that matched, so no tag was passed over.

Everything else, row by row, goes to the parser, which never sees the rows that were cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO

from trialkit.spreadsheet.row_cutter import cut_row, read_row_attributes
from trialkit.spreadsheet.row_maker import RowMaker
from trialkit.spreadsheet.row_template import CutRows, RowTemplate
from trialkit.spreadsheet.run_maker import RunMaker
from trialkit.spreadsheet.safe_xml import PartParser
from trialkit.spreadsheet.sheet_walker import SheetWalker

_CHUNK = 512 * 1024
_LONGEST_ROW = 2 * 1024 * 1024
_DATA, _ROW_END = b"<sheetData>", b"</row>"
_DECLARED_UTF8 = re.compile(
    rb"(\xef\xbb\xbf)?(<\?xml[^>]*encoding=[\"'][uU][tT][fF]-8[\"'][^>]*\?>|<\?xml(?![^>]*encoding)[^>]*\?>|<(?!\?))"
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_FORBIDDEN = (b"]]>", b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""The end of a section, and the two characters U+FFFE and U+FFFF."""
_FEWEST_ROWS = 8
"""So many rows are worth being taken at once."""
_LEARNT_ROWS = 50


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


class _Scan:
    def __init__(self, parser: PartParser, walker: SheetWalker, maker: RowMaker, run_maker: RunMaker) -> None:
        self._parser, self._walker, self._maker, self._run_maker = parser, walker, maker, run_maker
        self._template = RowTemplate()
        self._edge: int | None = None
        walker.on_edge = self._note_edge

    def run(self, source: IO[bytes]) -> None:
        rest = self._read_head(source)
        is_clean = rest is not None
        buffer = rest or b""
        while chunk := source.read(_CHUNK):
            buffer += chunk
            end = buffer.rfind(_ROW_END)
            if end < 0 and len(buffer) < _LONGEST_ROW:
                continue
            cut = end + len(_ROW_END) if end >= 0 else len(buffer)
            is_clean = self._take(buffer[:cut], is_clean=is_clean)
            buffer = buffer[cut:]
        end = buffer.rfind(_ROW_END)
        if end >= 0:
            self._take(buffer[: end + len(_ROW_END)], is_clean=is_clean)
            buffer = buffer[end + len(_ROW_END) :]
        self._parser.feed(buffer)
        self._parser.finish()

    def _read_head(self, source: IO[bytes]) -> bytes | None:
        """Feed the parser up to the first row; what was read behind it, or None when rows can not be cut."""
        head = source.read(_CHUNK)
        place = head.find(_DATA)
        if place < 0 or not _DECLARED_UTF8.match(head):
            self._parser.feed(head)
            return None
        place += len(_DATA)
        is_clean = self._feed(head[:place], len(_DATA))
        if not is_clean:
            self._parser.feed(head[place:])
        return head[place:] if is_clean else None

    def _take(self, piece: bytes, *, is_clean: bool) -> bool:
        """Take whole rows, or a piece of a long one; whether the parser stands between two rows afterwards."""
        text = self._decode(piece) if is_clean and piece.endswith(_ROW_END) else None
        if text is None:
            return self._feed(piece)
        if not self._template.is_ready:
            *rows, text = text.split("</row>", _LEARNT_ROWS)
            is_clean = self._take_rows(rows, is_clean=is_clean)
        cut = self._template.cut(text) if is_clean and text.count("</row>") >= _FEWEST_ROWS else None
        if cut is None:
            return self._take_rows(text.split("</row>")[:-1], is_clean=is_clean)
        return self._take_cut(text, cut)

    def _take_rows(self, rows: Iterable[str], *, is_clean: bool) -> bool:
        """Take rows one by one."""
        for row in rows:
            if not (is_clean and self._cut(row)):
                is_clean = self._feed(f"{row}</row>".encode())
        return is_clean

    def _take_cut(self, text: str, cut: CutRows) -> bool:
        """Take rows that were cut together; where they follow each other at once, else one by one."""
        length = len(cut.numbers)
        numbers = [int(number or 0) for number in cut.numbers]
        if numbers[0] and numbers == list(range(numbers[0], numbers[0] + length)):
            return self._add_run(numbers[0], cut, text.count("<c ")) or self._take_rows(
                text.split("</row>")[:-1], is_clean=True
            )
        rows = text.split("</row>")
        is_clean = True
        for start, end in _runs(numbers):
            some = rows[start:end]
            cells = sum(row.count("<c ") for row in some)
            is_worth = is_clean and end - start >= _FEWEST_ROWS
            if not (is_worth and self._add_run(numbers[start], cut.part(start, end), cells)):
                is_clean = self._take_rows(some, is_clean=is_clean)
        return is_clean

    def _add_run(self, first: int, cut: CutRows, cells: int) -> bool:
        """Add rows at once, or leave them and say so."""
        has_x14ac = "x14ac" in self._parser.prefixes
        hidden = {text: read_row_attributes(text, has_x14ac) for text in set(cut.attributes)}
        if None in hidden.values() or not self._run_maker.add(first, len(cut.numbers), cut.columns, cells):
            return False
        if any(hidden.values()):
            for number, text in enumerate(cut.attributes, start=first):
                if hidden[text]:
                    self._walker.note_hidden_row(number)
        return True

    def _cut(self, row: str) -> bool:
        """Take one row by pattern, or leave it and say so."""
        cut = cut_row(row, has_x14ac="x14ac" in self._parser.prefixes)
        if cut is None:
            return False
        self._template.learn(cut.cells)
        self._maker.open_row(cut.number)
        if cut.is_hidden:
            self._walker.note_hidden_row(cut.number)
        self._maker.add(cut.number, cut.cells)
        return True

    def _decode(self, piece: bytes) -> str | None:
        if len(piece.translate(None, _CONTROLS)) != len(piece) or any(found in piece for found in _FORBIDDEN):
            return None
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def _feed(self, piece: bytes, tag: int = len(_ROW_END)) -> bool:
        """Give a piece that ends in a tag to the parser; whether that tag is an edge, with nothing pending behind."""
        self._edge = None
        self._parser.feed(piece)
        return self._edge is not None and self._edge == self._parser.fed - tag

    def _note_edge(self) -> None:
        self._edge = self._parser.place()


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Places as stretches in which each number is one more than that before; each 0 is a stretch of its own."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or not numbers[place] or numbers[place] != numbers[place - 1] + 1:
            yield start, place
            start = place
