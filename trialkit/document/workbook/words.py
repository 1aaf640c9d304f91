"""What the columns of a workbook say about an item: hints, prompts, notes, and how much room it takes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from trialkit.model.choice import code_choices, reason_choice
from trialkit.model.codelist import CodeList
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.protocol import Protocol

__all__ = [
    "NUMERIC",
    "cell_kind",
    "column_width",
    "item_hint",
    "item_note",
    "item_prompt",
    "name_visits",
    "number_words",
]

NUMERIC = (ItemTypeName.INTEGER, ItemTypeName.DECIMAL)
"""The types of numbers."""

_WIDTH = {
    ItemTypeName.INTEGER: 10.0,
    ItemTypeName.DECIMAL: 10.0,
    ItemTypeName.DATE: 13.0,
    ItemTypeName.PARTIAL_DATE: 14.0,
    ItemTypeName.TIME: 9.0,
    ItemTypeName.DATETIME: 18.0,
    ItemTypeName.CODES: 24.0,
}
_TEXT_WIDTHS = (14.0, 34.0)
_CODE_WIDTHS = (11.0, 34.0)
_HINTS = {
    ItemTypeName.DATE: "day, month, year",
    ItemTypeName.PARTIAL_DATE: "2024-11-05, or 2024-11, 2024 as far as known",
    ItemTypeName.TIME: "09:05 (24 h)",
    ItemTypeName.DATETIME: "2026-11-05 09:05",
    ItemTypeName.CODE: "pick",
    ItemTypeName.CODES: "codes with ; between",
}
_PROMPTS = {
    ItemTypeName.DATE: "A full date. Type it as you are used to: it is shown with the month in letters, look whether "
    "it is the one you mean.",
    ItemTypeName.PARTIAL_DATE: "As far as it is known: 2024-11-05, 2024-11 or 2024. Or 05-NOV-2024, UN-NOV-2024.",
    ItemTypeName.TIME: "Time of day on the 24 hour clock: 09:05.",
    ItemTypeName.DATETIME: "Date and time: 2026-11-05 09:05.",
    ItemTypeName.CODE: "Pick from the list.",
}
_SHOWN_TERMS = 40


def name_visits(condition: str, protocol: Protocol) -> str:
    """A condition in words with the visits in the place of their tag, which only definitions know."""
    for tag in {tag for visit in protocol.visits for tag in visit.tags}:
        named = ", ".join(visit.visit for visit in protocol.visits if tag in visit.tags)
        condition = re.sub(rf"the visit is tagged {re.escape(tag)}\b", f"the visit is {named}", condition)
    return condition


def number_words(item: Item) -> str:
    """What numbers an item takes: ``60 to 260, at most 1 decimal place, mmHg``; ``any`` when it takes all."""
    what = "whole" if item.type == ItemTypeName.INTEGER else ""
    if item.decimals is not None:
        what = f"at most {item.decimals} decimal place{'' if item.decimals == 1 else 's'}"
    parts = [item.hard.in_words() if item.hard is not None else "", what, item.unit or ""]
    if len(item.accepted_units) > 1:
        parts = [what, f"in {' or '.join(item.accepted_units)}"]
    return ", ".join(part for part in parts if part) or "any"


def item_hint(item: Item) -> str:
    """What is written in the cells of an item, in few words; may be empty."""
    if item.type in NUMERIC:
        several = len(item.accepted_units) > 1
        range_words = "" if item.hard is None or several else _short_range(item.hard.low, item.hard.high)
        return " ".join(filter(None, (range_words, "" if several else item.unit))) or "number"
    return _HINTS.get(ItemTypeName(item.type), "") if item.type in tuple(ItemTypeName) else ""


def _short_range(low: Decimal | None, high: Decimal | None) -> str:
    if low is None or high is None:
        return f"up to {high}" if low is None else f"from {low}"
    return f"{low} – {high}"


def item_prompt(item: Item, codelist: CodeList | None) -> str:
    """What is said when a cell of an item is chosen; may be empty."""
    if item.type == ItemTypeName.CODES and codelist is not None:
        terms = "; ".join(_term_words(term.code, term.display) for term in codelist.terms)
        return f"One code or several, with ; between: {terms}"
    if item.type in NUMERIC:
        usual = f" Usual: {item.soft.in_words()}." if item.soft is not None and len(item.accepted_units) <= 1 else ""
        own = f"A number: {number_words(item)}.{usual}"
    else:
        own = _PROMPTS.get(ItemTypeName(item.type), "") if item.type in tuple(ItemTypeName) else ""
    return " ".join(filter(None, (own, " ".join(item.help.split()))))


def item_note(item: Item, codelist: CodeList | None, condition: str) -> str:
    """Everything there is to know about an item, a line for each thing; `condition` says in words when it is asked."""
    lines = [f"{item.item}: {item.label}", " ".join(item.help.split())]
    if item.type in NUMERIC:
        lines.append(f"A number: {number_words(item)}.")
        standard = f" (in {item.unit})" if len(item.accepted_units) > 1 else ""
        if item.hard is not None and standard:
            lines.append(f"Possible: {item.hard.in_words()}{standard}.")
        if item.soft is not None:
            lines.append(f"Usual: {item.soft.in_words()}{standard}. Anything else is asked about.")
    elif item.type in _PROMPTS and item.type != ItemTypeName.CODE:
        lines.append(_PROMPTS[ItemTypeName(item.type)])
    if codelist is not None:
        terms = [f"  {_term_words(term.code, term.display)}" for term in codelist.terms[:_SHOWN_TERMS]]
        more = len(codelist.terms) - _SHOWN_TERMS
        lines += ["Codes, with ; between:" if item.type == ItemTypeName.CODES else "One of:", *terms]
        lines += [f"  and {more} more, see the list"] if more > 0 else []
    lines.append("* has to be filled in." if item.required else "")
    lines.append(f"Asked if {condition}." if condition else "")
    lines.append("No value? " + "; ".join(reason_choice(one) for one in item.missing) if item.missing else "")
    return "\n".join(line for line in lines if line)


def _term_words(code: str, label: str) -> str:
    return code if code == label else f"{code} = {label}"


def cell_kind(item: Item) -> Literal["text", "number", "day"]:
    """How the cells of an item are formatted."""
    if item.type in NUMERIC:
        return "number"
    return "day" if item.type == ItemTypeName.DATE else "text"


def column_width(item: Item, codelist: CodeList | None) -> float:
    """How wide the column of an item is, in characters."""
    if item.type == ItemTypeName.CODE and codelist is not None:
        longest = max(len(text) for text in code_choices(codelist))
        return min(max(longest + 3.0, _CODE_WIDTHS[0]), _CODE_WIDTHS[1])
    if item.type == ItemTypeName.TEXT:
        return min(max(item.length * 0.6, _TEXT_WIDTHS[0]), _TEXT_WIDTHS[1])
    return _WIDTH.get(ItemTypeName(item.type), 20.0) if item.type in tuple(ItemTypeName) else 20.0
