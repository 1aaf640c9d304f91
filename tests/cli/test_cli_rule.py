"""The commands about rules: listed, explained in words, and tried on their examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_sample import Typist
from form_sample import FILES, change, on_terminal, write

CHECKS = """\
checks:
  - check: VS903
    form: VS
    when: SYSBP - prev(SYSBP) > P.sys and VSPERF = "Y"
    action: block-dose
    items: [SYSBP]
    message: Rose too much.
    source: The label
    examples:
      fires: [V1 VS VSPERF=Y SYSBP=60 | V2 VS VSPERF=Y SYSBP=211]
      quiet: [V1 VS VSPERF=Y SYSBP=60 | V2 VS VSPERF=Y SYSBP=210]
      missing: [V2 VS VSPERF=Y SYSBP=211, "[HOME] VS SYSBP=1"]
  - check: VS904
    form: VS
    carried_out_by: V103
    severity: hard
    items: [SYSBP]
    message: Impossible.
    examples:
      fires: [V1 VS VSPERF=Y SYSBP=261]
"""


@pytest.fixture
def ruled(tmp_path: Path) -> Path:
    """The definitions of a study with checks that carry examples; nothing is stored."""
    study = FILES["study.yaml"].replace("variant: short\n", "variant: long\n")
    return write(tmp_path, {**FILES, "study.yaml": study, "forms/checks.yaml": CHECKS})


def spoil(folder: Path, old: str, new: str) -> None:
    """Change the checks in one place."""
    path = folder / "forms/checks.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_list_when_asked_for_then_each_rule_has_a_line_with_what_follows(type_command: Typist, ruled: Path) -> None:
    typed = type_command(ruled, "rule", "list")

    lines = typed.out.splitlines()
    assert typed.code == 0
    assert lines[0].split() == ["RULE", "FORM", "SEVERITY", "ACTION", "FROM", "WHAT"]
    assert "VS903  VS    soft      block-dose  study" in typed.out
    assert "VS904  VS    hard      reject" in typed.out
    assert "trialkit rule explain RULE" in typed.err


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (["--severity", "hard"], ["VS902", "VS904"]),
        (["--action", "block-dose"], ["VS903"]),
        (["--form", "vs"], ["VS901", "VS902", "VS903", "VS904"]),
        (["--form", "MOOD"], []),
        (["--form", "VS", "--severity", "soft", "--action", "query"], ["VS901"]),
    ],
)
def test_list_when_narrowed_then_the_others_are_left_out(
    options: list[str], rules: list[str], type_command: Typist, ruled: Path
) -> None:
    found = type_command(ruled, "rule", "list", "--json", *options).data
    assert [rule["rule"] for rule in found["rules"] if rule["plugin"] == "study"] == rules
    assert found["set_aside"] == {}


def test_list_when_all_are_asked_for_then_those_without_meaning_stand_with_the_reason(
    type_command: Typist, ruled: Path
) -> None:
    typed = type_command(ruled, "rule", "list", "--all")

    assert "SET ASIDE" in typed.out
    assert "The form VS of study took the place of the house's." in typed.out
    assert "The protocol uses no form" in typed.out
    assert "set aside in this study" in typed.err
    data = type_command(ruled, "rule", "list", "--all", "--json").data
    for name in ("VS001", "GL002"):  # the second is a check of whole sites, in Python
        assert data["set_aside"][name] == "The form VS of study took the place of the house's."


def test_explain_when_a_rule_is_named_then_all_about_it_is_told_in_words(type_command: Typist, ruled: Path) -> None:
    typed = type_command(ruled, "rule", "explain", "vs903")

    told = " ".join(typed.out.split())
    assert typed.code == 0
    assert told.startswith("VS903 Rose too much.")
    assert "Severity soft: stored, and a query opens" in told
    assert "Action block-dose: nobody gives the dose until an investigator overrides it with a reason" in told
    assert 'Written SYSBP - prev(SYSBP) > P.sys and VSPERF = "Y"' in told
    assert "Fires when all of this is so: SYSBP - (the last SYSBP of VS before this record) is above 150 mmHg" in told
    assert "If missing Where SYSBP or VSPERF is missing, it does not fire." in told
    assert "SYSBP What was the systolic blood pressure? mmHg records of VS before this record" in told
    assert "P.sys mmHg parameter of the protocol 150" in told
    assert "Source The label From study" in told
    assert "FIRES ON V1 VS VSPERF=Y SYSBP=60 | V2 VS VSPERF=Y SYSBP=211 QUIET ON" in told


def test_explain_when_asked_for_json_then_the_page_is_data(type_command: Typist, ruled: Path) -> None:
    data = type_command(ruled, "rule", "explain", "VS903", "--json").data

    assert (data["rule"], data["form"], data["action"], data["plugin"]) == ("VS903", "VS", "block-dose", "study")
    assert data["when_missing"] == ["Where SYSBP or VSPERF is missing, it does not fire."]
    assert [(found["name"], found["origin"]) for found in data["reads"]] == [
        ("SYSBP", "this record"),
        ("SYSBP", "records of VS before this record"),
        ("P.sys", "parameter of the protocol"),
        ("VSPERF", "this record"),
    ]
    assert data["examples"]["fires"] == ["V1 VS VSPERF=Y SYSBP=60 | V2 VS VSPERF=Y SYSBP=211"]


def test_explain_when_the_house_carries_a_rule_out_then_its_code_and_limit_are_told(
    type_command: Typist, ruled: Path
) -> None:
    told = " ".join(type_command(ruled, "rule", "explain", "VS904").out.split())

    assert "Written carried out by V103" in told
    assert "V103 speaks of SYSBP: The number is outside the hard range" in told
    assert "this record possible: 60 to 260" in told


def test_explain_when_it_is_a_code_of_the_house_then_the_code_is_explained(type_command: Typist, ruled: Path) -> None:
    assert type_command(ruled, "rule", "explain", "V103").out.startswith("V103  Impossible value")


def test_explain_when_the_rule_is_not_there_then_the_nearest_or_the_reason_is_told(
    type_command: Typist, ruled: Path
) -> None:
    unknown = type_command(ruled, "rule", "explain", "VS905")
    assert unknown.code == 2
    assert "Did you mean VS90" in unknown.err
    aside = type_command(ruled, "rule", "explain", "VS001")
    assert aside.code == 2
    assert "took the place of the house's" in aside.err


def test_explain_when_a_code_is_a_rule_of_the_study_then_it_leads_there(
    type_command: Typist, ruled: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert type_command(ruled, "explain", "VS903").out == type_command(ruled, "rule", "explain", "VS903").out
    assert type_command(ruled, "explain", "VS903", "--json").data["rule"] == "VS903"
    aside = type_command(ruled, "explain", "VS001")
    assert (aside.code, "took the place of the house's" in aside.err) == (2, True)
    assert "U134" in type_command(ruled, "explain", "VS999").err
    assert "U134" in type_command(tmp_path_factory.mktemp("nowhere"), "explain", "VS903").err


def test_test_when_all_examples_come_out_then_the_totals_are_told(type_command: Typist, ruled: Path) -> None:
    typed = type_command(ruled, "rule", "test", "VS903")

    assert typed.code == 0
    assert "1 rule, 3 examples run by both evaluators: all as they say. 1 does not apply in this protocol." in typed.err
    assert "The protocol has no visit tagged HOME." in typed.out
    assert "Running" not in typed.err


def test_test_when_an_example_does_not_come_out_then_it_is_told_with_its_operands(
    type_command: Typist, ruled: Path
) -> None:
    spoil(ruled, "VSPERF=Y SYSBP=210]", "VSPERF=Y SYSBP=212]")

    typed = type_command(ruled, "rule", "test", "--form", "VS")

    assert typed.code == 1
    lines = typed.out.splitlines()
    assert lines[:4] == [
        "VS903 quiet: V1 VS VSPERF=Y SYSBP=60 | V2 VS VSPERF=Y SYSBP=212",
        "  should be  it does not fire, and nothing is missing",
        "  came out   it fires  (record by record and all at once)",
        '  with       SYSBP - prev(SYSBP) = 152, SYSBP = 212, prev(SYSBP) = 60, P.sys = 150, VSPERF = "Y"',
    ]
    assert "WITHOUT EXAMPLES" in lines
    assert "VS901  fires, quiet, missing" in lines
    assert "VS904  quiet, missing" in lines
    assert "1 example not as it says." in typed.err


def test_test_when_asked_for_json_then_faults_are_data(type_command: Typist, ruled: Path) -> None:
    spoil(ruled, "fires: [V1 VS VSPERF=Y SYSBP=261]", "fires: [V1 VS VSPERF=Y SYSBP=260]")

    typed = type_command(ruled, "rule", "test", "VS904", "--json")

    assert typed.code == 1
    (fault,) = typed.data["faults"]
    assert (fault["rule"], fault["kind"], fault["came"]) == ("VS904", "fires", "it does not fire")
    assert typed.data["lacking"] == {"VS904": ["quiet", "missing"]}


def test_test_when_the_study_sets_a_number_then_what_it_changes_is_told_apart_and_not_wrong(
    type_command: Typist, ruled: Path
) -> None:
    change(ruled, "study.yaml", "{dia: 95}", "{dia: 95, sys: 140}")

    typed = type_command(ruled, "rule", "test", "VS903")
    data = type_command(ruled, "rule", "test", "VS903", "--json").data

    assert typed.code == 0
    assert "NOT FOR THIS VARIANT" in typed.out
    assert "P.sys is 140 in this study, 150 in the protocol.  1         VS903" in typed.out
    assert "DO NOT APPLY IN THIS PROTOCOL" in typed.out
    assert (
        "1 rule, 2 examples run by both evaluators: all as they say. 1 does not apply in this protocol. "
        "1 is not for this variant." in typed.err
    )
    assert (data["run"], data["faults"]) == (2, [])
    assert [(apart["kind"], apart["reason"]) for apart in data["differing"]] == [
        ("quiet", "P.sys is 140 in this study, 150 in the protocol.")
    ]
    assert [skipped["reason"] for skipped in data["skipped"]] == ["The protocol has no visit tagged HOME."]


def test_test_when_the_variant_leaves_a_visit_out_then_its_examples_are_not_for_it(
    type_command: Typist, ruled: Path
) -> None:
    change(ruled, "study.yaml", "variant: long", "variant: short")

    typed = type_command(ruled, "rule", "test", "VS903")

    assert typed.code == 0
    assert "The variant short has no visit V2.  3         VS903" in typed.out
    change(ruled, "study.yaml", "variant: short\n", "")
    assert "NOT FOR THIS" not in type_command(ruled, "rule", "test", "VS903").out


def test_test_when_a_rule_is_not_there_then_it_is_refused(type_command: Typist, ruled: Path) -> None:
    assert type_command(ruled, "rule", "test", "VS905").code == 2
    assert "trialkit explain V103" in type_command(ruled, "rule", "test", "V103").err


def test_explain_when_shown_on_a_terminal_then_no_line_is_wider_than_it(ruled: Path) -> None:
    shown = on_terminal(ruled, "rule", "explain", "VS903", columns=72)

    assert shown[0].startswith("VS903")
    assert [line for line in shown if len(line) > 72 and " | " not in line] == []
