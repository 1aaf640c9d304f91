"""What is written is read back the same, executes nothing, and comes out in the same bytes each time."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkit.errors import StoreError, UsageError
from trialkit.spreadsheet import read_workbook, write_workbook

_MADE = datetime(2024, 5, 6, 9, 5, tzinfo=UTC)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_TABLES = st.lists(st.lists(st.one_of(st.none(), _TEXT), max_size=5), max_size=6)


def _read_back(path: Path) -> dict[str, str]:
    sheet = read_workbook(path).sheets[0]
    return {cell.address: cell.text for row in sheet.rows for cell in row.cells if cell.kind == "text"}


def _expect(rows: Sequence[Sequence[str | None]]) -> dict[str, str]:
    return {f"{'ABCDE'[c]}{r}": text for r, row in enumerate(rows, 1) for c, text in enumerate(row) if text}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_TABLES)
def test_table_when_it_is_written_and_read_then_it_is_the_same(rows: list[list[str | None]], tmp_path: Path) -> None:
    write_workbook(tmp_path / "out.xlsx", [("VS", [], rows)], _MADE)

    assert _read_back(tmp_path / "out.xlsx") == _expect(rows)


@pytest.mark.parametrize(
    "text",
    [
        "_x000D_",
        "_x005F_",
        "__x0041__",
        "a\rb",
        "a\r\nb",
        "\x00\x1f\x7f",
        "\ufffe\uffff",
        " \u00a0 ",
        "\u2028",
        "𝄞",
        "x" * 32_767,
    ],
)
def test_text_when_xml_can_not_hold_it_plainly_then_it_still_comes_back(text: str, tmp_path: Path) -> None:
    write_workbook(tmp_path / "out.xlsx", [("VS", [], [[text]])], _MADE)

    assert _read_back(tmp_path / "out.xlsx") == {"A1": text}


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "TRUE", "{=1}"])
def test_text_when_it_looks_like_a_formula_then_it_is_written_as_text(text: str, tmp_path: Path) -> None:
    write_workbook(tmp_path / "out.xlsx", [("VS", ["H"], [[text]])], _MADE)

    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        part = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in part
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx")["VS"]["A2"]
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")


def test_sheet_when_it_is_written_then_its_header_is_bold_and_frozen_and_blanks_are_text(tmp_path: Path) -> None:
    rows = [["012-0007", None], ["012-0008", "120"]]
    write_workbook(tmp_path / "out.xlsx", [("VS", ["SUBJECT", "SYSBP"], rows), ("DM", ["SUBJECT"], [])], _MADE)

    workbook = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet = workbook["VS"]
    assert workbook.sheetnames == ["VS", "DM"]
    assert sheet["A1"].font.bold
    assert not sheet["A2"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet["B2"].number_format == sheet.column_dimensions["B"].number_format == "@"
    assert sheet.column_dimensions["A"].width >= len("012-0008")


def test_workbook_when_it_is_written_twice_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    tables = [("VS", ["SUBJECT", "SYSBP"], [["012-0007", "120"]])]
    write_workbook(tmp_path / "one.xlsx", tables, _MADE)
    write_workbook(tmp_path / "two.xlsx", tables, _MADE)

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2024, 5, 6, 9, 5, 0)}
        assert b"2024-05-06T09:05:00Z" in archive.read("docProps/core.xml")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([], "S131"),
        (["a/b"], "S131"),
        (["x" * 32], "S131"),
        (["VS", "vs"], "S131"),
        ([" "], "S131"),
        (["History"], "S131"),
    ],
)
def test_sheet_name_when_a_workbook_can_not_have_it_then_it_is_refused(
    names: list[str], code: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        write_workbook(tmp_path / "out.xlsx", [(name, ["H"], []) for name in names], _MADE)

    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["x" * 32_768, "\ud800"])
def test_text_when_a_cell_can_not_hold_it_then_it_is_refused_and_nothing_is_cut(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="A2") as caught:
        write_workbook(tmp_path / "out.xlsx", [("VS", ["H"], [[text]])], _MADE)

    assert caught.value.code == "S130"
    assert not list(tmp_path.iterdir())


def test_file_when_it_can_not_be_written_then_the_old_one_stays_and_nothing_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").mkdir()

    with pytest.raises(StoreError) as caught:
        write_workbook(tmp_path / "out.xlsx", [("VS", ["H"], [])], _MADE)

    assert caught.value.code == "S132"
    assert [path.name for path in tmp_path.iterdir()] == ["out.xlsx"]
