"""The item types of the house, as a plugin would hand in its own."""

from __future__ import annotations

from trialkit.extension import ItemType
from trialkit.model.item import ItemTypeName
from trialkit.model.kind import Kind
from trialkit.normalise import codes, dates, numbers, texts

HOUSE_TYPES: tuple[ItemType, ...] = (
    ItemType(ItemTypeName.TEXT, Kind.TEXT, texts.parse_text, texts.typed_text, "text"),
    ItemType(ItemTypeName.INTEGER, Kind.NUMBER, numbers.parse_integer, numbers.typed_number, "a whole number"),
    ItemType(ItemTypeName.DECIMAL, Kind.NUMBER, numbers.parse_decimal, numbers.typed_number, "a number"),
    ItemType(ItemTypeName.CODE, Kind.TEXT, codes.parse_code, codes.typed_code, "a code of the list"),
    ItemType(ItemTypeName.CODES, Kind.CODES, codes.parse_codes, codes.typed_codes, "codes of the list, with ;"),
    ItemType(ItemTypeName.DATE, Kind.DATE, dates.parse_date, dates.typed_date, "a date, YYYY-MM-DD"),
    ItemType(
        ItemTypeName.PARTIAL_DATE,
        Kind.DATE,
        dates.parse_partial_date,
        dates.typed_date,
        "a date, YYYY-MM-DD, or as far as it is known",
    ),
    ItemType(ItemTypeName.TIME, Kind.TIME, dates.parse_time, dates.typed_time, "a time, HH:MM"),
    ItemType(
        ItemTypeName.DATETIME, Kind.DATE, dates.parse_datetime, dates.typed_date, "a date and time, YYYY-MM-DDTHH:MM"
    ),
)
"""All nine, in the order in which help shows them."""
