"""Closed intervals of decimals, written `60..260`, `..260` or `60..`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from pydantic import model_serializer, model_validator

from trialkit.model.base import Noun

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_INTERVAL = re.compile(rf"^\s*({_NUMBER})?\s*\.\.\s*({_NUMBER})?\s*$")


class Interval(Noun):
    """A closed interval; a missing end is open to infinity, at least one end is given.

    Attributes:
        low: smallest number inside, or None.
        high: largest number inside, or None.
    """

    low: Decimal | None = None
    high: Decimal | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_text(cls, given: Any) -> Any:  # Any: pydantic hands in whatever was given
        if not isinstance(given, str):
            return given
        match = _INTERVAL.match(given)
        if match is None or (match.group(1) is None and match.group(2) is None):
            raise ValueError("an interval is written 60..260, ..260 or 60..")
        return {"low": match.group(1), "high": match.group(2)}

    @model_validator(mode="after")
    def _ends_in_order(self) -> Interval:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("the low end of an interval is above its high end")
        return self

    @model_serializer
    def _write_text(self) -> str:
        return str(self)

    def __contains__(self, number: Decimal | int) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"

    def in_words(self) -> str:
        """The interval for a message: `60 to 260`, `at most 260`, `at least 60`."""
        if self.low is None:
            return f"at most {self.high}"
        if self.high is None:
            return f"at least {self.low}"
        return f"{self.low} to {self.high}"
