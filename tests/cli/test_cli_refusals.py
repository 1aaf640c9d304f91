"""Bad input, typed as a new user would: one clear line with a remedy, the right exit code, nothing stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_sample import Typist, journal_length

PATIENTS = "mappings/patients.yaml"
VITALS = "mappings/vitals.yaml"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("enter 012-0001 V33 VS --set SYSBP=120", 2, ("U111", "V33", "Did you mean V3?")),
        ("enter 012-9999 V1 VS --set SYSBP=120", 2, ("U102", "012-9999", "012-0001")),
        ("enter 012-0001 V1 VX --set SYSBP=120", 2, ("U110", "VX")),
        ("enter 012-0001 V1 VS --set SYSB=120", 2, ("U121", "Did you mean SYSBP?")),
        ("enter 012-0001 V1 VS --set BMI=22", 2, ("U122", "BMI")),
        ("enter 012-0001 V1 VS --set SYSBP", 2, ("U120", "ITEM=VALUE")),
        ("enter 012-0001 V1 VS", 2, ("U109", "--set ITEM=VALUE", "SYSBP")),
        ("enter 012-0001 V1 DM --set SEX=F", 2, ("U112", "V0")),
        ("enter 012-0001 V1 VS --set SYSBP=12O", 1, ("N101", "012-0001 V1 VS.SYSBP", "'12O' is not a whole number")),
        (
            "enter 012-0001 V1 VS --set SYSBP=300 --reason x",
            1,
            ("V103", "300 mmHg is outside the possible range, 60 to 260 mmHg"),
        ),
        ("enter 012-0001 V1 VS --set VSPOS=sitt --reason x", 1, ("N101", "Did you mean SITTING")),
        ("enter 012-0001 V1 VS --set VSDAT=2026-02-30 --reason x", 1, ("N101", "'2026-02-30' is not a date")),
        ("enter 012-0001 V1 VS --set WEIGHT=80 --reason x", 1, ("N103", "kg or LB")),
        ("enter 012-0001 V1 VS --set PULSE=61", 1, ("W101", "PULSE", '--reason "…"')),
        ("enter 012-0001 V1 VS --set PULSE=61 --reason x --expect-version 7", 4, ("J301", "version 1")),
        ("import nowhere.xlsx", 8, ("S101", "nowhere.xlsx")),
        ("import study.yaml", 8, ("S104", ".csv")),
        ("import incoming/site012.xlsx", 8, ("S154", "--map")),
        ("import incoming/site012.xlsx --map mappings/nope.yaml", 8, ("S101", "mappings/nope.yaml")),
        ("export sdtm -o out --format xptt", 2, ("U106", "Did you mean xpt?")),
        ("export sdtm -o out --as-of yesterday", 2, ("U108", "2026-11-25")),
        ("export sdtm -o mappings", 2, ("X301", "mappings")),
        ("subject add 999 0001", 2, ("U101", "012")),
        ("subject add 012 0001", 2, ("J203",)),
        ("query answer Q-9999 yes", 2, ("J208", "Q-9999")),
        ("show 012-0001 V1 VV", 2, ("U110",)),
        ("why 012-0001 V1 VS RESP", 2, ("U130",)),
        ("explain Z999", 2, ("U134",)),
        ("form show VX", 2, ("U110",)),
        ("plugin check nobody", 9, ("P104", "nobody")),
        ("run nobody nothing", 2, ("U132",)),
        ("init . --protocol iv", 2, ("U104",)),
        ("init elsewhere --protocol ivv", 2, ("U105", "Did you mean iv?")),
        ("init elsewhere", 2, ("U118", "--protocol")),
        ("init elsewhere --protocol iv --site 01!2", 2, ("U131",)),
        ("demo incoming/..", 2, ("U135",)),
        ("frobnicate", 2, ("frobnicate",)),
        ("enter 012-0001", 2, ("VISIT",)),
    ],
)
def test_command_when_words_or_data_are_wrong_then_one_line_says_what_and_nothing_is_stored(
    words: str, code: int, says: tuple[str, ...], type_command: Typist, demo: Path
) -> None:
    if words.startswith("demo"):
        (demo / "iv").mkdir()
    before = journal_length(demo)
    typed = type_command(demo, *words.split())
    assert typed.code == code, typed.err
    for part in says:
        assert part in typed.err
    assert "Traceback" not in typed.err
    assert journal_length(demo) == before
    assert not (demo / "elsewhere").exists()
    assert not (demo / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "import incoming/site012.xlsx --map mappings/vital.yaml",
            "error S101: There is no file mappings/vital.yaml. Did you mean mappings/vitals.yaml?",
        ),
        (
            "import incoming/site012.xlsx --map mappings/vitals.yml",
            "error S101: There is no file mappings/vitals.yml. Did you mean mappings/vitals.yaml?",
        ),
        (
            "import incoming/site12.xlsx --map mappings/vitals.yaml",
            "error S101: There is no file incoming/site12.xlsx. Did you mean incoming/site012.xlsx?",
        ),
        ("import incoming/site012.xlsx --map nowhere/vitals.yaml", "error S101: There is no file nowhere/vitals.yaml."),
        ("workbook read incoming/site12.xlsx", "Did you mean incoming/site012.xlsx?"),
    ],
)
def test_command_when_a_file_is_not_there_then_one_line_names_it_and_the_one_that_may_be_meant(
    words: str, said: str, type_command: Typist, demo: Path
) -> None:
    typed = type_command(demo, *words.split())
    assert typed.code == 8
    assert said in typed.err
    assert len(typed.err.splitlines()) == 1


def test_import_when_the_mapping_has_one_mistake_then_it_is_told_once(type_command: Typist, demo: Path) -> None:
    (demo / "m.yaml").write_text("mapping: [\n", encoding="utf-8")
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", "m.yaml")
    assert typed.code == 9
    assert typed.err.count("D101") == 1
    (demo / "m.yaml").write_text("mapping: m\nrecords: []\nnosuch: 1\n", encoding="utf-8")
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", "m.yaml")
    assert typed.err.splitlines()[-1].startswith("error D100: 3 problems in the definitions")


@pytest.mark.parametrize(
    ("old", "new", "mapping", "code", "says"),
    [
        ("sheet: Patients", "sheet: Patienten", PATIENTS, 8, ("S150", "Patienten", "Vital signs")),
        ("column: Born", "column: Borm", PATIENTS, 8, ("S152", "Borm", "Born")),
        ("BRTHDAT:", "BIRTHDAT:", PATIENTS, 9, ("D119", "8:7", "Did you mean 'BRTHDAT'?")),
        ("form: DM", "form: DMM", PATIENTS, 9, ("D116", "DMM")),
        ("records:", "recordz:", PATIENTS, 9, ("D104", "Did you mean 'records'?")),
        ("unit: F", "unit: K", VITALS, 9, ("D142", "'K' is not a unit of item TEMP")),
        ("DD.MM.YYYY", "DD.NN.YYYY", VITALS, 9, ("D143",)),
        ("Infusion 1: V1", "Infusion 1: V99", VITALS, 9, ("D117", "V99")),
    ],
)
def test_import_when_the_mapping_is_wrong_then_its_place_is_named(
    old: str, new: str, mapping: str, code: int, says: tuple[str, ...], type_command: Typist, demo: Path
) -> None:
    text = (demo / mapping).read_text(encoding="utf-8")
    assert old in text
    wrong = demo.parent / "wrong.yaml"  # not in the study's folder, where every file counts as its definition
    wrong.write_text(text.replace(old, new, 1), encoding="utf-8")
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", str(wrong))
    assert typed.code == code, typed.err
    for part in says:
        assert part in typed.err


def test_import_when_cells_are_wrong_then_each_is_named_and_nothing_of_the_file_is_stored(
    type_command: Typist, demo: Path
) -> None:
    before = journal_length(demo)
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", VITALS, "--reason", "again")
    assert typed.code == 1
    for line in (
        "site012.xlsx!Vital signs!F3: error VS002: Systolic must be greater than diastolic",
        "site012.xlsx!Vital signs!J5: error V103: TEMP: 986 F (530.00 C) is outside the possible range, 30 to 43 C",
        "site012.xlsx!Vital signs!A9: error M101: There is no subject '012-0O03'. Did you mean 012-0003?",
        "Nothing was stored",
        "--on-error skip-record",
    ):
        assert line in typed.err
    assert journal_length(demo) == before


def test_import_when_a_csv_is_not_utf8_then_line_and_byte_are_named_and_the_way_out(
    type_command: Typist, demo: Path
) -> None:
    (demo / "x.csv").write_bytes("Patient,Naïve\n012-0001,é\n".encode("cp1252"))
    typed = type_command(demo, "import", "x.csv", "--map", PATIENTS)
    assert typed.code == 8
    assert "S141" in typed.err
    assert "line 1" in typed.err
    assert "--encoding" in typed.err


def test_study_when_a_form_is_broken_then_every_command_names_line_column_and_remedy(
    type_command: Typist, demo: Path
) -> None:
    (demo / "forms").mkdir()
    (demo / "forms" / "xx.yaml").write_text("form: XX\ntitel: x\nitems:\n  - {item: A, label: a, type: intger}\n")
    for words in (["form", "check"], ["show", "012-0001"], []):
        typed = type_command(demo, *words)
        assert typed.code == 9
        assert "forms/xx.yaml:2:1: error D104: Unknown key 'titel'. Did you mean 'title'?" in typed.err
        assert "    titel: x\n    ^" in typed.err
    verified = type_command(demo, "audit", "verify")  # an inspector needs no forms
    assert verified.code == 0
    assert "unbroken" in verified.err
    as_data = type_command(demo, "form", "check", "--json")
    assert {problem["code"] for problem in as_data.data["problems"]} == {"D104", "D106"}


def test_command_when_not_in_a_study_then_says_how_to_begin(type_command: Typist, tmp_path: Path) -> None:
    bare = type_command(tmp_path)
    assert bare.code == 0
    assert "trialkit init" in bare.err
    typed = type_command(tmp_path, "subject", "list")
    assert typed.code == 2
    assert "U103" in typed.err


def test_conflict_when_somebody_was_faster_then_both_values_are_shown(type_command: Typist, demo: Path) -> None:
    enter = ["enter", "012-0002", "V1", "VS", "--set", "PULSE=61", "--reason", "x", "--expect-version", "1"]
    typed = type_command(demo, *enter)
    assert typed.code == 4
    assert "012-0002 V1 VS.PULSE: stored is 74 beats/min (version 2), yours is 61." in typed.err


def test_defect_when_trialkit_itself_fails_then_one_line_without_data(
    type_command: Typist, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trialkit.engine import Engine

    def fail(_engine: Engine) -> None:
        raise RuntimeError("secret of 012-0001")

    monkeypatch.setattr(Engine, "state", fail)
    typed = type_command(demo)
    assert typed.code == 9
    assert "RuntimeError at test_cli_refusals.py:" in typed.err
    assert "secret" not in typed.err + typed.out
    assert "Traceback" not in typed.err


def test_import_when_a_stored_value_would_change_then_the_cell_and_both_values_are_named(
    type_command: Typist, demo: Path
) -> None:
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", VITALS, "--dry-run")
    assert re.search(
        r"site012.xlsx!Vital signs!H6: error W101: A stored value changes "
        r"\(PULSE from 74 beats/min to \d+ beats/min\) and no reason is given\.",
        typed.err,
    )


def test_command_when_it_is_mistyped_then_the_nearest_one_is_named(type_command: Typist, tmp_path: Path) -> None:
    typed = type_command(tmp_path, "imprt", "site.xlsx")
    assert (typed.code, typed.out) == (2, "")
    assert "No such command 'imprt'. Did you mean import?" in typed.err
    assert "Did you mean" not in type_command(tmp_path, "xyzzy").err


def test_enter_when_values_stand_without_set_then_it_is_named(type_command: Typist, tmp_path: Path) -> None:
    typed = type_command(tmp_path, "enter", "012-0001", "V1", "VS", "SYSBP=120", "DIABP=80")
    assert (typed.code, typed.out) == (2, "")
    assert typed.err.rstrip().endswith("Write --set before each value: --set SYSBP=120")
    assert "--set" not in type_command(tmp_path, "enter", "012-0001", "V1", "VS", "--set", "SYSBP=120", "more").err
