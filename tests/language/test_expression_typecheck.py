"""What the type check refuses, in which words, and that it refuses everything at once."""

from __future__ import annotations

import pytest
from language_sample import SCOPE

from trialkit.language import ExpressionError, ExpressionProblem, compile_expression
from trialkit.model.kind import Kind


@pytest.mark.parametrize(
    ("text", "code", "column", "message", "remedy"),
    [
        # names
        ("SYSBB > 3", "D121", 1, "The form VS has no item SYSBB.", "Did you mean SYSBP?"),
        ("sysbp > 3", "D121", 1, "The form VS has no item sysbp.", "Did you mean SYSBP?"),
        (
            "XXXXX > 3",
            "D121",
            1,
            "The form VS has no item XXXXX.",
            "Use one of SYSBP, DIABP, PULSE, SEX, DONE, REASND, RACE, VSDAT, ENDAT, VSTIM, ENTIM.",
        ),
        (
            "hr_hi > 3",
            "D121",
            1,
            "The form VS has no item hr_hi.",
            "Write P.hr_hi for the parameter of the protocol.",
        ),
        (
            "PULSE > 3 and DM.AGE > 65",
            "D122",
            15,
            "DM.AGE is not an item of the form VS.",
            "Only checks may read other records: use items of VS only.",
        ),
        ("PULSE > P.hr_hy", "D123", 9, "The protocol has no parameter hr_hy.", "Did you mean P.hr_hi?"),
        (
            "PULSE > P.zzz",
            "D123",
            9,
            "The protocol has no parameter zzz.",
            "Add it to the parameters of the protocol.",
        ),
        ("day(VSDAT, ENDAT) > 3", "D124", 1, "There is no function day().", "Did you mean days()?"),
        # arguments
        ("days(VSDAT) > 3", "D125", 1, "days() can not take 1 argument.", "Write days(date, date)."),
        ("max() > 3", "D125", 1, "max() can not take no arguments.", "Write max(number, …)."),
        (
            "if(PULSE > 3) = 3",
            "D125",
            1,
            "if() can not take 1 argument.",
            "Write if(condition, value, other value).",
        ),
        (
            "days(VSDAT, SEX) > 3",
            "D125",
            13,
            "Argument 2 of days() is a text: a date is expected.",
            "Write days(date, date).",
        ),
        (
            "minutes(VSDAT, VSTIM) > 3",
            "D125",
            16,
            "Argument 2 of minutes() is a time: a date is expected.",
            "Write minutes(date, date) or minutes(time, time).",
        ),
        ("tag(DONE)", "D125", 5, "tag() takes a tag in double quotes.", 'Write tag("DOSING").'),
        ('label("Y") = "x"', "D125", 7, "label() takes the name of an item.", "Write label(ITEM)."),
        ('label(REASND) = "x"', "D125", 7, "REASND has no code list.", "Write REASND alone."),
        (
            'unit(SEX) = "x"',
            "D125",
            6,
            "unit() takes an item that is a number, and SEX is not.",
            "Write unit(ITEM).",
        ),
        # kinds
        (
            "SEX = 1",
            "D126",
            5,
            "SEX is a text and 1 is a number: they can not be compared.",
            "Write codes in double quotes and numbers without, or convert with number().",
        ),
        (
            'RACE = "ASIAN"',
            "D126",
            6,
            'RACE is a set of several codes and "ASIAN" is a text: they can not be compared.',
            'Write has(ITEM, "CODE"), or ITEM in ("CODE").',
        ),
        ("RACE = RACE", "D126", 6, "Several codes can not be compared.", 'Ask for one of them: has(ITEM, "CODE").'),
        (
            "SEX in (1)",
            "D126",
            9,
            "SEX is a text and 1 is a number: they can not be compared.",
            "Write codes in double quotes and numbers without, or convert with number().",
        ),
        (
            "VSDAT > PULSE",
            "D126",
            7,
            "VSDAT is a date and PULSE is a number: they can not be compared.",
            "Compare two values of the same kind.",
        ),
        (
            'REASND > "A"',
            "D126",
            8,
            "A text has no order, so > has no meaning.",
            "Compare with = or <>, or convert a text of digits with number().",
        ),
        (
            "DONE and PULSE > 3",
            "D126",
            1,
            "DONE is a text where a truth value is expected.",
            'Write a comparison, for example DONE = "Y".',
        ),
        (
            "not PULSE",
            "D126",
            5,
            "PULSE is a number where a truth value is expected.",
            "Write a comparison, for example PULSE > 0.",
        ),
        (
            "VSDAT",
            "D126",
            1,
            "VSDAT is a date where a truth value is expected.",
            "Write a comparison, for example VSDAT is present.",
        ),
        (
            "VSDAT - PULSE > 3",
            "D126",
            1,
            "VSDAT is a date: only numbers can be calculated with.",
            "Count the time between two dates with days(), hours() or minutes().",
        ),
        (
            "if(PULSE > 3, 1, SEX) = 1",
            "D126",
            18,
            "if() gives a number or a text.",
            "Give both branches values of the same kind.",
        ),
        # codes and names of the protocol
        ('SEX = "f"', "D127", 7, '"f" is not in the code list of SEX.', 'Did you mean "F"?'),
        ('"Q" <> SEX', "D127", 1, '"Q" is not in the code list of SEX.', 'Write one of "F", "M".'),
        ('SEX not in ("F", "X1")', "D127", 18, '"X1" is not in the code list of SEX.', 'Write one of "F", "M".'),
        ('has(RACE, "ASIANS")', "D127", 11, '"ASIANS" is not in the code list of RACE.', 'Did you mean "ASIAN"?'),
        ('RACE in ("ASIANS")', "D127", 10, '"ASIANS" is not in the code list of RACE.', 'Did you mean "ASIAN"?'),
        (
            'visit() = "D9"',
            "D127",
            11,
            '"D9" is not in the visits of this protocol.',
            'Write one of "D1", "D8", "SCR".',
        ),
        (
            'timepoint() in ("T+60")',
            "D127",
            17,
            '"T+60" is not in the timepoints of this protocol.',
            'Did you mean "T+40"?',
        ),
        (
            'tag("DOSNG")',
            "D127",
            5,
            '"DOSNG" is not in the tags of the visits of this protocol.',
            'Did you mean "DOSING"?',
        ),
        (
            'reason(SYSBP) = "ZZ"',
            "D127",
            17,
            '"ZZ" is not in the missing reasons.',
            'Write one of "ND", "UNK", "NA", "REF", "TECH".',
        ),
        # never true
        (
            "SYSBP > 300",
            "D128",
            9,
            "SYSBP > 300 can never be true: the hard range of SYSBP is 60 to 260.",
            "Change the number, or leave the comparison out.",
        ),
        (
            "-5 > SYSBP",
            "D128",
            1,
            "SYSBP < -5 can never be true: the hard range of SYSBP is 60 to 260.",
            "Change the number, or leave the comparison out.",
        ),
        (
            "SYSBP in (120, 999)",
            "D128",
            16,
            "SYSBP = 999 can never be true: the hard range of SYSBP is 60 to 260.",
            "Change the number, or leave the comparison out.",
        ),
        (
            'REASND <> ""',
            "D128",
            11,
            "REASND can never be an empty text.",
            "Write REASND is missing, or REASND is present.",
        ),
    ],
)
def test_compile_when_expression_makes_no_sense_then_problem_says_where_what_and_remedy(
    text: str, code: str, column: int, message: str, remedy: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, SCOPE, Kind.BOOLEAN)
    assert caught.value.problems == (ExpressionProblem(code, message, remedy, column),)


@pytest.mark.parametrize(
    "text",
    [
        "SYSBP < 60",
        "SYSBP <= 59.9",
        "SYSBP > 260",
        "SYSBP >= 260.1",
        "SYSBP = 59",
        "260 < SYSBP",
    ],
)
def test_compile_when_comparison_lies_outside_the_hard_range_then_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, SCOPE, Kind.BOOLEAN)
    assert [problem.code for problem in caught.value.problems] == ["D128"]


@pytest.mark.parametrize(
    "text", ["SYSBP <= 60", "SYSBP < 60.1", "SYSBP >= 260", "SYSBP > 259.9", "SYSBP = 60", "SYSBP <> 999", "PULSE < -5"]
)
def test_compile_when_comparison_touches_the_hard_range_then_accepted(text: str) -> None:
    assert compile_expression(text, SCOPE, Kind.BOOLEAN).kind == Kind.BOOLEAN


def test_compile_when_many_faults_stand_in_one_expression_then_all_are_reported_in_order() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression('SYSBB > P.nix and SEX = "X1" or days(VSDAT, foo(ENDAX)) > 400', SCOPE, Kind.BOOLEAN)
    assert [(problem.column, problem.code) for problem in caught.value.problems] == [
        (1, "D121"),
        (9, "D123"),
        (25, "D127"),
        (45, "D124"),
        (49, "D121"),
    ]


@pytest.mark.parametrize(
    ("text", "expect", "kind"),
    [
        ("SYSBP + 1", Kind.NUMBER, Kind.NUMBER),
        ("SYSBP + 1", Kind.ANY, Kind.NUMBER),
        ("dtc(VSDAT, VSTIM)", Kind.DATE, Kind.DATE),
        ("label(SEX)", Kind.TEXT, Kind.TEXT),
        ("RACE", Kind.CODES, Kind.CODES),
        ("if(PULSE > 3, SEX)", Kind.TEXT, Kind.TEXT),
        ("minutes(VSTIM, ENTIM)", Kind.NUMBER, Kind.NUMBER),
        ("VS.VSTIM", Kind.TIME, Kind.TIME),
    ],
)
def test_compile_when_expected_kind_fits_then_kind_is_told(text: str, expect: Kind, kind: Kind) -> None:
    assert compile_expression(text, SCOPE, expect).kind == kind


def test_compile_when_another_kind_is_expected_then_refused() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("SYSBP + 1", SCOPE, Kind.DATE)
    assert caught.value.problems == (
        ExpressionProblem(
            "D126",
            "The expression gives a number where a date is expected.",
            "Write an expression that gives a date.",
            7,
        ),
    )


def test_compile_when_items_are_read_then_named_in_order_of_first_use() -> None:
    compiled = compile_expression("label(SEX) is present and VS.SYSBP > DIABP and SYSBP > 3", SCOPE, Kind.BOOLEAN)
    assert compiled.items == ("SEX", "SYSBP", "DIABP")


def test_error_when_shown_then_has_one_line_per_problem() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("AA > 3 or PULSE", SCOPE, Kind.BOOLEAN)
    assert [line.split(" ")[:2] for line in str(caught.value).splitlines()] == [["1:", "D121:"], ["11:", "D126:"]]
