"""Judges calls: unknown functions, arguments of the wrong number or kind, methods of the protocol."""

from __future__ import annotations

from trialkit.language.comparison import check_constant
from trialkit.language.functions import OTHER_KINDS
from trialkit.language.judgement import IN_WORDS, Judge, Judgement, RowCall, fits
from trialkit.language.problem import ProblemCode
from trialkit.language.rowcheck import ROW_CALLS
from trialkit.language.scancheck import SCAN_CALLS
from trialkit.language.tree import Call, Tree
from trialkit.language.units import unit_of_call
from trialkit.model.kind import Function, Kind
from trialkit.wording import find_nearest, list_some


def judge_call(node: Call, by: Judge) -> Judgement:
    """Judge a call of any function."""
    special = _special(node.function)
    if special is not None:
        if special.fewest <= len(node.arguments) <= special.most:
            return special.judge(node, by)
        return _wrong_number(node, special.usage, by)
    if node.function in by.scope.methods:
        return by.judge_method(node) if not node.arguments else _wrong_number(node, f"{node.function}()", by)
    function = by.scope.functions.get(node.function)
    return _unknown_function(node, by) if function is None else _judge_function(node, function, by)


def _special(function: str) -> RowCall | None:
    return ROW_CALLS.get(function) or SCAN_CALLS.get(function)


def _judge_function(node: Call, function: Function, by: Judge) -> Judgement:
    given = len(node.arguments)
    wanted = len(function.takes)
    if given < wanted or (given > wanted and not function.repeats_last):
        return _wrong_number(node, _usage(function), by)
    judged = [by.judge(argument) for argument in node.arguments]
    takes = function.takes + function.takes[-1:] * (given - wanted)
    others = OTHER_KINDS.get(function.name)
    if others is not None and all(fits(found.kind, kind) for found, kind in zip(judged, others, strict=True)):
        return Judgement(function.gives, unit=unit_of_call(node, judged, by))
    for number, (argument, found, kind) in enumerate(zip(node.arguments, judged, takes, strict=True), start=1):
        if not fits(found.kind, kind):
            _wrong_kind(node, number, argument, found, kind, by)
    if function.name == "has" and judged[0].kind == Kind.CODES:
        check_constant("=", judged[0], node.arguments[0], node.arguments[1], by)
    return Judgement(function.gives, unit=unit_of_call(node, judged, by))


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
    known = sorted({*by.scope.functions, *ROW_CALLS, *SCAN_CALLS, *by.scope.methods})
    close = find_nearest(node.function, known)
    by.report(
        ProblemCode.UNKNOWN_FUNCTION,
        f"There is no function {node.function}().",
        f"Did you mean {close}()?" if close else f"Use one of {list_some(known, most=len(known))}.",
        node.column,
        is_absent=not node.arguments,  # it may be a method of another protocol
    )
    return Judgement(Kind.ANY)
