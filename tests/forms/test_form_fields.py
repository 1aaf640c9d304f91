"""Every field of the dossier's forms is an item as the dossier says, or a stated exception.

The exceptions stand in data/field_exceptions.csv, each with its reason. What is compared must differ in exactly the
fields that are listed there: an exception that is none any more fails as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item

Rows = list[dict[str, str]]
Fields = list[tuple[str, dict[str, str], Item]]
Exceptions = Mapping[str, Mapping[str, str]]

FORMS, FIELDS = 36, 395

RULES = {
    "entered": "the dossier derives it, a person enters it",
    "derived": "the dossier enters it, it is derived",
    "list": "another code list, or none",
    "decimals": "another number of decimals",
    "unit": "another unit, or none",
    "wider": "a wider hard range",
    "optional": "the dossier requires it, and a blank opens no query of its own",
    "unconditional": "the dossier has a condition, it is always asked",
    "condition": "asked on another condition",
    "conditional": "always asked in the dossier, asked on a condition",
    "domain": "goes to another SDTM domain, or is made from the record's key",
    "submitted": "the dossier submits nothing of it, a mapping reads it",
    "standard variable": "supplemental in the dossier, and SDTM has a variable for it",
}
"""What each rule of data/field_exceptions.csv says of its fields; the last three are compared in test_form_files."""

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

STANDARD_UNITS = {"TEMPU": "C", "WEIGHTU": "kg", "HEIGHTU": "cm"}
"""Units that the dossier asks for in an item of their own, and the standard unit of the value."""

FOLDERS = {"all": "forms/", "IV": "trialkit_iv/", "NS": "trialkit_nasal/", "PO": "trialkit_oral/"}
"""Where the forms of a route stand."""

ONE_RECORD = ("once", "per visit", "per dosing session", "per dose")
"""How often a form is filled in that is one record: the key tells the visits apart."""

ROWS_OF_A_VISIT = {"LB", "UD", "SU"}
"""Forms with one row for each analyte, drug or substance, although the dossier calls some of them once a visit."""

TIMED = {"TM"}
"""Forms whose rows are told apart by the timepoint, which is part of the key."""

CONDITIONS = {
    "VISIT=UNS": 'tag("UNS")',
    "route=NS": 'route() = "NASAL"',
    "route=PO": 'route() = "ORAL"',
    "stratified": 'route() = "NASAL"',
    "screening": 'tag("SCR")',
    "checklist row": "MHPRESP is present",
    "out of range": "number(LBORRES) < LBORNRLO or number(LBORRES) > LBORNRHI",
    "quantitative": 'LBORRES not in ("POSITIVE", "NEGATIVE", "TRACE", "ND")',
    "CADSS scheduled": 'scheduled("CADSS")',
    "sedation scheduled": 'scheduled("MOAAS")',
    "BPRS scheduled": 'scheduled("BPRSP")',
    "PDDEC<>GO or gate failed": 'PDDEC <> "GO" or',
    "lozenge": 'EXDOSFRM in ("LOZENGE", "TROCHE")',
    "DISPENSED/USED": 'DCSTAT <> "IN STOCK"',
    "DESTROYED/RETURNED": 'DCSTAT in ("DESTROYED", "RETURNED")',
    "DESTROYED": 'DCSTAT = "DESTROYED"',
    "shipped": "DADELDAT is present",
    "returned": "DARETDAT is present",
    "PRE-DOSE..T+120": 'RCPHASE in ("PRE-DOSE", "T+60", "T+120")',
    "BP scheduled": 'RCPHASE in ("PRE-DOSE", "T+60", "T+120")',
    "post-dose": 'RCPHASE in ("T+60", "T+120", "NEXT-AM")',
    "NEXT-AM": 'RCPHASE = "NEXT-AM"',
    "RATER": "RGSCALE is present",
}
"""Conditions that the dossier has in words, and the part of `collect_when` that says the same."""

BLINDED = {
    *("PD.PDSBP1", "PD.PDDBP1", "PD.PDSBPL", "PD.PDDBPL", "DR.DRSYSBP", "DR.DRDIABP"),
    *("TM.SYSBP", "TM.DIABP", "RC.RCSBP", "RC.RCDBP", "HB.HBSYS", "HB.HBDIA"),
    *("PD.PDCADSS", "TM.CADSS", "DR.DRCADSS", "TM.MOAAS", "TM.BPRS4", "UD.UDRES"),
    *("EXIV.DOSELVL", "EXIV.CONC", "EXIV.VOLDRUG", "EXIV.LOTNO", "EXIV.PREPBY", "RT.RTARM"),
    *("EXND.DEVLOT", "DC.DCLOT", "DA.DALOT"),
}
"""What tells a rater of efficacy who takes what: blood pressure and scales of the session, urine, vial, lot, arm."""

ALLOCATION = {"EXIV.DOSELVL", "EXIV.CONC", "EXIV.VOLDRUG", "EXIV.LOTNO", "EXIV.PREPBY", "RT.RTARM"}
"""What tells the arm itself: only unblinded roles see it."""

UNBLINDED_ROLES = {"PHARM_UNBL", "DATA_MANAGER"}


def _name(row: dict[str, str]) -> str:
    return f"{row['form']}.{row['field']}"


@pytest.fixture(scope="session")
def items(crf_fields: Rows, forms: Mapping[str, Form]) -> Fields:
    """Every field with its name and its item."""
    found = []
    for row in crf_fields:
        item = forms[row["form"]].item(row["field"])
        assert item is not None, _name(row)
        found.append((_name(row), row, item))
    return found


def test_dossier_when_packed_then_it_holds_no_name_and_no_time(root: Path) -> None:
    tables = sorted((root / "tests" / "data" / "dossier").glob("*.csv.gz"))
    assert len(tables) >= 8
    for table in tables:
        header = table.read_bytes()[:8]
        assert header[3:] == bytes(5), table.name  # no flags, so no name; then the time


BEYOND_DOSSIER = {"RD"}
"""Forms of our own, of which the dossier has no fields."""


def test_fields_when_counted_then_every_one_is_an_item_and_no_item_is_more(
    crf_fields: Rows, forms: Mapping[str, Form]
) -> None:
    wanted = {_name(row) for row in crf_fields}
    names = {row["form"] for row in crf_fields}
    assert (len(names), len(wanted), len(crf_fields)) == (FORMS, FIELDS, FIELDS)
    assert names == {form.form for form in forms.values() if form.instrument is None} - BEYOND_DOSSIER
    assert {f"{name}.{item.item}" for name in names for item in forms[name].items} == wanted


def test_exceptions_when_read_then_each_has_a_rule_a_field_and_a_reason(
    field_exceptions: Exceptions, crf_fields: Rows
) -> None:
    fields = {_name(row) for row in crf_fields}
    assert set(field_exceptions) == set(RULES)
    for reasons in field_exceptions.values():
        assert set(reasons) <= fields
        assert all(len(reason) > 10 for reason in reasons.values())


def test_forms_when_compared_then_they_stand_where_their_route_is(
    crf_fields: Rows, form_files: Mapping[str, str]
) -> None:
    for row in crf_fields:
        assert FOLDERS[row["form_routes"]] in form_files[row["form"]], row["form"]


def test_forms_when_compared_then_those_with_rows_repeat(crf_fields: Rows, forms: Mapping[str, Form]) -> None:
    for row in crf_fields:
        form = forms[row["form"]]
        rows = row["repeating"] not in ONE_RECORD or form.form in ROWS_OF_A_VISIT
        assert form.repeating == (rows and form.form not in TIMED), form.form
        assert form.reference == (row["repeating"] == "reference table"), form.form


def test_items_when_labelled_then_the_label_is_a_text_of_its_own(items: Fields, forms: Mapping[str, Form]) -> None:
    for form in forms.values():
        for item in form.items:
            assert item.label.casefold() != item.item.casefold(), f"{form.form}.{item.item}"
    for name, row, item in items:
        assert re.search(r"[a-z]{2}", item.label), name
        assert item.label.endswith("?") or item.derive or row["type"] == "drv", f"{name} is no question"


def test_fields_when_compared_then_types_agree(items: Fields, field_exceptions: Exceptions) -> None:
    entered = {name for name, row, item in items if row["type"] == "drv" and item.derive is None}
    derived = {name for name, row, item in items if row["type"] != "drv" and item.derive is not None}
    assert entered == set(field_exceptions["entered"])
    assert derived == set(field_exceptions["derived"])
    for name, row, item in items:
        if row["type"] != "drv" and name not in field_exceptions["list"]:
            assert item.type == TYPES[row["type"]], name


def test_fields_when_compared_then_lists_agree(items: Fields, field_exceptions: Exceptions) -> None:
    differ = {name for name, row, item in items if (item.codelist or "") != row["codelist"]}
    assert differ == set(field_exceptions["list"])


def test_fields_when_compared_then_decimals_agree(items: Fields, field_exceptions: Exceptions) -> None:
    decimals = [(name, row, item) for name, row, item in items if re.fullmatch(r"d\d", row["type"])]
    assert decimals
    differ = {name for name, row, item in decimals if item.decimals != int(row["type"][1:])}
    assert differ == set(field_exceptions["decimals"])


def test_fields_when_compared_then_units_agree(items: Fields, field_exceptions: Exceptions) -> None:
    differ = {name for name, row, item in items if (item.unit or "") != STANDARD_UNITS.get(row["unit"], row["unit"])}
    assert differ == set(field_exceptions["unit"])


def test_fields_when_compared_then_hard_ranges_agree_or_are_wider_on_purpose(
    items: Fields, field_exceptions: Exceptions
) -> None:
    wider = set()
    for name, row, item in items:
        if not row["range"]:
            assert item.hard is None, name
            continue
        low, high = (Decimal(end) for end in row["range"].split()[0].split("-"))
        assert item.hard is not None, name
        assert low in item.hard, name
        assert high in item.hard, name
        if item.hard != Interval(low=low, high=high):
            wider.add(name)
    assert wider == set(field_exceptions["wider"])


def test_fields_when_required_then_a_blank_opens_a_query(items: Fields, field_exceptions: Exceptions) -> None:
    entered = [(name, row["required"] in ("R", "C"), item.required) for name, row, item in items if not item.derive]
    assert {name for name, wanted, given in entered if wanted and not given} == set(field_exceptions["optional"])
    assert [name for name, wanted, given in entered if given and not wanted] == []


def _collect_when(condition: str) -> str:
    """The part of `collect_when` that says what a condition of the dossier says."""
    if condition in CONDITIONS:
        return CONDITIONS[condition]
    if found := re.fullmatch(r"([A-Z0-9]+)(=|<>)(.+)", condition):
        return f'{found[1]} {found[2]} "{found[3]}"'
    if found := re.fullmatch(r"([A-Z0-9]+)>([0-9]+)", condition):
        return f"{found[1]} > {found[2]}"
    return re.sub(r"^([A-Z0-9]+) present$", r"\1 is present", condition)


def test_fields_when_on_a_condition_then_they_are_asked_on_it(items: Fields, field_exceptions: Exceptions) -> None:
    always, otherwise = set(), set()
    for name, row, item in items:
        condition = row["skip_logic_collect_when"]
        if not condition or item.derive:
            continue
        if item.collect_when is None:
            always.add(name)
        elif _collect_when(condition) not in item.collect_when:
            otherwise.add(name)
    assert always == set(field_exceptions["unconditional"])
    assert otherwise == set(field_exceptions["condition"])


def test_fields_when_on_no_condition_then_they_are_always_asked(items: Fields, field_exceptions: Exceptions) -> None:
    conditional = {name for name, row, item in items if item.collect_when and not row["skip_logic_collect_when"]}
    assert conditional == set(field_exceptions["conditional"])


def test_fields_when_the_dossier_calls_them_masked_then_the_blinded_rater_does_not_see_them(
    items: Fields, forms: Mapping[str, Form]
) -> None:
    hidden = {name for name, _, item in items if "RATER_BLIND" in item.hidden_from}
    assert hidden >= BLINDED
    noted = {name for name, row, _ in items if re.search(r"masked|unblinded", row["label"] + row["note"])}
    assert noted - {"UD.UDTESTCD"} <= BLINDED  # which drug was looked for is known; what was found is UDRES
    answers = [item for item in forms["CADSS"].items if re.fullmatch(r"CADS\d\d", item.item)]
    assert len(answers) == 23
    assert all("RATER_BLIND" in item.hidden_from for item in answers)


def test_fields_when_they_tell_the_arm_then_only_unblinded_roles_see_them(
    items: Fields, dossier_rows: Callable[[str], Rows]
) -> None:
    roles = {row["code"] for row in dossier_rows("codelists") if row["codelist"] == "ROLE"}
    assert roles > UNBLINDED_ROLES
    for name, _, item in items:
        if name in ALLOCATION:
            assert roles - set(item.hidden_from) == UNBLINDED_ROLES, name


def test_fields_when_they_tell_nothing_then_nobody_is_kept_from_them(items: Fields) -> None:
    visible = {name for name, _, item in items if not item.hidden_from}
    assert {"RT.RTNO", "RT.RTDAT", "VS.SYSBP", "AE.AETERM", "PD.PDDEC", "TM.TMPERF"} <= visible


def test_fields_when_hidden_then_unblinded_roles_see_them_all(items: Fields) -> None:
    for name, _, item in items:
        assert UNBLINDED_ROLES.isdisjoint(item.hidden_from), name


def test_conditions_when_translated_then_each_is_one_of_the_dossier(crf_fields: Rows) -> None:
    assert set(CONDITIONS) <= {row["skip_logic_collect_when"] for row in crf_fields}
