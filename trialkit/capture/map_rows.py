"""Rows of a source file become submissions, by a mapping: what can not be placed becomes a finding, never a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from trialkit.capture.captured import Captured
from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.header_row import choose_sheet, locate_headers, mapped_headers, name_unread, read_header
from trialkit.capture.mapped_row import MappedRow
from trialkit.capture.oddity_notes import name_oddities
from trialkit.capture.placing import Place
from trialkit.capture.plain_rows import PlainReader, is_plain
from trialkit.capture.record_plan import RecordPlan, plan_records
from trialkit.capture.row_capture import RowCapture
from trialkit.capture.row_layouts import lay_out_rows
from trialkit.capture.rows_read import RowsRead
from trialkit.capture.shown_units import ShownUnits
from trialkit.capture.subject_finder import SubjectFinder
from trialkit.capture.swapped_dates import DoubtedDates
from trialkit.model.import_options import Blank
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import Subject
from trialkit.model.source import SourceFile, SourceRow, SourceSheet
from trialkit.model.study import Study
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.column_blocks import BlockRows, ColumnBlock

_CODES = {Place.VISIT: "M103", Place.FORM: "M104", Place.TIMEPOINT: "M105", Place.REPEAT: "M110"}


def map_source(
    source: SourceFile,
    mapping: ColumnMapping,
    study: Study,
    subjects: Mapping[str, Subject],
    blank: Blank = Blank.IGNORE,
) -> Captured:
    """Make submissions of the rows of a file.

    Two rows that say different things of one record are both held back with a finding: neither is known to be the
    right one. A record with a cell that can not be read is held back whole, as for any hard finding. A row whose item
    cells are all blank makes nothing, and so does a blank cell, unless blanks clear. Record mappings of one form fill
    different parts of a record; what two of them say differently is found when the submissions are merged.

    Args:
        source: the file as it was read.
        mapping: how its columns become items.
        study: the compiled study.
        subjects: identifier to subject, all that the study knows.
        blank: what a blank cell means.

    Raises:
        SourceFileError: S150 to S153, the file does not have the sheet, header row or columns of the mapping; S157, its
            cells show another unit than the mapping reads them in.
        UsageError: U115, the mapping names forms or items that the study does not have, or leaves the visit open.
    """
    readers = {rule.column: PartsReader(rule) for rule in mapping.parts}
    planned = plan_records(mapping, study, blank, readers)
    sheet = choose_sheet(source, mapping.sheet)
    where = f"{source.name}!{sheet.name}" if sheet.name else source.name
    header = read_header(sheet, mapping.all_header_rows, where)
    columns = locate_headers(header, mapped_headers(mapping), where)
    plans = _look_over(sheet, planned, columns, where)
    layouts = lay_out_rows(source.name, sheet.name, mapping.subject, plans, columns, readers)
    finder = SubjectFinder(study, subjects, enrol=mapping.subject.enrol)
    capture = RowCapture(study, mapping, plans, layouts, finder, blank)
    rows = RowsRead(mapping, columns, header)

    def mapped(row: SourceRow) -> MappedRow:
        return MappedRow(source.name, sheet.name, row, columns, readers)

    if is_plain(mapping, plans):
        reader = PlainReader(mapping, plans, layouts, columns, readers)
        for block in column_blocks_of(sheet.rows):
            rows.watch(block)
            capture.take_block(reader.read(block), rows.places(block), _rows_alone(block, mapped))
    else:
        for row in rows.of(sheet):
            capture.take(mapped(row))
    forms = [plan.form for plan in plans]
    notes = [
        *name_unread(sheet, header, columns.values(), mapping, rows.nameless),
        *name_oddities(source, sheet, columns, header.number, mapping, forms),
        *rows.notes(),
        *capture.notes(),
    ]
    return capture.result(notes)


def _look_over(
    sheet: SourceSheet, plans: Sequence[RecordPlan], columns: Mapping[str, int], where: str
) -> list[RecordPlan]:
    """The plans with what only whole columns tell. Raises SourceFileError S157."""
    units, dates = ShownUnits(plans, columns, where), DoubtedDates(plans, columns)
    for block in column_blocks_of(sheet.rows):
        units.require_as_read(block)
        dates.see(block)
    return [replace(plan, doubted=dates.headers) for plan in plans]


def _rows_alone(block: ColumnBlock, mapped: Callable[[SourceRow], MappedRow]) -> Callable[[int], MappedRow]:
    """Gives the row at a place of a block, as if it had been read alone."""
    rows = BlockRows(block)
    return lambda place: mapped(rows.at(place))
