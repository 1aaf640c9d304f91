"""Listings: tables that can be filtered, texts that are never executed, the same bytes for the same tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from trialkit.errors import UsageError
from trialkit.spreadsheet.listing import ListSheet, ListTable, write_listings

_MOMENT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
_TABLE = ListTable(("NAME", "COUNT", "SAYS"), [("=1+1", 3, "x" * 90), ("@b", 0, None), ("#N/A", 2, "")])


def _write(path: Path, *sheets: ListSheet) -> Path:
    write_listings(path, sheets, _MOMENT)
    return path


def test_listing_when_a_text_looks_like_a_formula_then_it_stays_a_text(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "l.xlsx", ListSheet("L", (_TABLE,), (10, 8, 40))))["L"]

    assert [(cell.value, cell.data_type) for cell in sheet["A"]] == [
        ("NAME", "s"), ("=1+1", "s"), ("@b", "s"), ("#N/A", "s")
    ]  # fmt: skip
    assert [cell.value for cell in sheet["B"]] == ["COUNT", 3, 0, 2]
    assert sheet["A2"].quotePrefix


def test_listing_when_it_is_one_table_then_its_header_stays_and_can_be_filtered(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "l.xlsx", ListSheet("L", (_TABLE,), (10, 8, 40), 1)))["L"]

    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("B2", "A1:C4", "$1:$1")
    assert sheet["A1"].font.bold
    assert (sheet["C2"].alignment.wrap_text, sheet["A2"].alignment.wrap_text) == (True, None)
    assert sheet.row_dimensions[2].height > 20


def test_listing_when_tables_stand_below_each_other_then_each_has_its_title(tmp_path: Path) -> None:
    facts = ListTable((), [("Study", "A study with quite a long title")], "Facts")
    empty = ListTable(("NAME",), [], "Nothing")
    sheet = openpyxl.load_workbook(_write(tmp_path / "l.xlsx", ListSheet("L", (facts, empty), (8, 8))))["L"]

    assert [cell.value for cell in sheet["A"]] == ["Facts", "Study", None, "Nothing", "NAME"]
    assert sheet["B2"].alignment.wrap_text is None
    assert sheet.auto_filter.ref is None


def test_listing_when_written_twice_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    one, two = (_write(tmp_path / name, ListSheet("L", (_TABLE,), (10,))).read_bytes() for name in ("1.xlsx", "2.xlsx"))

    assert one == two


def test_listing_when_a_sheet_can_not_be_called_so_then_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="S131"):
        _write(tmp_path / "l.xlsx", ListSheet("a/b", (_TABLE,), (10,)))


def test_listing_when_it_is_longer_than_a_sheet_then_it_is_refused(tmp_path: Path) -> None:
    long = ListTable(("A",), [("x",)] * 1_048_576)

    with pytest.raises(UsageError, match="S130"):
        _write(tmp_path / "l.xlsx", ListSheet("L", (long,), (10,)))
