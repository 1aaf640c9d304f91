"""An item that stands in one column, with its unit in another at most: whatever is read once there is known."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

from trialkit.capture.cell_kinds import NO_TEXT
from trialkit.capture.item_values import Given, read_item
from trialkit.capture.mapped_row import MappedRow, RefusedCellError
from trialkit.model.import_options import Blank
from trialkit.model.mapping import ItemMapping
from trialkit.model.record import RawValue
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.column_blocks import BlockColumn

_MOST_KNOWN = 50_000
"""So many texts of one column are kept in mind; free texts seldom come again."""

_KINDS = tuple(CellKind)
_PLACES = {kind: place for place, kind in enumerate(_KINDS)}
_BLANK = _PLACES[CellKind.BLANK]

_Said = tuple[str, int] | tuple[str, int, str, int]
"""The text of a cell and the place of its kind, and the same of its unit."""


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
        self._by_kind: dict[int, dict[str, RawValue | None]] = {}

    @staticmethod
    def is_plain(item: ItemMapping) -> bool:
        """Whether nothing but these cells decides what is given."""
        return item.column is not None and not (item.part or item.count or item.missing_column or item.unit_ranges)

    def read_row(self, row: MappedRow) -> Given | None:
        """What `read_item` gives. Raises RefusedCellError as it does."""
        cell = row.cell(self.column)
        said: _Said = (cell.text, _PLACES[cell.kind])
        if self.unit is not None:
            unit = row.cell(self.unit)
            said = (*said, unit.text, _PLACES[unit.kind])
        try:
            value = self._known[said]
        except KeyError:
            value = self._known[said] = self._read(row)
            self._forget()
        return None if value is None else Given(value, cell.address)

    def read_all(
        self, column: BlockColumn | None, unit: BlockColumn | None, size: int
    ) -> tuple[Sequence[RawValue | None], Collection[int]]:
        """What the cells of many rows give.

        Args:
            column: the item's; None when it is blank in all rows.
            unit: that of its unit, likewise.
            size: the number of rows.

        Returns:
            For each row the raw value, and the places of the rows with a cell that is refused.
        """
        if column is None and not self.reads_blanks:
            return [None] * size, ()
        if self.unit is None and column is not None:
            kinds = {trait.kind for trait in column.traits}
            if len(kinds) == 1 and kinds.isdisjoint(NO_TEXT):
                return self._read_alike(column.texts, _PLACES[kinds.pop()]), ()
        parts = [*_parts(column, size), *(() if self.unit is None else _parts(unit, size))]
        return self._look_up(list(zip(*parts, strict=True)), self._known)

    def _read_alike(self, texts: Sequence[str], kind: int) -> Sequence[RawValue | None]:
        """What cells of one kind give; none of them is refused."""
        known = self._by_kind.setdefault(kind, {})
        for text in set(texts).difference(known):
            said = (text, kind if text else _BLANK)
            known[text] = self._known[said] if said in self._known else self._read_anew(said)
            self._known[said] = known[text]
        found = list(map(known.__getitem__, texts))
        self._forget()
        return found

    def _look_up(
        self, said: Sequence[_Said], known: dict[_Said, RawValue | None]
    ) -> tuple[Sequence[RawValue | None], Collection[int]]:
        refused: set[Hashable] = set()
        for cells in set(said).difference(known):
            try:
                known[cells] = self._read_anew(cells)
            except RefusedCellError:
                refused.add(cells)
        found = list(map(known.get, said))
        self._forget()
        return found, [place for place, cells in enumerate(said) if cells in refused] if refused else ()

    def _read_anew(self, said: _Said) -> RawValue | None:
        """Read cells that stand alone. Raises RefusedCellError."""
        kinds = [_KINDS[place] for place in said[1::2] if isinstance(place, int)]
        texts = [text for text in said[::2] if isinstance(text, str)]
        cells = tuple(Cell("", text, kind) for text, kind in zip(texts, kinds, strict=True))
        columns = {self.column: 0} if self.unit is None else {self.column: 0, self.unit: len(cells) - 1}
        return self._read(MappedRow("", "", SourceRow(0, cells), columns))

    def _read(self, row: MappedRow) -> RawValue | None:
        given = read_item(self._item, row, self._blank)
        return None if given is None else given.value

    def _forget(self) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
            self._by_kind.clear()


def _parts(column: BlockColumn | None, size: int) -> tuple[Sequence[str], Sequence[int]]:
    """The texts and the places of the kinds of a column."""
    if column is None:
        return [""] * size, [_BLANK] * size
    if column.codes is None:
        return column.texts, [_PLACES[column.traits[0].kind]] * size
    places = [_BLANK, *(_PLACES[trait.kind] for trait in column.traits)]
    return column.texts, list(map(places.__getitem__, column.codes))
