"""Units that cells show by their number format, ``0.0" lb"``, held against what a mapping reads them as."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from trialkit.capture.record_plan import RecordPlan
from trialkit.errors import SourceFileError
from trialkit.model.mapping import ItemMapping
from trialkit.model.source import CellKind
from trialkit.spreadsheet import column_letters
from trialkit.spreadsheet.column_blocks import ColumnBlock
from trialkit.wording import quote

_LITERAL = re.compile(r'"([^"]*)"|((?:\\.)+)')


class ShownUnits:
    """Looks at the number formats of mapped columns.

    Args:
        plans: the record mappings.
        columns: header to column index.
        where: file and sheet, for messages.
    """

    def __init__(self, plans: Sequence[RecordPlan], columns: Mapping[str, int], where: str) -> None:
        self._where = where
        self._expected = {
            columns[item.column] + 1: (item.column, found[0], found[1])
            for plan in plans
            for name, item in plan.record.items.items()
            if item.column is not None and (found := _units(plan, name, item)) is not None
        }

    def require_as_read(self, block: ColumnBlock) -> None:
        """Raise SourceFileError S157 when cells of a block show another unit than the mapping reads them in."""
        for number, (header, read, known) in self._expected.items():
            column = block.columns.get(number)
            for trait in column.traits if column is not None else ():
                texts = _literals(trait.number_format) if trait.kind is CellKind.NUMBER else ()
                shown = (known[text.casefold()] for text in texts if text.casefold() in known)
                other = next((unit for unit in shown if unit.casefold() != read.casefold()), None)
                if other is not None:
                    raise SourceFileError(
                        "S157",
                        f"{self._where}: cells under {quote(header)} (column {column_letters(number)}) show their "
                        f"numbers in {other}, by their number format, and the mapping reads them in {read}.",
                        remedy=f"Say unit: {other} for them in the mapping, or correct the format in the file.",
                    )


def _units(plan: RecordPlan, name: str, item: ItemMapping) -> tuple[str, Mapping[str, str]] | None:
    """The unit that the numbers of a column are read in, and every unit by the texts for it; None where rows say it."""
    defined = plan.form.item(name)
    if defined is None or not defined.unit or item.unit_column is not None:
        return None
    known = {unit.casefold(): unit for unit in (*defined.units, defined.unit)}
    known |= {text.casefold(): unit for text, unit in item.units.items()}
    return item.unit or defined.unit, known


def _literals(number_format: str) -> Iterator[str]:
    """The texts that a number format shows beside the digits."""
    for quoted, escaped in _LITERAL.findall(number_format):
        yield (quoted or escaped.replace("\\", "")).strip()
