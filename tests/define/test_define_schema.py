"""JSON Schemas for editors: they take what the loader takes, read as an editor reads YAML, and mark what is wrong."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from trialkit.define import json_schema
from trialkit.define.files import LISTS, SINGLE

ITEM = {"item": "A", "label": "L", "type": "text"}

GOOD = [
    ("form", {"form": "VS", "title": "Vital signs", "version": 1, "items": [ITEM]}),
    ("form", {"form": "VS", "title": True, "items": [{**ITEM, "hard": "60..260", "soft": "..1", "length": 5}]}),
    ("form", {"form": "VS", "title": "T", "items": [ITEM], "sdtm": [{"domain": "VS", "variables": {"VSX": "A"}}]}),
    ("form", {"form": "VS", "title": "T", "items": [ITEM], "checks": [{"check": "C", "when": 1, "message": "M"}]}),
    ("codelists", {"codelists": [{"codelist": "NY", "terms": [{"code": 1}, {"code": True}, {"code": "N"}]}]}),
    ("codelists", {"codelists": [], "units": [{"unit": "LB", "to": "kg", "factor": 0.45}]}),
    ("units", {"units": [{"unit": "LB", "to": "kg", "factor": "0.45"}]}),
    ("checks", {"checks": [{"check": "C1", "form": "VS", "when": "A = 1", "message": "M", "severity": "hard"}]}),
    ("protocol", {"protocol": "p", "title": "T", "visits": [{"visit": "V1", "label": 1, "number": 1, "day": -1}]}),
    ("study", {"study": 101, "title": "T", "protocol": "p", "sites": [{"site": 12}], "parameters": {"a": 1.5}}),
    (
        "mapping",
        {
            "mapping": "m",
            "subject": {"column": 1},
            "records": [{"form": "VS", "items": {"A": {"column": "a", "values": {"1": 2}, "missing": {"x": "ND"}}}}],
        },
    ),
]

BAD = [
    ("form", {"form": "VS", "title": "T"}),
    ("form", {"form": "vs", "title": "T", "items": [ITEM]}),
    ("form", {"form": "VS", "title": "T", "items": []}),
    ("form", {"form": "VS", "title": "T", "items": [{**ITEM, "helpp": "x"}]}),
    ("form", {"form": "VS", "title": "T", "items": [{**ITEM, "hard": "60-260"}]}),
    ("form", {"form": "VS", "title": "T", "items": [{**ITEM, "hard": ".."}]}),
    ("form", {"form": "VS", "title": "T", "items": [{**ITEM, "required": "maybe"}]}),
    ("form", {"form": "VS", "title": "T", "items": [ITEM], "sdtm": [{"domain": "VS", "variables": {"vsx": "A"}}]}),
    ("codelists", {"units": []}),
    ("codelists", {"codelists": [], "forms": []}),
    ("checks", {"checks": [{"check": "C1", "when": "A", "message": "M", "severity": "severe"}]}),
    ("protocol", {"protocol": "p", "title": "T", "visits": [{"visit": "V1", "label": "L"}]}),
    ("study", {"study": "A B", "title": "T", "protocol": "p", "sites": [{"site": "A"}]}),
    ("mapping", {"mapping": "m", "subject": {"column": "a"}, "records": [{"form": "VS", "items": {}}]}),
]


@pytest.mark.parametrize("kind", [*SINGLE, *LISTS])
def test_schema_when_made_then_it_is_a_schema_that_says_what_keys_mean(kind: str) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert "Attributes:" not in str(schema)


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_schema_when_a_definition_is_good_then_it_passes(kind: str, document: dict[str, object]) -> None:
    assert [error.message for error in Draft202012Validator(json_schema(kind)).iter_errors(document)] == []


@pytest.mark.parametrize(("kind", "document"), BAD)
def test_schema_when_a_definition_is_bad_then_it_fails(kind: str, document: dict[str, object]) -> None:
    assert not Draft202012Validator(json_schema(kind)).is_valid(document)


def test_schema_when_an_editor_hovers_then_it_shows_the_meaning_of_the_key() -> None:
    schema = json_schema("form")
    assert schema["properties"]["repeating"]["description"].startswith("a log form")
    assert schema["$defs"]["Item"]["properties"]["collect_when"]["description"] == (
        "asked only when this expression is true."
    )
    assert schema["$defs"]["Item"]["description"] == "One item of a form."


def test_schema_when_the_kind_is_unknown_then_it_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        json_schema("forms")
