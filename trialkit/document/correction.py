"""Findings of an import in, the correction workbook out: the site's own file, marked, with a list of the findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from trialkit.document.correction_words import comment_text, question_of, site_words, what_to_do
from trialkit.document.import_listing import cells_given
from trialkit.document.source_notes import NOTE, SourceNote, source_notes
from trialkit.model.finding import Finding
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.source import Cell, SourceFile
from trialkit.model.study import Study
from trialkit.spreadsheet.correction import (
    CellMark,
    FindingRow,
    FindingsList,
    Grade,
    Marked,
    NotPatchableError,
    PlainCell,
    PlainSheet,
    make_plain_workbook,
    mark_workbook,
)

__all__ = ["Correction", "make_correction"]

_HEADER = (
    "SEVERITY", "SHEET", "CELL", "ROW", "SUBJECT", "VISIT", "FORM", "ITEM", "VALUE AS GIVEN", "WHAT IS WRONG",
    "WHAT TO DO", "CODE",
)  # fmt: skip
_WIDTHS = (10, 16, 8, 7, 13, 9, 9, 26, 16, 42, 44, 8)
_LINK_COLUMN = 2
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONGEST_NAME = 31
_Told = tuple[Finding, str]
"""A finding, and what its cell holds."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction workbook.

    Attributes:
        content: its bytes.
        cells: how many cells are marked.
        notes: what must be said about it.
    """

    content: bytes
    cells: int
    notes: tuple[str, ...]


def make_correction(
    content: bytes,
    source: SourceFile,
    findings: Sequence[Finding],
    study: Study,
    *,
    rejects_of: Sequence[ColumnMapping] | None = None,
) -> Correction:
    """Make the correction workbook of a file.

    A workbook comes back as it is, its bad cells coloured and commented. A CSV file, and a workbook that can not be
    patched soundly, come back as texts in the same layout. What is odd in the file stands in the list behind the
    findings, and is not marked.

    Args:
        content: the file's bytes.
        source: the file as it was read.
        findings: what was found in it.
        study: whose forms it was read by.
        rejects_of: the mappings it was read by: only the rows with errors stay on the sheets that they name, below
            their headers. None keeps every row.

    Raises:
        UsageError: S130 for a text that a sheet can not hold.
        SourceFileError: the file can not be read again.
    """
    told = list(zip(findings, cells_given(source, findings), strict=True))
    keep = None if rejects_of is None else _rows_to_keep(source, findings, rejects_of)
    listing = _list_findings(source, told, study)
    marks = _marks(told, study)
    notes: tuple[str, ...] = ()
    if source.kind == "xlsx":
        try:
            return _result(mark_workbook(content, source.name, marks, listing, keep), marks, notes)
        except NotPatchableError as problem:
            notes = (f"its own layout can not be kept, because {problem}: the cells come back as texts",)
    return _from_texts(source, marks, listing, keep, notes)


def _result(marked: Marked, marks: Sequence[CellMark], notes: tuple[str, ...]) -> Correction:
    if marked.uncommented:
        notes = (*notes, f"{marked.uncommented:,} cells are coloured and have no comment of ours: see the list")
    return Correction(marked.content, len({(mark.sheet, mark.address) for mark in marks}), notes)


def _from_texts(
    source: SourceFile,
    marks: Sequence[CellMark],
    listing: FindingsList,
    keep: Mapping[str, frozenset[int]] | None,
    notes: tuple[str, ...],
) -> Correction:
    names = _sheet_names(source)
    sheets = [
        PlainSheet(
            names[sheet.name],
            [(row.number, [_plain(cell) for cell in row.cells if cell.text]) for row in sheet.rows],
        )
        for sheet in source.sheets
    ]
    moved = [CellMark(names.get(mark.sheet, mark.sheet), mark.address, mark.grade, mark.comment) for mark in marks]
    rows = tuple(
        FindingRow(
            (*row.cells[:1], names.get(row.sheet, row.sheet), *row.cells[2:]), names.get(row.sheet, row.sheet),
            row.address,
        )
        for row in listing.rows
    )  # fmt: skip
    moved_list = FindingsList(listing.name, listing.lines, listing.header, rows, listing.widths, listing.link_column)
    kept = None if keep is None else {names.get(name, name): numbers for name, numbers in keep.items()}
    marked = mark_workbook(make_plain_workbook(sheets), source.name, moved, moved_list, kept)
    return _result(marked, marks, notes)


def _plain(cell: Cell) -> PlainCell:
    return PlainCell(cell.address, cell.text)


def _sheet_names(source: SourceFile) -> dict[str, str]:
    """The sheet of a CSV file is named after the file, as the house's own layout names it."""
    stem = _FORBIDDEN.sub("_", PurePath(source.name).stem).strip("'")[:_LONGEST_NAME] or "Data"
    return {sheet.name: sheet.name or stem for sheet in source.sheets}


def _marks(told: Iterable[_Told], study: Study) -> list[CellMark]:
    marks = []
    for finding, given in sorted(told, key=lambda one: not one[0].is_hard):
        if finding.source is None or not finding.source.row:
            continue
        words = site_words(finding, given, study)
        grade = Grade.ERROR if finding.is_hard else Grade.CHECK
        comment = comment_text(finding, words, study)
        marks.append(CellMark(finding.source.sheet, finding.source.address, grade, comment))
    return marks


def _list_findings(source: SourceFile, told: Sequence[_Told], study: Study) -> FindingsList:
    in_order = sorted(told, key=lambda one: one[0].sort_key)
    rows = tuple(_list_row(finding, given, study) for finding, given in in_order)
    errors = sum(finding.is_hard for finding, _ in told)
    checks = len(told) - errors
    notes = tuple(_note_row(note) for note in source_notes(source.oddities))
    noted = (
        f" Behind them: {len(notes):,} notes on what is unusual in the file, which ask for nothing." if notes else ""
    )
    return FindingsList(
        name="Findings",
        lines=(
            f"{source.name}: {errors:,} to correct (red cells), {checks:,} to check (yellow cells).{noted}",
            "Correct the coloured cells on their sheets, save the file under this name, and send it back. "
            "A click on a cell's address leads to it.",
        ),
        header=_HEADER,
        rows=(*rows, *notes),
        widths=_WIDTHS,
        link_column=_LINK_COLUMN,
    )


def _list_row(finding: Finding, given: str, study: Study) -> FindingRow:
    source, key = finding.source, finding.key
    words = site_words(finding, given, study)
    subject, visit, form = ("", "", "") if key is None else (key.subject or f"site {key.site}", key.visit, key.form)
    address = "" if source is None or not source.row else source.address
    cells = (
        "error" if finding.is_hard else "check",
        "" if source is None else source.sheet,
        address,
        source.row if source is not None and source.row else None,
        subject,
        visit,
        form,
        question_of(finding, study),
        given,
        words.what,
        what_to_do(words),
        finding.code,
    )
    return FindingRow(cells, "" if source is None else source.sheet, address)


def _note_row(note: SourceNote) -> FindingRow:
    empty = ("",) * 5
    cells = (NOTE, note.sheet, note.cell, None, *empty, note.what, note.remedy, note.code)
    return FindingRow(cells, note.sheet, note.cell)


def _rows_to_keep(
    source: SourceFile, findings: Iterable[Finding], mappings: Sequence[ColumnMapping]
) -> dict[str, frozenset[int]]:
    """The rows with errors, and those down to the header, of each sheet that a mapping reads."""
    bad: dict[str, set[int]] = {}
    for finding in findings:
        if finding.is_hard and finding.source is not None:
            bad.setdefault(finding.source.sheet, set()).add(finding.source.row)
    headers = {mapping.sheet: mapping.header_row for mapping in mappings}
    read = {
        sheet.name: headers[name]
        for sheet in source.sheets
        for name in headers
        if (name is None and (len(source.sheets) == 1 or sheet.name in bad))
        or (name is not None and (not sheet.name or sheet.name.casefold() == name.casefold()))
    }
    return {name: frozenset({*bad.get(name, ()), *range(1, header + 1)}) for name, header in read.items()}
