"""Workbooks for sites: what stands in them, and that on the way there and back only what is filled in changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from engine_sample import FILES, FORMS, Bench, enter, entries, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialkit.engine import Engine
from trialkit.engine.workbook import WorkbookOutcome, WorkbookWishes, make_workbook
from trialkit.errors import SourceFileError, UsageError
from trialkit.model.outcome import SaveOutcome, Status
from trialkit.model.record import RawValue

SITE = WorkbookWishes(site="012", blank_rows=2)
FILLED = WorkbookWishes(site="012", filled=True, blank_rows=0)
Fill = Callable[[Any], None]


def _make(engine: Engine, folder: Path, wishes: WorkbookWishes = SITE) -> tuple[Path, WorkbookOutcome]:
    path = folder / "site.xlsx"
    return path, make_workbook(engine, path, wishes)


def _edit(path: Path, *cells: tuple[str, str, object]) -> None:
    """Write into cells: sheet, address, value."""
    workbook = openpyxl.load_workbook(path)
    for sheet, address, value in cells:
        workbook[sheet][address] = value
    workbook.save(path)


def _table(path: Path, sheet: str) -> list[dict[str, object]]:
    """The rows of a sheet by the headers that the import reads."""
    rows = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    header = next(place for place, row in enumerate(rows) if row[0] == "SUBJECT")
    names = [str(name) for name in rows[header]]
    return [dict(zip(names, row, strict=True)) for row in rows[header + 1 :]]


def _keys(path: Path, sheet: str) -> list[tuple[object, ...]]:
    names = ("SUBJECT", "VISIT", "VISITREP", "TIMEPOINT", "REPEAT")
    return [tuple(row[name] for name in names if name in row) for row in _table(path, sheet)]


def _import(engine: Engine, path: Path, **options: object) -> SaveOutcome:
    return engine.import_file(path, [], **options)  # type: ignore[arg-type]  # named as import_file names them


def test_workbook_when_day_one_has_no_date_then_the_visits_up_to_it_are_ready(tmp_path: Path, engine: Engine) -> None:
    path, outcome = _make(engine, tmp_path)

    assert _keys(path, "VS")[:1] == [("012-0001", "V1", "1")]
    assert _keys(path, "VS")[1:] == [(None, None, None)] * 2
    assert _keys(path, "PK") == [("012-0001", "V1", "PRE"), ("012-0001", "V1", "P40"), (None,) * 3, (None,) * 3]
    assert _keys(path, "AE") == [("012-0001", None, None, "1"), ("012-0001", None, None, "2")]
    assert dict(outcome.rows) == {"AE": 2, "PK": 2, "VS": 1}


def test_workbook_when_some_is_entered_then_only_the_rest_is_ready_and_logs_go_on_counting(
    tmp_path: Path, engine: Engine
) -> None:
    enter(engine, "SYSBP=120")
    engine.enter("012-0001", "V1", "PK", {"CONC": RawValue("1")}, timepoint="PRE")
    engine.enter("012-0001", "V1", "AE", {"AETERM": RawValue("Headache")}, repeat=4)
    path, _ = _make(engine, tmp_path)

    assert _keys(path, "VS") == [(None, None, None)] * 2
    assert _keys(path, "PK")[0] == ("012-0001", "V1", "P40")
    assert [row[-1] for row in _keys(path, "AE")] == ["5", "6"]


def test_workbook_when_visits_are_named_then_they_are_ready_whenever_they_are_due(
    tmp_path: Path, engine: Engine
) -> None:
    path, _ = _make(engine, tmp_path, WorkbookWishes(site="012", visits=("V2",), blank_rows=1))

    assert _keys(path, "VS")[0] == ("012-0001", "V2", "1")
    assert _keys(path, "AE") == [("012-0001", "V2", "1", "1")]
    assert "PK" not in openpyxl.load_workbook(path).sheetnames


def test_workbook_when_nothing_is_filled_in_then_nothing_changes_and_that_is_said(
    tmp_path: Path, engine: Engine
) -> None:
    path, _ = _make(engine, tmp_path)
    before = entries(engine)
    outcome = _import(engine, path)

    assert (outcome.stored, outcome.rows, outcome.findings, entries(engine)) == (False, 0, (), before)
    assert outcome.notes == ("rows of the workbook that were left blank and change nothing: VS 1, PK 2, AE 2",)


def test_workbook_when_it_is_filled_in_as_people_do_then_the_values_are_stored(tmp_path: Path, engine: Engine) -> None:
    path, _ = _make(engine, tmp_path)
    rows = _first_row(path, "VS")
    _edit(
        path,
        ("VS", rows["VSDAT"], date(2026, 3, 30)),
        ("VS", rows["SYSBP"], 128),
        ("VS", rows["DIABP"], ".ND"),
        ("VS", rows["WEIGHT"], 180.5),
        ("VS", rows["WEIGHT_U"], "LB"),
        ("VS", rows["POS"], "Sitting"),
        ("VS", rows["NOTE"], "007"),
    )
    outcome = _import(engine, path)

    assert (outcome.stored, outcome.count(Status.NEW)) == (True, 1)
    assert {name: text for name, text in texts(engine).items() if name != "BMI"} == {
        "VSDAT": "2026-03-30", "SYSBP": "128", "DIABP": None, "WEIGHT": "180.5", "POS": "SITTING", "NOTE": "007",
    }  # fmt: skip
    again = _import(engine, path)
    assert (again.stored, again.count(Status.UNCHANGED)) == (False, 1)


def _first_row(path: Path, sheet: str) -> Mapping[str, str]:
    """Header to the address of the first cell below it."""
    table = openpyxl.load_workbook(path)[sheet]
    header = next(row for row in table.iter_rows() if row[0].value == "SUBJECT")
    return {str(cell.value): f"{cell.column_letter}{cell.row + 1}" for cell in header}


def test_workbook_when_a_row_of_a_log_has_no_number_then_it_is_named_and_held_back(
    tmp_path: Path, engine: Engine
) -> None:
    path, _ = _make(engine, tmp_path)
    rows = _first_row(path, "AE")
    _edit(path, ("AE", rows["VISIT"], "V1"), ("AE", rows["AETERM"], "Headache"), ("AE", rows["REPEAT"], None))
    outcome = _import(engine, path)

    (found,) = outcome.findings
    assert (found.code, str(found.source)) == ("M110", f"site.xlsx!AE!{rows['REPEAT']}")
    assert (outcome.stored, outcome.rows) == (False, 1)


def test_filled_workbook_when_it_comes_back_as_it_was_then_nothing_changes(tmp_path: Path, engine: Engine) -> None:
    enter(engine, "SYSBP=200 DIABP=80 WEIGHT=180.50_LB HEIGHT=180.0 POS=sitting VSDAT=2026-03-30")
    enter(engine, "SYSBP=.ND NOTE==1+1", visit="V2")
    enter(engine, "NOTE=@x", visit="UNS", visit_repeat=2)
    engine.enter("012-0001", "V1", "AE", {"AETERM": RawValue("-nausea\nat night")})
    path, made = _make(engine, tmp_path, FILLED)
    before = entries(engine)
    outcome = _import(engine, path)

    assert made.stored == 4
    assert (outcome.stored, outcome.count(Status.UNCHANGED), entries(engine)) == (False, 4, before)
    assert outcome.notes == (
        "everything in this file is stored already, though the file itself was not imported before",
        "rows of the workbook that were left blank and change nothing: PK 2",
    )
    note = openpyxl.load_workbook(path)["VS"]
    formulas = [cell.value for row in note.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == []


def test_filled_workbook_when_one_value_is_corrected_then_only_that_changes(tmp_path: Path, engine: Engine) -> None:
    enter(engine, "SYSBP=120 DIABP=80 POS=sitting")
    path, _ = _make(engine, tmp_path, FILLED)
    _edit(path, ("VS", _first_row(path, "VS")["SYSBP"], 125))

    assert [found.code for found in _import(engine, path).findings] == ["W101"]
    outcome = _import(engine, path, reason="read again")
    assert [(record.status, record.items) for record in outcome.records] == [(Status.CHANGED, ("SYSBP",))]


def test_filled_workbook_when_the_study_was_corrected_meanwhile_then_that_is_not_undone(
    tmp_path: Path, bench: Bench, engine: Engine
) -> None:
    enter(engine, "SYSBP=120 DIABP=80")
    path, _ = _make(engine, tmp_path, FILLED)
    bench.clock.pass_hours(1)
    enter(engine, "SYSBP=130", reason="transcription error")
    rows = _first_row(path, "VS")
    _edit(path, ("VS", rows["DIABP"], 85))
    outcome = _import(engine, path, reason="site correction")

    assert [record.items for record in outcome.records] == [("DIABP",)]
    assert (texts(engine)["SYSBP"], texts(engine)["DIABP"]) == ("130", "85")
    assert any(f"the study stays as it is: VS!{rows['SYSBP']}" in note for note in outcome.notes)


def test_workbook_when_a_form_has_changed_since_then_the_line_says_which_and_what_to_do(
    tmp_path: Path, bench: Bench
) -> None:
    with bench.open() as engine:
        path, _ = _make(engine, tmp_path)
        _edit(path, ("VS", _first_row(path, "VS")["SYSBP"], 120))
    vitals, samples = bench.folder / "forms/vs.yaml", bench.folder / "forms/pk.yaml"
    vitals.write_text(FORMS.replace('version: "1"', 'version: "2"'), encoding="utf-8")
    samples.write_text(FILES["forms/pk.yaml"].replace("Concentration", "Level"), encoding="utf-8")
    with bench.open() as engine:
        outcome = _import(engine, path)

    assert outcome.stored
    versions, changed = (next(note for note in outcome.notes if f"sheet {form} " in note) for form in ("VS", "PK"))
    assert "made for version 1 of the form, which now has version 2" in versions
    assert "made before the form was changed" in changed
    assert all("trialkit workbook make" in note for note in (versions, changed))
    assert not [note for note in outcome.notes if "sheet AE" in note]


def test_workbook_when_it_was_made_for_another_study_or_layout_then_it_is_refused(
    tmp_path: Path, engine: Engine
) -> None:
    for address, code in (("B2", "S155"), ("B1", "S156")):
        path, _ = _make(engine, tmp_path)
        _edit(path, ("trialkit", address, "other"))
        with pytest.raises(SourceFileError) as refused:
            _import(engine, path)
        assert refused.value.code == code


def test_workbook_when_a_sheet_was_added_or_renamed_then_it_is_said_that_it_is_not_read(
    tmp_path: Path, engine: Engine
) -> None:
    path, _ = _make(engine, tmp_path)
    workbook = openpyxl.load_workbook(path)
    workbook["PK"].title = "PK (2)"
    workbook.create_sheet("Notes")["A1"] = "Please call"
    workbook.save(path)

    notes = _import(engine, path).notes
    assert "sheets not read, because they are named after no form: PK (2), Notes" in notes


def test_workbook_when_made_then_the_journal_names_it_and_the_hidden_sheet_its_origin(
    tmp_path: Path, engine: Engine
) -> None:
    path, outcome = _make(engine, tmp_path)
    (entry,) = engine.store.entries(action="workbook.make")
    hidden = openpyxl.load_workbook(path)["trialkit"]
    facts = {row[0]: row[1] for row in hidden.iter_rows(values_only=True)}

    assert (entry.details["digest"], entry.details["site"]) == (outcome.digest, "012")
    assert hidden.sheet_state == "hidden"
    assert (facts["study"], facts["site"], facts["journal entry"]) == ("S1", "012", str(outcome.position))
    assert (facts["VS"], facts["made at"], facts["made by"]) == ("1", "2026-03-31T09:30:00+00:00", "ann")


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (WorkbookWishes(), "B105"),
        (WorkbookWishes(site="012", subjects=("SYD-0001",)), "B105"),
        (WorkbookWishes(site="013"), "U101"),
        (WorkbookWishes(subjects=("012-0009",)), "U102"),
        (WorkbookWishes(site="012", visits=("V9",)), "U111"),
        (WorkbookWishes(site="012", forms=("XX",)), "U110"),
        (WorkbookWishes(site="012", forms=("PK",), visits=("V2",), blank_rows=0), "B106"),
    ],
)
def test_workbook_when_it_can_not_be_made_then_the_error_says_why_and_no_file_is_left(
    tmp_path: Path, engine: Engine, wishes: WorkbookWishes, code: str
) -> None:
    engine.add_subject("SYD", "0001")
    with pytest.raises(UsageError) as refused:
        _make(engine, tmp_path, wishes)
    assert (refused.value.code, (tmp_path / "site.xlsx").exists()) == (code, False)


TYPES = """\
form: VS
title: Every type
items:
  - {item: TXT, label: Text, type: text, length: 60}
  - {item: INT, label: Integer, type: integer}
  - {item: DEC, label: Decimal, type: decimal, unit: kg, units: [kg, LB]}
  - {item: COD, label: Code, type: code, codelist: SCALE}
  - {item: MANY, label: Codes, type: codes, codelist: SCALE}
  - {item: DAY, label: Date, type: date, future: true}
  - {item: PART, label: Partial date, type: partial-date, future: true}
  - {item: TIM, label: Time, type: time}
  - {item: DTM, label: Date and time, type: datetime, future: true}
"""
SCALE = """\
codelists:
  - codelist: SCALE
    terms:
      - {code: "0", label: "1"}
      - {code: "1", label: Not at all}
      - {code: Y, label: "Yes"}
      - {code: N, label: "yes"}
      - {code: "-1", label: "=1+1"}
      - {code: LONG, label: "A very long label that does not fit into a cell, so that it has to be cut somewhere: here"}
      - {code: "@home"}
"""
_DIGITS = st.text("0123456789", min_size=1, max_size=18)
_DAYS = st.dates().map(date.isoformat)
_CLOCK = st.times().map(lambda found: found.strftime("%H:%M") if found.second < 30 else found.strftime("%H:%M:%S"))
_CODES = ("0", "1", "Y", "N", "-1", "LONG", "@home")
_VALUES: dict[str, st.SearchStrategy[str]] = {
    "TXT": st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)
    | st.text("=+-@'\n\t1.aNDUK_x000D", min_size=1, max_size=8),
    "INT": st.builds("{}{}".format, st.sampled_from(("", "-")), _DIGITS),
    "DEC": st.builds("{}{}.{}".format, st.sampled_from(("", "-")), _DIGITS, _DIGITS) | _DIGITS,
    "COD": st.sampled_from(_CODES),
    "MANY": st.lists(st.sampled_from(_CODES), min_size=1, unique=True).map(
        lambda found: ";".join(sorted(found, key=_CODES.index))
    ),
    "DAY": _DAYS,
    "PART": _DAYS | _DAYS.map(lambda day: day[:7]) | _DAYS.map(lambda day: day[:4]),
    "TIM": _CLOCK,
    "DTM": st.builds("{}T{}{}".format, _DAYS, _CLOCK, st.sampled_from(("", "Z", "+02:00", "-11:30"))),
}
_REASON = st.sampled_from((".ND", ".UNK", ".NA", ".REF", ".TECH"))
_ROW = st.fixed_dictionaries({}, optional={name: found | _REASON for name, found in _VALUES.items()})


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_ROW.filter(bool), min_size=1, max_size=8))
def test_values_of_every_type_when_they_go_out_and_come_back_then_they_are_the_same(
    typed: Engine, tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    stored = 0
    for number, row in enumerate(rows, 1):
        values = {name: RawValue(text, unit="LB" if name == "DEC" else None) for name, text in row.items()}
        outcome = typed.enter("012-0001", "UNS", "VS", values, visit_repeat=number, reason="again")
        stored += outcome.stored or outcome.count(Status.UNCHANGED)
    path, made = _make(typed, tmp_path, FILLED)
    outcome = _import(typed, path)

    assert made.stored >= stored
    assert (outcome.findings, outcome.count(Status.UNCHANGED), outcome.stored) == ((), made.stored, False)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A study with an item of every type."""
    files = {**FILES, "forms/vs.yaml": TYPES, "forms/scale.yaml": SCALE}
    bench = Bench(tmp_path_factory.mktemp("typed") / "study").make(files)
    with bench.open() as engine:
        yield engine
