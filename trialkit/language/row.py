"""A record and its form in, what an expression is evaluated on out: typed values and where the record stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from typing import Protocol as Shape

from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol, Timepoint, Visit
from trialkit.model.record import RecordKey, Value
from trialkit.model.unit import UnitConversion, to_standard_unit


class Place(NamedTuple):
    """Where a record stands among the records of its subject; sorts them.

    Attributes:
        visit: order of the visit: twice its place in the protocol; odd for a visit that nobody planned, which stands
            behind the planned one before it; -1 for rows of a reference form.
        visit_repeat: which repeat of the visit.
        timepoint: place of the timepoint in the protocol; -1 for none, and behind all others when it is unknown.
        repeat: the number of the record among its repeats.
    """

    visit: int = 0
    visit_repeat: int = 1
    timepoint: int = -1
    repeat: int = 1


class Book(Shape):
    """The records that go with a record: those of its subject, and those of its site."""

    @property
    def log_forms(self) -> Collection[str]:
        """The forms that are filled in as often as there is something to say, which nobody can expect."""

    def rows(self, form: str, /) -> Sequence[Row]:
        """The subject's records of a form (the site's rows of a reference form), in the order of their places."""

    def subjects_with(self, form: str, item: str, text: str, /) -> int:
        """In how many subjects of the study a record of the form has this text for the item, this subject included."""


@dataclass(frozen=True, slots=True)
class NoBook:
    """A record that is looked at alone.

    Attributes:
        log_forms: see `Book`.
    """

    log_forms: Collection[str] = ()

    def rows(self, _form: str, /) -> Sequence[Row]:
        """Nothing."""
        return ()

    def subjects_with(self, _form: str, _item: str, _text: str, /) -> int:
        """This subject alone."""
        return 1


NO_BOOK = NoBook()
_NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Row:
    """One record as expressions see it.

    Attributes:
        values: item to typed value, numbers in the item's standard unit; absent or None is missing.
        reasons: item to the code of its missing reason, for items that are missing with one.
        units: item to the unit its number was given in.
        visit: the record's visit.
        tags: the tags of that visit.
        timepoint: the record's timepoint; empty when it has none.
        today: the date on which the expression is evaluated.
        repeat: the number of the record among its repeats.
        scheduled: the forms that the protocol schedules at the record's visit; at its timepoint, when it has one.
        form: the record's form.
        place: where the record stands among those of its subject.
        planned: the visit as the protocol plans it; None when it does not know it.
        point: the timepoint as the protocol plans it; None when it has none.
        now: the moment of evaluation on the site's clock, without a zone.
        entered: when the record was first entered, on the site's clock; None when that is not known.
        entered_by: who entered it first; empty when that is not known.
        book: the records that go with it.
    """

    values: Mapping[str, Typed]
    reasons: Mapping[str, str]
    units: Mapping[str, str]
    visit: str
    tags: frozenset[str]
    timepoint: str
    today: date
    repeat: int = 1
    scheduled: frozenset[str] = frozenset()
    form: str = ""
    place: Place = _NOWHERE
    planned: Visit | None = None
    point: Timepoint | None = None
    now: PartialDate | None = None
    entered: PartialDate | None = None
    entered_by: str = ""
    book: Book = NO_BOOK


def clock_reading(moment: datetime) -> PartialDate:
    """A moment on somebody's clock as expressions see it: to the minute, without a zone."""
    return PartialDate((moment.year, moment.month, moment.day, moment.hour, moment.minute))


def record_row(
    key: RecordKey,
    values: Mapping[str, Value],
    form: Form,
    protocol: Protocol,
    units: Sequence[UnitConversion],
    typed: Mapping[str, Callable[[str], Typed]],
    today: date,
) -> Row:
    """A record as expressions see it that read no other record.

    Args:
        key: the record's key.
        values: item to value, as stored.
        form: the record's form.
        protocol: the protocol, for the tags and the forms of the visit.
        units: the conversions in force.
        typed: item type name to what makes canonical text a typed value; an unknown type stays text.
        today: the date on which expressions are evaluated.

    Returns:
        The row. A number whose unit can not be converted to the standard unit is missing in it.
    """
    visit = protocol.visit(key.visit)
    given = {name: value for name, value in values.items() if value.text is not None}
    return Row(
        values={
            item.item: typed_value(item, value.text or "", value.unit, units, typed)
            for item in form.items
            if (value := given.get(item.item)) is not None
        },
        reasons={name: str(value.missing) for name, value in values.items() if value.missing is not None},
        units={name: value.unit for name, value in given.items() if value.unit is not None},
        visit=key.visit,
        tags=frozenset(visit.tags) if visit is not None else frozenset(),
        timepoint=key.timepoint,
        today=today,
        repeat=key.repeat,
        scheduled=scheduled_forms(visit, key.timepoint),
        form=key.form,
        planned=visit,
        point=protocol.timepoint(key.timepoint) if key.timepoint else None,
    )


def scheduled_forms(visit: Visit | None, timepoint: str) -> frozenset[str]:
    """The forms that the protocol schedules at a visit; at this timepoint of it, unless that is empty."""
    entries = () if visit is None else visit.forms
    return frozenset(entry.form for entry in entries if not timepoint or timepoint in entry.timepoints)


def typed_value(
    item: Item,
    text: str,
    unit: str | None,
    units: Sequence[UnitConversion],
    typed: Mapping[str, Callable[[str], Typed]],
) -> Typed:
    """The canonical text of an item as a typed value, a number in the item's standard unit.

    None for a number whose unit can not be converted.
    """
    made = typed.get(item.type, str)(text)
    return to_standard_unit(made, unit, item.unit, units) if isinstance(made, Decimal) else made
