"""What is done to many records, texts and cells at once: it comes to what one after another comes to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkit.errors import SourceFileError
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow
from trialkit.spreadsheet import (
    csv_taker,
    tally,
)
from trialkit.spreadsheet.assembly import Assembler, ReadingFacts
from trialkit.spreadsheet.block_writer import BlockWriter
from trialkit.spreadsheet.blocks import PackedRows, PlainRoom, column_blocks_of
from trialkit.spreadsheet.cell_text import NotReadableError, pick_plain_numbers, write_number
from trialkit.spreadsheet.cell_traits import CellTrait, cells_of_row
from trialkit.spreadsheet.column_blocks import BlockRows, ColumnBlock, block_of_rows, row_at
from trialkit.spreadsheet.csv_reading import read_csv_into
from trialkit.spreadsheet.csv_records import RecordReader
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn, GatheredColumn
from trialkit.spreadsheet.text_looks import _looks, is_ordinary, is_seen_ordinary

_patched = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


_FIELDS = st.sampled_from(["", "", "a", "1,5", "1/2/2024", " x", "=1", "a\nb", 'say "x"', "é", "10-Jan"])


@st.composite
def _tables(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(_FIELDS, min_size=width, max_size=width), max_size=25))
    plain = draw(st.integers(0, 3))
    lines = []
    for row in rows:
        fields = [field.replace("\n", " ").replace('"', "") if plain else field for field in row]
        lines.append(
            ";".join('"' + field.replace('"', '""') + '"' if set(field) & set('"\n') else field for field in fields)
        )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        odd = draw(st.sampled_from(["", ";", '5" tube;x', '"open', "a\x1ab", "\x00", 'a"b"', '"a"b', "sep=;"]))
        lines.insert(draw(st.integers(0, len(lines))), odd)
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"]]))
    return "".join(line + draw(st.sampled_from(ends)) for line in lines)


def _read_csv(content: bytes) -> SourceFile | str:
    assembler = Assembler()
    try:
        ending = read_csv_into(content, ReadingFacts("vs.csv"), assembler)
    except SourceFileError as error:
        return f"{error.code} {error.message}"
    return assembler.finish("vs.csv", "0" * 64, ending)


@_patched
@given(table=_tables(), broken=st.booleans())
def test_records_when_many_are_taken_at_once_then_the_file_is_what_one_by_one_gives(
    eager: list[int], table: str, broken: bool
) -> None:
    content = table.encode() + (b"a;\xff\n" if broken else b"")
    found = _read_csv(content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordReader, "_read_plain", lambda *_lines: None)
        patch.setattr(csv_taker, "_FEWEST_ROWS", 1_000_000)
        assert found == _read_csv(content)


def test_records_when_one_goes_over_lines_then_lines_are_counted_all_the_same() -> None:
    found = _read_csv(b'a;b\n1;"x\ny\nz"\n2;y\n3;y\n4\n5;y\n')

    assert found == "S144 vs.csv: most rows have 2 fields, but not those on line 7."


_LOOKS = st.sampled_from([None, (("S222", "a"),), (("S222", "a"), ("S223", "b")), (("S223", "b"),), (("S222", "c"),)])


@given(
    columns=st.lists(st.lists(_LOOKS, min_size=6, max_size=6), min_size=1, max_size=4),
    phases=st.lists(st.integers(0, 1), min_size=4, max_size=4),
)
def test_looks_when_they_are_noted_by_column_then_it_is_as_row_by_row(
    columns: list[list[tuple[tuple[str, str], ...] | None]], phases: list[int]
) -> None:
    by_column, by_row = tally.Tally(), tally.Tally()
    entries = [(phases[number], number + 1, looks) for number, looks in enumerate(columns)]
    told = [(phase, column, [(n, some) for n, some in enumerate(looks) if some]) for phase, column, looks in entries]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally, "_MOST_OF_A_KIND", 3)
        for first in (5, 11):
            by_column.note_columns("VS", first, told)
            for place in range(6):
                for _, column, looks in sorted(entries, key=lambda entry: entry[:2]):
                    for code, text in looks[place] or ():
                        by_row.note_cell(code, text, "VS", column, first + place)
        assert by_column.finish() == by_row.finish()


@given(text=st.one_of(st.text(max_size=50), st.from_regex(r"[0-9A-Za-z (=@+_-][ -~]{0,12}", fullmatch=True)))
def test_text_when_it_is_ordinary_at_a_glance_then_a_closer_look_finds_nothing(text: str) -> None:
    assert not is_ordinary(text) or not list(_looks(text))


@given(text=st.one_of(st.text(max_size=70), st.from_regex(r"[0-9A-Za-z (=@+_-][ -~]{0,70}", fullmatch=True)))
def test_text_when_one_pattern_sees_that_it_is_ordinary_then_it_is(text: str) -> None:
    assert not is_seen_ordinary(text) or is_ordinary(text)


@given(raw=st.one_of(st.text("-+0123456789.eE \n", max_size=20), st.floats().map(repr), st.just("-0")))
def test_number_when_one_pattern_sees_that_it_is_its_own_text_then_it_is(raw: str) -> None:
    try:
        is_own = write_number(raw) == raw and len(raw) <= 16
    except NotReadableError:
        is_own = False

    assert pick_plain_numbers([raw]) == [raw] * is_own


@pytest.mark.parametrize(
    "text", ["1-Jan", "Jan-1", "mar 3, 2024", "UN-JAN-2024", "xx/2024", "2023-02-30", "0000-01-01", "a ", "a\n", "é"]
)
def test_text_when_it_may_be_odd_then_it_is_not_ordinary_at_a_glance(text: str) -> None:
    assert not is_ordinary(text)


_TRAITS = st.sampled_from(
    [
        CellTrait(CellKind.TEXT, "", False, False),
        CellTrait(CellKind.NUMBER, "0.00", False, True),
        CellTrait(CellKind.DATE, "d", True, True),
        CellTrait(CellKind.BLANK, "", True, False),
    ]
)
_TEXTS = st.text(alphabet=st.sampled_from("ab1\n\x1e\x1f\x00é"), max_size=3)


@st.composite
def _source_rows(draw: st.DrawFn) -> tuple[SourceRow, ...]:
    shapes = draw(st.lists(st.lists(st.none() | _TRAITS, min_size=1, max_size=4), min_size=1, max_size=3))
    rows = []
    number = 0
    for _ in range(draw(st.integers(0, 12))):
        number += draw(st.integers(1, 3))
        cells = []
        for letter, trait in zip("ABCD", draw(st.sampled_from(shapes)), strict=False):
            if trait is None:
                cells.append(Cell(f"{letter}{number}", "", CellKind.BLANK))
                continue
            raw = draw(_TEXTS) if trait.has_raw else None
            text = "" if trait.kind is CellKind.BLANK else draw(_TEXTS)
            cells.append(Cell(f"{letter}{number}", text, trait.kind, trait.has_formula, trait.number_format, raw))
        rows.append(SourceRow(number, tuple(cells)))
    return tuple(rows)


def _filled_columns(rows: Sequence[SourceRow]) -> tuple[list[int], list[FilledColumn]]:
    columns: dict[int, GatheredColumn] = {}
    for place, row in enumerate(rows):
        for number, *cell in cells_of_row(row):
            columns.setdefault(number, GatheredColumn()).put(place, *cell)  # type: ignore[arg-type]  # its parts
    numbers = sorted(columns)
    return [row.number for row in rows], [columns[number].close(number, len(rows)) for number in numbers]


def _pack(rows: Sequence[SourceRow], room: PlainRoom, block: int) -> PackedRows:
    """Rows as a reader packs them, some in columns and some one by one."""
    packed = PackedRows(room)
    writer = BlockWriter(packed.add)
    for start in range(0, len(rows), block):
        some = rows[start : start + block]
        if start % 2:
            writer.add_columns(*_filled_columns(some), 1)
        else:
            for row in some:
                numbers, traits, texts, raws = zip(*cells_of_row(row), strict=True)
                writer.add(row.number, numbers, traits, texts, [raw for raw in raws if raw is not None])
        if start % 3:
            writer.flush()
    writer.flush()
    return packed


def _cells_of_blocks(blocks: Sequence[ColumnBlock]) -> dict[int, dict[int, tuple[str, CellTrait, str | None]]]:
    found: dict[int, dict[int, tuple[str, CellTrait, str | None]]] = {}
    for block in blocks:
        assert list(block.columns) == sorted(block.columns)
        for place, number in enumerate(block.numbers):
            assert number > max(found, default=0)
            cells = found[number] = {}
            for letters, (at, column) in zip("ABCD", block.columns.items(), strict=False):
                code, cell = column.codes[place], column.cell(place, f"{letters}{number}")
                assert column.coded[place] == column.texts[code]
                assert column.kinds[code] is column.cell_traits[code].kind
                if cell is None:
                    assert code == NO_CELL
                    assert (column.texts[code], column.raws[code]) == ("", None)
                    continue
                trait = CellTrait(cell.kind, cell.number_format, cell.has_formula, cell.raw is not None)
                assert trait in column.traits
                cells[at] = cell.text, trait, cell.raw
    return found


@settings(deadline=None)
@given(rows=_source_rows(), block=st.integers(1, 5), bytes_left=st.sampled_from([0, 20, 10_000]))
def test_blocks_when_rows_are_packed_or_not_then_they_tell_what_the_rows_tell(
    rows: tuple[SourceRow, ...], block: int, bytes_left: int
) -> None:
    kept = {
        row.number: {
            column: (
                cell.text,
                CellTrait(cell.kind, cell.number_format, cell.has_formula, cell.raw is not None),
                cell.raw,
            )
            for column, cell in enumerate(row.cells, start=1)
            if cell[1:] != ("", CellKind.BLANK, False, "", None) or column == len(row.cells)
        }
        for row in rows
    }

    assert _cells_of_blocks(list(column_blocks_of(rows))) == kept
    assert _cells_of_blocks(list(_pack(rows, PlainRoom(bytes_left), block).column_blocks())) == kept


@settings(deadline=None)
@given(rows=_source_rows(), block=st.integers(1, 5), bytes_left=st.sampled_from([0, 20, 10_000]))
def test_rows_when_they_are_packed_then_they_are_the_same_when_they_are_unpacked(
    rows: tuple[SourceRow, ...], block: int, bytes_left: int
) -> None:
    packed = _pack(rows, PlainRoom(bytes_left), block)

    assert tuple(packed) == rows
    assert [packed[place] for place in range(len(rows))] == list(rows)
    assert [row_at(part, place) for part in packed.column_blocks() for place in range(len(part.numbers))] == list(rows)


@settings(deadline=None)
@given(places=st.sets(st.integers(0, 2_599), max_size=400))
def test_rows_when_many_of_a_block_are_asked_for_then_they_are_those_at_their_places(places: set[int]) -> None:
    rows = [SourceRow(3 * number, (Cell(f"A{3 * number}", str(number)),)) for number in range(1, 2_601)]
    asked = BlockRows(block_of_rows(rows))

    assert [asked.at(place) for place in sorted(places)] == [rows[place] for place in sorted(places)]


def test_rows_when_a_column_has_thousands_of_texts_then_all_of_them_come_back() -> None:
    """A place of one byte goes up to 255, one of two bytes up to 65,535."""
    for size in (255, 256, 65_535, 65_536):
        numbers = range(1, size + 1)
        packed = PackedRows()
        writer = BlockWriter(packed.add)
        trait = CellTrait(CellKind.NUMBER, "", False, False)
        writer.add_columns(numbers, [FilledColumn(2, [trait], [size], list(map(str, numbers)), [], numbers, size)], 1)
        writer.flush()

        (block,) = packed.column_blocks()
        assert block.columns[2].coded.each == list(map(str, numbers))
        assert [row.cells[1].text for row in packed] == list(map(str, numbers))
