"""Reads a workbook: bytes in, every filled cell out, or one plain refusal. Runs nothing and follows no link."""

from __future__ import annotations

import zipfile

from trialkit.errors import SourceFileError, TrialkitError
from trialkit.spreadsheet.assembly import Ending, ReadingFacts, Sink
from trialkit.spreadsheet.block_writer import BlockWriter
from trialkit.spreadsheet.book_parts import read_formats, read_strings
from trialkit.spreadsheet.contents import Contents, SheetEntry, read_contents
from trialkit.spreadsheet.conversions import Conversions
from trialkit.spreadsheet.disguise import name_other_package
from trialkit.spreadsheet.names import SAVE_AGAIN
from trialkit.spreadsheet.number_formats import NumberFormat
from trialkit.spreadsheet.package import open_package, open_part
from trialkit.spreadsheet.row_maker import RowMaker
from trialkit.spreadsheet.run_maker import RunMaker
from trialkit.spreadsheet.safe_xml import walk_part
from trialkit.spreadsheet.sheet_scan import scan_sheet
from trialkit.spreadsheet.sheet_walker import SheetWalker
from trialkit.spreadsheet.tally import Tally

_NO_WORKBOOK = ("S110", "S117")
"""A container without a workbook, or without sheets, may well be that of another program."""


def read_workbook_into(content: bytes, facts: ReadingFacts, sink: Sink, *, by_pattern: bool = True) -> Ending:
    """Read every filled cell of every worksheet.

    Args:
        content: the whole file.
        facts: its name; encoding and delimiter do not apply.
        sink: gets the sheets in tab order and their rows sorted by number.
        by_pattern: whether what is written in the usual way may be cut by pattern; for comparison only.

    Raises:
        SourceFileError: S105 and S110 to S122; the file is not what it says, damaged, or unsafe to read.
    """
    file = facts.name
    if not content:
        raise SourceFileError("S105", f"{file} is empty.", remedy="Ask for the file again.")
    try:
        with open_package(content, file) as archive:
            return _Workbook(archive, file, sink, by_pattern=by_pattern).read()
    except SourceFileError as error:
        other = name_other_package(content) if error.code in _NO_WORKBOOK else None
        if other is None:
            raise
        raise SourceFileError(
            "S110", f"{file} is not an Excel workbook: it is {other.what}.", remedy=other.remedy
        ) from None
    except (TrialkitError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # the one border: a broken file may end in any exception
        raise SourceFileError(
            "S122", f"{file}: it can not be read ({type(error).__name__}).", remedy=SAVE_AGAIN
        ) from None


class _Workbook:
    def __init__(self, archive: zipfile.ZipFile, file: str, sink: Sink, *, by_pattern: bool) -> None:
        self._archive, self._file, self._sink, self._by_pattern = archive, file, sink, by_pattern
        self._tally = Tally()

    def read(self) -> Ending:
        contents = read_contents(self._archive, self._file)
        sheets = [sheet for sheet in contents.sheets if sheet.kind == "worksheet"]
        if not any(sheet.visible for sheet in sheets):
            raise SourceFileError(
                "S117", f"{self._file} has no visible sheet.", remedy="Unhide the sheet that holds the data."
            )
        self._note_file(contents)
        strings = read_strings(self._archive, contents.strings, self._file, by_pattern=self._by_pattern)
        formats = read_formats(self._archive, contents.styles, self._file)
        for sheet in sheets:
            self._read_sheet(sheet, strings, formats, from_1904=contents.from_1904)
        if contents.is_to_calculate and self._tally.has("S206"):
            self._tally.note("S236", "is to be calculated when it is opened: what its formulas would give may differ")
        return Ending("xlsx", (), self._tally.finish())

    def _note_file(self, contents: Contents) -> None:
        note = self._tally.note
        if contents.has_macros:
            note("S210", "macros, which are never run")
        if contents.has_links:
            note("S211", "links to other workbooks, which are never followed")
        if contents.is_strict:
            note("S237", "saved as Strict Open XML")
        if contents.from_1904:
            note("S235", "dates are counted from 1904, as some programs do; they are read so")
        seen: set[str] = set()
        for sheet in contents.sheets:
            if sheet.name in seen:
                raise SourceFileError(
                    "S119", f"{self._file} has two sheets called {sheet.name!r:.60}.", remedy=SAVE_AGAIN
                )
            seen.add(sheet.name)
            if sheet.kind != "worksheet":
                note("S209", f"a {sheet.kind}, which holds no cells", sheet.name)
            elif not sheet.visible:
                note("S201", "a hidden sheet; it is read only when it is asked for by name", sheet.name)

    def _read_sheet(
        self, sheet: SheetEntry, strings: list[str], formats: list[NumberFormat | None], *, from_1904: bool
    ) -> None:
        where = f"{self._file}!{sheet.name}"
        self._sink.begin_sheet(sheet.name, sheet.visible)
        writer = BlockWriter(self._sink.add_rows)
        conversions = Conversions(strings, formats, from_1904=from_1904, where=where)
        maker = RowMaker(sheet.name, where, conversions, writer, self._tally)
        walker = SheetWalker(sheet.name, where, maker, self._tally)
        part = f"{self._file}: part {sheet.part}"
        with open_part(self._archive, sheet.part, self._file) as source:
            if self._by_pattern:
                run_maker = RunMaker(sheet.name, conversions, writer, self._tally, maker)
                scan_sheet(source, part, walker, maker, run_maker)
            else:
                walk_part(source, part, walker)
        walker.finish()
        writer.flush()
