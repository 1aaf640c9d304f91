"""A small trial for the tests of export: two sites, four visits, three timepoints; records are one line each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from trialkit.export.sdtm import SdtmPackage, sdtm_datasets
from trialkit.extension import ItemType
from trialkit.model.codelist import CodeList, Term
from trialkit.model.dataset import Dataset, Datum
from trialkit.model.domain_mapping import DomainMapping, TestMapping
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Arm, Protocol, ScheduledForm, Timepoint, Visit
from trialkit.model.record import Record, RecordKey, Subject, Value
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.model.unit import UnitConversion

TODAY = date(2026, 11, 1)
MOMENT = "2026-11-01T09:30:00+00:00"


def typed_time(text: str) -> Typed:
    """A time of day."""
    return PartialDate.parse(f"2000-01-01T{text}").as_datetime().time()


def item_type(name: str, kind: Kind, typed: object) -> ItemType:
    """A type whose canonical text is the text as given."""
    return ItemType(name, kind, lambda *given: given[0], typed, name)


ITEM_TYPES: Mapping[str, ItemType] = {
    found.name: found
    for found in (
        item_type("text", Kind.TEXT, str),
        item_type("integer", Kind.NUMBER, Decimal),
        item_type("decimal", Kind.NUMBER, Decimal),
        item_type("code", Kind.TEXT, str),
        item_type("codes", Kind.CODES, lambda text: tuple(text.split(";"))),
        item_type("date", Kind.DATE, PartialDate.parse),
        item_type("partial-date", Kind.DATE, PartialDate.parse),
        item_type("time", Kind.TIME, typed_time),
        item_type("datetime", Kind.DATE, PartialDate.parse),
    )
}

UNITS = (
    UnitConversion(unit="LB", to="kg", factor=Decimal("0.4536"), decimals=2),
    UnitConversion(unit="F", to="C", shift=Decimal(-32), factor=Decimal(5), divisor=Decimal(9)),
)

CODELISTS = (
    CodeList(codelist="NY", terms=(Term(code="N", label="No"), Term(code="Y", label="Yes"))),
    CodeList(codelist="SEX", terms=(Term(code="F", label="Female"), Term(code="M", label="Male"))),
    CodeList(codelist="ARM", terms=(Term(code="KET"), Term(code="PBO"))),
    CodeList(
        codelist="FREQ4",
        terms=(Term(code="0", label="Not at all"), Term(code="1", label="Several days")),
    ),
    CodeList(codelist="RACE", terms=(Term(code="WHITE"), Term(code="ASIAN"))),
)

TIMEPOINTS = (
    Timepoint(timepoint="PRE", label="PRE-DOSE", number=1, minutes=-15, reference="START OF INFUSION"),
    Timepoint(timepoint="T40", label="40 MINUTES", number=2, minutes=40, reference="START OF INFUSION"),
    Timepoint(timepoint="T120", label="120 MINUTES", number=3, minutes=120, reference="START OF INFUSION"),
)

SUBJECTS = (Subject("012-0007", "012", "0007"), Subject("020-0001", "020", "0001"))

USUBJID = "KET01-012-0007"


def form(name: str, items: tuple[Item, ...], *mappings: DomainMapping) -> Form:
    """A form with mappings."""
    return Form(form=name, title=f"Form {name}", items=items, sdtm=mappings)


def item(name: str, kind: str = "text", **more: object) -> Item:
    """An item labelled by its name."""
    return Item(item=name, label=name, type=kind, **more)


def study(*forms: Form, log_forms: tuple[str, ...] = ()) -> Study:
    """A study with these forms at every visit."""
    scheduled = tuple(ScheduledForm(form=found.form) for found in forms if found.form not in log_forms)
    visits = (
        Visit(visit="SCR", label="SCREENING", number=1, day=-7, epoch="SCREENING", forms=scheduled),
        Visit(visit="D1", label="DAY 1", number=2, day=1, epoch="TREATMENT", tags=("DOSING",), forms=scheduled),
        Visit(visit="D8", label="DAY 8", number=10, day=8, epoch="TREATMENT", forms=scheduled),
        Visit(visit="UNS", label="UNSCHEDULED", number=99, repeating=True, forms=scheduled),
    )
    protocol = Protocol(
        protocol="small",
        title="A small trial",
        arms=(Arm(arm="KET", label="Ketamine"), Arm(arm="PBO", label="Placebo")),
        timepoints=TIMEPOINTS,
        log_forms=log_forms,
        visits=visits,
    )
    definition = StudyDefinition(
        study="KET01",
        title="A small study",
        protocol="small",
        sites=(Site(site="012", country="NLD"), Site(site="020", country="USA")),
    )
    return Study(
        definition=definition,
        protocol=protocol,
        forms={found.form: found for found in forms},
        codelists={found.codelist: found for found in CODELISTS},
        checks={},
        units=UNITS,
        origins={},
        digest="0" * 64,
    )


def record(
    form: str,
    visit: str,
    *,
    subject: str = "012-0007",
    visit_repeat: int = 1,
    timepoint: str = "",
    repeat: int = 1,
    **values: str,
) -> Record:
    """A record; ``.ND`` is a missing reason, ``119.0 LB`` a number with its unit when the unit is one of LB, F, kg."""
    key = RecordKey(subject.partition("-")[0], subject, visit, visit_repeat, form, timepoint, repeat)
    return Record(key, {name: value(text) for name, text in values.items()}, version=1)


def value(text: str) -> Value:
    """A value as `record` writes it."""
    if text.startswith("."):
        return Value(missing=MissingReason(text[1:]))
    number, _, unit = text.rpartition(" ")
    if number and unit in ("LB", "F", "C", "kg", "mmHg", "stone"):
        return Value(text=number, unit=unit)
    return Value(text=text)


def tabulate(study: Study, *records: Record, functions: tuple[Function, ...] = ()) -> SdtmPackage:
    """The SDTM package of these records."""
    by_name = {function.name: function for function in functions}
    return sdtm_datasets(study, SUBJECTS, records, ITEM_TYPES, by_name, TODAY)


def dataset(package: SdtmPackage, name: str) -> Dataset:
    """The dataset of this name."""
    return next(found for found in package.datasets if found.name == name)


def column(package: SdtmPackage, domain: str, variable: str, subject: str = USUBJID) -> list[Datum]:
    """The values of one variable for one subject, in row order."""
    found = dataset(package, domain)
    names = [known.name for known in found.variables]
    place, usubjid = names.index(variable), names.index("USUBJID")
    return [row[place] for row in found.rows if row[usubjid] == subject]


def names(package: SdtmPackage, domain: str) -> list[str]:
    """The variables of a dataset, in order."""
    return [variable.name for variable in dataset(package, domain).variables]


def codes(package: SdtmPackage, variable: str = "") -> list[str]:
    """The codes of the notices, about one variable when it is named."""
    return [notice.code for notice in package.notices if variable in ("", notice.variable)]


VITALS = form(
    "VS",
    (
        item("VSDAT", "date"),
        item("VSTIM", "time"),
        item("VSPOS"),
        item("SYSBP", "integer", unit="mmHg"),
        item("WEIGHT", "decimal", unit="kg", units=("kg", "LB", "stone")),
        item("TEMP", "decimal", unit="C", units=("C", "F")),
    ),
    DomainMapping(
        domain="VS",
        variables={"VSDTC": "dtc(VSDAT, VSTIM)", "VSPOS": "VSPOS"},
        tests=(
            TestMapping(testcd="SYSBP", result="SYSBP"),
            TestMapping(testcd="WEIGHT", result="WEIGHT"),
            TestMapping(testcd="TEMP", result="TEMP"),
        ),
    ),
)

DOSE = form(
    "EX",
    (item("EXDAT", "date"), item("EXSTTIM", "time"), item("EXENTIM", "time"), item("EXDOSE", "decimal")),
    DomainMapping(
        domain="EX",
        variables={
            "EXTRT": '"KETAMINE"',
            "EXDOSE": "EXDOSE",
            "EXDOSU": '"mg"',
            "EXSTDTC": "dtc(EXDAT, EXSTTIM)",
            "EXENDTC": "dtc(EXDAT, EXENTIM)",
        },
    ),
)
