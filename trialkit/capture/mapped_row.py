"""One row of a source under a mapping's headers: cells by header, and the parts of a record's key read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trialkit.capture.header_row import fill_template, key_headers
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.mapping import KeyMapping
from trialkit.model.record import CellReference, RecordKey
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet import column_letters
from trialkit.wording import list_some, quote


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row, its place, and the column index of every header that the mapping reads."""

    file: str
    sheet: str
    row: SourceRow
    columns: Mapping[str, int]

    @property
    def number(self) -> int:
        """The row's number in the sheet."""
        return self.row.number

    def cell(self, header: str) -> Cell:
        """The cell under a header; a blank one where the row is shorter."""
        index = self.columns[header]
        if index < len(self.row.cells):
            return self.row.cells[index]
        return Cell(f"{column_letters(index + 1)}{self.number}", "", CellKind.BLANK)

    def reference(self, cell: Cell) -> CellReference:
        """Where the cell stands."""
        return CellReference(self.file, self.sheet, cell.address)

    def is_filled(self, header: str) -> bool:
        """Whether the cell under a header holds anything, be it an error."""
        cell = self.cell(header)
        return bool(cell.text.strip()) or cell.kind in (CellKind.ERROR, CellKind.FORMULA_WITHOUT_VALUE)


@dataclass(frozen=True, slots=True)
class KeyText:
    """The text that names one part of a key, and the cells it was read from; empty text when the cells are blank."""

    text: str
    sources: tuple[CellReference, ...]


class RefusedCellError(Exception):
    """A cell can not be used: becomes a finding."""

    def __init__(self, code: str, message: str, remedy: str, source: CellReference | None) -> None:
        super().__init__(code)
        self.code, self.message, self.remedy, self.source = code, message, remedy, source

    def finding(self, key: RecordKey | None = None, item: str = "") -> Finding:
        """The hard finding, about an item of a record when these are known."""
        return Finding(
            code=self.code,
            severity=Severity.HARD,
            message=self.message,
            remedy=self.remedy,
            key=key,
            item=item,
            source=self.source,
            action=Action.REJECT,
        )


def read_text(row: MappedRow, cell: Cell) -> str:
    """The text of a cell without blanks (also non-breaking ones) at its ends.

    Raises:
        RefusedCellError: M107 for an error cell, M108 for a formula without a stored value.
    """
    if cell.kind is CellKind.ERROR:
        raise RefusedCellError(
            "M107",
            f"The cell shows the error {quote(cell.text)}.",
            "Mend the formula, or write the value itself.",
            row.reference(cell),
        )
    if cell.kind is CellKind.FORMULA_WITHOUT_VALUE:
        raise RefusedCellError(
            "M108",
            "The cell holds a formula, and the file does not hold its result.",
            "Open the file in a spreadsheet program, let it calculate, and save it again.",
            row.reference(cell),
        )
    return cell.text.strip().strip("\ufeff")


def read_key(key: KeyMapping, row: MappedRow) -> KeyText:
    """Read one part of a record's key.

    A template whose cells are all blank gives the empty text. `values` translates the text as a whole, and with
    `columns` each of them.

    Raises:
        RefusedCellError: M106 when several columns disagree, M107 and M108 as in `read_text`.
    """
    if key.value is not None:
        return KeyText(key.values.get(key.value, key.value), ())
    cells = {header: row.cell(header) for header in key_headers(key)}
    texts = {header: read_text(row, cell) for header, cell in cells.items()}
    sources = tuple(row.reference(cells[header]) for header, text in texts.items() if text)
    if not sources:
        return KeyText("", tuple(row.reference(cell) for cell in cells.values()))
    if key.template is not None:
        text = fill_template(key.template, texts)
        return KeyText(key.values.get(text, text), sources)
    given = {header: key.values.get(text, text) for header, text in texts.items() if text}
    if len(set(given.values())) > 1:
        raise RefusedCellError(
            "M106",
            f"The columns {list_some(given)} disagree: {list_some(quote(text) for text in given.values())}.",
            "Make them say the same, or leave one blank.",
            sources[0],
        )
    return KeyText(next(iter(given.values())), sources)
