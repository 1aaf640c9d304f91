"""The findings of imports as a listing: that of a check, with the cell and what stands in it before each row.

Behind the findings of a file come notes on what is odd in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trialkit.codes import load_codes
from trialkit.document.finding_listing import LISTING_HEADER, Cell, finding_csv, finding_rows, group_findings
from trialkit.document.source_notes import NOTE, SourceNote, source_notes
from trialkit.model.finding import Finding
from trialkit.model.query import Query
from trialkit.model.source import Oddity, SourceFile
from trialkit.model.study import StudyDefinition
from trialkit.spreadsheet.picked_cells import cell_texts

__all__ = [
    "IMPORT_LISTING_HEADER",
    "ImportedFindings",
    "cells_given",
    "count_notes",
    "listing_csv",
    "listing_json",
    "listing_rows",
    "write_listing_workbook",
]

IMPORT_LISTING_HEADER = ("FILE", "SHEET", "CELL", "GIVEN", *LISTING_HEADER)
"""The columns of a listing of imports."""

_WIDTHS = (20, 14, 8, 20, 8, 14, 9, 9, 9, 11, 8, 11, 9, 10, 17, 60, 44, 12, 11, 10, 13)
_SUMMARY_WIDTHS = (22, 10, 60, 11, 11)


@dataclass(frozen=True, slots=True)
class ImportedFindings:
    """The findings of one file.

    Attributes:
        file: its name.
        findings: what was found in it.
        given: for each of them what its cell holds, empty where it has none.
        oddities: what is odd in it.
    """

    file: str
    findings: Sequence[Finding]
    given: Sequence[str]
    oddities: Sequence[Oddity] = ()


def cells_given(source: SourceFile, findings: Iterable[Finding]) -> list[str]:
    """What stands in the cell of each finding; empty for one without a cell."""
    return cell_texts(source, (finding.source for finding in findings))


def listing_rows(files: Iterable[ImportedFindings], queries: Sequence[Query]) -> Iterator[tuple[Cell, ...]]:
    """One row for each finding and, behind them, each oddity, file by file; see `IMPORT_LISTING_HEADER`.

    An oddity has the severity ``note``, and neither a record nor an action.

    Args:
        files: the files, in the order they were imported in.
        queries: of the study; a finding names the one that waits.
    """
    for imported in files:
        rows = finding_rows(imported.findings, queries)
        for finding, given, row in zip(imported.findings, imported.given, rows, strict=True):
            source = finding.source
            place = ("", "") if source is None else (source.sheet, source.address)
            yield (imported.file, *place, given, *row)
        yield from (_note_row(imported.file, note) for note in source_notes(imported.oddities))


def _note_row(file: str, note: SourceNote) -> tuple[Cell, ...]:
    said = {
        "FILE": file,
        "SHEET": note.sheet,
        "CELL": note.cell,
        "CODE": note.code,
        "SEVERITY": NOTE,
        "MESSAGE": note.what,
        "REMEDY": note.remedy,
        "PLUGIN": "trialkit",
    }
    return tuple(said.get(column, "") for column in IMPORT_LISTING_HEADER)


def count_notes(files: Iterable[ImportedFindings]) -> int:
    """How many oddities the listing names."""
    return sum(1 for imported in files for _ in source_notes(imported.oddities))


def listing_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The listing as CSV, in pieces, safe to open in a spreadsheet program; see `finding_csv`."""
    return finding_csv(rows, IMPORT_LISTING_HEADER)


def listing_json(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The listing as a JSON list (UTF-8) of objects, keyed by the columns of the listing; in pieces."""
    between = "[\n"
    for row in rows:
        text = json.dumps(dict(zip(IMPORT_LISTING_HEADER, row, strict=True)), ensure_ascii=False, indent=1)
        inside = text.replace("\n", "\n ")  # a line of a text in it is written otherwise
        yield f"{between} {inside}".encode("utf-8", "backslashreplace")
        between = ",\n"
    yield b"\n]\n" if between == ",\n" else b"[]\n"


def write_listing_workbook(
    path: Path,
    study: StudyDefinition,
    files: Sequence[ImportedFindings],
    rows: Iterable[Sequence[Cell]],
    made: datetime,
) -> None:
    """Write a summary by code, and the listing, as an .xlsx file.

    Args:
        path: the file to make or to replace.
        study: whose findings they are.
        files: the files and their findings.
        rows: the listing, see `listing_rows`.
        made: when the files were imported, in UTC.

    Raises:
        UsageError: S130 for a text that a sheet can not hold.
        StoreError: S132 when the disk refuses.
    """
    from trialkit.spreadsheet.listing import ListSheet, ListTable, write_listings

    findings = [finding for imported in files for finding in imported.findings]
    facts: list[tuple[Cell, ...]] = [
        ("Study", f"{study.study}: {study.title}"),
        ("Imported at", made.strftime("%Y-%m-%d %H:%M UTC")),
        *(("File", f"{imported.file}: {_counted(imported)}") for imported in files),
    ]
    by_code = [
        (group.name, group.findings[0].severity.value, group.what, len(group.findings), group.subjects)
        for group in group_findings(findings, "rule")
    ]
    noted = Counter(oddity.code for imported in files for oddity in imported.oddities)
    by_code += [(code, NOTE, load_codes()[code].title, count, 0) for code, count in noted.most_common()]
    summary = (
        ListTable((), facts, "Findings of an import"),
        ListTable(("CODE", "SEVERITY", "WHAT", "FINDINGS", "SUBJECTS"), by_code, "By code"),
    )
    sheets = (
        ListSheet("Summary", summary, _SUMMARY_WIDTHS),
        ListSheet("Findings", (ListTable(IMPORT_LISTING_HEADER, list(rows)),), _WIDTHS, fixed_columns=3),
    )
    write_listings(path, sheets, made)


def _counted(imported: ImportedFindings) -> str:
    notes = f", {len(imported.oddities):,} notes" if imported.oddities else ""
    return f"{len(imported.findings):,} findings{notes}"
