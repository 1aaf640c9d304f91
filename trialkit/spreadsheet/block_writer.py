"""Gathers rows on the reader's side, one by one or in whole columns, and hands them over block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trialkit.spreadsheet.cell_traits import CellTrait
from trialkit.spreadsheet.encoded_blocks import EncodedBlock, encode_block
from trialkit.spreadsheet.filled_columns import FilledColumn, GatheredColumn

_ROWS_A_BLOCK = 4_000
_CELLS_A_BLOCK = 160_000
_CHARACTERS_A_BLOCK = 1024 * 1024
_FEW_PLACES = 4_096
_MOST_PLACES_A_CELL = 16
"""A block says for each row and column whether there is a cell: scattered cells would make it far larger than them."""


class BlockWriter:
    """Takes rows one by one or in columns and hands over blocks; `flush` at the end.

    Attributes:
        before_others: called before a row is added by itself, and before the end, for whoever keeps rows back.
    """

    def __init__(self, hand_over: Callable[[EncodedBlock], None]) -> None:
        self._hand_over = hand_over
        self.before_others: Callable[[], None] = lambda: None
        self._numbers: list[int] = []
        self._columns: dict[int, GatheredColumn] = {}
        self._whole: Sequence[FilledColumn] = ()
        self._cells = self._characters = 0

    def add(
        self,
        number: int,
        columns: Sequence[int],
        traits: Sequence[CellTrait],
        texts: Sequence[str],
        raws: Sequence[str],
    ) -> None:
        """Add one row: its filled cells by rising column; `raws` only for those whose trait says so."""
        self.before_others()
        self._open()
        place = len(self._numbers)
        self._numbers.append(number)
        left = iter(raws)
        for column, trait, text in zip(columns, traits, texts, strict=True):
            found = self._columns.get(column)
            if found is None:
                found = self._columns[column] = GatheredColumn()
            found.put(place, trait, text, next(left) if trait.has_raw else None)
        self._count(len(texts), sum(map(len, texts)))

    def add_columns(self, numbers: Sequence[int], columns: Sequence[FilledColumn], characters: int) -> None:
        """Add rows that all come behind those before.

        Args:
            numbers: theirs, rising; each has a cell in some column.
            columns: theirs.
            characters: about how many characters their texts have.
        """
        cells = sum(column.filled for column in columns)
        if not self._numbers and self.are_enough(len(numbers), cells, characters):
            self._hand_over(encode_block(numbers, columns))
            return
        if not self._numbers:
            self._numbers, self._whole = list(numbers), columns  # they may stay all that there is
        else:
            self._open()
            self._extend(len(self._numbers), columns)
            self._numbers += numbers
        self._count(cells, characters)

    def are_enough(self, rows: int, cells: int, characters: int) -> bool:
        """Whether the rows that wait and so many more make a block."""
        is_much = self._cells + cells > _CELLS_A_BLOCK or self._characters + characters > _CHARACTERS_A_BLOCK
        return is_much or len(self._numbers) + rows >= _ROWS_A_BLOCK

    def flush(self) -> None:
        """Hand over all rows that are not yet."""
        self.before_others()
        self._write()

    def _write(self) -> None:
        """Hand over the block at hand."""
        if self._numbers:
            length = len(self._numbers)
            columns = [self._columns[number].close(number, length) for number in sorted(self._columns)]
            self._hand_over(encode_block(self._numbers, self._whole or columns))
        self._numbers, self._columns, self._whole = [], {}, ()
        self._cells = self._characters = 0

    def _open(self) -> None:
        """Make ready for other rows behind those that came in columns."""
        whole, self._whole = self._whole, ()
        self._extend(0, whole)

    def _extend(self, place: int, columns: Sequence[FilledColumn]) -> None:
        for column in columns:
            found = self._columns.get(column.number)
            if found is None:
                found = self._columns[column.number] = GatheredColumn()
            found.extend(place, column)

    def _count(self, cells: int, characters: int) -> None:
        self._cells += cells
        self._characters += characters
        if self.are_enough(0, 0, 0) or are_scattered(
            len(self._numbers), len(self._whole or self._columns), self._cells
        ):
            self._write()


def are_scattered(rows: int, columns: int, cells: int) -> bool:
    """Whether so few cells stand in rows and columns that these had better come in smaller blocks."""
    return rows * columns > _FEW_PLACES + _MOST_PLACES_A_CELL * cells
