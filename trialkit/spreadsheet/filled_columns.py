"""Columns with their cells only: how they are gathered, how they are sent, and how they are spread over their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, repeat
from typing import Any, NamedTuple

from trialkit.spreadsheet.column_blocks import NO_CELL, BlockColumn
from trialkit.spreadsheet.row_runs import CellTrait


class FilledColumn(NamedTuple):
    """One column of rows that follow each other, with its cells only: how columns are gathered and sent.

    Attributes:
        number: the column's number.
        traits: at most `MOST_TRAITS`; each is that of some cell.
        codes: as those of a `BlockColumn`.
        texts: the text of each cell.
        raws: the raw characters of each cell whose trait says that they differ.
    """

    number: int
    traits: Sequence[CellTrait]
    codes: bytes | None
    texts: Sequence[str]
    raws: Sequence[str]

    def spread(self) -> BlockColumn:
        """The same for each row."""
        has_raw = [trait.has_raw for trait in self.traits]
        if self.codes is None:
            return BlockColumn(list(self.texts), tuple(self.traits), None, list(self.raws) if has_raw[0] else None)
        texts = list(self.texts)
        if NO_CELL in self.codes:
            texts = _draw(self.codes.translate(_FILLED), (repeat(""), iter(texts)))
        raws = None
        if any(has_raw):
            nothing, each = repeat(None), iter(self.raws)
            raws = _draw(self.codes, (nothing, *(each if has else nothing for has in has_raw)))
        return BlockColumn(texts, tuple(self.traits), self.codes, raws)


_FILLED = bytes([0] + [1] * 255)
"""Translates codes into whether there is a cell."""


def fill_column(
    number: int, traits: Sequence[CellTrait], codes: bytes | None, texts: Sequence[str], raws: Sequence[str]
) -> FilledColumn:
    """A column of what is known for each row.

    Args:
        number: the column's number.
        traits: those that may occur.
        codes: as those of a `BlockColumn`; some row has a cell.
        texts: the text for each row.
        raws: the raw characters for each row whose trait says that they differ, anything for others; may be empty
            when no trait says so.
    """
    if codes is None:
        return FilledColumn(number, traits[:1], None, texts, raws if traits[0].has_raw else ())
    if len(traits) > 1:
        used = [code for code in range(1, len(traits) + 1) if code in codes]
        if len(used) < len(traits):
            table = bytearray(256)
            for place, code in enumerate(used, start=1):
                table[code] = place
            traits, codes = [traits[code - 1] for code in used], codes.translate(table)
    if NO_CELL not in codes:
        if len(traits) == 1:
            return fill_column(number, traits, None, texts, raws)
        filled = texts
    else:
        filled = list(compress(texts, codes))
    own: Sequence[str] = ()
    if any(trait.has_raw for trait in traits):
        has_raw = bytes([0, *(trait.has_raw for trait in traits)]).ljust(256, b"\0")
        own = list(compress(raws, codes.translate(has_raw)))
    return FilledColumn(number, traits, codes, filled, own)


def _draw(codes: bytes, sources: Sequence[Iterator[Any]]) -> list[Any]:  # Any: texts, or raw characters and None
    """For each code the next entry of the source at that place."""
    return list(map(next, map(sources.__getitem__, codes)))


def rows_with_cells(columns: Sequence[FilledColumn], length: int) -> bytes | None:
    """For each of so many rows whether some column has a cell, as bytes that are not zero; None when all have one."""
    if any(column.codes is None for column in columns):
        return None
    together = 0
    for column in columns:
        together |= int.from_bytes(column.codes or b"", "big")
    marks = together.to_bytes(length, "big")
    return marks if NO_CELL in marks else None
