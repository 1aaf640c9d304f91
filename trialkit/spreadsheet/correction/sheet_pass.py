"""One pass over the XML of a worksheet: looks of cells are changed, cells and rows that are not there are made.

The part goes by in pieces, proven plain on the way; only the rows with marks are looked into.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS, column_letters, column_number
from trialkit.spreadsheet.correction.elements import (
    ATTRIBUTES,
    drop_attribute,
    find_root,
    prefix_of,
    read_attributes,
    set_attribute,
)
from trialkit.spreadsheet.correction.marks import Grade, NotPatchableError
from trialkit.spreadsheet.correction.plain_xml import PlainProof
from trialkit.spreadsheet.correction.styles import Styles

_PIECE = 1024 * 1024
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.ASCII)
_USUAL_NUMBER = re.compile(rb'\s+r="([0-9]{1,7})"')
_LONGEST_HEAD = 16 * 1024 * 1024

RowMarks = Mapping[int, Mapping[int, Grade]]
"""Row number to column number to grade."""


@dataclass(slots=True)
class SheetTail:
    """What a pass learned.

    Attributes:
        head: the part before the rows.
        prefix: of the sheet's names, with its colon.
        heights: row number to height in points, where the sheet says one; 0 for hidden rows.
        tail: the part from the end of the rows on, which the caller may change before it is written.
    """

    head: bytes = b""
    prefix: bytes = b""
    heights: dict[int, float] = field(default_factory=dict)
    tail: bytes = b""


class SheetPass:
    """Patches the rows of one worksheet.

    Args:
        marks: the cells to colour.
        styles: the looks of the workbook; new ones are added.
        part: the part's name, for messages.
        keep_rows: only these rows are kept, and their formulas become values; None keeps all as they are.
    """

    def __init__(self, marks: RowMarks, styles: Styles, part: str, *, keep_rows: frozenset[int] | None = None) -> None:
        self._marks = marks
        self._styles = styles
        self._part = part
        self._keep = keep_rows
        self._waiting = sorted(marks)
        self._next = 0
        self._row = 0
        self._column_looks: list[tuple[int, int, int]] = []
        self._stale = styles.coloured
        self.learned = SheetTail()

    def run(self, source: IO[bytes], write: Callable[[bytes], object]) -> SheetTail:
        """Take the part from `source`, and hand everything up to the end of the rows to `write`.

        Raises:
            NotPlainError: the part is not in plain form; nothing that was written counts.
            NotPatchableError: it can not be patched.
            SourceFileError: it is broken.
        """
        proof = PlainProof(self._part)

        def read(size: int) -> bytes:
            piece = source.read(size)
            proof.feed(piece)
            return piece

        rest = self._pass_head(read, write)
        rest = self._pass_rows(rest, read, write)
        while piece := read(_PIECE):
            rest += piece
        proof.finish(self.learned.prefix.rstrip(b":").decode())
        self.learned.tail = rest
        return self.learned

    def _pass_head(self, read: Callable[[int], bytes], write: Callable[[bytes], object]) -> bytes:
        """Read up to the first row; returns what was read beyond."""
        head = b""
        while piece := read(_PIECE):
            head += piece
            if (name := _root_name(head)) is None:
                continue
            prefix = self.learned.prefix = prefix_of(name)
            self._prepare(prefix)
            if (begin := self._data.search(head)) is not None:
                self.learned.head = head[: begin.start()]
                self._read_columns()
                write(self._widened(self.learned.head))
                tag = prefix + b"sheetData"
                if begin[1].endswith(b"/"):  # no rows: what is to be marked gets some
                    write(b"<" + tag + begin[1][:-1].rstrip() + b">")
                    return b"</" + tag + b">" + head[begin.end() :]
                write(begin[0])
                return head[begin.end() :]
            if len(head) > _LONGEST_HEAD:
                break
        raise NotPatchableError(f"{self._part} holds no rows")

    def _widened(self, head: bytes) -> bytes:
        """The head, its statement of the sheet's extent widened to the marked cells; an unsound one is left out."""
        name = re.escape(self.learned.prefix)
        found = re.search(rb"<" + name + rb"dimension(?=[\s/>])(" + ATTRIBUTES + rb")>", head)
        if found is None or not found[1].endswith(b"/") or not self._marks:
            return head
        said = (read_attributes(found[1]).get(b"ref") or "").split(":")
        ends = [match for text in said if (match := _ADDRESS.fullmatch(text)) is not None]
        if len(ends) != len(said):
            return head[: found.start()] + head[found.end() :]
        columns = [column_number(end[1]) for end in ends] + [column for row in self._marks.values() for column in row]
        rows = [int(end[2]) for end in ends] + list(self._marks)
        ref = f"{column_letters(min(columns))}{min(rows)}:{column_letters(max(columns))}{max(rows)}"
        tag = b"<" + self.learned.prefix + b"dimension" + set_attribute(found[1], b"ref", ref) + b">"
        return head[: found.start()] + tag + head[found.end() :]

    def _prepare(self, prefix: bytes) -> None:
        name = re.escape(prefix)
        self._data = re.compile(rb"<" + name + rb"sheetData(?=[\s/>])(" + ATTRIBUTES + rb")>")
        self._data_end = b"</" + prefix + b"sheetData"
        self._row_tag = re.compile(rb"<" + name + rb"row(?=[\s/>])(" + ATTRIBUTES + rb")>")
        self._row_end = re.compile(rb"</" + name + rb"row\s*>")
        self._cell_tag = re.compile(rb"<" + name + rb"c(?=[\s/>])(" + ATTRIBUTES + rb")>")
        self._formula = re.compile(
            rb"<" + name + rb"f(?=[\s/>])(?:" + ATTRIBUTES + rb"/>|" + ATTRIBUTES + rb">[^<]*</" + name + rb"f\s*>)"
        )

    def _read_columns(self) -> None:
        """The looks that whole columns have: a cell that is not there has that of its column."""
        prefix = re.escape(self.learned.prefix)
        for tag in re.finditer(rb"<" + prefix + rb"col(?=[\s/>])(" + ATTRIBUTES + rb")>", self.learned.head):
            given = read_attributes(tag[1])
            if given.get(b"style", "").isdecimal():
                ends = (given.get(b"min", ""), given.get(b"max", ""))
                if all(end.isdecimal() for end in ends):
                    self._column_looks.append((int(ends[0]), int(ends[1]), int(given[b"style"])))

    def _pass_rows(self, buffer: bytes, read: Callable[[int], bytes], write: Callable[[bytes], object]) -> bytes:
        """Pass the rows; returns what was read from their end on."""
        size = _PIECE
        while True:
            end = buffer.find(self._data_end)
            stop = len(buffer) if end < 0 else end
            done = self._pass_piece(buffer, stop, is_last=end >= 0, write=write)
            if end >= 0:
                self._make_rows(MOST_ROWS + 1, write)
                return buffer[end:]
            kept = buffer[done:]
            size = max(_PIECE, len(kept))
            piece = read(size)
            if not piece:
                raise NotPatchableError(f"{self._part} has no end of its rows")
            buffer = kept + piece

    def _pass_piece(self, buffer: bytes, stop: int, *, is_last: bool, write: Callable[[bytes], object]) -> int:
        """Pass the whole rows of a piece; returns how far it was passed."""
        done = position = 0
        while (tag := self._row_tag.search(buffer, position, stop)) is not None:
            given = tag[1]
            number = self._number(given)
            is_empty = given.endswith(b"/")
            close = None if is_empty else self._row_end.search(buffer, tag.end(), stop)
            if not is_empty and close is None:
                if is_last:
                    raise NotPatchableError(f"{self._part} has a row without an end")
                write(buffer[done : tag.start()])
                return tag.start()
            position = tag.end() if close is None else close.end()
            self._row = number
            self._note_height(number, given)
            if self._next < len(self._waiting) and self._waiting[self._next] < number:
                write(buffer[done : tag.start()])
                done = tag.start()
                self._make_rows(number, write)
            wanted = self._marks.get(number)
            if wanted is not None:
                self._next += 1
            if wanted is None and not self._stale and self._keep is None:
                continue
            write(buffer[done : tag.start()])
            done = position
            if self._keep is None or number in self._keep:
                inner = b"" if close is None else buffer[tag.end() : close.start()]
                write(self._patch_row(number, given, inner, wanted or {}))
        if is_last:
            write(buffer[done:stop])
            return stop
        safe = max(done, position, buffer.rfind(b"<", 0, stop))
        write(buffer[done:safe])
        return safe

    def _number(self, given: bytes) -> int:
        usual = _USUAL_NUMBER.match(given)
        said = usual[1].decode() if usual is not None else read_attributes(given).get(b"r")
        number = self._row + 1 if said is None else int(said) if said.isdecimal() and len(said) < 8 else 0
        if not self._row < number <= MOST_ROWS:
            raise NotPatchableError(f"{self._part} has rows out of order")
        return number

    def _note_height(self, number: int, given: bytes) -> None:
        if b"hidden" in given or b"ht=" in given:
            found = read_attributes(given)
            if found.get(b"hidden") in ("1", "true"):
                self.learned.heights[number] = 0.0
            elif re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", found.get(b"ht", "")):
                self.learned.heights[number] = float(found[b"ht"])

    def _make_rows(self, before: int, write: Callable[[bytes], object]) -> None:
        """Write the marked rows up to a number that the sheet does not have."""
        while self._next < len(self._waiting) and self._waiting[self._next] < before:
            number = self._waiting[self._next]
            self._next += 1
            if self._keep is None or number in self._keep:
                write(self._patch_row(number, b' r="%d"' % number, b"", self._marks[number]))

    def _patch_row(self, number: int, given: bytes, inner: bytes, wanted: Mapping[int, Grade]) -> bytes:
        if self._keep is not None:
            inner = self._formula.sub(b"", inner)
        pieces: list[bytes] = []
        done = 0
        made = False
        for column, begin, tag_end, attributes in self._places(number, inner, wanted):
            pieces.append(inner[done:begin])
            done = tag_end
            if attributes is None:
                look = self._styles.marked(self._inherited_look(column, given), wanted[column])
                name = self.learned.prefix + b"c"
                pieces.append(b'<%s r="%s%d" s="%d"/>' % (name, column_letters(column).encode(), number, look))
                made = True
            else:
                pieces.append(b"<" + self.learned.prefix + b"c" + self._dress(attributes, wanted.get(column)) + b">")
        pieces.append(inner[done:])
        body = b"".join(pieces)
        tag = self.learned.prefix + b"row"
        attributes = given.removesuffix(b"/").rstrip() if given.endswith(b"/") else given
        if made:
            attributes = drop_attribute(attributes, b"spans")
        return (
            b"<" + tag + attributes + (b">" + body + b"</" + tag + b">" if body or not given.endswith(b"/") else b"/>")
        )

    def _dress(self, attributes: bytes, grade: Grade | None) -> bytes:
        said = read_attributes(attributes).get(b"s", "0")
        look = int(said) if said.isdecimal() and len(said) < 8 else 0
        new = self._styles.plain(look) if grade is None else self._styles.marked(look, grade)
        return set_attribute(attributes, b"s", str(new))

    def _places(
        self, number: int, inner: bytes, wanted: Mapping[int, Grade]
    ) -> Iterator[tuple[int, int, int, bytes | None]]:
        """Where a row changes: column, begin and end of the tag to replace, its attributes; None makes a cell."""
        found = self._find_directly(number, inner, wanted) if not self._stale else None
        yield from self._walk_cells(number, inner, wanted) if found is None else found

    def _find_directly(
        self, number: int, inner: bytes, wanted: Mapping[int, Grade]
    ) -> list[tuple[int, int, int, bytes | None]] | None:
        """The marked cells by their addresses as programs usually write them; None when one is not found so."""
        found: list[tuple[int, int, int, bytes | None]] = []
        for column in sorted(wanted):
            literal = b'<%sc r="%s%d"' % (self.learned.prefix, column_letters(column).encode(), number)
            begin = inner.find(literal)
            tag = self._cell_tag.match(inner, begin) if begin >= 0 else None
            if tag is None or (found and begin < found[-1][1]):
                return None
            found.append((column, begin, tag.end(), tag[1]))
        return found

    def _walk_cells(
        self, number: int, inner: bytes, wanted: Mapping[int, Grade]
    ) -> Iterator[tuple[int, int, int, bytes | None]]:
        waiting = sorted(wanted)
        column = 0
        for tag in self._cell_tag.finditer(inner):
            given = read_attributes(tag[1])
            column = self._column(given.get(b"r"), column, number)
            while waiting and waiting[0] < column:
                yield waiting.pop(0), tag.start(), tag.start(), None
            if waiting and waiting[0] == column:
                yield waiting.pop(0), tag.start(), tag.end(), tag[1]
            elif self._stale and given.get(b"s", "").isdecimal() and int(given[b"s"]) in self._stale:
                yield column, tag.start(), tag.end(), tag[1]
        last = self._after_cells(inner)
        for missing in waiting:
            yield missing, last, last, None

    def _after_cells(self, inner: bytes) -> int:
        """Where one more cell belongs: behind the last, before an extension of the row."""
        extension = inner.find(b"<" + self.learned.prefix + b"extLst")
        last = inner.rfind(b"</" + self.learned.prefix + b"c>")
        return extension if extension > last >= 0 else len(inner)

    def _column(self, address: str | None, before: int, number: int) -> int:
        column = before + 1
        if address is not None:
            match = _ADDRESS.fullmatch(address)
            column = column_number(match[1]) if match is not None and int(match[2]) == number else 0
        if not before < column <= MOST_COLUMNS:
            raise NotPatchableError(f"{self._part} has cells out of order")
        return column

    def _inherited_look(self, column: int, row: bytes) -> int:
        given = read_attributes(row)
        if given.get(b"customFormat") in ("1", "true") and given.get(b"s", "").isdecimal():
            return int(given[b"s"])
        return next((look for first, last, look in self._column_looks if first <= column <= last), 0)


def _root_name(head: bytes) -> bytes | None:
    try:
        root = find_root(head)
    except NotPatchableError:
        return None
    return root.name
