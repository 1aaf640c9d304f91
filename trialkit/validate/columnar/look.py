"""A plan and a table in, one item after another with its rules and its columns out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

import polars as pl

from trialkit.language import Setting
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar.columns import ItemColumns, item_columns, truth_series
from trialkit.validate.columnar.plain import day_before
from trialkit.validate.columnar.rules import ItemRules, item_rules
from trialkit.validate.plan import CheckPlan

PARTS = ("text", "missing", "unit")
"""What a record has for an item."""


@dataclass(frozen=True, slots=True)
class Look:
    """One item of a table, and what is needed to judge its cells.

    Attributes:
        plan: the form's compiled checks.
        table: the records.
        setting: the conversions, what makes texts typed values, and the clocks.
        rules: what the item asks for.
        columns: what the records have for it.
        asked: whether skip logic asks for it, in each record; None when it always does.
    """

    plan: CheckPlan
    table: RecordTable
    setting: Setting
    rules: ItemRules
    columns: ItemColumns
    asked: pl.Series | None

    def name(self, part: str) -> str:
        """The name of one of the item's columns, or of something that is found in them."""
        return f"{part} {self.rules.name}"

    def expression(self, part: str) -> pl.Expr:
        """One of the item's columns."""
        return pl.col(self.name(part))

    @property
    def series(self) -> list[pl.Series]:
        """The item's columns with their names, those in which nothing stands left out."""
        parts = {**self.columns.parts, "asked": self.asked}
        return [series.alias(self.name(part)) for part, series in parts.items() if series is not None]


def look_at(
    plan: CheckPlan, table: RecordTable, setting: Setting, asked: Mapping[str, Sequence[bool | None]]
) -> list[Look]:
    """Every item of the form, in its order; see `field_findings`."""
    earliest = day_before(setting.moment.astimezone(UTC).date())  # no clock is a whole day behind
    return [_look(plan, table, setting, rules, asked) for rules in item_rules(plan, setting.units, earliest)]


def _look(
    plan: CheckPlan,
    table: RecordTable,
    setting: Setting,
    rules: ItemRules,
    asked: Mapping[str, Sequence[bool | None]],
) -> Look:
    answers = asked.get(rules.name) if rules.is_conditional else None
    columns = item_columns(rules.name, table.texts, table.missing, table.units)
    return Look(plan, table, setting, rules, columns, None if answers is None else truth_series(answers))
