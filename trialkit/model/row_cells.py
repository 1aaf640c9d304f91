"""The cells that the items of one row came from, by their addresses: references are made when somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import overload

from trialkit.model.record import CellReference


@dataclass(frozen=True, slots=True, eq=False)
class RowAddresses(Mapping[str, str]):
    """Item identifier to the address of its cell, where all cells stand in one row: addresses are made when asked for.

    Attributes:
        columns: item identifier to the letters of its column; may be shared by all rows of a sheet, and never changes.
        row: the number of the row, 1 or more.
    """

    columns: Mapping[str, str]
    row: int

    def __getitem__(self, item: str) -> str:
        return f"{self.columns[item]}{self.row}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, item: object) -> bool:
        return item in self.columns


@dataclass(frozen=True, slots=True, eq=False)
class RowCells(Mapping[str, CellReference]):
    """Item identifier to its cell.

    Attributes:
        file: the file's name.
        sheet: the sheet's name; empty for CSV.
        addresses: item identifier to the address of its cell, each of column letters and the number of the row.
    """

    file: str
    sheet: str
    addresses: Mapping[str, str]

    @property
    def rows(self) -> set[tuple[str, int]]:
        """The rows that the cells stand in, each as sheet and number; nearly always one."""
        if isinstance(self.addresses, RowAddresses):
            return {(self.sheet, self.addresses.row)} if self.addresses.columns else set()
        numbers = {address.lstrip(ascii_uppercase) for address in self.addresses.values()}
        return {(self.sheet, int(number)) for number in numbers}

    def __getitem__(self, item: str) -> CellReference:
        return CellReference(self.file, self.sheet, self.addresses[item])

    def __iter__(self) -> Iterator[str]:
        return iter(self.addresses)

    def __len__(self) -> int:
        return len(self.addresses)

    def __contains__(self, item: object) -> bool:
        return item in self.addresses


@dataclass(frozen=True, slots=True, eq=False)
class RowSources(Sequence[CellReference]):
    """Cells of one row.

    Attributes:
        file: the file's name.
        sheet: the sheet's name; empty for CSV.
        letters: their columns; many rows share them.
        row: the number of the row.
    """

    file: str
    sheet: str
    letters: tuple[str, ...]
    row: int

    @overload
    def __getitem__(self, index: int) -> CellReference: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[CellReference, ...]: ...
    def __getitem__(self, index: int | slice) -> CellReference | tuple[CellReference, ...]:
        if isinstance(index, slice):
            return tuple(CellReference(self.file, self.sheet, f"{found}{self.row}") for found in self.letters[index])
        return CellReference(self.file, self.sheet, f"{self.letters[index]}{self.row}")

    def __len__(self) -> int:
        return len(self.letters)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # they are compared, never looked up
