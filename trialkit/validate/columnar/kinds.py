"""A rule in, what its findings have in common out: the words of `explain`, with a place left open for each cell's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import polars as pl
from cerberus.errors import ValidationError

from trialkit.model.finding import Finding
from trialkit.model.item import Item
from trialkit.model.record import RecordKey, Value
from trialkit.validate.explain import explain_error

_OPEN = "\ue000"
"""Stands where the cell's own words will stand: a character that no name, unit or list has."""

_NOWHERE = RecordKey("", "", "", 1, "")

SAID = pl.Schema({"place": pl.UInt32, "kind": pl.UInt32, "said": pl.String, "shown": pl.String})
"""What is said of cells: where, as which of the kinds, the cell's own words, and its value as it was given."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Findings of one rule of one item.

    Attributes:
        like: what they have in common; neither its key nor its message counts.
        before, after: what the message says before and behind the words of the cell.
    """

    like: Finding
    before: str = ""
    after: str = ""


class Kinds:
    """The kinds of findings that there are, by number."""

    def __init__(self) -> None:
        self.found: list[Kind] = []

    def number(self, kind: Kind) -> int:
        """The number of a kind that was not there before."""
        self.found.append(kind)
        return len(self.found) - 1


@lru_cache(maxsize=4096)
def rule_kind(rule: str, item: Item, info: str | None = None) -> Kind:
    """Findings whose messages have the words of the cell where `explain` puts the value, or else what Cerberus tells.

    Args:
        rule: the rule as Cerberus calls it.
        item: the item.
        info: what Cerberus tells of the rule; None when that is the cell's own words.
    """
    value = None if info is None else Value(text=_OPEN)
    found = explained(rule_error(rule, item, _OPEN if info is None else info), item, value)
    before, _, after = found.message.partition(_OPEN)
    return Kind(found, before, after)


def explained(error: ValidationError, item: Item, value: Value | None) -> Finding:
    """The finding of an error, of no record."""
    return replace(explain_error(error, item, _NOWHERE, value, None), key=None)


def rule_error(rule: str, item: Item, info: str = "", value: object = None) -> ValidationError:
    """An error as Cerberus would report it.

    Args:
        rule: the rule that is broken.
        item: whose it is.
        info: what the rule tells besides.
        value: the typed value.
    """
    return ValidationError((item.item,), (item.item, rule), None, rule, None, value, (info,))
