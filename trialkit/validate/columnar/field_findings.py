"""The records of a form as columns in, what the rules of its items say of them out.

First every cell is looked at by the cheapest test that only right cells pass; then the few that are left are judged,
and those that the columns can not judge are explained by Cerberus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from trialkit.language import Setting
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar.breach import Breach, rule_breach
from trialkit.validate.columnar.explained import NO_PLACES, Explanation
from trialkit.validate.columnar.findings import FieldFindings, assemble
from trialkit.validate.columnar.first_sight import find_suspects
from trialkit.validate.columnar.judgement import cells_at, given_values, judge_values
from trialkit.validate.columnar.look import Look, look_at
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
    suspects = find_suspects(looks, len(table))
    return assemble(table, [breach for look in looks for breach in _breaches(look, suspects)])


def _breaches(look: Look, suspects: Mapping[str, pl.Series]) -> Iterator[Breach]:
    """What is wrong in the cells of one item."""
    values = suspects.get(look.name("value"), NO_PLACES)
    told = judge_values(look, values) if len(values) else Explanation()
    yield from told.breaches
    item, reasons = look.rules.item, suspects.get(look.name("reason"), NO_PLACES)
    if len(reasons):
        cells = cells_at(look, reasons)
        yield rule_breach("reasons", item, cells.select("place", pl.col("missing").alias("said"), _shown(cells)))
    blank = _blank(look, suspects, told)
    if len(blank):
        yield rule_breach("answered", item, _silent(look, blank), info="")
    stray = _without(suspects.get(look.name("stray"), NO_PLACES), told)
    if len(stray):
        yield rule_breach("asked", item, _silent(look, stray), info="")


def _blank(look: Look, suspects: Mapping[str, pl.Series], told: Explanation) -> pl.Series:
    """Where something is required and blank, also where what stands there came to nothing."""
    blank = suspects.get(look.name("blank"), NO_PLACES)
    if not look.rules.is_required or not len(told.blank):
        return blank
    more = told.blank if look.asked is None else told.blank.filter(look.asked.gather(told.blank))
    return pl.concat([blank, more])


def _without(stray: pl.Series, told: Explanation) -> pl.Series:
    """Without what came to nothing, and what is said to be unreadable already."""
    said = pl.concat([told.blank, told.unreadable])
    return stray.filter(~stray.is_in(said.implode())) if len(stray) and len(said) else stray


def _silent(look: Look, places: pl.Series) -> pl.DataFrame:
    """Cells whose message has no words of their own."""
    cells = cells_at(look, places)
    return cells.select("place", pl.lit(None, dtype=pl.String).alias("said"), _shown(cells))


def _shown(cells: pl.DataFrame) -> pl.Expr:
    return given_values(cells).alias("shown")
