"""Where each item of a mapping stands in a file, also where its cell is blank: a finding can name the blank cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.header_row import choose_sheet, item_headers, locate_headers, mapped_headers, read_header
from trialkit.model.finding import Finding
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import CellReference, RecordKey
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.spreadsheet import column_letters


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """The row that a record came from.

    Attributes:
        sources: the cells that name it, that of its subject first; at least one.
        columns: item identifier to the letters of its column.
    """

    sources: Sequence[CellReference]
    columns: Mapping[str, str]

    @property
    def row(self) -> CellReference:
        """The cell that names it first."""
        return self.sources[0]

    def cell(self, item: str) -> CellReference:
        """The cell of an item; the row's first one for an item that the file does not have."""
        letters, first = self.columns.get(item), self.row
        return first if letters is None else CellReference(first.file, first.sheet, f"{letters}{first.row}")


def record_places(
    source: SourceFile, mapping: ColumnMapping, submissions: Iterable[Submission]
) -> dict[RecordKey, RecordPlace]:
    """Where the records stand that a mapping made of a file.

    Args:
        source: the file.
        mapping: how it was read; its headers are there, or it would not have made anything.
        submissions: what it made.
    """
    sheet = choose_sheet(source, mapping.sheet)
    found = locate_headers(
        read_header(sheet, mapping.all_header_rows, source.name), mapped_headers(mapping), source.name
    )
    columns: dict[str, dict[str, str]] = {}
    readers = [PartsReader(rule) for rule in mapping.parts]
    taken_apart = {name: reader.rule.column for reader in readers for name in reader.names}
    for record in mapping.records:
        for name, item in record.items.items():
            headers = item_headers(item) or list(filter(None, [taken_apart.get(item.part or "")]))
            if headers:
                columns.setdefault(record.form, {})[name] = column_letters(found[headers[0]] + 1)
    first = column_letters(min(found.values(), default=0) + 1)
    return {
        submission.key: RecordPlace(
            submission.sources or (CellReference(source.name, sheet.name, f"{first}{submission.row}"),),
            columns.get(submission.key.form, {}),
        )
        for submission in submissions
    }


def place_finding(finding: Finding, places: Mapping[RecordKey, RecordPlace]) -> CellReference | None:
    """The cell that a finding is about: its own, else that of its record's item; None when no cell is known."""
    if finding.source is not None or finding.key is None or finding.key not in places:
        return finding.source
    return places[finding.key].cell(finding.item)
