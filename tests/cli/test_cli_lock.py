"""Locks: who locked what, when and why; nothing that is locked changes, by whatever way it comes."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from cli_sample import Typist, journal_length, type_first
from import_sample import WIDE, make_study, send


@pytest.fixture(scope="session")
def _stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_study(tmp_path_factory.mktemp("locked") / "study")
    send(folder, "012-0001,V1,120,80,,31,")
    type_first(folder, shlex.join(["import", "site.csv", *WIDE]))
    return folder


@pytest.fixture
def study(_stored: Path, tmp_path: Path) -> Path:
    """The small study with a record on VS and one on LB of one subject."""
    return Path(shutil.copytree(_stored, tmp_path / "study"))


def _enter(
    type_command: Typist, study: Path, form: str = "VS", assignment: str = "SYSBP=122", visit: str = "V1"
) -> int:
    typed = type_command(study, "enter", "012-0001", visit, form, "--set", assignment, "--reason", "read again")
    return typed.code


@pytest.mark.parametrize(
    ("scope", "vs", "lb", "new"),
    [
        ("012-0001", 5, 5, 5),
        ("012-0001 V1", 5, 5, 0),
        ("012-0001 V1 VS", 5, 0, 0),
        ("012-0001 - VS", 5, 0, 5),
        ("012-0002", 0, 0, 0),
        ("012", 0, 0, 0),
    ],
)
def test_lock_when_it_stands_then_what_it_covers_can_not_be_entered(
    scope: str, vs: int, lb: int, new: int, type_command: Typist, study: Path
) -> None:
    assert type_command(study, "lock", *scope.split(), "--reason", "source verified").code == 0
    assert _enter(type_command, study) == vs
    assert _enter(type_command, study, "LB", "ALT=32") == lb
    assert _enter(type_command, study, visit="V2") == new
    assert type_command(study, "unlock", *scope.split(), "--reason", "site found an error").code == 0
    assert _enter(type_command, study, assignment="SYSBP=124") == 0
    assert type_command(study, "audit", "verify").code == 0


def test_import_when_a_record_is_locked_then_the_cell_is_named_with_who_and_when(
    type_command: Typist, study: Path
) -> None:
    type_command(study, "lock", "012-0001", "V1", "VS", "--reason", "source verified", "--user", "eve")
    send(study, "012-0001,V1,124,80,,32,retyped", "012-0002,V1,118,70,,20,")
    before = journal_length(study)
    typed = type_command(study, "import", "site.csv", *WIDE)
    assert (typed.code, journal_length(study)) == (1, before)
    assert "site.csv!C2: error W103: 012-0001 V1 VS is locked, by eve since 20" in typed.err
    assert 'trialkit unlock 012-0001 V1 VS --reason "…".' in typed.err
    assert type_command(study, "import", "site.csv", *WIDE, "--on-error", "skip-record").code == 1
    shown = {row["key"]["form"]: row["values"] for row in type_command(study, "show", "012-0001", "--json").data}
    assert (shown["VS"]["SYSBP"]["text"], shown["LB"]["ALT"]["text"]) == ("120", "32")


def test_import_when_a_locked_record_is_only_repeated_then_nothing_is_refused(
    type_command: Typist, study: Path
) -> None:
    type_command(study, "lock", "012-0001", "--reason", "database lock")
    typed = type_command(study, "import", "site.csv", *WIDE)
    assert typed.code == 0
    assert "Nothing to store: 2 unchanged." in typed.err


def test_lock_when_set_then_it_is_listed_and_shown_with_history_and_journal(type_command: Typist, study: Path) -> None:
    type_command(study, "lock", "012-0001", "V1", "--reason", "source verified")
    (listed,) = type_command(study, "lock", "--json").data
    assert listed["scope"] == {"site": "012", "subject": "012-0001", "visit": "V1", "form": ""}
    assert listed["reason"] == "source verified"
    assert "012-0001 V1  20" in type_command(study, "lock").out
    assert "012-0001 V1 is locked, by j.devries since 20" in type_command(study, "show", "012-0001").err
    type_command(study, "unlock", "012-0001", "V1", "--reason", "reopened")
    history = type_command(study, "history", "012-0001", "V1", "VS").out
    assert [line.split()[-3:] for line in history.splitlines()[-2:]] == [
        ["lock", "source", "verified"],
        ["V1", "unlock", "reopened"],
    ]
    assert "record.lock" in type_command(study, "audit", "log").out
    assert type_command(study, "lock", "--json").data == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("lock 012-0001", 2, "U162"),
        ("lock 012-0009 --reason x", 2, "U102"),
        ("lock 012-0001 V9 --reason x", 2, "U111"),
        ("lock 012-0001 V1 XX --reason x", 2, "U110"),
        ("unlock 012-0001 --reason x", 2, "J215: 012-0001 is not locked as such. Nothing of it is locked."),
        ("unlock 012-0001", 2, "--reason"),
    ],
)
def test_lock_when_the_words_are_wrong_then_one_line_and_nothing_happens(
    words: str, code: int, says: str, type_command: Typist, study: Path
) -> None:
    before = journal_length(study)
    typed = type_command(study, *words.split())
    assert typed.code == code
    assert says in typed.err
    assert journal_length(study) == before


def test_lock_when_it_stands_already_then_said_by_whom(type_command: Typist, study: Path) -> None:
    type_command(study, "lock", "012-0001", "--reason", "x", "--user", "eve")
    typed = type_command(study, "lock", "012-0001", "--reason", "y")
    assert typed.code == 2
    assert "J214: 012-0001 is locked already, by eve." in typed.err
