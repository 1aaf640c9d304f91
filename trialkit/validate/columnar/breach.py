"""A rule in, what its finding says out: the words of `explain`, with a place left open for what differs by cell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
from cerberus.errors import ValidationError

from trialkit.model.finding import Finding
from trialkit.model.item import Item
from trialkit.model.record import RecordKey, Value
from trialkit.validate.explain import explain_error

_OPEN = "\ue000"
"""Stands where the cell's own words will stand: a character that no name, unit or list has."""

_NOWHERE = RecordKey("", "", "", 1, "")


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that some cells break.

    Attributes:
        like: what their findings have in common; neither its key nor its message counts.
        before, after: what the message says before and behind the words of the cell.
        cells: with the columns place, said (the words of the cell) and shown (the value as it was given).
    """

    like: Finding
    before: str
    after: str
    cells: pl.DataFrame


def rule_breach(rule: str, item: Item, cells: pl.DataFrame, info: str | None = None) -> Breach:
    """A breach whose message has the words of the cells where `explain` puts the value, or else what info is.

    Args:
        rule: the rule as Cerberus calls it.
        item: the item.
        cells: see `Breach`.
        info: what Cerberus tells of the rule; None when that is the cell's own words.
    """
    value = Value(text=_OPEN) if info is not None else None
    found = explained(rule_error(rule, item, info=_OPEN if info is None else info), item, value)
    before, _, after = found.message.partition(_OPEN)
    return Breach(found, before, after, cells)


def told_breach(like: Finding, cells: pl.DataFrame) -> Breach:
    """A breach of which every cell says the whole message."""
    return Breach(like, "", "", cells)


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
