"""An item of a mapping and the cells that decide it: whatever is read once of the same cells is known from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.item_values import Given, has_text, part_of, read_item
from trialkit.capture.mapped_columns import item_columns
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
_Key = TypeVar("_Key", str, tuple[_Cell, ...])
"""The text of a cell of some kind, or several cells."""


class _Said(NamedTuple):
    """What some cells say of an item.

    Attributes:
        value: the raw value, or None.
        place: which of the cells it came from; None for none of them.
        has_text: whether they hold something for the item.
        is_alone: whether more must be said of the row than the value.
    """

    value: RawValue | None
    place: int | None
    has_text: bool
    is_alone: bool


_REFUSED = _Said(None, None, has_text=True, is_alone=True)


class ItemColumn(NamedTuple):
    """What the cells of many rows give for an item.

    Attributes:
        values: for each row the raw value.
        has_text: for each of `values` whether the cells hold something for the item.
        alone: the places of the rows that must be read alone to be told what their cells say, rising.
    """

    values: CodedColumn[RawValue | None]
    has_text: Sequence[bool]
    alone: Sequence[int]


class ItemCells:
    """Reads an item of cells: the same cells give the same value.

    Files say the same few texts in most of their columns, and what is given for them is one and the same object.

    Attributes:
        headers: the headers of all cells that decide it, that of the value first; none for a constant.
        is_constant: whether a value is given where the cells are blank, by the mapping itself.

    Args:
        item: an item mapping.
        blank: what a blank cell means.
        readers: header to what takes its cells apart.
    """

    def __init__(self, item: ItemMapping, blank: Blank, readers: Mapping[str, PartsReader]) -> None:
        self._item, self._blank, self._readers = item, blank, readers
        self.headers = item_columns(item, readers)
        self.is_constant = item.value is not None
        self._is_imported = item.part is None or _reader_of(item.part, readers).rule.applies
        self._columns = {header: place for place, header in enumerate(self.headers)}
        self._known: dict[CellKind, dict[str, _Said]] = {kind: {} for kind in CellKind}
        self._of_several: dict[tuple[_Cell, ...], _Said] = {}

    def read_row(self, row: MappedRow) -> Given | None:
        """What `read_item` gives. Raises RefusedCellError as it does."""
        cells = [row.cell(header) for header in self.headers]
        if len(cells) == 1:
            said = self._recall(self._known[cells[0].kind], cells[0].text, cells)
        else:
            said = self._recall(self._of_several, tuple((cell.text, cell.kind) for cell in cells), cells)
        if said is _REFUSED:
            return read_item(self._item, row, self._blank)  # which tells why
        if said.value is None:
            return None
        return Given(said.value, None if said.place is None else cells[said.place].address)

    def _recall(self, known: dict[_Key, _Said], key: _Key, cells: Sequence[Cell]) -> _Said:
        said = known.get(key)
        if said is None:
            said = known[key] = self._read([(cell.text, cell.kind) for cell in cells])
            self._forget()
        return said

    def read_all(self, columns: Sequence[BlockColumn | None], size: int) -> ItemColumn:
        """What the cells of many rows give. Cells that many rows have are read once.

        Args:
            columns: that of each of the headers; None where it is blank in all rows.
            size: the number of rows.
        """
        if len(columns) == 1 and columns[0] is not None:
            codes, found = columns[0].coded.codes, list[_Said]()
            for kind, texts in columns[0].texts_by_kind():
                known = self._known[kind]
                for text in set(texts).difference(known):
                    known[text] = self._read([(text, kind)])
                found += map(known.__getitem__, texts)
        else:
            together_said = together([cells_of(column, size) for column in columns]) if columns else same((), size)
            codes = together_said.codes
            for key in set(together_said.values).difference(self._of_several):
                self._of_several[key] = self._read(key)
            found = list(map(self._of_several.__getitem__, together_said.values))
        self._forget()
        values = [said.value for said in found] if self._is_imported else [None] * len(found)
        is_alone = [said.is_alone for said in found]
        alone = places_of(is_alone, codes) if any(is_alone) else ()
        return ItemColumn(CodedColumn(values, codes), [said.has_text for said in found], alone)

    def _read(self, cells: Sequence[_Cell]) -> _Said:
        """What cells say that stand alone in a row; as their addresses they have their places."""
        item = self._item
        made = tuple(Cell(str(place), text, kind) for place, (text, kind) in enumerate(cells))
        row = MappedRow("", "", SourceRow(0, made), self._columns, self._readers)
        try:
            given = read_item(item, row, self._blank)
            part = part_of(item, row)
        except RefusedCellError:
            return _REFUSED
        has = has_text(item, row)
        if given is None:
            return _Said(None, None, has, is_alone=False)
        place = None if given.address is None else int(given.address)
        is_asked = (part is not None and part.ask is not None) or bool(not self._is_imported and given.value.text)
        return _Said(given.value, place, has, is_asked or place != (None if self.is_constant else 0))

    def _forget(self) -> None:
        if sum(map(len, self._known.values())) + len(self._of_several) > _MOST_KNOWN:
            for known in self._known.values():
                known.clear()
            self._of_several.clear()


def _reader_of(part: str, readers: Mapping[str, PartsReader]) -> PartsReader:
    return next(reader for reader in readers.values() if part in reader.names)


def cells_of(column: BlockColumn | None, size: int) -> CodedColumn[_Cell]:
    """What the cells of a column say; one that is blank in all rows says so."""
    if column is None:
        return same(("", CellKind.BLANK), size)
    return CodedColumn(list(zip(column.texts, column.kinds, strict=True)), column.coded.codes)
