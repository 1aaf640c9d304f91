"""Judges the functions that look at other records: scans of a form, and the words that stand inside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from trialkit.language.judgement import IN_WORDS, Judge, Judgement, RowCall, fits, phrase, quoted, require_truth
from trialkit.language.problem import ProblemCode
from trialkit.language.tree import Call, Constant, ItemName, Tree, children
from trialkit.model.kind import Kind
from trialkit.wording import find_nearest, list_some

VALUE_SCANS = ("first", "last", "prev", "total", "lowest", "highest")
"""Scans whose first argument is a value, which names the form."""

NUMBER_SCANS = ("total", "lowest", "highest")
"""Scans that take numbers only."""

FORM_SCANS = ("any", "count")
"""Scans whose first argument is a form."""

PLACE_SCANS = ("scr", "bl")
"""Shorthands for the last value at visits of some kind."""

SCREENING_TAG, BASELINE_TAG = "SCR", "BL"


def named_forms(node: Tree) -> Iterator[str]:
    """The forms that the items of a value name, without those inside cur() and inside scans of its own."""
    if isinstance(node, ItemName):
        if node.form is not None:
            yield node.form
    elif not (isinstance(node, Call) and (node.function == "cur" or node.function in SCAN_CALLS)):
        for below in children(node):
            yield from named_forms(below)


def _judge_form_scan(node: Call, by: Judge) -> Judgement:
    gives = Judgement(Kind.NUMBER if node.function == "count" else Kind.BOOLEAN)
    form = _form_named(node, by)
    if form is None or not _may_scan(form, node, by):
        return gives
    _judge_condition(node.arguments[1:], form, by)
    return gives


def _form_named(node: Call, by: Judge) -> str | None:
    argument = node.arguments[0]
    if isinstance(argument, ItemName) and argument.form is None:
        return argument.item
    message = f"{node.function}() takes a form first."
    by.report(ProblemCode.ARGUMENTS, message, f"Write {SCAN_CALLS[node.function].usage}.", argument.column)
    return None


def _judge_value_scan(node: Call, by: Judge) -> Judgement:
    value, *condition = node.arguments
    form = _scanned_form(value, by)
    if form is None or not _may_scan(form, node, by):
        return Judgement(Kind.ANY)
    judged = by.judge_in(form, value)
    _judge_condition(condition, form, by)
    if node.function in NUMBER_SCANS and not fits(judged.kind, Kind.NUMBER):
        message = f"{node.function}() takes numbers, and {phrase(value)} is {IN_WORDS[judged.kind]}."
        by.report(ProblemCode.ARGUMENTS, message, "Take first() or last(), or count().", value.column)
        return Judgement(Kind.NUMBER)
    return Judgement(Kind.NUMBER, unit=judged.unit) if node.function == "total" else judged


def _judge_place_scan(node: Call, by: Judge) -> Judgement:
    wanted = (SCREENING_TAG,) if node.function == "scr" else (SCREENING_TAG, BASELINE_TAG)
    if not by.scope.tags.intersection(wanted):
        message = f"No visit of this protocol carries the tag {' or '.join(wanted)}, which {node.function}() looks for."
        by.report(ProblemCode.UNKNOWN_CODE, message, "Give the visit its tag.", node.column, is_absent=True)
    return _judge_value_scan(node, by)


def _judge_at(node: Call, by: Judge) -> Judgement:
    point, value = node.arguments
    if not (isinstance(point, Constant) and isinstance(point.value, str)):
        message = "at() takes a timepoint in double quotes first."
        by.report(ProblemCode.ARGUMENTS, message, 'Write at("PRE", SYSBP).', point.column)
    elif point.value not in by.scope.timepoints:
        close = find_nearest(point.value, by.scope.timepoints)
        remedy = f"Did you mean {quoted(close)}?" if close else "Use a timepoint of the protocol."
        message = f"The protocol has no timepoint {quoted(point.value)}."
        by.report(ProblemCode.UNKNOWN_CODE, message, remedy, point.column, is_absent=True)
    return _judge_value_scan(Call("last", (value,), node.column), by)


def _scanned_form(value: Tree, by: Judge) -> str | None:
    """The form that a value is taken from; None, after a report, when it names several."""
    named = list(dict.fromkeys(named_forms(value)))
    if len(named) > 1:
        message = f"One value is taken from the records of one form, and this names {' and '.join(named)}."
        remedy = f"Ask for each on its own, or write cur() around what belongs to the record of {by.scope.form}."
        by.report(ProblemCode.ARGUMENTS, message, remedy, value.column)
        return None
    if not named and not by.scope.form:
        message, remedy = (
            "It is not said of which form the value is taken.",
            "Write the form, too, for example VS.SYSBP.",
        )
        by.report(ProblemCode.UNKNOWN_ITEM, message, remedy, value.column)
        return None
    return named[0] if named else by.scope.form


def _may_scan(form: str, node: Call, by: Judge) -> bool:
    """Whether the records of a form can be scanned here; reports it when not."""
    if not by.scope.forms:
        message = f"{node.function}() looks at other records, which only checks can do."
        remedy = "Use items of the record itself; write a check for what concerns several records."
        by.report(ProblemCode.OTHER_FORM, message, remedy, node.column)
        return False
    if form in by.scope.forms:
        return True
    report_unknown_form(form, node.arguments[0].column, by)
    return False


def report_unknown_form(form: str, column: int, by: Judge) -> None:
    """Report a form that this study does not have."""
    if form in by.scope.known_forms:
        message, remedy = f"The protocol uses no form {form}.", "Schedule the form, or leave the rule out."
        by.report(ProblemCode.OTHER_FORM, message, remedy, column, is_absent=True)
        return
    close = find_nearest(form, by.scope.forms)
    remedy = f"Did you mean {close}?" if close else f"Use one of {list_some(by.scope.forms, 40)}."
    by.report(ProblemCode.OTHER_FORM, f"There is no form {form}.", remedy, column)


def _judge_condition(arguments: tuple[Tree, ...] | list[Tree], form: str, by: Judge) -> None:
    for condition in arguments:
        require_truth(condition, by.judge_in(form, condition), by)


def _judge_current(node: Call, by: Judge) -> Judgement:
    if by.scanned is None:
        message = "cur() has a meaning only inside any(), count(), first(), last(), prev() and their like."
        by.report(ProblemCode.ARGUMENTS, message, f"Write {phrase(node.arguments[0])} alone.", node.column)
        return by.judge(node.arguments[0])
    return by.judge_in(None, node.arguments[0])


def _judge_position(node: Call, by: Judge) -> Judgement:
    if by.scanned is None:
        message = f"{node.function}() has a meaning only inside any(), count(), first(), last() and their like."
        remedy = f"Write for example last(SYSBP, {node.function}())."
        by.report(ProblemCode.ARGUMENTS, message, remedy, node.column)
    return Judgement(Kind.BOOLEAN)


SCAN_CALLS: Mapping[str, RowCall] = MappingProxyType(
    {
        "any": RowCall("any(FORM, condition)", 1, 2, _judge_form_scan, "Whether there is such a record of the form."),
        "at": RowCall(
            'at("PRE", value)', 2, 2, _judge_at, "The value at a timepoint of the same visit; the last, of several."
        ),
        "before": RowCall(
            "before()", 0, 0, _judge_position, "Inside a scan: the record stands before the one of the rule."
        ),
        "bl": RowCall(
            "bl(value)",
            1,
            1,
            _judge_place_scan,
            "The baseline: the last value at screening or baseline, before time 0.",
        ),
        "count": RowCall("count(FORM, condition)", 1, 2, _judge_form_scan, "How many such records there are."),
        "cur": RowCall("cur(value)", 1, 1, _judge_current, "Inside a scan: what is asked of the record of the rule."),
        "first": RowCall(
            "first(value, condition)", 1, 2, _judge_value_scan, "The value in the first such record that has one."
        ),
        "here": RowCall(
            "here()", 0, 0, _judge_position, "Inside a scan: the record is of the same visit as the one of the rule."
        ),
        "highest": RowCall("highest(value, condition)", 1, 2, _judge_value_scan, "The highest of the numbers."),
        "last": RowCall(
            "last(value, condition)", 1, 2, _judge_value_scan, "The value in the last such record that has one."
        ),
        "lowest": RowCall("lowest(value, condition)", 1, 2, _judge_value_scan, "The lowest of the numbers."),
        "prev": RowCall(
            "prev(value, condition)", 1, 2, _judge_value_scan, "The value in the last such record before this one."
        ),
        "scr": RowCall("scr(value)", 1, 1, _judge_place_scan, "The last value at screening."),
        "total": RowCall("total(value, condition)", 1, 2, _judge_value_scan, "The sum of the numbers; 0 of none."),
    }
)
"""Every function that looks at other records, by name. A plugin can not take these names."""
