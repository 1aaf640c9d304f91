"""The suspects among the cells of one item in, what is wrong with them out.

The columns judge what they can for certain; the rest is explained by Cerberus, each distinct cell once.
"""

from __future__ import annotations

import polars as pl

from trialkit.model.item import ItemTypeName
from trialkit.validate.columnar import listed, moments, numbers
from trialkit.validate.columnar.breach import Breach, rule_breach
from trialkit.validate.columnar.columns import texts_at
from trialkit.validate.columnar.explained import NO_PLACES, Explanation, explain_cells, word_cells
from trialkit.validate.columnar.first_sight import DATES, NUMBERS
from trialkit.validate.columnar.look import Look
from trialkit.validate.columnar.rules import Verdict


def judge_values(look: Look, places: pl.Series) -> Explanation:
    """What is wrong with the values at some places of an item's columns."""
    cells = cells_at(look, places)
    if not look.rules.is_columnar:
        return explain_cells(look.plan, look.rules.item, _dated(look, cells), look.setting)
    written = cells.filter(pl.col("text").is_not_null())
    if not written.height:
        return Explanation()
    judged = _judged(look, written)
    found = judged.partition_by("verdict", as_dict=True, include_key=False)
    doubtful = found.pop((Verdict.DOUBTFUL,), None)
    found.pop((Verdict.RIGHT,), None)
    breaches = [breach for (rule,), broken in found.items() for breach in _worded(look, Verdict(rule), broken)]
    unreadable = found[Verdict.TYPE,].get_column("place") if (Verdict.TYPE,) in found else NO_PLACES
    told = Explanation()
    if doubtful is not None:
        told = explain_cells(look.plan, look.rules.item, _dated(look, doubtful), look.setting)
    return Explanation((*breaches, *told.breaches), told.blank, pl.concat([unreadable, told.unreadable]))


def cells_at(look: Look, places: pl.Series) -> pl.DataFrame:
    """The cells at some places, a column of nothing where nothing stands."""
    columns = look.columns
    parts = {"text": columns.text, "missing": columns.missing, "unit": columns.unit}
    nothing = pl.repeat(None, len(places), dtype=pl.String, eager=True)
    given = {part: nothing if series is None else series.gather(places) for part, series in parts.items()}
    return pl.DataFrame({"place": places, **given})


def _judged(look: Look, cells: pl.DataFrame) -> pl.DataFrame:
    rules = look.rules
    if rules.item.type in NUMBERS:
        return numbers.judge(rules, cells)
    if rules.item.type in DATES:
        return moments.judge_dates(rules, _dated(look, cells) if rules.is_past else cells)
    if rules.item.type == ItemTypeName.TIME:
        return moments.judge_clocks(cells)
    return listed.judge(rules, rules.codes or (), cells)


def _dated(look: Look, cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with the date that the site's clock shows."""
    if "today" in cells.columns:
        return cells
    sites = texts_at(look.table.site, cells.get_column("place"))
    days = {site: look.setting.now(site).date() for site in sites.unique()}
    if len(set(days.values())) == 1:
        return cells.with_columns(pl.lit(next(iter(days.values()))).alias("today"))
    today = sites.replace_strict(list(days), list(days.values()), return_dtype=pl.Date)
    return cells.with_columns(today.alias("today"))


def _worded(look: Look, rule: Verdict, cells: pl.DataFrame) -> list[Breach]:
    """A rule that the columns see broken, in the words of `explain`."""
    item, interval = look.rules.item, {"hard_range": look.rules.hard, "soft_range": look.rules.soft}.get(rule)
    info = "" if interval is None else interval.in_words()
    if interval is None or not cells.get_column("is_converted").any():
        return [rule_breach(rule, item, _told(rule, cells), None if rule is Verdict.LISTED else info)]
    converted = cells.filter("is_converted")
    breaches = [word_cells(rule, item, info, converted, look.setting)]
    if converted.height < cells.height:
        breaches.append(rule_breach(rule, item, _told(rule, cells.filter(~pl.col("is_converted"))), info))
    return breaches


def _told(rule: Verdict, cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with their own words: for a list the code, else the value with its unit."""
    given = given_values(cells)
    said = pl.col("text") if rule is Verdict.LISTED else given
    return cells.select("place", said.alias("said"), given.alias("shown"))


def given_values(cells: pl.DataFrame) -> pl.Expr:
    """The values as they were given: ``80 kg``, ``.ND``; null for a blank."""
    text = pl.col("text")
    if cells.get_column("unit").null_count() < cells.height:
        text = pl.concat_str(text, pl.col("unit"), separator=" ", ignore_nulls=True)
    return pl.when(pl.col("missing").is_not_null()).then(pl.format(".{}", pl.col("missing"))).otherwise(text)
