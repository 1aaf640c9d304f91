"""A path and the readers there are: the right reader, or a plain refusal."""

from __future__ import annotations

import hashlib
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkit.capture import CSV_READER, XLSX_READER, read_source
from trialkit.errors import SourceFileError
from trialkit.extension import ReadOptions
from trialkit.model.source import CellKind
from trialkit.spreadsheet import read_workbook, write_workbook

_READERS = (CSV_READER, XLSX_READER)
_MADE = datetime(2024, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("name", ["vs.csv", "vs.TXT", "vs.tsv"])
def test_source_when_its_suffix_is_known_then_it_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("id,t\n1,a\n")

    source = read_source(tmp_path / name, _READERS, ReadOptions())

    assert source.kind == "csv"
    assert source.digest == hashlib.sha256(b"id,t\n1,a\n").hexdigest()


def test_source_when_it_can_not_be_used_then_it_is_refused_with_a_code(tmp_path: Path) -> None:
    (tmp_path / "vs.doc").write_text("x")
    (tmp_path / "vs.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    expected = {"none.csv": "S101", "a\0b.csv": "S101", "vs.csv": "S102", "pipe.csv": "S102", "vs.doc": "S104"}

    for name, code in expected.items():
        with pytest.raises(SourceFileError) as caught:
            read_source(tmp_path / name, _READERS, ReadOptions())
        assert caught.value.code == code, name
    assert ".csv, .tsv, .txt, .xlsm, .xlsx" in caught.value.remedy
    assert "a text file" in caught.value.message


@pytest.mark.parametrize(
    ("name", "members", "what", "remedy"),
    [
        (
            "a.ods",
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"},
            "an OpenDocument spreadsheet",
            ".xlsx",
        ),
        (
            "a.docx",
            {"[Content_Types].xml": "x" * 20_000, "word/document.xml": "x"},
            "a Word document",
            "Copy its table",
        ),
        ("a.pptx", {"[Content_Types].xml": "x", "ppt/slide.xml": "x"}, "a PowerPoint presentation", "Copy its table"),
        ("a.numbers", {"Index/Document.iwa": "x"}, "Numbers", "Export it from Numbers"),
        ("a.zip", {"xl/workbook.xml": "x"}, "a zip container", "rename it to .xlsx"),
        ("b.zip", {"vs.csv": "x"}, "a zip container", "save it as one of"),
    ],
)
def test_source_when_it_is_a_package_of_another_program_then_it_is_said_which(
    name: str, members: dict[str, str], what: str, remedy: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:  # nothing is compressed
        for member, text in members.items():
            archive.writestr(member, text)

    with pytest.raises(SourceFileError) as caught:
        read_source(tmp_path / name, _READERS, ReadOptions())

    assert caught.value.code == "S104"
    assert what in caught.value.message
    assert remedy in caught.value.remedy


def test_source_when_the_system_forbids_it_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vs.csv").write_text("id,t\n")

    def forbid(_path: Path, _options: ReadOptions) -> None:
        raise PermissionError(13, "Permission denied")

    forbidden = type(CSV_READER)("csv", (".csv",), forbid)  # type: ignore[arg-type]  # never returns
    with pytest.raises(SourceFileError, match="Permission denied") as caught:
        read_source(tmp_path / "vs.csv", (forbidden,), ReadOptions())

    assert caught.value.code == "S103"


def test_workbook_when_it_is_read_then_gaps_are_blank_cells_and_oddities_are_said(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "VS"
    sheet["B3"], sheet["D3"] = "x", "=1+1"
    workbook.create_sheet("Lists").sheet_state = "hidden"
    workbook.save(tmp_path / "vs.xlsx")

    source = read_source(tmp_path / "vs.xlsx", _READERS, ReadOptions())

    row = source.sheets[0].rows[0]
    assert [(cell.address, cell.kind) for cell in row.cells] == [
        ("A3", CellKind.BLANK),
        ("B3", CellKind.TEXT),
        ("C3", CellKind.BLANK),
        ("D3", CellKind.FORMULA_WITHOUT_VALUE),
    ]
    assert [sheet.visible for sheet in source.sheets] == [True, False]
    assert source.notes == (
        "sheet Lists: a hidden sheet; it is read only when it is asked for by name",
        "sheet VS: formula without a stored value: D3",
    )
    assert [(oddity.code, oddity.sheet, oddity.cell) for oddity in source.oddities] == [
        ("S201", "Lists", ""),
        ("S213", "VS", "C:C"),
        ("S207", "VS", "D3"),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4), max_size=5))
def test_workbook_when_any_table_is_written_and_read_then_it_is_the_same(rows: list[list[str]], tmp_path: Path) -> None:
    write_workbook(tmp_path / "vs.xlsx", [("VS", ["H"], rows)], _MADE)

    sheet = read_workbook(tmp_path / "vs.xlsx").sheets[0]  # a process for each example would take long

    found = {cell.address: cell.text for row in sheet.rows[1:] for cell in row.cells if cell.text}
    assert found == {f"{'ABCD'[c]}{r}": text for r, row in enumerate(rows, 2) for c, text in enumerate(row) if text}
