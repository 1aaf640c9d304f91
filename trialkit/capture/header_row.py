"""The header row of a sheet: which column each header of a mapping stands in. A missing or doubled one is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from trialkit.errors import SourceFileError
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping
from trialkit.model.source import SourceFile, SourceRow, SourceSheet
from trialkit.spreadsheet import column_letters
from trialkit.wording import find_nearest, list_some

_PART = re.compile(r"\{([^{}]+)\}")
_LETTERS = re.compile(r"\[([A-Z]{1,3})\]\s*(.*)", re.DOTALL)
_BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """The headers of a sheet.

    Attributes:
        number: the number of their row in the sheet; of the lowest where several rows hold them.
        names: the headers as they stand, by column index from 0; empty where there is none.
        rows: the numbers of all rows that hold them.
    """

    number: int
    names: tuple[str, ...]
    rows: tuple[int, ...] = ()

    def places(self, header: str) -> list[int]:
        """Indexes of the columns with this header, up to upper and lower case, Unicode form and blanks.

        A header that stands twice, or none at all, is told by the letters of its column: ``[F] Score``, ``[F]``.
        """
        wanted = fold_header(header)
        named = [index for index, name in enumerate(self.names) if fold_header(name) == wanted and wanted]
        by_letters = _LETTERS.fullmatch(header.strip())
        if named or by_letters is None:
            return named
        index, name = column_index(by_letters[1]), fold_header(by_letters[2])
        return [index] if fold_header(self.names[index] if index < len(self.names) else "") == name else []


def fold_header(header: str) -> str:
    """A header for comparison: Unicode NFC, blanks and line breaks as one blank, no blanks at the ends, case-folded."""
    return " ".join(unicodedata.normalize("NFC", header).replace("\ufeff", "").split()).casefold()


def choose_sheet(source: SourceFile, name: str | None) -> SourceSheet:
    """The sheet of this name, or the only visible one with data. A CSV file is its own only sheet.

    Raises:
        SourceFileError: S150, naming the sheets there are.
    """
    if len(source.sheets) == 1 and not source.sheets[0].name:
        return source.sheets[0]
    known = list_some(sheet.name for sheet in source.sheets)
    if name is not None:
        found = source.sheet(name) or _only(
            sheet for sheet in source.sheets if sheet.name.casefold() == name.casefold()
        )
        if found is None:
            raise SourceFileError("S150", f"{source.name} has no sheet {name}.", remedy=f"Its sheets are: {known}.")
        return found
    found = _only(sheet for sheet in source.sheets if sheet.visible and sheet.rows)
    if found is None:
        raise SourceFileError(
            "S150",
            f"{source.name} does not have exactly one sheet with data, and the mapping names none.",
            remedy=f"Say sheet: in the mapping; the sheets are: {known}.",
        )
    return found


def read_header(sheet: SourceSheet, numbers: Sequence[int], where: str) -> HeaderRow:
    """The headers of a sheet, which may stand in several rows: then an upper one reaches to the next one of its row.

    Raises SourceFileError S151 when the lowest of these rows is blank.
    """
    lowest = max(numbers)
    upper = takewhile(lambda row: row.number <= lowest, sheet.rows)  # rows come sorted, and there may be a million
    rows = {row.number: row for row in upper if row.number in numbers}
    if lowest not in rows:
        filled = list_some((row.number for row in sheet.rows), 5) or "none"
        raise SourceFileError(
            "S151",
            f"{where}: row {lowest}, which should hold the headers, is blank.",
            remedy=f"Say header_row: in the mapping; the first filled rows are: {filled}.",
        )
    width = max(len(row.cells) for row in rows.values())
    levels = [_level(rows[number], width, reaches=number != lowest) for number in sorted(rows)]
    names = (_BETWEEN.join(filter(None, column)) for column in zip(*levels, strict=True))
    return HeaderRow(lowest, tuple(names), tuple(sorted(rows)))


def _level(row: SourceRow, width: int, *, reaches: bool) -> list[str]:
    """The headers of one row, as wide as the widest; an upper one reaches to the right."""
    names: list[str] = []
    for index in range(width):
        own = row.cells[index].text.strip() if index < len(row.cells) else ""
        names.append(own or (names[-1] if reaches and names else ""))
    return names


def column_index(letters: str) -> int:
    """The index of a column by its letters: A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def locate_headers(header: HeaderRow, wanted: Iterable[str], where: str) -> dict[str, int]:
    """Column index of each wanted header.

    Raises:
        SourceFileError: S152 naming every header that is missing, S153 naming one that stands twice.
    """
    places = {name: header.places(name) for name in dict.fromkeys(wanted)}
    if missing := [name for name, found in places.items() if not found]:
        names = [name for name in header.names if name]
        raise SourceFileError(
            "S152",
            f"{where} has no column {list_some(_with_nearest(missing, names))} in row {header.number}.",
            remedy=f"Its columns are: {list_some(names, 30)}.",
        )
    for name, found in places.items():
        if len(found) > 1:
            columns = " and ".join(column_letters(index + 1) for index in found)
            raise SourceFileError(
                "S153",
                f"{where}: the header {name} stands over columns {columns}.",
                remedy="Give each column its own header, or write it with its letters in the mapping: "
                f"[{column_letters(found[0] + 1)}] {name}.",
            )
    return {name: found[0] for name, found in places.items()}


def mapped_headers(mapping: Mapping) -> Iterator[str]:
    """Every header that a mapping reads, in its order; some may come twice."""
    yield from key_headers(mapping.subject)
    yield from (rule.column for rule in mapping.drop)
    yield from (rule.column for rule in mapping.parts)
    yield from (*mapping.fill_down, *mapping.remarks)
    yield from key_headers(mapping.reason)
    for record in mapping.records:
        yield from (*record.filled, *record.where, *record.totals)
        for key in (record.visit, record.visit_repeat, record.timepoint, record.repeat):
            yield from key_headers(key)
        for item in record.items.values():
            yield from item_headers(item)


def key_headers(key: KeyMapping | None) -> tuple[str, ...]:
    """The headers that a part of the key is read from; none for a part of a cell."""
    if key is None:
        return ()
    if key.template is not None:
        return template_headers(key.template)
    return (key.column,) if key.column is not None else key.columns


def item_headers(item: ItemMapping) -> tuple[str, ...]:
    """The headers that an item is read from."""
    own = template_headers(item.template) if item.template is not None else (item.column,)
    return tuple(header for header in (*own, item.missing_column, item.unit_column) if header is not None)


def template_headers(template: str) -> tuple[str, ...]:
    """The headers in a template such as ``{SITE}-{SUBJ}``."""
    return tuple(_PART.findall(template))


def fill_template(template: str, texts: dict[str, str]) -> str:
    """The template with every header replaced by its text."""
    return _PART.sub(lambda part: texts[part[1]], template)


def name_unread(
    sheet: SourceSheet, header: HeaderRow, read: Iterable[int], mapping: Mapping, nameless: Iterable[int]
) -> Iterator[str]:
    """Say which columns are not read, and whether rows stand above the header.

    Args:
        sheet, header: what is read.
        read: the indices of the columns that the mapping reads.
        mapping: the mapping.
        nameless: the indices of columns that have values and no header.
    """
    waiting = {index for name, texts in mapping.undecided.items() if not texts for index in header.places(name)}
    known = {fold_header(name) for name in mapping.ignore}
    used = set(read) | {index for index, name in enumerate(header.names) if name and fold_header(name) in known}
    used |= {index for name in mapping.ignore for index in header.places(name)}
    if waiting - used:
        names = list_some((header.names[index] or column_letters(index + 1) for index in sorted(waiting - used)), 30)
        yield f"columns not imported, because the mapping leaves them undecided: {names}"
    used |= waiting
    named = [name for index, name in enumerate(header.names) if name and index not in used]
    if named:
        yield f"columns not imported, because the mapping does not name them: {list_some(named, 30)}"
    if letters := [column_letters(index + 1) for index in sorted(set(nameless) - used)]:
        yield f"columns not imported, because they have no header: {list_some(letters)}"
    upper = takewhile(lambda row: row.number < header.number, sheet.rows)
    if above := [row.number for row in upper if row.number not in header.rows]:
        yield f"rows above the header, not read: {list_some(above)}"


def _with_nearest(missing: list[str], names: list[str]) -> Iterator[str]:
    for name in missing:
        near = find_nearest(name, names)
        yield f"{name} (nearest: {near})" if near else name


def _only(sheets: Iterable[SourceSheet]) -> SourceSheet | None:
    found = list(sheets)
    return found[0] if len(found) == 1 else None
