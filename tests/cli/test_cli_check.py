"""``trialkit check``: findings grouped and counted, listings for data managers, queries opened and closed."""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path

import click
import openpyxl
import pytest
from cli_sample import Typist, journal_length, type_first
from form_sample import FILES, write

from trialkit.cli.check_page import show_outcome
from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.outcome import CheckOutcome
from trialkit.model.record import RecordKey

CHECKS = """\
checks:
  - {check: VS903, form: VS, when: WEIGHT > 150, items: [WEIGHT], action: alert-red, message: "=Heavy, -confirm."}
"""
_VISITS = ("V1", "V2")


@pytest.fixture(scope="session")
def _checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = FILES["study.yaml"].replace("variant: short\n", "variant: long\n")
    study = study.replace('sites: [{site: "012", country: NLD}]', 'sites: [{site: "012"}, {site: "013"}]')
    folder = write(tmp_path_factory.mktemp("checked") / "study", {**FILES, "study.yaml": study})
    type_first(folder, "init .")
    values = "--set VSPERF=Y --set SYSBP=120 --set 'WEIGHT=160 kg'"
    for site, number in (("012", "1"), ("012", "2"), ("013", "1")):
        type_first(folder, f"subject add {site} {number}")
        type_first(folder, *(f"enter {site}-{number} {visit} VS {values}" for visit in _VISITS))
    (folder / "forms/checks.yaml").write_text(CHECKS, encoding="utf-8")
    return folder


@pytest.fixture
def checked(_checked: Path, tmp_path: Path) -> Path:
    """A study with two sites and three subjects. A rule that is new finds each of their records."""
    return Path(shutil.copytree(_checked, tmp_path / "study"))


def test_check_when_a_rule_finds_something_then_counts_come_first_and_then_the_places(
    type_command: Typist, checked: Path
) -> None:
    typed = type_command(checked, "check")

    lines = typed.out.splitlines()
    assert typed.code == 1
    assert lines[0].split() == ["RULE", "FINDINGS", "SUBJECTS", "SEVERITY", "ACTION", "WHAT"]
    assert lines[1].split()[:5] == ["VS903", "6", "3", "soft", "alert-red"]
    assert lines[3] == "VS903  =Heavy, -confirm."
    assert lines[4:10] == [f"  {subject} {visit} VS.WEIGHT" for subject in _SUBJECTS for visit in _VISITS]
    assert typed.err.endswith(
        "6 findings in 6 records, 0 could not be evaluated. 6 queries opened, 0 queries closed.\n"
    )


_SUBJECTS = ("012-1", "012-2", "013-1")


def test_check_when_queries_are_opened_and_closed_then_each_is_told_with_the_reason(
    type_command: Typist, checked: Path
) -> None:
    opened = type_command(checked, "check").out
    assert "OPENED  WHERE" in opened
    assert "Q-0001  012-1 V1 VS.WEIGHT  VS903" in opened
    assert type_command(checked, "check").out.count("Q-0001") == 0

    (checked / "forms/checks.yaml").write_text(CHECKS.replace("> 150", "> 170"), encoding="utf-8")
    gone = type_command(checked, "check")

    assert gone.code == 0
    assert "CLOSED  WHERE" in gone.out
    assert "VS903 no longer applies to the record as it stands." in gone.out
    assert "0 findings in 6 records" in gone.err
    assert "6 queries closed" in gone.err


def test_check_when_it_is_a_dry_run_then_no_query_is_opened_and_that_is_said(
    type_command: Typist, checked: Path
) -> None:
    before = journal_length(checked)

    typed = type_command(checked, "check", "--dry-run")

    assert typed.code == 1
    assert "Dry run: no query was opened or closed." in typed.err
    assert journal_length(checked) == before


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--site", "012"], 4),
        (["--subject", "013-1"], 2),
        (["--rule", "vs903"], 6),
        (["--rule", "VS901"], 0),
        (["--form", "VS", "--site", "013"], 2),
        (["--form", "MOOD"], 0),
    ],
)
def test_check_when_narrowed_then_the_others_are_left_out(
    options: list[str], count: int, type_command: Typist, checked: Path
) -> None:
    typed = type_command(checked, "check", "--dry-run", "--json", *options)

    assert typed.code == (1 if count else 0)
    assert len(typed.data["findings"]) == count
    assert set(typed.data) == {"findings", "opened", "closed", "checked", "not_evaluated"}


@pytest.mark.parametrize("options", [["--site", "014"], ["--rule", "VS905"], ["--subject", "9"], ["--form", "VZ"]])
def test_check_when_a_name_is_not_known_then_it_is_refused(
    options: list[str], type_command: Typist, checked: Path
) -> None:
    assert type_command(checked, "check", *options).code == 2


def test_check_when_grouped_by_site_then_each_line_names_the_rule(type_command: Typist, checked: Path) -> None:
    lines = type_command(checked, "check", "--by", "site").out.splitlines()

    assert lines[0].split() == ["SITE", "FINDINGS", "SUBJECTS", "HARD", "NOT", "EVALUATED"]
    assert [line.split() for line in lines[1:3]] == [["012", "4", "2", "0", "0"], ["013", "2", "1", "0", "0"]]
    assert "  013-1 V1 VS.WEIGHT: query VS903: =Heavy, -confirm." in lines


def test_check_when_grouped_by_subject_then_each_subject_is_a_group(type_command: Typist, checked: Path) -> None:
    lines = type_command(checked, "check", "--by", "subject").out.splitlines()

    assert [line for line in lines if line in _SUBJECTS] == list(_SUBJECTS)


def _finding(code: str, number: int) -> Finding:
    key = RecordKey("013", f"013-{number}", "V1", 1, "VS")
    return Finding(code, Severity.SOFT, "Heavy.", key=key, item="WEIGHT")


def test_outcome_when_shown_on_a_terminal_then_it_says_how_many_more_there_are_and_how_to_see_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = CheckOutcome(tuple(_finding(code, number) for code in ("VS903", "VS904") for number in range(30)))

    def shown(**options: bool) -> list[str]:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        show_outcome(outcome, "rule", "--site 013", **options)
        return click.unstyle(capsys.readouterr().out).splitlines()

    limited, whole = shown(show_all=False), shown(show_all=True)

    assert sum(line.endswith("VS.WEIGHT") for line in limited) == 40
    assert "  … and 10 more: trialkit check --site 013 --rule VS903 --all" in limited
    assert sum(line.endswith("VS.WEIGHT") for line in whole) == 60


def test_outcome_when_there_are_many_groups_then_the_rest_of_them_is_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = CheckOutcome(tuple(_finding("VS903", number) for number in range(60)))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    show_outcome(outcome, "subject", "", show_all=False)

    lines = click.unstyle(capsys.readouterr().out).splitlines()
    assert sum("VS.WEIGHT" in line for line in lines) == 40
    assert "… and 20 more: trialkit check --by subject --all" in lines


def test_listing_when_written_as_csv_then_each_finding_is_a_row_with_its_query(
    type_command: Typist, checked: Path
) -> None:
    typed = type_command(checked, "check", "--csv", "findings.csv")

    assert "Wrote findings.csv." in typed.err
    with (checked / "findings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0].values()) == [
        "012", "012-1", "V1", "1", "VS", "", "1", "WEIGHT", "VS903", "soft", "alert-red", "'=Heavy, -confirm.", "",
        "study", "Y", "Q-0001", "open",
    ]  # fmt: skip
    assert [row["QUERY"] for row in rows] == [f"Q-000{number}" for number in range(1, 7)]


def test_listing_when_a_query_was_answered_then_its_state_is_told(type_command: Typist, checked: Path) -> None:
    type_command(checked, "check")
    type_command(checked, "query", "answer", "Q-0002", "agrees")

    type_command(checked, "check", "--dry-run", "--csv", "findings.csv")

    with (checked / "findings.csv").open(encoding="utf-8", newline="") as file:
        assert {row["QUERY"]: row["QUERY_STATE"] for row in csv.DictReader(file)}["Q-0002"] == "answered"


def test_listing_when_written_as_a_workbook_then_it_has_a_summary_a_filter_and_no_formula(
    type_command: Typist, checked: Path
) -> None:
    assert type_command(checked, "check", "--site", "012", "--xlsx", "findings.xlsx").code == 1

    book = openpyxl.load_workbook(checked / "findings.xlsx")
    summary, findings = book["Summary"], book["Findings"]
    told = [[cell.value for cell in row if cell.value is not None] for row in summary.iter_rows()]
    assert ["Only site", "012"] in told
    assert ["Findings", 4] in told
    assert ["VS903", "soft", "alert-red", "=Heavy, -confirm.", 4, 2, 1, 4] in told
    assert ["012", 4, 2, "VS903 (4)"] in told
    assert (findings.freeze_panes, findings.auto_filter.ref) == ("C2", "A1:Q5")
    assert findings.print_title_rows == "$1:$1"
    message = findings["L2"]
    assert (message.value, message.data_type, message.quotePrefix) == ("=Heavy, -confirm.", "s", True)
    assert findings["D2"].value == 1
    assert findings.column_dimensions["L"].width > findings.column_dimensions["A"].width


def test_listing_when_the_file_is_there_then_it_is_replaced_only_with_force(
    type_command: Typist, checked: Path
) -> None:
    (checked / "findings.csv").write_text("mine", encoding="utf-8")
    before = journal_length(checked)

    refused = type_command(checked, "check", "--csv", "findings.csv")

    assert (refused.code, journal_length(checked)) == (2, before)
    assert (checked / "findings.csv").read_text(encoding="utf-8") == "mine"
    assert type_command(checked, "check", "--csv", "findings.csv", "--force").code == 1
    assert (checked / "findings.csv").read_text(encoding="utf-8").startswith("SITE,")
