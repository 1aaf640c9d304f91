"""The models go in; JSON Schemas by which editors complete and check definition files come out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialkit.define.files import LISTS, SINGLE

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INTERVAL = r"^\s*(-?[0-9]+(\.[0-9]+)?\s*\.\.\s*(-?[0-9]+(\.[0-9]+)?)?|\.\.\s*-?[0-9]+(\.[0-9]+)?)\s*$"
_ATTRIBUTES = "\n\nAttributes:\n"

Schema = dict[str, Any]  # Any: a JSON Schema is any JSON


def json_schema(kind: str) -> Schema:
    """The JSON Schema (2020-12) of one kind of definition file.

    It is a little wider than the loader: an editor takes an unquoted `1` for a number and `true` for a truth value
    where the loader reads text, so a free text admits those too.

    Args:
        kind: ``form``, ``codelists``, ``units``, ``checks``, ``protocol``, ``study`` or ``mapping``.

    Raises:
        KeyError: for any other kind.
    """
    schema = SINGLE[kind].model_json_schema() if kind in SINGLE else _list_schema(kind)
    for part in list(_parts(schema)):
        _describe(part)
        _widen(part)
    if "Interval" in schema.get("$defs", {}):
        _admit_written_interval(schema["$defs"])
    return {"$schema": _DIALECT, **schema}


def _list_schema(kind: str) -> Schema:
    """The schema of a file that holds lists; one of them must be there, the others may."""
    if kind not in LISTS:
        raise KeyError(kind)
    models = {name: model.model_json_schema() for name, model in LISTS.items()}
    shared = {name: part for model in models.values() for name, part in model.pop("$defs", {}).items()}
    properties = {name: {"type": "array", "items": model} for name, model in models.items()}
    return {
        "title": kind,
        "type": "object",
        "properties": properties,
        "required": [kind],
        "additionalProperties": False,
        "$defs": shared,
    }


def _parts(part: Any) -> Iterator[Schema]:  # Any: as above
    """Every object inside a schema, the outer ones first."""
    if isinstance(part, dict):
        yield part
        for below in list(part.values()):
            yield from _parts(below)
    elif isinstance(part, list):
        for below in part:
            yield from _parts(below)


def _describe(part: Schema) -> None:
    """Move what a model's description says of its attributes to the properties, where editors show it."""
    description = part.get("description")
    if not isinstance(description, str) or "properties" not in part:
        return
    about, _, attributes = description.partition(_ATTRIBUTES)
    part["description"] = " ".join(about.split())
    for entry in re.split(r"\n {4}(?=\w+: )", f"\n{attributes}"):
        name, _, meaning = entry.partition(": ")
        if name in part["properties"]:
            part["properties"][name].setdefault("description", " ".join(meaning.split()))


def _widen(part: Schema) -> None:
    """Let a free text also be a number or a truth value, where its pattern admits one; close patterned keys."""
    if part.get("type") == "string" and "enum" not in part:
        pattern = part.get("pattern", "")
        kinds = [kind for kind, sample in (("number", "1"), ("boolean", "true")) if re.search(pattern, sample)]
        part["type"] = ["string", *kinds] if kinds else "string"
    if "patternProperties" in part:
        part["additionalProperties"] = False


def _admit_written_interval(definitions: Schema) -> None:
    interval = definitions["Interval"]
    written = {"type": "string", "pattern": _INTERVAL, "description": "Written 60..260, ..260 or 60.."}
    definitions["Interval"] = {"title": "Interval", "anyOf": [written, interval]}
