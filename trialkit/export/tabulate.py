"""Records in, one tidy table per form out: values, units, missing reasons, labels. Nothing is converted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialkit.export.record_order import order_records
from trialkit.model.codelist import CodeList
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.record import Record, Subject
from trialkit.model.study import Study

__all__ = ["raw_datasets"]

_KEYS = (
    ("STUDYID", "Study identifier", VariableType.CHAR),
    ("SITEID", "Site", VariableType.CHAR),
    ("SUBJECT", "Subject", VariableType.CHAR),
    ("VISIT", "Visit", VariableType.CHAR),
    ("VISITREP", "Repeat of the visit", VariableType.NUM),
    ("TIMEPOINT", "Timepoint", VariableType.CHAR),
    ("REPEAT", "Row of a repeating form", VariableType.NUM),
)
_VERSION = ("RECVERSION", "Version of the record", VariableType.NUM)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of an item: ``what`` is the value, its unit, its missing reason, or its label."""

    name: str
    label: str
    item: Item
    what: str


def raw_datasets(study: Study, subjects: Sequence[Subject], records: Sequence[Record]) -> tuple[Dataset, ...]:
    """One table per form, with the canonical text of every value.

    Columns: STUDYID, SITEID, SUBJECT, VISIT, VISITREP, TIMEPOINT, REPEAT, RECVERSION, then for each item, in form
    order, ``ITEM`` (canonical text; several codes joined by ``;``), ``ITEM_U`` (the unit as given; items with a unit),
    ``ITEM_L`` (the label; coded items) and ``ITEM_M`` (the missing reason, for example ``ND``). A name that is
    taken already gets an underscore behind it.

    Returns:
        One dataset for every form of the study, also for a form without records, sorted by form. Rows are sorted by
        site, subject, visit (in the protocol's order), visit repeat, timepoint (in its order), repeat. Only records
        of the given subjects are in it, and the rows of reference forms, which have a site and no subject.
    """
    chosen = {subject.subject for subject in subjects}
    of_form: dict[str, list[Record]] = {name: [] for name in sorted(study.forms)}
    for record in order_records(study.protocol, records):
        if (record.key.subject in chosen or not record.key.subject) and record.key.form in of_form:
            of_form[record.key.form].append(record)
    return tuple(_table(study, study.forms[name], found) for name, found in of_form.items())


def _table(study: Study, form: Form, records: Sequence[Record]) -> Dataset:
    columns = tuple(_columns(form))
    rows = tuple(
        (
            *_key(study, record),
            Decimal(record.version),
            *(_field(record, column, study.codelists) for column in columns),
        )
        for record in records
    )
    heads = [*_KEYS, _VERSION, *((column.name, column.label, VariableType.CHAR) for column in columns)]
    variables = tuple(
        Variable(name, label, kind, _width(kind, (row[place] for row in rows)), "Collected")
        for place, (name, label, kind) in enumerate(heads)
    )
    return Dataset(form.form, form.title, variables, rows, tuple(name for name, _, _ in _KEYS))


def _columns(form: Form) -> Iterator[_Column]:
    taken = {name for name, _, _ in _KEYS} | {_VERSION[0]}
    own = {item.item: _free(item.item, taken) for item in form.items}
    taken |= set(own.values())
    for item in form.items:
        yield _Column(own[item.item], item.label, item, "value")
        for suffix, what, words in _companions(item):
            name = _free(f"{own[item.item]}_{suffix}", taken)
            taken.add(name)
            yield _Column(name, f"{item.label} ({words})", item, what)


def _companions(item: Item) -> Iterator[tuple[str, str, str]]:
    if item.accepted_units:
        yield "U", "unit", "unit"
    if item.codelist:
        yield "L", "label", "label"
    yield "M", "missing", "why missing"


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _key(study: Study, record: Record) -> tuple[Datum, ...]:
    key = record.key
    repeats = Decimal(key.visit_repeat), Decimal(key.repeat)
    return (study.definition.study, key.site, key.subject, key.visit, repeats[0], key.timepoint, repeats[1])


def _field(record: Record, column: _Column, codelists: Mapping[str, CodeList]) -> Datum:
    value = record.values.get(column.item.item)
    if value is None:
        return None
    if column.what == "unit":
        return value.unit
    if column.what == "missing":
        return None if value.missing is None else value.missing.value
    if column.what == "label" and value.text is not None:
        return _decode(value.text, codelists.get(column.item.codelist or ""))
    return value.text


def _decode(text: str, codelist: CodeList | None) -> str:
    terms = [(code.strip(), codelist.term(code.strip()) if codelist else None) for code in text.split(";")]
    return "; ".join(code if term is None else term.display for code, term in terms)


def _width(kind: VariableType, data: Iterable[Datum]) -> int:
    if kind is VariableType.NUM:
        return 8
    return max((len(datum.encode()) for datum in data if isinstance(datum, str)), default=1) or 1
