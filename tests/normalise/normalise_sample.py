"""A form with an item of every type, and one raw value at a time through the station."""

from __future__ import annotations

from decimal import Decimal

from trialkit.extension import ItemType
from trialkit.model.codelist import CodeList, Term
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.protocol import Protocol, ScheduledForm, Visit
from trialkit.model.record import RawValue, RecordKey, Value
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.model.submission import Submission
from trialkit.normalise import HOUSE_TYPES, normalise_submission

KEY = RecordKey("012", "012-0007", "V1", 1, "F")
TYPES = {found.name: found for found in HOUSE_TYPES}

CODELISTS = {
    "SEX": CodeList(
        codelist="SEX",
        terms=(Term(code="F", label="Female", synonyms=("Woman",)), Term(code="M", label="Male"), Term(code="U")),
    ),
    "MIXED": CodeList(
        codelist="MIXED",
        terms=(
            Term(code="1", label="2"),
            Term(code="2", label="Two"),
            Term(code="a", label="Both"),
            Term(code="A", label="Both"),
        ),
    ),
    "RACE": CodeList(
        codelist="RACE", terms=(Term(code="ASIAN"), Term(code="BLACK", label="Black"), Term(code="WHITE"))
    ),
    "BARE": CodeList(codelist="BARE", terms=(Term(code="X"), Term(code="Y", label="Yes"))),
    "LONG": CodeList(codelist="LONG", terms=tuple(Term(code=f"CODE{number}") for number in range(10))),
}

ITEMS = (
    Item(item="TEXT", label="Text", type="text", length=10),
    Item(item="INT", label="Whole", type="integer"),
    Item(item="DEC", label="Decimal", type="decimal"),
    Item(item="DEC1", label="One place", type="decimal", decimals=1),
    Item(item="DEC0", label="No place", type="decimal", decimals=0),
    Item(item="SEX", label="Code", type="code", codelist="SEX"),
    Item(item="MIXED", label="Ambiguous", type="code", codelist="MIXED"),
    Item(item="LONG", label="Long list", type="code", codelist="LONG"),
    Item(item="RACE", label="Codes", type="codes", codelist="RACE"),
    Item(item="BARE", label="Codes", type="codes", codelist="BARE"),
    Item(item="DATE", label="Date", type="date"),
    Item(item="PART", label="Partial", type="partial-date"),
    Item(item="TIME", label="Time", type="time"),
    Item(item="STAMP", label="Moment", type="datetime"),
    Item(item="PRESSURE", label="One unit", type="integer", unit="mmHg"),
    Item(item="WEIGHT", label="Two units", type="decimal", unit="kg", units=("kg", "LB")),
    Item(item="CASES", label="Units alike", type="decimal", unit="mg", units=("mg", "MG")),
    Item(item="DONE", label="Some reasons", type="integer", missing=(MissingReason.NOT_DONE,)),
    Item(item="NEVER", label="No reasons", type="integer", missing=()),
)


def make_study(*items: Item) -> Study:
    """A study of one form with these items, or with one of every type."""
    form = Form(form="F", title="Form", items=items or ITEMS)
    protocol = Protocol(
        protocol="p",
        title="P",
        visits=(Visit(visit="V1", label="Visit", number=Decimal(1), forms=(ScheduledForm(form="F"),)),),
    )
    definition = StudyDefinition(study="S", title="S", protocol="p", sites=(Site(site="012"),))
    return Study(definition, protocol, {"F": form}, CODELISTS, {}, (), {}, "")


def read(
    name: str, given: str | RawValue, *items: Item, types: dict[str, ItemType] | None = None
) -> Value | Finding | None:
    """What becomes of one raw value: a value, None for a blank, or the one finding."""
    study = make_study(*items)
    raw = RawValue(given) if isinstance(given, str) else given
    made = normalise_submission(Submission(KEY, {name: raw}), study.forms["F"], study, types or TYPES)
    assert len(made.values) + len(made.findings) == 1
    return made.findings[0] if made.findings else made.values[name]


def text_of(name: str, given: str | RawValue) -> str | None:
    """The canonical text of what must be a value."""
    value = read(name, given)
    assert isinstance(value, Value), value
    return value.text


def refusal_of(name: str, given: str | RawValue) -> tuple[str, str, str]:
    """Code, message and remedy of what must be refused."""
    finding = read(name, given)
    assert isinstance(finding, Finding), finding
    assert finding.is_hard
    return finding.code, finding.message, finding.remedy
