"""What the grammar reads, and what it says where it can not."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from trialkit.language import ExpressionError, ExpressionProblem, items_in
from trialkit.language.parse import parse
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Presence,
    Step,
)

OPERATOR = 'an operator (+ - * /), a comparison (= <> < <= > >=), "in", "is missing", "and", "or"'


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("120", Constant(Decimal(120), 1)),
        ("0.50", Constant(Decimal("0.50"), 1)),
        ('"Y"', Constant("Y", 1)),
        ('"say ""ah"""', Constant('say "ah"', 1)),
        ("SYSBP", ItemName(None, "SYSBP", 1)),
        ("VS.SYSBP", ItemName("VS", "SYSBP", 1)),
        ("P.bp_hold_sys", ParameterName("bp_hold_sys", 1)),
        ("-A", Minus(ItemName(None, "A", 2), 1)),
        ("today()", Call("today", (), 1)),
        ("A is missing", Presence(ItemName(None, "A", 1), False, 3)),
        ("A is present", Presence(ItemName(None, "A", 1), True, 3)),
        ("A in (1, 2)", Membership(ItemName(None, "A", 1), (Constant(Decimal(1), 7), Constant(Decimal(2), 10)), 3)),
        ("A not in (1)", Negation(Membership(ItemName(None, "A", 1), (Constant(Decimal(1), 11),), 7), 3)),
        (
            "A - B + C",
            Arithmetic(
                ItemName(None, "A", 1), (Step("-", ItemName(None, "B", 5), 3), Step("+", ItemName(None, "C", 9), 7)), 3
            ),
        ),
        (
            "A = 1 or B = 2",
            Junction(
                "or",
                (
                    Comparison("=", ItemName(None, "A", 1), Constant(Decimal(1), 5), 3),
                    Comparison("=", ItemName(None, "B", 10), Constant(Decimal(2), 14), 12),
                ),
                7,
            ),
        ),
    ],
)
def test_parse_when_text_is_sound_then_its_tree_is_given(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("loose", "bracketed"),
    [
        ("A or B and C", "A or (B and C)"),
        ("not A and B", "(not A) and B"),
        ("not A = B", "not (A = B)"),
        ("A + B * C", "A + (B * C)"),
        ("-A * B", "(-A) * B"),
        ("A + B < C * D", "(A + B) < (C * D)"),
        ("A + B is missing", "(A + B) is missing"),
        ("A\n  and\tB", "A and B"),
    ],
)
def test_parse_when_brackets_are_left_out_then_precedence_stands_in(loose: str, bracketed: str) -> None:
    assert _without_columns(loose) == _without_columns(bracketed)


def _without_columns(text: str) -> str:
    return re.sub(r"column=\d+", "", repr(parse(text)))


@pytest.mark.parametrize(
    ("text", "column", "message", "remedy"),
    [
        # habits of other languages
        ("SYSBP == 3", 7, '"==" is not part of the language.', "Write = instead."),
        ("A = 1 && B = 2", 7, '"&&" is not part of the language.', "Write and instead."),
        ("A = 1 || B = 2", 7, '"||" is not part of the language.', "Write or instead."),
        ("A != 3", 3, '"!=" is not part of the language.', "Write <> instead."),
        ("!A", 1, '"!" is not part of the language.', "Write not instead."),
        ("A =< 3", 3, '"=<" is not part of the language.', "Write <= instead."),
        ("A => 3", 3, '"=>" is not part of the language.', "Write >= instead."),
        ("A ≥ 3", 3, '"≥" is not part of the language.', "Write >= instead."),
        ("${SYSBP} > 3", 1, '"${SYSBP}" is not part of the language.', "Write SYSBP instead."),
        ("3 < [SYSBP]", 5, '"[SYSBP]" is not part of the language.', "Write SYSBP instead."),
        ("A in [1]", 6, '"[" is not part of the language.', 'Write round brackets, for example in ("A", "B").'),
        ("A = 'Y'", 5, '"\'" is not part of the language.', 'Write text in straight double quotes, for example "Y".'),
        ("A ** 2", 3, '"**" is not part of the language.', "Write power(x, 2) instead."),
        ("A > 36,6", 7, '"," is not part of the language.', "Write decimals with a point, for example 36.6."),
        ("A > .5", 5, '"." is not part of the language.', "Write a digit before the point, for example 0.5."),
        ("missing(A)", 1, '"missing" is not part of the language.', "Write X is missing instead."),
        ("A = 1 AND B = 2", 7, '"AND" is taken for a name.', "Write and instead."),
        ("Not A", 1, '"Not" is taken for a name.', "Write not instead."),
        # what was expected
        ("A B", 3, '"B" can not stand here.', f"Expected {OPERATOR} or the end."),
        ("f(A B)", 5, '"B" can not stand here.', f"Expected {OPERATOR}, a comma or a closing bracket."),
        ("5mg", 2, '"mg" can not stand here.', f"Expected {OPERATOR} or the end."),
        ("and A", 1, '"and" can not stand here.', "Expected a value."),
        ("A > 3)", 6, '")" can not stand here.', "Expected the end."),
        ("A is 3", 6, '"3" can not stand here.', 'Expected "missing" or "present".'),
        ("A is not missing", 6, '"not" can not stand here.', 'Expected "missing" or "present".'),
        ("A in 3", 6, '"3" can not stand here.', "Expected an opening bracket."),
        ("A not 3", 7, '"3" can not stand here.', 'Expected "in".'),
        ("A in ()", 7, '")" can not stand here.', "Expected a value."),
        (
            "A < B < C",
            7,
            '"<" can not stand here.',
            "Compare twice and join the two with and, for example A < B and B < C.",
        ),
        # the end, the beginning, and strange characters
        ("A > ", 4, "The expression ends too early.", "Expected a value."),
        ("(A > 3", 7, "The expression ends too early.", "Expected a closing bracket."),
        ("if(A", 5, "The expression ends too early.", "Expected a comma or a closing bracket."),
        (" \n", 1, "The expression is empty.", 'Write a comparison or a value, for example SEX = "F".'),
        ('A = "Y', 5, "The text has no closing quote.", 'Close it with ".'),
        (
            "A @ 3",
            3,
            '"@" is not part of the language.',
            "Use names, numbers, text in double quotes, brackets and the operators + - * / = <> < <= > >=.",
        ),
    ],
)
def test_parse_when_text_is_no_expression_then_problem_says_where_what_and_remedy(
    text: str, column: int, message: str, remedy: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.problems == (ExpressionProblem("D120", message, remedy, column),)


@pytest.mark.parametrize("deep", ["not " * 50 + "A", "-" * 50 + "1", "abs(" * 50 + "1" + ")" * 50])
def test_parse_when_nested_more_than_50_deep_then_refused(deep: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(deep)
    assert [problem.code for problem in caught.value.problems] == ["D129"]


@pytest.mark.parametrize(
    "flat", ["1" + " + 1" * 999, "A = 1" + " or A = 1" * 400, "(" * 400 + "A" + ")" * 400, "not " * 49 + "A"]
)
def test_parse_when_long_but_not_deep_then_read(flat: str) -> None:
    assert parse(flat)


def test_items_in_when_items_repeat_then_each_stands_once_in_order_of_first_use() -> None:
    tree = parse('if(C > A, B, days(A, VS.D)) + P.x > 3 and C is missing and E in ("A")')
    assert items_in(tree) == ("C", "A", "B", "D", "E")
