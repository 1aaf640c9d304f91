"""The cells that the items of one row came from, by their addresses: references are made when somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase

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
