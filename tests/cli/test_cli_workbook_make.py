"""``trialkit workbook make`` as it is typed, and what trialkit says about texts that begin like a formula."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import openpyxl
import pytest
from cli_sample import Typist
from spreadsheet_program import needs_program, save_again

MAKE = ("workbook", "make", "-o", "site.xlsx", "--site", "012", "--form", "VS", "--form", "AE")


def test_make_when_typed_then_the_workbook_is_there_and_what_is_in_it_is_said(demo: Path, type_command: Typist) -> None:
    said = type_command(demo, *MAKE)

    assert said.code == 0, said.err
    assert [line.split() for line in said.out.splitlines()] == [["FORM", "ROWS"], ["VS", "16"], ["AE", "30"]]
    assert "Wrote site.xlsx for site 012: 2 sheets," in said.err
    assert openpyxl.load_workbook(demo / "site.xlsx").sheetnames == ["Start here", "VS", "AE", "Lists", "trialkit"]


@pytest.mark.slow
@needs_program
def test_make_when_it_is_filled_in_and_saved_by_a_spreadsheet_program_then_what_was_typed_comes_in(
    demo: Path, type_command: Typist, tmp_path: Path
) -> None:
    type_command(demo, *MAKE)
    workbook = openpyxl.load_workbook(demo / "site.xlsx")
    sheet = workbook["VS"]
    names = [cell.value for cell in sheet[5]]
    row = next(cells for cells in sheet.iter_rows(min_row=6) if all(cell.value is None for cell in cells[3:]))
    subject, visit = row[0].value, row[1].value
    typed = {
        "VSPERF": "Yes",
        "VSDAT": date(2026, 11, 20),
        "VSTIM": time(9, 5),
        "SYSBP": 121,
        "DIABP": 79,
        "PULSE": 66,
        "TEMP": 36.6,
        "TEMP_U": "C",
        "OXYSAT": ".ND",
    }
    for name, value in typed.items():
        row[names.index(name)].value = value
    workbook.save(demo / "filled.xlsx")

    said = type_command(demo, "import", str(save_again(demo / "filled.xlsx", tmp_path)))

    assert (said.code, "Stored: 1 new." in said.err) == (0, True), said.err
    (record,) = type_command(demo, "show", subject, visit, "VS", "--json").data
    values = {item: value["text"] or f".{value['missing']}" for item, value in record["values"].items()}
    wanted = {"VSDAT": "2026-11-20", "VSTIM": "09:05", "SYSBP": "121", "TEMP": "36.6", "OXYSAT": ".ND", "TEMPU": "C"}
    assert wanted.items() <= values.items()


def test_make_when_a_file_is_there_then_it_is_replaced_only_by_force(demo: Path, type_command: Typist) -> None:
    (demo / "site.xlsx").write_bytes(b"mine")
    refused = type_command(demo, *MAKE)
    assert (refused.code, (demo / "site.xlsx").read_bytes()) == (2, b"mine")

    made = type_command(demo, *MAKE, "--force", "--json")
    assert (made.code, made.data["site"], set(made.data["rows"])) == (0, "012", {"AE", "VS"})
    assert len(made.data["digest"]) == 64


def test_make_when_words_are_wrong_then_one_line_says_what_to_do(demo: Path, type_command: Typist) -> None:
    for words, told in (
        (("-o", "site.csv", "--site", "012"), "does not end in .xlsx"),
        (("-o", "nowhere/site.xlsx", "--site", "012"), "make it first"),
        (("-o", "site.xlsx"), "B105"),
        (("-o", "site.xlsx", "--site", "012", "--form", "VX"), "U110"),
    ):
        said = type_command(demo, "workbook", "make", *words)
        assert (said.code, told in said.err) == (2, True), said.err
    assert not (demo / "site.xlsx").exists()


def test_text_like_a_formula_when_exported_as_csv_then_it_is_inert_said_and_comes_back(
    demo: Path, type_command: Typist
) -> None:
    text = '=HYPERLINK("http://x","y")'
    type_command(demo, "enter", "012-0001", "V1", "AE", "--repeat", "7", "--set", f"AETERM={text}")
    said = type_command(demo, "export", "raw", "-o", "out", "--format", "csv,csv-exact", "--force")

    assert "AE.AETERM: 1 value in CSV with an apostrophe" in said.err
    assert "'=HYPERLINK" in (demo / "out" / "ae.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK" not in (demo / "out" / "ae.exact.csv").read_text(encoding="utf-8")
    back = type_command(demo, "import", str(demo / "out" / "ae.csv"))
    assert back.code == 0, back.err
    assert "the apostrophe that keeps spreadsheet programs" in back.err
    assert "Nothing to store" in back.err
