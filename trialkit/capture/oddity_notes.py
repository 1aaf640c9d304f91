"""What an import says about odd cells: one line for each kind, with the first of them, and only where items are read.

Most looks of single values need no word here, because the item judges them: a number with a comma is refused or read as
the mapping says. These are the ones that pass without a finding and may still not be what the site meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from types import MappingProxyType

from trialkit.capture.header_row import item_headers, key_headers
from trialkit.model.form import Form
from trialkit.model.item import ItemTypeName
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.source import CellKind, Oddity, SourceFile, SourceSheet
from trialkit.spreadsheet import column_letters
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.tally import is_rest
from trialkit.wording import list_some

__all__ = ["name_oddities"]

_DATE_AS_TEXT = "S225"
_WORDS = MappingProxyType(
    {
        "S206": "computed by formulas, read as they were when the file was saved",
        "S218": "times with a fraction of a second, which is left out",
        "S220": "shown as a percentage, read as the share that the file stores",
        "S222": "texts like 1.2E+15, in which digits may be lost",
        "S224": "days and months without a year, as programs make them of identifiers",
        "S239": "shown as words, with a sign such as <, or in thousands; read as the file stores them",
        _DATE_AS_TEXT: "dates written as text, beside others that are real dates",
    }
)
_DATED = (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.DATETIME)
_SHOWN = 5


def name_oddities(
    source: SourceFile,
    sheet: SourceSheet,
    columns: dict[str, int],
    header: int,
    mapping: ColumnMapping,
    forms: Iterable[Form],
) -> Iterator[str]:
    """One line for each kind of odd cells below the header, in columns that a mapping takes something from.

    Args:
        source: the file, with what its reader found odd.
        sheet: the one that is read.
        columns: header to column index.
        header: the number of the header row.
        mapping: how the sheet is read.
        forms: those that the mapping fills.
    """
    read = {column_letters(columns[name] + 1) for name in _taken(mapping)}
    found: dict[str, list[Oddity]] = {code: [] for code in _WORDS}
    for oddity in source.oddities:
        if oddity.sheet == sheet.name and oddity.code in _WORDS and _stands_in(oddity, read, header):
            found[oddity.code].append(oddity)
    if found[_DATE_AS_TEXT]:
        dated = {column_letters(columns[name] + 1) for name in _taken_as_dates(mapping, forms)}
        mixed = _columns_with_dates(sheet, dated & {_column(oddity) for oddity in found[_DATE_AS_TEXT]})
        found[_DATE_AS_TEXT] = [oddity for oddity in found[_DATE_AS_TEXT] if _column(oddity) in mixed]
    where = f"sheet {sheet.name}: " if sheet.name else ""
    for code, some in found.items():
        if some:
            is_cut = any(is_rest(oddity) and oddity.code == code for oddity in source.oddities)
            counted = f"{'at least ' if is_cut else ''}{sum(oddity.count for oddity in some):,}"
            yield f"{where}{_WORDS[code]} ({counted}): {list_some((oddity.cell for oddity in some), _SHOWN)}"


def _taken(mapping: ColumnMapping) -> set[str]:
    """The headers that keys and items are read from."""
    taken = {*key_headers(mapping.subject), *(rule.column for rule in mapping.parts)}
    for record in mapping.records:
        for key in (record.visit, record.visit_repeat, record.timepoint, record.repeat):
            taken.update(key_headers(key))
        for item in record.items.values():
            taken.update(item_headers(item))
    return taken


def _taken_as_dates(mapping: ColumnMapping, forms: Iterable[Form]) -> set[str]:
    """The headers of columns that hold a date as a whole."""
    by_name = {form.form: form for form in forms}
    taken: set[str] = set()
    for record in mapping.records:
        for name, mapped in record.items.items():
            item = by_name[record.form].item(name)
            if mapped.column is not None and item is not None and item.type in _DATED:
                taken.add(mapped.column)
    return taken


def _stands_in(oddity: Oddity, columns: Collection[str], header: int) -> bool:
    """Whether cells of a column below the header are meant. Of what only counts the rest, nobody knows where it is."""
    return not is_rest(oddity) and _column(oddity) in columns and _last_row(oddity) > header


def _column(oddity: Oddity) -> str:
    """The letters of the one column that an oddity is about; empty for rows and whole columns."""
    first, _, last = oddity.cell.partition(":")
    letters = first.rstrip("0123456789")
    is_one = letters != first and (not last or last.rstrip("0123456789") == letters)
    return letters if is_one else ""


def _last_row(oddity: Oddity) -> int:
    last = oddity.cell.rpartition(":")[2]
    return int(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or 0)


def _columns_with_dates(sheet: SourceSheet, wanted: Collection[str]) -> set[str]:
    """Those of some columns that hold a real date anywhere; the sheet is walked through until all have shown one."""
    open_columns, found = set(wanted), set[str]()
    for block in column_blocks_of(sheet.rows) if wanted else ():
        for number, column in block.columns.items():
            letters = column_letters(number)
            if letters in open_columns and any(trait.kind is CellKind.DATE for trait in column.traits):
                open_columns.discard(letters)
                found.add(letters)
        if not open_columns:
            break
    return found
