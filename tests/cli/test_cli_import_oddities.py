"""What is odd in a file that is imported: said in few lines, listed in full, and never a finding or a query."""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from cli_sample import Typist
from import_sample import disk, make_study

from trialkit.engine import open_study
from trialkit.model.record import Record

MAPPING = """\
mapping: site
subject: {column: Patient, enrol: true}
records:
  - form: VS
    visit: {column: Visit}
    items:
      VSDAT: {column: Date, date_format: DD-MM-YYYY}
      SYSBP: {column: Sys}
      NOTE: {column: Note}
"""
HEAD = ("Patient", "Visit", "Date", "Sys", "Note", "Unread")
SHOWN = "shown as words, with a sign such as <, or in thousands; read as the file stores them"
IMPORT = ("import", "site.xlsx", "--map", "mappings/wide.yaml")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study with a mapping that leaves one column out."""
    folder = make_study(tmp_path / "study")
    (folder / "mappings" / "wide.yaml").write_text(MAPPING + "ignore: [Unread]\n", encoding="utf-8")
    return folder


def _send(study: Path, *rows: tuple[object, ...]) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "VS"
    for row in (HEAD, *rows):
        sheet.append(row)
    workbook.save(study / "site.xlsx")


def _stored(study: Path) -> tuple[list[Record], int]:
    with open_study(study, "ann", lambda: datetime(2026, 4, 1, tzinfo=UTC)) as engine:
        return engine.store.records(form="VS"), len(engine.store.queries())


def test_import_when_some_dates_are_texts_beside_real_ones_then_their_cells_are_named_and_no_query_asks(
    type_command: Typist, study: Path
) -> None:
    _send(
        study,
        ("012-0001", "V1", date(2026, 3, 1), 120, None, None),
        ("012-0001", "V2", "08-03-2026", "=100+21", None, "09-03-2026"),
        ("012-0002", "V1", "02-03-2026", 122, None, "10-03-2026"),
    )
    workbook = openpyxl.load_workbook(study / "site.xlsx")
    workbook["VS"]["D3"] = 121
    workbook.save(study / "site.xlsx")
    done = type_command(study, *IMPORT)
    assert done.code == 0, done.err
    assert "site.xlsx: sheet VS: dates written as text, beside others that are real dates (2): C3:C4" in done.err
    assert "F3" not in done.err
    records, queries = _stored(study)
    assert [record.values["VSDAT"].text for record in records] == ["2026-03-01", "2026-03-08", "2026-03-02"]
    assert queries == 0


def test_import_when_every_date_is_text_as_the_mapping_says_then_nothing_is_said(
    type_command: Typist, study: Path
) -> None:
    _send(study, ("012-0001", "V1", "01-03-2026", 120, None, None))
    done = type_command(study, *IMPORT)
    assert (done.code, "dates written" in done.err) == (0, False)


def test_import_when_a_file_is_odd_in_thousands_of_places_then_the_terminal_stays_short_and_the_list_is_full(
    type_command: Typist, study: Path
) -> None:
    rows = [(f"012-{number:04}", "V1", date(2026, 3, 1), 120, " x", None) for number in range(1, 400)]
    rows = [(*row[:2], "02-03-2026" if place % 2 else row[2], row[3], row[4], row[5]) for place, row in enumerate(rows)]
    _send(study, *rows)
    done = type_command(study, *IMPORT, "--dry-run", "--findings", "f.csv")
    assert len(done.err.splitlines()) < 30
    assert "real dates (199): C3, C5, C7, C9, C11 and 194 more" in done.err
    assert "Wrote f.csv: 0 findings and 200 notes." in done.err
    listed = list(csv.DictReader((study / "f.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["SEVERITY"] for row in listed} == {"note"}
    assert [row["CELL"] for row in listed if row["CODE"] == "S227"] == ["E2:E400"]
    assert sum(row["CODE"] == "S225" for row in listed) == 199


def test_import_when_oddities_stand_beside_findings_then_the_correction_workbook_lists_both_and_marks_findings_only(
    type_command: Typist, study: Path
) -> None:
    _send(study, ("012-0001", "V1", date(2026, 3, 1), 999, " x", None))
    before = disk(study)
    done = type_command(study, *IMPORT, "--dry-run", "--corrections", "c.xlsx")
    assert done.code == 1
    workbook = openpyxl.load_workbook(study / "c.xlsx")
    listed = [tuple(cell.value for cell in row) for row in workbook["Findings"].iter_rows(min_row=6)]
    assert [(row[0], row[2], row[11]) for row in listed] == [("error", "D2", "V103"), ("note", "E2", "S227")]
    assert workbook["Findings"]["C7"].hyperlink.location == "'VS'!E2"
    assert workbook["VS"]["E2"].comment is None
    assert not workbook["VS"]["E2"].fill.fill_type
    (study / "c.xlsx").unlink()
    assert disk(study) == before


@pytest.mark.parametrize(
    ("cell", "value", "format_code", "said"),
    [
        ("D2", 1.2, "0%", "shown as a percentage, read as the share that the file stores (1): D2"),
        ("D2", 120, '"<"0', f"{SHOWN} (1): D2"),
        ("D2", 120, '[=120]"high";0', f"{SHOWN} (1): D2"),
        ("E2", "1E5", "General", "texts like 1.2E+15, in which digits may be lost (1): E2"),
        ("E2", "1-Sep", "General", "days and months without a year, as programs make them of identifiers (1): E2"),
    ],
)
def test_import_when_a_cell_that_passes_may_not_be_what_is_meant_then_it_is_named(
    type_command: Typist, study: Path, cell: str, value: object, format_code: str, said: str
) -> None:
    _send(study, ("012-0001", "V1", date(2026, 3, 1), 120, None, None))
    workbook = openpyxl.load_workbook(study / "site.xlsx")
    workbook["VS"][cell] = value
    workbook["VS"][cell].number_format = format_code
    workbook.save(study / "site.xlsx")
    assert f"site.xlsx: sheet VS: {said}" in type_command(study, *IMPORT, "--dry-run").err


def test_import_when_the_name_of_a_file_is_no_text_then_it_is_stored_and_shown_with_escapes(
    type_command: Typist, study: Path
) -> None:
    name = os.fsdecode(b"a\xff.csv")
    rows = [",".join(HEAD), "012-0001,V1,25-03-2026,120,x,", "012-0001,V2,26-03-2026,118,y,"]
    try:
        (study / name).write_text("\n".join(rows), encoding="utf-8")
    except OSError:
        pytest.skip("this disk takes no such name")

    said = type_command(study, "import", name, "--map", "mappings/wide.yaml", "--findings", "f.csv")
    again = type_command(study, "import", name, "--map", "mappings/wide.yaml", "--json")

    assert (said.code, again.code) == (0, 0)
    assert r"a\udcff.csv: 2 rows with data. Stored: 2 new." in said.err
    assert (study / "f.csv").is_file()
    assert json.loads(again.out)["outcomes"][0]["file"].startswith("a")
