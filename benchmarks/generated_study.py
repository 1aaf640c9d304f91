"""A study made of random numbers from a seed: every scheduled record of some subjects, with a share of bad cells.

Values are plausible one by one and not together, so rules over several items fire more often than in a real study.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from trialkit import Engine, Form, Item, Site, StudyDefinition, Value, Visit
from trialkit.engine import create_study
from trialkit.engine.proposal import read_record
from trialkit.engine.writing import write_to
from trialkit.model.interval import Interval
from trialkit.model.item import MissingReason
from trialkit.model.record import ItemChange, RecordChange, RecordKey, Subject
from trialkit.store import Stamp

MOMENT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SITES = tuple(f"{number:02}" for number in range(1, 21))
BAD = 0.02
"""The share of values that are outside of their range, not in their list, or missing with a reason."""

POOL = 60
"""How many sets of answers there are for each form."""

_DATED = ("date", "partial-date", "datetime", "time")

LOG_ROWS = 3
"""How many rows a subject has on each log form."""


def make_study(folder: Path, protocol: str, subjects: int, seed: int) -> Engine:
    """Make a study with data, and leave it open.

    Args:
        folder: a folder that is not there yet.
        protocol: ``iv``, ``nasal`` or ``oral``.
        subjects: how many.
        seed: the same seed makes the same study.
    """
    definition = StudyDefinition(
        study="BENCH", title="Generated", protocol=protocol, sites=tuple(Site(site=site) for site in SITES)
    )
    engine = create_study(folder, definition, "bench", lambda: MOMENT)
    make = _Maker(engine, random.Random(seed))
    for first in range(0, subjects, 100):
        with write_to(engine.assembly, engine.store, Stamp("bench", MOMENT, "UTC")) as transaction:
            if first == 0:
                transaction.save_records(make.reference_rows(), None)
            for number in range(first, min(first + 100, subjects)):
                subject = make.subject(number)
                transaction.add_subject(subject)
                transaction.save_records(make.records(subject), None)
    return engine


class _Maker:
    """Draws records from pools: for each form some sets of answers that honour its skip logic, dated when drawn."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        self._assembly = engine.assembly
        self._study = engine.assembly.study
        self._chance = chance
        self._visits = [visit for visit in self._study.protocol.visits if not visit.repeating]
        self._pools: dict[str, list[dict[str, Value]]] = {}

    def subject(self, number: int) -> Subject:
        """The subject of a number."""
        site = SITES[number % len(SITES)]
        return Subject(f"{site}-{number:04}", site, f"{number:04}")

    def reference_rows(self) -> Iterator[RecordChange]:
        """Five rows for each site on each reference form."""
        for name, form in self._study.forms.items():
            for site in SITES if form.reference else ():
                for row in range(1, 6):
                    yield self._change(RecordKey(site, "", "", 1, name, "", row), form, date(2025, 1, 1))

    def records(self, subject: Subject) -> Iterator[RecordChange]:
        """The scheduled records of a subject up to the visit where he or she leaves, and some rows of log forms."""
        start = date(2025, 1, 1) + timedelta(days=self._chance.randrange(250))
        visits = self._visits[: self._chance.randint(2, len(self._visits))]
        for visit in visits:
            day = start + timedelta(days=_day(visit))
            for form, timepoint in dict.fromkeys(
                (entry.form, place) for entry in visit.forms for place in entry.places
            ):
                repeats = self._study.forms[form].repeating
                for row in range(1, self._chance.randint(1, 3) + 1 if repeats else 2):
                    key = RecordKey(subject.site, subject.subject, visit.visit, 1, form, timepoint, row)
                    yield self._change(key, self._study.forms[form], day)
        scheduled = {(visit.visit, entry.form) for visit in visits for entry in visit.forms}
        for name in self._study.protocol.log_forms:
            free = [visit for visit in visits if (visit.visit, name) not in scheduled]
            if free and not self._study.forms[name].reference:
                visit = self._chance.choice(free)
                for row in range(1, LOG_ROWS + 1):
                    key = RecordKey(subject.site, subject.subject, visit.visit, 1, name, "", row)
                    yield self._change(key, self._study.forms[name], start + timedelta(days=_day(visit)))

    def _change(self, key: RecordKey, form: Form, day: date) -> RecordChange:
        values = dict(self._chance.choice(self._pool(form)))
        for name, value in values.items():
            item = form.item(name)
            if item is not None and item.type in _DATED:
                values[name] = Value(text=self._moment(item.type, day, is_bad=self._chance.random() < BAD))
            elif item is not None and self._chance.random() < BAD and value.text is not None:
                values[name] = self._bad(item)
        changes = tuple(ItemChange(item, None, value) for item, value in values.items())
        return RecordChange(key, 0, form.version, changes, values)

    def _pool(self, form: Form) -> list[dict[str, Value]]:
        if form.form not in self._pools:
            self._pools[form.form] = [self._answers(form) for _ in range(POOL)]
        return self._pools[form.form]

    def _answers(self, form: Form) -> dict[str, Value]:
        """A set of answers; an item is answered when its condition is true of those before it."""
        asked = self._assembly.plans[form.form].checks.asked
        values: dict[str, Value] = {}
        key = RecordKey(SITES[0], "X", self._chance.choice(self._visits).visit, 1, form.form)
        for item in form.items:
            condition = asked.get(item.item)
            if condition is not None:
                row = read_record(self._assembly, key, values, MOMENT.date())
                if condition.evaluate(row) is not True:
                    continue
            if item.type in _DATED:
                values[item.item] = Value(text=self._moment(item.type, MOMENT.date(), is_bad=False))
            else:
                unit = item.unit if item.type in ("integer", "decimal") else None
                values[item.item] = Value(text=self._text(item), unit=unit)
        return values

    def _bad(self, item: Item) -> Value:
        """A value that its item does not take, or a missing reason."""
        if self._chance.random() < 0.5 and item.missing != ():
            return Value(missing=MissingReason.NOT_DONE)
        if item.codelist is not None:
            return Value(text="XX")
        if item.type in ("integer", "decimal"):
            return Value(text=str(int(_ends(item.hard or item.soft)[1]) + 1), unit=item.unit)
        return Value(text="?")

    def _text(self, item: Item) -> str:
        if item.codelist is not None:
            return self._chance.choice(self._study.codelists[item.codelist].codes)
        if item.type not in ("integer", "decimal"):
            return f"Text {self._chance.randrange(500)}"
        low, high = _ends(item.soft or item.hard)
        if item.type == "integer":
            return str(self._chance.randint(int(low), int(high)))
        return f"{Decimal(str(self._chance.uniform(low, high))):.1f}"

    def _moment(self, kind: str, day: date, *, is_bad: bool) -> str:
        chance = self._chance
        moment = (day + timedelta(days=400 if is_bad else chance.choice((0, 0, 0, -1, 1)))).isoformat()
        clock = f"{chance.randrange(8, 18):02}:{chance.randrange(60):02}"
        if kind == "partial-date":
            return moment[: chance.choice((10, 10, 10, 7, 4))]
        return {"date": moment, "datetime": f"{moment}T{clock}", "time": clock}[kind]


def _ends(interval: Interval | None) -> tuple[float, float]:
    if interval is None:
        return 0, 100
    low = float(interval.low) if interval.low is not None else 0.0
    return low, float(interval.high) if interval.high is not None else low + 100


def _day(visit: Visit) -> int:
    """Days after day 1 at which a visit is planned."""
    if visit.day is not None:
        return visit.day - (visit.day > 0)
    return -14 if visit.days is not None else 200
