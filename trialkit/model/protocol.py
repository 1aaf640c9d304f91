"""Protocols: arms, epochs, visits with windows, timepoints within a day, parameters, variants (ODM Protocol)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from trialkit.model.base import Label, Name, Noun, Oid
from trialkit.model.interval import Interval
from trialkit.model.method import Method, MethodName, Parameter

Mode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z+-]{0,19}$")]
"""How a visit takes place: ``CLINIC``, ``VIDEO``, ``HOME+VIDEO``."""


class Arm(Noun):
    """A treatment arm: `arm` becomes ARMCD, `label` becomes ARM."""

    arm: str = Field(min_length=1, max_length=20)
    label: Label


class Timepoint(Noun):
    """A moment within a dosing day, counted from a reference (time 0 is the start of dosing).

    Attributes:
        timepoint: identifier, part of a record's key.
        label: --TPT.
        number: --TPTNUM, orders the timepoints.
        minutes: nominal minutes after the reference; negative is before. Becomes --ELTM.
        window: allowed deviation in minutes around the nominal time, for example ``-3..5``.
        reference: --TPTREF, what the minutes count from.
    """

    timepoint: str = Field(pattern=r"^[A-Z0-9][A-Z0-9_+.-]{0,15}$")
    label: Label
    number: Decimal
    minutes: int | None = None
    window: Interval | None = None
    reference: str = ""


class Condition(Noun):
    """Why a scheduled form may be left out.

    Attributes:
        label: when it is expected, in words: ``participant of childbearing potential``.
    """

    label: Label


class ScheduledForm(Noun):
    """A form that is expected at a visit.

    Attributes:
        form: the form.
        required: whether a visit without it is incomplete.
        timepoints: one record for each; empty for a form that is filled in once.
        condition: when it is expected, a name from the protocol's `conditions`; optional altogether when it is neither
            required nor has a condition.
        note: what the site should know about it at this visit.
    """

    form: Oid
    required: bool = True
    timepoints: tuple[str, ...] = ()
    condition: Oid | None = None
    note: str = Field(default="", max_length=200)

    @property
    def places(self) -> tuple[str, ...]:
        """The timepoints, or one empty text for a form that is filled in once."""
        return self.timepoints or ("",)


class Visit(Noun):
    """A planned visit (ODM StudyEvent).

    Attributes:
        visit: identifier, part of a record's key.
        label: VISIT.
        number: VISITNUM.
        day: planned study day, VISITDY; there is no day 0. None for visits without a target.
        days: the interval of study days in which it may fall, when there is no single target (``-28..-2``).
        days_after_last_dose: planned days after the last dose, for visits that wait for it.
        window: allowed deviation in days around the target, for example ``-1..2``.
        epoch: SDTM EPOCH.
        modes: how it may take place, one or several: ``CLINIC``, ``VIDEO``.
        tags: words that rules ask for, for example ``DOSING``.
        repeating: may happen any number of times (unscheduled visits).
        forms: what is collected. A form may stand several times, with other timepoints each time.
        sets: groups of scheduled forms of the protocol that are collected, too.
        note: what the site should know about the visit.
    """

    visit: Oid
    label: Label
    number: Decimal
    day: int | None = None
    days: Interval | None = None
    days_after_last_dose: int | None = None
    window: Interval | None = None
    epoch: str = ""
    modes: tuple[Mode, ...] = ()
    tags: tuple[str, ...] = ()
    repeating: bool = False
    forms: tuple[ScheduledForm, ...] = ()
    sets: tuple[Oid, ...] = ()
    note: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _day_is_sound(self) -> Visit:
        if self.day == 0:
            raise ValueError("there is no study day 0: day 1 follows day -1")
        if sum(target is not None for target in (self.day, self.days, self.days_after_last_dose)) > 1:
            raise ValueError("a visit has a day with a window, or days, or days_after_last_dose, not both")
        return self

    def window_from(self, day_one: date) -> tuple[date, date | None, date] | None:
        """First day, planned day and last day of the visit, counted from day 1; there is no day 0.

        The planned day is None for a visit with `days`. None for a visit that has neither `day` nor `days`.
        """
        if self.days is not None:
            low, high = _ends(self.days)
            return _on_day(day_one, low), None, _on_day(day_one, high)
        if self.day is None:
            return None
        target = _on_day(day_one, self.day)
        before, after = _ends(self.window) if self.window is not None else (0, 0)
        return target + timedelta(days=before), target, target + timedelta(days=after)

    def entries(self, form: str) -> tuple[ScheduledForm, ...]:
        """The entries for a form at this visit; empty when it is not scheduled."""
        return tuple(entry for entry in self.forms if entry.form == form)


def _ends(interval: Interval) -> tuple[int, int]:
    low = interval.low if interval.low is not None else interval.high or Decimal(0)
    high = interval.high if interval.high is not None else low
    return int(low), int(high)


def _on_day(day_one: date, day: int) -> date:
    return day_one + timedelta(days=day - 1 if day > 0 else day)


class Restriction(Noun):
    """A rule of safety for the schedule itself: visits with this tag take place in these modes and in no other.

    Attributes:
        tag: the tag, for example ``DOSING``.
        modes: the modes that are allowed.
        reason: why, in words for whoever tries otherwise.
        source: where the rule comes from.
    """

    tag: str
    modes: tuple[Mode, ...] = Field(min_length=1)
    reason: Label
    source: str = Field(default="", max_length=500)


class Variant(Noun):
    """A small overlay on a protocol: what is different for another population, dose form or indication.

    Attributes:
        variant: identifier, unique in the protocol; a study names it.
        title: what people call it.
        description: plain words.
        parameters: parameters with another value.
        requires: conditions that hold for everybody: forms that depend on them are required.
        without: visits that are left out.
        visits: visits that are added, or take the place of one with the same identifier.
        arms: other arms, all of them.
        to_confirm: what nobody has confirmed yet.
    """

    variant: Name
    title: Label
    description: str = ""
    parameters: dict[str, Decimal] = Field(default_factory=dict)
    requires: tuple[Oid, ...] = ()
    without: tuple[Oid, ...] = ()
    visits: tuple[Visit, ...] = ()
    arms: tuple[Arm, ...] = ()
    to_confirm: tuple[str, ...] = ()


class Protocol(Noun):
    """A protocol as a plugin hands it in.

    Attributes:
        protocol: identifier, unique among plugins.
        title: what people call it.
        version: version of the definition.
        description: plain words.
        route: route of administration, as CDISC writes it.
        arms: treatment arms.
        parameters: numbers that rules refer to.
        methods: named expressions that rules call.
        timepoints: moments within a day.
        conditions: why forms may be left out, by name.
        sets: groups of scheduled forms that visits name.
        log_forms: repeating forms that may be filled in at any visit (adverse events).
        no_prorating: instruments whose scores tolerate no missing answer in this protocol.
        restrictions: in which modes visits with a tag take place.
        visits: at least one.
        variants: overlays that a study may choose.
        source: what the protocol is modelled on.
        to_confirm: what nobody has confirmed yet.
    """

    protocol: Name
    title: Label
    version: str = Field(default="1", min_length=1, max_length=20)
    description: str = ""
    route: str = Field(default="", max_length=60)
    arms: tuple[Arm, ...] = ()
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    methods: dict[MethodName, Method] = Field(default_factory=dict)
    timepoints: tuple[Timepoint, ...] = ()
    conditions: dict[Oid, Condition] = Field(default_factory=dict)
    sets: dict[Oid, tuple[ScheduledForm, ...]] = Field(default_factory=dict)
    log_forms: tuple[Oid, ...] = ()
    no_prorating: tuple[Oid, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    visits: tuple[Visit, ...] = Field(min_length=1)
    variants: tuple[Variant, ...] = ()
    source: str = ""
    to_confirm: tuple[str, ...] = ()
    _other_visits: tuple[Visit, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _names_are_unique(self) -> Protocol:
        for kind, names in (
            ("visit", [visit.visit for visit in self.visits]),
            ("timepoint", [point.timepoint for point in self.timepoints]),
            ("arm", [arm.arm for arm in self.arms]),
            ("variant", [variant.variant for variant in self.variants]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} {twice[0]} stands twice in the protocol")
        return self

    def visit(self, name: str) -> Visit | None:
        """The visit of this identifier, or None."""
        return next((visit for visit in self.visits if visit.visit == name), None)

    @property
    def known_visits(self) -> tuple[Visit, ...]:
        """Every visit of the protocol and of all its variants: rules may speak of those a study does not follow."""
        return (*self.visits, *(visit for variant in self.variants for visit in variant.visits), *self._other_visits)

    @property
    def other_visits(self) -> tuple[Visit, ...]:
        """The visits that a resolved protocol knows from before: as they were handed in, and those of its variants."""
        return self._other_visits

    def with_other_visits(self, visits: tuple[Visit, ...]) -> Protocol:
        """The protocol, knowing these from before."""
        found = self.model_copy()
        found._other_visits = visits
        return found

    def timepoint(self, name: str) -> Timepoint | None:
        """The timepoint of this identifier, or None."""
        return next((point for point in self.timepoints if point.timepoint == name), None)

    def variant(self, name: str) -> Variant | None:
        """The variant of this identifier, or None."""
        return next((variant for variant in self.variants if variant.variant == name), None)

    def with_sets(self, visit: Visit) -> Visit:
        """The visit with the forms of its sets behind its own; a set that the protocol lacks adds nothing."""
        added = (entry for name in visit.sets for entry in self.sets.get(name, ()))
        return visit.model_copy(update={"forms": (*visit.forms, *added), "sets": ()})

    def resolved(self, variant: str | None = None, parameters: Mapping[str, Decimal] | None = None) -> Protocol:
        """The protocol as one study follows it.

        Args:
            variant: the overlay to apply; an unknown one changes nothing.
            parameters: numbers that the study overrides; with them goes what was to be confirmed about each.

        Returns:
            The protocol with the variant's visits, arms and numbers, visits in the order of their numbers where the
            variant adds some, every visit with the forms of its sets, and no variants left.
        """
        overlay = None if variant is None else self.variant(variant)
        visits = tuple(self.with_sets(visit) for visit in self.visits)
        changed: dict[str, object] = {"sets": {}, "variants": ()}
        values = dict(parameters or {})
        if overlay is not None:
            visits = _overlaid(visits, overlay, self)
            values = {**overlay.parameters, **values}
            changed |= {"arms": overlay.arms or self.arms, "to_confirm": (*self.to_confirm, *overlay.to_confirm)}
        numbers = {
            name: parameter.model_copy(update={"value": values[name], "to_confirm": ""})
            if name in values
            else parameter
            for name, parameter in self.parameters.items()
        }
        found = self.model_copy(update={**changed, "visits": visits, "parameters": numbers})
        return found.with_other_visits(self.known_visits)


def _overlaid(visits: tuple[Visit, ...], overlay: Variant, protocol: Protocol) -> tuple[Visit, ...]:
    """The visits of a protocol with those of a variant among them, by number."""
    own = {visit.visit: protocol.with_sets(visit) for visit in overlay.visits}
    kept = [visit for visit in visits if visit.visit not in own and visit.visit not in overlay.without]
    ordered = sorted((*kept, *own.values()), key=lambda visit: visit.number) if own else kept
    return tuple(visit.model_copy(update={"forms": _settled(visit.forms, overlay.requires)}) for visit in ordered)


def _settled(forms: tuple[ScheduledForm, ...], requires: tuple[str, ...]) -> tuple[ScheduledForm, ...]:
    """Scheduled forms; those whose condition holds for everybody are required."""
    return tuple(
        entry.model_copy(update={"required": True, "condition": None}) if entry.condition in requires else entry
        for entry in forms
    )
