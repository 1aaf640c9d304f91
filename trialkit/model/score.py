"""Instruments and their scores: what is counted of which answers, and what becomes of missing ones."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from trialkit.model.base import Label, Noun, Oid
from trialkit.model.interval import Interval

_LONGEST_NAME = 23
"""The items that are made beside a score have its name and nine characters more."""


class Rater(StrEnum):
    """Who gives the answers: ClinRO, PRO and PerfO in the words of people."""

    CLINICIAN = "clinician"
    PATIENT = "patient"
    PERFORMANCE = "performance"


class Wording(StrEnum):
    """What a form holds of an instrument's text: the full wording, or short labels of our own."""

    FULL = "full"
    LABELS = "labels"


class Instrument(Noun):
    """What makes a form an instrument.

    Attributes:
        rater: who gives the answers.
        recall: the period that the answers speak of.
        category: --CAT, as CDISC writes it where CDISC knows the instrument.
        licence: who owns it, and what a user needs.
        wording: whether the form holds the full wording or short labels. Where it holds labels, a site works from
            its licensed copy.
        source: where items and scoring come from.
    """

    rater: Rater
    recall: str = Field(default="", max_length=100)
    category: Label
    licence: str = Field(min_length=1, max_length=500)
    wording: Wording = Wording.LABELS
    source: str = Field(default="", max_length=500)


class Method(StrEnum):
    """How a score is made of its answers."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    COUNT = "count"


class Band(Noun):
    """A named part of a score's range: ``7..19 mild``. Both ends are inside."""

    range: Interval
    label: str = Field(min_length=1, max_length=100)


class MissingLimit(Noun):
    """No score when more than `missing_allowed` of these items are missing."""

    of: tuple[Oid, ...] = Field(min_length=1)
    missing_allowed: int = Field(ge=0)


class Score(Noun):
    """One score of an instrument. It becomes a derived item behind the items of its form.

    Attributes:
        score: the name of the derived item.
        label: what people read.
        of: what is counted: items with numbers or with codes that are numbers, and scores that stand above this one.
            A score is taken as it is before rounding.
        method: sum, mean, max (the largest) or count (how many are at least `at_least`).
        points: what each code counts, where it is not its own number.
        reverse: those of `of` that are counted from the other end of `answers`.
        answers: the lowest and the highest answer; needed for reverse.
        at_least: for count.
        times: multiplies the result.
        missing_allowed: how many of `of` may be missing. The rest then stands for the whole: a sum is the mean of
            what is there times the number of all (prorated), a mean, a largest and a count are of what is there.
        never_missing: those of `of` without which there is no score.
        limit: no score when too many of a wider list are missing.
        decimals: places of the result, rounded half up at the very end.
        range: the lowest and the highest result.
        bands: what people call the parts of the range.
        source: where the rule comes from.
        to_confirm: what nobody has confirmed yet.
    """

    score: Oid
    label: Label
    of: tuple[Oid, ...] = Field(min_length=1)
    method: Method = Method.SUM
    points: dict[str, Decimal] = Field(default_factory=dict)
    reverse: tuple[Oid, ...] = ()
    answers: Interval | None = None
    at_least: Decimal | None = None
    times: Decimal = Decimal(1)
    missing_allowed: int = Field(default=0, ge=0)
    never_missing: tuple[Oid, ...] = ()
    limit: MissingLimit | None = None
    decimals: int = Field(default=0, ge=0, le=12)
    range: Interval | None = None
    bands: tuple[Band, ...] = ()
    source: str = Field(default="", max_length=500)
    to_confirm: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Score:
        if len(self.score) > _LONGEST_NAME:
            raise ValueError(f"the name of a score has at most {_LONGEST_NAME} characters")
        twice = sorted({name for name in self.of if self.of.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} stands twice in 'of'")
        for key, names in (("reverse", self.reverse), ("never_missing", self.never_missing)):
            strange = [name for name in names if name not in self.of]
            if strange:
                raise ValueError(f"{strange[0]} stands in '{key}' and not in 'of'")
        if self.reverse and (self.answers is None or self.answers.low is None or self.answers.high is None):
            raise ValueError("reverse needs the lowest and the highest of 'answers'")
        if (self.method is Method.COUNT) != (self.at_least is not None):
            raise ValueError("count and 'at_least' belong together")
        if self.missing_allowed >= len(self.of):
            raise ValueError("'missing_allowed' leaves no answer to count")
        return self

    @property
    def prorated_item(self) -> str:
        """The derived item that says whether answers were missing."""
        return f"{self.score}_PRORATED"

    @property
    def band_item(self) -> str:
        """The derived item that names the band."""
        return f"{self.score}_BAND"
