"""Makes rows of what a worksheet stores: checks the order of addresses, converts each cell, and notes what is odd.

Rows whose cells stand in the same columns with the same types and formats share one plan, so that the work for each
cell is one call. Whoever cut the XML, the same stored cells come out as the same row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.block_writer import BlockWriter
from trialkit.spreadsheet.cell_traits import CellTrait
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS, column_letters, column_number
from trialkit.spreadsheet.conversions import CellType, Conversions, Made
from trialkit.spreadsheet.names import SAVE_AGAIN
from trialkit.spreadsheet.open_runs import RunColumn
from trialkit.spreadsheet.tally import Tally

FAR_COLUMNS = 100
"""A cell behind more blank columns than these stands far from the others."""

NO_FORMULA, FORMULA, FORMULA_WITHOUT_VALUE = "", "f", "x"
"""Whether a cell has a formula, and whether the file holds an element for its result."""

COMPUTED = ("S206", "a formula; read as the value it last gave")
"""What is odd about each cell with a formula."""
_MOST_CELLS = 60_000_000
_MOST_STRAY_GAPS = 3_000_000
_MOST_PLANS = 5_000
_FAR_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class RawCells:
    """The cells of one row as the file stores them, in its order; all five are equally long.

    Attributes:
        letters: the column of each.
        styles: its style number; empty when it names none.
        types: its type; empty when it names none, which means a number.
        values: the stored characters; empty when there are none.
        formulas: one of the three words above for each; empty when no cell of the row has a formula.
    """

    letters: tuple[str, ...]
    styles: tuple[str, ...]
    types: tuple[str, ...]
    values: Sequence[str]
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    columns: tuple[int, ...]
    types: tuple[CellType, ...]
    formulas: tuple[str, ...]
    traits: tuple[CellTrait, ...]
    raw_places: tuple[int, ...]
    always: tuple[tuple[int, str, str], ...]
    widest_gap: int


class RowMaker:
    """Makes the rows of one sheet; `add` each, in the order of the file, then `finish`.

    Raises `SourceFileError`: S119 for doubled or unordered rows and columns, S121 for a sheet that spans too far,
    S120 for a shared text that is not there.
    """

    def __init__(self, sheet: str, where: str, conversions: Conversions, writer: BlockWriter, tally: Tally) -> None:
        self._sheet, self._where = sheet, where
        self._conversions = conversions
        self._writer = writer
        self._tally = tally
        self._plans: dict[tuple[tuple[str, ...], ...], _Plan] = {}
        self._columns: set[int] = set()
        self._last = self._last_filled = self._first_filled = 0
        self._cells = self._stray = 0

    @property
    def last_row(self) -> int:
        """The number of the last row that was added, filled or not."""
        return self._last

    def open_row(self, number: int) -> None:
        """Say that a row comes, be it empty."""
        if not self._last < number <= MOST_ROWS:
            raise self.refuse(f"row {number} is impossible, doubled, or out of order")
        self._last = number

    def add(self, number: int, cells: RawCells) -> None:
        """Add the cells of the row that was opened."""
        self._cells += len(cells.letters)
        if self._cells > _MOST_CELLS:
            raise SourceFileError("S121", f"{self._where} holds over {_MOST_CELLS:,} cells.", remedy="Split the file.")
        cells = _without_blanks(self._check_order(cells)) if "" in cells.values or cells.formulas else cells
        if not cells.letters:
            return
        plan = self._plan(cells)
        texts = [found.recall(value) if value else "" for found, value in zip(plan.types, cells.values, strict=True)]
        if cells.formulas or Made in set(map(type, texts)):
            self._add_unusual(number, plan, cells, texts)
        else:
            raws = [cells.values[place] for place in plan.raw_places]
            self._writer.add(number, plan.columns, plan.traits, texts, raws)  # type: ignore[arg-type]  # all are texts
        self._note_cells(number, plan, texts)
        self._note_place(number, plan)

    def may_follow(self, first: int, last: int, cells: int) -> bool:
        """Whether rows without gaps between them can come next, with so many cells in all."""
        return self._last < first and last <= MOST_ROWS and self._cells + cells <= _MOST_CELLS

    def may_stand(self, numbers: Sequence[int], columns: Sequence[RunColumn]) -> bool:
        """Whether nothing stands far off in filled rows."""
        before = self._last_filled or (numbers[0] - 1 if numbers else 0)
        if any(after - gap - 1 >= _FAR_ROWS for gap, after in _gaps(before, numbers)):
            return False
        if not columns or columns[-1].number <= FAR_COLUMNS:
            return True
        varying = [column for column in columns if not column.is_full]
        full = [column.number for column in columns if column.is_full]
        if _widest_gap((*full, columns[-1].number)) <= FAR_COLUMNS:
            return True
        shapes = set(zip(*(map(bool, column.codes) for column in varying), strict=True)) or {()}
        return all(
            _widest_gap(
                sorted([*full, *(column.number for column, is_filled in zip(varying, shape, strict=True) if is_filled)])
            )
            <= FAR_COLUMNS
            for shape in shapes
        )

    def follow(self, last: int, numbers: Sequence[int], columns: Iterable[int], cells: int) -> None:
        """Take note of rows up to `last` that were written elsewhere, and may stand where they do.

        Args:
            last: the number of the last, filled or not.
            numbers: those of filled ones.
            columns: the numbers of their columns.
            cells: how many cells the file has there.
        """
        self._last = last
        self._cells += cells
        self._columns.update(columns)
        for before, after in _gaps(self._last_filled, numbers):
            self._last_filled = before
            self._note_blank_rows(after)
        self._last_filled = numbers[-1] if numbers else self._last_filled

    def finish(self) -> tuple[int, int, int, int] | None:
        """Note the columns that are blank inside; the first and last row and column with a cell, or None."""
        if not self._columns:
            return None
        used = sorted(self._columns)
        for before, after in pairwise(used):
            if 1 < after - before <= FAR_COLUMNS:
                cell = f"{column_letters(before + 1)}:{column_letters(after - 1)}"
                text = "blank columns inside the sheet, behind which it goes on"
                self._tally.note("S213", text, self._sheet, cell, after - before - 1)
        return self._first_filled, used[0], self._last_filled, used[-1]

    def refuse(self, what: str) -> SourceFileError:
        """The refusal of an address."""
        return SourceFileError(
            "S119", f"{self._where}: {what}, so readers disagree on what it holds.", remedy=SAVE_AGAIN
        )

    def _check_order(self, cells: RawCells) -> RawCells:
        """Columns must rise also where cells are blank; plans check those of filled cells once."""
        self._rising(cells.letters)
        return cells

    def _rising(self, letters: Sequence[str]) -> tuple[int, ...]:
        columns = tuple(map(column_number, letters))
        for before, after in zip((0, *columns), columns, strict=False):
            if not before < after <= MOST_COLUMNS:
                place = f"{column_letters(after)}{self._last}"
                raise self.refuse(f"cell {place} is doubled, out of order or too far")
        return columns

    def _plan(self, cells: RawCells) -> _Plan:
        key = (cells.letters, cells.styles, cells.types, cells.formulas)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._make_plan(cells)
            self._columns.update(plan.columns)
        return plan

    def _make_plan(self, cells: RawCells) -> _Plan:
        columns = self._rising(cells.letters)
        types = tuple(
            self._conversions.cell_type(kind, style) for kind, style in zip(cells.types, cells.styles, strict=True)
        )
        traits = tuple(CellTrait(found.kind, found.number_format, False, found.has_raw) for found in types)
        always = [(place, *look) for place, found in enumerate(types) for look in found.looks]
        raw_places = tuple(place for place, found in enumerate(types) if found.has_raw)
        return _Plan(columns, types, cells.formulas, traits, raw_places, tuple(always), _widest_gap(columns))

    def _add_unusual(self, number: int, plan: _Plan, cells: RawCells, texts: list[str | Made]) -> None:
        """A row with formulas, or with cells that are not just what their type says: these have their own traits."""
        traits = list(plan.traits)
        formulas = cells.formulas or (NO_FORMULA,) * len(texts)
        for place, text in enumerate(texts):
            if isinstance(text, str) and not formulas[place]:
                continue
            made = self._settle(text, traits[place], cells.values[place], formulas[place], cells.types[place])
            for code, phrase in made.looks:
                self._tally.note_cell(code, phrase, self._sheet, plan.columns[place], number)
            texts[place] = made.text
            shown = traits[place].number_format
            traits[place] = CellTrait(made.kind, shown, bool(formulas[place]), made.raw is not None)
        raws = [cells.values[place] for place, trait in enumerate(traits) if trait.has_raw]
        self._writer.add(number, plan.columns, tuple(traits), texts, raws)  # type: ignore[arg-type]  # all are texts

    def _settle(self, text: str | Made, trait: CellTrait, value: str, formula: str, word: str) -> Made:
        if value == "" and formula:
            if formula == FORMULA and word == "str":
                return Made(CellKind.BLANK, "", None, (COMPUTED,))
            look = ("S207", "a formula without a stored value; what it would give is not known")
            return Made(CellKind.FORMULA_WITHOUT_VALUE, "", None, (look,))
        computed = (COMPUTED,) if formula else ()
        if isinstance(text, Made):
            return replace(text, looks=(*text.looks, *computed)) if formula else text
        return Made(trait.kind, text, value if trait.has_raw else None, computed)

    def _note_cells(self, number: int, plan: _Plan, texts: list[str | Made]) -> None:
        for place, code, phrase in plan.always:
            self._tally.note_cell(code, phrase, self._sheet, plan.columns[place], number)
        odd = self._conversions.odd_texts
        if odd and not odd.keys().isdisjoint(texts):
            for place, text in enumerate(texts):
                if text in odd and plan.types[place].kind is CellKind.TEXT:
                    for code, phrase in odd[text]:
                        self._tally.note_cell(code, phrase, self._sheet, plan.columns[place], number)

    def _note_place(self, number: int, plan: _Plan) -> None:
        """Note what stands far off, and blank rows before this one."""
        gap = number - self._last_filled - 1
        is_first = not self._last_filled
        if plan.widest_gap > FAR_COLUMNS or (gap >= _FAR_ROWS and not is_first):
            self._stray += plan.widest_gap
            if self._stray > _MOST_STRAY_GAPS:
                raise SourceFileError(
                    "S121",
                    f"{self._where} spans more than {_MOST_STRAY_GAPS:,} blank cells beside its filled ones.",
                    remedy="Delete stray cells far to the right of the table, or split the file.",
                )
            cell = f"{column_letters(plan.columns[-1])}{number}"
            self._tally.note("S217", "a cell far from the others", self._sheet, cell)
            self._first_filled = self._first_filled or number
        else:
            self._note_blank_rows(number)
        self._last_filled = number

    def _note_blank_rows(self, number: int) -> None:
        """Note the blank rows before a filled one, but for those before the first."""
        gap = number - self._last_filled - 1
        if gap and self._first_filled:
            cell = f"{self._last_filled + 1}:{number - 1}"
            self._tally.note("S212", "blank rows, behind which the sheet goes on", self._sheet, cell, gap)
        self._first_filled = self._first_filled or number


def _gaps(before: int, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The rows before and behind each gap in rising numbers, and before the first; where there is none, that."""
    if numbers:
        yield before, numbers[0]
        if numbers[-1] - numbers[0] + 1 > len(numbers):
            yield from ((one, other) for one, other in pairwise(numbers) if other > one + 1)


def _widest_gap(columns: Sequence[int]) -> int:
    return max(after - before for before, after in zip((0, *columns), columns, strict=False))


def _without_blanks(cells: RawCells) -> RawCells:
    """The cells that hold a value or a formula."""
    formulas = cells.formulas or (NO_FORMULA,) * len(cells.letters)
    kept = [place for place, value in enumerate(cells.values) if value != "" or formulas[place]]
    chosen = tuple(formulas[place] for place in kept)
    return RawCells(
        tuple(cells.letters[place] for place in kept),
        tuple(cells.styles[place] for place in kept),
        tuple(cells.types[place] for place in kept),
        [cells.values[place] for place in kept],
        chosen if any(chosen) else (),
    )
