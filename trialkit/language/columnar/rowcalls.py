"""Calls that look at the record and not only at their arguments, over columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

import polars as pl

from trialkit.language.columnar import truth
from trialkit.language.columnar.builds import Builds
from trialkit.language.columnar.distinct import asked_distinct
from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.moment import DAY_SECONDS, is_day
from trialkit.language.columnar.number import as_integer, constant, plus, whole
from trialkit.language.columnar.value import (
    NOTHING,
    Moment,
    Nothing,
    Number,
    Text,
    Truth,
    Value,
    doubted,
    number_of,
    shaky,
    truth_of,
)
from trialkit.language.row import Row
from trialkit.language.rowcall import call_evaluator
from trialkit.language.schedule import is_asked_of_everybody
from trialkit.language.tree import Call, ItemName, Tree
from trialkit.model.kind import Typed

_BY_VISIT = frozenset({"before_dose", "expected", "scheduled", "tag", "timepoint", "visit", "visit_day"})
"""Calls that give the same for all records of one visit and timepoint."""

_DAY_ONE = date(2000, 1, 3)
_FIRST_DAY, _LAST_DAY = date(10, 1, 1), date(9990, 1, 1)
_EPOCH = date(1970, 1, 1)


def row_call(node: Call, by: Builds) -> Value | None:
    """The value of a call that looks at the record; None when it is no such call."""
    match node.function, node.arguments:
        case "if", (condition, then, *otherwise):
            other = by.build(otherwise[0]) if otherwise else NOTHING
            return truth.chosen(truth_of(by.build(condition)), by.build(then), other)
        case ("label" | "reason" | "unit" | "subjects_with") as question, (ItemName(item=item),):
            return _on_item(question, item, by)
        case "outside_window", (moment, day_one):
            return _outside_window(by.build(moment), by.build(day_one), by.frame)
        case "outside_timepoint", (minutes,):
            return _outside_timepoint(by.build(minutes), by.frame)
        case question, () if question in _OF_RECORD:
            return _OF_RECORD[question](by)
        case question, arguments if question in _BY_VISIT:
            ask = call_evaluator(node, by.scope, _no_argument)
            return by.frame.by_visit((question, *map(str, arguments)), lambda row: ask(row, row))
    return None


def _no_argument(node: Tree) -> Callable[[Row, Row], Typed]:
    raise AssertionError(f"a call that looks at the visit asks for {node}")  # they take names only


def _on_item(question: str, item: str, by: Builds) -> Value:
    match question:
        case "reason":
            return by.frame.reason(item)
        case "unit":
            return by.frame.unit(item)
        case "subjects_with":
            return by.frame.subjects_with(item)
    labels = by.scope.items[item].labels
    codes = by.frame.item(item)
    if isinstance(codes, Nothing):
        return NOTHING
    return asked_distinct(
        lambda values: labels.get(code, code) if isinstance(code := values[0], str) else None,
        [codes],
        by.frame,
        as_written=False,
    )


def _outside_window(moment: Value, day_one: Value, frame: Frame) -> Value:
    """Days outside the visit's window; the ends of the calendar are left to the evaluator of one record."""
    if not (isinstance(moment, Moment) and isinstance(day_one, Moment)):
        return doubted(NOTHING, moment, day_one)
    ends = [number_of(frame.by_visit(("window", place), _end_of_window(place))) for place in (0, 1)]
    day, first = (pl.when(is_day(one)).then(one.low // DAY_SECONDS) for one in (moment, day_one))
    low, high = (first + as_integer(end.main) for end in ends)
    off = pl.when(day < low).then(day - low).when(day >= low).then((day - high).clip(lower_bound=0))
    doubt, fails = shaky(moment, day_one)
    is_far = ~first.is_between((_FIRST_DAY - _EPOCH).days, (_LAST_DAY - _EPOCH).days)
    return doubted(replace(whole(off, 1e7), doubt=doubt, fails=fails), where=is_far & low.is_not_null())


def _end_of_window(place: int) -> Callable[[Row], Typed]:
    """Days from day 1 to the first (0) or last (1) day of a visit."""

    def ask(row: Row) -> Typed:
        ends = None if row.planned is None else row.planned.window_from(_DAY_ONE)
        return None if ends is None else Decimal(((ends[0], ends[2])[place] - _DAY_ONE) // timedelta(days=1))

    return ask


def _outside_timepoint(minutes: Value, frame: Frame) -> Value:
    if not isinstance(minutes, Number):
        return doubted(NOTHING, minutes)
    planned, low, high = (number_of(frame.by_visit(("point", part), _of_point(part))) for part in range(3))
    off = plus(minutes, planned, minus=True)
    late = truth.chosen(_surely(truth.compared(">", off, high)), plus(off, high, minus=True), constant(Decimal(0)))
    found = truth.chosen(_surely(truth.compared("<", off, low)), plus(off, low, minus=True), late)
    return truth.chosen(truth.present(off, wanted=True), found, NOTHING)


def _surely(value: Truth) -> Truth:
    """True, and false where it is unknown."""
    return replace(value, holds=value.holds.fill_null(value=False))


def _of_point(part: int) -> Callable[[Row], Typed]:
    """The planned minutes (0) of a timepoint that has a window, and its ends (1, 2)."""

    def ask(row: Row) -> Typed:
        point = row.point
        if point is None or point.minutes is None or point.window is None:
            return None
        return (Decimal(point.minutes), point.window.low, point.window.high)[part]

    return ask


def _missing_forms(by: Builds) -> Value:
    """How many records that the protocol asks of everybody at the visit are not there."""
    wanted = [
        (visit.visit, entry.form, place)
        for visit in by.setting.visits.values()
        for entry in visit.forms
        if is_asked_of_everybody(entry, by.setting.protocol.log_forms)
        for place in entry.places
    ]
    plan = pl.DataFrame(wanted, schema={"visit": pl.String, "form": pl.String, "timepoint": pl.String}, orient="row")
    forms = sorted({form for _, form, _ in wanted})
    of_sites = [form for form in forms if form in by.setting.forms and by.setting.forms[form].reference]
    occasions = by.frame.data.select("visit", "occasion", "site_occasion").unique()
    there_as = pl.when(pl.col("form").is_in(of_sites)).then("site_occasion").otherwise("occasion")
    asked = occasions.join(plan.unique(), on="visit").with_columns(there_as=there_as)
    there = pl.concat([by.frames.there(form).with_columns(form=pl.lit(form)) for form in ("", *forms)])
    left = asked.join(
        there, left_on=["there_as", "form", "timepoint"], right_on=["occasion", "form", "timepoint"], how="anti"
    )
    counts = left.group_by("occasion").agg(missing=pl.len().cast(pl.Float64))
    column = by.frame.data.select("occasion").join(counts, on="occasion", how="left", maintain_order="left")
    found = whole(pl.col("main"), float(plan.height))
    return by.frame.add(found, {"main": column["missing"].fill_null(0.0)})


def _route(by: Builds) -> Value:
    return Text(text=pl.lit(by.scope.route)) if by.scope.route else NOTHING


_OF_RECORD: Mapping[str, Callable[[Builds], Value]] = MappingProxyType(
    {
        "entered": lambda by: by.frame.entered(),
        "entered_by": lambda by: by.frame.entered_by(),
        "missing_forms": _missing_forms,
        "now": lambda by: by.frame.now(),
        "repeat": lambda by: by.frame.repeat(),
        "route": _route,
        "today": lambda by: by.frame.today(),
    }
)
"""Calls without arguments that are no function of the visit alone."""
