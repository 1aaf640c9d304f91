"""The raw value of one item in one row: translated as the mapping says, with its unit, reason and cell. Never typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from trialkit.capture.cell_parts import Part, PartsReader
from trialkit.capture.header_row import fill_template, template_headers
from trialkit.capture.mapped_row import MappedRow, RefusedCellError, read_text
from trialkit.model.import_options import Blank, is_clear_word
from trialkit.model.item import MissingReason
from trialkit.model.mapping import ItemMapping, RecordMapping
from trialkit.model.record import CellReference, RawValue
from trialkit.model.source import Cell, CellKind
from trialkit.wording import list_some, quote

_NUMBER = re.compile(r"-?[0-9]{1,60}(?:\.[0-9]{1,60})?")


def has_data(record: RecordMapping, row: MappedRow) -> bool:
    """Whether a row makes a record: `where` holds, and a header in `filled`, or else any item, has text.

    A constant is no data. A part of a cell is none where the cell has no such part; a cell that can not be taken apart
    counts as data, so that it is told.
    """
    if not all(row.cell(header).text.strip() in texts for header, texts in record.where.items()):
        return False
    if record.filled:
        return any(row.is_filled(header) for header in record.filled)
    return any(has_text(item, row) for item in record.items.values())


def has_text(item: ItemMapping, row: MappedRow) -> bool:
    """Whether a row holds something for an item; see `has_data`."""
    if item.count:
        return any(row.is_filled(reader.rule.column) for reader in _counting(item, row))
    if item.part is None:
        return any(row.is_filled(header) for header in _own_headers(item))
    try:
        part = part_of(item, row)
    except RefusedCellError:
        return True
    is_reason = _says_why_not(item, row.cell(row.reader(item.part).rule.column).text.strip())
    return is_reason or (part is not None and bool(part.text))


class Given(NamedTuple):
    """What a row gives for one item: the raw value, and the address of its cell (None for a constant)."""

    value: RawValue
    address: str | None


def read_item(item: ItemMapping, row: MappedRow, blank: Blank = Blank.IGNORE) -> Given | None:
    """Read one item; None for a blank, which leaves the item as it is unless blanks clear.

    A raw value with an empty text clears the item: for the word `CLEAR_WORD`, and for a blank when blanks clear.

    Raises:
        RefusedCellError: M107, M108 and M121 as in `MappedRow.part`; M111 when the reason for no value is unknown or
            contradicted; M125 when its range does not tell the unit of a number.
    """
    if item.part is not None:
        return _read_part(item, item.part, row, blank)
    if item.count:
        return _read_count(item, row)
    if item.column is not None and item.missing_column is None:
        return _read_column(item, row, row.cell(item.column), blank)
    headers = _value_headers(item)
    cells = [row.cell(header) for header in headers]
    texts = [read_text(row, cell) for cell in cells]
    text = _compose(item, headers, texts)
    filled = [cell for cell, given in zip(cells, texts, strict=True) if given]
    cell = (filled or cells)[0] if cells else None
    return _read_reason(item, row, text) or _given(item, row, text, _Origin(cell, filled), blank)


def _read_column(item: ItemMapping, row: MappedRow, cell: Cell, blank: Blank) -> Given | None:
    """The plain case, which is nearly every cell of nearly every sheet: one column, and a blank says nothing."""
    text = read_text(row, cell)
    if not text and blank is Blank.IGNORE and "" not in item.missing and "" not in item.values:
        return None
    return _given(item, row, text, _Origin(cell, (cell,)), blank)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a text comes from.

    Attributes:
        cell: its cell, or None for a constant.
        cells: the filled cells that it was read from.
        unit: the unit that the pattern of a part says.
        given: the whole cell, of which the text is a part.
    """

    cell: Cell | None
    cells: Sequence[Cell]
    unit: str | None = None
    given: str | None = None


def _read_part(item: ItemMapping, name: str, row: MappedRow, blank: Blank) -> Given | None:
    """A part of a cell; where a filled cell has no such part, nothing is said of the item.

    A cell that no pattern fits may say why there is no value, or that what stands is to be cleared: of all its parts.
    """
    part = part_of(item, row)
    cell = row.cell(row.reader(name).rule.column)
    if part is None and _says_why_not(item, read_text(row, cell)):
        return _given(item, row, read_text(row, cell), _Origin(cell, ()), blank)
    if part is not None:
        return _given(item, row, part.text, _Origin(cell, (), part.unit, cell.text.strip()), blank)
    return None if cell.text.strip() else _given(item, row, "", _Origin(cell, ()), blank)


def part_of(item: ItemMapping, row: MappedRow) -> Part | None:
    """The part of a cell that an item is; None for one that is none, or where its cell says why it has no value.

    Raises:
        RefusedCellError: as `MappedRow.part`.
    """
    if item.part is None:
        return None
    try:
        return row.part(item.part)
    except RefusedCellError as refused:
        if refused.code == "M121" and _says_why_not(item, row.cell(row.reader(item.part).rule.column).text.strip()):
            return None
        raise


def _says_why_not(item: ItemMapping, text: str) -> bool:
    """Whether a whole cell says why an item has no value, in the words of the mapping or of the house."""
    is_reason = text.startswith(".") and _house_reason(text) is not None
    return bool(text) and (text in item.missing or is_reason or is_clear_word(text))


def _read_count(item: ItemMapping, row: MappedRow) -> Given | None:
    """How often the patterns of these names were found; None where the cell is blank, or can not be counted."""
    for reader in _counting(item, row):
        cell = row.cell(reader.rule.column)
        taken = row.take_apart(reader)
        number = taken.count(item.count)
        if taken.finds and number is not None:
            return Given(RawValue(str(number), given=cell.text.strip()), cell.address)
    return None


def _counting(item: ItemMapping, row: MappedRow) -> list[PartsReader]:
    """What takes apart the cells in which finds are counted."""
    return [
        reader for reader in row.readers.values() if any(found.name in item.count for found in reader.rule.patterns)
    ]


def _given(item: ItemMapping, row: MappedRow, text: str, origin: _Origin, blank: Blank) -> Given | None:
    value = _translate(item, row, text, origin, blank)
    return None if value is None else Given(value, None if origin.cell is None else origin.cell.address)


def _translate(item: ItemMapping, row: MappedRow, text: str, origin: _Origin, blank: Blank) -> RawValue | None:
    """A text with the meaning that the mapping gives it."""
    if is_clear_word(text):
        return RawValue("", given=text)
    given = origin.given if origin.given is not None else text
    if text in item.missing:
        return RawValue(given, missing=item.missing[text])
    meant = item.values.get(text, text if item.otherwise is None or not text else item.otherwise)
    if is_clear_word(meant):
        return RawValue("", given=given)
    if not meant:
        return RawValue("") if blank is Blank.CLEAR and origin.cell is not None else None
    return RawValue(
        meant,
        unit=origin.unit or _read_unit(item, row, meant, origin.cell),
        date_format=item.date_format and (None if _all_are(origin.cells, CellKind.DATE) else item.date_format),
        decimal_comma=item.decimal_comma and not _all_are(origin.cells, CellKind.NUMBER),
        given=None if meant == given else given,
    )


def _value_headers(item: ItemMapping) -> tuple[str, ...]:
    if item.template is not None:
        return template_headers(item.template)
    return () if item.column is None else (item.column,)


def _own_headers(item: ItemMapping) -> tuple[str, ...]:
    return _value_headers(item) if item.missing_column is None else (*_value_headers(item), item.missing_column)


def _compose(item: ItemMapping, headers: Sequence[str], texts: Sequence[str]) -> str:
    if item.value is not None:
        return item.value
    if item.template is not None:
        return fill_template(item.template, dict(zip(headers, texts, strict=True))) if any(texts) else ""
    return texts[0]


def _read_reason(item: ItemMapping, row: MappedRow, text: str) -> Given | None:
    """The missing reason that a second column gives; words there that are no reason do not matter beside a value."""
    if item.missing_column is None:
        return None
    cell = row.cell(item.missing_column)
    given = read_text(row, cell)
    if not given:
        return None
    reason = item.missing.get(given) or _house_reason(given)
    if reason is None and text:
        return None
    if reason is None or (text and text not in item.missing):
        known = list_some([*item.missing, *(code.value for code in MissingReason)], 20)
        what = "does not say why there is no value" if reason is None else "stands beside a value"
        raise RefusedCellError(
            "M111",
            f"{quote(given)} {what}.",
            f"Give a value or a reason; known reasons are: {known}.",
            row.reference(cell),
        )
    return Given(RawValue(given, missing=reason), cell.address)


def _house_reason(text: str) -> MissingReason | None:
    code = text.removeprefix(".").upper()
    return MissingReason(code) if code in tuple(MissingReason) else None


def _read_unit(item: ItemMapping, row: MappedRow, text: str, cell: Cell | None) -> str | None:
    if item.unit_column is not None:
        given = read_text(row, row.cell(item.unit_column))
        unit = item.units.get(given, given)
        if unit:
            return unit
    if item.unit is not None or not item.unit_ranges:
        return item.unit
    return _unit_by_range(item, text, None if cell is None else row.reference(cell))


def _unit_by_range(item: ItemMapping, text: str, source: CellReference | None) -> str | None:
    """The unit of the only range that a number lies in. What is no number is left to be refused as such."""
    written = text.replace(",", ".") if item.decimal_comma else text
    if _NUMBER.fullmatch(written) is None:
        return next(iter(item.unit_ranges))
    fitting = [unit for unit, interval in item.unit_ranges.items() if Decimal(written) in interval]
    if len(fitting) == 1:
        return fitting[0]
    ranges = list_some(f"{unit} {interval.in_words()}" for unit, interval in item.unit_ranges.items())
    raise RefusedCellError(
        "M125",
        f"Nothing says the unit of {quote(text)}, and it lies in "
        + ("no range of the mapping." if not fitting else f"the ranges of {' and '.join(fitting)}."),
        f"Write the unit behind the number; the ranges are: {ranges}.",
        source,
    )


def _all_are(cells: Iterable[Cell], kind: CellKind) -> bool:
    kinds = {cell.kind for cell in cells}
    return kinds == {kind}
