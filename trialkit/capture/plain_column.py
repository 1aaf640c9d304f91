"""An item that stands in one column, with its unit in another at most: whatever is read once there is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, filterfalse, repeat

from trialkit.capture.item_values import Given, read_item
from trialkit.capture.mapped_row import MappedRow, RefusedCellError
from trialkit.model.codes import CodedColumn, places_of, same, together
from trialkit.model.import_options import Blank
from trialkit.model.mapping import ItemMapping
from trialkit.model.record import RawValue
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.column_blocks import BlockColumn

_MOST_KNOWN = 50_000
"""So many texts of one column are kept in mind; free texts seldom come again."""

_KINDS = tuple(CellKind)
_PLACES = {kind: place for place, kind in enumerate(_KINDS)}
"""A kind takes long to be looked up, its place does not."""
_BLANK = _PLACES[CellKind.BLANK]

_Cell = tuple[str, int]
"""The text of a cell and the place of its kind."""
_Said = tuple[_Cell, ...]
"""A cell, or a cell and that of its unit."""


class PlainColumn:
    """Reads an item that stands in one column, with its unit in another at most: the same cells give the same value.

    Files say the same few texts in most of their columns, and what is given for them is one and the same object.

    Attributes:
        column: the header of the item.
        unit: the header of its unit; None where there is none.
        reads_blanks: whether a blank cell may give a value.

    Args:
        item: an item mapping that `is_plain`.
        blank: what a blank cell means.
    """

    def __init__(self, item: ItemMapping, blank: Blank) -> None:
        self._item, self._blank = item, blank
        self.column, self.unit = item.column or "", item.unit_column
        self.reads_blanks = blank is not Blank.IGNORE or "" in item.missing or "" in item.values
        self._known: dict[_Said, RawValue | None] = {}

    @staticmethod
    def is_plain(item: ItemMapping) -> bool:
        """Whether nothing but these cells decides what is given."""
        return item.column is not None and not (item.part or item.count or item.missing_column or item.unit_ranges)

    def read_row(self, row: MappedRow) -> Given | None:
        """What `read_item` gives. Raises RefusedCellError as it does."""
        cell = row.cell(self.column)
        said: _Said = ((cell.text, _PLACES[cell.kind]),)
        if self.unit is not None:
            unit = row.cell(self.unit)
            said = (*said, (unit.text, _PLACES[unit.kind]))
        try:
            value = self._known[said]
        except KeyError:
            value = self._known[said] = self._read(row)
            self._forget()
        return None if value is None else Given(value, cell.address)

    def read_all(
        self, column: BlockColumn | None, unit: BlockColumn | None, size: int
    ) -> tuple[CodedColumn[RawValue | None], Sequence[int]]:
        """What the cells of many rows give. Cells that many rows have are read once.

        Args:
            column: the item's; None when it is blank in all rows.
            unit: that of its unit, likewise.
            size: the number of rows.

        Returns:
            For each row the raw value, and the places of the rows with a cell that is refused, rising.
        """
        if column is None and not self.reads_blanks:
            return same(None, size), ()
        own = _cells(column, size)
        said: CodedColumn[_Said] = CodedColumn(list(zip(own.values, strict=True)), own.codes)
        if self.unit is not None:
            said = together([own, _cells(unit, size)])
        known, refused = self._known, set[_Said]()
        for cells in filterfalse(known.__contains__, said.values):
            try:
                known[cells] = self._read_alone(cells)
            except RefusedCellError:
                refused.add(cells)
        given = CodedColumn(list(map(known.get, said.values)), said.codes)
        self._forget()
        return given, places_of([cells in refused for cells in said.values], said.codes) if refused else ()

    def _read_alone(self, said: _Said) -> RawValue | None:
        """Read cells that stand alone. Raises RefusedCellError."""
        cells = tuple(Cell("", text, _KINDS[place]) for text, place in said)
        columns = {self.column: 0} if self.unit is None else {self.column: 0, self.unit: 1}
        return self._read(MappedRow("", "", SourceRow(0, cells), columns))

    def _read(self, row: MappedRow) -> RawValue | None:
        given = read_item(self._item, row, self._blank)
        return None if given is None else given.value

    def _forget(self) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()


def _cells(column: BlockColumn | None, size: int) -> CodedColumn[_Cell]:
    """What the cells of a column say; one that is blank in all rows says so."""
    if column is None:
        return same(("", _BLANK), size)
    places = [_BLANK, *chain.from_iterable(map(repeat, (_PLACES[trait.kind] for trait in column.traits), column.sizes))]
    return CodedColumn(list(zip(column.texts, places, strict=True)), column.coded.codes)
