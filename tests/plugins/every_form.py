"""One plausible record for each form of a study, made from its definitions: what a careful site could have entered.

The maker goes through the items of a form in their order, as a person does. It asks the form's own skip logic whether
an item applies, takes a value of its type, code list, unit and ranges, and leaves it when a check that can be judged
by now would fire. It fills every item that applies, also optional ones, and never gives a missing reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from trialkit.derive import derive_items
from trialkit.engine.assembly import Assembly, FormPlan
from trialkit.engine.proposal import read_record
from trialkit.language import Compiled, Row
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.record import RecordKey, Value
from trialkit.model.study import Study

DAY_ONE = date(2024, 5, 6)
"""The day of the first dose. It lies so far back that no planned visit is in the future."""

_TIME_ZERO = time(10, 0)
_TODAY = date(2026, 1, 1)
_SHORT = 40
_PEOPLE = ("Who ", "Which investigator", "Which professional")

TOLD: dict[str, str] = {
    # Numbers that belong together: 82.4 kg at 0.5 mg/kg are 41 mg, 0.82 mL of 50 mg/mL in 100 mL over 40 minutes.
    "EXIV.WTUSED": "82.4",
    "EXIV.DOSELVL": "0.5",
    "EXIV.EXDOSE": "41",
    "EXIV.CONC": "50",
    "EXIV.VOLDRUG": "0.82",
    "EXIV.VOLTOT": "100",
    "EXIV.EXRATE": "150",
    "EXIV.EXENTIM": "10:45",
    "EXIV.EXINTMIN": "5",
    "EXIV.EXVOLINF": "100",
    # Two devices of 28 mg, six minutes apart, and two hours under observation.
    "EXNS.EXDOSE": "56",
    "EXNS.NDEV": "2",
    "EXNS.EXENTIM": "10:06",
    "EXNS.TXENDTIM": "12:10",
    "DC.DCSTAT": "DESTROYED",
    # Three tablets of 60 mg in the clinic; of 24 tablets three were taken.
    "EXPO.EXLOC": "CLINIC",
    "EXPO.EXDOSFRM": "TABLET, EXTENDED RELEASE",
    "EXPO.STREN": "60",
    "EXPO.NUNITS": "3",
    "EXPO.EXDOSE": "180",
    "EXPO.DOSEMGKG": "2.18",
    "DA.DASTREN": "60",
    "DA.DISPAMT": "24",
    "DA.RETAMT": "20",
    "DA.LOSTAMT": "1",
    # An event that is serious and has ended: every question about it is asked, and death is not the answer.
    "AE.AETERM": "Nausea",
    "AE.AEONGO": "N",
    "AE.AESDTH": "N",
    "AE.AEOUT": "RECOVERED/RESOLVED",
    # A result above its limit; a criterion that is not met, which alone is submitted; a deviation that is reported.
    "LB.LBTESTCD": "ALT",
    "LB.LBORRES": "62",
    "LB.LBORRESU": "U/L",
    "LB.LBORNRLO": "5",
    "LB.LBORNRHI": "50",
    "IE.IEYN": "N",
    "IE.IETESTCD": "I01",
    "DV.DVIMP": "MAJOR",
    "EG.EGINTP": "ABNORMAL",
    "IC.ICMODE": "REMOTE AUDIO VIDEO",
    "PG.PGRES": "NEGATIVE",
    "DS.DSEPOCH": "FOLLOW-UP",
    # Who takes part, and what began long before the study.
    "DM.BRTHDAT": "1984-06",
    "DM.AGE": "39",
    "DM.SEX": "F",
    "PH.PHDX": "PTSD",
    "PH.PHEPSDAT": "2023-11",
    "PH.PHTRAUMA": "2019",
    "MH.MHSTDAT": "2015",
    "MH.MHONGO": "N",
    "MH.MHENDAT": "2021-09",
    "AT.ATTRT": "Sertraline",
    "AT.ATSTDAT": "2023-11",
    "AT.ATONGO": "N",
    "AT.ATENDAT": "2024-02",
    "AT.ATDURWK": "12",
    "CM.CMTRT": "Sertraline",
    "CM.CMONGO": "N",
    "SU.SUTRT": "KETAMINE",
    # Somebody who is fit for a dose, and fit to leave after it.
    "PD.PDTIM": "09:40",
    "PD.PDFOODTM": "2024-05-06T06:30",
    "PD.PDDRNKTM": "2024-05-06T08:30",
    "PD.PDALC24": "N",
    "PD.PDCAN24": "N",
    "PDSPO2": "98",
    "PDMOAAS": "5",
    "PDCADSS": "2",
    "TM.TMELTM": "-30",
    "TM.OXYSAT": "98",
    "TM.MOAAS": "5",
    "TM.CADSS": "2",
    "TM.BPRS4": "2",
    "DRTIM": "12:00",
    "DRHYPTIM": "11:40",
    "DROUTTIM": "12:10",
    "DRSPO2": "98",
    "DRMOAAS": "5",
    "DRCADSS": "2",
    "DRAMA": "N",
    "RC.RCPHASE": "PRE-DOSE",
    # Home devices tell the time in UTC, and how far the participant's clock is from it.
    "HBDTM": "2024-05-07T07:05Z",
    "HBRCV": "2024-05-07T07:06Z",
    "DISRV": "2024-05-07T08:05Z",
    "HBTZ": "+02:00",
    "RCTZ": "+02:00",
    "DITZ": "+02:00",
    # No injury, so that the lethality that might have been is asked, too.
    "CSS0121B": "0",
    "CSS0122B": "0",
    "CSS0123B": "0",
    "CSS0222B": "0",
    # Numbers that a range allows and nobody has.
    "DURSEC": "180",
    "MOCA.TOTAL": "26",
    "CSS0113": "1",
    "CSS0116": "1",
    "CSS0118": "1",
    "CSS0213": "1",
    "CSS0216": "1",
    "CSS0218": "1",
}
"""What definitions can not say: form and item, or an item alone wherever it stands, to the value."""


class Given(NamedTuple):
    """A value as it is entered."""

    text: str
    unit: str | None = None

    def __str__(self) -> str:
        return self.text if self.unit is None else f"{self.text} {self.unit}"


class Entry(NamedTuple):
    """One record to be entered.

    Attributes:
        form: the form.
        visit: its visit; empty for a reference form.
        timepoint: its timepoint, or nothing.
        values: item to value, in the order of the form.
    """

    form: Form
    visit: str
    timepoint: str
    values: Mapping[str, Given]


def every_form(assembly: Assembly) -> Iterator[Entry]:
    """One entry for each form of a study, at the first visit and timepoint that have it."""
    for name in sorted(assembly.study.forms):
        form = assembly.study.forms[name]
        visit, timepoint = place_of(assembly.study, form)
        key = RecordKey("012", "" if form.reference else "012-0001", visit, 1, name, timepoint)
        yield Entry(form, visit, timepoint, _Maker(assembly, key).make())


def place_of(study: Study, form: Form) -> tuple[str, str]:
    """The first visit that schedules a form, and its first timepoint there; the first dose where any visit will do."""
    if form.reference:
        return "", ""
    visits = [visit for visit in study.protocol.visits if not visit.repeating]
    order = ["", *(point.timepoint for point in study.protocol.timepoints)]
    for visit in visits:
        places = [place for entry in visit.entries(form.form) for place in entry.places]
        if places:
            return visit.visit, min(places, key=order.index)
    return next(visit.visit for visit in visits if "FIRST_DOSE" in visit.tags), ""


def planned_date(protocol: Protocol, visit: Visit) -> date:
    """The day for which a visit is planned: its day, the middle of its days, or so long after the last dose."""
    if visit.days is not None:
        return _on_day(int(((visit.days.low or 0) + (visit.days.high or 0)) / 2))
    if visit.days_after_last_dose is not None:
        last = max(found.day or 1 for found in protocol.visits if "DOSING" in found.tags)
        return _on_day(last) + timedelta(days=visit.days_after_last_dose)
    return _on_day(visit.day or 1)


def _on_day(day: int) -> date:
    return DAY_ONE + timedelta(days=day - 1 if day > 0 else day)


class _Maker:
    """Makes one record."""

    def __init__(self, assembly: Assembly, key: RecordKey) -> None:
        protocol = assembly.study.protocol
        visit = protocol.visit(key.visit)
        point = protocol.timepoint(key.timepoint)
        self._assembly, self._key = assembly, key
        self._plan: FormPlan = assembly.plans[key.form]
        self._date = DAY_ONE if visit is None else planned_date(protocol, visit)
        minutes = 0 if point is None else point.minutes or 0
        self._moment = datetime.combine(self._date, _TIME_ZERO) + timedelta(minutes=minutes)
        self._rules = self._rules_by_last_item()

    def make(self) -> dict[str, Given]:
        """Item to value, in the order of the form."""
        given: dict[str, Given] = {}
        for item in self._plan.form.items:
            if item.derive is not None or not self._is_asked(item, given):
                continue
            candidates = self._candidates(item)
            quiet = (found for found in candidates if self._is_quiet(item, {**given, item.item: found}))
            given[item.item] = next(quiet, candidates[0])
        return given

    def _is_asked(self, item: Item, given: Mapping[str, Given]) -> bool:
        condition = self._plan.checks.asked.get(item.item)
        return condition is None or condition.evaluate(self._row(given)) is True

    def _is_quiet(self, item: Item, given: Mapping[str, Given]) -> bool:
        row = self._row(given)
        return not any(rule.evaluate(row) for rule in self._rules.get(item.item, ()))

    def _row(self, given: Mapping[str, Given]) -> Row:
        entered = {name: Value(text=found.text, unit=found.unit) for name, found in given.items()}
        for name in entered:
            item = self._plan.form.item(name)
            if item is not None and item.unit is not None and entered[name].unit is None:
                entered[name] = Value(text=given[name].text, unit=item.unit)

        def read(values: Mapping[str, Value]) -> Row:
            return read_record(self._assembly, self._key, values, _TODAY)

        derived, _ = derive_items(self._plan.derivations, self._key, entered, read)
        return read({**entered, **{name: value for name, value in derived.items() if value is not None}})

    def _rules_by_last_item(self) -> dict[str, list[Compiled]]:
        """Each check at the last item that has to be entered before it can be judged."""
        order = [item.item for item in self._plan.form.items if item.derive is None]
        computed = {step.item.item: step.expression for step in self._plan.derivations}
        rules: dict[str, list[Compiled]] = {}
        for check in self._plan.checks.checks:
            needed = set(check.when.items)
            while behind := needed & set(computed):
                needed -= behind
                needed |= {name for one in behind if (found := computed[one]) is not None for name in found.items}
            if needed:
                rules.setdefault(max(needed, key=order.index), []).append(check.when)
        return rules

    def _candidates(self, item: Item) -> list[Given]:
        told = TOLD.get(f"{self._key.form}.{item.item}", TOLD.get(item.item))
        if told is not None:
            return [Given(told, _unit_to_say(item))]
        match item.type:
            case "code" | "codes":
                return [Given(text) for text in self._codes(item)]
            case "integer" | "decimal":
                return [Given(text, _unit_to_say(item)) for text in _numbers(item)]
            case "date" | "partial-date":
                day = self._date + timedelta(days=365 if item.future else 0)
                return [Given(day.isoformat())]
            case "time":
                return [Given(self._moment.time().isoformat("minutes"))]
            case "datetime":
                return [Given(self._moment.isoformat("T", "minutes"))]
        return [Given(text) for text in _texts(item)]

    def _codes(self, item: Item) -> Sequence[str]:
        """Every code, "Y" first; for several codes the first two together."""
        codes = [term.code for term in self._assembly.study.codelists[item.codelist or ""].terms]
        if item.type == "codes":
            return [";".join(codes[:2])]
        return sorted(codes, key=lambda code: code != "Y")


def _unit_to_say(item: Item) -> str | None:
    """The standard unit, where an item takes several and it has to be said."""
    return item.unit if len(item.accepted_units) > 1 else None


def _numbers(item: Item) -> list[str]:
    """Numbers within both ranges, lower ones first: readings lie there, and so do small doses."""
    bounds = [interval for interval in (item.hard, item.soft) if interval is not None]
    low = max((one.low for one in bounds if one.low is not None), default=Decimal(0))
    high = min((one.high for one in bounds if one.high is not None), default=low + 10)
    step = Decimal(1).scaleb(-(item.decimals or 0))
    parts = [Decimal(part) for part in ("0.33", "0.25", "0.5", "0.1", "0.75", "0", "1")]
    numbers = [(low + (high - low) * part).quantize(step, rounding=ROUND_FLOOR) for part in parts]
    return [f"{number:f}" for number in dict.fromkeys(max(low, number) for number in numbers)]


def _texts(item: Item) -> list[str]:
    """Initials for people, a number for things that are numbered, words for all else."""
    if item.label.startswith(_PEOPLE) or item.item == "RATER":
        return ["AB", "CD"]
    if item.length <= _SHORT:
        return [f"{item.item}-1", f"{item.item}-2"]
    return [f"{item.item} as told by the participant"[: item.length]]
