"""Whatever was typed once: nothing that trialkit writes is executed by a spreadsheet program, and it comes back."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkit.document.finding_listing import LISTING_HEADER, finding_csv
from trialkit.export.csv_writer import encode_csv, encode_exact_csv, guarded_values
from trialkit.model.dataset import Dataset, Variable, VariableType
from trialkit.spreadsheet import read_workbook, write_workbook
from trialkit.spreadsheet.inert import begins_like_formula, guard_text, is_guarded, unguard_text
from trialkit.spreadsheet.listing import ListSheet, ListTable, write_listings
from trialkit.spreadsheet.printing import PrintCell, PrintSheet, write_printable
from trialkit.spreadsheet.template import FrontLine, TemplateBook, TemplateColumn, TemplateRow, TemplateSheet
from trialkit.spreadsheet.template_writing import write_template

_MADE = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
_DANGEROUS = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # full-width signs on purpose
TEXTS = st.text("=+-@＝\t\r\n'\"1.5:aA;, ", min_size=1, max_size=8) | st.text(  # as above
    st.characters(exclude_categories=("Cs", "Cn")), min_size=1, max_size=12
)


@pytest.mark.parametrize("text", ["=1+1", "+31 6 1234", "-nausea", "@SUM(A1)", "\tx", "\rx", "-2+3", "'=1", "＝1"])
def test_text_when_it_begins_like_a_formula_then_csv_has_an_apostrophe_before_it(text: str) -> None:
    assert guard_text(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("1;=cmd|'/c calc'!A0", "1;'=cmd|'/c calc'!A0"),
        ("seen\t@SUM(A1)", "seen\t'@SUM(A1)"),
        ("line\n=1+1\r\n+x", "line\n'=1+1\r\n'+x"),
        ("=1;=2", "'=1;'=2"),
        ("a;'=1", "a;''=1"),
        ("a;-5;+;b", "a;-5;+;b"),
        ("a;b;-5", "a;b;'-5"),
        ('1;"=2"', '1;\'"=2"'),
        ("1;'\"'=2", "1;''\"'=2"),
        ("nausea; =mild", "nausea; =mild"),
    ],
)
def test_text_when_a_piece_of_it_begins_like_a_formula_then_that_has_an_apostrophe(text: str, guarded: str) -> None:
    assert guard_text(text) == guarded
    assert unguard_text(guarded) == text


@pytest.mark.parametrize("text", ["-", "+++", "-5", "+0.5", "-.5", "+02:00", "a=1", "'quoted'", " =1", ""])
def test_text_when_no_program_makes_a_formula_of_it_then_it_stays_as_it_is(text: str) -> None:
    assert (guard_text(text), begins_like_formula(text)) == (text, False)


@given(TEXTS)
def test_text_when_guarded_then_it_can_be_told_and_taken_back(text: str) -> None:
    guarded = guard_text(text)
    assert unguard_text(guarded) == text
    assert is_guarded(guarded) is (guarded != text)
    assert guarded == text or not _DANGEROUS.match(guarded)
    assert not [piece for piece in re.split(r"[;\t\r\n]", guarded)[1:] if _is_formula(piece)]


@given(TEXTS, TEXTS, st.sampled_from(";\t"))
def test_csv_when_a_program_separates_elsewhere_then_no_cell_is_a_formula(one: str, two: str, separator: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(["S-01", guard_text(one), guard_text(two)])

    written = csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator)
    cells = [cell for record in written for cell in record]

    assert not [cell for cell in cells if begins_like_formula(cell.lstrip("\r\n\t")) and not cell.startswith("'")]


@given(TEXTS, TEXTS)
def test_texts_when_they_differ_then_they_differ_when_guarded(one: str, two: str) -> None:
    assert (guard_text(one) == guard_text(two)) is (one == two)


def _is_formula(piece: str) -> bool:
    return begins_like_formula(piece) and not piece.startswith("'")


def _dataset(*texts: str) -> Dataset:
    return Dataset("T", "T", (Variable("A", "A", VariableType.CHAR, 80),), tuple((text,) for text in texts), ())


@given(st.lists(TEXTS, max_size=6))
def test_dataset_as_csv_when_read_by_a_program_then_nothing_executes_and_all_comes_back(texts: list[str]) -> None:
    header, *rows = _csv(encode_csv(_dataset(*texts), None, ""))  # type: ignore[arg-type]  # the study is not asked

    assert header == ["A"]
    assert not [cell for (cell,) in rows if begins_like_formula(cell) and not is_guarded(cell)]
    assert [unguard_text(cell) for (cell,) in rows] == texts
    assert [cell for (cell,) in _csv(encode_exact_csv(_dataset(*texts), None, ""))[1:]] == texts  # type: ignore[arg-type]
    assert sum(guarded_values(_dataset(*texts)).values()) == sum(guard_text(text) != text for text in texts)


@given(TEXTS)
def test_finding_listing_as_csv_when_a_text_looks_like_a_formula_then_it_does_not_execute(text: str) -> None:
    _, (cell, *_) = _csv(b"".join(finding_csv([(text, *[""] * (len(LISTING_HEADER) - 1))])))
    assert unguard_text(cell) == text
    assert not begins_like_formula(cell) or is_guarded(cell)


_CELLS = TEXTS | st.text(alphabet='a,;"\r\n\t ', max_size=5) | st.integers(-3, 300) | st.none()


@given(st.lists(st.lists(_CELLS, min_size=2, max_size=2), max_size=6))
def test_finding_listing_as_csv_when_cells_hold_anything_then_it_is_what_a_csv_writer_makes(
    rows: list[list[str | int | None]],
) -> None:
    guarded = [[guard_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    expected = io.StringIO(newline="")
    csv.writer(expected, lineterminator="\r\n").writerows([["A", "B"], *guarded])
    assert b"".join(finding_csv(rows, ("A", "B"))).decode() == expected.getvalue()


def _csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def _plain(path: Path, text: str) -> None:
    write_workbook(path, [("S", ["H"], [[text]])], _MADE)


def _listing(path: Path, text: str) -> None:
    write_listings(path, [ListSheet("S", (ListTable(("H",), [(text,)]),), (10,))], _MADE)


def _printed(path: Path, text: str) -> None:
    write_printable(path, [PrintSheet("S", ((PrintCell("H"),), (PrintCell(text),)), (10,))], _MADE)


def _template(path: Path, text: str) -> None:
    column = TemplateColumn("H", text, hint=text, note=text, prompt=text)
    sheet = TemplateSheet("S", text, (text,), 0, (column,), (TemplateRow((text,), note=text),), 1, "3B6EA8")
    book = TemplateBook(text, (FrontLine(text),), (sheet,), {"list_A": (text,)}, ("facts", ((text,),)))
    write_template(path, book, _MADE)


@pytest.mark.parametrize("write", [_plain, _listing, _printed, _template])
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS.filter(lambda text: text.strip()))
def test_workbook_when_a_text_looks_like_a_formula_then_it_holds_none_and_the_text_comes_back(
    tmp_path: Path, write: Any, text: str
) -> None:
    path = tmp_path / "w.xlsx"
    write(path, text)

    assert [cell.text for row in _sheet(path).rows for cell in row.cells if row.number > 1][-1] == text
    assert not [cell.address for row in _sheet(path).rows for cell in row.cells if cell.has_formula]
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]
    assert openpyxl.load_workbook(path)["S"].max_row >= 2


def _sheet(path: Path) -> Any:
    return next(sheet for sheet in read_workbook(path).sheets if sheet.name == "S")
