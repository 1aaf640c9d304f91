"""What becomes of the rows of a file: left out, doubled, blank, cleared, explained, seen before, copied."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_sample import Typed, Typist, journal_length, type_first
from import_sample import WIDE, make_study, send


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("rows") / "study")


@pytest.fixture
def study(_made: Path, tmp_path: Path) -> Path:
    """The small study with two subjects and no record."""
    return Path(shutil.copytree(_made, tmp_path / "study"))


def _import(type_command: Typist, study: Path, *rows: str, options: tuple[str, ...] = (), **sent: str) -> Typed:
    file = send(study, *rows, **sent)
    return type_command(study, "import", file.name, *WIDE, *options)


def _values(type_command: Typist, study: Path, subject: str = "012-0001") -> dict[str, str]:
    shown = type_command(study, "show", subject, "--json").data
    return {name: value["text"] for record in shown for name, value in record["values"].items()}


# Rows that have an error


@pytest.mark.parametrize(
    ("choice", "records", "subjects"),
    [
        ("refuse", [], ["012-0001", "012-0002"]),
        ("skip-record", ["012-0002 V1 LB", "012-0003 V1 LB"], ["012-0001", "012-0002", "012-0003"]),
        ("skip-row", ["012-0002 V1 LB"], ["012-0001", "012-0002"]),
    ],
)
def test_import_when_a_cell_is_wrong_then_what_is_left_out_is_as_asked(
    choice: str, records: list[str], subjects: list[str], type_command: Typist, study: Path
) -> None:
    rows = ("012-0003,V1,999,80,,31,", "012-0002,V1,,,,20,")
    typed = _import(type_command, study, *rows, options=("--on-error", choice))
    assert typed.code == 1
    assert "site.csv!C2: error V103" in typed.err
    found = [subject["subject"] for subject in type_command(study, "subject", "list", "--json").data]
    assert found == subjects
    stored = [row["key"] for name in found for row in type_command(study, "show", name, "--json").data]
    assert [f"{key['subject']} {key['visit']} {key['form']}" for key in stored] == records
    assert ("site.csv!F2: error W104: Left out, because row 2 has an error." in typed.err) is (choice == "skip-row")


def test_import_when_a_row_can_not_be_placed_then_each_cell_is_named(type_command: Typist, study: Path) -> None:
    rows = ("012-0001,V9,120,80,,,", "012-0001,V2,,,,31,", "nobody,V1,120,80,,,", "012-0002,V1,120,80,,,")
    typed = _import(type_command, study, *rows, options=("--on-error", "skip-record"))
    for line in (
        "site.csv!B2: error M103: There is no visit 'V9'.",
        "site.csv!B3: error M104: Form LB is not scheduled at visit V2.",
        "site.csv!A4: error M102: 'nobody' can not be enrolled",
    ):
        assert line in typed.err
    assert "4 rows with data. Stored: 1 new; 3 rows held back." in typed.err


@pytest.mark.parametrize(
    ("head", "row", "says"),
    [
        ("SUBJECT,VISIT,TIMEPOINT,CONC", "012-0001,V1,P41,1.5", "pk.csv!C2: error M105"),
        ("SUBJECT,VISIT,TIMEPOINT,REPEAT,CONC", "012-0001,V1,PRE,2,1.5", "pk.csv!D2: error M110"),
        ("SUBJECT,VISIT,VISITREP,TIMEPOINT,CONC", "012-0001,V1,2,PRE,1.5", "pk.csv!C2: error M110"),
        ("SUBJECT,VISIT,TIMEPOINT,CONC", "012-0009,V1,PRE,1.5", "pk.csv!A2: error M101"),
    ],
)
def test_import_when_a_timepoint_repeat_or_subject_does_not_exist_then_its_cell_is_named(
    head: str, row: str, says: str, type_command: Typist, study: Path
) -> None:
    (study / "pk.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    typed = type_command(study, "import", "pk.csv")
    assert typed.code == 1
    assert says in typed.err


# Rows that come twice


def test_import_when_two_rows_differ_then_both_cells_are_named_and_neither_is_taken(
    type_command: Typist, study: Path
) -> None:
    typed = _import(type_command, study, "012-0001,V1,120,80,,31,", "012-0001,V1,120,82,,31,")
    assert typed.code == 1
    assert (
        "site.csv!D3: error M109: Rows 2 and 3 are both for 012-0001 V1 VS and differ "
        "(DIABP: '80' in site.csv!D2 and '82' in site.csv!D3); neither is imported."
    ) in typed.err
    assert "error M112" not in typed.err


def test_import_when_two_rows_say_the_same_then_it_is_taken_once_and_said(type_command: Typist, study: Path) -> None:
    typed = _import(type_command, study, "012-0001,V1,120,80,,,", "012-0001,V1,120,80,,,")
    assert typed.code == 0
    assert "site.csv!A3: query M112: Row 3 says the same of 012-0001 V1 VS as row 2 (site.csv!A2)" in typed.err
    assert "Stored: 1 new." in typed.err


# Changes, blanks, clearing


@pytest.fixture(scope="session")
def _filled(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(_made, tmp_path_factory.mktemp("filled") / "study"))
    send(folder, "012-0001,V1,120,80,calm,31,")
    type_first(folder, shlex.join(["import", "site.csv", *WIDE]))
    return folder


@pytest.fixture
def filled(_filled: Path, tmp_path: Path) -> Path:
    """The study with a full row stored."""
    return Path(shutil.copytree(_filled, tmp_path / "study"))


def test_import_when_a_value_changes_then_the_row_or_the_command_must_say_why(
    type_command: Typist, filled: Path
) -> None:
    refused = _import(type_command, filled, "012-0001,V1,122,80,calm,31,")
    assert refused.code == 1
    assert "site.csv!C2: error W101" in refused.err
    row, rest = "012-0001,V1,122,80,calm,31,misread", "012-0001,V1,122,84,calm,31,"
    assert _import(type_command, filled, row, options=("--reason", "for all")).code == 0
    assert _import(type_command, filled, rest, options=("--reason", "for all")).code == 0
    changes = type_command(filled, "history", "012-0001", "V1", "VS", "--json").data
    assert [(change["item"], change["reason"]) for change in changes if change["old"]] == [
        ("SYSBP", "misread"),
        ("DIABP", "for all"),
    ]


@pytest.mark.parametrize(
    ("row", "options", "note"),
    [
        ("012-0001,V1,120,80,,31,", (), "calm"),
        ("012-0001,V1,120,80,,31,", ("--blank", "clear", "--reason", "withdrawn by the site"), None),
        ("012-0001,V1,120,80,.CLEAR,31,withdrawn by the site", (), None),
        ("012-0001,V1,120,80,.clear,31,withdrawn by the site", (), None),
    ],
)
def test_import_when_a_cell_is_blank_then_it_clears_only_when_that_is_said(
    row: str, options: tuple[str, ...], note: str | None, type_command: Typist, filled: Path
) -> None:
    assert _import(type_command, filled, row, options=options).code == 0
    assert _values(type_command, filled).get("NOTE") == note
    change = type_command(filled, "history", "012-0001", "V1", "VS", "NOTE", "--json").data[-1]
    assert (change["reason"], change["new"] is None) == (None if note else "withdrawn by the site", note is None)
    if note is None:
        assert change["source"] == {"file": "site.csv", "sheet": "", "address": "E2"}


@pytest.mark.parametrize(("cell", "options"), [(".CLEAR", ()), ("", ("--blank", "clear"))])
def test_import_when_a_cell_clears_without_a_reason_then_refused(
    cell: str, options: tuple[str, ...], type_command: Typist, filled: Path
) -> None:
    typed = _import(type_command, filled, f"012-0001,V1,120,80,{cell},31,", options=options)
    assert typed.code == 1
    assert "site.csv!E2: error W101: A stored value changes (NOTE from calm to blank)" in typed.err


def test_enter_when_the_word_that_clears_is_typed_then_the_value_is_cleared(type_command: Typist, filled: Path) -> None:
    words = ["enter", "012-0001", "V1", "VS", "--set", "NOTE=.CLEAR", "--reason", "not ours"]
    assert type_command(filled, *words).code == 0
    assert "NOTE" not in _values(type_command, filled)


# What came before


@pytest.mark.parametrize(("name", "under"), [("site.csv", ""), ("again.csv", " as site.csv")])
def test_import_when_the_same_file_comes_again_then_it_is_said_and_nothing_changes(
    name: str, under: str, type_command: Typist, filled: Path
) -> None:
    before = journal_length(filled)
    typed = _import(type_command, filled, "012-0001,V1,120,80,calm,31,", name=name)
    assert typed.code == 0
    assert f"{name}: this very file was imported before{under}, by j.devries at 20" in typed.err
    assert "Nothing to store: 2 unchanged." in typed.err
    assert journal_length(filled) == before


def test_import_when_another_file_says_nothing_new_then_it_is_said(type_command: Typist, filled: Path) -> None:
    typed = _import(type_command, filled, "012-0001,V1,120,80,,31,")
    assert "everything in this file is stored already" in typed.err


# The same under another number

_LONG = "lay down for five minutes first"
_COPIED = (f"V1,121,83,{_LONG},31.5,", f"V2,134,87,{_LONG},,", f"V3,128,77,{_LONG},,")
_OTHER = (f"V1,127,79,{_LONG},28.1,", f"V2,118,74,{_LONG},,", f"V3,122,71,{_LONG},,")


def _person(number: str, rows: tuple[str, ...]) -> list[str]:
    return [f"012-{number},{row}" for row in rows]


def test_import_when_a_new_subject_has_the_values_of_another_then_both_are_named(
    type_command: Typist, study: Path
) -> None:
    assert "W105" not in _import(type_command, study, *_person("0001", _COPIED), *_person("0002", _OTHER)).err
    typed = _import(type_command, study, *_person("0007", _COPIED), name="next.csv")
    assert typed.code == 0
    assert "next.csv!C2: query W105: All 4 records of 012-0007 say the same as 012-0001 has, days aside" in typed.err


def test_import_when_two_new_subjects_of_one_file_are_alike_then_it_is_said_once(
    type_command: Typist, study: Path
) -> None:
    typed = _import(type_command, study, *_person("0008", _COPIED), *_person("0007", _COPIED))
    assert typed.err.count("W105") == 1


@pytest.mark.parametrize(
    "rows",
    [
        ("V1,120,80,,,",),  # too little to tell
        (*_COPIED[:2], _COPIED[2].replace("128", "129")),  # one value differs
    ],
)
def test_import_when_the_likeness_may_be_chance_then_nothing_is_said(
    rows: tuple[str, ...], type_command: Typist, study: Path
) -> None:
    _import(type_command, study, *_person("0001", rows if len(rows) == 1 else _COPIED))
    assert "W105" not in _import(type_command, study, *_person("0007", rows), name="next.csv").err


def test_import_when_json_is_asked_for_then_counts_stand_beside_the_records(type_command: Typist, study: Path) -> None:
    typed = _import(type_command, study, "012-0001,V1,120,80,,31,", "012-0002,V1,999,80,,,", options=("--json",))
    outcome: dict[str, Any] = typed.data["outcomes"][0]
    assert (typed.code, outcome["file"], outcome["storable"]) == (1, "site.csv", False)
    assert outcome["summary"]["forms"]["VS"] == {"new": 1, "changed": 0, "unchanged": 0, "refused": 1}
    assert outcome["summary"]["subjects"]["012-0002"]["refused"] == 1
