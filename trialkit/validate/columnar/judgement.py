"""Suspects among the values in, what is wrong with them out.

The columns judge what they can for certain; the rest is doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from trialkit.language import Setting
from trialkit.model.item import ItemTypeName
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar import moments, numbers
from trialkit.validate.columnar.columns import texts_at
from trialkit.validate.columnar.rules import DATES, NUMBERS, VERDICTS, ItemRules, Verdict, verdict


def judge_values(
    table: RecordTable, setting: Setting, rules: Mapping[int, ItemRules], cells: pl.DataFrame
) -> pl.DataFrame:
    """What is wrong with cells that are not right at first sight.

    Args:
        table: the records.
        setting: the clocks of the sites.
        rules: what the items ask for, by their numbers.
        cells: see `find_suspects`.

    Returns:
        The cells that are not right after all, with verdict, and is_converted: whether it is a number that was given in
        another unit.
    """
    return _judged(rules, cells, lambda several: dated(table, setting, several)).filter(
        pl.col("verdict") != Verdict.RIGHT
    )


def dated(table: RecordTable, setting: Setting, cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with the date that the clock of their site shows, as a text."""
    sites = texts_at(table.site, cells.get_column("place"))
    days = {site: str(setting.now(site).date()) for site in sites.unique()}
    if len(set(days.values())) == 1:
        return cells.with_columns(today=pl.lit(next(iter(days.values()))))
    return cells.with_columns(today=sites.replace_strict(list(days), list(days.values()), return_dtype=pl.String))


_Cells = Callable[[pl.DataFrame], pl.DataFrame]


def _judged(rules: Mapping[int, ItemRules], cells: pl.DataFrame, with_dates: _Cells) -> pl.DataFrame:
    """The cells, each with a verdict, and whether it is a number that was given in another unit."""
    judges: dict[str, _Cells] = {
        "number": lambda several: numbers.judge(rules, several),
        "date": lambda several: moments.judge_dates(rules, with_dates(several)).drop("today"),
        "clock": moments.judge_clocks,
        "code": lambda several: several.with_columns(verdict=verdict(Verdict.LISTED)),
        "other": lambda several: several.with_columns(verdict=verdict(Verdict.DOUBTFUL)),
    }
    groups: dict[str, list[int]] = {}
    for number, found in rules.items():
        groups.setdefault(_group(found), []).append(number)
    parts = []
    for name, several in groups.items():
        is_own = pl.col("item").is_in(several)
        own = cells.filter(is_own if name == "other" else is_own & pl.col("text").is_not_null())
        if own.height:
            parts.append(judges[name](own))
    judged = pl.concat([pl.DataFrame(schema=_JUDGED), *parts], how="diagonal", rechunk=True)
    return judged.with_columns(pl.col("is_converted").fill_null(value=False))


_JUDGED: dict[str, pl.DataType] = {
    "item": pl.UInt32(),
    "place": pl.UInt32(),
    "text": pl.String(),
    "missing": pl.String(),
    "unit": pl.String(),
    "is_converted": pl.Boolean(),
    "verdict": VERDICTS,
}


def _group(rules: ItemRules) -> str:
    """Which of the judges an item's cells stand before."""
    kind = rules.item.type
    if not rules.is_columnar:
        return "other"
    if kind in NUMBERS:
        return "number"
    if kind in DATES:
        return "date"
    return {ItemTypeName.TIME: "clock", ItemTypeName.CODE: "code"}.get(ItemTypeName(kind), "other")
