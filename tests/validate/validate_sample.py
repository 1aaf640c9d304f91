"""A form with every rule, and records written as short texts, for the tests of validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from trialkit.extension import PythonCheck
from trialkit.language import Row, record_row
from trialkit.model.check import Action, Check, Severity
from trialkit.model.codelist import CodeList, Term
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.method import Parameter
from trialkit.model.protocol import Protocol, ScheduledForm, Visit
from trialkit.model.record import CellReference, RecordKey, Value
from trialkit.model.study import Contribution, Site, Study, StudyDefinition
from trialkit.model.unit import UnitConversion
from trialkit.normalise import HOUSE_TYPES
from trialkit.validate import CheckPlan, plan_checks, validate_record

KEY = RecordKey("012", "012-0007", "V1", 1, "VS")
TODAY = date(2026, 3, 31)
TYPES = {found.name: found for found in HOUSE_TYPES}


def _fail(*_: Typed) -> Typed:
    raise ZeroDivisionError


FUNCTIONS = {"fail": Function("fail", (Kind.NUMBER,), Kind.BOOLEAN, _fail)}

ITEMS = (
    Item(item="DONE", label="Done?", type="code", codelist="NY"),
    Item(
        item="SYSBP",
        label="Systolic",
        type="integer",
        unit="mmHg",
        hard=Interval(low=Decimal(60), high=Decimal(260)),
        soft=Interval(low=Decimal(90), high=Decimal(180)),
        required=True,
        collect_when='DONE = "Y"',
    ),
    Item(item="DIABP", label="Diastolic", type="integer", unit="mmHg", hard=Interval(low=Decimal(30))),
    Item(
        item="WEIGHT",
        label="Weight",
        type="decimal",
        unit="kg",
        units=("kg", "LB"),
        hard=Interval(low=Decimal(30), high=Decimal(250)),
        soft=Interval(high=Decimal(120)),
    ),
    Item(item="SITE", label="Sites", type="codes", codelist="NY"),
    Item(item="WHEN", label="Date", type="partial-date", required=True),
    Item(item="UNTIL", label="Date", type="partial-date", missing=(MissingReason.UNKNOWN,)),
    Item(item="AT", label="Time", type="time"),
    Item(item="NOTE", label="Note", type="text"),
    Item(
        item="RATIO",
        label="Computed",
        type="decimal",
        decimals=1,
        derive="SYSBP / DIABP",
        hard=Interval(high=Decimal(5)),
    ),
)

CHECKS = (
    Check(check="VS002", form="VS", when="SYSBP <= DIABP", severity=Severity.HARD, message="Swapped?"),
    Check(check="VS003", form="VS", when="SYSBP - DIABP > P.pulse", message="Unusual."),
    Check(check="VS004", form="VS", when="UNTIL < WHEN", items=("UNTIL", "WHEN"), message="Ends first."),
    Check(check="VS005", form="VS", when='NOTE = "alert"', action=Action.ALERT_RED, message="Alert."),
)
BROKEN = Check(check="VS009", form="VS", when="fail(DIABP)", message="Never said.")


def make_study(*checks: Check, items: Sequence[Item] = ITEMS) -> Study:
    """A study of the form with these checks, or with all that work."""
    chosen = checks or CHECKS
    form = Form(form="VS", title="Vital signs", items=tuple(items))
    protocol = Protocol(
        protocol="p",
        title="P",
        parameters={"pulse": Parameter(value=Decimal(100))},
        visits=(Visit(visit="V1", label="Visit", number=Decimal(1), forms=(ScheduledForm(form="VS"),)),),
    )
    return Study(
        definition=StudyDefinition(study="S", title="S", protocol="p", sites=(Site(site="012"),)),
        protocol=protocol,
        forms={"VS": form},
        codelists={"NY": CodeList(codelist="NY", terms=(Term(code="N", label="No"), Term(code="Y", label="Yes")))},
        checks={"VS": chosen},
        units=(UnitConversion(unit="LB", to="kg", factor=Decimal("0.45359237")),),
        origins={
            "form:VS": Contribution("iv", "1"),
            **{f"check:{found.check}": Contribution("iv", "1") for found in chosen},
        },
        digest="",
    )


def make_plan(study: Study, *python: PythonCheck) -> CheckPlan:
    """The form's checks, with checks in Python of a plugin ``own``."""
    handed_in = [(check, Contribution("own", "1")) for check in python]
    return plan_checks(study.forms["VS"], study, TYPES, FUNCTIONS, handed_in)


def make_values(text: str) -> dict[str, Value]:
    """``SYSBP=120 WEIGHT=80_LB UNTIL=.UNK`` as stored values."""
    values: dict[str, Value] = {}
    for part in text.split():
        name, _, given = part.partition("=")
        number, _, unit = given.partition("_")
        if given.startswith("."):
            values[name] = Value(missing=MissingReason(given[1:]))
        else:
            values[name] = Value(number, unit=unit or None)
    return values


def make_row(study: Study, values: Mapping[str, Value]) -> Row:
    """The record as expressions see it."""
    typed = {name: found.typed for name, found in TYPES.items()}
    return record_row(KEY, values, study.forms["VS"], study.protocol, study.units, typed, TODAY)


def validate(
    text: str, *checks: Check, python: Sequence[PythonCheck] = (), sources: Mapping[str, CellReference] | None = None
) -> tuple[Finding, ...]:
    """The findings of one record."""
    study = make_study(*checks)
    values = make_values(text)
    return validate_record(make_plan(study, *python), KEY, values, make_row(study, values), sources or {})


def codes(text: str, *checks: Check, python: Sequence[PythonCheck] = ()) -> list[tuple[str, str]]:
    """Code and item of each finding of one record."""
    return [(finding.code, finding.item) for finding in validate(text, *checks, python=python)]
