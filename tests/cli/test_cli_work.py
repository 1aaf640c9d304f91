"""The commands at work: what they print for people and for machines, and what they leave behind."""

from __future__ import annotations

import re
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import click
import pytest
from cli_sample import Typist, journal_length

from trialkit.cli.failure import EXIT_CODES, exit_code
from trialkit.cli.main import cli
from trialkit.cli.paint import paint
from trialkit.errors import LockedError, NotAllowedError, TrialkitError

READING = [
    "subject list",
    "show 012-0002",
    "show 012-0002 V1 VS",
    "history 012-0002 V1 VS PULSE",
    "why 012-0002 V1 VS SYSBP",
    "query list --state all",
    "audit log",
    "audit verify",
    "check --dry-run",
    "due",
    "due --all",
    "form list",
    "form show VS",
    "form check",
    "plugin list",
    "plugin check iv",
    "explain V103",
    "explain",
    "doctor",
]


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command under a group with the words that call it."""
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += every_command(command, (*path, name))
    return found


@pytest.mark.parametrize(("path", "command"), every_command(cli))
def test_help_when_asked_for_then_it_says_what_and_shows_an_example(
    path: tuple[str, ...], command: click.Command, type_command: Typist, tmp_path: Path
) -> None:
    typed = type_command(tmp_path, *path, "--help")
    assert typed.code == 0
    assert command.help
    assert "Example" in typed.out, "no example"
    assert "trialkit " + " ".join(path) in typed.out.split("Example", 1)[1].replace("\n  ", " ")


@pytest.mark.parametrize("words", READING)
def test_reading_when_asked_for_json_then_stdout_is_json_and_nothing_else(
    words: str, type_command: Typist, demo: Path
) -> None:
    typed = type_command(demo, *words.split(), "--json")
    assert typed.code in (0, 1)
    assert typed.data is not None


@pytest.mark.slow
@pytest.mark.parametrize("words", READING)
def test_reading_when_done_then_the_journal_is_as_long_as_before(words: str, type_command: Typist, demo: Path) -> None:
    before = journal_length(demo)
    typed = type_command(demo, *words.split())
    assert "\x1b[" not in typed.out + typed.err
    assert journal_length(demo) == before


@pytest.mark.parametrize("protocol", ["iv", "nasal", "oral"])
def test_demo_when_made_then_each_study_verifies_and_holds_its_exports(
    protocol: str, demo_master: Path, type_command: Typist
) -> None:
    study = demo_master / protocol
    assert type_command(study, "audit", "verify").code == 0
    written = {file.name for file in (study / "sdtm").iterdir()}
    assert written >= {"ae.xpt", "dm.xpt", "ex.xpt", "rs.xpt", "sv.xpt", "vs.xpt", "manifest.json"}
    assert {"supprs.xpt", "suppex.xpt"} <= written
    state = type_command(study, "subject", "list", "--json").data
    assert len(state) == 6


@pytest.mark.parametrize("protocol", ["iv", "nasal", "oral"])
def test_demo_when_made_then_its_queries_are_few_and_none_speaks_of_danger(
    protocol: str, demo_master: Path, type_command: Typist
) -> None:
    queries = type_command(demo_master / protocol, "query", "list", "--json").data
    found = type_command(demo_master / protocol, "check", "--dry-run", "--json").data

    codes = {query["code"] for query in queries}
    assert 4 <= len(queries) <= 8
    assert {"SV005", "V201", "PG001"} <= codes
    assert not codes & {"IC001", "PD001", "GL004", "NS016", "SC009"}
    assert len(found["findings"]) == len(queries)


def test_demo_when_made_then_the_rules_of_its_own_do_what_they_show(demo: Path, type_command: Typist) -> None:
    tested = type_command(demo, "rule", "test", "SV005", "GL004", "--json")
    assert (tested.code, tested.data["run"], tested.data["lacking"]) == (0, 7, {})


def test_audit_when_one_byte_of_the_journal_is_changed_then_verify_fails_with_exit_6(
    type_command: Typist, demo: Path
) -> None:
    with sqlite3.connect(demo / "study.db") as store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            store.execute(f'DROP TRIGGER "{name}"')
        store.execute(
            'UPDATE journal SET payload = replace(payload, \'"user":"demo"\', \'"user":"dema"\') WHERE seq = 5'
        )
    store.close()
    typed = type_command(demo, "audit", "verify")
    assert typed.code == 6
    assert "J401" in typed.err
    assert "5" in typed.err
    assert type_command(demo, "audit", "verify", "--json").data["problems"]


def test_audit_when_one_byte_of_the_file_is_flipped_inside_the_journal_then_it_does_not_pass(
    type_command: Typist, demo: Path
) -> None:
    store = bytearray((demo / "study.db").read_bytes())
    place = store.find(b'"action":"record.save"')
    store[place + 12] ^= 1
    (demo / "study.db").write_bytes(store)
    assert type_command(demo, "audit", "verify").code == 6


def test_dry_run_when_importing_then_counts_are_told_and_nothing_is_stored(type_command: Typist, demo: Path) -> None:
    before = journal_length(demo)
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", "mappings/vitals.yaml", "--dry-run")
    assert typed.code == 1
    assert "Dry run, nothing was stored." in typed.err
    assert journal_length(demo) == before


def test_import_when_the_same_file_comes_twice_then_nothing_changes_and_that_is_said(
    type_command: Typist, demo: Path
) -> None:
    typed = type_command(demo, "import", "incoming/site012.xlsx", "--map", "mappings/patients.yaml")
    assert typed.code == 0
    assert "Nothing to store: 6 unchanged." in typed.err


def test_why_when_a_value_came_from_a_cell_then_the_cell_and_the_file_are_named(
    type_command: Typist, demo: Path
) -> None:
    typed = type_command(demo, "why", "012-0002", "V1", "VS", "SYSBP")
    assert typed.code == 0
    assert "from site012.xlsx!Vital signs!F6 by demo at " in typed.out
    assert re.search(r"file digest [0-9a-f]{64}", typed.out)
    translated = type_command(demo, "why", "012-0002", "V1", "VS", "VSPOS")
    assert "SITTING\n  written there as Sitting\n  from site012.xlsx!Vital signs!E6" in translated.out


def test_export_when_done_twice_then_the_bytes_are_the_same(type_command: Typist, demo: Path) -> None:
    for name in ("one", "two"):
        done = type_command(demo, "export", "sdtm", "-o", f"out/{name}", "--format", "xpt,dataset-json,csv")
        assert done.code == 0
    one, two = ({file.name: file.read_bytes() for file in (demo / "out" / name).iterdir()} for name in ("one", "two"))
    assert one == two
    endings = [name.partition(".")[2] for name in one]
    assert endings.count("xpt") == endings.count("csv") == len(one) // 3 > 5


def test_export_when_raw_then_one_table_per_form_and_how_complete_they_are(type_command: Typist, demo: Path) -> None:
    typed = type_command(demo, "export", "raw", "-o", "raw", "--json")
    assert typed.code == 0
    assert set(typed.data["files"]) >= {"dm.csv", "vs.csv", "exiv.csv", "completeness.csv", "manifest.json"}


def test_schema_when_printed_then_it_is_json_schema(type_command: Typist, tmp_path: Path) -> None:
    for kind in ("form", "codelists", "units", "checks", "protocol", "study", "mapping"):
        assert "properties" in type_command(tmp_path, "form", "schema", kind).data


def test_withdrawal_when_said_then_the_subject_is_listed_as_withdrawn(type_command: Typist, demo: Path) -> None:
    assert type_command(demo, "subject", "withdraw", "012-0006", "--reason", "moved away").code == 0
    listed = type_command(demo, "subject", "list", "--json").data
    assert [row["status"] for row in listed if row["subject"] == "012-0006"] == ["withdrawn"]


def test_query_when_answered_and_closed_then_it_moves_from_list_to_list(type_command: Typist, demo: Path) -> None:
    query = type_command(demo, "query", "list", "--json").data[0]["query"]
    assert type_command(demo, "query", "answer", query, "source agrees").code == 0
    assert type_command(demo, "query", "list", "--state", "answered", "--json").data[0]["query"] == query
    assert type_command(demo, "query", "close", query, "--reason", "confirmed").code == 0
    assert query in [row["query"] for row in type_command(demo, "query", "list", "--state", "closed", "--json").data]


def test_exit_codes_when_listed_then_each_kind_of_error_has_its_own() -> None:
    assert [code for _, code in EXIT_CODES] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert exit_code(NotAllowedError("T001", "No.", remedy="Ask.")) == 3
    assert exit_code(LockedError("T002", "Locked.", remedy="Unlock.")) == 5
    assert exit_code(TrialkitError("T003", "Other.", remedy="Ask.")) == 9


def test_due_when_a_visit_was_entered_then_its_window_counts_from_the_date_of_day_1(
    type_command: Typist, demo: Path
) -> None:
    planned = {row["visit"]: row for row in type_command(demo, "due", "--subject", "012-0001", "--all", "--json").data}
    first = date.fromisoformat(planned["V1"]["target"])
    assert planned["V1"]["state"] == "done"
    assert planned["V4"]["target"] == (first + timedelta(days=7)).isoformat()
    assert planned["V4"]["earliest"] == (first + timedelta(days=6)).isoformat()
    assert "overdue" in type_command(demo).err


def test_colour_when_no_color_is_set_then_the_text_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31m" in paint("error", "red")
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("error", "red", bold=True) == "error"


def test_import_when_several_files_come_as_json_then_one_document_tells_all(type_command: Typist, demo: Path) -> None:
    words = ["--map", "mappings/patients.yaml", "--json"]
    typed = type_command(demo, "import", "incoming/site012.xlsx", "incoming/site012.xlsx", *words)
    assert typed.code == 0
    assert len(typed.data["outcomes"]) == 2
    broken = type_command(demo, "import", "incoming/site012.xlsx", "nowhere.csv", *words)
    assert broken.code == 8
    assert (len(broken.data["outcomes"]), broken.data["error"]["code"]) == (1, "S101")


def test_show_when_there_are_ten_visits_then_they_stand_in_the_order_of_the_protocol(
    type_command: Typist, demo: Path
) -> None:
    for visit in ("V10", "V2"):
        words = ["--set", "SVOCCUR=N", "--set", "SVREASND=OTHER"]
        assert type_command(demo, "enter", "012-0001", visit, "SV", *words).code == 0
    shown = [row["key"]["visit"] for row in type_command(demo, "show", "012-0001", "--json").data]
    assert list(dict.fromkeys(shown)) == ["V0", "V1", "V2", "V3", "V10"]


def test_enter_when_the_only_record_is_refused_then_nothing_would_have_been(type_command: Typist, demo: Path) -> None:
    typed = type_command(demo, "enter", "012-0001", "V1", "VS", "--set", "SYSBP=x")
    assert typed.err.endswith("Nothing was stored, because of 1 error.\n")


def test_import_when_records_are_skipped_then_the_last_line_says_that_something_was_left_out(
    type_command: Typist, demo: Path
) -> None:
    words = ["--map", "mappings/vitals.yaml", "--on-error", "skip-record", "--reason", "second delivery"]
    typed = type_command(demo, "import", "incoming/site012.xlsx", *words)
    assert typed.code == 1
    assert typed.err.rstrip().endswith("Left out, because of 3 errors: what is named above.")
