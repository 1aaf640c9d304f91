"""Every check of the house and of the three protocols fires when it must, and only then.

Each row of a table is one record: the check, what is entered, the visit where it matters, and what must come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from protocol_route import Route, read_csv

from trialkit.language import Row, compile_expression
from trialkit.model.kind import Kind, Typed
from trialkit.normalise import HOUSE_TYPES

TODAY = date(2024, 6, 1)
FIRES, QUIET, UNKNOWN = True, False, None
Entry = tuple[str, str, str, bool | None]

COMMON: list[Entry] = [
    ("SV003", "SVOCCUR=N", "V8", FIRES),
    ("SV003", "SVOCCUR=N SVREASND=STAFF", "V8", QUIET),
    ("SV003", "", "V8", UNKNOWN),
    ("SV004", "SVSTDAT=2024-06-02", "V8", FIRES),
    ("SV004", "SVSTDAT=2024-06-01", "V8", QUIET),
    ("SV004", "", "V8", UNKNOWN),
    ("DM001", "", "V0", FIRES),
    ("DM001", "BRTHDAT=1984", "V0", QUIET),
    ("DM001", "AGE=40", "V0", QUIET),
    ("DM003", "AGE=17", "V0", FIRES),
    ("DM003", "AGE=18", "V0", QUIET),
    ("DM003", "", "V0", UNKNOWN),
    ("DM004", "SEX=M CHILDPOT=Y", "V0", FIRES),
    ("DM004", "SEX=F CHILDPOT=Y", "V0", QUIET),
    ("DM004", "SEX=M", "V0", UNKNOWN),
    ("DM005", "SEX=F", "V0", FIRES),
    ("DM005", "SEX=F CHILDPOT=N", "V0", QUIET),
    ("DM005", "SEX=M", "V0", QUIET),
    ("DM005", "", "V0", UNKNOWN),
    ("VS002", "SYSBP=80 DIABP=80", "V0", FIRES),
    ("VS002", "SYSBP=120 DIABP=80", "V0", QUIET),
    ("VS002", "SYSBP=120", "V0", UNKNOWN),
    ("VS003", "SYSBP=99 DIABP=80", "V0", FIRES),
    ("VS003", "SYSBP=190 DIABP=80", "V0", FIRES),
    ("VS003", "SYSBP=100 DIABP=80", "V0", QUIET),
    ("VS003", "SYSBP=180 DIABP=80", "V0", QUIET),
    ("VS003", "SYSBP=100", "V0", UNKNOWN),
    ("VS004", "PULSE=44", "V0", FIRES),
    ("VS004", "PULSE=45", "V0", QUIET),
    ("VS004", "PULSE=120", "V0", QUIET),
    ("VS004", "PULSE=121", "V0", FIRES),
    ("VS004", "", "V0", UNKNOWN),
    ("VS005", "RESP=25", "V0", FIRES),
    ("VS005", "RESP=24", "V0", QUIET),
    ("VS005", "RESP=10", "V0", QUIET),
    ("VS005", "RESP=9", "V0", FIRES),
    ("VS005", "", "V0", UNKNOWN),
    ("VS013", "VSREST=4", "V0", FIRES),
    ("VS013", "VSREST=5", "V0", QUIET),
    ("VS013", "", "V0", UNKNOWN),
    ("AE001", "AESTDAT=2024-05-17 AEENDAT=2024-05-16", "V3", FIRES),
    ("AE001", "AESTDAT=2024-05 AEENDAT=2024-04-30", "V3", FIRES),
    ("AE001", "AESTDAT=2024-05-17 AEENDAT=2024-05-17", "V3", QUIET),
    ("AE001", "AESTDAT=2024-05-17 AEENDAT=2024-05", "V3", UNKNOWN),
    ("AE001", "AESTDAT=2024-05-17", "V3", UNKNOWN),
    ("AE002", "AEONGO=Y AEENDAT=2024-05-17", "V3", FIRES),
    ("AE002", "AEONGO=N AEENDAT=2024-05-17", "V3", QUIET),
    ("AE002", "AEENDAT=2024-05-17", "V3", UNKNOWN),
    ("AE003", "AESER=N AESLIFE=Y", "V3", FIRES),
    ("AE003", "AESER=Y AESDTH=N AESLIFE=N AESHOSP=N AESDISAB=N AESCONG=N AESMIE=N", "V3", FIRES),
    ("AE003", "AESER=Y AESDTH=N AESLIFE=N AESHOSP=Y AESDISAB=N AESCONG=N AESMIE=N", "V3", QUIET),
    ("AE003", "AESER=Y AESDTH=N", "V3", UNKNOWN),
    ("AE004", "AEOUT=FATAL AESER=Y AESDTH=N", "V3", FIRES),
    ("AE004", "AEOUT=FATAL AESER=N", "V3", FIRES),
    ("AE004", "AEOUT=UNKNOWN AESER=Y AESDTH=Y", "V3", FIRES),
    ("AE004", "AEOUT=FATAL AESER=Y AESDTH=Y", "V3", QUIET),
    ("AE004", "AEOUT=UNKNOWN AESER=N", "V3", UNKNOWN),
    ("AE005", "AEOUT=RECOVERED/RESOLVED", "V3", FIRES),
    ("AE005", "AEOUT=RECOVERED/RESOLVED AEENDAT=2024-05", "V3", QUIET),
    ("AE005", "", "V3", UNKNOWN),
    ("AE006", "AESER=Y AEAWARE=2024-05-17T10:00 AERPTDTM=2024-05-18T10:01", "V3", FIRES),
    ("AE006", "AESER=Y AEAWARE=2024-05-17T10:00", "V3", FIRES),
    ("AE006", "AESER=Y AEAWARE=2024-05-17T10:00 AERPTDTM=2024-05-18T10:00", "V3", QUIET),
    ("AE006", "AESER=Y AEAWARE=2024-05-31T10:00", "V3", UNKNOWN),
    ("AE006", "AESER=Y", "V3", UNKNOWN),
    ("AE015", "AESHOSP=Y AESEV=MILD", "V3", FIRES),
    ("AE015", "AESHOSP=Y AESEV=SEVERE", "V3", QUIET),
    ("AE015", "AESHOSP=Y", "V3", UNKNOWN),
    ("AE016", "AESI=OVERDOSE", "V3", FIRES),
    ("AE016", "AESI=BP", "V3", QUIET),
    ("AE016", "", "V3", UNKNOWN),
]

IV: list[Entry] = [
    # 82.4 kg at 0.5 mg/kg is 41.2 mg, 41.0 in steps of 0.5
    ("IV001", "WTUSED=82.4 DOSELVL=0.5 EXDOSE=42", "V1", FIRES),
    ("IV001", "WTUSED=82.4 DOSELVL=0.5 EXDOSE=41", "V1", QUIET),
    ("IV001", "WTUSED=82.4 DOSELVL=0.5 EXDOSE=41.8", "V1", QUIET),
    ("IV001", "WTUSED=82.4 DOSELVL=0.5 EXDOSE=41.82", "V1", QUIET),
    ("IV001", "WTUSED=82.4 EXDOSE=41", "V1", UNKNOWN),
    ("IV002", "EXDOSE=60.5", "V1", FIRES),
    ("IV002", "EXDOSE=60", "V1", QUIET),
    ("IV002", "", "V1", UNKNOWN),
    ("IV004", "WTDAT=2024-05-01 EXDAT=2024-05-09", "V1", FIRES),
    ("IV004", "WTDAT=2024-05-01 EXDAT=2024-05-08", "V1", QUIET),
    ("IV004", "EXDAT=2024-05-08", "V1", UNKNOWN),
    ("IV005", "VOLDRUG=0.82 CONC=10 EXDOSE=41", "V1", FIRES),
    ("IV005", "VOLDRUG=0.82 CONC=50 EXDOSE=41", "V1", QUIET),
    ("IV005", "VOLDRUG=0.98 CONC=50 EXDOSE=50", "V1", QUIET),
    ("IV005", "VOLDRUG=0.82 EXDOSE=41", "V1", UNKNOWN),
    ("IV006", "CONC=25", "V1", FIRES),
    ("IV006", "CONC=50", "V1", QUIET),
    ("IV006", "", "V1", UNKNOWN),
    ("IV007", "EXRATE=200 VOLTOT=100", "V1", FIRES),
    ("IV007", "EXRATE=150 VOLTOT=100", "V1", QUIET),
    ("IV007", "EXRATE=157.5 VOLTOT=100", "V1", QUIET),
    ("IV007", "EXRATE=150", "V1", UNKNOWN),
    ("IV008", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:46 EXINTRP=N", "V1", FIRES),
    ("IV008", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:56 EXINTRP=Y EXINTMIN=10", "V1", FIRES),
    ("IV008", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:45 EXINTRP=N", "V1", QUIET),
    ("IV008", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:50 EXINTRP=Y EXINTMIN=10", "V1", QUIET),
    ("IV008", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:50 EXINTRP=Y", "V1", UNKNOWN),
    ("IV009", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:00", "V1", FIRES),
    ("IV009", "EXDAT=2024-05-09 EXSTTIM=23:50 EXENTIM=00:30", "V1", FIRES),
    ("IV009", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:40", "V1", QUIET),
    ("IV009", "EXDAT=2024-05-09 EXSTTIM=10:00", "V1", UNKNOWN),
    ("IV010", "EXINTRP=Y EXINTMIN=5", "V1", FIRES),
    ("IV010", "EXINTRP=Y EXINTMIN=5 EXINTRS=PUMP", "V1", QUIET),
    ("IV010", "EXINTRP=N", "V1", QUIET),
    ("IV010", "", "V1", UNKNOWN),
    ("IV011", "EXVOLINF=100.1 VOLTOT=100", "V1", FIRES),
    ("IV011", "EXVOLINF=100 VOLTOT=100", "V1", QUIET),
    ("IV011", "EXVOLINF=100", "V1", UNKNOWN),
    ("IV012", "WTUSED=80 DOSELVL=0.5 EXDOSE=40 EXVOLINF=89 VOLTOT=100", "V1", FIRES),
    ("IV012", "WTUSED=80 DOSELVL=0.5 EXDOSE=40 EXVOLINF=89 VOLTOT=100 EXINTRS=BP", "V1", QUIET),
    ("IV012", "WTUSED=80 DOSELVL=0.5 EXDOSE=40 EXVOLINF=90 VOLTOT=100", "V1", QUIET),
    ("IV012", "WTUSED=80 DOSELVL=0.5 EXDOSE=40 VOLTOT=100", "V1", UNKNOWN),
    ("IV013", "EXPDAT=2024-05-08 EXDAT=2024-05-09", "V1", FIRES),
    ("IV013", "EXPDAT=2024-05-09 EXDAT=2024-05-09", "V1", QUIET),
    ("IV013", "EXDAT=2024-05-09", "V1", UNKNOWN),
    ("IV014", "PREPBY=AB CHKBY=AB", "V1", FIRES),
    ("IV014", "PREPBY=AB CHKBY=CD", "V1", QUIET),
    ("IV014", "PREPBY=AB", "V1", UNKNOWN),
    ("IV015", "DOSELVL=1.001", "V1", FIRES),
    ("IV015", "DOSELVL=1", "V1", QUIET),
    ("IV015", "", "V1", UNKNOWN),
    ("IV016", "EXRATE=200.5", "V1", FIRES),
    ("IV016", "EXRATE=200", "V1", QUIET),
    ("IV016", "", "V1", UNKNOWN),
]

NASAL: list[Entry] = [
    ("NS001", "EXDOSE=56 NDEV=3", "V3", FIRES),
    ("NS001", "EXDOSE=56 NDEV=2", "V3", QUIET),
    ("NS001", "EXDOSE=56", "V3", UNKNOWN),
    ("NS002", "EXDOSE=112", "V3", FIRES),
    ("NS002", "EXDOSE=84", "V3", QUIET),
    ("NS002", "", "V3", UNKNOWN),
    ("NS004", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:09 NDEV=3", "V3", FIRES),
    ("NS004", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:10 NDEV=3", "V3", QUIET),
    ("NS004", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:01 NDEV=1", "V3", QUIET),
    ("NS004", "EXDAT=2024-05-09 EXSTTIM=10:01 EXENTIM=10:00 NDEV=1", "V3", QUIET),
    ("NS004", "EXDAT=2024-05-09 EXSTTIM=10:00 NDEV=3", "V3", UNKNOWN),
    ("NS005", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:11 NDEV=2", "V3", FIRES),
    ("NS005", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:10 NDEV=2", "V3", QUIET),
    ("NS005", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:01 NDEV=1", "V3", QUIET),
    ("NS005", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:11", "V3", UNKNOWN),
    ("NS014", "EXDAT=2024-05-09 EXSTTIM=10:00 TXENDTIM=11:59", "V3", FIRES),
    ("NS014", "EXDAT=2024-05-09 EXSTTIM=10:00 TXENDTIM=12:00", "V3", QUIET),
    ("NS014", "EXDAT=2024-05-09 EXSTTIM=10:00", "V3", UNKNOWN),
    ("NS101", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=09:59", "V3", FIRES),
    ("NS101", "EXDAT=2024-05-09 EXSTTIM=10:00 EXENTIM=10:00", "V3", QUIET),
    ("NS101", "EXDAT=2024-05-09 EXENTIM=10:00", "V3", UNKNOWN),
    ("NS102", "EXDAT=2024-05-09 EXENTIM=10:10 TXENDTIM=10:09", "V3", FIRES),
    ("NS102", "EXDAT=2024-05-09 EXENTIM=10:10 TXENDTIM=12:10", "V3", QUIET),
    ("NS102", "EXDAT=2024-05-09 EXENTIM=10:10 TXENDTIM=10:10", "V3", QUIET),
    ("NS102", "EXDAT=2024-05-09 EXENTIM=10:10", "V3", UNKNOWN),
    ("NS103", "EXDOSE=84", "V1", FIRES),
    ("NS103", "EXDOSE=56", "V1", QUIET),
    ("NS103", "EXDOSE=28", "V1", QUIET),
    ("NS103", "EXDOSE=84", "V3", QUIET),
    ("NS103", "", "V1", UNKNOWN),
    ("NS104", "SELFADM=N", "V3", FIRES),
    ("NS104", "SELFADM=Y", "V3", QUIET),
    ("NS104", "", "V3", UNKNOWN),
    ("NS105", "EXPOSN=N", "V3", FIRES),
    ("NS105", "EXPOSN=Y", "V3", QUIET),
    ("NS105", "", "V3", UNKNOWN),
    ("NS106", "EXDAT=2024-06-02", "V3", FIRES),
    ("NS106", "EXDAT=2024-06-01", "V3", QUIET),
    ("NS106", "", "V3", UNKNOWN),
]

ORAL: list[Entry] = [
    ("SV006", "SVMODE=TELEPHONE_CALL", "V2", FIRES),
    ("SV006", "SVMODE=TELEPHONE_CALL", "V3", QUIET),
    ("SV006", "SVMODE=IN_PERSON", "V2", QUIET),
    ("SV006", "", "V2", UNKNOWN),
    ("PO001", "EXDOSE=120 NUNITS=3 STREN=60", "HD01", FIRES),
    ("PO001", "EXDOSE=180 NUNITS=3 STREN=60", "HD01", QUIET),
    ("PO001", "EXDOSE=180 NUNITS=3", "HD01", UNKNOWN),
    ("PO002", "EXDOSFRM=TABLET,_EXTENDED_RELEASE EXDOSE=240", "HD01", FIRES),
    ("PO002", "EXDOSFRM=TABLET,_EXTENDED_RELEASE EXDOSE=180", "HD01", QUIET),
    ("PO002", "EXDOSFRM=LOZENGE EXDOSE=240", "HD01", QUIET),
    ("PO002", "EXDOSFRM=TABLET,_EXTENDED_RELEASE", "HD01", UNKNOWN),
    ("PO003", "EXDOSFRM=TABLET,_EXTENDED_RELEASE NUNITS=1.5", "HD01", FIRES),
    ("PO003", "EXDOSFRM=TABLET,_EXTENDED_RELEASE NUNITS=2", "HD01", QUIET),
    ("PO003", "EXDOSFRM=LOZENGE NUNITS=1.5", "HD01", QUIET),
    ("PO003", "EXDOSFRM=TABLET,_EXTENDED_RELEASE", "HD01", UNKNOWN),
    ("PO004", "DOSEMGKG=3.06", "V1", FIRES),
    ("PO004", "DOSEMGKG=0.44", "V1", FIRES),
    ("PO004", "DOSEMGKG=3.05", "V1", QUIET),
    ("PO004", "DOSEMGKG=0.45", "V1", QUIET),
    ("PO004", "", "V1", QUIET),
    ("PO008", "VOMIT=Y VOMITMIN=60 REDOSE=Y", "HD01", FIRES),
    ("PO008", "VOMIT=Y VOMITMIN=61 REDOSE=Y", "HD01", QUIET),
    ("PO008", "VOMIT=Y VOMITMIN=60 REDOSE=N", "HD01", QUIET),
    ("PO008", "VOMIT=Y REDOSE=Y", "HD01", UNKNOWN),
    ("PO009", "EXLOC=HOME", "V1", FIRES),
    ("PO009", "EXLOC=CLINIC", "V1", QUIET),
    ("PO009", "EXLOC=HOME", "HD01", QUIET),
    ("PO009", "", "V1", UNKNOWN),
    ("PO022", "SLHOLD=4 EXDOSFRM=LOZENGE", "V1", FIRES),
    ("PO022", "SLHOLD=5 EXDOSFRM=TROCHE", "V1", QUIET),
    ("PO022", "EXDOSFRM=TROCHE", "V1", UNKNOWN),
    ("PO101", "EXOCCUR=N", "HD01", FIRES),
    ("PO101", "EXOCCUR=N EXREASND=FORGOT", "HD01", QUIET),
    ("PO101", "", "HD01", UNKNOWN),
    ("PO102", "EXLOC=HOME", "V2", FIRES),
    ("PO102", "EXLOC=CLINIC", "V2", QUIET),
    ("PO102", "EXLOC=HOME", "V1", QUIET),
    ("PO102", "", "V2", UNKNOWN),
    ("PO103", "EXLOC=CLINIC", "HD01", FIRES),
    ("PO103", "EXLOC=HOME", "HD01", QUIET),
    ("PO103", "EXLOC=CLINIC", "V2", QUIET),
    ("PO103", "", "HD01", UNKNOWN),
    ("PO104", "EXOCCUR=Y NUNITS=0", "HD01", FIRES),
    ("PO104", "EXOCCUR=Y NUNITS=1", "HD01", QUIET),
    ("PO104", "EXOCCUR=Y", "HD01", UNKNOWN),
    ("PO105", "EXDAT=2024-06-02", "HD01", FIRES),
    ("PO105", "EXDAT=2024-06-01", "HD01", QUIET),
    ("PO105", "", "HD01", UNKNOWN),
]

TABLES: dict[str, list[Entry]] = {"iv": COMMON + IV, "nasal": COMMON + NASAL, "oral": COMMON + ORAL}
CASES = [(name, *entry) for name, table in TABLES.items() for entry in table]
PARTLY = {"IV015", "NS004", "NS005", "PO009"}
"""Checks of the dossier of which a record alone tells a part; the message is whole."""


def _typed(entered: str, route: Route, form: str) -> dict[str, Typed]:
    """Values as expressions see them. Blanks separate items, so a blank inside a code is written ``_``."""
    types = {found.name: found for found in HOUSE_TYPES}
    values: dict[str, Typed] = {}
    for part in entered.split():
        name, _, text = part.partition("=")
        item = route.forms[form].item(name)
        assert item is not None, name
        codelist = route.codelists.get(item.codelist or "")
        text = text.replace("_", " ")
        values[name] = types[item.type].typed(types[item.type].parse(text, item, codelist, None))
    return values


def _row(route: Route, form: str, entered: str, visit: str) -> Row:
    found = route.protocol.visit(visit)
    assert found is not None, visit
    values = _typed(entered, route, form)
    row = Row(values, {}, {}, visit, frozenset(found.tags), "", TODAY)
    for item in route.forms[form].items:
        if item.derive is not None:
            values[item.item] = compile_expression(item.derive, route.scope(form), Kind.NUMBER).evaluate(row)
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
    route: Callable[[str], Route], dossier: Path, name: str
) -> None:
    rows = {row["check_id"]: row for row in read_csv(dossier / "edit_checks.csv")}
    study = route(name)
    for check in study.checks.values():
        row = rows.get(check.check)
        if row is None:
            assert check.check[2] == "1", f"{check.check} is neither of the dossier nor numbered as our own"
            continue
        assert check.message == row["message"]
        assert (check.severity, check.effective_action) == (row["severity"], row["action"]), check.check
        read = {part for part in row["params"].split(";") if part}
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
