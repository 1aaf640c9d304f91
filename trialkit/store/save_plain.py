"""The details of ``record.save`` entries as plain mappings, and back. They say what is there, and nothing else.

An item that had no value before is its new value alone. A value that has neither unit nor another writing is its text
alone. Cells are named once for all items. Exact both ways; decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trialkit.model.item import MissingReason
from trialkit.model.record import CellReference, ItemChange, RecordChange, Value
from trialkit.store.plain import Plain

Details = Mapping[str, Any]  # Any: parsed JSON, read field by field below
"""What a ``record.save`` entry says beyond its envelope."""

MOST_ROWS = 999_999_999
"""The number of a row beyond that is not taken for one."""

_ADDRESS = re.compile(r"([A-Z]+)([1-9][0-9]{0,8})", re.ASCII)
_SIDES = frozenset({"old", "new"})


def change_to_plain(change: RecordChange, definition: str) -> Plain:
    """The details of the entry that saves a change.

    Args:
        change: what is written; each item once.
        definition: digest of the study's definition in force.
    """
    return {
        "version": change.base_version + 1,
        "form_version": change.form_version,
        "definition": definition,
        **said_by(change),
    }


def said_by(change: RecordChange) -> Plain:
    """What the entry that saves a change says of its items, and of the cells that they came from."""
    items = sorted(change.items, key=lambda item: item.item)
    return {
        "items": {item.item: item_to_plain(item) for item in items},
        **sources_to_plain([item.item for item in items], change.sources),
    }


def item_to_plain(change: ItemChange) -> object:
    """What an entry says about one item: its value when it had none before, else ``old`` and ``new``."""
    if change.old is None and change.new is not None:
        return value_to_plain(change.new)
    sides = {"old": change.old, "new": change.new}
    return {side: value_to_plain(value) for side, value in sides.items() if value is not None}


def value_to_plain(value: Value) -> object:
    """A value: its text when there is nothing else to say, else those of its parts that are there."""
    if value.missing is None and value.unit is None and value.raw is None:
        return value.text
    missing = None if value.missing is None else value.missing.value
    parts = {"text": value.text, "missing": missing, "unit": value.unit, "raw": value.raw}
    return {name: part for name, part in parts.items() if part is not None}


def changes_from_plain(details: Details) -> tuple[ItemChange, ...]:
    """The changes that `change_to_plain` wrote, sorted by item. Raises ValueError or TypeError when there are none."""
    return tuple(_item_from_plain(item, plain) for item, plain in details["items"].items())


def _item_from_plain(item: str, plain: object) -> ItemChange:
    if isinstance(plain, Mapping) and plain.keys() <= _SIDES:
        return ItemChange(item, _side_from_plain(plain.get("old")), _side_from_plain(plain.get("new")))
    return ItemChange(item, None, _value_from_plain(plain))


def _side_from_plain(plain: object) -> Value | None:
    return None if plain is None else _value_from_plain(plain)


def _value_from_plain(plain: object) -> Value:
    if isinstance(plain, str):
        return Value(plain)
    if not isinstance(plain, Mapping):
        raise TypeError("a value is a text or has parts")
    missing = plain.get("missing")
    return Value(**{**plain, "missing": None if missing is None else MissingReason(missing)})


def sources_to_plain(names: Sequence[str], sources: Mapping[str, CellReference]) -> Plain:
    """The cells that items came from: ``source`` when all of them stand in one row, else ``sources``; may be empty.

    Args:
        names: the items, sorted.
        sources: item to its cell; items that came from none are absent.
    """
    cells = {name: sources[name] for name in names if name in sources}
    parts = {name: _ADDRESS.fullmatch(cell.address) for name, cell in cells.items()}
    rows = {(cell.file, cell.sheet, (match := parts[name]) and match[2]) for name, cell in cells.items()}
    if not cells:
        return {}
    if len(rows) == 1 and all(parts.values()):
        ((file, sheet, row),) = rows
        columns = [match[1] if (match := parts.get(name)) else None for name in names]
        return {"source": {**_sheet_to_plain(file, sheet), "row": int(row or 0), "columns": columns}}
    addresses: dict[tuple[str, str], dict[str, str]] = {}
    for name, cell in cells.items():
        addresses.setdefault((cell.file, cell.sheet), {})[name] = cell.address
    return {"sources": [{**_sheet_to_plain(*sheet), "cells": named} for sheet, named in addresses.items()]}


def _sheet_to_plain(file: str, sheet: str) -> Plain:
    return {"file": file, "sheet": sheet} if sheet else {"file": file}


def sources_from_plain(details: Details) -> dict[str, CellReference]:
    """The cells that `sources_to_plain` wrote, by item; items that came from none are absent."""
    if "source" in details:
        plain = details["source"]
        file, sheet, row = plain["file"], plain.get("sheet", ""), plain["row"]
        placed = zip(details["items"], plain["columns"], strict=True)
        return {item: CellReference(file, sheet, f"{column}{row}") for item, column in placed if column is not None}
    return {
        item: CellReference(plain["file"], plain.get("sheet", ""), address)
        for plain in details.get("sources", ())
        for item, address in plain["cells"].items()
    }
