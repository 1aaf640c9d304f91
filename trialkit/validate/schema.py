"""A form in, the Cerberus schema of its records out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialkit.extension import ItemType
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.kind import Kind

_CERBERUS_TYPES = {
    Kind.NUMBER: "number",
    Kind.TEXT: "text",
    Kind.CODES: "codes",
    Kind.DATE: "moment",
    Kind.TIME: "clock",
    Kind.BOOLEAN: "truth",
}

Schema = dict[str, dict[str, Any]]
"""Item identifier to Cerberus rules. Any: the rules' constraints have many types."""


def record_schema(form: Form, codelists: Mapping[str, CodeList], types: Mapping[str, ItemType]) -> Schema:
    """One entry per item, derived ones included: what is computed is checked like what was typed."""
    return {item.item: _item_rules(item, codelists, types[item.type].kind) for item in form.items}


def _item_rules(item: Item, codelists: Mapping[str, CodeList], kind: Kind) -> dict[str, Any]:  # Any: see Schema
    rules: dict[str, Any] = {"nullable": True, "reasons": item.missing}  # Any: see Schema
    if kind in _CERBERUS_TYPES:
        rules["type"] = _CERBERUS_TYPES[kind]
    if kind is Kind.NUMBER:
        rules["finite"] = True
    if item.hard is not None:
        rules["hard_range"] = item.hard
    if item.soft is not None:
        rules["soft_range"] = item.soft
    if item.codelist is not None:
        rules["listed"] = codelists[item.codelist].codes
    if kind is Kind.DATE and not item.future:
        rules["past"] = True
    if item.required:
        rules["answered"] = True
    if item.collect_when is not None:
        rules["asked"] = True
    return rules
