"""Protocols: arms, epochs, visits with windows, timepoints within a day, parameters (ODM Protocol)."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, model_validator

from trialkit.model.base import Label, Name, Noun, Oid
from trialkit.model.interval import Interval


class Parameter(Noun):
    """A number of the protocol that rules refer to as ``P.name``.

    Attributes:
        value: the number; a study may override it.
        unit: its unit, for people.
        label: what it means.
        source: where it comes from.
    """

    value: Decimal
    unit: str = ""
    label: str = ""
    source: str = ""


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


class ScheduledForm(Noun):
    """A form that is expected at a visit.

    Attributes:
        form: the form.
        required: whether a visit without it is incomplete.
        timepoints: one record for each; empty for a form that is filled in once.
        condition: why it may be left out, in words.
    """

    form: Oid
    required: bool = True
    timepoints: tuple[str, ...] = ()
    condition: str = ""


class Visit(Noun):
    """A planned visit (ODM StudyEvent).

    Attributes:
        visit: identifier, part of a record's key.
        label: VISIT.
        number: VISITNUM.
        day: planned study day, VISITDY; there is no day 0. None for visits without a target.
        days: the interval of study days in which it may fall, when there is no single target (``-28..-2``).
        window: allowed deviation in days around `day`, for example ``-1..2``.
        epoch: SDTM EPOCH.
        mode: where it takes place, for example ``CLINIC``.
        tags: words that rules ask for, for example ``DOSING``.
        repeating: may happen any number of times (unscheduled visits).
        forms: what is collected.
    """

    visit: Oid
    label: Label
    number: Decimal
    day: int | None = None
    days: Interval | None = None
    window: Interval | None = None
    epoch: str = ""
    mode: str = ""
    tags: tuple[str, ...] = ()
    repeating: bool = False
    forms: tuple[ScheduledForm, ...] = ()

    @model_validator(mode="after")
    def _day_is_sound(self) -> Visit:
        if self.day == 0:
            raise ValueError("there is no study day 0: day 1 follows day -1")
        if self.day is not None and self.days is not None:
            raise ValueError("a visit has a day with a window, or days, not both")
        return self

    def scheduled(self, form: str) -> ScheduledForm | None:
        """The entry for a form at this visit, or None."""
        return next((entry for entry in self.forms if entry.form == form), None)


class Protocol(Noun):
    """A protocol as a plugin hands it in.

    Attributes:
        protocol: identifier, unique among plugins.
        title: what people call it.
        version: version of the definition.
        description: plain words.
        log_forms: repeating forms that may be filled in at any visit (adverse events).
        parameters: numbers that rules refer to.
    """

    protocol: Name
    title: Label
    version: str = Field(default="1", min_length=1, max_length=20)
    description: str = ""
    arms: tuple[Arm, ...] = ()
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    timepoints: tuple[Timepoint, ...] = ()
    log_forms: tuple[Oid, ...] = ()
    visits: tuple[Visit, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Protocol:
        for kind, names in (
            ("visit", [visit.visit for visit in self.visits]),
            ("timepoint", [point.timepoint for point in self.timepoints]),
            ("arm", [arm.arm for arm in self.arms]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} {twice[0]} stands twice in the protocol")
        return self

    def visit(self, name: str) -> Visit | None:
        """The visit of this identifier, or None."""
        return next((visit for visit in self.visits if visit.visit == name), None)

    def timepoint(self, name: str) -> Timepoint | None:
        """The timepoint of this identifier, or None."""
        return next((point for point in self.timepoints if point.timepoint == name), None)
