"""A small study with items of every type; records of it and expressions on it, both made at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from random import Random

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
from trialkit.language.columnar import Columnar
from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.method import Method, Parameter
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol, ScheduledForm, Timepoint, Visit
from trialkit.model.record import Record, RecordKey, Value
from trialkit.model.record_table import RecordTable, table_of
from trialkit.model.unit import UnitConversion

MOMENT = datetime(2024, 6, 15, 22, 30, tzinfo=UTC)


def _codelist(name: str, **terms: str) -> CodeList:
    return CodeList(codelist=name, terms=tuple(Term(code=code, label=label) for code, label in terms.items()))


CODELISTS = {
    "NY": _codelist("NY", Y="Yes", N="No"),
    "RACE": _codelist("RACE", A="Asian", B="Black", W="White"),
}
KINDS = {
    "text": Kind.TEXT,
    "code": Kind.TEXT,
    "codes": Kind.CODES,
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "date": Kind.DATE,
    "partial-date": Kind.DATE,
    "datetime": Kind.DATE,
    "time": Kind.TIME,
    "odd": Kind.ANY,
}


def _odd(text: str) -> Typed:
    """What a plugin's own type may make: numbers, several codes and texts of one item."""
    if text.isdigit():
        return Decimal(text)
    return tuple(text.split(";")) if ";" in text else text


TYPED: Mapping[str, Callable[[str], Typed]] = {
    "integer": Decimal,
    "decimal": Decimal,
    "codes": lambda text: tuple(text.split(";")),
    "date": PartialDate.parse,
    "partial-date": PartialDate.parse,
    "datetime": PartialDate.parse,
    "time": time.fromisoformat,
    "odd": _odd,
}
UNITS = (
    UnitConversion(unit="LB", to="kg", factor=Decimal("0.45359237")),
    UnitConversion(unit="oz", to="kg", factor=Decimal(1), divisor=Decimal("35.27")),
    UnitConversion(unit="F", to="C", shift=Decimal(-32), factor=Decimal(5), divisor=Decimal(9)),
)


def _form(name: str, items: str, *, repeating: bool = False, reference: bool = False) -> Form:
    """A form from ``ITEM:type ITEM:type:unit``; a code has the list NY, several codes have RACE."""
    made = []
    for text in items.split():
        item, kind, unit = (*text.split(":"), "")[:3]
        codelist = {"code": "NY", "codes": "RACE"}.get(kind)
        made.append(Item(item=item, label=item, type=kind, codelist=codelist, unit=unit or None))
    return Form(form=name, title=name, items=tuple(made), repeating=repeating, reference=reference)


FORMS: Mapping[str, Form] = {
    form.form: form
    for form in (
        _form("AE", "TERM:text SER:code STDAT:partial-date ENDAT:date SEV:integer AMT:decimal", repeating=True),
        _form("DM", "SEX:code AGE:integer BRTHDAT:partial-date RACE:codes"),
        _form("RG", "USER:text FROM:date LEVEL:integer", repeating=True, reference=True),
        _form("TM", "SYSBP:integer DIABP:integer DAT:date TIM:time INIT:text"),
        _form(
            "VS",
            "SYSBP:integer WTKG:decimal:kg TEMP:decimal:C OK:code NOTE:text RACE:codes DAT:date DTM:datetime "
            "BORN:partial-date TIM:time ODD:odd",
        ),
    )
}
"""The forms of the study. `VS` has an item of every type."""


def _scheduled(*names: str) -> tuple[ScheduledForm, ...]:
    return tuple(ScheduledForm(form=name) for name in names)


PROTOCOL = Protocol(
    protocol="small",
    title="Small",
    route="ORAL",
    parameters={"high": Parameter(value=Decimal(140)), "part": Parameter(value=Decimal("0.35"))},
    methods={
        "first_day": Method(value="first(VS.DAT)"),
        "last_time": Method(value="last(dtc(TM.DAT, TM.TIM), here())"),
        "far_day": Method(value='earliest(first(VS.DAT), first(AE.STDAT, SER = "Y"), first(dtc(TM.DAT, TM.TIM)))'),
    },
    timepoints=(
        Timepoint(
            timepoint="PRE", label="Before", number=Decimal(1), minutes=-30, window=Interval.model_validate("-30..25")
        ),
        Timepoint(
            timepoint="T40", label="40 min", number=Decimal(2), minutes=40, window=Interval.model_validate("..5")
        ),
        Timepoint(timepoint="T90", label="90 min", number=Decimal(3), minutes=90),
    ),
    conditions={},
    log_forms=("AE", "RG"),
    visits=(
        Visit(
            visit="V0",
            label="Screening",
            number=Decimal(0),
            days=Interval.model_validate("-28..-2"),
            tags=("SCR",),
            forms=_scheduled("DM", "VS"),
        ),
        Visit(
            visit="V1",
            label="Day 1",
            number=Decimal(1),
            day=1,
            tags=("BL", "DOSING"),
            forms=(*_scheduled("VS"), ScheduledForm(form="TM", timepoints=("PRE", "T40", "T90"))),
        ),
        Visit(
            visit="V2",
            label="Day 8",
            number=Decimal(2),
            day=8,
            window=Interval.model_validate("-1..2"),
            tags=("DOSING",),
            forms=(
                *_scheduled("VS"),
                ScheduledForm(form="TM", timepoints=("PRE", "T40")),
                ScheduledForm(form="DM", required=False),
                ScheduledForm(form="AE"),
            ),
        ),
        Visit(visit="UNS", label="Unscheduled", number=Decimal(99), repeating=True, forms=_scheduled("VS")),
    ),
)


def _picky(text: str) -> Typed:
    if text == "bad":
        raise ValueError(text)
    return text == "good"


PLUGIN_FUNCTIONS = (
    Function("digits", (Kind.NUMBER,), Kind.TEXT, str),
    Function("picky", (Kind.TEXT,), Kind.BOOLEAN, _picky),
    Function("shaky", (), Kind.NUMBER, lambda: 1 // 0),
    Function("apart", (Kind.NUMBER, Kind.DATE), Kind.NUMBER, lambda number, day: number + len(day.parts)),
    Function("liar", (Kind.TEXT,), Kind.NUMBER, lambda text: text if text == "bad" else Decimal(len(text))),
)


def scope_of(form: str) -> Scope:
    """What checks on a form may speak of, the functions of a plugin among it."""
    functions = {function.name: function for function in PLUGIN_FUNCTIONS}
    forms = scoped_forms(FORMS, CODELISTS, KINDS)
    return check_scope(FORMS[form], CODELISTS, PROTOCOL, KINDS, functions, forms, FORMS)


def compiled(form: str, text: str, kind: Kind = Kind.ANY) -> Compiled:
    """An expression of a check on a form."""
    return compile_expression(text, scope_of(form), kind)


def setting_of(
    tables: Mapping[str, RecordTable], unplanned: Mapping[tuple[str, str, int], int] | None = None
) -> Setting:
    """What rules see besides the records: site 01 is two hours before UTC, all others have its time."""

    def subjects_with(form: str, item: str) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        table = tables[form]
        for text, subject in zip(table.texts.get(item, ()), table.subject, strict=False):
            if text is not None and subject != "S3":  # one subject is not in the study's index yet
                found.setdefault(text, set()).add(subject)
        return {text: frozenset(subjects) for text, subjects in found.items()}

    return Setting(
        forms=FORMS,
        protocol=PROTOCOL,
        units=UNITS,
        typed=TYPED,
        moment=MOMENT,
        local=lambda site, moment: (moment + timedelta(hours=2 if site == "01" else 0)).replace(tzinfo=None),
        unplanned=unplanned or {},
        subjects_with=subjects_with,
    )


def both(
    tables: Mapping[str, RecordTable],
    form: str,
    expressions: Sequence[Compiled],
    unplanned: Mapping[tuple[str, str, int], int] | None = None,
) -> tuple[list[list[object]], list[list[object]]]:
    """The values of expressions on each record of a form, by columns and record by record."""
    setting = setting_of(tables, unplanned)
    books = Books(tables, setting)
    columnar = Columnar(tables, setting, books)
    truths = [one for one in expressions if one.kind == Kind.BOOLEAN]
    judged = iter(columnar.judge(form, truths))
    by_columns = [
        next(judged).values() if one.kind == Kind.BOOLEAN else columnar.values(form, one) for one in expressions
    ]
    height = len(tables[form]) if form in tables else 0
    one_by_one = [[_asked(one, books, form, place) for place in range(height)] for one in expressions]
    return [[_shown(value) for value in values] for values in by_columns], one_by_one


def _asked(one: Compiled, books: Books, form: str, place: int) -> object:
    try:
        return _shown(one.evaluate(books.row(form, place)))
    except NotEvaluated as failure:
        return _shown(failure)


def _shown(value: object) -> object:
    """A value that equals those of its kind only: failures by their function, truth values not as numbers."""
    if isinstance(value, NotEvaluated):
        return "failed", value.function
    return ("truth", value) if isinstance(value, bool) else value


_NUMBERS = ("0", "1", "2", "3", "120", "120.0", "140", "-5", "0.1", "0.3", "2.50", "37.5", "99999999999999999999.5")
_DATES = ("2024-05-16", "2024-05-17", "2024-05-18", "2024-06-16", "2000-02-29")
_PARTIAL_DATES = (*_DATES, "2024", "2024-05", "2023-12", "2000-02")
_DATE_TIMES = (
    "2024-05-17T09:30",
    "2024-05-17T09:30:15",
    "2024-05-17T10:30+01:00",
    "2024-05-17T09:30Z",
    "2024-05-18T00:10",
    "2024-05-16",
    "2024-05",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59Z",
)
_TEXTS: Mapping[str, Sequence[str]] = {
    "text": ("good", "bad", "Y", "<5", "> 2.5", "12", "ß", "a b"),
    "code": ("Y", "N"),
    "codes": ("A", "A;B", "B;W", "W"),
    "integer": ("0", "1", "2", "3", "110", "120", "140", "-5"),
    "decimal": _NUMBERS,
    "date": _DATES,
    "partial-date": _PARTIAL_DATES,
    "datetime": _DATE_TIMES,
    "time": ("09:30", "09:30:15", "00:00", "23:59", "10:00"),
    "odd": ("7", "x", "Y", "A;B"),
}
_GIVEN_UNITS = {"kg": ("kg", "LB", "oz", "st"), "C": ("C", "F")}


_ENTERED = (None, datetime(2024, 5, 17, 8, 0, tzinfo=UTC), datetime(2024, 6, 15, 22, 15, tzinfo=UTC))
_UNPLANNED = (("S1", "UNS", 1), ("S1", "UNS", 2), ("S2", "UNS", 1), ("S3", "GONE", 1))


def random_tables(random: Random) -> dict[str, RecordTable]:
    """Records of the study; now and then a form has none."""
    there = [form for form in FORMS.values() if random.random() < _USUALLY]
    return {form.form: table_of(form.form, _records(random, form)) for form in there}


def random_unplanned(random: Random) -> dict[tuple[str, str, int], int]:
    """Where visits stand that nobody planned."""
    return {visit: random.choice([1, 3, 5]) for visit in _UNPLANNED if random.random() < _OFTEN}


def _records(random: Random, form: Form) -> list[Record]:
    """Some records of a form. Reference forms have rows of sites."""
    owners = [("01", ""), ("02", "")] if form.reference else [("01", "S1"), ("01", "S2"), ("02", "S3")]
    visits = [("", 1)] if form.reference else [("V0", 1), ("V1", 1), ("V2", 1), ("UNS", 1), ("UNS", 2), ("GONE", 1)]
    timepoints = ["", "PRE", "T40", "T90", "LATE"] if form.form == "TM" else [""]
    repeats = [1, 2, 3] if form.repeating else [1]
    keys = list(product(owners, visits, timepoints, repeats))
    chosen = random.sample(keys, min(len(keys), random.randint(1, 16)))
    return [
        Record(
            RecordKey(site, subject, visit, visit_repeat, form.form, timepoint, repeat),
            {item.item: value for item in form.items if (value := _value(random, item)) is not None},
            entered_at=random.choice(_ENTERED),
            entered_by=random.choice(["", "anna", "ben"]),
        )
        for (site, subject), (visit, visit_repeat), timepoint, repeat in chosen
    ]


def _value(random: Random, item: Item) -> Value | None:
    fate = random.random()
    if fate > _USUALLY:
        return None if fate > _NEARLY_ALWAYS else Value(missing=random.choice(list(MissingReason)))
    unit = random.choice([None, *_GIVEN_UNITS[item.unit]]) if item.unit else None
    return Value(text=random.choice(_TEXTS[item.type]), unit=unit)


_OFTEN, _USUALLY, _NEARLY_ALWAYS = 0.5, 0.85, 0.92
