"""The records of some subjects as columns in, one row after another out, each with the records that go with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from trialkit.language.row import Place, Row, clock_reading, scheduled_forms, typed_value
from trialkit.model.form import Form
from trialkit.model.kind import Typed
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.record_table import RecordTable
from trialkit.model.unit import UnitConversion

NO_REFERENCE_VISIT = -1
"""The order of the visit of a row that belongs to a site and to no visit."""


@dataclass(frozen=True)
class Setting:
    """What rules see besides the records.

    Attributes:
        forms: form identifier to form.
        protocol: the protocol as the study follows it.
        units: the conversions in force.
        typed: item type name to what makes canonical text a typed value; an unknown type stays text.
        moment: when the rules are asked, in UTC.
        local: a site and a moment in UTC to what the site's clock shows then, without a zone.
        unplanned: subject, visit and visit repeat to the order of a visit that nobody planned (see `Place`).
        subjects_with: form and item to the canonical texts that stand in the study, each with its subjects.
    """

    forms: Mapping[str, Form]
    protocol: Protocol
    units: Sequence[UnitConversion]
    typed: Mapping[str, Callable[[str], Typed]]
    moment: datetime
    local: Callable[[str, datetime], datetime]
    unplanned: Mapping[tuple[str, str, int], int]
    subjects_with: Callable[[str, str], Mapping[str, frozenset[str]]]

    def now(self, site: str) -> datetime:
        """What the clock of a site shows."""
        return self.local(site, self.moment)

    @cached_property
    def visits(self) -> Mapping[str, Visit]:
        """The visits by identifier."""
        return {visit.visit: visit for visit in self.protocol.visits}

    @cached_property
    def visit_orders(self) -> Mapping[str, int]:
        """The order of each planned visit."""
        return {visit.visit: 2 * place for place, visit in enumerate(self.protocol.visits) if not visit.repeating}

    @cached_property
    def timepoint_orders(self) -> Mapping[str, int]:
        """The order of each timepoint; that of none is -1."""
        return {"": -1, **{point.timepoint: place for place, point in enumerate(self.protocol.timepoints)}}

    @property
    def last_visit(self) -> int:
        """The order of a visit of which nobody knows when it was."""
        return 2 * len(self.protocol.visits) + 1

    def visit_order(self, subject: str, visit: str, visit_repeat: int) -> int:
        """The order of a subject's visit."""
        if not subject:
            return NO_REFERENCE_VISIT
        planned = self.visit_orders.get(visit)
        return self.unplanned.get((subject, visit, visit_repeat), self.last_visit) if planned is None else planned

    def timepoint_order(self, timepoint: str) -> int:
        """The order of a timepoint; one that the protocol does not know stands behind the others."""
        return self.timepoint_orders.get(timepoint, len(self.timepoint_orders))


class Books:
    """The records of some subjects, and the rows of reference forms of their sites.

    Args:
        tables: form identifier to its records; a form without records may be absent.
        setting: what rules see besides.
    """

    def __init__(self, tables: Mapping[str, RecordTable], setting: Setting) -> None:
        self.tables = tables
        self.setting = setting
        self._rows: dict[tuple[str, str, str], tuple[Row, ...]] = {}
        self._places: dict[str, dict[tuple[str, str], list[int]]] = {}
        self._made: dict[tuple[str, int], Row] = {}
        self._books: dict[tuple[str, str], _SubjectBook] = {}

    def row(self, form: str, place: int) -> Row:
        """The record at a place of its form's table, with the records that go with it."""
        made = self._made.get((form, place))
        if made is None:
            made = self._made[form, place] = self._make(self.tables[form], self.setting.forms[form], place)
        return made

    def rows(self, site: str, subject: str, form: str) -> tuple[Row, ...]:
        """The records of a form of a subject (of a site, when the subject is empty), in the order of their places."""
        owner = form, site, subject
        if owner not in self._rows:
            made = [self.row(form, place) for place in self._of(form).get((site, subject), ())]
            self._rows[owner] = tuple(sorted(made, key=lambda row: row.place))
        return self._rows[owner]

    def _of(self, form: str) -> dict[tuple[str, str], list[int]]:
        """The places in a form's table by site and subject."""
        if form not in self._places:
            found: dict[tuple[str, str], list[int]] = {}
            table = self.tables.get(form)
            if table is not None and form in self.setting.forms:
                for place, owner in enumerate(zip(table.site, table.subject, strict=True)):
                    found.setdefault(owner, []).append(place)
            self._places[form] = found
        return self._places[form]

    def _make(self, table: RecordTable, form: Form, place: int) -> Row:
        setting = self.setting
        site, subject, visit = table.site[place], table.subject[place], table.visit[place]
        timepoint, planned = table.timepoint[place], setting.visits.get(visit)
        now, entered = setting.now(site), table.entered_at[place]
        given = {item.item: _text_at(table.texts, item.item, place) for item in form.items}
        units = {name: _text_at(table.units, name, place) for name, text in given.items() if text is not None}
        reasons = {name: _text_at(table.missing, name, place) for name in table.missing}
        return Row(
            values={
                item.item: typed_value(item, text, units[item.item], setting.units, setting.typed)
                for item in form.items
                if (text := given[item.item]) is not None
            },
            reasons={name: reason for name, reason in reasons.items() if reason is not None},
            units={name: unit for name, unit in units.items() if unit is not None},
            visit=visit,
            tags=frozenset() if planned is None else frozenset(planned.tags),
            timepoint=timepoint,
            today=now.date(),
            repeat=table.repeat[place],
            scheduled=scheduled_forms(planned, timepoint),
            form=form.form,
            place=Place(
                setting.visit_order(subject, visit, table.visit_repeat[place]),
                table.visit_repeat[place],
                setting.timepoint_order(timepoint),
                table.repeat[place],
            ),
            planned=planned,
            point=setting.protocol.timepoint(timepoint) if timepoint else None,
            now=clock_reading(now),
            entered=None if entered is None else clock_reading(setting.local(site, entered)),
            entered_by=table.entered_by[place],
            book=self._book(site, subject),
        )

    def _book(self, site: str, subject: str) -> _SubjectBook:
        if (site, subject) not in self._books:
            self._books[site, subject] = _SubjectBook(self, site, subject)
        return self._books[site, subject]


class _SubjectBook:
    """The records that go with those of one subject."""

    def __init__(self, books: Books, site: str, subject: str) -> None:
        self._books = books
        self._site = site
        self._subject = subject

    @property
    def log_forms(self) -> Collection[str]:
        """See `Book`."""
        return self._books.setting.protocol.log_forms

    def rows(self, form: str) -> Sequence[Row]:
        """See `Book`."""
        defined = self._books.setting.forms.get(form)
        if defined is None:
            return ()
        return self._books.rows(self._site, "" if defined.reference else self._subject, form)

    def subjects_with(self, form: str, item: str, text: str) -> int:
        """See `Book`."""
        found = self._books.setting.subjects_with(form, item).get(text, frozenset())
        return len(found | {self._subject})


def _text_at(columns: Mapping[str, Sequence[str | None]], item: str, place: int) -> str | None:
    column = columns.get(item)
    return None if column is None else column[place]
