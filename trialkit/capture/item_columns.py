"""Where each item of a mapping stands in a file, also where its cell is blank: a finding can name the blank cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.header_row import choose_sheet, item_headers, locate_headers, mapped_headers, read_header
from trialkit.model.finding import Finding
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import CellReference, RecordKey
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import Submissions, SubmittedRows
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
        """The cell of an item that has a column; for the record as a whole the row's first one."""
        letters, first = self.columns.get(item), self.row
        return first if letters is None else CellReference(first.file, first.sheet, f"{letters}{first.row}")


class RecordPlaces:
    """Where in a file records stand: each is looked for when somebody asks.

    Args:
        parts: submissions, each with the columns of the items of its form, and the row's first cell for one that has
            no cell that names it.
    """

    def __init__(self, parts: Iterable[_Placed] = ()) -> None:
        self._parts = tuple(parts)

    def of(self, keys: Collection[RecordKey]) -> dict[RecordKey, RecordPlace]:
        """The places of some records; those that do not stand in the file are absent."""
        found: dict[RecordKey, RecordPlace] = {}
        for part in self._parts if keys else ():
            for place, key in enumerate(part.keys):
                if key in keys:
                    found[key] = RecordPlace(part.sources(place), part.columns)
        return found

    def __add__(self, other: RecordPlaces) -> RecordPlaces:
        return RecordPlaces((*self._parts, *other._parts))


@dataclass(frozen=True, slots=True)
class _Placed:
    """Records of one form, by what names them.

    Attributes:
        keys: the records.
        sources: the cells that name each, by its place.
        columns: item identifier to the letters of its column.
    """

    keys: Sequence[RecordKey]
    sources: Callable[[int], Sequence[CellReference]]
    columns: Mapping[str, str]


def record_places(source: SourceFile, mapping: ColumnMapping, submissions: Submissions) -> RecordPlaces:
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

    def cell(number: int) -> CellReference:
        return CellReference(source.name, sheet.name, f"{first}{number}")

    return RecordPlaces(_placed(part, columns, cell) for part in submissions.parts)


def _placed(
    part: Submission | SubmittedRows, columns: Mapping[str, Mapping[str, str]], cell: Callable[[int], CellReference]
) -> _Placed:
    if isinstance(part, Submission):
        sources = part.sources or (cell(part.row),)
        return _Placed((part.key,), lambda _place: sources, columns.get(part.key.form, {}))
    numbers, layout = part.numbers, part.layout
    return _Placed(
        part.keys,
        lambda place: layout.sources(numbers[place]) or (cell(numbers[place]),),
        columns.get(layout.form, {}),
    )


def place_finding(finding: Finding, places: Mapping[RecordKey, RecordPlace]) -> Finding:
    """The finding with the cell that it is about: its own, else that of its record's item, where one is known.

    An item without a column has none: the row's first cell is named, and it is said that it is not the one.
    """
    if finding.source is not None or finding.key is None or finding.key not in places:
        return finding
    place = places[finding.key]
    if not finding.item or finding.item in place.columns:
        return replace(finding, source=place.cell(finding.item))
    remedy = f"{finding.remedy} No column of the file is read for it; leave this cell as it is.".lstrip()
    return replace(finding, source=place.row, remedy=remedy)
