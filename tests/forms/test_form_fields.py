"""Every field of the dossier's forms is an item with the same type, unit, list and range, or a stated exception."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item

FORMS = ("SV", "DM", "VS", "AE", "EXIV", "EXNS", "EXPO")

NO_ITEM = {
    "SV.VISIT": "part of the record's key",
    "DM.JPANC": "asked in nasal trials only; waits for the nasal protocol's own DM",
    "VS.TEMPU": "a unit travels with its value",
    "VS.WEIGHTU": "a unit travels with its value",
    "VS.HEIGHTU": "a unit travels with its value",
    "VS.WTKG": "the value in the standard unit is always at hand",
    "VS.HTCM": "the value in the standard unit is always at hand",
    "AE.AERELDEV": "asked in nasal trials only; waits for the nasal protocol's own AE",
}

ENTERED = {
    "DM.AGE": "the consent date stands on another form",
    "EXPO.DOSEMGKG": "the body weight stands on another form",
}
"""Fields that the dossier derives and a person enters here."""

WIDER = {
    "DM.AGE": "an age outside the protocol's limits is a deviation that must be recorded",
    "EXNS.EXDOSE": "an overdose must be recorded; the planned range is soft",
    "EXNS.NDEV": "an overdose must be recorded; the planned range is soft",
    "EXPO.NUNITS": "an overdose must be recorded; the planned range is soft",
    "EXPO.EXDOSE": "an overdose must be recorded; the planned range is soft",
    "EXPO.DOSEMGKG": "an overdose must be recorded; the planned range is soft",
}
"""Items whose hard range is wider than the dossier's."""

NOT_REQUIRED = {
    "SV.SVREASND": "SV003 asks for it",
    "DM.CHILDPOT": "DM005 asks for it",
    "AE.AESTTIM": "whether a day is a dosing day stands on another form",
    "AE.AEENTIM": "needed for events that end on the day they start, which may not be known",
    "AE.AERPTDTM": "AE006 asks for it once it is late",
    "VS.WEIGHT": "which visits need a weight depends on the protocol",
    "VS.VSCLSIG": "answered only where a value is out of range",
    "EXIV.EXINTMIN": "IV010 asks for it",
    "EXIV.EXINTRS": "IV010 asks for it",
    "EXPO.EXREASND": "PO101 asks for it",
    "EXPO.DOSEMGKG": "only where dosing goes by weight",
}
"""Fields that the dossier requires, always or on a condition, and whose blank opens no query of its own."""

TYPES = {
    "txt": "text",
    "int": "integer",
    "d1": "decimal",
    "d2": "decimal",
    "d3": "decimal",
    "date": "date",
    "pdate": "partial-date",
    "time": "time",
    "dtm": "datetime",
    "code": "code",
    "yn": "code",
    "multi": "codes",
}


Fields = list[dict[str, str]]


@pytest.fixture
def fields(crf_fields: Fields) -> Fields:
    return [row for row in crf_fields if row["form"] in FORMS]


def _name(row: dict[str, str]) -> str:
    return f"{row['form']}.{row['field']}"


def _items(fields: Fields, forms: Mapping[str, Form]) -> list[tuple[dict[str, str], Item]]:
    found = ((row, forms[row["form"]].item(row["field"])) for row in fields)
    return [(row, item) for row, item in found if item is not None]


def test_fields_when_compared_then_each_is_an_item_or_a_stated_exception(
    fields: Fields, forms: Mapping[str, Form]
) -> None:
    wanted = {_name(row) for row in fields}
    given = {f"{form.form}.{item.item}" for form in forms.values() for item in form.items}
    assert wanted - given == set(NO_ITEM)
    assert given <= wanted


def test_fields_when_compared_then_types_and_lists_agree(fields: Fields, forms: Mapping[str, Form]) -> None:
    for row, item in _items(fields, forms):
        if row["type"] == "drv":
            assert (item.derive is None) == (_name(row) in ENTERED), _name(row)
            continue
        assert item.derive is None, _name(row)
        assert item.type == TYPES[row["type"]], _name(row)
        assert (item.codelist or "") == row["codelist"], _name(row)
        if item.type == "decimal":
            assert item.decimals == int(row["type"][1:]), _name(row)


def test_fields_when_compared_then_units_agree(fields: Fields, forms: Mapping[str, Form]) -> None:
    standard = {"TEMPU": "C", "WEIGHTU": "kg", "HEIGHTU": "cm"}
    for row, item in _items(fields, forms):
        assert (item.unit or "") == standard.get(row["unit"], row["unit"]), _name(row)


def test_fields_when_compared_then_hard_ranges_agree_or_are_wider_on_purpose(
    fields: Fields, forms: Mapping[str, Form]
) -> None:
    for row, item in _items(fields, forms):
        if not row["range"]:
            assert item.hard is None, _name(row)
            continue
        low, high = (Decimal(end) for end in row["range"].split()[0].split("-"))
        planned = Interval(low=low, high=high)
        assert item.hard is not None, _name(row)
        if _name(row) in WIDER:
            assert low in item.hard
            assert high in item.hard
            assert item.hard != planned
        else:
            assert item.hard == planned, _name(row)


def test_fields_when_required_then_a_blank_opens_a_query(fields: Fields, forms: Mapping[str, Form]) -> None:
    for row, item in _items(fields, forms):
        if item.derive is not None:
            continue
        expected = row["required"] in ("R", "C") and _name(row) not in NOT_REQUIRED
        assert item.required == expected, _name(row)
