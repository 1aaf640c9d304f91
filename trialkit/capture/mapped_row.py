"""One row of a source under a mapping's headers: cells by header, and the parts of a record's key read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trialkit.capture.cell_parts import Part, PartsReader, TakenApart
from trialkit.capture.header_row import fill_template, key_headers
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.mapping import KeyMapping, PartsReading
from trialkit.model.record import CellReference, RecordKey
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet import column_letters
from trialkit.wording import list_some, quote


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row, its place, and the column index of every header that the mapping reads.

    Attributes:
        file: the file's name.
        sheet: the sheet's name; empty for CSV.
        row: the cells.
        columns: header to column index.
        readers: header to what takes its cells apart.
        find: the place of the find that a record is made of, where a cell makes several; else None.
    """

    file: str
    sheet: str
    row: SourceRow
    columns: Mapping[str, int]
    readers: Mapping[str, PartsReader] = field(default_factory=dict)
    find: int | None = None

    @property
    def number(self) -> int:
        """The row's number in the sheet."""
        return self.row.number

    def cell(self, header: str) -> Cell:
        """The cell under a header; a blank one where the row is shorter."""
        index = self.columns[header]
        cells = self.row.cells
        if index < len(cells):
            return cells[index]
        return Cell(f"{column_letters(index + 1)}{self.number}", "", CellKind.BLANK)

    def reference(self, cell: Cell) -> CellReference:
        """Where the cell stands."""
        return CellReference(self.file, self.sheet, cell.address)

    def is_filled(self, header: str) -> bool:
        """Whether the cell under a header holds anything, be it an error."""
        cell = self.cell(header)
        return bool(cell.text.strip()) or cell.kind in (CellKind.ERROR, CellKind.FORMULA_WITHOUT_VALUE)

    def reader(self, part: str) -> PartsReader:
        """What takes apart the cell that this part stands in."""
        return next(reader for reader in self.readers.values() if part in reader.names)

    def part(self, name: str) -> Part | None:
        """A part of a cell of the row; None where the cell is blank, or says nothing of it.

        Raises:
            RefusedCellError: M107, M108 as in `read_text`; M121 when the cell is not covered by its patterns.
        """
        reader = self.reader(name)
        finds = self.take_apart(reader).finds
        place = self.find or 0
        return finds[place].get(name) if place < len(finds) else None

    def take_apart(self, reader: PartsReader) -> TakenApart:
        """The parts of the cell that a reader reads. Raises RefusedCellError as in `part`."""
        cell = self.cell(reader.rule.column)
        taken = reader.read(read_text(self, cell))
        if taken.rest and reader.rule.how is not PartsReading.WITHIN:
            what = quote(taken.rest)
            raise RefusedCellError(
                "M121",
                f"No pattern of the mapping fits {what}"
                + (f" in {quote(cell.text, 80)}." if taken.finds else f", which stands under {reader.rule.column}."),
                "Correct the cell, or add a pattern under parts: in the mapping.",
                self.reference(cell),
            )
        return taken


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
        RefusedCellError: M106 when several columns disagree, M107, M108 and M121 as in `MappedRow.part`.
    """
    if key.value is not None:
        return KeyText(key.values.get(key.value, key.value), ())
    if key.part is not None:
        part = row.part(key.part)
        text = "" if part is None else part.text
        return KeyText(key.values.get(text, text), (row.reference(row.cell(row.reader(key.part).rule.column)),))
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
