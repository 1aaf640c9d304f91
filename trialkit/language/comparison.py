"""Judges comparisons: kinds that can not be compared, codes a list lacks, ranges that can never be reached."""

from __future__ import annotations

from decimal import Decimal

from trialkit.language.judgement import IN_WORDS, Judge, Judgement, constant_of, fits, phrase, quoted
from trialkit.language.problem import ProblemCode
from trialkit.language.tree import Comparison, Membership, Tree
from trialkit.language.units import require_same_unit
from trialkit.model.interval import Interval
from trialkit.model.kind import Kind
from trialkit.wording import find_nearest, list_some

_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EQUALITY = ("=", "<>")
_CONVERSIONS = {
    frozenset({Kind.NUMBER, Kind.TEXT}): "Write codes in double quotes and numbers without, or convert with number().",
    frozenset({Kind.CODES, Kind.TEXT}): 'Write has(ITEM, "CODE"), or ITEM in ("CODE").',
    frozenset({Kind.DATE, Kind.TIME}): "Join a date and a time with dtc(date, time).",
}


def judge_comparison(node: Comparison, by: Judge) -> Judgement:
    """Judge ``= <> < <= > >=``."""
    left, right = by.judge(node.left), by.judge(node.right)
    if not fits(left.kind, right.kind):
        _report_different_kinds(node.left, left, node.right, right, node.column, by)
    elif _can_be_compared(node, left, by):
        require_same_unit((node.left, left), (node.right, right), "compared", node.column, by)
        check_constant(node.operator, left, node.left, node.right, by)
        check_constant(_MIRRORED[node.operator], right, node.right, node.left, by)
    return Judgement(Kind.BOOLEAN)


def judge_membership(node: Membership, by: Judge) -> Judgement:
    """Judge ``in (…)``; of several codes, one of them must be in the brackets."""
    operand = by.judge(node.operand)
    wanted = Kind.TEXT if operand.kind == Kind.CODES else operand.kind
    for choice in node.choices:
        judged = by.judge(choice)
        if not fits(judged.kind, wanted):
            _report_different_kinds(node.operand, operand, choice, judged, choice.column, by)
        else:
            require_same_unit((node.operand, operand), (choice, judged), "compared", choice.column, by)
            check_constant("=", operand, node.operand, choice, by)
    return Judgement(Kind.BOOLEAN)


def check_constant(operator: str, judged: Judgement, node: Tree, other: Tree, by: Judge) -> None:
    """Report a constant that a value can never stand in this relation to.

    Args:
        operator: the relation, read from the value to the constant.
        judged: what is known of the value.
        node: the value.
        other: the constant; nothing is checked when it is none.
        by: takes the problem.
    """
    constant = constant_of(other)
    if isinstance(constant, Decimal):
        if judged.hard is not None and _is_never(operator, judged.hard, constant):
            by.report(
                ProblemCode.NEVER_TRUE,
                f"{phrase(node)} {operator} {phrase(other)} can never be true: "
                f"the hard range of {phrase(node)} is {judged.hard.in_words()}.",
                "Change the number, or leave the comparison out.",
                other.column,
            )
    elif constant == "":
        by.report(
            ProblemCode.NEVER_TRUE,
            f"{phrase(node)} can never be an empty text.",
            f"Write {phrase(node)} is missing, or {phrase(node)} is present.",
            other.column,
        )
    elif constant is not None and judged.codes is not None and constant not in judged.codes:
        report_unknown_code(constant, judged, other.column, by)


def report_unknown_code(code: str, judged: Judgement, column: int, by: Judge, *, is_absent: bool = False) -> None:
    """Report a text that is none of those a value can be, with the nearest one."""
    close = find_nearest(code, judged.codes or ())
    offered = (
        f"Did you mean {quoted(close)}?" if close else f"Write one of {list_some(map(quoted, judged.codes or ()), 12)}."
    )
    if not judged.codes:
        offered = "Add it to the protocol first."
    message = f"{quoted(code)} is not in {judged.codes_of}."
    by.report(ProblemCode.UNKNOWN_CODE, message, offered, column, is_absent=is_absent)


def _report_different_kinds(
    left: Tree, left_judged: Judgement, right: Tree, right_judged: Judgement, column: int, by: Judge
) -> None:
    kinds = frozenset({left_judged.kind, right_judged.kind})
    by.report(
        ProblemCode.KIND,
        f"{phrase(left)} is {IN_WORDS[left_judged.kind]} and {phrase(right)} is {IN_WORDS[right_judged.kind]}: "
        "they can not be compared.",
        _CONVERSIONS.get(kinds, "Compare two values of the same kind."),
        column,
    )


def _can_be_compared(node: Comparison, judged: Judgement, by: Judge) -> bool:
    if judged.kind == Kind.CODES:
        message, remedy = "Several codes can not be compared.", 'Ask for one of them: has(ITEM, "CODE").'
    elif judged.kind in (Kind.TEXT, Kind.BOOLEAN) and node.operator not in _EQUALITY:
        message = f"{IN_WORDS[judged.kind].capitalize()} has no order, so {node.operator} has no meaning."
        remedy = "Compare with = or <>, or convert a text of digits with number()."
    else:
        return True
    by.report(ProblemCode.KIND, message, remedy, node.column)
    return False


def _is_never(operator: str, hard: Interval, number: Decimal) -> bool:
    match operator:
        case "=":
            return number not in hard
        case "<":
            return hard.low is not None and hard.low >= number
        case "<=":
            return hard.low is not None and hard.low > number
        case ">":
            return hard.high is not None and hard.high <= number
        case ">=":
            return hard.high is not None and hard.high < number
    return False
