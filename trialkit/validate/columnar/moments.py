"""Texts of dates, date-times and times of day in, which are right, which break a rule, and which are doubtful out.

The house's date types read any ISO 8601 text alike; how far a date must be known is a matter of entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from trialkit.model.item import ItemTypeName
from trialkit.validate.columnar.plain import (
    day_before,
    plain_clocks,
    plain_dates,
    plain_day_times,
    plain_days,
)
from trialkit.validate.columnar.rules import ItemRules, Verdict, verdict

_RECENT = 5 * 366
_SOON = timedelta(days=5 * 366)

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
_FULL = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:T{_CLOCK}{_ZONE}?)?$"
_PARTIAL = r"^[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?$"
_NO_YEAR = "0000"
_ANY = r"^[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?$"
"""All that `PartialDate.parse` could take for a date."""

_NO_CLOCK = r"^(?:[3-9][0-9]|2[5-9]):[0-9]{2}(?::[0-9]{2})?$|^[0-9]{2}:[6-9][0-9](?::[0-9]{2})?$"
_CLOCK_LETTERS = r"[^0-9:.,+\-TZtz \x00-\x1F\x7F-\x{10FFFF}]"
"""What stands in no time of day, in whatever form of ISO 8601 it is written."""


def date_suspects(rules: ItemRules, text: pl.Expr) -> pl.Expr:
    """The cells that are not seen to be right at first sight: no recent date of the past."""
    last = day_before(rules.today) if rules.is_past else rules.today + _SOON
    first = day_before(rules.today, _RECENT)
    if rules.item.type != ItemTypeName.DATETIME:
        return ~text.is_in(plain_dates(first, last))
    is_day = text.str.head(10).is_in(plain_days(first, last))
    return ~(is_day & text.str.slice(10).is_in(plain_day_times()))


def clock_suspects(text: pl.Expr) -> pl.Expr:
    """The cells that are not seen to be right at first sight: no full minute."""
    return ~text.is_in(plain_clocks())


def judge_dates(rules: Mapping[int, ItemRules], cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with the column verdict.

    Args:
        rules: what the items ask for, by their numbers.
        cells: with the columns item, text and today (of the clock of their site, as a text).
    """
    text = pl.col("text")
    day = text.str.head(10)
    is_full = text.str.contains(_FULL) & (text.str.head(4) != _NO_YEAR)
    is_partial = text.str.contains(_PARTIAL) & (text.str.head(4) != _NO_YEAR)
    is_real = day.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    is_late = day > pl.col("today")  # as texts: a date that begins the other is not behind it
    is_past = pl.col("item").is_in([number for number, found in rules.items() if found.is_past])
    return cells.with_columns(
        verdict=pl.when(~text.str.contains(_ANY) | (is_full & ~is_real))
        .then(verdict(Verdict.TYPE))
        .when(~(is_full | is_partial))
        .then(verdict(Verdict.DOUBTFUL))
        .when(is_past & is_late)
        .then(verdict(Verdict.PAST))
        .otherwise(verdict(Verdict.RIGHT))
    )


def judge_clocks(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with the column verdict: right with seconds, surely no time of day, or doubtful."""
    text = pl.col("text")
    return cells.with_columns(
        verdict=pl.when(text.str.contains(rf"^{_CLOCK}$"))
        .then(verdict(Verdict.RIGHT))
        .when(text.str.contains(_NO_CLOCK) | text.str.contains(_CLOCK_LETTERS))
        .then(verdict(Verdict.TYPE))
        .otherwise(verdict(Verdict.DOUBTFUL))
    )
