"""A cell that shows a percentage is told as it is stored and as the site sees it; its value stays what it is."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from cli_sample import Typist
from import_sample import make_study

from trialkit.engine import open_study

MOMENT = datetime(2026, 4, 1, tzinfo=UTC)
MAPPING = """\
mapping: site
subject: {column: Patient}
records:
  - form: VS
    visit: {column: Visit}
    items: {SYSBP: {column: Sys}, OXYSAT: {column: SpO2}, SHARE: {column: Share}}
"""
FORM = """\
form: VS
title: Vital signs
items:
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg}
  - {item: OXYSAT, label: Oxygen saturation, type: decimal, unit: "%", hard: 0..100, soft: 50..100}
  - {item: SHARE, label: Share of the dose, type: decimal, hard: 0..1}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study whose site formats saturation as a percentage."""
    folder = make_study(tmp_path / "study")
    (folder / "forms" / "vs.yaml").write_text(FORM, encoding="utf-8")
    (folder / "mappings" / "wide.yaml").write_text(MAPPING, encoding="utf-8")
    return folder


def _send(study: Path, *rows: tuple[object, ...], formats: dict[str, str]) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "VS"
    for row in (("Patient", "Visit", "Sys", "SpO2", "Share"), *rows):
        sheet.append(row)
    for address, code in formats.items():
        sheet[address].number_format = code
    workbook.save(study / "site.xlsx")


def test_import_when_a_percent_cell_is_refused_then_finding_and_comment_say_what_is_stored_and_what_is_shown(
    type_command: Typist, study: Path
) -> None:
    form = study / "forms" / "vs.yaml"
    form.write_text(FORM.replace("hard: 0..100, soft: 50..100", "hard: 50..100"), encoding="utf-8")
    rows = (("012-0001", "V1", 120, 0.97, 0.5), ("012-0002", "V1", 121, 0.971, 0.5))
    _send(study, *rows, formats={"D2": "0%", "D3": "0.0 %", "E2": "0%"})
    done = type_command(study, "import", "site.xlsx", "--map", "mappings/wide.yaml", "--corrections", ".")
    assert done.code == 1
    assert "site.xlsx!VS!D2: error V103: OXYSAT: 0.97 % is outside the possible range, 50 to 100 %." in done.err
    assert "The cell stores 0.97 and shows 97%." in done.err
    assert "The cell stores 0.971 and shows 97.1 %." in done.err
    assert "If 97 is meant, format the cell as a number and write 97." in done.err
    assert "!E2:" not in done.err  # a share that is a share is nothing to be told
    sheet = openpyxl.load_workbook(study / "site-corrections.xlsx").worksheets[0]
    assert "The cell stores 0.97 and shows 97%." in sheet["D2"].comment.text
    assert sheet["D2"].value == 0.97


def test_import_when_a_percent_cell_is_unusual_then_its_query_says_both_and_the_stored_value_is_the_share(
    type_command: Typist, study: Path
) -> None:
    _send(study, ("012-0001", "V1", 120, 0.97, 0.5), formats={"D2": "0.00%"})
    done = type_command(study, "import", "site.xlsx", "--map", "mappings/wide.yaml")
    assert done.code == 0
    with open_study(study, "ann", lambda: MOMENT) as engine:
        (record,) = engine.store.records(form="VS")
        assert record.values["OXYSAT"].text == "0.97"
        (query,) = engine.store.queries()
    assert query.code == "V201"
    assert "The cell stores 0.97 and shows 97.00%." in query.message


@pytest.mark.parametrize("style", ["", ' s="0"'])
def test_import_when_the_normal_style_shows_a_percentage_then_cells_that_name_no_style_are_told_so_too(
    type_command: Typist, study: Path, style: str
) -> None:
    _send(study, ("012-0001", "V1", 120, 0.97, 0.5), formats={})
    with zipfile.ZipFile(study / "site.xlsx") as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet, styles = "xl/worksheets/sheet1.xml", "xl/styles.xml"
    parts[sheet] = re.sub(r'<c r="D2"[^>]*><v>', f'<c r="D2"{style}><v>', parts[sheet])
    parts[styles] = re.sub(r'(<cellXfs[^>]*><xf numFmtId=)"0"', r'\1"9"', parts[styles])
    with zipfile.ZipFile(study / "site.xlsx", "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    done = type_command(study, "import", "site.xlsx", "--map", "mappings/wide.yaml", "--dry-run")
    assert "The cell stores 0.97 and shows 97%." in done.err


def test_import_when_it_is_planned_then_applying_finds_the_same(type_command: Typist, study: Path) -> None:
    _send(study, ("012-0001", "V1", 120, 0.97, 0.5), formats={"D2": "0%"})
    words = ("import", "site.xlsx", "--map", "mappings/wide.yaml", "--plan", "p.json")
    assert type_command(study, *words).code == 0
    assert type_command(study, "import", "--apply", "p.json").code == 0


def test_import_when_a_number_of_the_same_file_is_no_percentage_then_nothing_is_added(
    type_command: Typist, study: Path
) -> None:
    rows = (("012-0001", "V1", 120, 0.97, 0.5), ("012-0002", "V1", 121, 97, 0.5))
    _send(study, *rows, formats={"E2": "0%", "D2": "0.00"})
    done = type_command(study, "import", "site.xlsx", "--map", "mappings/wide.yaml", "--dry-run")
    assert "site.xlsx!VS!D2: " in done.err
    assert "shows" not in done.err
