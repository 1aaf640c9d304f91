"""The two tables that cells point into: shared strings and cell formats. A container goes in, plain lists come out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.cell_text import decode_escapes
from trialkit.spreadsheet.contents import walk
from trialkit.spreadsheet.names import SAVE_AGAIN, local_name
from trialkit.spreadsheet.number_formats import NumberFormat, built_in_format, read_format
from trialkit.spreadsheet.package import open_part
from trialkit.spreadsheet.plain_scan import PlainScan
from trialkit.spreadsheet.safe_xml import ElementWalker, PartParser

_MOST_STRINGS = 30_000_000
_STRINGS_HEAD = re.compile(rb"<sst[^<>]*(?<!/)>")
_STRING = re.compile(r'[ \n\t]*+<si><t(?: xml:space="preserve")?+>([^<&]*+)</t></si>')
_STRINGS = re.compile(rf"{_STRING.pattern}|([^\x00]*?</si>)")


class _StringsWalker(ElementWalker):
    """Joins the runs of rich text; phonetic readings beside them are no part of the text.

    `on_edge` is called where the strings begin, and behind each.
    """

    def __init__(self, file: str) -> None:
        super().__init__()
        self.strings: list[str] = []
        self._file = file
        self._pieces: list[str] = []
        self._in_text = self._in_phonetic = False
        self.on_edge: Callable[[], None] | None = None
        self.text = self._take

    def add(self, strings: Iterable[str]) -> None:
        """Add whole strings as the file writes them."""
        self.strings += map(decode_escapes, strings)
        if len(self.strings) > _MOST_STRINGS:
            raise SourceFileError("S106", f"{self._file} holds too many strings.", remedy="Split the file.")

    def open(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        local = local_name(name)
        if local == "t":
            self._in_text = not self._in_phonetic
        elif local == "si":
            self._pieces = []
        elif local == "rPh":
            self._in_phonetic = True
        elif local == "sst":
            self._note_edge()

    def _note_edge(self) -> None:
        is_between = self._depth == 1 and not (self._in_text or self._in_phonetic)
        if is_between and self.on_edge is not None:
            self.on_edge()

    def close(self, name: str) -> None:
        local = local_name(name)
        if local == "t":
            self._in_text = False
        elif local == "rPh":
            self._in_phonetic = False
        elif local == "si":
            self.add(["".join(self._pieces)])
            self._note_edge()

    def _take(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)


class _StringsScan(PlainScan):
    """Takes strings that are one plain run each."""

    def __init__(self, parser: PartParser, walker: _StringsWalker) -> None:
        super().__init__(parser, _STRINGS_HEAD, "si")
        self._walker = walker
        walker.on_edge = self.note_edge

    def take_text(self, text: str) -> bool:
        """See `PlainScan`."""
        strings, others = zip(*_STRINGS.findall(text), strict=True)
        places = [place for place, other in enumerate(others) if other]
        elements = text.split(self.end_tag) if places else []
        is_clean, start = True, 0
        for end in (*places, len(strings)):
            if is_clean:
                self._walker.add(strings[start:end])
            else:
                is_clean = self.take_each(elements[start:end], is_clean=False)
            is_clean = self.take_each(elements[end : end + 1] if end < len(strings) else (), is_clean=is_clean)
            start = end + 1
        return is_clean

    def take_one(self, text: str) -> bool:
        """See `PlainScan`."""
        found = _STRING.fullmatch(text + self.end_tag)
        if found is not None:
            self._walker.add([found[1]])
        return found is not None


class _StylesWalker(ElementWalker):
    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self.numbers: list[str] = []
        self._in_formats = False

    def open(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        if local == "numFmt":
            self.codes.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif local == "cellXfs":
            self._in_formats = True
        elif local == "xf" and self._in_formats:
            self.numbers.append(attributes.get("numFmtId", "0"))

    def close(self, name: str) -> None:
        if local_name(name) == "cellXfs":
            self._in_formats = False


def read_strings(archive: zipfile.ZipFile, part: str | None, file: str, *, by_pattern: bool = True) -> list[str]:
    """The shared strings in their order; none when the workbook has no such part."""
    walker = _StringsWalker(file)
    if part is not None and by_pattern:
        with open_part(archive, part, file) as source:
            _StringsScan(PartParser(f"{file}: part {part}", walker), walker).run(source)
    elif part is not None:
        walk(archive, part, walker, file)
    return walker.strings


def read_formats(archive: zipfile.ZipFile, part: str | None, file: str) -> list[NumberFormat | None]:
    """The number format behind each style number of a cell; None for one that names a format defined nowhere."""
    walker = _StylesWalker()
    if part is not None:
        walk(archive, part, walker, file)
    codes = (_code(number, walker.codes) for number in walker.numbers)
    return [None if code is None else read_format(code) for code in codes]


def _code(number: str, own: dict[str, str]) -> str | None:
    if number in own:
        return own[number]
    return built_in_format(int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else None


def pick_string(strings: list[str], index: str, where: str) -> str:
    """The shared string of a number. Raises SourceFileError S120 when there is none."""
    if index.isascii() and index.isdigit() and len(index) < 10 and int(index) < len(strings):
        return strings[int(index)]
    raise SourceFileError("S120", f"{where} points to a shared text that is not in the file.", remedy=SAVE_AGAIN)
