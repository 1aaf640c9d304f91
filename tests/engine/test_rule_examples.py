"""The examples of rules: read as entry reads, asked by both evaluators, and told when they do not come out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from engine_sample import plugin
from rule_sample import assembly_with, check_text, only_fault, outcome_of

from trialkit.document.rule_silence import needed_items
from trialkit.engine import Assembly, assemble
from trialkit.engine.examples.outcome import EXAMPLE_KINDS, run_examples
from trialkit.engine.rules import find_study_rule, study_rules
from trialkit.errors import UsageError
from trialkit.extension import PythonCheck, RecordView, SiteCheck, SiteView
from trialkit.model.check import Check, Examples, Severity
from trialkit.model.kind import Function, Kind
from trialkit.registry import load_registry

NO_EXAMPLES = Examples()


def test_examples_when_all_come_out_then_nothing_is_told(tmp_path: Path) -> None:
    outcome = outcome_of(
        tmp_path,
        "when: SYSBP <= DIABP",
        fires="V1 VS SYSBP=80 DIABP=80",
        quiet="V1 VS SYSBP=81 DIABP=80",
        missing=["V1 VS SYSBP=80", "V1 VS SYSBP=80 DIABP=.ND"],
    )

    assert (outcome.rules, outcome.run, outcome.faults, outcome.lacking) == (1, 4, (), {})


def test_example_when_it_does_not_fire_then_both_evaluators_and_the_operands_are_told(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "when: SYSBP - DIABP > P.rise and DM.AGE > 60", fires="V1 VS SYSBP=130 DIABP=90")

    fault = only_fault(outcome)
    assert (fault.rule, fault.kind, fault.example) == ("C1", "fires", "V1 VS SYSBP=130 DIABP=90")
    assert fault.evaluator == "record by record and all at once"
    assert fault.operands == {
        "SYSBP - DIABP": "40",
        "SYSBP": "130",
        "DIABP": "90",
        "P.rise": "40",
        "DM.AGE": "missing",
    }


def test_quiet_example_when_something_is_missing_then_it_is_asked_whether_it_is_meant_so(tmp_path: Path) -> None:
    fault = only_fault(outcome_of(tmp_path, "when: SYSBP <= DIABP", quiet="V1 VS SYSBP=80"))

    assert fault.came == "it is unknown, since something is missing: is it an example for missing?"


def test_quiet_and_missing_examples_when_the_rule_fires_then_each_is_told(tmp_path: Path) -> None:
    firing = "V1 VS SYSBP=80 DIABP=90"
    outcome = outcome_of(tmp_path, "when: SYSBP <= DIABP", quiet=firing, missing=firing)

    assert [(fault.kind, fault.came) for fault in outcome.faults] == [("quiet", "it fires"), ("missing", "it fires")]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("V1", "nothing stands where a form is expected"),
        ("V1 VS SYSBP", "SYSBP is no ITEM=VALUE"),
        ("V1 VS SYSPB=120", "VS has no item"),
        ("V1 VS SYSBP=high", "SYSBP"),
        ('V1 VS WEIGHT="80 stone"', "WEIGHT"),
        ("V1 VS SYSBP=1 | V1 VS SYSBP=2", "two records are the same one"),
        ("V1 VS#2 SYSBP=1", "VS has one record at a visit"),
        ("V1.2 VS SYSBP=1", "visit V1 does not repeat"),
        ("- VS SYSBP=1", "belongs to a visit"),
        ("V1 STAFF WHO=ann | V1 VS SYSBP=1", "belong to a site"),
        ("V1 VS SYSBP=1 | V1 DM AGE=3", "the last record is one of DM"),
        ("V1 VS entered=soon SYSBP=1", "entered=soon"),
    ],
)
def test_example_when_it_can_not_be_read_then_it_is_told_why(text: str, part: str, tmp_path: Path) -> None:
    fault = only_fault(outcome_of(tmp_path, "when: SYSBP <= DIABP", quiet=text))

    assert fault.came.startswith("it can not be run: ")
    assert part in fault.came
    assert fault.evaluator == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("V1 PK CONC=1 | V1 VS SYSBP=1", "The protocol uses no form PK."),
        ("V9 VS SYSBP=1", "The protocol has no visit V9."),
        ("[HOME] VS SYSBP=1", "The protocol has no visit tagged HOME."),
        ("[DOSING 3] VS SYSBP=1", "The protocol has 2 visits tagged DOSING."),
        ("V3 VS@T+90 SYSBP=1", "The protocol has no timepoint T+90."),
    ],
)
def test_example_when_the_protocol_lacks_what_it_speaks_of_then_it_is_skipped(
    text: str, reason: str, tmp_path: Path
) -> None:
    outcome = outcome_of(tmp_path, "when: SYSBP <= DIABP", quiet=text)

    assert [(skipped.example, skipped.reason) for skipped in outcome.skipped] == [(text, reason)]
    assert (outcome.run, outcome.faults) == (0, ())


def test_rule_when_a_kind_of_example_is_not_there_then_the_kind_is_named(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "when: SYSBP <= DIABP", fires="V1 VS SYSBP=1 DIABP=1")

    assert outcome.lacking == {"C1": ("quiet", "missing")}


@pytest.mark.parametrize(
    ("when", "fires", "quiet"),
    [
        ("when: WEIGHT > 80", 'V1 VS WEIGHT="177 LB"', 'V1 VS WEIGHT="176 LB"'),
        ("when: WEIGHT > 80", "V1 VS WEIGHT=80.1", 'V1 VS WEIGHT="80 kg"'),
        ("when: DOUBLE > 80", "V1 VS DOUBLE=81", "V1 VS DOUBLE=80"),
        ("when: VSDAT > today()", "today=2024-05-01 | V1 VS VSDAT=2024-05-02", "V1 VS VSDAT=2024-05-02"),
        ("when: SYSBP - prev(SYSBP) > P.rise", "V1 VS SYSBP=100 | V2 VS SYSBP=141",
         "V1 VS SYSBP=100 | V2 VS SYSBP=140"),
        ('when: tag("DOSING")', "[DOSING 2] VS@PRE SYSBP=1", "* VS SYSBP=1"),
        ("when: repeat() > 1 or visit() = \"UNS\"", "UNS.2 VS SYSBP=1", "V2 VS SYSBP=1"),
        ("when: before_dose() and timepoint() is present", "V3 VS@PRE SYSBP=1", "V3 VS@P40 SYSBP=1"),
        ('when: DM.SEX = "F"', "V1 DM SEX=F | V2 VS SYSBP=1", "V1 DM SEX=M | V2 VS SYSBP=1"),
        ("when: first_dose() = VSDAT", "V2 EX EXDAT=2024-05-01 | V3 VS@PRE VSDAT=2024-05-01",
         "V2 EX EXDAT=2024-05-02 | V3 EX EXDAT=2024-05-01 | V3 VS@PRE VSDAT=2024-05-01"),
        ("when: count(AE) > 1", "V1 AE AETERM=a | V1 AE#2 AETERM=b | V1 VS SYSBP=1",
         'V1 AE AETERM="a b" | V1 VS SYSBP=1'),
        ("when: not any(STAFF, WHO = cur(entered_by()))", "- STAFF WHO=ann | V1 VS by=bob SYSBP=1",
         "- STAFF WHO=ann | - STAFF#2 WHO=bob | V1 VS by=bob SYSBP=1"),
        ("when: days(VSDAT, entered()) > 5", "V1 VS entered=2024-05-07T01:00 VSDAT=2024-05-01",
         "V1 VS entered=2024-05-06T23:00 VSDAT=2024-05-01"),
        ("when: subjects_with(KIT) > 1", "V1 VS KIT=K1 | V1 VS KIT=K1", "V1 VS KIT=K1"),
        ("when: subjects_with(KIT) > 1", "V2 VS subject=OTHER KIT=K1 | V1 VS KIT=K1", "V2 VS KIT=K1 | V1 VS KIT=K1"),
    ],
)  # fmt: skip
def test_example_when_it_is_run_then_it_is_read_as_entry_reads(
    when: str, fires: str, quiet: str, tmp_path: Path
) -> None:
    outcome = outcome_of(tmp_path, when, fires=fires, quiet=quiet)

    assert outcome.faults == ()
    assert outcome.run == 2


@pytest.mark.parametrize(
    ("line", "fires", "quiet", "missing"),
    [
        ("carried_out_by: V103\n    items: [SYSBP]", "V1 VS SYSBP=261", "V1 VS SYSBP=260", "V1 VS SYSBP=.ND"),
        ("carried_out_by: N101\n    items: [VSDAT]", "V1 VS VSDAT=2024-02-30", "V1 VS VSDAT=2024-02-29", "V1 VS KIT=1"),
        ("carried_out_by: N103\n    items: [WEIGHT]", "V1 VS WEIGHT=80", 'V1 VS WEIGHT="80 kg"', "V1 VS WEIGHT=.ND"),
    ],
)
def test_rule_of_the_house_when_it_carries_a_check_out_then_its_code_is_what_counts(
    line: str, fires: str, quiet: str, missing: str, tmp_path: Path
) -> None:
    assert outcome_of(tmp_path, line, fires=fires, quiet=quiet, missing=missing).faults == ()
    (fault,) = outcome_of(tmp_path, line, fires=quiet).faults
    assert (fault.came, fault.evaluator) == ("it does not fire", "record by record")


def test_examples_when_many_stand_in_one_table_then_none_sees_the_records_of_another(tmp_path: Path) -> None:
    rising = [f"V1 VS SYSBP={low} | V2 VS SYSBP={low + 41}" for low in range(60, 160)]
    alone = [f"V2 VS SYSBP={value}" for value in range(60, 160)]
    staff = [f"- STAFF WHO=u{number} | V2 VS SYSBP=1{number:02}" for number in range(100)]
    condition = "when: SYSBP - prev(SYSBP) > P.rise or count(STAFF) > 1"

    outcome = outcome_of(tmp_path, condition, fires=rising, missing=[*alone, *staff])

    assert (outcome.run, outcome.faults) == (300, ())


def test_example_when_a_function_fails_then_it_does_not_pass_for_missing(tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    function = Function("bmi", (Kind.NUMBER,), Kind.NUMBER, fail)
    module = plugin("mine", language_functions=lambda: [function])
    assembly = assembly_with(tmp_path, check_text("when: bmi(SYSBP) > 3", missing="V1 VS SYSBP=100"), module)

    fault = only_fault(run_examples(assembly, [rule for rule in study_rules(assembly) if rule.rule == "C1"]))

    assert fault.came == "bmi could not be evaluated"
    assert fault.operands["bmi(SYSBP)"] == "not evaluated"


def _site_check(examples: Examples) -> SiteCheck:
    def fires(view: SiteView) -> bool | None:
        here = [row.values["SYSBP"] for row in view.rows.get("VS", ())]
        there = [row.values["SYSBP"] for row in view.others.get("VS", ())]
        return None if len(here) < 2 else len(here) > len(there)

    return SiteCheck("S1", "VS", ("SYSBP",), "More than elsewhere.", fires, examples=examples)


def test_check_of_a_site_when_it_carries_examples_then_site_a_is_asked(tmp_path: Path) -> None:
    two = "V1 VS SYSBP=100 | V1 VS SYSBP=100"
    examples = Examples(
        fires=(two,), quiet=(f"{two} | V1 VS site=B SYSBP=9 | V2 VS site=B SYSBP=9",), missing=("V1 VS SYSBP=100",)
    )
    module = plugin("mine", validate_checks=lambda: [_site_check(examples)])
    assembly = assembly_with(tmp_path, check_text("when: SYSBP <= DIABP"), module)

    def run(check: SiteCheck) -> tuple[str, ...]:
        rule = next(found for found in study_rules(assembly) if found.rule == "S1")
        found = run_examples(assembly, [replace(rule, definition=check, examples=check.examples)])
        return tuple(fault.came for fault in found.faults)

    assert run(_site_check(examples)) == ()
    assert run(_site_check(Examples(quiet=("V1 VS SYSBP=100",))))[0].startswith("it is unknown")
    assert run(_site_check(Examples(quiet=(two,)))) == ("it fires",)


def _python_check(examples: Examples = NO_EXAMPLES) -> PythonCheck:
    def fires(view: RecordView) -> bool | str | None:
        systolic, diastolic = view.values["SYSBP"], view.values["DIABP"]
        if systolic is None or diastolic is None:
            return None
        return "DIABP" if systolic <= diastolic else False  # type: ignore[operator]  # both are numbers

    return PythonCheck("P1", "VS", ("SYSBP",), Severity.SOFT, "Swapped.", fires, examples)


def test_rule_in_python_when_it_carries_examples_then_true_false_and_none_are_told_apart(tmp_path: Path) -> None:
    high, low, lacking = "V1 VS SYSBP=80 DIABP=90", "V1 DM AGE=3 | V2 VS SYSBP=90 DIABP=80", "V1 VS SYSBP=90"

    def run(examples: Examples) -> list[tuple[str, str, str]]:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        module = plugin("mine", validate_checks=lambda: [_python_check(examples)])
        assembly = assembly_with(folder, check_text("when: SYSBP <= DIABP"), module)
        found = run_examples(assembly, [rule for rule in study_rules(assembly) if rule.rule == "P1"])
        return [(fault.kind, fault.came, fault.evaluator) for fault in found.faults]

    assert run(Examples(fires=(high,), quiet=(low,), missing=(lacking,))) == []
    assert run(Examples(fires=(low,), quiet=(lacking,), missing=(high,))) == [
        ("fires", "it does not fire", "record by record"),
        ("quiet", "it is unknown, since something is missing: is it an example for missing?", "record by record"),
        ("missing", "it fires", "record by record"),
    ]
    assert run(Examples(quiet=("V1 VS SYSPB=1",)))[0][1].startswith("it can not be run: ")


def test_rule_in_python_when_it_raises_on_an_example_then_it_does_not_pass_for_missing(tmp_path: Path) -> None:
    check = replace(_python_check(Examples(missing=("V1 VS SYSBP=1",))), fires=lambda view: view.values["NO"])
    module = plugin("mine", validate_checks=lambda: [check])
    assembly = assembly_with(tmp_path, check_text("when: SYSBP <= DIABP"), module)

    outcome = run_examples(assembly, [rule for rule in study_rules(assembly) if rule.rule == "P1"])

    assert only_fault(outcome).came == "Check P1 was not evaluated: it raised KeyError."


def test_rule_in_python_when_it_carries_no_examples_then_that_is_told_as_of_any_other(tmp_path: Path) -> None:
    check = replace(_python_check(), severity=Severity.HARD)
    module = plugin("mine", validate_checks=lambda: [check])
    assembly = assembly_with(tmp_path, check_text("when: SYSBP <= DIABP"), module)
    rule = find_study_rule(assembly, "p1")

    assert rule is not None
    assert (rule.severity, rule.action, rule.origin.plugin) == ("hard", "reject", "mine")
    assert run_examples(assembly, [rule]).lacking == {"P1": EXAMPLE_KINDS}


def test_progress_when_examples_are_run_then_it_ends_with_all_of_them(tmp_path: Path) -> None:
    examples = [f"V1 VS SYSBP={value} DIABP=50" for value in range(60, 70)]
    assembly = assembly_with(tmp_path, check_text("when: SYSBP <= DIABP", quiet=examples))
    told: list[tuple[int, int]] = []

    run_examples(assembly, study_rules(assembly), lambda done, total: told.append((done, total)))

    assert told[-1] == (len(told), len(told))


def test_rule_when_nobody_knows_it_then_the_nearest_is_named(tmp_path: Path) -> None:
    assembly = assembly_with(tmp_path, check_text("when: SYSBP <= DIABP"))

    with pytest.raises(UsageError, match="No rule C01") as caught:
        find_study_rule(assembly, "C01")
    assert caught.value.remedy == "Did you mean C1? trialkit rule list shows them all."
    assert find_study_rule(assembly, "v103") is None


def _study_of(route: str, folder: Path) -> Assembly:
    (folder / "study.yaml").write_text(
        f'study: R-1\ntitle: A study\nprotocol: {route}\nsites: [{{site: "012"}}]\n', encoding="utf-8"
    )
    return assemble(folder, load_registry())


@pytest.mark.slow
@pytest.mark.parametrize("route", ["iv", "nasal", "oral"])
def test_rules_of_a_protocol_when_their_examples_are_run_then_all_come_out(route: str, tmp_path: Path) -> None:
    assembly = _study_of(route, tmp_path)

    outcome = run_examples(assembly, study_rules(assembly))

    assert [(fault.rule, fault.kind, fault.example, fault.came) for fault in outcome.faults] == []
    assert outcome.lacking == {}
    assert outcome.run > len(EXAMPLE_KINDS) * outcome.rules / 2


@pytest.mark.slow
@pytest.mark.parametrize("route", ["iv", "nasal", "oral"])
def test_rule_when_an_item_that_it_needs_is_taken_away_then_it_does_not_fire(route: str, tmp_path: Path) -> None:
    """What `rule explain` says of missing values, tried on every example that fires."""
    assembly = _study_of(route, tmp_path)
    rules = []
    for rule in study_rules(assembly):
        when = rule.definition.when if isinstance(rule.definition, Check) else None
        if when is None:
            continue
        needed = [name for name in needed_items(rule.form, when) if "." not in name]
        taken = tuple(
            blanked for text in rule.examples.fires for name in needed if (blanked := _without(text, name)) != text
        )
        rules.append(replace(rule, examples=Examples(missing=taken)))

    outcome = run_examples(assembly, rules)

    assert outcome.run > len(rules)
    assert [(fault.rule, fault.example, fault.came) for fault in outcome.faults] == []


def _without(text: str, item: str) -> str:
    """An example whose checked record has no value for an item."""
    *others, checked = text.split(" | ")
    kept = [part for part in _parts(checked) if not part.startswith(f"{item}=")]
    return " | ".join([*others, " ".join(kept)])


def _parts(record: str) -> list[str]:
    """The words of a record; those within double quotes stay together."""
    parts: list[str] = []
    for word in record.split(" "):
        if parts and parts[-1].count('"') % 2:
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    return parts
