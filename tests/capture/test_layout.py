"""How a sheet is laid out is seen without a study: header row, columns, totals; doubtful tables are refused."""

from __future__ import annotations

import pytest
from capture_sample import make_source

from trialkit.capture import SheetLayout, look_at_layout
from trialkit.errors import SourceFileError
from trialkit.model.source import Oddity, SourceFile


def _look(
    *rows: str, header_row: int | None = None, may_refuse: bool = True, oddities: tuple[Oddity, ...] = ()
) -> SheetLayout:
    made = make_source(*rows)
    source = SourceFile(made.name, made.digest, made.kind, made.sheets, (), oddities)
    return look_at_layout(source, source.sheets[0], header_row, may_refuse=may_refuse)


def _said(layout: SheetLayout) -> list[tuple[str, str]]:
    return [(oddity.code, oddity.cell) for oddity in layout.oddities]


_HEAD = "id|visit|date|kg"
_ROWS = ("012-1|V1|d:2026-11-02|n:60", "012-2|V1|d:2026-11-03|n:70", "012-3|V2|d:2026-11-04|n:80")


def test_sheet_when_it_is_a_plain_table_then_nothing_is_odd() -> None:
    layout = _look(_HEAD, *_ROWS)

    assert (layout.header_row, layout.rows, layout.cells, layout.used) == (1, 3, 16, "A1:D4")
    assert [(column.header, dict(column.kinds)) for column in layout.columns][2:] == [
        ("date", {"date": 3}),
        ("kg", {"number": 3}),
    ]
    assert layout.oddities == ()


_ODD = [
    (("Study X|||", "", _HEAD, *_ROWS), ("S255", "1:1"), 3),
    ((_HEAD, "|||kg", *_ROWS), None, 4),
    ((_HEAD, "text|text|dd-mmm|kg", *_ROWS), ("S257", "2:2"), 4),
    (("id||date|kg", *_ROWS), ("S251", "B1"), 3),
    (("id|visit|date", *_ROWS), ("S251", "D1"), 3),
    (("id|n:2024|date|kg", *_ROWS), ("S252", "B1"), 3),
    (("id|d:2026-11-02|x|kg", *_ROWS), ("S252", "B1"), 3),
    (("id|vi\tsit|date|kg", *_ROWS), ("S258", "B1"), 3),
    ((_HEAD, *_ROWS, _HEAD, *_ROWS), ("S254", "5:5"), 7),
    ((_HEAD, *_ROWS, "TOTAL|||"), ("S256", "5:5"), 4),
    ((_HEAD, *_ROWS, "012-4|V1|d:2026-11-05|ND"), ("S226", "D5"), 4),
    ((_HEAD, *_ROWS, "012-4|V1|n:45000|n:90"), ("S226", "C5"), 4),
    (("n:1|n:4", "n:2|n:5", "n:3|n:6"), ("S259", ""), 3),
    (("n:10|n:20",), ("S259", ""), 1),
    (("id|item|qty|item|qty", "1|a|n:1|b|n:2", "2|c|n:3|d|n:4"), ("S253", "B1"), 2),
]


@pytest.mark.parametrize(("rows", "said", "counted"), _ODD)
def test_sheet_when_it_is_laid_out_oddly_then_it_is_said_with_its_place(
    rows: tuple[str, ...], said: tuple[str, str] | None, counted: int
) -> None:
    layout = _look(*rows)

    assert said is None or said in _said(layout)
    assert layout.rows == counted


@pytest.mark.parametrize("head", ["id|kg|kg|x", "id|kg|KG |x", "id|café|cafe\u0301|x"])
def test_header_when_it_stands_over_two_columns_then_the_table_is_refused_unless_told(head: str) -> None:
    with pytest.raises(SourceFileError, match="over columns B and C") as caught:
        _look(head, *_ROWS)

    assert caught.value.code == "S153"
    assert ("S253", "B1") in _said(_look(head, *_ROWS, may_refuse=False))
    assert _look(head, *_ROWS, header_row=0, may_refuse=False).rows == 4


def test_table_when_it_begins_without_headers_then_it_is_refused_unless_told() -> None:
    with pytest.raises(SourceFileError, match="row 1 holds values") as caught:
        _look(*_ROWS)

    assert caught.value.code == "S165"
    assert _look(*_ROWS, header_row=0, may_refuse=False).rows == 3
    assert _said(_look(*_ROWS, may_refuse=False)) == [("S259", "")]


def test_header_row_when_somebody_says_it_then_it_is_taken() -> None:
    layout = _look("Title|x|y|z", _HEAD, *_ROWS, header_row=2)

    assert (layout.header_row, layout.rows) == (2, 3)
    assert ("S255", "1:1") in _said(layout)


def test_value_when_merged_cells_cover_it_then_it_is_said() -> None:
    merged = Oddity("S205", "merged cells", "VS", "A2:A3")

    assert ("S234", "A3") in _said(_look(_HEAD, *_ROWS, oddities=(merged,)))


def test_column_when_it_mixes_kinds_everywhere_then_one_line_says_so() -> None:
    rows = [f"012-{n}|V1|d:2026-11-02|{'n:1' if n % 2 else 'low'}" for n in range(60)]

    found = [oddity for oddity in _look(_HEAD, *rows).oddities if oddity.code == "S226"]

    assert [(oddity.cell, oddity.count) for oddity in found] == [("D2:D61", 30)]


def test_sheet_when_it_is_empty_then_nothing_is_said() -> None:
    layout = _look()

    assert (layout.rows, layout.cells, layout.used, layout.oddities) == (0, 0, "", ())
