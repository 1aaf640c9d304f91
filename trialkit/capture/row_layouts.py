"""Where the rows of a sheet say what of a form, as its mapping has it: the columns of the items and of the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.mapped_columns import item_columns, key_columns
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.mapping import SubjectMapping
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

    def letters(header: str) -> str:
        return column_letters(columns[header] + 1)

    def lay_out(plan: RecordPlan) -> RowLayout:
        record = plan.record
        keys = (subject, plan.visit, record.timepoint, record.repeat, record.visit_repeat)
        names = [name for key in keys for name in key_columns(key, readers)]
        own = {name: item_columns(item, readers) for name, item in record.items.items() if item.value is None}
        of_items = {name: letters(headers[0]) for name, headers in own.items()}
        return RowLayout(file, sheet, plan.form.form, of_items, list(map(letters, names)), tuple(record.items))

    return list(map(lay_out, plans))
