"""Numbers: text in, the same digits out. Nothing is rounded, no separator is guessed."""

from __future__ import annotations

import re
from decimal import Decimal

from trialkit.extension import TypeMismatchError
from trialkit.model.codelist import CodeList
from trialkit.model.item import Item
from trialkit.model.kind import Typed

# ASCII digits only: int() and float() would also take '1_000', other scripts' digits, 'nan' and 'inf'.
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]+(?:\.([0-9]+))?", re.ASCII)
_COMMA_DECIMAL = re.compile(r"(-?[0-9]+),([0-9]+)", re.ASCII)
_WITH_UNIT = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?\s*[^\W\d_/][^\W\d_]*(?:/[^\W\d_]+)?", re.ASCII)
_LONGEST = 60
_WITH_POINT, _WITH_COMMA = "Write it like 36.6, with a point.", "Write it like 36,6, with a comma."
_NO_VALUE = "If there is no value, write a missing reason such as .ND."


def parse_integer(text: str, _item: Item, _codelist: CodeList | None, _date_format: str | None) -> str:
    """The digits as written. Raises TypeMismatchError for anything but an optional minus and digits."""
    if len(text) > _LONGEST or not _INTEGER.fullmatch(text):
        digits = "Write digits only, for example 120."
        raise TypeMismatchError("is not a whole number", _hint(text) or f"{digits}{_if_none(text)}")
    return text


def parse_decimal(text: str, item: Item, _codelist: CodeList | None, _date_format: str | None) -> str:
    """The digits as written. Raises TypeMismatchError for other text and for more places than the item allows."""
    match = _DECIMAL.fullmatch(text)
    if len(text) > _LONGEST or match is None:
        comma = "Write a point, or say decimal_comma in the mapping." if _COMMA_DECIMAL.fullmatch(text) else ""
        raise TypeMismatchError("is not a number", _hint(text) or comma or f"{_WITH_POINT}{_if_none(text)}")
    places = len(match.group(1) or "")
    if item.decimals is not None and places > item.decimals:
        raise TypeMismatchError(
            f"has {_places(places)}", f"Write at most {_places(item.decimals)}; trialkit never rounds."
        )
    return text


def typed_number(text: str) -> Typed:
    """The exact decimal of a canonical number."""
    return Decimal(text)


def point_for_comma(text: str) -> str:
    """Turn ``36,6`` into ``36.6`` for a source that says it writes decimal commas.

    Raises TypeMismatchError when the text has a point, which in such a source could separate thousands.
    """
    if "." in text:
        raise TypeMismatchError("has a point although the source writes decimal commas", _WITH_COMMA)
    match = _COMMA_DECIMAL.fullmatch(text)
    return f"{match.group(1)}.{match.group(2)}" if match else text


def for_decimal_commas(remedy: str) -> str:
    """What is to be done, in the words for a source that writes decimal commas."""
    return remedy.replace(_WITH_POINT, _WITH_COMMA)


def _if_none(text: str) -> str:
    """What to write where a word stands in the place of a number."""
    return "" if any(map(str.isdigit, text)) else f" {_NO_VALUE}"


def _places(count: int) -> str:
    return f"{count} decimal place{'' if count == 1 else 's'}"


def _hint(text: str) -> str:
    if len(text) > _LONGEST:
        return f"Write at most {_LONGEST} characters."
    if text[:1] in "<>≤≥":
        return "A comparison is not a number: record it as text, or give a missing reason such as .ND."
    if re.fullmatch(r"-?[0-9.]+[eE][-+]?[0-9]+", text):
        return "Write all its digits, without an exponent."
    if _WITH_UNIT.fullmatch(text):
        return "Write the number alone: its unit is said by the mapping, or in a column of its own."
    return ""
