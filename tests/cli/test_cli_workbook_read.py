"""``trialkit workbook read`` as its user meets it: any file, no study, everything odd with its cell."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from cli_sample import Typist

READER = '''
"""A plugin that reads lists."""

import os
from pathlib import Path

from trialkit import Cell, Reader, ReadOptions, SourceFile, SourceRow, SourceSheet, hookimpl


def read_lists(path: Path, options: ReadOptions) -> SourceFile:
    """One text a line."""
    lines = path.read_text().splitlines()
    print("reading", lines)
    if lines[0] == "fail":
        raise KeyError(lines[1])
    if lines[0] == "die":
        os.abort()
    mine = str(os.getpid())
    rows = tuple(SourceRow(n, (Cell(f"A{n}", line), Cell(f"B{n}", mine))) for n, line in enumerate(lines, 1))
    return SourceFile(path.name, "0" * 64, "lists", (SourceSheet("", rows),))


@hookimpl
def trialkit_capture_readers() -> list[Reader]:
    """Lists."""
    return [Reader("lists", (".list",), read_lists)]
'''


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """The workbook that the documentation shows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Vital signs"
    for row in (
        ["Patient", "Visit", "Date", "SBP", "DBP", "Pulse"],
        ["012-0001", "V1", date(2026, 11, 2), 128, 82, 72],
        ["012-0002", "V1", date(2026, 11, 3), 131, 85, "#N/A"],
        ["012-0003", "V1", "03/04/2026", "ND", 79, 68],
    ):
        sheet.append(row)
    for cell in ("C2", "C3"):
        sheet[cell].number_format = "mm-dd-yy"
    hidden = book.create_sheet("Legend")
    hidden["A1"] = "V1 = screening"
    hidden.sheet_state = "hidden"
    book.move_sheet("Legend", -1)
    book.save(tmp_path / "site012.xlsx")
    return tmp_path / "site012.xlsx"


def test_read_when_it_is_asked_for_a_workbook_then_it_says_what_the_documentation_shows(
    workbook: Path, type_command: Typist, root: Path
) -> None:
    document = (root / "docs" / "commands.md").read_text(encoding="utf-8")
    shown = document.partition("$ trialkit workbook read site012.xlsx\n")[2].partition("```")[0]

    typed = type_command(workbook.parent, "workbook", "read", "site012.xlsx")

    assert (typed.code, typed.err) == (0, "")
    assert [line.rstrip() for line in typed.out.splitlines()] == shown.splitlines()


def test_read_when_a_machine_asks_then_one_object_holds_everything(workbook: Path, type_command: Typist) -> None:
    data = type_command(workbook.parent, "workbook", "read", "site012.xlsx", "--json").data

    assert data["rows"] == 3
    assert len(data["cells"]) == 24
    assert (data["cells"]["C2"], data["cells"]["F3"]) == ("2026-11-02", "#N/A")
    assert {"code": "S208", "sheet": "Vital signs", "cell": "F3", "text": "the error #N/A", "count": 1} in data[
        "findings"
    ]
    assert [(sheet["name"], sheet["visible"]) for sheet in data["sheets"]] == [("Legend", False), ("Vital signs", True)]
    assert data["sheets"][1]["headers"]["A1"] == "Patient"


def test_read_when_a_hidden_sheet_is_asked_for_then_it_is_shown(workbook: Path, type_command: Typist) -> None:
    typed = type_command(workbook.parent, "workbook", "read", "site012.xlsx", "--sheet", "legend", "--json")
    unknown = type_command(workbook.parent, "workbook", "read", "site012.xlsx", "--sheet", "None")

    assert typed.data["cells"] == {"A1": "V1 = screening"}
    assert (unknown.code, "Legend, Vital signs" in unknown.err) == (8, True)


def test_read_when_the_file_is_hostile_then_the_terminal_is_safe(tmp_path: Path, type_command: Typist) -> None:
    (tmp_path / "evil\x1b[2J.csv").write_text("id,\x1b[31mred\n\x1b]0;title\x07,\u202egnp\n")

    typed = type_command(tmp_path, "workbook", "read", "evil\x1b[2J.csv", "--all")
    refused = type_command(tmp_path, "workbook", "read", "evil\x1b[2J.csv", "--encoding", "x\x1b[2J")

    assert typed.code == 0
    assert not any(char in typed.out for char in "\x1b\x07\u202e")
    assert "\\x1b[31mred" in typed.out
    assert "\x1b" not in refused.err


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.xlsx", None, "S101"),
        ("pdf.xlsx", b"%PDF-1.7", "S110"),
        ("old.xls", bytes.fromhex("d0cf11e0a1b11ae1"), "S104"),
        ("twice.csv", b"id,kg,kg\n1,2,3\n", "S153"),
        ("bare.csv", b"012-1,2026-11-02,5\n012-2,2026-11-03,6\n012-3,2026-11-04,7\n", "S165"),
        ("ragged.csv", b"id,kg\n1\n", "S144"),
    ],
)
def test_read_when_a_file_is_refused_then_one_line_says_so(
    name: str, content: bytes | None, code: str, tmp_path: Path, type_command: Typist
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    typed = type_command(tmp_path, "workbook", "read", name)
    machine = type_command(tmp_path, "workbook", "read", name, "--json")

    assert (typed.code, typed.out, machine.code) == (8, "", 8)
    assert len(typed.err.splitlines()) == 1
    assert f"error {code}: " in typed.err
    assert machine.data["error"]["code"] == code


def test_read_when_a_table_is_refused_then_it_can_be_looked_at_all_the_same(
    tmp_path: Path, type_command: Typist
) -> None:
    (tmp_path / "twice.csv").write_bytes(b"id,kg,kg\n1,2,3\n")

    typed = type_command(tmp_path, "workbook", "read", "twice.csv", "--header-row", "0", "--json")

    assert (typed.code, typed.data["rows"], typed.data["cells"]["C1"]) == (0, 2, "kg")


def test_read_when_there_is_much_then_the_first_is_shown_and_the_rest_counted(
    tmp_path: Path, type_command: Typist
) -> None:
    rows = "".join(f"{n},{'=1' if n % 2 else n}\n" for n in range(200))
    (tmp_path / "long.csv").write_text("id,x\n" + rows)

    first = type_command(tmp_path, "workbook", "read", "long.csv").out
    whole = type_command(tmp_path, "workbook", "read", "long.csv", "--all").out

    assert "… and 195 more rows; --all shows every one." in first
    assert "100 × S230" in first
    assert "more" not in whole.replace("says more", "")
    assert whole.count("S230") == 100


def test_reader_of_a_plugin_when_it_reads_then_it_does_so_in_another_process(
    tmp_path: Path, type_command: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    folder = tmp_path / "site-packages"
    (folder / "lists-1.0.dist-info").mkdir(parents=True)
    (folder / "lists-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lists\nVersion: 1.0\n")
    (folder / "lists-1.0.dist-info" / "entry_points.txt").write_text("[trialkit]\nlists = plugin_lists\n")
    (folder / "plugin_lists.py").write_text(READER)
    monkeypatch.syspath_prepend(str(folder))
    for name, text in (("a.list", "id\n\u200bx\n"), ("fail.list", "fail\nsecret\n"), ("die.list", "die\n")):
        (tmp_path / name).write_text(text)

    read = type_command(tmp_path, "workbook", "read", "a.list", "--json").data
    failed = type_command(tmp_path, "workbook", "read", "fail.list")
    died = type_command(tmp_path, "workbook", "read", "die.list")

    assert read["cells"]["A1"] == "id"
    assert read["cells"]["B1"] != str(os.getpid())
    assert "S228" in [finding["code"] for finding in read["findings"]]
    assert (failed.code, died.code) == (8, 8)
    assert "S163: fail.list made the reader lists fail (KeyError)." in failed.err
    assert "secret" not in failed.err
    assert "S163" in died.err


def test_workbook_when_help_is_asked_for_then_its_commands_are_listed(tmp_path: Path, type_command: Typist) -> None:
    assert "Show what trialkit sees in a file." in type_command(tmp_path, "workbook", "--help").out
    assert "trialkit workbook read lab.csv" in type_command(tmp_path, "workbook", "read", "--help").out


def test_json_when_a_sheet_is_empty_then_it_is_whole(tmp_path: Path, type_command: Typist) -> None:
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")

    typed = type_command(tmp_path, "workbook", "read", "empty.xlsx", "--json")

    assert json.loads(typed.out)["cells"] == {}


def test_read_when_the_name_of_a_file_is_no_text_then_what_is_said_is_json_all_the_same(
    tmp_path: Path, type_command: Typist
) -> None:
    name = os.fsdecode(b"a\xff.csv")
    try:
        (tmp_path / name).write_bytes(b"a,b\n1,2\n")
    except OSError:
        pytest.skip("this disk takes no such name")

    typed = type_command(tmp_path, "workbook", "read", name, "--json")

    assert json.loads(typed.out)["rows"] == 1
    assert not typed.out.endswith("\n\n")

    (tmp_path / name).write_bytes(b"a,b\n1,2\n1\n")
    refused = type_command(tmp_path, "workbook", "read", name, "--json")

    assert json.loads(refused.out)["error"]["code"] == "S144"
    assert r"a\udcff.csv" in json.loads(refused.out)["error"]["message"]
    assert r"a\udcff.csv" in refused.err
    refused.out.encode()
    refused.err.encode()
