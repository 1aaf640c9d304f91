"""What a cell looks like to a person: its own kind, or for text the kind that the text could be."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from trialkit.model.coded_columns import places_of
from trialkit.model.source import Cell, CellKind
from trialkit.spreadsheet.column_blocks import BlockColumn, ColumnBlock

_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?([T ][0-9:.]+Z?)?|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}"
    r"|[0-9]{1,2}[- ]?[A-Za-z]{3}[- ]?[0-9]{2,4}|[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
    re.ASCII,
)
NO_TEXT = frozenset({CellKind.ERROR, CellKind.FORMULA_WITHOUT_VALUE})
"""Kinds of cells that are refused, whatever they hold."""

_FILLED = frozenset({CellKind.TEXT, CellKind.NUMBER, CellKind.DATE, CellKind.BOOLEAN})


def is_filled(cell: Cell) -> bool:
    """Whether a person would say that something stands in the cell, be it an error."""
    return holds_any(cell.text, cell.kind)


def holds_any(text: str, kind: CellKind) -> bool:
    """Whether something stands in a cell of this text and kind, be it an error."""
    return kind in NO_TEXT or bool(text.strip())


def without_text(column: BlockColumn) -> Sequence[int]:
    """The places of the cells that are refused, whatever they hold, rising."""
    if NO_TEXT.isdisjoint(trait.kind for trait in column.traits):
        return ()
    return places_of([kind in NO_TEXT for kind in column.kinds], column.coded.codes)


def places_with(texts: Collection[str], block: ColumnBlock, number: int) -> Sequence[int]:
    """The places of the rows in whose cell in a column, told by its number, one of these texts stands, rising."""
    column = block.columns.get(number)
    if column is None:
        return range(len(block.numbers)) if "" in texts else ()
    return places_of([text.strip() in texts for text in column.texts], column.coded.codes)


def look_of(cell: Cell) -> CellKind | None:
    """The kind that a cell looks like; None when it holds no value."""
    if cell.kind not in _FILLED or not cell.text.strip():
        return None
    return _look_of_text(cell.text) if cell.kind is CellKind.TEXT else cell.kind


@lru_cache(maxsize=65_536)
def _look_of_text(text: str) -> CellKind:
    bare = text.strip()
    if len(bare) > 40:
        return CellKind.TEXT
    if _NUMBER.fullmatch(bare):
        return CellKind.NUMBER
    return CellKind.DATE if _DATE.fullmatch(bare) else CellKind.TEXT
