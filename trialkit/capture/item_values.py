"""The raw value of one item in one row: translated as the mapping says, with its unit, reason and cell. Never typed."""

from __future__ import annotations

from collections.abc import Iterable

from trialkit.capture.header_row import fill_template, template_headers
from trialkit.capture.mapped_row import MappedRow, RefusedCellError, read_text
from trialkit.model.import_options import Blank, is_clear_word
from trialkit.model.item import MissingReason
from trialkit.model.mapping import ItemMapping, RecordMapping
from trialkit.model.record import RawValue
from trialkit.model.source import Cell, CellKind
from trialkit.wording import list_some, quote


def has_data(record: RecordMapping, row: MappedRow) -> bool:
    """Whether a row makes a record: a header in `filled`, or else any item, has text. A constant is no data."""
    if record.filled:
        return any(row.is_filled(header) for header in record.filled)
    return any(row.is_filled(header) for item in record.items.values() for header in _own_headers(item))


def read_item(item: ItemMapping, row: MappedRow, blank: Blank = Blank.IGNORE) -> RawValue | None:
    """Read one item; None for a blank, which leaves the item as it is unless blanks clear.

    A raw value with an empty text clears the item: for the word `CLEAR_WORD`, and for a blank when blanks clear.

    Raises:
        RefusedCellError: M107, M108 as in `read_text`; M111 when the reason for no value is unknown or contradicted.
    """
    cells = [row.cell(header) for header in _value_headers(item)]
    texts = {header: read_text(row, row.cell(header)) for header in _value_headers(item)}
    text = _compose(item, texts)
    filled = [cell for cell in cells if cell.text.strip()]
    source = row.reference((filled or cells)[0]) if cells else None
    reason = _read_reason(item, row, text)
    if reason is not None:
        return reason
    if text in item.missing:
        return RawValue(text, missing=item.missing[text], source=source)
    meant = item.values.get(text, text)
    if is_clear_word(meant):
        return RawValue("", source=source, given=text)
    if not meant:
        return RawValue("", source=source) if blank is Blank.CLEAR and source is not None else None
    return RawValue(
        meant,
        unit=_read_unit(item, row),
        date_format=None if _all_are(filled, CellKind.DATE) else item.date_format,
        decimal_comma=item.decimal_comma and not _all_are(filled, CellKind.NUMBER),
        source=source,
        given=None if meant == text else text,
    )


def _value_headers(item: ItemMapping) -> tuple[str, ...]:
    if item.template is not None:
        return template_headers(item.template)
    return () if item.column is None else (item.column,)


def _own_headers(item: ItemMapping) -> tuple[str, ...]:
    return _value_headers(item) if item.missing_column is None else (*_value_headers(item), item.missing_column)


def _compose(item: ItemMapping, texts: dict[str, str]) -> str:
    if item.value is not None:
        return item.value
    if item.template is not None:
        return fill_template(item.template, texts) if any(texts.values()) else ""
    return next(iter(texts.values()))


def _read_reason(item: ItemMapping, row: MappedRow, text: str) -> RawValue | None:
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
    return RawValue(given, missing=reason, source=row.reference(cell))


def _house_reason(text: str) -> MissingReason | None:
    code = text.removeprefix(".").upper()
    return MissingReason(code) if code in tuple(MissingReason) else None


def _read_unit(item: ItemMapping, row: MappedRow) -> str | None:
    if item.unit_column is None:
        return item.unit
    given = read_text(row, row.cell(item.unit_column))
    return item.units.get(given, given) or None


def _all_are(cells: Iterable[Cell], kind: CellKind) -> bool:
    kinds = {cell.kind for cell in cells}
    return kinds == {kind}
