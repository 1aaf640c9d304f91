"""What ``record.save`` entries say of the cells that items came from: the same for every row of a sheet but its number.

Byte for byte what `encode_payload` makes of `sources_to_plain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from string import ascii_uppercase
from typing import NamedTuple

from trialkit.model.record import CellReference
from trialkit.model.row_cells import RowAddresses, RowCells
from trialkit.store.canonical import encode_payload
from trialkit.store.save_plain import sources_to_plain

_MOST_ROWS = 1_000
_MOST_DIGITS = 9
_BEGIN = ',"source":'
_BETWEEN = "\0"


class _RowText(NamedTuple):
    """The text of a row before and behind its number, how many cells it names, and what it was made from."""

    before: str
    behind: str
    cells: int
    columns: object


class SourceTexts:
    """Writes the cells of entries; what is the same for many rows is made once."""

    def __init__(self) -> None:
        self._rows: dict[tuple[object, ...], _RowText] = {}

    def write(self, names: Sequence[str], sources: Mapping[str, CellReference]) -> str:
        """What follows on the items in an entry: nothing when none of them came from a cell.

        Args:
            names: the items of the change, in its order.
            sources: item to its cell.
        """
        if not sources:
            return ""
        if not isinstance(sources, RowCells):
            return _text(names, sources)
        if isinstance(sources.addresses, RowAddresses):
            return self._of_columns(names, sources, sources.addresses)
        return self._of_addresses(names, sources)

    def _of_columns(self, names: Sequence[str], cells: RowCells, addresses: RowAddresses) -> str:
        row = str(addresses.row)
        # Columns are known by their place in memory, which is theirs as long as they are kept here.
        kind = (names, id(addresses.columns), cells.file, cells.sheet)
        found = self._rows.get(kind)
        if found is None or not _is_row(row):
            return self._new(kind, names, cells, row, addresses.columns)
        return f"{found.before}{row}{found.behind}"

    def _of_addresses(self, names: Sequence[str], cells: RowCells) -> str:
        whole = _BETWEEN.join(map(cells.addresses.get, names, repeat(""))) + _BETWEEN
        row = next(iter(cells.addresses.values())).lstrip(ascii_uppercase)
        columns = whole.replace(row + _BETWEEN, _BETWEEN)
        kind = (names, columns, cells.file, cells.sheet)
        found = self._rows.get(kind)
        # Every address lost the number of the row at its end, and only there.
        if found is None or not _is_row(row) or len(whole) - len(columns) != found.cells * len(row):
            return self._new(kind, names, cells, row, columns)
        return f"{found.before}{row}{found.behind}"

    def _new(self, kind: tuple[object, ...], names: Sequence[str], cells: RowCells, row: str, columns: object) -> str:
        text = _text(names, cells)
        before, number, behind = text.partition(f',"row":{row}')
        if _is_row(row) and number and behind[0] in ",}" and before.startswith(_BEGIN):
            if len(self._rows) >= _MOST_ROWS:
                self._rows.clear()
            count = sum(name in cells for name in names)
            self._rows[kind] = _RowText(f'{before},"row":', behind, count, columns)
        return text


def _text(names: Sequence[str], sources: Mapping[str, CellReference]) -> str:
    plain = sources_to_plain(sorted(names), sources)
    return f",{encode_payload(plain)[1:-1]}" if plain else ""


def _is_row(text: str) -> bool:
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= _MOST_DIGITS
