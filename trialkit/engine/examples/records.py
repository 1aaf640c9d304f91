"""The text of an example in, the records that it speaks of out, read and placed as entry would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from trialkit.capture import split_assignments
from trialkit.engine.assembly import Assembly
from trialkit.errors import UsageError
from trialkit.model.example import ExampleRecord, parse_example
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.protocol import Visit
from trialkit.model.record import RawValue, Record, RecordKey, Value
from trialkit.model.submission import Submission
from trialkit.normalise import normalise_submission

__all__ = [
    "EXAMPLE_SITE",
    "PROTOCOL",
    "DoesNotApplyError",
    "FaultyExampleError",
    "Manner",
    "SettledExample",
    "settle_example",
]

PROTOCOL = "The protocol"
"""How each sentence of `DoesNotApplyError` begins."""

EXAMPLE_SITE = "A"
"""The site of an example's records, unless they say another one."""

_SUBJECT = "EXAMPLE"
_NOON = "T12:00"


class DoesNotApplyError(Exception):
    """An example speaks of a form, visit, tag or timepoint that this protocol does not have."""


class FaultyExampleError(Exception):
    """An example can not be read, or says what no record can."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the examples of a rule are read.

    Attributes:
        form: the form whose record is checked; empty for any.
        by_entry: the code of the house for what entry refuses (``N101``), when the rule is carried out by it. Then a
            value that entry does not take is no fault, and a unit that is not said is not filled in.
        has_others: whether a record with the key of another one belongs to another subject; else that is a fault.
    """

    form: str
    by_entry: str = ""
    has_others: bool = False


@dataclass(frozen=True, slots=True)
class SettledExample:
    """An example with everything found.

    Attributes:
        records: its records.
        checked: the key of the one that is checked.
        moment: when it is checked. The clocks of example sites show UTC.
        refused: what entry says of values of the checked record that it does not take.
    """

    records: tuple[Record, ...]
    checked: RecordKey
    moment: datetime
    refused: tuple[Finding, ...] = ()

    def moved(self, mark: str) -> SettledExample:
        """The same for a site and subjects of its own, so that many examples can stand in one table."""
        records = tuple(replace(record, key=_marked(record.key, mark)) for record in self.records)
        return replace(self, records=records, checked=_marked(self.checked, mark))


def settle_example(assembly: Assembly, text: str, manner: Manner) -> SettledExample:
    """Read an example.

    Args:
        assembly: the study.
        text: the example, see `trialkit.model.example`.
        manner: how its rule wants it read.

    Raises:
        DoesNotApplyError: when it speaks of what this protocol does not have.
        FaultyExampleError: when it can not be read.
    """
    try:
        example = parse_example(text)
        moment = _moment(example.now)
    except ValueError as error:
        raise FaultyExampleError(str(error)) from None
    if manner.form and example.checked.form != manner.form:
        raise FaultyExampleError(f"the last record is one of {example.checked.form}; the rule stands on {manner.form}")
    keys = _keys(assembly, example.records, manner)
    records: list[Record] = []
    refused: tuple[Finding, ...] = ()
    for written, key in zip(example.records, keys, strict=True):
        values, refused = _values(assembly, written, key, manner)
        if refused and (not manner.by_entry or written is not example.checked):
            raise FaultyExampleError(refused[0].message.rstrip("."))
        records.append(
            Record(
                key,
                values,
                version=1,
                form_version=assembly.study.forms[key.form].version,
                entered_at=_entered(written.entered),
                entered_by=written.entered_by,
            )
        )
    return SettledExample(tuple(records), keys[-1], moment, refused)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else text + _NOON).replace(tzinfo=UTC)


def _entered(text: str) -> datetime | None:
    try:
        return _moment(text) if text else None
    except ValueError:
        raise FaultyExampleError(f"entered={text} is no date and time") from None


def _marked(key: RecordKey, mark: str) -> RecordKey:
    return key._replace(site=f"{mark}{key.site}", subject=f"{mark}{key.subject}" if key.subject else "")


def _keys(assembly: Assembly, records: Sequence[ExampleRecord], manner: Manner) -> list[RecordKey]:
    """The keys of the records. The checked one, which stands last, is that of the first subject."""
    taken: set[RecordKey] = set()
    keys: list[RecordKey] = []
    for record in reversed(records):
        key = next(candidate for candidate in _candidates(assembly, record, manner) if candidate not in taken)
        taken.add(key)
        keys.append(key)
    return keys[::-1]


def _candidates(assembly: Assembly, record: ExampleRecord, manner: Manner) -> Iterator[RecordKey]:
    """The key that is meant, then those of other subjects where the rule looks at several."""
    form = _form(assembly, record)
    visit = "" if form.reference else _visit(assembly, record)
    if form.reference and (record.visit or record.tag or record.anywhere):
        raise FaultyExampleError(f"rows of {form.form} belong to a site: write - in the place of the visit")
    if record.timepoint and assembly.study.protocol.timepoint(record.timepoint) is None:
        raise DoesNotApplyError(f"{PROTOCOL} has no timepoint {record.timepoint}.")
    subject = record.subject or _SUBJECT
    key = RecordKey(
        site=record.site or EXAMPLE_SITE,
        subject="" if form.reference else subject,
        visit=visit,
        visit_repeat=record.visit_repeat,
        form=form.form,
        timepoint=record.timepoint,
        repeat=record.repeat,
    )
    yield key
    if form.reference or not manner.has_others or record.subject:
        raise FaultyExampleError(f"two records are the same one, {key.form}: number them, {key.form}#2")
    number = 1
    while True:
        number += 1
        yield key._replace(subject=f"{subject}-{number}")


def _form(assembly: Assembly, record: ExampleRecord) -> Form:
    form = assembly.study.forms.get(record.form)
    if form is None:
        raise DoesNotApplyError(f"{PROTOCOL} uses no form {record.form}.")
    if record.repeat != 1 and not form.repeating:
        raise FaultyExampleError(f"{form.form} has one record at a visit, so none is {form.form}#{record.repeat}")
    return form


def _visit(assembly: Assembly, record: ExampleRecord) -> str:
    protocol = assembly.study.protocol
    if record.tag:
        tagged = [visit for visit in protocol.visits if record.tag in visit.tags]
        if len(tagged) < record.tag_number:
            number = f"{len(tagged)} visits" if tagged else "no visit"
            raise DoesNotApplyError(f"{PROTOCOL} has {number} tagged {record.tag}.")
        return tagged[record.tag_number - 1].visit
    if record.anywhere:
        return _first_visit(assembly, record.form)
    if not record.visit:
        raise FaultyExampleError(f"a record of {record.form} belongs to a visit, and - stands in its place")
    visit = protocol.visit(record.visit)
    if visit is None:
        raise DoesNotApplyError(f"{PROTOCOL} has no visit {record.visit}.")
    if record.visit_repeat != 1 and not visit.repeating:
        raise FaultyExampleError(f"visit {visit.visit} does not repeat")
    return visit.visit


def _first_visit(assembly: Assembly, form: str) -> str:
    protocol = assembly.study.protocol
    scheduled = [visit for visit in protocol.visits if visit.entries(form)]
    usable: Sequence[Visit] = scheduled or protocol.visits
    return usable[0].visit


def _values(
    assembly: Assembly, record: ExampleRecord, key: RecordKey, manner: Manner
) -> tuple[dict[str, Value], tuple[Finding, ...]]:
    """The values as entry reads them, and what it says of those that it does not take."""
    form = assembly.study.forms[key.form]
    raw: dict[str, RawValue] = {}
    for name, text in record.values.items():
        raw |= _raw_value(form, name, text, fills_unit=not manner.by_entry)
    read = normalise_submission(Submission(key, raw), form, assembly.study, assembly.types)
    return {name: value for name, value in read.values.items() if value is not None}, read.findings


def _raw_value(form: Form, name: str, text: str, *, fills_unit: bool) -> Mapping[str, RawValue]:
    item = form.item(name)
    if item is not None and item.derive is not None:
        return {name: _with_unit(RawValue(text), item)}
    try:
        raw = split_assignments([f"{name}={text}"], form)
    except UsageError as error:
        raise FaultyExampleError(f"{error.message.rstrip('.')}. {error.remedy}".rstrip(".")) from None
    if item is None or not fills_unit:
        return raw
    return {name: _with_unit(raw[name], item)}


def _with_unit(raw: RawValue, item: Item) -> RawValue:
    """The same in the standard unit when the example names none."""
    is_bare = raw.unit is None and raw.missing is None and raw.text and not raw.text.startswith(".")
    return replace(raw, unit=item.unit) if is_bare and item.accepted_units else raw
