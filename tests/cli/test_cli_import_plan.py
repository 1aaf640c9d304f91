"""Imports that are looked at before they are stored: asked for, planned, applied, rehearsed without a trace."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_sample import Typist, journal_length
from import_sample import WIDE, at_terminal, disk, make_study, send

from trialkit.engine import open_study

COMMAND = Path(sys.executable).parent / "trialkit"
FIRST = "012-0001,V1,120,80,,31,"
SECOND = "012-0002,V1,131,82,,44,"


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("made") / "study")


@pytest.fixture
def study(_made: Path, tmp_path: Path) -> Path:
    """The small study with two subjects and no record."""
    return shutil.copytree(_made, tmp_path / "study")


# Asking


def test_import_when_somebody_sits_there_then_it_shows_counts_and_asks(type_command: Typist, study: Path) -> None:
    send(study, FIRST, SECOND)
    before = journal_length(study)
    code, shown = at_terminal(study, "import", "site.csv", *WIDE, answer="n\n")
    assert code == 1
    assert "Store 4 new records? [y/N]" in shown
    assert "nothing was stored, as you said" in shown
    assert journal_length(study) == before
    code, shown = at_terminal(study, "import", "site.csv", *WIDE, answer="y\n")
    assert code == 0
    assert "Stored: 4 new." in shown
    assert "records/s" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["FORM", "NEW"] in lines
    assert ["VS", "2"] in lines
    assert ["012-0002", "2"] in lines


def test_import_when_yes_is_said_or_nobody_sits_there_then_it_does_not_ask(type_command: Typist, study: Path) -> None:
    send(study, FIRST)
    code, shown = at_terminal(study, "import", "site.csv", *WIDE, "--yes")
    assert (code, "[y/N]" in shown, "Stored: 2 new." in shown) == (0, False, True)
    send(study, SECOND)
    typed = type_command(study, "import", "site.csv", *WIDE)
    assert (typed.code, "[y/N]" in typed.err, "Stored: 2 new." in typed.err) == (0, False, True)


def test_import_when_the_data_move_while_it_asks_then_nothing_is_stored(type_command: Typist, study: Path) -> None:
    send(study, FIRST, SECOND)
    code, shown = at_terminal(
        study, "import", "site.csv", *WIDE, answer="y\n", meanwhile=lambda: _enter_elsewhere(study)
    )
    assert code == 4
    assert "W201: The data moved meanwhile: 012-0002 V2 VS (bob, " in shown
    assert type_command(study, "show", "012-0001", "--json").data == []


def _enter_elsewhere(study: Path, subject: str = "012-0002", visit: str = "V2") -> None:
    words = ["enter", subject, visit, "VS", "--set", "SYSBP=125", "--user", "bob", "--reason", "read again"]
    subprocess.run([COMMAND, *words], cwd=study, check=True, capture_output=True)


# Planning and applying


def test_plan_when_made_then_it_is_readable_and_nothing_is_left_in_the_store(type_command: Typist, study: Path) -> None:
    send(study, FIRST)
    (study / "study.db.lock").unlink()
    before = disk(study)
    typed = type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    assert typed.code == 0
    assert {**before, "plan.json": disk(study)["plan.json"]} == disk(study)
    plan = json.loads((study / "plan.json").read_text(encoding="utf-8"))
    records = {found["record"]: found for found in plan["content"]["records"]}
    assert records["012-0001 V1 VS"]["status"] == "new"
    found = records["012-0001 V1 VS"]
    assert found["items"]["SYSBP"] == {"text": "120", "unit": "mmHg"}
    cells = dict(zip(found["items"], found["source"]["columns"], strict=True))
    assert (found["source"]["file"], found["source"]["row"], cells["SYSBP"]) == ("site.csv", 2, "C")


def test_plan_when_made_again_by_another_at_another_time_then_its_digest_is_the_same(
    type_command: Typist, study: Path
) -> None:
    send(study, FIRST)
    first = type_command(study, "import", "site.csv", *WIDE, "--plan", "a.json", "--json").data
    time.sleep(0.01)
    second = type_command(study, "import", "site.csv", *WIDE, "--plan", "b.json", "--user", "bob", "--json").data
    assert first["plan"]["digest"] == second["plan"]["digest"]
    assert first["outcomes"][0]["summary"]["forms"]["VS"] == {"new": 1, "changed": 0, "unchanged": 0, "refused": 0}
    other = type_command(study, "import", "site.csv", *WIDE, "--plan", "c.json", "--reason", "x", "--json").data
    assert other["plan"]["digest"] != first["plan"]["digest"]


def test_apply_when_nothing_moved_then_what_was_planned_is_stored_and_once_only(
    type_command: Typist, study: Path
) -> None:
    send(study, FIRST)
    type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    applied = type_command(study, "import", "--apply", "plan.json")
    assert applied.code == 0
    assert "Stored: 2 new." in applied.err
    length = journal_length(study)
    again = type_command(study, "import", "--apply", "plan.json")
    assert again.code == 0
    assert "This plan was applied already, by j.devries, " in again.err
    assert journal_length(study) == length
    assert type_command(study, "import", "--apply", "plan.json", "--json").data["applied"]["by"] == "j.devries"
    entries = type_command(study, "audit", "log", "--json").data
    plan = json.loads((study / "plan.json").read_text(encoding="utf-8"))
    assert [entry["details"]["plan"] for entry in entries if entry["action"] == "import.file"] == [plan["digest"]]


def test_apply_when_a_record_moved_then_it_names_the_record_and_who_and_when(type_command: Typist, study: Path) -> None:
    send(study, FIRST)
    type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    _enter_elsewhere(study, "012-0001")
    before = journal_length(study)
    typed = type_command(study, "import", "--apply", "plan.json")
    assert typed.code == 4
    assert "W201: The data moved since the plan was made: 012-0001 V2 VS is at version 1 now (bob, 20" in typed.err
    assert journal_length(study) == before


def test_apply_when_another_subject_moved_then_the_plan_still_holds(type_command: Typist, study: Path) -> None:
    send(study, FIRST)
    type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    _enter_elsewhere(study, "012-0002")
    assert type_command(study, "import", "--apply", "plan.json").code == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("site.csv", "120", "121", "W202: site.csv is another file than the plan was made of"),
        ("mappings/wide.yaml", "ignore: []", "ignore: [X]", "W202: The mapping wide.yaml is another"),
        ("forms/vs.yaml", "60..260", "60..250", "W203: The definitions of the study (forms, rules, protocol) changed"),
    ],
)
def test_apply_when_a_file_moved_then_it_is_named(
    name: str, old: str, new: str, says: str, type_command: Typist, study: Path
) -> None:
    send(study, FIRST)
    type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    text = (study / name).read_text(encoding="utf-8")
    (study / name).write_text(text.replace(old, new), encoding="utf-8")
    typed = type_command(study, "import", "--apply", "plan.json")
    assert typed.code == 4
    assert says in typed.err
    assert type_command(study, "show", "012-0001", "--json").data == []


def test_apply_when_the_subject_was_locked_meanwhile_then_the_rules_answer_otherwise(
    type_command: Typist, study: Path
) -> None:
    send(study, FIRST)
    type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    type_command(study, "lock", "012-0001", "--reason", "database lock")
    typed = type_command(study, "import", "--apply", "plan.json")
    assert typed.code == 4
    assert "W204: The rules answer otherwise now: site.csv!" in typed.err
    assert "has W103 now" in typed.err


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "trialkit-import-plan-1"}', "\x00", "[" * 100_000])
def test_apply_when_the_file_is_no_plan_then_one_line(content: str, type_command: Typist, study: Path) -> None:
    (study / "plan.json").write_text(content, encoding="utf-8")
    typed = type_command(study, "import", "--apply", "plan.json")
    assert (typed.code, typed.err.count("\n")) == (2, 1)
    assert "U161: plan.json is not a plan of an import." in typed.err


def test_apply_when_the_plan_was_edited_then_refused(type_command: Typist, study: Path) -> None:
    send(study, FIRST)
    type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json")
    text = (study / "plan.json").read_text(encoding="utf-8")
    (study / "plan.json").write_text(text.replace('"120"', '"121"'), encoding="utf-8")
    typed = type_command(study, "import", "--apply", "plan.json")
    assert typed.code == 2
    assert "was changed after it was made" in typed.err


@pytest.mark.parametrize(
    "words",
    [
        "import",
        "import --apply p.json --reason x",
        "import --apply p.json --plan q.json",
        "import site.csv --plan p.json --dry-run",
        "import site.csv site.csv --plan p.json",
        "import site.csv site.csv --apply p.json",
    ],
)
def test_import_when_options_exclude_each_other_then_said(words: str, type_command: Typist, study: Path) -> None:
    typed = type_command(study, *words.split())
    assert typed.code == 2
    assert "U160" in typed.err


def test_plan_when_a_file_is_there_then_it_is_not_replaced_unasked(type_command: Typist, study: Path) -> None:
    send(study, FIRST)
    typed = type_command(study, "import", "site.csv", *WIDE, "--plan", "site.csv")
    assert typed.code == 2
    assert "B101" in typed.err
    assert type_command(study, "import", "site.csv", *WIDE, "--plan", "site.csv", "--force").code == 0


# Without a trace


def test_dry_run_when_done_then_every_file_is_byte_for_byte_as_before(type_command: Typist, study: Path) -> None:
    send(study, FIRST, SECOND.replace("131", "999"))
    (study / "study.db.lock").unlink()
    before = disk(study)
    typed = type_command(study, "import", "site.csv", *WIDE, "--dry-run")
    assert typed.code == 1
    assert "It would be: 3 new, 1 refused." in typed.err
    assert disk(study) == before


def test_dry_run_when_the_log_of_a_crash_lies_there_then_it_is_read_and_left_as_it_is(
    type_command: Typist, study: Path
) -> None:
    file = send(study, FIRST)
    with open_study(study, "ann", lambda: datetime.now(UTC)) as engine:
        engine.import_file(file, [study / "mappings" / "wide.yaml"])
        crashed = shutil.copytree(study, study.parent / "crashed")  # as the disk is when the power fails now
    assert (crashed / "study.db-wal").stat().st_size > 0
    before = disk(crashed)
    typed = type_command(crashed, "import", "site.csv", *WIDE, "--dry-run", "--json")
    assert {record["status"] for record in typed.data["outcomes"][0]["records"]} == {"unchanged"}
    assert disk(crashed) == before


# All or nothing

LARGE = 600


@pytest.mark.slow
def test_apply_when_killed_then_all_of_the_file_is_stored_or_nothing(type_command: Typist, study: Path) -> None:
    rows = [f"012-1{number:04d},V1,{100 + number % 60},80,,31," for number in range(LARGE)]
    send(study, *rows)
    assert type_command(study, "import", "site.csv", *WIDE, "--plan", "plan.json").code == 0
    began = time.monotonic()
    whole = shutil.copytree(study, study.parent / "whole")
    subprocess.run([COMMAND, "import", "--apply", "plan.json"], cwd=whole, check=True, capture_output=True)
    lasts = time.monotonic() - began
    for kill in range(4):
        folder = shutil.copytree(study, study.parent / f"killed{kill}")
        before = journal_length(folder)
        writer = subprocess.Popen(
            [COMMAND, "import", "--apply", "plan.json"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(lasts * (0.45 + 0.15 * kill))
        writer.kill()
        writer.wait()
        shown = type_command(folder, "audit", "verify", "--json")
        assert (shown.code, shown.data["problems"]) == (0, [])
        assert journal_length(folder) in (before, journal_length(whole))
        assert type_command(folder, "import", "--apply", "plan.json").code == 0
        assert journal_length(folder) == journal_length(whole)
