"""``ITEM=VALUE`` as a person types it: texts in, raw values by item out. Looks at names, never at values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from trialkit.errors import UsageError
from trialkit.model.form import Form
from trialkit.model.import_options import is_clear_word
from trialkit.model.item import Item, MissingReason
from trialkit.model.record import RawValue
from trialkit.wording import did_you_mean, list_some, quote

_REASON = re.compile(r"\.([A-Za-z]{1,8})")


def split_assignments(texts: Sequence[str], form: Form) -> dict[str, RawValue]:
    """Read assignments to items of one form.

    ``SYSBP=120`` gives a value; ``TEMP=98.6 F`` one in a unit, when the last word is a unit that the item accepts;
    ``SYSBP=.ND`` a missing reason; ``SYSBP=`` and ``SYSBP=.CLEAR`` clear the item. Item names may be typed in any case.

    Returns:
        Item identifier to raw value, in the order given. A raw value with an empty text clears its item.

    Raises:
        UsageError: U120 (no ``=``), U121 (unknown item), U122 (computed item), U123 (item given twice), U124
            (unknown missing reason).
    """
    values: dict[str, RawValue] = {}
    for text in texts:
        name, equals, given = text.partition("=")
        if not equals:
            raise UsageError("U120", f"{name.strip()!r:.40} is no assignment.", remedy="Write ITEM=VALUE.")
        item = _find_item(form, name.strip())
        if item.item in values:
            raise UsageError("U123", f"{item.item} is given twice.", remedy="Give each item once.")
        values[item.item] = _read_value(given.strip(), item)
    return values


def check_items(form: Form, names: Iterable[str]) -> None:
    """Raise UsageError for a name that is no item of the form (U121), or that of a computed one (U122)."""
    for name in names:
        if _find_item(form, name).item != name:
            raise UsageError("U121", f"Form {form.form} has no item {name!r:.40}.", remedy=f"Write {name.upper()}.")


def _find_item(form: Form, name: str) -> Item:
    item = form.item(name.upper())
    enterable = [item.item for item in form.items if item.derive is None]
    if item is None:
        raise UsageError(
            "U121",
            f"Form {form.form} has no item {name!r:.40}.",
            remedy=f"{did_you_mean(name, enterable)}Its items are: {list_some(enterable, 40)}.",
        )
    if item.derive is not None:
        raise UsageError(
            "U122",
            f"{form.form}.{item.item} is computed and can not be entered.",
            remedy="Enter what it is computed from.",
        )
    return item


def _read_value(text: str, item: Item) -> RawValue:
    if is_clear_word(text):
        return RawValue("")
    match = _REASON.fullmatch(text)
    if match is not None:
        return RawValue(text, missing=_read_reason(match[1], item))
    for unit in sorted(item.accepted_units, key=len, reverse=True):
        number = text.removesuffix(unit)
        if number != text and number.rstrip() != number and number.strip():
            return RawValue(number.strip(), unit=unit)
    return RawValue(text)


def _read_reason(code: str, item: Item) -> MissingReason:
    if code.upper() not in tuple(MissingReason):
        known = list_some(f".{reason} ({reason.in_words})" for reason in item.missing)
        raise UsageError(
            "U124", f"{quote('.' + code)} is no missing reason of {item.item}.", remedy=f"Use one of: {known}."
        )
    return MissingReason(code.upper())
