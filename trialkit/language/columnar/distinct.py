"""Functions without a form over columns: asked once of each distinct combination of arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from trialkit.language.columnar.coding import decoded
from trialkit.language.columnar.frame import Frame, numbered
from trialkit.language.columnar.number import as_integer
from trialkit.language.columnar.value import Coded, Moment, NotColumnar, Number, Value, doubted, either, parts
from trialkit.language.rowcall import NotEvaluated
from trialkit.model.kind import Typed

Ask = Callable[[Sequence[Typed]], Typed]
"""The values of the arguments on one record to the value of the call; may raise `NotEvaluated`."""


def asked_distinct(ask: Ask, arguments: Sequence[Value], frame: Frame, *, as_written: bool) -> Value:
    """The value of a function that has no form over columns.

    Args:
        ask: the function.
        arguments: the values of its arguments.
        frame: where the rows stand.
        as_written: whether it may tell numbers apart that are equal: 1.50 from 1.5.

    Raises:
        NotColumnar: an argument is a number that is not known as one record would have it.
    """
    ready = [frame.computed(_as_known(argument, as_written)) for argument in arguments]
    named = [{name: part for name, part in parts(value).items() if name != "doubt"} for value in ready]
    columns = [part.alias(f"{place}|{name}") for place, found in enumerate(named) for name, part in found.items()]
    places, distinct = numbered(frame.data.select([pl.lit(0).alias("none"), *columns, "row"]).drop("row"))
    lists = [
        decoded(value, distinct.select("none", *(pl.col(f"{place}|{name}").alias(name) for name in found)))
        for place, (value, found) in enumerate(zip(ready, named, strict=True))
    ]
    known, failed = _asked_each(ask, lists, distinct.height)
    found = doubted(frame.spread(places, known), *arguments)
    zones = [value.zoned for value in ready if isinstance(value, Moment) and value.zoned is not None]
    for zoned in zones:
        found = doubted(found, where=zoned)
    return _in_doubt_where(found, failed, places, frame)


def _as_known(value: Value, as_written: bool) -> Value:
    """A value in columns that each distinct one can be told by."""
    if not isinstance(value, Number):
        return replace(value, doubt=None)
    if value.fixed is not None:
        return Coded(place=pl.lit(0, dtype=pl.UInt32), known=(value.fixed,))
    if value.place is not None:
        return Coded(place=value.place, known=value.known)
    if as_written or value.scale is None:
        raise NotColumnar("a function of a number that was calculated")
    return Number(main=as_integer(value.main), scale=value.scale, bound=value.bound)


def _asked_each(ask: Ask, lists: Sequence[list[Typed]], height: int) -> tuple[list[Typed], list[bool]]:
    known: list[Typed] = []
    failed: list[bool] = []
    for values in zip(*lists, strict=True) if lists else [()] * height:
        try:
            known.append(ask(values))
            failed.append(False)
        except NotEvaluated:
            known.append(None)
            failed.append(True)
    return known, failed


def _in_doubt_where(value: Value, failed: list[bool], places: pl.Series, frame: Frame) -> Value:
    """A value that is in doubt where the function failed: the record alone says so, with the function's name."""
    if not any(failed):
        return value
    column = pl.Series(failed, dtype=pl.Boolean)[places]
    return replace(value, doubt=either(value.doubt, frame.doubt(column)), fails=True)
