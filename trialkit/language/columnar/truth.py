"""Truth values over columns: comparisons of any kind, membership, presence, junctions and choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import polars as pl

from trialkit.language.columnar import moment, number
from trialkit.language.columnar.value import (
    UNKNOWN,
    Clock,
    Coded,
    Moment,
    NotColumnar,
    Nothing,
    Number,
    Text,
    Truth,
    Value,
    doubted,
    either,
    is_present,
    parts,
    shaky,
    with_parts,
)


def compared(operator: str, left: Value, right: Value) -> Truth:
    """One of ``= <> < <= > >=``; unknown where a value is missing or partial dates do not tell."""
    match left, right:
        case (Nothing(), _) | (_, Nothing()):
            return doubted(UNKNOWN, left, right)
        case Number(), Number():
            return number.compared(operator, left, right)
        case Moment(), Moment():
            return moment.compared(operator, left, right)
        case Clock(), Clock():
            return moment.compared_clocks(operator, left, right)
        case (Text(text=first), Text(text=second)) | (Truth(holds=first), Truth(holds=second)):
            return doubted(Truth(holds=number.relation(operator, first, second)), left, right)
    raise NotColumnar(f"{operator} between values of different kinds")


def among(operand: Value, choices: Sequence[Value]) -> Truth:
    """Whether a value is one of several; not for several codes."""
    if isinstance(operand, Coded):
        raise NotColumnar("in (…) after several codes")
    return joined("or", [compared("=", operand, choice) for choice in choices])


def present(value: Value, *, wanted: bool) -> Truth:
    """Whether a value is there, or is not."""
    there = is_present(value)
    return doubted(Truth(holds=there if wanted else ~there), value)


def negated(value: Truth) -> Truth:
    """The opposite."""
    return replace(value, holds=~value.holds)


def joined(word: str, operands: Sequence[Truth]) -> Truth:
    """Several truth values joined by ``and`` or ``or``.

    One that is decisive and not in doubt clears the doubt about those behind it, as they are not asked; when none of
    them can fail, about all.
    """
    decisive = word == "or"
    holds = reduce(pl.Expr.or_ if decisive else pl.Expr.and_, (operand.holds for operand in operands))
    doubt, fails = shaky(*operands)
    if doubt is None:
        return Truth(holds=holds, fails=fails)
    decided = [_is_surely(operand, decisive) for operand in operands]
    if not fails:
        return Truth(holds=holds, doubt=doubt & ~pl.any_horizontal(decided))
    left = [
        operand.doubt & ~pl.any_horizontal([*decided[:place], pl.lit(value=False)])
        for place, operand in enumerate(operands)
        if operand.doubt is not None
    ]
    return Truth(holds=holds, doubt=either(*left), fails=fails)


def _is_surely(value: Truth, wanted: bool) -> pl.Expr:
    held = (value.holds if wanted else ~value.holds).fill_null(value=False)
    return held if value.doubt is None else held & ~value.doubt


def chosen(condition: Truth, then: Value, otherwise: Value) -> Value:
    """One value where a condition is true, another where it is false, missing where it is unknown."""
    first, second = _same_shape(then, otherwise)
    is_true, is_false = condition.holds, ~condition.holds
    others = parts(second)
    changed = {
        name: pl.when(is_true).then(part).when(is_false).then(others[name])
        for name, part in parts(first).items()
        if name != "doubt"
    }
    asked = [
        (where & branch.doubt).fill_null(value=False)
        for where, branch in ((is_true, then), (is_false, otherwise))
        if branch.doubt is not None
    ]
    fails = condition.fails or then.fails or otherwise.fails
    return replace(with_parts(first, changed), doubt=either(condition.doubt, *asked), fails=fails)


def _same_shape(left: Value, right: Value) -> tuple[Value, Value]:
    match left, right:
        case Number(), Number():
            return number.same_shape(left, right)
        case Moment(), Moment():
            return moment.same_shape(left, right)
        case (Nothing(), Nothing()) | (Truth(), Truth()) | (Text(), Text()) | (Clock(), Clock()):
            return left, right
        case _, Nothing():
            bare = _without_written(left)
            return bare, _blank(bare)
        case Nothing(), _:
            bare = _without_written(right)
            return _blank(bare), bare
    raise NotColumnar("if() with values of different kinds")


def _without_written(value: Value) -> Value:
    return number.bare(value) if isinstance(value, Number) else value


def _blank(value: Value) -> Value:
    """Missing everywhere, in the shape of a value."""
    return with_parts(replace(value, doubt=None), {name: _null_like(part) for name, part in parts(value).items()})


def _null_like(part: pl.Expr) -> pl.Expr:
    return pl.when(pl.lit(value=False)).then(part)
