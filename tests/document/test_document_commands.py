"""``trialkit schedule`` and ``trialkit crf`` as a person types them: files, refusals, exit codes, JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click
import openpyxl
import pytest

from trialkit.cli.crf import crf
from trialkit.cli.failure import run_guarded
from trialkit.cli.schedule import schedule


@dataclass(frozen=True)
class _Said:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study on the nasal protocol: definitions, no store."""
    (tmp_path / "study.yaml").write_text(
        'study: N-1\ntitle: A study\nprotocol: nasal\nsites: [{site: "012"}]\n', encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def _type(capsys: pytest.CaptureFixture[str], command: click.Command, *words: str) -> _Said:
    code = run_guarded(command, words)
    printed = capsys.readouterr()
    return _Said(code, printed.out, printed.err)


def test_schedule_when_typed_then_it_is_shown_within_80_columns(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _type(capsys, schedule)

    assert (said.code, said.err) == (0, "")
    assert max(len(line) for line in said.out.splitlines()) <= 80
    assert "MADRS" in said.out


def test_schedule_when_json_is_asked_for_then_stdout_is_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _type(capsys, schedule, "--json", "--visit", "V1")

    data = json.loads(said.out)
    assert [column["name"] for column in data["columns"]] == ["V1"]
    assert data["grids"][0]["visits"] == ["V1"]


def test_schedule_when_files_are_named_then_both_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _type(capsys, schedule, "--html", "s.html", "--xlsx", "s.xlsx")

    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines() == ["Wrote s.html.", "Wrote s.xlsx."]
    assert (folder / "s.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert openpyxl.load_workbook(folder / "s.xlsx").sheetnames[0] == "Schedule"


@pytest.mark.parametrize("option", ["--html", "--xlsx"])
def test_schedule_when_a_file_is_there_then_it_is_kept_unless_forced(
    option: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "there").write_text("mine", encoding="utf-8")

    said = _type(capsys, schedule, option, "there")

    assert (said.code, "B101" in said.err) == (2, True)
    assert (folder / "there").read_text(encoding="utf-8") == "mine"
    assert _type(capsys, schedule, option, "there", "--force").code == 0
    assert (folder / "there").read_bytes() != b"mine"


def test_schedule_when_one_of_two_files_is_there_then_neither_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "s.xlsx").touch()

    assert _type(capsys, schedule, "--html", "s.html", "--xlsx", "s.xlsx").code == 2
    assert not (folder / "s.html").exists()


def test_schedule_when_a_visit_is_unknown_then_usage_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _type(capsys, schedule, "--visit", "V99")

    assert (said.code, said.out, "U111" in said.err) == (2, "", True)


def test_schedule_when_there_is_no_study_then_usage_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert "U103" in _type(capsys, schedule).err


def test_crf_when_typed_then_a_pdf_is_written_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _type(capsys, crf, "-o", "vs.pdf", "--form", "VS", "--visit", "V1")

    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("Wrote ")
    assert said.err.endswith("pages with 1 form to vs.pdf.\n")
    assert (folder / "vs.pdf").read_bytes().startswith(b"%PDF-")


def test_crf_when_annotated_then_domains_have_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from document_sample import pdf_texts

    assert _type(capsys, crf, "-o", "vs.pdf", "--annotated", "--form", "VS").code == 0
    assert "VS (Vital Signs)" in pdf_texts((folder / "vs.pdf").read_bytes())


def test_crf_when_a_file_is_there_then_it_is_kept_unless_forced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "vs.pdf").write_text("mine", encoding="utf-8")
    words = ("-o", "vs.pdf", "--form", "VS", "--visit", "V1")

    said = _type(capsys, crf, *words)

    assert (said.code, "B101" in said.err) == (2, True)
    assert (folder / "vs.pdf").read_text(encoding="utf-8") == "mine"
    assert _type(capsys, crf, *words, "--force").code == 0
    assert (folder / "vs.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("-o", "x.pdf", "--form", "XX"), "U110", 2),
        (("-o", "x.pdf", "--visit", "V99"), "U111", 2),
        (("-o", "x.pdf", "--form", "DM", "--visit", "V3"), "B103", 2),
        (("-o", "x.pdf", "--annotated", "--unique"), "B104", 2),
        (("-o", "none/x.pdf", "--form", "VS", "--visit", "V1"), "B102", 7),
    ],
)
def test_crf_when_it_can_not_be_done_then_it_is_refused_and_nothing_is_left(
    words: tuple[str, ...], code: str, exit_code: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _type(capsys, crf, *words)

    assert (said.code, code in said.err, said.out) == (exit_code, True, "")
    assert [path.name for path in folder.iterdir()] == ["study.yaml"]


@pytest.mark.parametrize("command", [schedule, crf])
def test_help_when_asked_for_then_it_has_examples(command: click.Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"trialkit {command.name} " in _type(capsys, command, "--help").out
