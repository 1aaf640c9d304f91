"""The values of one record in one row, and how many records a row makes of one cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from trialkit.capture.item_values import part_of, read_item
from trialkit.capture.mapped_row import MappedRow, RefusedCellError
from trialkit.capture.record_plan import RecordPlan
from trialkit.capture.row_questions import asked_finding, proposed_finding, swapped_finding, total_findings
from trialkit.model.finding import Finding
from trialkit.model.import_options import Blank
from trialkit.model.record import CellReference, RawValue, RecordKey
from trialkit.model.row_cells import RowCells
from trialkit.model.source import CellKind

__all__ = ["finds_of", "read_values"]


def finds_of(plan: RecordPlan, row: MappedRow) -> Iterator[MappedRow]:
    """The row, once for each find in the cell that makes several records."""
    if plan.record.each is None:
        yield row
        return
    reader = row.readers[plan.record.each]
    try:
        many = len(row.take_apart(reader).finds)
    except RefusedCellError:
        many = 1  # told when its parts are read
    wanted = range(many) if plan.record.find is None else range(plan.record.find - 1, min(plan.record.find, many))
    for place in wanted:
        yield replace(row, find=place)


class RowValues(NamedTuple):
    """What one row says of one record.

    Attributes:
        values: item identifier to raw value.
        cells: item identifier to its cell.
        asked: what people are asked about them.
        refusals: what refuses the record.
    """

    values: dict[str, RawValue]
    cells: Mapping[str, CellReference]
    asked: list[Finding]
    refusals: list[Finding]


def read_values(plan: RecordPlan, row: MappedRow, key: RecordKey, blank: Blank) -> RowValues:
    """The values of one record, what people are asked about them, and what refuses the record."""
    values: dict[str, RawValue] = {}
    addresses: dict[str, str] = {}
    cells = RowCells(row.file, row.sheet, addresses)
    asked: list[Finding] = []
    refusals: list[Finding] = []
    for name, item in plan.record.items.items():
        try:
            of_cells = plan.cells.get(name)
            given = read_item(item, row, blank) if of_cells is None else of_cells.read_row(row)
            part = part_of(item, row)
        except RefusedCellError as refused:
            refusals.append(refused.finding(key, name))
            continue
        if given is None:
            continue
        value, address = given
        if item.part is not None and not row.reader(item.part).rule.applies:
            if value.text:
                asked.append(proposed_finding(value, key, name, _source(row, address)))
            continue
        values[name] = value
        if address is not None:
            addresses[name] = address
        if item.column in plan.doubted and row.cell(item.column or "").kind is CellKind.DATE:
            asked.append(swapped_finding(value, key, name, _source(row, address)))
        if part is not None and part.ask is not None:
            asked.append(asked_finding(part.ask, value, key, name, _source(row, address)))
    return RowValues(values, cells, [*asked, *total_findings(plan, row, values, key)], refusals)


def _source(row: MappedRow, address: str | None) -> CellReference | None:
    return None if address is None else CellReference(row.file, row.sheet, address)
