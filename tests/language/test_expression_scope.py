"""Scopes from form definitions, and rows from stored records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from language_sample import TODAY, day

from trialkit.language import BUILTIN_FUNCTIONS, ExpressionError, Scope, compile_expression, form_scope, record_row
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import MissingReason
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol
from trialkit.model.record import RecordKey, Value
from trialkit.model.unit import UnitConversion

FORM = Form.model_validate(
    {
        "form": "VS",
        "title": "Vital signs",
        "items": [
            {"item": "WEIGHT", "label": "Weight", "type": "decimal", "unit": "kg", "units": ["kg", "LB", "st"]},
            {"item": "TEMP", "label": "Temperature", "type": "decimal", "hard": "30..43"},
            {"item": "POS", "label": "Position", "type": "code", "codelist": "POSITION"},
            {"item": "LOC", "label": "Site", "type": "codes", "codelist": "NOWHERE"},
            {"item": "VSDAT", "label": "Date", "type": "partial-date"},
            {"item": "WAVE", "label": "Waveform", "type": "waveform"},
        ],
    }
)
CODELISTS = {
    "POSITION": CodeList.model_validate(
        {"codelist": "POSITION", "terms": [{"code": "SITTING", "label": "Sitting"}, {"code": "SUPINE"}]}
    )
}
PROTOCOL = Protocol.model_validate(
    {
        "protocol": "iv",
        "title": "IV",
        "parameters": {"wt_max": {"value": "130.5"}},
        "timepoints": [{"timepoint": "PRE", "label": "Pre-dose", "number": "1"}],
        "visits": [
            {"visit": "SCR", "label": "Screening", "number": "1", "tags": ["CLINIC"]},
            {"visit": "D1", "label": "Day 1", "number": "2", "tags": ["DOSING", "CLINIC"]},
        ],
    }
)
KINDS = {"decimal": Kind.NUMBER, "code": Kind.TEXT, "codes": Kind.CODES, "partial-date": Kind.DATE}
UNITS = (UnitConversion(unit="LB", to="kg", factor=Decimal("0.5")),)
TYPED: Mapping[str, Callable[[str], Typed]] = {
    "decimal": Decimal,
    "code": str,
    "codes": lambda text: tuple(text.split(";")),
    "partial-date": PartialDate.parse,
}


def _scope(functions: Mapping[str, Function] | None = None) -> Scope:
    return form_scope(FORM, CODELISTS, PROTOCOL, KINDS, functions or {})


def test_form_scope_when_built_then_knows_items_and_the_names_of_the_protocol() -> None:
    scope = _scope()
    assert scope.form == "VS"
    assert {name: item.kind for name, item in scope.items.items()} == {
        "WEIGHT": Kind.NUMBER,
        "TEMP": Kind.NUMBER,
        "POS": Kind.TEXT,
        "LOC": Kind.CODES,
        "VSDAT": Kind.DATE,
        "WAVE": Kind.ANY,
    }
    assert scope.items["POS"].codes == ("SITTING", "SUPINE")
    assert scope.items["POS"].labels == {"SITTING": "Sitting", "SUPINE": "SUPINE"}
    assert scope.items["LOC"].codes is None
    assert scope.items["TEMP"].hard == FORM.items[1].hard
    assert scope.parameters == {"wt_max": Decimal("130.5")}
    assert scope.visits == {"SCR", "D1"}
    assert scope.tags == {"CLINIC", "DOSING"}
    assert scope.timepoints == {"PRE"}


def test_form_scope_when_a_plugin_hands_in_functions_then_those_of_the_house_stay() -> None:
    taken = Function("abs", (Kind.NUMBER,), Kind.NUMBER, lambda number: number)
    added = Function("bsa", (Kind.NUMBER,), Kind.NUMBER, lambda number: number)
    scope = _scope({"abs": taken, "bsa": added})
    assert scope.functions["bsa"] is added
    assert set(scope.functions) == {"bsa", *(function.name for function in BUILTIN_FUNCTIONS)}
    assert scope.functions["abs"] is not taken


@pytest.mark.parametrize("text", ['WAVE = "x"', "WAVE > 3", 'has(LOC, "ARM")', 'POS = "SUPINE"', "WAVE is missing"])
def test_form_scope_when_type_or_code_list_is_unknown_then_not_reported_again(text: str) -> None:
    assert compile_expression(text, _scope(), Kind.BOOLEAN).items


def test_form_scope_when_code_list_is_known_then_codes_are_checked() -> None:
    with pytest.raises(ExpressionError, match='"STANDING" is not in the code list of POS'):
        compile_expression('POS = "STANDING"', _scope(), Kind.BOOLEAN)


def test_record_row_when_made_then_numbers_are_in_the_standard_unit() -> None:
    key = RecordKey("012", "012-0007", "D1", 1, "VS", "PRE")
    values = {
        "WEIGHT": Value(text="150", unit="LB"),
        "TEMP": Value(missing=MissingReason.NOT_DONE),
        "LOC": Value(text="ARM;LEG"),
        "VSDAT": Value(text="2024-05"),
    }
    row = record_row(key, values, FORM, PROTOCOL, UNITS, TYPED, TODAY)
    assert row.values == {"WEIGHT": Decimal("75.0"), "LOC": ("ARM", "LEG"), "VSDAT": day("2024-05")}
    assert row.reasons == {"TEMP": "ND"}
    assert row.units == {"WEIGHT": "LB"}
    assert (row.visit, row.timepoint, row.today) == ("D1", "PRE", TODAY)
    assert row.tags == {"DOSING", "CLINIC"}


def test_record_row_when_unit_or_visit_is_unknown_then_missing_and_without_tags() -> None:
    key = RecordKey("012", "012-0007", "GONE", 1, "VS")
    row = record_row(key, {"WEIGHT": Value(text="11", unit="st")}, FORM, PROTOCOL, UNITS, TYPED, TODAY)
    assert compile_expression("WEIGHT is missing and timepoint() is missing", _scope(), Kind.BOOLEAN).evaluate(row)
    assert row.tags == frozenset()
