"""Where the rows of a sheet say what of a form, as its mapping has it: the columns of the items and of the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.header_row import item_headers, key_headers
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.mapping import ItemMapping, KeyMapping, SubjectMapping
from trialkit.model.submitted_rows import RowLayout
from trialkit.spreadsheet import column_letters


def lay_out_rows(
    file: str,
    sheet: str,
    subject: SubjectMapping,
    plans: Sequence[RecordPlan],
    columns: Mapping[str, int],
    readers: Mapping[str, PartsReader],
) -> list[RowLayout]:
    """The layout of each record mapping: that of a row whose cells are all filled.

    Args:
        file, sheet: where the rows stand.
        subject: what names the subjects.
        plans: the record mappings.
        columns: header to column index.
        readers: header to what takes its cells apart.
    """
    parts = {name: header for header, reader in readers.items() for name in reader.names}

    def letters(header: str) -> str:
        return column_letters(columns[header] + 1)

    def lay_out(plan: RecordPlan) -> RowLayout:
        record = plan.record
        keys = (subject, plan.visit, record.timepoint, record.repeat, record.visit_repeat)
        names = [name for key in keys for name in _key_columns(key, parts)]
        items = {name: next(_item_columns(item, parts, readers), None) for name, item in record.items.items()}
        of_items = {name: letters(header) for name, header in items.items() if header is not None}
        return RowLayout(file, sheet, plan.form.form, of_items, list(map(letters, names)), tuple(items))

    return list(map(lay_out, plans))


def _key_columns(key: KeyMapping | None, parts: Mapping[str, str]) -> Sequence[str]:
    """The headers of the cells that name a part of the key."""
    return key_headers(key) if key is None or key.part is None else (parts[key.part],)


def _item_columns(item: ItemMapping, parts: Mapping[str, str], readers: Mapping[str, PartsReader]) -> Iterator[str]:
    """The headers of the cells that an item may come from, the usual one first; none for a constant."""
    if item.part is not None:
        yield parts[item.part]
    for header, reader in readers.items() if item.count else ():
        if any(pattern.name in item.count for pattern in reader.rule.patterns):
            yield header
    if item.value is None:
        yield from item_headers(item)
