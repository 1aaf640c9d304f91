"""A stored value in, what a cell shows for it out: read back by the import, it is the same value again."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from trialkit.model.choice import code_choices, reason_choice
from trialkit.model.codelist import CodeList
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.record import Value
from trialkit.spreadsheet.template import TemplateValue

__all__ = ["cell_value"]

_FIRST_DAY = date(1900, 3, 1)
_PLAIN = re.compile(r"0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]", re.ASCII)
"""Numbers in their only writing: ``36.60``, ``007`` and ``-0`` would come back as others."""
_DIGITS_KEPT = 15
_NUMERIC = (ItemTypeName.INTEGER, ItemTypeName.DECIMAL)


def cell_value(value: Value | None, item: Item, codelist: CodeList | None) -> TemplateValue:
    """What a cell shows.

    A number is a number only when a spreadsheet program gives back the same digits; ``36.60`` stays a text. A day is a
    day from March 1900 on; before that Excel counts a day that never was.
    """
    if value is None:
        return None
    if value.missing is not None:
        return reason_choice(value.missing) if item.type == ItemTypeName.CODE else f".{value.missing.value}"
    text = value.text or ""
    if item.type in _NUMERIC:
        return _number(text)
    if item.type == ItemTypeName.DATE:
        return _day(text)
    if item.type == ItemTypeName.CODE and codelist is not None:
        return next((shown for shown, code in code_choices(codelist).items() if code == text), text)
    return text


def _number(text: str) -> TemplateValue:
    is_kept = _PLAIN.fullmatch(text) is not None and sum(map(str.isdigit, text)) <= _DIGITS_KEPT
    return Decimal(text) if is_kept else text


def _day(text: str) -> TemplateValue:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return day if day >= _FIRST_DAY else text
