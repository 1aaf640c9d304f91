"""Judges the functions that look at the record and not only at their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trialkit.language.comparison import report_unknown_code
from trialkit.language.judgement import IN_WORDS, Judge, Judgement, RowCall, fits, phrase, require_truth
from trialkit.language.problem import ProblemCode
from trialkit.language.scancheck import report_unknown_form
from trialkit.language.tree import Call, Constant, ItemName, Tree
from trialkit.language.units import DAYS, MINUTES, common_unit, differ
from trialkit.model.item import MissingReason
from trialkit.model.kind import Kind


def _judge_if(node: Call, by: Judge) -> Judgement:
    condition, *branches = node.arguments
    require_truth(condition, by.judge(condition), by)
    judged = [by.judge(branch) for branch in branches]
    first, last = judged[0].kind, judged[-1].kind
    if not fits(first, last):
        by.report(
            ProblemCode.KIND,
            f"if() gives {IN_WORDS[first]} or {IN_WORDS[last]}.",
            "Give both branches values of the same kind.",
            branches[-1].column,
        )
        return Judgement(Kind.ANY)
    return Judgement(last if first == Kind.ANY else first, unit=common_unit(zip(branches, judged, strict=True)))


def _judge_tag(node: Call, by: Judge) -> Judgement:
    argument = node.arguments[0]
    if not (isinstance(argument, Constant) and isinstance(argument.value, str)):
        by.judge(argument)
        by.report(ProblemCode.ARGUMENTS, "tag() takes a tag in double quotes.", 'Write tag("DOSING").', argument.column)
    elif argument.value not in by.scope.tags:
        tags = Judgement(Kind.TEXT, tuple(sorted(by.scope.tags)), "the tags of the visits of this protocol")
        report_unknown_code(argument.value, tags, argument.column, by, is_absent=True)
    return Judgement(Kind.BOOLEAN)


def _judge_scheduled(node: Call, by: Judge) -> Judgement:
    """Any form may be asked for: a form of a library asks for one that a protocol need not have."""
    argument = node.arguments[0]
    if not (isinstance(argument, Constant) and isinstance(argument.value, str)):
        by.judge(argument)
        message = "scheduled() takes a form in double quotes."
        by.report(ProblemCode.ARGUMENTS, message, 'Write scheduled("VS").', argument.column)
    return Judgement(Kind.BOOLEAN)


def _judge_repeat(_: Call, __: Judge) -> Judgement:
    return Judgement(Kind.NUMBER)


def _judge_route(_: Call, __: Judge) -> Judgement:
    return Judgement(Kind.TEXT)


def _judge_visit(_: Call, by: Judge) -> Judgement:
    return Judgement(Kind.TEXT, tuple(sorted(by.scope.visits)), "the visits of this protocol")


def _judge_timepoint(_: Call, by: Judge) -> Judgement:
    return Judgement(Kind.TEXT, tuple(sorted(by.scope.timepoints)), "the timepoints of this protocol")


def _judge_today(_: Call, __: Judge) -> Judgement:
    return Judgement(Kind.DATE)


def _judge_number(_: Call, __: Judge) -> Judgement:
    return Judgement(Kind.NUMBER)


def _judge_truth(_: Call, __: Judge) -> Judgement:
    return Judgement(Kind.BOOLEAN)


def _judge_outside_window(node: Call, by: Judge) -> Judgement:
    for argument in node.arguments:
        _require_kind(node, argument, Kind.DATE, by)
    return Judgement(Kind.NUMBER, unit=DAYS)


def _judge_outside_timepoint(node: Call, by: Judge) -> Judgement:
    argument = node.arguments[0]
    unit = _require_kind(node, argument, Kind.NUMBER, by).unit
    if differ(unit, MINUTES):
        message = f"outside_timepoint() takes minutes, and {phrase(argument)} is in {unit}."
        by.report(ProblemCode.UNITS, message, "Convert it to minutes.", argument.column)
    return Judgement(Kind.NUMBER, unit=MINUTES)


def _judge_expected(node: Call, by: Judge) -> Judgement:
    argument = node.arguments[0]
    if not (isinstance(argument, Constant) and isinstance(argument.value, str)):
        by.judge(argument)
        message = "expected() takes a form in double quotes."
        by.report(ProblemCode.ARGUMENTS, message, 'Write expected("TM").', argument.column)
    elif by.scope.forms and argument.value not in by.scope.forms:
        report_unknown_form(argument.value, argument.column, by)
    return Judgement(Kind.NUMBER)


def _judge_missing_forms(node: Call, by: Judge) -> Judgement:
    _require_other_records(node, by)
    return Judgement(Kind.NUMBER)


def _judge_subjects_with(node: Call, by: Judge) -> Judgement:
    _require_other_records(node, by)
    _require_item(node, by, kind=Kind.TEXT)
    return Judgement(Kind.NUMBER)


def _judge_text(_: Call, __: Judge) -> Judgement:
    return Judgement(Kind.TEXT)


def _require_other_records(node: Call, by: Judge) -> None:
    if not by.scope.forms:
        message = f"{node.function}() looks at other records, which only checks can do."
        by.report(ProblemCode.OTHER_FORM, message, "Use items of the record itself.", node.column)


def _require_kind(node: Call, argument: Tree, kind: Kind, by: Judge) -> Judgement:
    found = by.judge(argument)
    if not fits(found.kind, kind):
        message = f"{phrase(argument)} is {IN_WORDS[found.kind]}: {node.function}() takes {IN_WORDS[kind]}."
        by.report(ProblemCode.ARGUMENTS, message, f"Write {ROW_CALLS[node.function].usage}.", argument.column)
    return found


def _judge_reason(node: Call, by: Judge) -> Judgement:
    _require_item(node, by)
    return Judgement(Kind.TEXT, tuple(MissingReason), "the missing reasons")


def _judge_unit(node: Call, by: Judge) -> Judgement:
    _require_item(node, by, kind=Kind.NUMBER)
    return Judgement(Kind.TEXT)


def _judge_label(node: Call, by: Judge) -> Judgement:
    judged = _require_item(node, by, kind=Kind.TEXT)
    if judged.kind == Kind.TEXT and judged.codes is None:
        item = phrase(node.arguments[0])
        by.report(ProblemCode.ARGUMENTS, f"{item} has no code list.", f"Write {item} alone.", node.arguments[0].column)
    return Judgement(Kind.TEXT)


def _require_item(node: Call, by: Judge, kind: Kind = Kind.ANY) -> Judgement:
    """Report an argument that is no item of this kind; give what is known of it, or ANY."""
    argument = node.arguments[0]
    judged = by.judge(argument)
    if not isinstance(argument, ItemName):
        message = f"{node.function}() takes the name of an item."
    elif argument.form not in (None, by.scanned or by.scope.form):
        message = f"{node.function}() looks at the record at hand, and {phrase(argument)} is not in it."
    elif not fits(judged.kind, kind):
        message = f"{node.function}() takes an item that is {IN_WORDS[kind]}, and {phrase(argument)} is not."
    else:
        return judged
    by.report(ProblemCode.ARGUMENTS, message, f"Write {ROW_CALLS[node.function].usage}.", argument.column)
    return Judgement(Kind.ANY)


ROW_CALLS: Mapping[str, RowCall] = MappingProxyType(
    {
        "before_dose": RowCall(
            "before_dose()", 0, 0, _judge_truth, "The record has no timepoint, or one that is planned before time 0."
        ),
        "entered": RowCall("entered()", 0, 0, _judge_today, "When the record was first entered, on the site's clock."),
        "entered_by": RowCall("entered_by()", 0, 0, _judge_text, "Who entered the record first."),
        "expected": RowCall(
            'expected("TM")', 1, 1, _judge_expected, "How many records of a form the protocol asks for at the visit."
        ),
        "if": RowCall(
            "if(condition, value, other value)",
            2,
            3,
            _judge_if,
            "One value when the condition is true, the other (or missing) when it is false, missing when unknown.",
        ),
        "label": RowCall("label(ITEM)", 1, 1, _judge_label, "What people read for the code of a coded item."),
        "missing_forms": RowCall(
            "missing_forms()", 0, 0, _judge_missing_forms, "How many required records of the visit are not there."
        ),
        "now": RowCall("now()", 0, 0, _judge_today, "The date and time at which the expression is evaluated."),
        "outside_timepoint": RowCall(
            "outside_timepoint(minutes)",
            1,
            1,
            _judge_outside_timepoint,
            "Minutes outside the window of the timepoint: negative is early, 0 is within.",
        ),
        "outside_window": RowCall(
            "outside_window(date, date of day 1)",
            2,
            2,
            _judge_outside_window,
            "Days outside the window of the visit: negative is early, 0 is within.",
        ),
        "reason": RowCall("reason(ITEM)", 1, 1, _judge_reason, "The missing reason of an item, as its code."),
        "repeat": RowCall("repeat()", 0, 0, _judge_repeat, "The number of the record among its repeats."),
        "route": RowCall("route()", 0, 0, _judge_route, "The route of administration of the protocol."),
        "scheduled": RowCall(
            'scheduled("VS")',
            1,
            1,
            _judge_scheduled,
            "Whether the protocol schedules a form at the visit (and timepoint) of the record.",
        ),
        "subjects_with": RowCall(
            "subjects_with(ITEM)", 1, 1, _judge_subjects_with, "In how many subjects the item has the same value."
        ),
        "tag": RowCall('tag("DOSING")', 1, 1, _judge_tag, "Whether the visit of the record carries a tag."),
        "timepoint": RowCall("timepoint()", 0, 0, _judge_timepoint, "The timepoint of the record."),
        "today": RowCall("today()", 0, 0, _judge_today, "The date on which the expression is evaluated."),
        "unit": RowCall("unit(ITEM)", 1, 1, _judge_unit, "The unit in which the number of an item was given."),
        "visit": RowCall("visit()", 0, 0, _judge_visit, "The visit of the record."),
        "visit_day": RowCall("visit_day()", 0, 0, _judge_number, "The planned study day of the visit."),
    }
)
"""Every function that looks at the record, by name. A plugin can not take these names."""
