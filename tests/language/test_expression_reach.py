"""Conditions that can never be true or always are: what is found, in which words, and that every claim holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import prod

import pytest
from book_sample import ask, book_scope
from hypothesis import given, settings
from hypothesis import strategies as st
from language_sample import SCOPE, sample_row

from trialkit.language import ExpressionError, ExpressionProblem, Row, Scope, ScopedItem, compile_expression
from trialkit.language.reach import find_unreachable
from trialkit.language.skip_reach import unreachable_items
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item
from trialkit.model.kind import Kind, Typed
from trialkit.model.partial import PartialDate

TWO = "Did you mean or? Otherwise change one of the two."
PARTS = "Did you mean or? Otherwise change one of the parts."
NUMBER = "Change the number, or leave the comparison out."
OPEN = "Leave it out, or ask for something that can be otherwise."
BOTH = "Did you mean and? Otherwise leave it out, since it asks for nothing."


def found(text: str, scope: Scope = SCOPE) -> list[ExpressionProblem]:
    return find_unreachable(compile_expression(text, scope, Kind.BOOLEAN).tree, scope)


def codes(text: str, scope: Scope = SCOPE) -> list[str]:
    return [str(problem.code) for problem in found(text, scope)]


@pytest.mark.parametrize(
    ("text", "column", "message", "remedy"),
    [
        ("DIABP < 60 and DIABP > 100", 22, "DIABP < 60 and DIABP > 100 can never both be true.", TWO),
        ('SEX = "F" and SEX = "M"', 19, 'SEX = "F" and SEX = "M" can never both be true.', TWO),
        ('SEX in ("F") and SEX <> "F"', 22, 'SEX in ("F") and SEX <> "F" can never both be true.', TWO),
        ("SYSBP is missing and SYSBP > 70", 28, "SYSBP is missing and SYSBP > 70 can never both be true.", TWO),
        ("days(VSDAT, ENDAT) > 3 and ENDAT is missing", 34,
         "days(VSDAT, ENDAT) > 3 and ENDAT is missing can never both be true.", TWO),
        ('reason(SYSBP) = "ND" and SYSBP > 100', 32,
         'reason(SYSBP) = "ND" and SYSBP > 100 can never both be true.', TWO),
        ("SYSBP - DIABP < 20 and SYSBP - DIABP > 100", 38,
         "SYSBP - DIABP < 20 and SYSBP - DIABP > 100 can never both be true.", TWO),
        ("SYSBP > DIABP and SYSBP <= DIABP", 25, "SYSBP > DIABP and SYSBP <= DIABP can never both be true.", TWO),
        ("VSDAT < ENDAT and ENDAT < VSDAT", 25, "VSDAT < ENDAT and ENDAT < VSDAT can never both be true.", TWO),
        ("PULSE * 2 < 10 and PULSE > 20", 26, "PULSE * 2 < 10 and PULSE > 20 can never both be true.", TWO),
        ("PULSE > 3 and (PULSE > 5 or PULSE <= 2) and PULSE < 4", 51,
         "PULSE > 3 and (PULSE > 5 or PULSE <= 2) and PULSE < 4 can never all be true.", PARTS),
        ("PULSE = 1 and DIABP > 40 and PULSE <> 1", 36, "PULSE = 1 and PULSE <> 1 can never both be true.", TWO),
        ('has(RACE, "ASIAN") and RACE not in ("ASIAN")', 29,
         'has(RACE, "ASIAN") and RACE not in ("ASIAN") can never both be true.', TWO),
        ('tag("DOSING") and not tag("DOSING")', 19, 'tag("DOSING") and not tag("DOSING") can never both be true.', TWO),
        ("SYSBP + 10 > 300", 12, "SYSBP + 10 > 300 can never be true: SYSBP + 10 is 70 to 270.", NUMBER),
        ("abs(SYSBP - DIABP) < 0", 20,
         "abs(SYSBP - DIABP) < 0 can never be true: abs(SYSBP - DIABP) is 0 to 230.", NUMBER),
        ("count_missing(PULSE, SYSBP) < 0", 29,
         "count_missing(PULSE, SYSBP) < 0 can never be true: count_missing(PULSE, SYSBP) is at least 0.", NUMBER),
        ('not (SEX in ("F", "M"))', 1, 'SEX not in ("F", "M") can never be true.',
         "Ask for something that can be so, or leave it out."),
        ('SEX not in ("F", "M")', 5, 'SEX not in ("F", "M") can never be true.',
         "Ask for something that can be so, or leave it out."),
        # a part of something that can be true
        ("(PULSE < 3 and PULSE > 5) or DIABP > 100", 22, "PULSE < 3 and PULSE > 5 can never both be true.", TWO),
        ("if(SYSBP > 100 and SYSBP < 90, 1, 2) = 1", 26, "SYSBP > 100 and SYSBP < 90 can never both be true.", TWO),
        ("not (DIABP < 60 and DIABP > 100)", 27, "DIABP < 60 and DIABP > 100 can never both be true.", TWO),
    ],
)  # fmt: skip
def test_reach_when_a_condition_can_never_be_true_then_the_parts_that_exclude_each_other_are_named(
    text: str, column: int, message: str, remedy: str
) -> None:
    assert found(text) == [ExpressionProblem("D128", message, remedy, column)]


@pytest.mark.parametrize(
    ("text", "column", "message", "remedy"),
    [
        ("SYSBP is missing or SYSBP is present", 27, "SYSBP is missing or SYSBP is present is always true.", BOTH),
        ('SEX = "F" or DIABP > 40 or SEX = "M" or SEX is missing', 45,
         'SEX = "F" or SEX = "M" or SEX is missing is always true.', BOTH),
        ('tag("DOSING") or not tag("DOSING")', 18, 'tag("DOSING") or not tag("DOSING") is always true.', BOTH),
        ("count_missing(PULSE, SYSBP) >= 0", 29,
         "count_missing(PULSE, SYSBP) >= 0 is always true: count_missing(PULSE, SYSBP) is at least 0.", OPEN),
        ("PULSE > 60 and (SYSBP is missing or SYSBP is present)", 43,
         "SYSBP is missing or SYSBP is present is always true.", BOTH),
    ],
)  # fmt: skip
def test_reach_when_a_condition_is_always_true_then_it_is_said(
    text: str, column: int, message: str, remedy: str
) -> None:
    assert found(text) == [ExpressionProblem("D140", message, remedy, column)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prev(SYSBP) > 5 and prev(SYSBP) < 3", "prev(SYSBP) > 5 and prev(SYSBP) < 3 can never both be true."),
        ("DM.AGE > 5 and DM.AGE < 3", "DM.AGE > 5 and DM.AGE < 3 can never both be true."),
        ("first_dose() < VSDAT and first_dose() > VSDAT",
         "first_dose() < VSDAT and first_dose() > VSDAT can never both be true."),
        ('SYSBP > at("PRE", TM.SYSBP) and SYSBP < at("PRE", TM.SYSBP)',
         'SYSBP > at("PRE", TM.SYSBP) and SYSBP < at("PRE", TM.SYSBP) can never both be true.'),
        ("bl(SYSBP) > 5 and bl(SYSBP) < 2", "bl(SYSBP) > 5 and bl(SYSBP) < 2 can never both be true."),
        ("scr(SYSBP) > 5 and scr(SYSBP) < 2", "scr(SYSBP) > 5 and scr(SYSBP) < 2 can never both be true."),
        ("any(AE) and count(AE) = 0", "any(AE) and count(AE) = 0 can never both be true."),
        ("count(AE) > 0.5 and count(AE) < 1", "count(AE) > 0.5 and count(AE) < 1 can never both be true."),
        ("count(AE) < 0", "count(AE) < 0 can never be true: count(AE) is at least 0."),
        ("count(AE, AESEV > 3 and AESEV < 4) > 1", "AESEV > 3 and AESEV < 4 can never both be true."),
        ('any(AE, AESER = "Y" and AESER = "N")', 'AESER = "Y" and AESER = "N" can never both be true.'),
        ("count(AE, AESTDAT = cur(VSDAT) and cur(SYSBP) > 5 and cur(SYSBP) < 3) > 1",
         "cur(SYSBP) > 5 and cur(SYSBP) < 3 can never both be true."),
        ("total(AE.AESEV) > 5 and total(AE.AESEV) < 2",
         "total(AE.AESEV) > 5 and total(AE.AESEV) < 2 can never both be true."),
        ("SYSBP > P.high and SYSBP < 100", "SYSBP > P.high and SYSBP < 100 can never both be true: P.high is 160."),
        ("any(AE, AETERM is present or AETERM is missing)", "AETERM is present or AETERM is missing is always true."),
        ("count(AE) >= 0", "count(AE) >= 0 is always true: count(AE) is at least 0."),
    ],
)  # fmt: skip
def test_reach_when_other_records_are_read_then_each_read_is_one_value(text: str, expected: str) -> None:
    assert [problem.message for problem in found(text, book_scope("VS"))] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        'SEX <> "F" or SEX <> "M"',
        "PULSE > 3 or PULSE <= 3",
        "(SYSBP > 100) = (DIABP > 60)",
        "VSDAT < ENDAT or VSDAT >= ENDAT",
        "SYSBP > 100 and SYSBP < 101",
        'RACE in ("WHITE") and RACE in ("ASIAN")',
        "PULSE + 1 is missing and PULSE is present",
        "round(PULSE, 1) >= 5 and PULSE < 5",
        "number(REASND) > 5 and length(REASND) < 5",
        "if(SEX = \"F\", SYSBP, DIABP) > 150 and SEX = \"M\"",
        "text(1.0) = text(1)",
        "(SYSBP > 100) is missing",
        'visit() not in ("D1", "D8", "SCR")',
    ],
)  # fmt: skip
def test_reach_when_a_condition_can_come_out_either_way_then_nothing_is_said(text: str) -> None:
    assert found(text) == []


def test_reach_when_integers_leave_no_room_then_it_is_found_and_with_decimals_not() -> None:
    text = "PULSE > 3 and PULSE < 4"
    items = {**SCOPE.items, "PULSE": ScopedItem(Kind.NUMBER, whole=True)}
    assert codes(text, replace(SCOPE, items=items)) == ["D128"]
    assert codes(text) == []


def test_reach_when_a_parameter_puts_the_whole_rule_out_of_action_then_its_number_is_named() -> None:
    scope = replace(SCOPE, parameters={"hr_hi": Decimal(300), "bp_hold_sys": Decimal(50)})
    (one,) = found("SYSBP > P.hr_hi", scope)
    assert one.message == (
        "SYSBP > P.hr_hi can never be true: the hard range of SYSBP is 60 to 260 and P.hr_hi is 300."
    )
    (other,) = found("SYSBP < P.bp_hold_sys or (SYSBP > 100 and SYSBP < P.bp_hold_sys)", scope)[:1]
    assert "P.bp_hold_sys is 50" in other.message
    assert one.is_absent
    assert other.is_absent


def test_reach_when_a_parameter_puts_only_a_part_out_of_action_then_nothing_is_said() -> None:
    scope = replace(SCOPE, parameters={"hr_hi": Decimal(300)})
    assert found("SYSBP > P.hr_hi or DIABP > 100", scope) == []
    assert found("P.hr_hi > 200 and DIABP > 100", scope) == []


@pytest.mark.parametrize(("number", "expected"), [(4, ["D128"]), (9, [])])
def test_reach_when_it_would_take_too_many_branches_then_it_is_given_up_silently(
    number: int, expected: list[str]
) -> None:
    names = [f"X{place}" for place in range(number)]
    scope = replace(SCOPE, items={name: ScopedItem(Kind.NUMBER) for name in names})
    choices = " and ".join(f"({name} = 0 or {name} = 1)" for name in names)
    assert codes(f"{choices} and {' + '.join(names)} > 100", scope) == expected


# --- soundness ---


SMALL = replace(
    SCOPE,
    items={
        "A": ScopedItem(Kind.NUMBER, hard=Interval.model_validate("0..4"), whole=True),
        "B": ScopedItem(Kind.NUMBER, hard=Interval.model_validate("-1..3")),
        "C": ScopedItem(Kind.NUMBER),
        "S": ScopedItem(Kind.TEXT, ("F", "M")),
        "T": ScopedItem(Kind.TEXT),
        "R": ScopedItem(Kind.CODES, ("X", "Y")),
        "D": ScopedItem(Kind.DATE),
        "E": ScopedItem(Kind.DATE),
    },
    parameters={"two": Decimal(2)},
)
SIGNS = ["=", "<>", "<", "<=", ">", ">="]
NUMBERS = ["A", "B", "C", "A + B", "A - B", "C * 2", "-A", "abs(B)", "min(A, B)", "max(A, C)", "sum(A, B)", "P.two",
           "round(B, 0)", "floor(B)", "count_missing(A, T)", "if(S = \"F\", A, B)", "max_known(A, B)", "A * B",
           "B / 2", "length(T)", "A / B"]  # fmt: skip
CONSTANTS = ["0", "1", "2", "3", "2.5", "-1"]
LEAVES = (
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(SIGNS), st.sampled_from([*CONSTANTS, *NUMBERS])).map(" ".join)
    | st.tuples(st.sampled_from(["A", "B", "C", "A + B"]), st.sampled_from(["in (1, 2)", "not in (0, 2.5)",
                "is missing", "is present", "in (A, 2)"])).map(" ".join)
    | st.sampled_from(['S = "F"', 'S = "M"', 'S <> "F"', 'S in ("F", "M")', "S is missing", 'T = "a"', 'T <> "a"',
                       "T = S", "T is present", 'has(R, "X")', 'R in ("X", "Y")', 'R not in ("X")', "R is missing",
                       "D < E", "D = E", "E >= D", "D <> D", "days(D, E) > 1", "dtc(D, VSTIM) < E", "D is missing",
                       'tag("DOSING")', 'reason(A) = "ND"', "D < today()", "date(D) = D", "reason(A) is present"])
)  # fmt: skip
SMALL = replace(SMALL, items={**SMALL.items, "VSTIM": ScopedItem(Kind.TIME)})


def truths() -> st.SearchStrategy[str]:
    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return (
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})")
            | st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})")
            | inner.map("(not {})".format)
            | st.tuples(inner, inner).map(lambda parts: f"({parts[0]} = {parts[1]})")
            | st.tuples(inner, inner, inner).map(lambda parts: f"if({', '.join(parts)})")
            | inner.map("({} is missing)".format)
        )

    return st.recursive(LEAVES.map("({})".format), grow, max_leaves=6)


FEW: dict[str, list[Typed]] = {
    "A": [None, *map(Decimal, range(5))],
    "B": [None, *map(Decimal, ["-1", "0", "0.5", "1", "2", "2.5", "3", "3.0"])],
    "C": [None, *map(Decimal, ["-1", "0", "1", "2", "3", "2.5", "9", "1E+6144"])],
    "S": [None, "F", "M"],
    "T": [None, "a", "F", "xyz"],
    "R": [None, ("X",), ("Y",), ("X", "Y")],
    "D": [None, *map(PartialDate.parse, ["2024", "2024-06", "2024-06-01", "2024-06-20"])],
    "E": [None, *map(PartialDate.parse, ["2024", "2024-06-01", "2024-06-01T10:00"])],
}
"""The values that an item has in the records."""


def nth_row(number: int) -> Row:
    """One of all the records that these values make, by its number: one draw for each record, where ten take long."""
    values: dict[str, Typed] = {}
    for name, some in FEW.items():
        number, place = divmod(number, len(some))
        values[name] = some[place]
    reasons = {"A": "ND"} if values["A"] is None and number & 1 else {}
    tags = frozenset({"DOSING"}) if number & 2 else frozenset[str]()
    return sample_row({name: value for name, value in values.items() if value is not None}, reasons, tags=tags)


ROWS = st.integers(0, 4 * prod(map(len, FEW.values())) - 1).map(nth_row)


@settings(max_examples=400, deadline=None)
@given(truths(), st.lists(ROWS, min_size=10, max_size=25))
def test_reach_when_it_claims_something_then_no_record_speaks_against_it(text: str, given_rows: list[Row]) -> None:
    try:
        compiled = compile_expression(text, SMALL, Kind.BOOLEAN)
    except ExpressionError:
        return  # a comparison with a constant that its hard range excludes
    for problem in find_unreachable(compiled.tree, SMALL):
        words = said(problem)
        if words.endswith("…"):
            continue
        part = compile_expression(words, SMALL, Kind.BOOLEAN)
        outcomes = {part.evaluate(row) for row in given_rows}
        assert outcomes <= ({False, None} if problem.code == "D128" else {True}), words


def said(problem: ExpressionProblem) -> str:
    """The expression that a problem speaks of."""
    return problem.message.partition(" can never" if problem.code == "D128" else " is always")[0]


BOOK_LEAVES = st.sampled_from(
    ["SYSBP > 3", "SYSBP <= 3", "prev(SYSBP) > 3", "prev(SYSBP) < 3", "prev(SYSBP) is missing", "any(AE)",
     "count(AE) = 0", "count(AE) > 1", 'any(AE, AESER = "Y")', 'count(AE, AESER = "Y") = 0', "DM.AGE > 3",
     "DM.AGE is missing", "last(AE.AESEV) > 2", "last(AE.AESEV) <= 2", "total(AE.AESEV) > 2", "highest(SYSBP) > 3",
     "highest(SYSBP) < SYSBP", "lowest(SYSBP) > highest(SYSBP)", "count(VS, here()) = 1", "SYSBP > P.high",
     "first_dose() < VSDAT", "first_dose() is missing", "repeat() = 1", 'visit() = "V1"', "scr(SYSBP) > 3",
     "expected(\"VS\") > 0", "missing_forms() > 0", "visit_day() = 1", "before_dose()"]
)  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> str:
    number = st.integers(2, 4)
    records = []
    if draw(st.booleans()):
        records.append(f"V0 DM AGE={draw(number)}")
    for repeat in range(1, draw(st.integers(0, 2)) + 1):
        ser = draw(st.sampled_from(["Y", "N"]))
        records.append(f"V0 AE#{repeat} AESER={ser} AESEV={draw(number)}")
    if draw(st.booleans()):
        records.append("V1 EX EXDAT=2024-05-01")
    if draw(st.booleans()):
        records.append(f"V0 VS SYSBP={draw(number)}")
    records.append(draw(st.sampled_from(["V1 VS VSDAT=2024-05-02", "V1 VS SYSBP=3", "V1 VS SYSBP=4", "V2 VS SYSBP=2"])))
    return " | ".join(records)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(BOOK_LEAVES | BOOK_LEAVES.map("not ({})".format), min_size=2, max_size=3),
    st.sampled_from([" and ", " or "]),
    st.lists(books(), min_size=3, max_size=6),
)
def test_reach_when_it_claims_something_about_other_records_then_no_record_speaks_against_it(
    parts: list[str], word: str, given_books: list[str]
) -> None:
    text = word.join(parts)
    for problem in found(text, book_scope("VS")):
        words = said(problem)
        outcomes = {ask(words, book) for book in given_books}
        assert outcomes <= ({False, None} if problem.code == "D128" else {True}), words


# --- items that nobody is asked for ---


def form_of(*items: tuple[str, str | None]) -> Form:
    """A form of coded items Y and N; with each the condition on which it is asked for."""
    made = [
        Item(item=name, label=name, type="code", codelist="NY", required=True, collect_when=condition)
        for name, condition in items
    ]
    return Form(form="QS", title="QS", items=tuple(made))


def skipped(*items: tuple[str, str | None]) -> list[tuple[str, str, str]]:
    form = form_of(*items)
    scoped = {item.item: ScopedItem(Kind.TEXT, ("Y", "N")) for item in form.items}
    return [
        (one.item, one.message, one.remedy) for one in unreachable_items(form, replace(SCOPE, form="QS", items=scoped))
    ]


def test_skip_when_a_condition_excludes_itself_then_the_item_is_named() -> None:
    assert skipped(("A", None), ("B", 'A = "Y" and A = "N"')) == [
        (
            "B",
            'B is required and can never be asked for: it needs A = "Y" and A = "N", which can never both be true.',
            "Change the condition of B, or take B out of the form.",
        )
    ]


def test_skip_when_the_way_to_an_item_excludes_it_then_the_whole_way_is_told() -> None:
    assert skipped(("C", None), ("B", 'C = "N"'), ("A", 'B = "Y" and C = "Y"')) == [
        (
            "A",
            'A is required and can never be asked for: it needs B = "Y" and C = "Y", '
            'and B is asked for only when C = "N".',
            "Change the condition of A or of B, or take A out of the form.",
        )
    ]


def test_skip_when_an_item_hangs_on_one_that_is_never_asked_for_then_only_that_one_is_told() -> None:
    items = (("C", None), ("B", 'C = "N" and C = "Y"'), ("A", 'B = "Y"'))
    assert [one[0] for one in skipped(*items)] == ["B"]


def test_skip_when_the_condition_may_be_unknown_then_the_item_can_be_asked_for() -> None:
    assert skipped(("C", None), ("B", 'C = "N"'), ("A", 'B = "Y" and (C = "N" or C is missing)')) == []
    assert skipped(("C", None), ("B", 'C = "N"'), ("A", 'B = "Y" and C is missing')) == []
    assert skipped(("C", None), ("B", 'C = "N"'), ("A", 'B is missing and C = "Y"')) == []


def test_skip_when_a_condition_makes_no_sense_then_it_is_passed_over() -> None:
    assert skipped(("A", None), ("B", 'A = "X" and A = "Y"'), ("C", "A = ")) == []


def test_skip_when_two_items_wait_for_each_other_then_it_ends() -> None:
    assert skipped(("A", 'B = "Y"'), ("B", 'A = "Y"')) == []
