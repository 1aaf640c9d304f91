"""The form of the benchmark of field rules as a schema of pandera, on polars.

Texts become numbers and dates first, in columns of their own, as one would do it by hand; what can not be read fails a
check of its own. Pandera reports failure cases: column, check, case and row, without words for people.
"""

from __future__ import annotations

import re

import pandera.polars as pa
import polars as pl
from field_rules_data import Study
from field_rules_form import CODELISTS, TODAY

from trialkit.model.item import Item

_DATES = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M"}
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_PARTIAL = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


def parsed(study: Study, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns that the schema looks at."""
    asked = pl.col("text DOSED") == "Y"
    columns = [column for item in study.plan.form.items for column in _columns(item, study, asked)]
    return frame.lazy().select(columns).collect()


def _columns(item: Item, study: Study, asked: pl.Expr) -> list[pl.Expr]:
    text, name = pl.col(f"text {item.item}"), item.item
    missing = pl.col(f"missing {item.item}")
    is_blank = text.is_null() & missing.is_null()
    columns = [missing.alias(f"{name} reason")]
    if item.required:
        is_asked = pl.lit(value=True) if item.collect_when is None else asked.fill_null(value=False)
        columns.append((~is_blank | ~is_asked).alias(f"{name} answered"))
    if item.collect_when is not None:
        columns.append((is_blank | asked.fill_null(value=True)).alias(f"{name} asked"))
    if item.hard is not None:
        number = _in_standard_unit(item, text.cast(pl.Float64, strict=False), study)
        return [
            *columns,
            number.alias(name),
            (text.is_null() | number.is_finite().fill_null(value=False)).alias(f"{name} read"),
        ]
    if item.type in _DATES:
        day = text.str.to_datetime(_DATES[item.type], strict=False)
        return [*columns, day.alias(name), (text.is_null() | day.is_not_null()).alias(f"{name} read")]
    return [*columns, text.alias(name)]


def _in_standard_unit(item: Item, number: pl.Expr, study: Study) -> pl.Expr:
    for conversion in study.setting.units:
        if conversion.to == item.unit:
            converted = (number + float(conversion.shift)) * float(conversion.factor) / float(conversion.divisor)
            number = pl.when(pl.col(f"unit {item.item}") == conversion.unit).then(converted).otherwise(number)
    return number


def schema(study: Study) -> pa.DataFrameSchema:
    """The same rules."""
    columns: dict[str, pa.Column] = {}
    for item in study.plan.form.items:
        name = item.item
        columns[name] = pa.Column(_type(item), _checks(item), nullable=True)
        columns[f"{name} reason"] = pa.Column(str, pa.Check.isin([str(found) for found in item.missing]), nullable=True)
        for flag, is_there in (
            ("answered", item.required),
            ("asked", item.collect_when is not None),
            ("read", item.hard is not None or item.type in _DATES),
        ):
            if is_there:
                columns[f"{name} {flag}"] = pa.Column(bool, pa.Check.eq(value=True))
    return pa.DataFrameSchema(columns)


def _type(item: Item) -> object:
    if item.hard is not None:
        return pl.Float64
    return pl.Datetime("us") if item.type in _DATES else str


def _checks(item: Item) -> list[pa.Check]:
    if item.hard is not None:
        return [pa.Check.in_range(float(found.low), float(found.high)) for found in (item.hard, item.soft) if found]
    if item.type in _DATES:
        import datetime

        return [pa.Check.lt(datetime.datetime.combine(TODAY, datetime.time.max))]
    if item.type == "code":
        return [pa.Check.isin(CODELISTS[item.codelist or ""])]
    if item.type == "codes":
        one = "|".join(re.escape(code) for code in CODELISTS[item.codelist or ""])
        return [pa.Check.str_matches(rf"^(?:{one})(?:;(?:{one}))*$")]
    if item.type == "time":
        return [pa.Check.str_matches(_CLOCK)]
    if item.type == "partial-date":
        return [pa.Check.str_matches(_PARTIAL), pa.Check.le(f"{TODAY}")]
    return []


def failures(rules: pa.DataFrameSchema, frame: pl.DataFrame) -> int:
    """How many failure cases pandera reports."""
    try:
        rules.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        return found.failure_cases.height
    return 0
