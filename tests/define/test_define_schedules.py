"""Schedules: sets, conditions, variants, restrictions, and what a study follows in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from trialkit.errors import Problem
from trialkit.model.protocol import Protocol
from trialkit.model.study import Study

PROTOCOL = """\
protocol: small
title: A small protocol
parameters:
  hold_sys: {value: 160, to_confirm: A guess.}
timepoints:
  - {timepoint: PRE, label: Before, number: 1}
  - {timepoint: POST, label: After, number: 2}
conditions:
  PAIN: {label: participants with pain}
sets:
  DOSING:
    - {form: VS, timepoints: [PRE, POST]}
log_forms: [AE]
restrictions:
  - {tag: DOSING, modes: [CLINIC], reason: It is given under observation only.}
to_confirm: [The whole of it.]
visits:
  - {visit: V1, label: First, number: 1, day: 1, modes: [CLINIC], tags: [DOSING], sets: [DOSING]}
  - visit: V2
    label: Second
    number: 2
    day: 8
    modes: [CLINIC, VIDEO]
    forms:
      - {form: AE, required: false, condition: PAIN}
variants:
  - variant: pain
    title: In pain
    requires: [PAIN]
    parameters: {hold_sys: 150}
    to_confirm: [The limit in pain.]
  - variant: short
    title: One visit less
    without: [V2]
    visits:
      - {visit: V3, label: Third, number: 1.5, modes: [CLINIC], forms: [{form: VS}]}
      - {visit: V1, label: First again, number: 1, day: 1, modes: [CLINIC], sets: [DOSING], forms: [{form: VS}]}
"""

STUDY = "study: ESK-101\ntitle: A study\nprotocol: small\nsites: [{site: '01'}]\n"

Compile = Callable[..., Study]
ProblemsOf = Callable[..., tuple[Problem, ...]]


def planned(protocol: Protocol) -> dict[str, list[tuple[str, tuple[str, ...], bool, str | None]]]:
    """Visit to its scheduled forms."""
    return {
        visit.visit: [(entry.form, entry.timepoints, entry.required, entry.condition) for entry in visit.forms]
        for visit in protocol.visits
    }


def test_schedule_when_visits_name_sets_then_the_study_has_their_forms(compiled: Compile) -> None:
    protocol = compiled(protocol=PROTOCOL).protocol
    assert planned(protocol) == {
        "V1": [("VS", ("PRE", "POST"), True, None)],
        "V2": [("AE", (), False, "PAIN")],
    }
    assert protocol.variants == ()
    assert protocol.to_confirm == ("The whole of it.",)


def test_variant_when_it_requires_a_condition_then_its_forms_are_required(compiled: Compile) -> None:
    study = compiled(study=STUDY + "variant: pain\n", protocol=PROTOCOL)
    assert planned(study.protocol)["V2"] == [("AE", (), True, None)]
    assert study.parameter("hold_sys") == Decimal(150)
    assert study.protocol.to_confirm == ("The whole of it.", "The limit in pain.")


def test_variant_when_the_study_overrides_its_number_then_the_study_wins(compiled: Compile) -> None:
    study = compiled(study=STUDY + "variant: pain\nparameters: {hold_sys: 145}\n", protocol=PROTOCOL)
    assert study.parameter("hold_sys") == Decimal(145)
    assert study.protocol.parameters["hold_sys"].to_confirm == ""


def test_variant_when_it_adds_and_replaces_visits_then_they_stand_by_number(compiled: Compile) -> None:
    protocol = compiled(study=STUDY + "variant: short\n", protocol=PROTOCOL).protocol
    assert planned(protocol) == {
        "V1": [("VS", (), True, None), ("VS", ("PRE", "POST"), True, None)],
        "V3": [("VS", (), True, None)],
    }
    assert [visit.label for visit in protocol.visits] == ["First again", "Third"]


def test_variant_when_a_rule_speaks_of_what_it_leaves_out_then_the_rule_still_stands(compiled: Compile) -> None:
    rules = 'checks:\n  - {check: C1, form: VS, when: tag("DOSING") or visit() = "V2", message: M}\n'
    protocol = PROTOCOL.replace("modes: [CLINIC], sets: [DOSING], forms: [{form: VS}]}", "modes: [CLINIC]}")
    study = compiled(study=STUDY + "variant: short\n", protocol=protocol, extra=[("small", "c.yaml", rules)])
    assert "V2" not in [visit.visit for visit in study.protocol.visits]
    assert "DOSING" not in [tag for visit in study.protocol.visits for tag in visit.tags]
    assert [check.check for check in study.checks["VS"]] == ["C1", "VS001"]


def test_study_when_it_names_an_unknown_variant_then_the_nearest_is_told(problems_of: ProblemsOf) -> None:
    found = problems_of(study=STUDY + "variant: pian\n", protocol=PROTOCOL)
    assert [(problem.code, problem.message, problem.remedy) for problem in found] == [
        ("D133", "Protocol small has no variant 'pian'.", "Did you mean 'pain'?")
    ]


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        (
            "sets: [DOSING]}\n  - visit: V2",
            "sets: [DOSIGN]}\n  - visit: V2",
            "18:90: D135: The protocol has no set 'DOSIGN'.",
        ),
        ("condition: PAIN}", "condition: PIAN}", "25:48: D138: The protocol has no condition 'PIAN'."),
        ("requires: [PAIN]", "requires: [PIAN]", "29:16: D138: The protocol has no condition 'PIAN'."),
        ("{hold_sys: 150}", "{hold_syst: 150}", "30:18: D112: The protocol has no parameter 'hold_syst'."),
        ("without: [V2]", "without: [V9]", "34:15: D117: The protocol has no visit 'V9'."),
        (
            "forms: [{form: VS}]}\n      - {visit: V1",
            "forms: [{form: VX}]}\n      - {visit: V1",
            "36:80: D116: Unknown form 'VX'.",
        ),
        (
            "- {form: VS, timepoints: [PRE, POST]}",
            "- {form: VS, timepoints: [PRE, PST]}",
            "12:36: D117: Unknown timepoint 'PST'.",
        ),
        (
            "modes: [CLINIC], tags: [DOSING]",
            "modes: [HOME], tags: [DOSING]",
            "18:57: D136: Visit V1 is tagged DOSING and takes place as HOME; only CLINIC is allowed. "
            "Write CLINIC. It is given under observation only.",
        ),
        (
            "number: 1.5, modes: [CLINIC]",
            "number: 1.5, tags: [DOSING], modes: [CLINIC, HOME]",
            "D136: Visit V3 is tagged DOSING and takes place as HOME; only CLINIC is allowed.",
        ),
        (
            "number: 1.5, modes: [CLINIC]",
            "number: 1.5, tags: [DOSING]",
            "D136: Visit V3 is tagged DOSING and does not say how it takes place; only CLINIC is allowed.",
        ),
    ],
)
def test_schedule_when_a_name_or_a_mode_is_wrong_then_one_problem_says_where(
    problems_of: ProblemsOf, written: str, instead: str, problem: str
) -> None:
    assert PROTOCOL.count(written) == 1
    found = problems_of(protocol=PROTOCOL.replace(written, instead))
    assert [problem in str(one) for one in found] == [True], [str(one) for one in found]


def test_schedule_when_a_form_is_in_two_sets_at_one_timepoint_then_it_is_found(problems_of: ProblemsOf) -> None:
    text = PROTOCOL.replace("log_forms:", "  AGAIN:\n    - {form: VS, timepoints: [POST]}\nlog_forms:")
    found = problems_of(
        protocol=text.replace("sets: [DOSING]}\n  - visit: V2", "sets: [DOSING, AGAIN]}\n  - visit: V2")
    )
    assert [one.message for one in found] == ["Form VS is scheduled twice at visit V1 at POST."]


def test_form_when_it_belongs_to_a_site_then_no_visit_may_have_it(
    problems_of: ProblemsOf, small_texts: Mapping[str, str]
) -> None:
    found = problems_of(ae=small_texts["ae"] + "reference: true\n", protocol=PROTOCOL)
    assert [(one.code, one.message) for one in found] == [
        ("D137", "Form AE belongs to a site and can not be scheduled at a visit.")
    ]


def test_item_when_it_is_hidden_from_an_unknown_role_then_the_nearest_is_told(
    problems_of: ProblemsOf, small_texts: Mapping[str, str]
) -> None:
    roles = "codelists:\n  - {codelist: ROLE, terms: [{code: RATER}, {code: MONITOR}]}\n"
    text = small_texts["ae"].replace("type: text}", "type: text, hidden_from: [RATER, MONITR]}")
    found = problems_of(ae=text, extra=[("small", "roles.yaml", roles)])
    assert [(one.code, one.remedy) for one in found] == [("D134", "Did you mean 'MONITOR'?")]
