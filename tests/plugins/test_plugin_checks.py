"""Every check of the house and of the three protocols fires when it must, and only then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pytest
from check_examples import FIRES, QUIET, TABLES
from protocol_route import Route

from trialkit.language import Row, compile_expression
from trialkit.model.kind import Kind, Typed
from trialkit.normalise import HOUSE_TYPES

TODAY = date(2024, 6, 1)
TYPES = {found.name: found for found in HOUSE_TYPES}
CASES = [(name, *entry) for name, table in TABLES.items() for entry in table]
PARTLY = {"IV015", "NS005", "PO009"}
"""Checks of the dossier of which a record alone tells a part; the message is whole."""


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


@pytest.mark.parametrize(("name", "check", "entered", "visit", "outcome"), CASES)
def test_check_when_evaluated_then_it_fires_stays_quiet_or_can_not_tell(
    route: Callable[[str], Route], name: str, check: str, entered: str, visit: str, outcome: bool | None
) -> None:
    study = route(name)
    rule = study.checks[check]
    assert rule.form is not None
    compiled = compile_expression(rule.when, study.scope(rule.form), Kind.BOOLEAN)
    assert compiled.evaluate(_row(study, rule.form, entered, visit)) is outcome


@pytest.mark.parametrize("name", TABLES)
def test_table_when_read_then_every_check_has_a_firing_a_quiet_and_a_missing_example(
    route: Callable[[str], Route], name: str
) -> None:
    outcomes: dict[str, set[bool | None]] = {}
    for check, _, _, outcome in TABLES[name]:
        outcomes.setdefault(check, set()).add(outcome)
    assert set(outcomes) == set(route(name).checks)
    never_unknown = {"DM001", "PO004"}  # they ask whether something is there
    for check, seen in outcomes.items():
        assert {True, False} <= seen, check
        assert None in seen or check in never_unknown, check


@pytest.mark.parametrize(("name", "form"), [("iv", "EXIV"), ("nasal", "EXNS"), ("oral", "EXPO")])
def test_checks_when_counted_then_each_protocol_has_at_least_ten_of_its_own(
    route: Callable[[str], Route], name: str, form: str
) -> None:
    assert len([check for check in route(name).checks.values() if check.form == form]) >= 10


@pytest.mark.parametrize("name", TABLES)
def test_checks_when_compared_with_the_dossier_then_severity_action_and_message_agree(
    route: Callable[[str], Route], edit_checks: dict[str, dict[str, str]], name: str
) -> None:
    study = route(name)
    for check in study.checks.values():
        row = edit_checks.get(check.check)
        if row is None:
            assert check.check[2] == "1", f"{check.check} is neither of the dossier nor numbered as our own"
            continue
        assert check.message == row["message"]
        assert (check.severity, check.effective_action) == (row["severity"], row["action"]), check.check
        # The dossier takes the base of BPRS+ for a number of the protocol; here the form asks for it.
        items = study.forms[check.form or ""].item_names
        read = {part for part in row["params"].split(";") if part and part not in items}
        used = {parameter for parameter in study.protocol.parameters if f"P.{parameter}" in check.when}
        if check.check not in PARTLY:
            assert used == read, check.check


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


@pytest.mark.parametrize("name", TABLES)
def test_age_when_it_is_a_limit_of_the_protocol_then_it_is_allowed_and_one_year_more_is_not(
    route: Callable[[str], Route], name: str
) -> None:
    study = route(name)
    rule = compile_expression(study.checks["DM003"].when, study.scope("DM"), Kind.BOOLEAN)
    oldest = study.protocol.parameters["age_max"].value
    assert rule.evaluate(_row(study, "DM", f"AGE={oldest}", "V0")) is QUIET
    assert rule.evaluate(_row(study, "DM", f"AGE={oldest + 1}", "V0")) is FIRES
