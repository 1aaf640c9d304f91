"""Guesses which row of a sheet holds the headers, and judges what stands in it. A guess is said, never acted upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialkit.capture.cell_kinds import is_filled, look_of
from trialkit.capture.header_row import fold_header
from trialkit.errors import SourceFileError
from trialkit.model.source import Cell, CellKind, Oddity, SourceRow
from trialkit.spreadsheet import column_letters
from trialkit.wording import list_some

WINDOW = 40
"""How many of the first filled rows are looked at."""

_FEWEST_RECORDS = 3
_FEWEST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class HeaderGuess:
    """The row that looks like the headers.

    Attributes:
        number: its number in the sheet; None when no row looks so.
        cells: its cells from column A on.
        above: numbers of the filled rows above it.
        is_double: whether the row below it looks like a second header row.
    """

    number: int | None
    cells: tuple[Cell, ...] = ()
    above: tuple[int, ...] = ()
    is_double: bool = False


def guess_header(rows: Sequence[SourceRow], where: str) -> HeaderGuess:
    """Guess the header row.

    Args:
        rows: the first filled rows of a sheet, at most `WINDOW`.
        where: file and sheet, for messages.

    Raises:
        SourceFileError: S165 when the rows are a table of records that begins without headers.
    """
    filled = [(row, [index for index, cell in enumerate(row.cells) if is_filled(cell)]) for row in rows]
    filled = [(row, places) for row, places in filled if places]
    if not filled:
        return HeaderGuess(None)
    width = max(len(places) for _, places in filled)
    place = next(number for number, (_, places) in enumerate(filled) if len(places) * 2 >= width)
    row, places = filled[place]
    below = [found for found, _ in filled[place + 1 :]]
    if _continues(row, below):
        if _are_records(row, below):
            raise SourceFileError(
                "S165",
                f"{where}: row {row.number} holds values like the rows below it, so no row names the columns.",
                remedy="Add a row of headers; to look at the file all the same, say --header-row 0.",
            )
        return HeaderGuess(None)
    texts = sum(look_of(row.cells[index]) is CellKind.TEXT for index in places)
    if texts * 3 < len(places):
        return HeaderGuess(None)
    above = tuple(found.number for found, _ in filled[:place])
    return HeaderGuess(row.number, row.cells, above, _is_double(row, below))


def take_header(rows: Sequence[SourceRow], number: int) -> HeaderGuess:
    """The header row that somebody named; 0 for none."""
    row = next((row for row in rows if row.number == number), None)
    if number == 0 or row is None:
        return HeaderGuess(None)
    return HeaderGuess(number, row.cells, tuple(found.number for found in rows if found.number < number))


def judge_header(guess: HeaderGuess, filled_below: set[int], sheet: str) -> Iterator[Oddity]:
    """What is odd about the header row and the rows around it.

    Args:
        guess: the row.
        filled_below: indexes of the columns that hold something below it.
        sheet: the sheet's name.
    """
    if guess.number is None:
        yield Oddity("S259", "no row looks like a header", sheet)
        return
    if guess.above:
        first, last = guess.above[0], guess.above[-1]
        text = f"rows above row {guess.number}, which looks like the header"
        yield Oddity("S255", text, sheet, f"{first}:{last}", len(guess.above))
    if guess.is_double:
        yield Oddity("S257", "a second row that looks like headers", sheet, f"{guess.number + 1}:{guess.number + 1}")
    for index, cell in enumerate(guess.cells):
        yield from _judge_cell(cell, sheet, has_data=index in filled_below)
    for index in sorted(index for index in filled_below if index >= len(guess.cells)):
        yield Oddity(
            "S251", "no header above a column with values", sheet, f"{column_letters(index + 1)}{guess.number}"
        )


def judge_doubles(guess: HeaderGuess, sheet: str, where: str, *, may_refuse: bool) -> Iterator[Oddity]:
    """Headers that stand more than once: as repeats, or so that nobody knows which one is meant.

    Raises:
        SourceFileError: S153 when it may, a header stands twice, and the row is a header row beyond doubt.
    """
    places: dict[str, list[int]] = {}
    for index, cell in enumerate(guess.cells):
        if name := fold_header(cell.text):
            places.setdefault(name, []).append(index)
    doubled = {name: found for name, found in places.items() if len(found) > 1}
    if not doubled:
        return
    is_repeated = _is_group([fold_header(cell.text) for cell in guess.cells], doubled)
    if may_refuse and not is_repeated and _is_certain(guess):
        found = next(iter(doubled.values()))
        columns = " and ".join(column_letters(index + 1) for index in found)
        raise SourceFileError(
            "S153",
            f"{where}: the same header stands over columns {columns}.",
            remedy="Give each column its own header; to look at the file all the same, say --header-row 0.",
        )
    text = "a header of a group that comes again" if is_repeated else "a header that stands more than once"
    for found in doubled.values():
        columns = list_some(column_letters(index + 1) for index in found)
        address = f"{column_letters(found[0] + 1)}{guess.number}"
        yield Oddity("S253", f"{text}, in columns {columns}", sheet, address, len(found))


def _judge_cell(cell: Cell, sheet: str, *, has_data: bool) -> Iterator[Oddity]:
    if not is_filled(cell):
        if has_data:
            yield Oddity("S251", "no header above a column with values", sheet, cell.address)
    elif cell.kind is not CellKind.TEXT:
        yield Oddity("S252", f"a header that is no text: {cell.kind.value}", sheet, cell.address)
    elif not cell.text.strip().isprintable() or not any(char.isalnum() for char in cell.text):
        yield Oddity("S258", "a header with line breaks or other characters that are hard to type", sheet, cell.address)


def _looks(row: SourceRow) -> dict[int, CellKind]:
    return {index: look for index, cell in enumerate(row.cells) if (look := look_of(cell)) is not None}


def _continues(row: SourceRow, below: Sequence[SourceRow]) -> bool:
    """Whether a row holds values of the same kinds as most rows below it, some of them no text."""
    mine = _looks(row)
    if not below or set(mine.values()) <= {CellKind.TEXT}:
        return False
    same = sum(all(theirs.get(index, look) is look for index, look in mine.items()) for theirs in map(_looks, below))
    return same * 2 > len(below)


def _are_records(row: SourceRow, below: Sequence[SourceRow]) -> bool:
    """Whether rows are records beyond doubt: typed in, filled in the same columns, each begun by another text."""
    rows = [row, *below]
    if len(rows) < _FEWEST_RECORDS or any(cell.has_formula for found in rows for cell in found.cells):
        return False
    profiles = Counter(tuple(sorted(_looks(found).items())) for found in rows)
    usual, often = profiles.most_common(1)[0]
    kinds = {kind for _, kind in usual}
    firsts = {found.cells[usual[0][0]].text for found in rows if usual and len(found.cells) > usual[0][0]}
    return (
        often * 5 >= len(rows) * 4
        and tuple(sorted(_looks(row).items())) == usual
        and len(usual) >= _FEWEST_COLUMNS
        and len(kinds) > 1
        and usual[0][1] is CellKind.TEXT
        and len(firsts) > 1
    )


def _is_double(row: SourceRow, below: Sequence[SourceRow]) -> bool:
    """Whether the row behind a header row is one, too: all text, where most rows below hold something else."""
    if len(below) < _FEWEST_RECORDS:
        return False
    second, rest = _looks(below[0]), [_looks(found) for found in below[1:]]
    if set(second.values()) != {CellKind.TEXT} or set(_looks(row).values()) != {CellKind.TEXT}:
        return False
    typed = [
        index
        for index in second
        if sum(looks.get(index) in (CellKind.NUMBER, CellKind.DATE) for looks in rest) * 2 > len(rest)
    ]
    return len(typed) > 1


def _is_certain(guess: HeaderGuess) -> bool:
    filled = [index for index, cell in enumerate(guess.cells) if is_filled(cell)]
    is_text = all(guess.cells[index].kind is CellKind.TEXT for index in filled)
    return is_text and filled == list(range(filled[0], filled[-1] + 1)) and not guess.above


def _is_group(names: list[str], doubled: dict[str, list[int]]) -> bool:
    """Whether the headers that come again are a group of two or more, again and again in the same order."""
    again = [name for name in names if name in doubled]
    length = len(doubled)
    return length > 1 and len(again) % length == 0 and again == again[:length] * (len(again) // length)
