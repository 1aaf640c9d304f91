"""The records of a form as columns in, what the rules of its items say of them out.

First every cell is looked at by the cheapest test that only right cells pass; then the few that are left are judged,
and those that the columns can not judge are explained by Cerberus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from trialkit.language import Setting
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar.explained import Explanation, explain_cells, word_cells
from trialkit.validate.columnar.findings import FieldFindings, assemble
from trialkit.validate.columnar.first_sight import find_suspects
from trialkit.validate.columnar.judgement import dated, judge_values
from trialkit.validate.columnar.kinds import Kinds
from trialkit.validate.columnar.look import Look, look_at
from trialkit.validate.columnar.rules import Verdict, verdict
from trialkit.validate.columnar.wording import say
from trialkit.validate.plan import CheckPlan


def field_findings(
    plan: CheckPlan, table: RecordTable, setting: Setting, asked: Mapping[str, Sequence[bool | None]]
) -> FieldFindings:
    """What the rules of the items say of all records of a form: what `ask_fields` says of one after another.

    Conditions of skip logic are not asked here, and so none is reported as not evaluated.

    Args:
        plan: the form's compiled checks.
        table: the records. Its columns may be polars series as well, which saves making them.
        setting: the conversions, what makes texts typed values, and the clocks of the sites.
        asked: item to whether skip logic asks for it, one answer for each record; True for what could not be judged. An
            item that is absent is asked for everywhere.
    """
    looks = look_at(plan, table, setting, asked)
    rules = {number: look.rules for number, look in enumerate(looks)}
    suspects = find_suspects(looks, len(table))
    judged = judge_values(table, setting, rules, suspects["value"])
    is_doubtful = pl.col("verdict") == Verdict.DOUBTFUL
    broken, kinds = judged.filter(~is_doubtful), Kinds()
    told = explain_cells(plan, rules, dated(table, setting, judged.filter(is_doubtful)), setting, kinds)
    others = [
        (Verdict.REASONS, _strange(looks, suspects["reason"])),
        (Verdict.ANSWERED, _blank(looks, suspects["blank"], told)),
        (Verdict.ASKED, _stray(suspects["stray"], broken, told)),
    ]
    certain = [broken.filter(~pl.col("is_converted"))]
    certain += [cells.with_columns(verdict=verdict(rule)) for rule, cells in others if cells.height]
    said = say(rules, pl.concat(certain, how="diagonal", rechunk=True), kinds)
    converted = word_cells(rules, broken.filter("is_converted"), setting, kinds)
    return assemble(table, pl.concat([said, converted, told.said], rechunk=True), kinds.found)


def _strange(looks: Sequence[Look], cells: pl.DataFrame) -> pl.DataFrame:
    """Missing reasons that are not accepted."""
    accepted = [(number, str(reason)) for number, look in enumerate(looks) for reason in look.rules.reasons]
    fitting = pl.DataFrame(accepted, schema={"item": pl.UInt32, "missing": pl.String}, orient="row")
    return cells.join(fitting, on=["item", "missing"], how="anti")


def _blank(looks: Sequence[Look], blank: pl.DataFrame, told: Explanation) -> pl.DataFrame:
    """What is required and blank, also where what stands there came to nothing."""
    if not told.blank.height:
        return blank
    found = [blank]
    for (number,), cells in told.blank.partition_by("item", as_dict=True).items():
        look = looks[number]
        if look.rules.is_required:
            is_asked = None if look.asked is None else look.asked.gather(cells.get_column("place"))
            found.append(cells if is_asked is None else cells.filter(is_asked))
    return pl.concat(found, how="diagonal", rechunk=True)


def _stray(stray: pl.DataFrame, broken: pl.DataFrame, told: Explanation) -> pl.DataFrame:
    """What is not asked for, without what came to nothing and what is unreadable, of which nothing else is said."""
    if not stray.height:
        return stray
    unreadable = broken.filter(pl.col("verdict") == Verdict.TYPE).select("item", "place")
    return stray.join(pl.concat([told.blank, told.unreadable, unreadable]), on=["item", "place"], how="anti")
