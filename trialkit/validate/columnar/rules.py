"""The Cerberus schema of a form in, for each item what the columns have to look at out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from trialkit.model.interval import Interval
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.unit import UnitConversion
from trialkit.validate.plan import CheckPlan


class Verdict(StrEnum):
    """What is said of a cell: the rule that it breaks, as Cerberus calls it, or one of two answers besides."""

    RIGHT = "right"
    DOUBTFUL = "doubtful"
    TYPE = "type"
    HARD_RANGE = "hard_range"
    SOFT_RANGE = "soft_range"
    LISTED = "listed"
    PAST = "past"
    REASONS = "reasons"
    ANSWERED = "answered"
    ASKED = "asked"


NUMBERS = frozenset((ItemTypeName.INTEGER, ItemTypeName.DECIMAL))
DATES = frozenset((ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.DATETIME))

VERDICTS = pl.Enum([str(found) for found in Verdict])


def verdict(found: Verdict) -> pl.Expr:
    """A verdict as polars takes it."""
    return pl.lit(str(found), dtype=VERDICTS)


_KNOWN_RULES = frozenset(
    ("nullable", "type", "finite", "hard_range", "soft_range", "listed", "reasons", "past", "answered", "asked")
)


@dataclass(frozen=True, slots=True)
class ItemRules:
    """What an item asks for.

    Attributes:
        item: the item.
        is_columnar: whether the columns can tell right from wrong; if not, Cerberus looks at every distinct cell.
        hard, soft: the ranges.
        codes: the codes of its list.
        is_past: whether its dates may not lie in the future.
        is_required: whether a blank is a finding.
        is_conditional: whether skip logic decides who is asked.
        reasons: the missing reasons that are accepted.
        conversions: the conversions to its standard unit by unit given.
        today: the earliest date that any site's clock shows.
    """

    item: Item
    is_columnar: bool
    hard: Interval | None
    soft: Interval | None
    codes: tuple[str, ...] | None
    is_past: bool
    is_required: bool
    is_conditional: bool
    reasons: tuple[MissingReason, ...]
    conversions: Mapping[str, UnitConversion]
    today: date

    @property
    def name(self) -> str:
        """The item's identifier."""
        return self.item.item

    def told(self, rule: Verdict) -> str:
        """What Cerberus tells of one of the ranges; empty for any other rule."""
        interval = {Verdict.HARD_RANGE: self.hard, Verdict.SOFT_RANGE: self.soft}.get(rule)
        return "" if interval is None else interval.in_words()

    @property
    def ranges(self) -> tuple[Interval, ...]:
        """The hard and the soft range, as far as there are any."""
        return tuple(found for found in (self.hard, self.soft) if found is not None)


def item_rules(plan: CheckPlan, conversions: Sequence[UnitConversion], today: date) -> tuple[ItemRules, ...]:
    """The rules of every item of a form, in its order, as they stand in the schema that Cerberus follows.

    Args:
        plan: the form's compiled checks.
        conversions: those in force.
        today: the earliest date that any site's clock shows.
    """
    return tuple(_rules_of(item, plan, conversions, today) for item in plan.form.items)


def _rules_of(item: Item, plan: CheckPlan, conversions: Sequence[UnitConversion], today: date) -> ItemRules:
    schema = plan.validator.schema[item.item]
    return ItemRules(
        item=item,
        is_columnar=item.type in tuple(ItemTypeName) and schema.keys() <= _KNOWN_RULES,
        hard=schema.get("hard_range"),
        soft=schema.get("soft_range"),
        codes=schema.get("listed"),
        is_past=schema.get("past", False),
        is_required=schema.get("answered", False),
        is_conditional=schema.get("asked", False),
        reasons=schema["reasons"],
        conversions=_conversions_to(item.unit, conversions),
        today=today,
    )


def _conversions_to(standard: str | None, conversions: Sequence[UnitConversion]) -> dict[str, UnitConversion]:
    """The first of them for each unit, which is the one that counts."""
    fitting = [conversion for conversion in conversions if conversion.to == standard]
    return {conversion.unit: conversion for conversion in reversed(fitting)}
