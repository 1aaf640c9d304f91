"""An item that stands in one column, with its unit in another at most: whatever is read once there is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from trialkit.capture.item_values import Given, read_item
from trialkit.capture.mapped_row import MappedRow, RefusedCellError
from trialkit.model.coded_columns import CodedColumn, places_of, same, together
from trialkit.model.import_options import Blank
from trialkit.model.mapping import ItemMapping
from trialkit.model.record import RawValue
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.column_blocks import BlockColumn

_MOST_KNOWN = 50_000
"""So many texts of one column are kept in mind; free texts seldom come again."""

_Cell = tuple[str, CellKind]
"""The text of a cell and its kind."""
_BLANK_ALONE = ((CellKind.BLANK, ("",)),)
_Said = TypeVar("_Said", str, tuple[_Cell, _Cell])
"""The text of a cell of some kind, or a cell and that of its unit."""


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
        self._known: dict[CellKind, dict[str, RawValue | None]] = {kind: {} for kind in CellKind}
        self._with_unit: dict[tuple[_Cell, _Cell], RawValue | None] = {}

    @staticmethod
    def is_plain(item: ItemMapping) -> bool:
        """Whether nothing but these cells decides what is given."""
        return item.column is not None and not (item.part or item.count or item.missing_column or item.unit_ranges)

    def read_row(self, row: MappedRow) -> Given | None:
        """What `read_item` gives. Raises RefusedCellError as it does."""
        cell = row.cell(self.column)
        if self.unit is None:
            value = self._recall(self._known[cell.kind], cell.text, row)
        else:
            unit = row.cell(self.unit)
            value = self._recall(self._with_unit, ((cell.text, cell.kind), (unit.text, unit.kind)), row)
        return None if value is None else Given(value, cell.address)

    def _recall(self, known: dict[_Said, RawValue | None], said: _Said, row: MappedRow) -> RawValue | None:
        try:
            return known[said]
        except KeyError:
            value = known[said] = self._read(row)
            self._forget()
            return value

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
        given: list[RawValue | None] = []
        refused: list[bool] = []
        if self.unit is None:
            codes = same(None, size).codes if column is None else column.coded.codes
            for kind, texts in _BLANK_ALONE if column is None else column.texts_by_kind():
                read = partial(self._read_cell, kind)
                self._look_up(self._known[kind], texts, read, given, refused)
        else:
            pairs = together([_cells(column, size), _cells(unit, size)])
            codes = pairs.codes
            self._look_up(self._with_unit, pairs.values, self._read_cells, given, refused)
        self._forget()
        return CodedColumn(given, codes), places_of(refused, codes) if any(refused) else ()

    def _look_up(
        self,
        known: dict[_Said, RawValue | None],
        said: Sequence[_Said],
        read: Callable[[_Said], RawValue | None],
        given: list[RawValue | None],
        refused: list[bool],
    ) -> None:
        """Add what is given for what is said, and whether it is refused."""
        unread = set()
        for one in set(said).difference(known):
            try:
                known[one] = read(one)
            except RefusedCellError:
                unread.add(one)
        given.extend(map(known.get, said))
        refused.extend(map(unread.__contains__, said))

    def _read_cell(self, kind: CellKind, text: str) -> RawValue | None:
        return self._read_cells(((text, kind),))

    def _read_cells(self, said: tuple[_Cell, ...]) -> RawValue | None:
        """Read a cell, or one with its unit, that stands alone. Raises RefusedCellError."""
        cells = tuple(Cell("", text, kind) for text, kind in said)
        columns = {self.column: 0} if self.unit is None else {self.column: 0, self.unit: 1}
        return self._read(MappedRow("", "", SourceRow(0, cells), columns))

    def _read(self, row: MappedRow) -> RawValue | None:
        given = read_item(self._item, row, self._blank)
        return None if given is None else given.value

    def _forget(self) -> None:
        if sum(map(len, self._known.values())) + len(self._with_unit) > _MOST_KNOWN:
            for known in self._known.values():
                known.clear()
            self._with_unit.clear()


def _cells(column: BlockColumn | None, size: int) -> CodedColumn[_Cell]:
    """What the cells of a column say; one that is blank in all rows says so."""
    if column is None:
        return same(("", CellKind.BLANK), size)
    return CodedColumn(list(zip(column.texts, column.kinds, strict=True)), column.coded.codes)
