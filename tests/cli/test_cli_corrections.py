"""The round of a site: a file with mistakes, the correction workbook, corrected cells, and again: nothing new."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from cli_sample import Typed, Typist, journal_length
from form_sample import FILES, write
from spreadsheet_program import needs_program, save_again

MAPPING = """\
mapping: site
subject: {column: Patient, enrol: true}
records:
  - form: VS
    visit: {column: Visit}
    items:
      VSPERF: {column: Done}
      SYSBP: {column: BP sys}
      WEIGHT: {column: Weight, unit: kg}
"""
HEADER = ("Patient", "Visit", "Done", "BP sys", "Weight", "Remark")
ROWS = (
    ("012-1", "V1", "Yes", 120, 81.5, "=1+1"),
    ("012-2", "V1", "Yess", 118, 70, None),
    ("012-3", "V1", "Yes", "12O", 64, None),
    ("012-4", "V9", "Yes", 131, 90, None),
    ("012-5", "V1", "Yes", None, 77, None),
)


@pytest.fixture
def study(tmp_path: Path, type_command: Typist) -> Path:
    """A study that takes vital signs from a site's own sheet."""
    folder = write(tmp_path / "study", {**FILES, "site.yaml": MAPPING})
    assert type_command(folder, "init", ".").code == 0
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Our patients' data"
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append(row)
    sheet["F2"].data_type = "s"  # a remark that looks like a formula, as text
    sheet["E3"].number_format = "0.00"
    sheet["D2"].comment = openpyxl.comments.Comment("measured twice", "nurse")
    sheet.column_dimensions["F"].hidden = True
    workbook.save(folder / "site012.xlsx")
    return folder


def _import(type_command: Typist, study: Path, file: str, *words: str) -> Typed:
    return type_command(study, "import", file, "--map", "site.yaml", *words)


def _correct(path: Path, to: Path, **cells: object) -> None:
    """What a person does in a spreadsheet program: open, type into cells, save."""
    workbook = openpyxl.load_workbook(path)
    for address, value in cells.items():
        workbook.worksheets[0][address] = value
    workbook.save(to)


def test_import_when_the_site_corrects_its_marked_file_then_only_what_was_corrected_comes_in(
    type_command: Typist, study: Path
) -> None:
    first = _import(type_command, study, "site012.xlsx", "--on-error", "skip-record", "--corrections", ".")
    assert first.code == 1
    assert "Wrote site012-corrections.xlsx: site012.xlsx again, 4 cells marked." in first.err

    marked = openpyxl.load_workbook(study / "site012-corrections.xlsx")
    sheet = marked.worksheets[0]
    comments = {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment}
    assert sorted(comments) == ["B5", "C3", "D2", "D4", "D6"]
    assert comments["D2"] == "measured twice"
    assert "Nearest value: Y (Yes)" in comments["C3"]
    assert "'12O' is not a whole number" in comments["D4"]
    assert "Is required and blank" in comments["D6"]
    assert (sheet["F2"].value, sheet["F2"].data_type) == ("=1+1", "s")
    assert sheet["E3"].number_format == "0.00"
    assert sheet.column_dimensions["F"].hidden

    _correct(study / "site012-corrections.xlsx", study / "back.xlsx", C3="Yes", D4=120, B5="V1", D6=125)
    before = journal_length(study)
    again = _import(type_command, study, "back.xlsx")
    assert again.code == 0, again.err
    assert "Stored: 3 new, 1 changed, 1 unchanged." in again.err
    assert "sheet Findings is trialkit's own list of findings, not read" in again.err
    assert journal_length(study) > before

    length = journal_length(study)
    third = _import(type_command, study, "back.xlsx")
    assert (third.code, journal_length(study)) == (0, length)
    assert "Nothing to store: 5 unchanged." in third.err


@pytest.mark.slow
@needs_program
def test_import_when_the_marked_file_was_saved_by_a_spreadsheet_program_then_it_is_the_same_file(
    type_command: Typist, study: Path, tmp_path: Path
) -> None:
    _import(type_command, study, "site012.xlsx", "--on-error", "skip-record", "--corrections", "marked.xlsx")

    saved = save_again(study / "marked.xlsx", tmp_path)

    sheet = openpyxl.load_workbook(saved).worksheets[0]
    assert [tuple(cell.value for cell in row) for row in sheet] == [HEADER, *ROWS]
    assert (sheet["F2"].value, sheet["F2"].data_type) == ("=1+1", "s")
    assert sorted(cell.coordinate for row in sheet for cell in row if cell.comment) == ["B5", "C3", "D2", "D4", "D6"]
    assert sorted(cell.coordinate for row in sheet for cell in row if cell.fill.fill_type) == ["B5", "C3", "D4", "D6"]
    _correct(saved, study / "typed.xlsx", C3="Yes", D4=120, B5="V1", D6=125)
    back = save_again(study / "typed.xlsx", tmp_path / "again")
    again = _import(type_command, study, str(back))
    assert "Stored: 3 new, 1 changed, 1 unchanged." in again.err
    assert again.code == 0


def test_import_when_the_file_is_refused_then_the_list_leads_to_every_cell_and_filters(
    type_command: Typist, study: Path
) -> None:
    assert _import(type_command, study, "site012.xlsx", "--dry-run", "--corrections", "c.xlsx").code == 1

    workbook = openpyxl.load_workbook(study / "c.xlsx")
    sheet = workbook["Findings"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)]
    assert sheet.auto_filter.ref == f"A5:L{5 + len(rows)}"
    assert sheet.freeze_panes == "A6"
    assert [(row[0], row[2]) for row in rows] == [
        ("error", "C3"),
        ("error", "D4"),
        ("error", "B5"),
        ("check", "D6"),
        ("note", "F:F"),
        ("note", "F2"),
    ]
    assert sheet["C6"].hyperlink.location == "'Our patients'' data'!C3"
    assert {row[8] for row in rows} == {"Yess", "12O", "V9", None}


def test_import_when_marks_are_of_an_earlier_round_then_they_are_replaced(type_command: Typist, study: Path) -> None:
    _import(type_command, study, "site012.xlsx", "--dry-run", "--corrections", "c.xlsx")
    _correct(study / "c.xlsx", study / "half.xlsx", C3="Yes", D4=120)

    assert _import(type_command, study, "half.xlsx", "--dry-run", "--corrections", "d.xlsx").code == 1

    workbook = openpyxl.load_workbook(study / "d.xlsx")
    sheet = workbook.worksheets[0]
    assert workbook.sheetnames == ["Our patients' data", "Findings"]
    assert sorted(cell.coordinate for row in sheet for cell in row if cell.comment) == ["B5", "D2", "D6"]
    assert sorted(cell.coordinate for row in sheet for cell in row if cell.fill.fill_type) == ["B5", "D6"]


def test_import_when_rejects_are_asked_for_then_they_hold_the_bad_rows_and_import_alone(
    type_command: Typist, study: Path
) -> None:
    _import(type_command, study, "site012.xlsx", "--on-error", "skip-record", "--rejects", "r.xlsx")

    sheet = openpyxl.load_workbook(study / "r.xlsx").worksheets[0]
    assert [row[0].value for row in sheet.iter_rows() if row[0].value] == ["Patient", "012-2", "012-3", "012-4"]
    _correct(study / "r.xlsx", study / "back.xlsx", C3="Yes", D4=120, B5="V1")
    back = _import(type_command, study, "back.xlsx")
    assert (back.code, "3 new" in back.err) == (0, True), back.err


def test_import_when_the_file_is_csv_then_it_comes_back_as_texts_in_its_own_layout(
    type_command: Typist, study: Path
) -> None:
    text = "Patient;Visit;Done;BP sys;Weight\n012-1;V1;Yes;0120;81.5\n012-2;V1;Yes;=2+2;70.0\n"
    (study / "vs list.csv").write_text(text, encoding="utf-8")

    assert _import(type_command, study, "vs list.csv", "--corrections", ".").code == 1

    sheet = openpyxl.load_workbook(study / "vs list-corrections.xlsx")["vs list"]
    assert [[cell.value for cell in row] for row in sheet] == [line.split(";") for line in text.splitlines()]
    assert {cell.data_type for row in sheet for cell in row} == {"s"}
    assert sheet["D3"].fill.fgColor.rgb == "FFFFC2C9"
    _correct(study / "vs list-corrections.xlsx", study / "back.xlsx", D3="121")
    back = _import(type_command, study, "back.xlsx")
    assert back.code == 0, back.err


def test_import_when_a_listing_is_asked_for_then_all_three_kinds_say_the_same(
    type_command: Typist, study: Path
) -> None:
    for ending in ("csv", "json", "xlsx"):
        assert _import(type_command, study, "site012.xlsx", "--dry-run", "--findings", f"f.{ending}").code == 1

    rows = list(csv.DictReader(io.StringIO((study / "f.csv").read_text(encoding="utf-8"))))
    objects = json.loads((study / "f.json").read_text(encoding="utf-8"))
    sheet = openpyxl.load_workbook(study / "f.xlsx")["Findings"]
    header = [cell.value for cell in sheet[1]]
    assert header[:4] == ["FILE", "SHEET", "CELL", "GIVEN"]
    assert [row["CELL"] for row in rows] == ["C3", "D4", "B5", "D6", "F:F", "F2"]
    assert [row["SEVERITY"] for row in rows][3:] == ["soft", "note", "note"]
    assert [(found["CELL"], found["GIVEN"]) for found in objects] == [(row["CELL"], row["GIVEN"]) for row in rows]
    assert [row[2].value for row in sheet.iter_rows(min_row=2)] == [row["CELL"] for row in rows]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--corrections", "site012.xlsx", "--force"), "B101"),
        (("--corrections", "c.csv"), "should end in .xlsx"),
        (("--findings", "f.pdf"), "should end in"),
        (("--corrections", "nowhere/c.xlsx"), "there is no folder nowhere"),
        (("--corrections", "c.xlsx", "--rejects", "c.xlsx"), "asked for twice"),
    ],
)
def test_import_when_a_file_can_not_be_written_so_then_nothing_is_imported(
    type_command: Typist, study: Path, words: tuple[str, ...], said: str
) -> None:
    length = journal_length(study)
    content = (study / "site012.xlsx").read_bytes()

    refused = _import(type_command, study, "site012.xlsx", "--on-error", "skip-record", *words)

    assert (refused.code, journal_length(study)) == (2, length)
    assert said in refused.err
    assert (study / "site012.xlsx").read_bytes() == content
