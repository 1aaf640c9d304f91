"""Rows that wait to be written: what is taken comes out as it came, and what is left leaves nothing behind."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.model.source import CellKind
from trialkit.spreadsheet.cell_traits import CellTrait
from trialkit.spreadsheet.conversions import CellType, Made
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn
from trialkit.spreadsheet.open_runs import OpenRun, RunForm, TextMemory


def _shout(raw: str) -> str | Made:
    return Made(CellKind.ERROR, raw, raw) if raw == "e" else Made(CellKind.TEXT, "B") if raw == "b" else raw.upper()


_TYPES = [
    CellType(CellKind.TEXT, str, str, has_raw=False, number_format=""),
    CellType(CellKind.DATE, _shout, _shout, has_raw=True, number_format="d"),
    CellType(CellKind.TEXT, str.upper, str.upper, has_raw=False, number_format=""),
]
_CELLS = st.none() | st.tuples(st.integers(0, 2), st.sampled_from("abcde"))
_ROWS = st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=6)


_Cell = tuple[int, str] | None
"""A type and what is stored."""


_Content = tuple[CellTrait, str, str | None]


def _content(cell: _Cell) -> _Content | None:
    if cell is None:
        return None
    number, raw = cell
    made = _TYPES[number].convert(raw)
    if isinstance(made, Made):
        trait = CellTrait(made.kind, _TYPES[number].number_format, False, made.raw is not None)
        return trait, made.text, made.raw
    trait = CellTrait(_TYPES[number].kind, _TYPES[number].number_format, False, _TYPES[number].has_raw)
    return trait, made, raw if trait.has_raw else None


def _contents(column: FilledColumn) -> list[_Content]:
    """The cells of a column in the order of their codes."""
    traits = [trait for trait, size in zip(column.traits, column.sizes, strict=True) for _ in range(size)]
    raws = iter(column.raws)
    return [
        (trait, text, next(raws) if trait.has_raw else None) for trait, text in zip(traits, column.texts, strict=True)
    ]


def _stored(cell: _Cell, number: int) -> str:
    """What is stored when the cell is of a type."""
    return cell[1] if cell is not None and cell[0] == number else ""


@settings(deadline=None)
@given(stretches=st.lists(st.tuples(_ROWS, st.booleans()), max_size=6))
def test_rows_when_some_are_left_then_those_that_were_taken_come_out_as_they_came(
    stretches: list[tuple[list[tuple[_Cell, _Cell]], bool]],
) -> None:
    run = OpenRun()
    memories = [TextMemory(found, False, {}) for found in _TYPES]
    taken: list[tuple[_Cell, _Cell]] = []
    for rows, is_taken in stretches:
        coded = []
        for column in (0, 1):
            stored = [[_stored(row[column], number) for row in rows] for number in range(len(_TYPES))]
            forms = [
                RunForm(column + 1, memory, values, len(values) - values.count(""))
                for memory, values in zip(memories, stored, strict=True)
                if any(values)
            ]
            if forms:
                coded.append(run.column(column + 1).code(forms)[0])
        if is_taken:
            run.take(range(len(taken) + 1, len(taken) + len(rows) + 1), coded, 0)
            taken += rows
        else:
            run.leave()

    columns = {column.number: column for column in run.close()}
    assert run.numbers == list(range(1, len(taken) + 1))
    for number in (1, 2):
        expected = [_content(row[number - 1]) for row in taken]
        if number not in columns:
            assert not any(expected)
            continue
        contents = _contents(columns[number])
        codes = columns[number].codes
        assert [None if code == NO_CELL else contents[code - 1] for code in codes] == expected
        assert set(codes) - {NO_CELL} == set(range(1, len(contents) + 1))
        assert len(set(columns[number].traits)) == len(columns[number].traits)
        assert columns[number].filled == len([content for content in expected if content is not None])
