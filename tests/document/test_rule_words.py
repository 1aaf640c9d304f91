"""Conditions of rules in English: when they fire, what they read, and what they do where something is missing."""

from __future__ import annotations

import pytest
from document_sample import NY, PROTOCOL, VS, route_study, small_study

from trialkit.document.rule_inputs import RuleInput, limited_inputs, rule_inputs
from trialkit.document.rule_silence import needed_items, silence_words
from trialkit.document.rule_words import RuleWords
from trialkit.language.parse import parse
from trialkit.language.tree import Call, ItemName, ParameterName, walk
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.study import Study

_PROTOCOL = Protocol.model_validate(
    {
        **PROTOCOL.model_dump(),
        "parameters": {"limit": {"value": 140, "unit": "mmHg", "label": "Limit", "source": "The label"}},
        "methods": {
            "first_dose": {"value": "first(EX.EXDTM)", "label": "Start of the first dose"},
            "last_level": {"value": "last(EX.LEVEL)"},
        },
    }
)
_EX = Form.model_validate(
    {
        "form": "EX",
        "title": "Dose",
        "repeating": True,
        "items": [
            {"item": "EXDTM", "label": "When?", "type": "datetime"},
            {"item": "LEVEL", "label": "Level", "type": "decimal", "unit": "mg"},
            {"item": "TWICE", "label": "Twice", "type": "decimal", "derive": "LEVEL * 2"},
            {"item": "WHO", "label": "By whom?", "type": "text"},
        ],
    }
)
_RACE = Form.model_validate(
    {"form": "DM", "title": "Person", "items": [{"item": "RACE", "label": "Race", "type": "codes", "codelist": "NY"}]}
)


def _study() -> Study:
    made = small_study(EX=_EX, DM=_RACE)
    return Study(made.definition, _PROTOCOL, made.forms, {"NY": NY}, {}, (), {}, "")


def _words(condition: str, form: str = "VS") -> str:
    return RuleWords(_study(), form).words(parse(condition))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("SYSBP <= HEIGHT", "SYSBP is at most HEIGHT"),
        ("SYSBP >= P.limit", "SYSBP is at least 140 mmHg (P.limit)"),
        ('VSPERF = "Y"', "VSPERF is Y (Yes)"),
        ('VSPERF <> "Y"', "VSPERF is not Y (Yes)"),
        ("VSDAT < today()", "VSDAT is before today"),
        ("VSDAT >= today()", "VSDAT is not before today"),
        ('VSPERF in ("Y", "N")', "VSPERF is one of Y (Yes), N (No)"),
        ('VSPERF in ("Y")', "VSPERF is Y (Yes)"),
        ('VSPERF not in ("Y", "N")', "VSPERF is none of Y (Yes), N (No)"),
        ('DM.RACE in ("Y")', "DM.RACE includes one of Y (Yes)"),
        ('has(DM.RACE, "Y")', "DM.RACE includes Y (Yes)"),
        ('not has(DM.RACE, "Y")', "DM.RACE does not include Y (Yes)"),
        ("NOTE is missing and VSDAT is present", "NOTE is missing and VSDAT is there"),
        ("SYSBP < 60 or SYSBP > 200", "SYSBP is below 60 or above 200"),
        ("SYSBP > 60 and HEIGHT > 1 and HEIGHT < 3", "SYSBP is above 60 and HEIGHT is above 1 and below 3"),
        ('VSPERF = "Y" and (SYSBP < 60 or NOTE is missing)',
         "VSPERF is Y (Yes) and (SYSBP is below 60 or NOTE is missing)"),
        ("not (SYSBP < 60)", "it is not so that SYSBP is below 60"),
        ("(SYSBP > 1) <> (HEIGHT > 1)", "these two do not agree: SYSBP is above 1; HEIGHT is above 1"),
        ("SYSBP * 2 + 1 > -HEIGHT", "(SYSBP * 2) + 1 is above -HEIGHT"),
        ("abs(SYSBP - HEIGHT) > 3", "the difference between SYSBP and HEIGHT is above 3"),
        ("days(VSDAT, today()) > 7", "the number of days from VSDAT to today is above 7"),
        ("max(SYSBP, HEIGHT) > 7", "the largest of SYSBP, HEIGHT is above 7"),
        ("if(SYSBP is present, SYSBP, HEIGHT) > 7", "(SYSBP, or else HEIGHT) is above 7"),
        ("if(SYSBP > 1, SYSBP, HEIGHT) > 7", "(SYSBP if SYSBP is above 1, else HEIGHT) is above 7"),
        ('tag("SCR") and not tag("DOSING")', "the visit is tagged SCR and the visit is not tagged DOSING"),
        ('reason(SYSBP) = "ND"', "SYSBP is missing with the reason ND (not done)"),
        ("upper(NOTE) = upper(NOTE)", "NOTE is NOTE (in small letters or capitals)"),
        ("VSDAT < first_dose()", "VSDAT is before the start of the first dose"),
        ("last_level() > 3", "last_level() is above 3"),
        ("missing_forms() > 0", "a form that everybody should have at the visit is not there"),
        ("outside_window(VSDAT, first_dose()) <> 0",
         "VSDAT is outside the window of the visit, counted from the start of the first dose"),
        ("subjects_with(NOTE) > 1", "another subject has the same NOTE"),
        ("any(EX)", "there is a record of EX"),
        ("not any(EX, here())", "there is no record of EX at the same visit"),
        ("count(EX, here()) = 0", "there is no record of EX at the same visit"),
        ("count(EX, LEVEL > 1) > 2", "the number of records of EX in which LEVEL is above 1, is above 2"),
        ("any(EX, EXDTM > cur(VSDAT) and WHO = cur(entered_by()))",
         "there is a record of EX in which EXDTM is after VSDAT of this record and WHO is who entered this record "
         "first"),
        ("any(EX, EXDTM > VS.VSDAT)", "there is a record of EX in which EXDTM is after VSDAT of this record"),
        ("any(EX, LEVEL > DM.RACE)", "there is a record of EX in which LEVEL is above DM.RACE"),
        ("SYSBP - prev(SYSBP) > 40", "SYSBP - (the last SYSBP of VS before this record) is above 40"),
        ('SYSBP > at("PRE", SYSBP)', "SYSBP is above SYSBP at timepoint PRE of the same visit"),
        ("SYSBP > bl(SYSBP)", "SYSBP is above the baseline of SYSBP"),
        ("SYSBP > scr(EX.LEVEL)", "SYSBP is above the last LEVEL of EX at screening"),
        ('last(EX.LEVEL, (tag("SCR") or tag("BL")) and before_dose()) > 2',
         "the last LEVEL of EX at a visit tagged SCR or BL before time 0 is above 2"),
        ("total(EX.LEVEL, WHO is present) > 2",
         "the sum of LEVEL among records of EX in which WHO is there, is above 2"),
        ("unheard(SYSBP) > 2", "unheard(SYSBP) is above 2"),
    ],
)  # fmt: skip
def test_condition_when_it_is_put_into_words_then_it_reads(condition: str, words: str) -> None:
    assert _words(condition) == words


def test_condition_when_it_is_long_then_its_parts_stand_below_each_other() -> None:
    condition = (
        'VSPERF = "Y" and (SYSBP > P.limit or HEIGHT > 200 or NOTE is missing) '
        "and not any(EX, here() and LEVEL > 3 and WHO is present and EXDTM < cur(VSDAT) and EXDTM < today())"
    )

    lines = RuleWords(_study(), "VS").outline(condition)

    assert [(line.depth, line.text) for line in lines] == [
        (0, "all of this is so:"),
        (1, "VSPERF is Y (Yes)"),
        (1, "SYSBP is above 140 mmHg (P.limit) or HEIGHT is above 200 or NOTE is missing"),
        (1, "there is no record of EX at the same visit in which all of this is so:"),
        (2, "LEVEL is above 3"),
        (2, "WHO is there"),
        (2, "EXDTM is before VSDAT of this record and before today"),
    ]


@pytest.mark.parametrize("route", ["iv", "nasal", "oral"])
def test_rules_of_a_protocol_when_they_are_explained_then_none_is_left_in_the_language(route: str) -> None:
    study = route_study(route)
    checks = [(form, check.when) for form, several in study.checks.items() for check in several if check.when]

    for form, condition in checks:
        text = "\n".join(line.text for line in RuleWords(study, form).outline(condition))
        read = {found.name for found in rule_inputs(study, form, condition)}
        nodes = [node for node, _ in walk(parse(condition))]
        assert "(" not in text or text.count("(") == text.count(")")
        assert "{" not in text
        assert not any(f"{word}(" in text for word in ("cur", "here", "before", "any", "count", "hours", "dtc", "if"))
        assert {f"P.{node.parameter}" for node in nodes if isinstance(node, ParameterName)} <= read
        assert {
            f"{node.function}()" for node in nodes if isinstance(node, Call) and node.function in study.protocol.methods
        } <= read
        assert silence_words(form, condition) or not any(isinstance(node, ItemName) for node in nodes)
    assert len(checks) > 100


def test_inputs_when_a_rule_reads_everything_then_each_says_where_it_comes_from() -> None:
    condition = (
        "SYSBP > P.limit and VSDAT > first_dose() and days(VSDAT, now()) > 3 "
        "and any(EX, here() and TWICE > cur(SYSBP)) and any(AE) and BMI > 3 "
        "and DM.RACE is missing and last(EX.LEVEL, before()) > 2"
    )

    assert rule_inputs(_study(), "VS", condition) == (
        RuleInput("SYSBP", "Systolic ≥ what?", "mmHg", "this record"),
        RuleInput("P.limit", "Limit", "mmHg", "parameter of the protocol", "140; The label"),
        RuleInput("VSDAT", "On which date?", "", "this record"),
        RuleInput("first_dose()", "Start of the first dose", "", "method of the protocol", "first(EX.EXDTM)"),
        RuleInput("now()", "The date and time at which the expression is evaluated", "", "the clock of the site"),
        RuleInput("EX.TWICE", "Twice", "", "records of EX at the same visit", "computed: LEVEL * 2"),
        RuleInput("AE", "Adverse events", "", "records of AE"),
        RuleInput("BMI", "Body mass index", "", "this record", "computed: SYSBP / HEIGHT"),
        RuleInput("DM.RACE", "Race", "", "the last record of DM up to this visit"),
        RuleInput("EX.LEVEL", "Level", "mg", "records of EX at an earlier visit"),
    )


def test_companion_when_the_schedule_has_both_forms_then_the_same_visit_is_named() -> None:
    (found,) = rule_inputs(_study(), "TM", "VS.SYSBP > 100")
    (other,) = rule_inputs(_study(), "PHQ", "VS.SYSBP > 100")

    assert found.origin == "the record of VS at the same visit"
    assert other.origin == "the record of VS at the same visit; at a visit without VS, the last one before"


@pytest.mark.parametrize(
    ("code", "detail"),
    [("V103", "possible: 60 to 260"), ("V202", 'asked when VSPERF = "Y"'), ("N101", "type integer"), ("", "")],
)
def test_limits_when_the_house_carries_a_rule_out_then_they_are_named(code: str, detail: str) -> None:
    (found,) = limited_inputs(VS, ["SYSBP"], code)

    assert (found.name, found.detail) == ("SYSBP", detail)


@pytest.mark.parametrize(
    ("condition", "sentences"),
    [
        ("SYSBP <= HEIGHT", ["Where SYSBP or HEIGHT is missing, it does not fire."]),
        ("SYSBP < 60 or HEIGHT < 1", ["Where SYSBP or HEIGHT is missing, it may still fire because of the rest."]),
        (
            'VSPERF = "Y" and NOTE is missing',
            ["Where VSPERF is missing, it does not fire.", "It looks for it that NOTE is missing."],
        ),
        (
            "SYSBP > DM.AGE",
            [
                "Where SYSBP or DM.AGE is missing, it does not fire.",
                "An item of another form is missing where that form has no such record.",
            ],
        ),
        (
            "any(EX, EXDTM > cur(VSDAT))",
            [
                "Where VSDAT is missing, it does not fire.",
                "Among the other records, one that lacks what is asked of it does not count.",
            ],
        ),
        (
            "not any(EX, EXDTM > cur(VSDAT))",
            [
                "Where VSDAT is missing, it may still fire because of the rest.",
                "Among the other records, one that lacks what is asked of it does not count.",
            ],
        ),
        ("any(EX)", ["Of this record itself it needs nothing."]),
        (
            "if(SYSBP is present, SYSBP, HEIGHT) > 7",
            ["Where SYSBP or HEIGHT is missing, it may still fire because of the rest."],
        ),
        (
            "count_missing(SYSBP, HEIGHT) > 1",
            ["Where SYSBP or HEIGHT is missing, it may still fire because of the rest."],
        ),
        (
            "dtc(VSDAT, VSTIM) > today()",
            [
                "Where VSDAT is missing, it does not fire.",
                "Where VSTIM is missing, it may still fire because of the rest.",
            ],
        ),
    ],
)
def test_silence_when_something_may_be_missing_then_it_is_told_what_the_rule_does(
    condition: str, sentences: list[str]
) -> None:
    assert list(silence_words("VS", condition)) == sentences


def test_needed_when_an_item_is_asked_in_one_of_two_ways_then_it_is_not_needed() -> None:
    assert needed_items("VS", "SYSBP > 3 and (HEIGHT > 3 or NOTE is present)") == ("SYSBP",)
    assert needed_items("VS", "not (SYSBP > 3) and VS.HEIGHT > 3") == ("SYSBP", "HEIGHT")
