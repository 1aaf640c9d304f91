"""Forms on the command line: listed and shown as a page; open points; a study that begins with a variant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_sample import Typist
from form_sample import FILES, change, on_terminal, section, write

POINTS = [
    ("protocol small", "The criteria."),
    ("protocol small", "Is one visit enough?"),
    ("P.sys", "From where is it high?"),
    ("MOOD.TOTAL", "The cut-off."),
    ("form VS", "One reading is enough."),
    ("VS.SYSBP", "The limits."),
]
"""What nobody confirmed: `dia` is settled by the study, the variant `long` is not followed."""

LINE = "To be confirmed before first use: 6 points (trialkit form list --to-confirm)."


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    """The small study without a store."""
    return write(tmp_path / "small", FILES)


@pytest.fixture
def small(definitions: Path, type_command: Typist) -> Path:
    """The small study with one subject and two values on VS."""
    assert type_command(definitions, "init", ".").code == 0
    assert type_command(definitions, "subject", "add", "012", "0001").code == 0
    values = ("--set", "VSPERF=Y", "--set", "SYSBP=128")
    assert type_command(definitions, "enter", "012-0001", "V1", "VS", *values).code == 0
    return definitions


# Open points


def test_open_points_when_listed_then_each_has_its_place_and_what_is_settled_is_left_out(
    type_command: Typist, definitions: Path
) -> None:
    listed = type_command(definitions, "form", "list", "--to-confirm", "--json").data
    assert [(point["where"], point["text"]) for point in listed] == POINTS
    typed = type_command(definitions, "form", "list", "--to-confirm")
    assert [tuple(re.split(r" {2,}", line.rstrip(), maxsplit=1)) for line in typed.out.splitlines()[1:]] == POINTS
    assert typed.err == "6 points to be confirmed before first use.\n"


def test_open_points_when_the_study_is_looked_at_then_their_number_is_told(type_command: Typist, small: Path) -> None:
    assert LINE in type_command(small).err.splitlines()
    checked = type_command(small, "form", "check")
    assert checked.err.splitlines()[-1] == LINE
    doctor = type_command(small, "doctor")
    assert (doctor.code, doctor.out.splitlines()[-1]) == (0, f"✓ definitions: {LINE}")


def test_open_points_when_there_are_none_then_nothing_is_said(type_command: Typist, definitions: Path) -> None:
    for path in definitions.rglob("*.yaml"):
        text = re.sub(r",? *to_confirm: ?(\[.*?\]|[^},\n]*)", "", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    assert type_command(definitions, "form", "list", "--to-confirm").err == "Everything is confirmed.\n"
    assert "confirmed" not in type_command(definitions, "form", "check").err


# Lists and pages


def test_list_when_there_is_no_store_then_it_needs_none(type_command: Typist, definitions: Path) -> None:
    typed = type_command(definitions, "form", "list")
    assert typed.code == 0
    assert [line.split()[:5] for line in typed.out.splitlines()] == [
        ["FORM", "VERSION", "ITEMS", "CHECKS", "FROM"],
        ["MOOD", "1", "6", "0", "study"],
        ["STRICT", "1", "4", "0", "study"],
        ["VS", "1", "7", "2", "study"],
    ]


def test_page_when_an_item_is_shown_then_everything_about_it_stands_there(
    type_command: Typist, definitions: Path
) -> None:
    page = type_command(definitions, "form", "show", "vs").out
    assert "Version 1, handed in by study" in section(page, "VS")
    assert "Help Take them after rest. Source The manual Goes to VS (Vital Signs): VSPOS = SITTING" in section(
        page, "VS"
    )
    assert section(page, "VS").endswith("To be confirmed One reading is enough.")
    assert section(page, "SYSBP") == (
        "SYSBP What was the systolic blood pressure? Type integer, in mmHg; required Possible 60 to 260 mmHg "
        "Usual 90 to 180 mmHg Asked when VSPERF = Yes Missing reasons .ND (not done), .UNK (unknown) "
        "Hidden from Blinded rater Goes to VS.VSORRES / VSORRESU when VSTESTCD = SYSBP "
        "Help Sitting, at the right arm. Source CDASHIG To be confirmed The limits."
    )
    assert "Codes Y = Yes; N = No Missing reasons none" in section(page, "VSPERF")
    assert "decimal, at most 1 decimal place, in kg or LB, kg being the standard" in section(page, "WEIGHT")
    assert "13 codes, listed below under WARD" in section(page, "WARD")
    assert re.search(r"^LIST WARD  WARDS\n  W1\n(.*\n)*  W13 +Intensive care$", page, re.MULTILINE)
    assert "partial-date, as far as it is known Later dates are expected" in section(page, "NEXT")
    assert "Type text, at most 40 characters" in section(page, "NOTE")
    assert "Computed SYSBP / 2" in section(page, "HALF")


def test_page_when_a_form_has_checks_then_their_severity_action_condition_and_message_stand_there(
    type_command: Typist, definitions: Path
) -> None:
    page = type_command(definitions, "form", "show", "VS").out
    assert section(page, "VS901") == (
        "VS901 Severity soft (stored and queried); action query When SYSBP > P.sys Numbers P.sys is 150 mmHg "
        "Says High. Source The label"
    )
    assert section(page, "VS902") == (
        "VS902 Severity hard (not stored); action alert-red When SYSBP < 70 Says Far too low. About SYSBP"
    )


def test_page_when_it_is_an_instrument_then_its_head_its_like_items_and_its_scores_are_in_words(
    type_command: Typist, definitions: Path
) -> None:
    page = type_command(definitions, "form", "show", "MOOD").out
    assert (
        "Answered by patient Period past 7 days Category MOOD Licence Free to use. "
        "Wording short labels only; rate from the licensed copy Items from The publication"
    ) in section(page, "MOOD")
    assert "Q1  Sad\nQ2  Tired\nQ3  Worried\n  Type             each of these 3: integer\n" in page
    assert "Possible 0 to 3 Goes to QS.QSORRES when QSTESTCD = its own name" in section(page, "Q3")
    assert "Computed sum of 3 items, 1 may be missing (prorated), 0 to 9 Of Q1 to Q3" in section(page, "TOTAL")
    assert section(page, "TOTAL").endswith("To be confirmed The cut-off.")
    assert "Computed the band of TOTAL: 0 to 4 low; 5 to 9 high" in section(page, "TOTAL_BAND")
    assert '"Y" when TOTAL was prorated' in section(page, "TOTAL_PRORATED")
    strict = type_command(definitions, "form", "show", "STRICT").out
    assert "sum of 2 items, none may be missing in this protocol" in section(strict, "SUM")


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["50", "80", "200"])
def test_page_when_the_terminal_is_narrow_or_wide_then_no_line_is_wider_than_it_or_100_columns(
    columns: str, type_command: Typist, demo_master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for form in ("VS", "MADRS", "LB"):
        lines = type_command(demo_master / "iv", "form", "show", form).out.splitlines()
        widest = min(int(columns), 100)
        assert widest - 15 < max(map(len, lines)) <= widest


@pytest.mark.slow
def test_page_when_every_form_of_a_protocol_is_shown_then_each_item_stands_once(
    type_command: Typist, demo_master: Path
) -> None:
    for form in type_command(demo_master / "oral", "form", "list", "--json").data:
        lines = type_command(demo_master / "oral", "form", "show", form["form"]).out.splitlines()
        titles = [line.split()[0] for line in lines if line and not line.startswith(" ")]
        for item in form["items"]:
            assert titles.count(item["item"]) == 1 + (item["item"] == form["form"]), (form["form"], item["item"])


def test_page_when_asked_for_json_then_it_is_the_form_with_its_checks(type_command: Typist, definitions: Path) -> None:
    shown = type_command(definitions, "form", "show", "VS", "--json").data
    assert shown["items"][1]["to_confirm"] == "The limits."
    assert [check["check"] for check in shown["checks"]] == ["VS901", "VS902"]


@pytest.mark.slow
def test_tables_when_they_stand_on_a_terminal_then_long_texts_wrap(small: Path) -> None:
    long = "a word and " * 20
    change(small, "forms/vs.yaml", "to_confirm: The limits.", f"to_confirm: {long}end")
    change(small, "forms/mood.yaml", "title: A mood scale", f"title: {long[:150]}end")
    change(small, "forms/vs.yaml", "label: Anything else?", f"label: {long[:150]}end")
    for words in (("form", "list", "--to-confirm"), ("form", "list"), ("form", "diff", "VS")):
        lines = on_terminal(small, *words, columns=60)
        assert max(map(len, lines)) <= 60
        assert len(lines) > 4
    for line in on_terminal(small, "form", "list", "--to-confirm", columns=60):
        assert line.startswith(
            ("WHERE", "protocol small  ", "P.sys  ", "MOOD.TOTAL  ", "form VS", "VS.SYSBP", " " * 16)
        )


# Beginning with a variant


def test_init_when_a_variant_is_named_then_the_study_follows_it_and_the_overview_says_so(
    type_command: Typist, tmp_path: Path
) -> None:
    typed = type_command(tmp_path, "init", "ptsd", "--protocol", "iv", "--variant", "iv-ptsd")
    assert typed.code == 0
    assert "protocol iv, variant iv-ptsd" in typed.err
    assert "variant: iv-ptsd\n" in (tmp_path / "ptsd" / "study.yaml").read_text(encoding="utf-8")
    assert "(protocol iv, variant iv-ptsd)" in type_command(tmp_path / "ptsd").out


def test_init_when_the_variant_is_unknown_then_the_error_names_the_others_and_nothing_is_left(
    type_command: Typist, tmp_path: Path
) -> None:
    typed = type_command(tmp_path, "init", "a/b", "--protocol", "iv", "--variant", "iv-ptsdd")
    assert typed.code == 9
    assert "D133" in typed.err
    assert "iv-ptsd" in typed.err.replace("iv-ptsdd", "")
    assert list(tmp_path.iterdir()) == []


def test_init_when_a_study_file_is_there_then_the_variant_belongs_into_it(
    type_command: Typist, definitions: Path
) -> None:
    typed = type_command(definitions, "init", ".", "--variant", "long")
    assert (typed.code, "U104" in typed.err, "variant: long" in typed.err) == (2, True, True)
    assert not (definitions / "study.db").exists()


def test_overview_when_most_forms_have_no_record_then_they_are_counted_and_not_listed(
    type_command: Typist, small: Path
) -> None:
    typed = type_command(small)
    assert "(protocol small, variant short)" in typed.out
    assert re.findall(r"^(?:VS|MOOD|STRICT) .*$", typed.out, re.MULTILINE) == ["VS    1"]
    assert "2 forms without a record (trialkit form list)." in typed.err
