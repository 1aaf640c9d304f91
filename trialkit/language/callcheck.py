"""Judges calls: unknown functions, arguments of the wrong number or kind, unknown tags, and what a call gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from trialkit.language.comparison import check_constant, report_unknown_code
from trialkit.language.functions import OTHER_KINDS
from trialkit.language.judgement import IN_WORDS, Judge, Judgement, fits, phrase, quoted
from trialkit.language.problem import ProblemCode
from trialkit.language.tree import Call, Constant, ItemName, ParameterName, Tree
from trialkit.model.item import MissingReason
from trialkit.model.kind import Function, Kind
from trialkit.wording import find_nearest, list_some


@dataclass(frozen=True, slots=True)
class RowCall:
    """A function that looks at the record and not only at its arguments.

    Attributes:
        usage: how it is written.
        fewest: the least number of arguments.
        most: the greatest number of arguments.
        judge: judges a call that has the right number of arguments.
        meaning: one sentence for people.
    """

    usage: str
    fewest: int
    most: int
    judge: Callable[[Call, Judge], Judgement]
    meaning: str


def judge_call(node: Call, by: Judge) -> Judgement:
    """Judge a call of any function."""
    special = ROW_CALLS.get(node.function)
    if special is not None:
        if special.fewest <= len(node.arguments) <= special.most:
            return special.judge(node, by)
        return _wrong_number(node, special.usage, by)
    function = by.scope.functions.get(node.function)
    return _unknown_function(node, by) if function is None else _judge_function(node, function, by)


def require_truth(node: Tree, judged: Judgement, by: Judge) -> None:
    """Report a value that stands where only true, false or unknown can."""
    if fits(judged.kind, Kind.BOOLEAN):
        return
    name = phrase(node) if isinstance(node, ItemName | ParameterName) else "ITEM"
    example = {
        Kind.TEXT: f"{name} = {quoted(judged.codes[0] if judged.codes else 'Y')}",
        Kind.NUMBER: f"{name} > 0",
    }.get(judged.kind, f"{name} is present")
    by.report(
        ProblemCode.KIND,
        f"{phrase(node)} is {IN_WORDS[judged.kind]} where a truth value is expected.",
        f"Write a comparison, for example {example}.",
        node.column,
    )


def _judge_function(node: Call, function: Function, by: Judge) -> Judgement:
    given = len(node.arguments)
    wanted = len(function.takes)
    if given < wanted or (given > wanted and not function.repeats_last):
        return _wrong_number(node, _usage(function), by)
    judged = [by.judge(argument) for argument in node.arguments]
    takes = function.takes + function.takes[-1:] * (given - wanted)
    others = OTHER_KINDS.get(function.name)
    if others is not None and all(fits(found.kind, kind) for found, kind in zip(judged, others, strict=True)):
        return Judgement(function.gives)
    for number, (argument, found, kind) in enumerate(zip(node.arguments, judged, takes, strict=True), start=1):
        if not fits(found.kind, kind):
            _wrong_kind(node, number, argument, found, kind, by)
    if function.name == "has" and judged[0].kind == Kind.CODES:
        check_constant("=", judged[0], node.arguments[0], node.arguments[1], by)
    return Judgement(function.gives)


def _usage(function: Function) -> str:
    kinds = [str(kind) for kind in function.takes]
    if function.repeats_last:
        kinds.append("…")
    return f"{function.name}({', '.join(kinds)})"


def _wrong_number(node: Call, usage: str, by: Judge) -> Judgement:
    for argument in node.arguments:
        by.judge(argument)
    count = len(node.arguments)
    given = {0: "no arguments", 1: "1 argument"}.get(count, f"{count} arguments")
    by.report(ProblemCode.ARGUMENTS, f"{node.function}() can not take {given}.", f"Write {usage}.", node.column)
    return Judgement(Kind.ANY)


def _wrong_kind(node: Call, number: int, argument: Tree, found: Judgement, kind: Kind, by: Judge) -> None:
    function = by.scope.functions[node.function]
    usages = [_usage(function)]
    if node.function in OTHER_KINDS:
        usages.append(f"{node.function}({', '.join(OTHER_KINDS[node.function])})")
    by.report(
        ProblemCode.ARGUMENTS,
        f"Argument {number} of {node.function}() is {IN_WORDS[found.kind]}: {IN_WORDS[kind]} is expected.",
        f"Write {' or '.join(usages)}.",
        argument.column,
    )


def _unknown_function(node: Call, by: Judge) -> Judgement:
    for argument in node.arguments:
        by.judge(argument)
    known = sorted({*by.scope.functions, *ROW_CALLS})
    close = find_nearest(node.function, known)
    by.report(
        ProblemCode.UNKNOWN_FUNCTION,
        f"There is no function {node.function}().",
        f"Did you mean {close}()?" if close else f"Use one of {list_some(known, most=len(known))}.",
        node.column,
    )
    return Judgement(Kind.ANY)


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
    return Judgement(last if first == Kind.ANY else first)


def _judge_tag(node: Call, by: Judge) -> Judgement:
    argument = node.arguments[0]
    if not (isinstance(argument, Constant) and isinstance(argument.value, str)):
        by.judge(argument)
        by.report(ProblemCode.ARGUMENTS, "tag() takes a tag in double quotes.", 'Write tag("DOSING").', argument.column)
    elif argument.value not in by.scope.tags:
        tags = Judgement(Kind.TEXT, tuple(sorted(by.scope.tags)), "the tags of the visits of this protocol")
        report_unknown_code(argument.value, tags, argument.column, by)
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
    elif not fits(judged.kind, kind):
        message = f"{node.function}() takes an item that is {IN_WORDS[kind]}, and {phrase(argument)} is not."
    else:
        return judged
    by.report(ProblemCode.ARGUMENTS, message, f"Write {ROW_CALLS[node.function].usage}.", argument.column)
    return Judgement(Kind.ANY)


ROW_CALLS: Mapping[str, RowCall] = MappingProxyType(
    {
        "if": RowCall(
            "if(condition, value, other value)",
            2,
            3,
            _judge_if,
            "One value when the condition is true, the other (or missing) when it is false, missing when unknown.",
        ),
        "label": RowCall("label(ITEM)", 1, 1, _judge_label, "What people read for the code of a coded item."),
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
        "tag": RowCall('tag("DOSING")', 1, 1, _judge_tag, "Whether the visit of the record carries a tag."),
        "timepoint": RowCall("timepoint()", 0, 0, _judge_timepoint, "The timepoint of the record."),
        "today": RowCall("today()", 0, 0, _judge_today, "The date on which the expression is evaluated."),
        "unit": RowCall("unit(ITEM)", 1, 1, _judge_unit, "The unit in which the number of an item was given."),
        "visit": RowCall("visit()", 0, 0, _judge_visit, "The visit of the record."),
    }
)
"""Every function that looks at the record, by name. A plugin can not take these names."""
