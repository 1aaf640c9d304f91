"""What a workbook to be filled in consists of, as plain data: sheets of columns, lists to pick from, a page in front.

Formulas are Excel's, without the equals sign; ``{row}`` in them stands for the number of the row they are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

__all__ = [
    "FILL_IN_SHEET",
    "LISTS_SHEET",
    "FrontLine",
    "FrontTable",
    "Guard",
    "Mark",
    "MarkLook",
    "TemplateBook",
    "TemplateColumn",
    "TemplateRow",
    "TemplateSheet",
    "TemplateValue",
]

FILL_IN_SHEET = "Start here"
LISTS_SHEET = "Lists"

TemplateValue = str | Decimal | date | None
"""What stands in a cell: a text, a number, a day, or nothing."""


class MarkLook(StrEnum):
    """How cells look in which something is the case."""

    NOT_ASKED = "not asked"
    NEEDED = "needed"
    UNUSUAL = "unusual"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Mark:
    """A look that cells take while a formula is true; the first of a column's marks that holds counts alone."""

    look: MarkLook
    formula: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What a cell takes.

    Attributes:
        kind: ``list`` when the formula names a list, ``custom`` when it is true for what is taken.
        formula: the formula.
        is_strict: whether anything else is refused, or only asked about.
        message: what is said about anything else; at most 225 characters.
    """

    kind: Literal["list", "custom"]
    formula: str
    is_strict: bool
    message: str


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column.

    Attributes:
        name: the header that the import reads.
        question: what people read.
        hint: what is written there, in few words; may be empty.
        note: everything there is to know about it, as a comment on the question; may be empty.
        prompt: what is said when a cell is chosen; at most 255 characters; may be empty.
        kind: how cells are formatted: everything that is typed stays a text, or numbers and days are what they are.
        width: in characters.
        is_key: whether it says whose row it is.
        guard: what its cells take; None for anything.
        marks: how its cells look when.
    """

    name: str
    question: str
    hint: str = ""
    note: str = ""
    prompt: str = ""
    kind: Literal["text", "number", "day"] = "text"
    width: float = 12.0
    is_key: bool = False
    guard: Guard | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One row.

    Attributes:
        values: one for each column.
        is_stored: whether it is in the study already.
        note: said in a comment on its first cell; may be empty.
    """

    values: tuple[TemplateValue, ...]
    is_stored: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class TemplateSheet:
    """One sheet to be filled in.

    Attributes:
        name: on its tab.
        title: at its top.
        remarks: below the title, a line each.
        loud: how many of the remarks must not be overlooked, from the first on.
        columns: keys first.
        rows: as they stand.
        spare: how many rows behind them are ready to be filled in.
        colour: of its tab, six hexadecimal digits.
    """

    name: str
    title: str
    remarks: tuple[str, ...]
    loud: int
    columns: tuple[TemplateColumn, ...]
    rows: tuple[TemplateRow, ...]
    spare: int
    colour: str

    @property
    def header_row(self) -> int:
        """The row of the headers that the import reads: behind title, remarks, questions and hints."""
        return len(self.remarks) + 4


@dataclass(frozen=True, slots=True)
class FrontLine:
    """One line of the page in front: a heading, a sentence, or a sentence beside a patch of a look."""

    text: str
    is_heading: bool = False
    patch: MarkLook | Literal["key", "stored", "free"] | None = None


@dataclass(frozen=True, slots=True)
class FrontTable:
    """A table of the page in front; the first cell of a row leads to the sheet of that name, where `is_linked`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_linked: bool = False


@dataclass(frozen=True, slots=True)
class TemplateBook:
    """A workbook to be filled in.

    Attributes:
        title: at the top of the page in front.
        front: what stands there, from the top.
        sheets: at least one.
        lists: name of a list to its texts; the names are such that Excel takes them for no cell.
        facts: sheet and rows of what the workbook says about itself, on a hidden sheet.
    """

    title: str
    front: tuple[FrontLine | FrontTable, ...]
    sheets: tuple[TemplateSheet, ...]
    lists: Mapping[str, tuple[str, ...]]
    facts: tuple[str, tuple[tuple[str, ...], ...]]
