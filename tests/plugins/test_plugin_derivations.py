"""What the forms of the protocols compute: doses, durations, weights in kg."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pytest
from protocol_route import Route

from trialkit.language import Row, compile_expression
from trialkit.model.kind import Typed
from trialkit.normalise import HOUSE_TYPES

TODAY = date(2024, 6, 1)
TYPES = {found.name: found for found in HOUSE_TYPES}


def _typed(entered: str, route: Route, form: str) -> tuple[dict[str, Typed], dict[str, str]]:
    """Values as expressions see them, and their units. Blanks separate items; a blank inside a code is ``_``."""
    values: dict[str, Typed] = {}
    units: dict[str, str] = {}
    for part in entered.split():
        name, _, text = part.partition("=")
        item = route.forms[form].item(name)
        assert item is not None, name
        codelist = route.codelists.get(item.codelist or "")
        values[name] = TYPES[item.type].typed(TYPES[item.type].parse(text.replace("_", " "), item, codelist, None))
        if item.unit is not None:
            units[name] = item.unit
    return values, units


def _row(route: Route, form: str, entered: str, visit: str) -> Row:
    """A record as its checks see it: what is entered and, behind it, what is computed, each by the kind of its type."""
    found = route.protocol.visit(visit)
    assert found is not None, visit
    values, units = _typed(entered, route, form)
    scheduled = frozenset(entry.form for entry in found.forms)
    row = Row(values, {}, units, visit, frozenset(found.tags), "", TODAY, scheduled=scheduled)
    for item in route.forms[form].items:
        if item.derive is not None:
            values[item.item] = compile_expression(item.derive, route.scope(form), TYPES[item.type].kind).evaluate(row)
    return row


@pytest.mark.parametrize(
    ("weight", "level", "expected"),
    [("82.4", "0.5", "41.0"), ("130", "0.5", "60.0"), ("70", "0.045", "3.0"), ("70.5", "0.5", "35.5")],
)
def test_calculated_dose_when_weight_and_level_are_known_then_it_is_capped_and_rounded(
    route: Callable[[str], Route], weight: str, level: str, expected: str
) -> None:
    row = _row(route("iv"), "EXIV", f"WTUSED={weight} DOSELVL={level}", "V1")
    assert row.values["EXCALC"] == Decimal(expected)


def test_dose_given_when_half_the_bag_was_infused_then_it_is_half_the_prepared_dose(
    route: Callable[[str], Route],
) -> None:
    row = _row(route("iv"), "EXIV", "EXDOSE=41 EXVOLINF=50 VOLTOT=100", "V1")
    assert row.values["EXACTMG"] == Decimal("20.5")


def test_derived_items_when_something_is_missing_then_they_are_missing(route: Callable[[str], Route]) -> None:
    values: Mapping[str, Typed] = _row(route("iv"), "EXIV", "WTUSED=80 EXDOSE=41 EXSTTIM=10:00", "V1").values
    assert (values["EXCALC"], values["EXACTMG"], values["EXDURMIN"]) == (None, None, None)


def test_body_mass_index_when_weight_and_height_are_known_then_it_is_their_quotient(
    route: Callable[[str], Route],
) -> None:
    row = _row(route("iv"), "VS", "WEIGHT=81 HEIGHT=180", "V0")
    assert row.values["BMI"] == Decimal(25)
