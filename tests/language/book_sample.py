"""A small study of several forms for expressions that read other records, written as examples of checks are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trialkit.language import (
    Books,
    Compiled,
    NotEvaluated,
    Scope,
    Setting,
    check_scope,
    compile_expression,
    scoped_forms,
)
from trialkit.model.codelist import CodeList, Term
from trialkit.model.example import ExampleRecord, parse_example
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.method import Method, Parameter
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol, ScheduledForm, Timepoint, Visit
from trialkit.model.record import Record, RecordKey, Value
from trialkit.model.record_table import RecordTable, table_of

MOMENT = datetime(2024, 6, 15, 10, 30, tzinfo=UTC)

NY = CodeList(codelist="NY", title="No, yes", terms=(Term(code="Y", label="Yes"), Term(code="N", label="No")))
KINDS = {
    "text": Kind.TEXT,
    "code": Kind.TEXT,
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "date": Kind.DATE,
    "partial-date": Kind.DATE,
    "datetime": Kind.DATE,
    "time": Kind.TIME,
}
TYPED = {
    "integer": Decimal,
    "decimal": Decimal,
    "date": PartialDate.parse,
    "partial-date": PartialDate.parse,
    "datetime": PartialDate.parse,
}


def _form(name: str, items: str, *, repeating: bool = False, reference: bool = False) -> Form:
    """A form from ``ITEM:type ITEM:type``; a code has the list NY."""
    made = []
    for text in items.split():
        item, _, kind = text.partition(":")
        codelist = "NY" if kind == "code" else None
        made.append(Item(item=item, label=item, type=kind, codelist=codelist))
    return Form(form=name, title=name, items=tuple(made), repeating=repeating, reference=reference)


FORMS: Mapping[str, Form] = {
    form.form: form
    for form in (
        _form("AE", "AETERM:text AESER:code AESTDAT:partial-date AESEV:integer", repeating=True),
        _form("DM", "SEX:text AGE:integer BRTHDAT:partial-date"),
        _form("EX", "EXDAT:date EXSTTIM:time EXDOSE:decimal EXBY:text"),
        _form("RG", "RGUSER:text RGROLE:text RGFROM:date", repeating=True, reference=True),
        _form("SV", "SVSTDAT:date"),
        _form("TM", "SYSBP:integer DIABP:integer TMINIT:text"),
        _form("VS", "WTKG:decimal SYSBP:integer VSDAT:date"),
    )
}


def _scheduled(*names: str) -> tuple[ScheduledForm, ...]:
    return tuple(ScheduledForm(form=name) for name in names)


PROTOCOL = Protocol(
    protocol="small",
    title="Small",
    parameters={"high": Parameter(value=Decimal(160), unit="mmHg")},
    methods={
        "first_dose": Method(value="first(EX.EXDAT)"),
        "dose_date": Method(value="last(EX.EXDAT, here())"),
        "doubled": Method(value="last(EX.EXDOSE) * 2"),
    },
    timepoints=(
        Timepoint(
            timepoint="PRE", label="Before", number=Decimal(1), minutes=-30, window=Interval.model_validate("-30..25")
        ),
        Timepoint(
            timepoint="T40", label="40 min", number=Decimal(2), minutes=40, window=Interval.model_validate("-5..5")
        ),
        Timepoint(timepoint="T90", label="90 min", number=Decimal(3), minutes=90),
    ),
    log_forms=("AE", "RG"),
    visits=(
        Visit(
            visit="V0",
            label="Screening",
            number=Decimal(0),
            days=Interval.model_validate("-28..-2"),
            tags=("SCR",),
            forms=_scheduled("DM", "VS", "SV"),
        ),
        Visit(
            visit="V1",
            label="Day 1",
            number=Decimal(1),
            day=1,
            tags=("BL", "DOSING"),
            forms=(*_scheduled("VS", "EX", "SV"), ScheduledForm(form="TM", timepoints=("PRE", "T40", "T90"))),
        ),
        Visit(
            visit="V2",
            label="Day 8",
            number=Decimal(2),
            day=8,
            window=Interval.model_validate("-1..2"),
            tags=("DOSING",),
            forms=(
                *_scheduled("VS", "EX", "SV"),
                ScheduledForm(form="TM", timepoints=("PRE", "T40")),
                ScheduledForm(form="DM", required=False),
            ),
        ),
        Visit(visit="V3", label="Day 15", number=Decimal(3), day=15, forms=_scheduled("SV")),
        Visit(visit="UNS", label="Unscheduled", number=Decimal(99), repeating=True, forms=_scheduled("VS")),
    ),
)


def book_scope(form: str, *functions: Function) -> Scope:
    """What checks on a form may speak of."""
    forms = scoped_forms(FORMS, {"NY": NY}, KINDS)
    named = {function.name: function for function in functions}
    return check_scope(FORMS[form], {"NY": NY}, PROTOCOL, KINDS, named, forms, {*FORMS, "QS"})


def compiled(form: str, text: str, *functions: Function, kind: Kind = Kind.ANY) -> Compiled:
    """An expression of a check on a form."""
    return compile_expression(text, book_scope(form, *functions), kind)


def record_of(record: ExampleRecord, subject: str = "S1") -> Record:
    """A record as an example writes it down; ``.ND`` is a missing reason."""
    values = {
        item: Value(missing=MissingReason(text[1:])) if text[:1] == "." else Value(text=text)
        for item, text in record.values.items()
    }
    owner = "" if FORMS[record.form].reference else subject
    key = RecordKey("01", owner, record.visit, record.visit_repeat, record.form, record.timepoint, record.repeat)
    entered = datetime.fromisoformat(record.entered).replace(tzinfo=UTC) if record.entered else None
    return Record(key, values, entered_at=entered, entered_by=record.entered_by)


def tables_of(*texts: str) -> dict[str, RecordTable]:
    """The records of several subjects as tables: ``V0 DM SEX=M | V1 VS WTKG=80`` for each subject, S1 and on."""
    records = [
        record_of(record, f"S{number}")
        for number, text in enumerate(texts, start=1)
        for record in parse_example(text).records
    ]
    by_form: dict[str, dict[RecordKey, Record]] = {}
    for record in records:
        by_form.setdefault(record.key.form, {})[record.key] = record
    return {form: table_of(form, found.values()) for form, found in by_form.items()}


def setting_of(
    tables: Mapping[str, RecordTable], unplanned: Mapping[tuple[str, str, int], int] | None = None
) -> Setting:
    """What rules see besides: the clock of the site is two hours before UTC."""

    def subjects_with(form: str, item: str) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        table = tables[form]
        for text, subject in zip(table.texts.get(item, ()), table.subject, strict=True):
            if text is not None:
                found.setdefault(text, set()).add(subject)
        return {text: frozenset(subjects) for text, subjects in found.items()}

    return Setting(
        forms=FORMS,
        protocol=PROTOCOL,
        units=(),
        typed=TYPED,
        moment=MOMENT,
        local=lambda _, moment: (moment + timedelta(hours=2)).replace(tzinfo=None),
        unplanned=unplanned or {},
        subjects_with=subjects_with,
    )


def ask(text: str, *records: str, functions: tuple[Function, ...] = ()) -> Typed:
    """What an expression gives on the last record of the first subject."""
    tables = tables_of(*records)
    key = record_of(parse_example(records[0]).checked).key
    books = Books(tables, setting_of(tables))
    table = tables[key.form]
    place = next(place for place in range(len(table)) if table.key(place) == key)
    return compiled(key.form, text, *functions).evaluate(books.row(key.form, place))


def fails(text: str, *records: str, functions: tuple[Function, ...] = ()) -> bool:
    """Whether an expression can not be evaluated there."""
    try:
        ask(text, *records, functions=functions)
    except NotEvaluated:
        return True
    return False
