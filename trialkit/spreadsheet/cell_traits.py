"""What cells share, and how cells are made of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from trialkit.model.source import Cell, CellKind, SourceRow


class CellTrait(NamedTuple):
    """What cells share.

    Attributes:
        kind: what the file says they are.
        number_format: how the workbook shows them; empty for the general format.
        has_formula: whether their values were computed in the workbook.
        has_raw: whether the characters that the file holds differ from the text.
    """

    kind: CellKind
    number_format: str
    has_formula: bool
    has_raw: bool


PLAIN_BLANK = CellTrait(CellKind.BLANK, "", False, False)
"""The trait of what only fills a gap."""
make_cell = partial(tuple.__new__, Cell)
"""Makes a cell of all its parts, as ``Cell(...)``, which takes four times as long."""


CellParts = tuple[int, CellTrait, str, "str | None"]
"""A cell of a row: the number of its column, its trait, its text, and its raw characters where they differ."""


def cells_of_row(row: SourceRow) -> Iterator[CellParts]:
    """The cells of a row, without those that only fill a gap.

    The last cell of a row is never left out, so that the row keeps its length.
    """
    last = len(row.cells)
    for column, cell in enumerate(row.cells, start=1):
        trait = CellTrait(cell.kind, cell.number_format, cell.has_formula, cell.raw is not None)
        if trait != PLAIN_BLANK or cell.text or column == last:
            yield column, trait, cell.text, cell.raw
