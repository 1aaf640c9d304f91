"""What a node comes to on every record at once: expressions over the columns of a frame, one class for each kind.

A row is *in doubt* where the columns can not tell what one record alone would give: it is then asked of that record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TypeVar

import polars as pl

from trialkit.model.kind import Typed

DAY = 3
"""The precision of a date known to the day: year, month and day."""


class NotColumnar(Exception):  # noqa: N818  # no fault: such an expression is asked of one record after another
    """A node has no form over columns.

    Args:
        what: which one.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} has no form over columns.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of each row; where its first expression is null, the value is missing.

    Attributes:
        doubt: the rows in doubt; never null. None: there are none.
        fails: whether a function of a plugin may fail in it; those rows are in doubt, too.
    """

    doubt: pl.Expr | None = None
    fails: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Value):
    """True, false, or null for unknown."""

    holds: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Value):
    """A number.

    Attributes:
        main: the number times 10 to the `scale`, a whole number and exact; without a scale the number itself.
        scale: decimal places; None when `main` is only near the number.
        bound: no `main` is farther from 0.
        error: how far the number may be from `main`; with a scale None.
        fixed: the number where it is the same on every row, and else None.
        place: with `known`, the place of the decimal as it was given, to tell 1.50 from 1.5; else None.
        known: the decimals that `place` points to.
    """

    main: pl.Expr
    scale: int | None
    bound: float
    error: pl.Expr | None = None
    fixed: Decimal | None = None
    place: pl.Expr | None = None
    known: tuple[Typed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Value):
    """A text."""

    text: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Value):
    """A date or date-time of any precision, as the span of seconds since 1970 that it leaves open.

    Two such spans lie apart, or one lies within the other: that is all a comparison needs.

    Attributes:
        low: the first second.
        high: the last second.
        zoned: whether it carries a zone; None when none does.
        least, most: between how many parts are known, of any of them.
    """

    low: pl.Expr
    high: pl.Expr
    zoned: pl.Expr | None = None
    least: int = 1
    most: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Value):
    """A time of day, in seconds since midnight."""

    seconds: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded(Value):
    """Values of any sort, each as its place among those known: several codes, and what plugins make."""

    place: pl.Expr
    known: tuple[Typed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Value):
    """Missing on every row."""


_V = TypeVar("_V", bound=Value)


def parts(value: Value) -> dict[str, pl.Expr]:
    """Every expression of a value, by the name of its attribute."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: part for name, part in found.items() if isinstance(part, pl.Expr)}


def with_parts(value: _V, changed: Mapping[str, pl.Expr]) -> _V:
    """The same value with other expressions."""
    return replace(value, **changed)  # type: ignore[arg-type]  # the names come from `parts`


def moved(value: _V, change: Callable[[pl.Expr], pl.Expr]) -> _V:
    """The same value with every expression changed; where that leaves null, nobody doubts."""
    changed = {name: change(part) for name, part in parts(value).items()}
    if "doubt" in changed:
        changed["doubt"] = changed["doubt"].fill_null(value=False)
    return with_parts(value, changed)


def sometimes(value: _V) -> _V:
    """A value that need not be there on every row: a constant is none any more."""
    return replace(value, fixed=None) if isinstance(value, Number) else value


def weight_of(value: Value) -> int:
    """How long the expressions of a value are, in characters: an operand stands in them several times."""
    return sum(len(str(part)) for part in parts(value).values())


def first_part(value: Value) -> pl.Expr:
    """The expression that is null where the value is missing."""
    match value:
        case Truth(holds=part) | Number(main=part) | Text(text=part) | Moment(low=part):
            return part
        case Clock(seconds=part) | Coded(place=part):
            return part
    return pl.lit(None, dtype=pl.Boolean)


def is_present(value: Value) -> pl.Expr:
    """Whether the value is there; never null."""
    return first_part(value).is_not_null()


def either(*doubts: pl.Expr | None) -> pl.Expr | None:
    """Where one of several doubts."""
    there = [doubt for doubt in doubts if doubt is not None]
    if not there:
        return None
    return there[0] if len(there) == 1 else pl.any_horizontal(there)


def shaky(*values: Value) -> tuple[pl.Expr | None, bool]:
    """The doubt about something that is made of several values, and whether it may fail."""
    return either(*(value.doubt for value in values)), any(value.fails for value in values)


def doubted(value: _V, *others: Value, where: pl.Expr | None = None) -> _V:
    """A value that is in doubt where others are, too, and where a condition is true."""
    more = None if where is None else where.fill_null(value=False)
    doubt, fails = shaky(value, *others)
    return replace(value, doubt=either(doubt, more), fails=fails)


NOTHING = Nothing()
UNKNOWN = Truth(holds=pl.lit(None, dtype=pl.Boolean))


def truth_of(value: Value) -> Truth:
    """A value that must be a truth value."""
    if isinstance(value, Nothing):
        return replace(UNKNOWN, doubt=value.doubt, fails=value.fails)
    if not isinstance(value, Truth):
        raise NotColumnar("what stands for a truth value")
    return value


def text_of(value: Value) -> Text:
    """A value that must be a text."""
    if isinstance(value, Nothing):
        return Text(text=pl.lit(None, dtype=pl.String), doubt=value.doubt, fails=value.fails)
    if not isinstance(value, Text):
        raise NotColumnar("what stands for a text")
    return value


def moment_of(value: Value) -> Moment:
    """A value that must be a date."""
    if isinstance(value, Nothing):
        never = pl.lit(None, dtype=pl.Int64)
        return Moment(low=never, high=never, least=DAY, most=DAY, doubt=value.doubt, fails=value.fails)
    if not isinstance(value, Moment):
        raise NotColumnar("what stands for a date")
    return value


def number_of(value: Value) -> Number:
    """A value that must be a number."""
    if isinstance(value, Nothing):
        none = pl.lit(None, dtype=pl.Float64)
        return Number(main=none, scale=0, bound=0.0, doubt=value.doubt, fails=value.fails)
    if not isinstance(value, Number):
        raise NotColumnar("what stands for a number")
    return value
