"""The rows of a sheet that hold data: without those that a mapping drops, and with what stands above a blank."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from trialkit.capture.cell_kinds import is_filled, places_with, without_text
from trialkit.capture.header_row import HeaderRow
from trialkit.model.coded_columns import places_of
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.source import Cell, CellKind, SourceRow, SourceSheet
from trialkit.spreadsheet import column_letters
from trialkit.spreadsheet.column_blocks import ColumnBlock
from trialkit.wording import list_some


class RowsRead:
    """Hands out the rows below the header, and remembers which ones it dropped, and where values have no header.

    Args:
        mapping: says which rows hold no data and which columns are filled down.
        columns: header to column index.
        header: the headers.
    """

    def __init__(self, mapping: ColumnMapping, columns: Mapping[str, int], header: HeaderRow) -> None:
        self._mapping, self._columns, self._header = mapping, columns, header
        self._named = {index for index, name in enumerate(header.names) if name}
        self.nameless: set[int] = set()
        self._dropped: dict[str, list[int]] = {}
        self._above: dict[int, Cell] = {}

    def of(self, sheet: SourceSheet) -> Iterator[SourceRow]:
        """The rows below the header, in order."""
        named = self._named
        first = next(index for index in range(len(named) + 1) if index not in named)
        for row in sheet.rows:
            if row.number <= self._header.number:
                continue
            if len(row.cells) > first:
                self.nameless.update(i for i, cell in enumerate(row.cells) if i not in named and is_filled(cell))
            why = self._why_dropped(row)
            if why is None:
                yield self._filled_down(row)
            else:
                self._dropped.setdefault(why, []).append(row.number)

    def watch(self, block: ColumnBlock) -> None:
        """Look where values have no header, in rows that are read column by column."""
        first = bisect_right(block.numbers, self._header.number)
        for column, found in block.columns.items():
            if column - 1 in self._named:
                continue
            filled = places_of([bool(text.strip()) for text in found.texts], found.coded.codes)
            if any(at >= first for at in (*filled[-1:], *without_text(found)[-1:])):
                self.nameless.add(column - 1)

    def places(self, block: ColumnBlock) -> Sequence[int]:
        """The places of the rows of a block that lie below the header and are not dropped, rising."""
        first = bisect_right(block.numbers, self._header.number)
        below = range(first, len(block.numbers))
        left_out: dict[int, str] = {}
        for rule in self._mapping.drop:
            for place in places_with(rule.texts, block, self._columns[rule.column] + 1):
                if place >= first:
                    left_out.setdefault(place, rule.why)
        for place in sorted(left_out):
            self._dropped.setdefault(left_out[place], []).append(block.numbers[place])
        return [place for place in below if place not in left_out] if left_out else below

    def notes(self) -> Iterator[str]:
        """Which rows were dropped, and why."""
        for why, numbers in self._dropped.items():
            yield f"rows left out, as the mapping says ({why}): {list_some(numbers, 20)}"

    def _why_dropped(self, row: SourceRow) -> str | None:
        for rule in self._mapping.drop:
            index = self._columns[rule.column]
            if (row.cells[index].text.strip() if index < len(row.cells) else "") in rule.texts:
                return rule.why
        return None

    def _filled_down(self, row: SourceRow) -> SourceRow:
        """The row with the cell above in the place of a blank one; the cell keeps its own address."""
        if not self._mapping.fill_down or not any(cell.text.strip() for cell in row.cells):
            return row
        cells = list(row.cells)
        for header in self._mapping.fill_down:
            index = self._columns[header]
            while len(cells) <= index:
                cells.append(Cell(f"{column_letters(len(cells) + 1)}{row.number}", "", CellKind.BLANK))
            if cells[index].text.strip() or cells[index].kind is not CellKind.BLANK:
                self._above[index] = cells[index]
            elif index in self._above:
                cells[index] = self._above[index]
        return replace(row, cells=tuple(cells))
