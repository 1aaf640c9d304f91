"""Writes a source file that some reader made for the parent: rows as they are, and what is odd about their texts."""

from __future__ import annotations

from trialkit.model.source import CellKind, SourceFile, SourceSheet
from trialkit.spreadsheet.assembly import Ending
from trialkit.spreadsheet.block_writer import BlockWriter
from trialkit.spreadsheet.cell_traits import CellTrait
from trialkit.spreadsheet.cells import column_number
from trialkit.spreadsheet.tally import Tally
from trialkit.spreadsheet.text_looks import look_at
from trialkit.spreadsheet.wire import LineWriter


def write_source(source: SourceFile, writer: LineWriter) -> None:
    """Write a whole file. Its blank cells are left out, but for the last one of a row."""
    tally = Tally()
    for sheet in source.sheets:
        writer.begin_sheet(sheet.name, sheet.visible)
        blocks = BlockWriter(writer.add_rows)
        _write_rows(sheet, blocks, tally)
        blocks.flush()
    writer.end(source.digest, Ending(source.kind, source.notes, (*source.oddities, *tally.finish())))


def _write_rows(sheet: SourceSheet, blocks: BlockWriter, tally: Tally) -> None:
    for row in sheet.rows:
        cells = [cell for cell in row.cells if cell.kind is not CellKind.BLANK or cell is row.cells[-1]]
        if not cells:
            continue
        columns = tuple(column_number(cell.address.rstrip("0123456789")) for cell in cells)
        traits = tuple(
            CellTrait(cell.kind, cell.number_format, cell.has_formula, cell.raw is not None) for cell in cells
        )
        raws = [cell.raw for cell in cells if cell.raw is not None]
        blocks.add(row.number, columns, traits, [cell.text for cell in cells], raws)
        for column, cell in zip(columns, cells, strict=True):
            if cell.kind is CellKind.TEXT:
                for code, phrase in look_at(cell.text):
                    tally.note_cell(code, phrase, sheet.name, column, row.number)
