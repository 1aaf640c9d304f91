"""Examples in a study that follows a variant, or sets something itself: wrong ones are told from those not for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_sample import plugin
from rule_sample import FILES, check_text

from trialkit.engine import Assembly, assemble
from trialkit.engine.examples.outcome import ExamplesOutcome, run_examples
from trialkit.engine.rules import study_rules
from trialkit.extension import PythonCheck, RecordView
from trialkit.model.check import Examples, Severity
from trialkit.model.study import StudyDefinition
from trialkit.registry import load_registry

VARIANTS = """\
variants:
  - variant: short
    title: Two visits
    without: [V2]
    parameters: {rise: 20}
    visits:
      - visit: V3
        label: Visit 3
        number: 3
        day: 10
        tags: [DOSING]
        forms: [{form: VS, timepoints: [PRE, P40]}, {form: EX}]
"""

OTHER_VS = """\
form: VS
title: Vital signs of our own
items:
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..300}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg}
"""


def study_with(folder: Path, check: str, study: str = "", **files: str) -> Assembly:
    """A study that follows a protocol of its own folder, with one check; `study` is added to its definition."""
    texts = {
        **FILES,
        "study.yaml": FILES["study.yaml"] + study,
        "protocol.yaml": FILES["protocol.yaml"] + VARIANTS,
        "forms/checks.yaml": check,
        **files,
    }
    return _written(folder, texts)


def plugged_study(folder: Path, check: str, study: str = "", own: dict[str, str] | None = None) -> Assembly:
    """The same study with protocol, forms and check from a plugin; `own` are files of the study's folder."""
    plugged = {**FILES, "protocol.yaml": FILES["protocol.yaml"] + VARIANTS, "forms/checks.yaml": check}
    for name, text in plugged.items():
        if name != "study.yaml":
            _write(folder / "plugged" / name, text)
    module = plugin(
        "mine",
        define_protocols=lambda: [folder / "plugged/protocol.yaml"],
        define_forms=lambda: [folder / "plugged/forms"],
    )
    return _written(folder / "study", {"study.yaml": FILES["study.yaml"] + study, **(own or {})}, module)


def _written(folder: Path, texts: dict[str, str], modules: object = None) -> Assembly:
    for name, text in texts.items():
        _write(folder / name, text)
    return assemble(folder, load_registry(modules=modules))  # type: ignore[arg-type]  # what `plugin` gives


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def outcome_of(assembly: Assembly, rule: str = "C1") -> ExamplesOutcome:
    """What the examples of one rule come to."""
    return run_examples(assembly, [found for found in study_rules(assembly) if found.rule == rule])


def reasons_of(outcome: ExamplesOutcome) -> list[tuple[str, str]]:
    """The examples that are not for the study, each with the reason."""
    return [(apart.example, apart.reason) for apart in outcome.differing]


RISING = check_text(
    "when: SYSBP - DIABP > P.rise",
    fires=["V1 VS SYSBP=101 DIABP=60", "V1 VS SYSBP=200 DIABP=60"],
    quiet="V1 VS SYSBP=100 DIABP=60",
    missing="V1 VS SYSBP=100",
)


@pytest.mark.parametrize(
    ("study", "reason"),
    [
        ("variant: short\n", "P.rise is 20 in the variant short, 40 in the protocol."),
        ("parameters: {rise: 30.5}\n", "P.rise is 30.5 in this study, 40 in the protocol."),
        ("variant: short\nparameters: {rise: 30}\n", "P.rise is 30 in this study, 40 in the protocol."),
    ],
)
def test_example_when_a_number_is_another_one_then_only_what_it_changes_is_set_apart(
    study: str, reason: str, tmp_path: Path
) -> None:
    outcome = outcome_of(study_with(tmp_path, RISING, study))

    assert reasons_of(outcome) == [("V1 VS SYSBP=100 DIABP=60", reason)]
    assert (outcome.run, outcome.faults, outcome.skipped) == (3, (), ())


def test_example_when_a_method_reads_the_number_then_the_number_is_the_reason(tmp_path: Path) -> None:
    protocol = FILES["protocol.yaml"].replace("methods: {", "methods: {limit: {value: P.rise + 60}, ") + VARIANTS
    check = check_text("when: SYSBP > limit()", quiet="V1 VS SYSBP=100", fires="V1 VS SYSBP=101")
    assembly = study_with(tmp_path, check, "variant: short\n", **{"protocol.yaml": protocol})

    assert reasons_of(outcome_of(assembly)) == [
        ("V1 VS SYSBP=100", "P.rise is 20 in the variant short, 40 in the protocol.")
    ]


def test_example_when_it_is_wrong_in_the_protocol_as_well_then_it_stays_wrong(tmp_path: Path) -> None:
    check = check_text("when: SYSBP - DIABP > P.rise", quiet=["V1 VS SYSBP=101 DIABP=60", "V1 VS SYSBP=100 DIABP=60"])

    outcome = outcome_of(study_with(tmp_path, check, "variant: short\n"))

    assert [fault.example for fault in outcome.faults] == ["V1 VS SYSBP=101 DIABP=60"]
    assert [example for example, _ in reasons_of(outcome)] == ["V1 VS SYSBP=100 DIABP=60"]


def test_example_when_nothing_that_it_depends_on_differs_then_it_is_wrong_here_too(tmp_path: Path) -> None:
    outcome = outcome_of(
        study_with(tmp_path, check_text("when: SYSBP <= DIABP", quiet="V1 VS SYSBP=1 DIABP=1"), "variant: short\n")
    )

    assert len(outcome.faults) == 1
    assert outcome.differing == ()


@pytest.mark.parametrize(
    ("when", "fires", "reason"),
    [
        (
            "when: visit_day() = 8",
            "[DOSING] VS SYSBP=1",
            "[DOSING] is V3 in the variant short, V2 in the protocol.",
        ),
        (
            "when: visit_day() = 15",
            "V3 VS@PRE SYSBP=1",
            "Visit V3 is planned otherwise in the variant short: day.",
        ),
        ("when: SYSBP = 100", "V2 VS SYSBP=100", "The variant short has no visit V2."),
        ("when: SYSBP = 100", "[DOSING 2] VS SYSBP=100", "The variant short has 1 visits tagged DOSING."),
    ],
)
def test_example_when_a_variant_plans_visits_otherwise_then_the_visit_is_the_reason(
    when: str, fires: str, reason: str, tmp_path: Path
) -> None:
    outcome = outcome_of(study_with(tmp_path, check_text(when, fires=fires), "variant: short\n"))

    assert reasons_of(outcome) == [(fires, reason)]
    assert (outcome.run, outcome.faults, outcome.skipped) == (0, (), ())


def test_example_when_the_protocol_lacks_what_it_speaks_of_then_no_variant_is_blamed(tmp_path: Path) -> None:
    check = check_text("when: SYSBP = 100", fires=["V9 VS SYSBP=100", "V2 PK CONC=1 | V1 VS SYSBP=100"])

    outcome = outcome_of(study_with(tmp_path, check, "variant: short\n"))

    assert [skipped.reason for skipped in outcome.skipped] == [
        "The protocol has no visit V9.",
        "The protocol uses no form PK.",
    ]
    assert outcome.differing == ()


def test_example_of_a_plugin_when_the_study_replaces_its_form_then_the_form_is_the_reason(tmp_path: Path) -> None:
    check = check_text("carried_out_by: V103\n    items: [SYSBP]", fires=["V1 VS SYSBP=261", "V1 VS SYSBP=301"])
    told = [("V1 VS SYSBP=261", "The form VS is the study's own.")]

    outcome = outcome_of(plugged_study(tmp_path, check, own={"vs.yaml": OTHER_VS}))

    assert reasons_of(outcome) == told
    assert (outcome.run, outcome.faults) == (1, ())


def test_example_when_it_names_an_item_that_the_own_form_lacks_then_it_is_not_wrong(tmp_path: Path) -> None:
    check = check_text("when: SYSBP = 100", fires="V1 VS SYSBP=100 KIT=A")

    outcome = outcome_of(plugged_study(tmp_path, check, own={"vs.yaml": OTHER_VS}))

    assert reasons_of(outcome) == [("V1 VS SYSBP=100 KIT=A", "The form VS is the study's own.")]
    assert (outcome.run, outcome.faults) == (0, ())


def test_example_of_a_rule_of_the_study_when_it_does_not_come_out_then_no_number_excuses_it(tmp_path: Path) -> None:
    own = RISING.replace("C1", "C2")

    assembly = plugged_study(tmp_path, RISING, "parameters: {rise: 30}\n", own={"checks.yaml": own})

    assert [fault.example for fault in outcome_of(assembly, "C2").faults] == ["V1 VS SYSBP=100 DIABP=60"]
    assert outcome_of(assembly, "C1").faults == ()


def test_example_of_a_rule_in_python_when_the_study_sets_its_number_then_the_number_is_the_reason(
    tmp_path: Path,
) -> None:
    def checks(study: StudyDefinition) -> list[PythonCheck]:
        limit = study.parameters.get("rise", 140)

        def fires(view: RecordView) -> bool:
            return view.values["SYSBP"] > limit  # type: ignore[operator]  # a number in every example

        examples = Examples(fires=("V1 VS SYSBP=141",), quiet=("V1 VS SYSBP=140",))
        return [PythonCheck("P1", "VS", ("SYSBP",), Severity.SOFT, "Too high.", fires, examples)]

    texts = {**FILES, "study.yaml": FILES["study.yaml"] + "parameters: {rise: 120}\n"}
    protocol = FILES["protocol.yaml"].replace("value: 40", "value: 140")
    assembly = _written(tmp_path, {**texts, "protocol.yaml": protocol}, plugin("mine", validate_checks=checks))

    outcome = outcome_of(assembly, "P1")

    assert reasons_of(outcome) == [("V1 VS SYSBP=140", "P.rise is 120 in this study, 140 in the protocol.")]
    assert outcome.faults == ()
