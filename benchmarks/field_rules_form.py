"""The form of the benchmark of field rules: 25 items of a visit with vital signs, dosing and scales."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from trialkit.language import Setting
from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item, MissingReason
from trialkit.model.protocol import Protocol, ScheduledForm, Visit
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.model.unit import UnitConversion
from trialkit.normalise import HOUSE_TYPES
from trialkit.validate import CheckPlan, plan_checks

TODAY = date(2026, 3, 31)
TYPES = {found.name: found for found in HOUSE_TYPES}
CODELISTS = {
    "NY": ("N", "Y"),
    "POSITION": ("SITTING", "STANDING", "SUPINE"),
    "ROUTE": ("INTRAVENOUS", "NASAL", "ORAL"),
    "ALERT": ("0", "1", "2", "3", "4", "5"),
    "SYMPTOM": ("NAUSEA", "DIZZY", "HEADACHE", "DOUBLE VISION", "NONE"),
    "ASSESSOR": tuple(f"R{number:02d}" for number in range(1, 13)),
}
CONVERSIONS = (
    UnitConversion(unit="LB", to="kg", factor=Decimal("0.45359237")),
    UnitConversion(unit="F", to="C", shift=Decimal(-32), factor=Decimal(5), divisor=Decimal(9), decimals=2),
)


def number(item: str, hard: str, soft: str = "", unit: str = "", decimals: int = 0, other: str = "") -> Item:
    """An item for numbers, required unless it is measured rarely."""
    return Item(
        item=item,
        label=item,
        type="decimal" if decimals else "integer",
        decimals=decimals or None,
        unit=unit or None,
        units=(unit, other) if other else (),
        hard=Interval.model_validate(hard),
        soft=Interval.model_validate(soft) if soft else None,
        required=not other,
    )


def other(item: str, type_: str, codelist: str = "", *, asked: str = "", required: bool = False) -> Item:
    """An item for anything else; `asked` is who is asked for it."""
    return Item(
        item=item,
        label=item,
        type=type_,
        codelist=codelist or None,
        required=required or bool(asked),
        collect_when=asked or None,
        missing=(MissingReason.NOT_DONE, MissingReason.UNKNOWN),
    )


DOSED = 'DOSED = "Y"'
ITEMS = (
    other("VISDAT", "date", required=True),
    other("VISTIM", "time", required=True),
    other("POSITION", "code", "POSITION", required=True),
    number("SYSBP", "40..300", "90..180", "mmHg"),
    number("DIABP", "20..200", "50..110", "mmHg"),
    number("PULSE", "20..250", "45..120", "beats/min"),
    number("RESP", "4..60", "10..24", "breaths/min"),
    number("SPO2", "50..100", "92..100", "%"),
    number("TEMP", "30.0..43.0", "35.5..38.0", "C", 1, "F"),
    number("WEIGHT", "30.0..250.0", "45.0..130.0", "kg", 1, "LB"),
    number("HEIGHT", "120..220", "", "cm"),
    other("DOSED", "code", "NY", required=True),
    other("ROUTE", "code", "ROUTE", asked=DOSED),
    Item(
        item="DOSE",
        label="Dose",
        type="decimal",
        decimals=2,
        unit="mg",
        hard=Interval.model_validate("0.5..150"),
        required=True,
        collect_when=DOSED,
        missing=(MissingReason.NOT_DONE,),
    ),
    other("DOSESTDTC", "datetime", asked=DOSED),
    other("DOSEENTIM", "time", asked=DOSED),
    number("PAIN", "0..10"),
    number("CADSS", "0..92", "0..60"),
    number("MADRS", "0..60"),
    other("MOAA", "code", "ALERT", required=True),
    other("SYMPTOMS", "codes", "SYMPTOM"),
    other("ONSET", "partial-date"),
    other("ASSESSOR", "code", "ASSESSOR", required=True),
    other("DEVICE", "text"),
    other("COMMENT", "text"),
)


def build_plan() -> tuple[CheckPlan, Setting]:
    """The compiled form, and what its rules see besides the records."""
    form = Form(form="VS", title="Visit", items=ITEMS)
    visit = Visit(visit="V01", label="Visit", number=Decimal(1), forms=(ScheduledForm(form="VS"),))
    study = Study(
        definition=StudyDefinition(study="S", title="S", protocol="p", sites=(Site(site="01"),)),
        protocol=Protocol(protocol="p", title="P", visits=(visit,)),
        forms={"VS": form},
        codelists={
            name: CodeList(codelist=name, terms=tuple(Term(code=code) for code in codes))
            for name, codes in CODELISTS.items()
        },
        checks={},
        units=CONVERSIONS,
        origins={},
        digest="",
    )
    setting = Setting(
        forms=study.forms,
        protocol=study.protocol,
        units=study.units,
        typed={name: found.typed for name, found in TYPES.items()},
        moment=datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC),
        local=lambda _site, moment: moment.replace(tzinfo=None),
        unplanned={},
        subjects_with=lambda _form, _item: {},
    )
    return plan_checks(form, study, TYPES, {}, []), setting


def count_rules(plan: CheckPlan) -> int:
    """How many rules Cerberus has for a record, besides the types and the missing reasons of all items."""
    return sum(len(rules.keys() - {"nullable", "type", "reasons"}) for rules in plan.validator.schema.values())
