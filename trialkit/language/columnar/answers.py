"""What a rule says of each record of a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from trialkit.language.rowcall import NotEvaluated


@dataclass(frozen=True, slots=True)
class Answers:
    """What a rule says of each record of a form, in the order of the form's table.

    Attributes:
        holds: true, false, or null for unknown; null too where the rule could not be evaluated.
        failures: the place of each record on which the rule could not be evaluated to what says why.
    """

    holds: pl.Series
    failures: Mapping[int, NotEvaluated] = field(default_factory=dict)

    @property
    def fired(self) -> list[int]:
        """The places of the records for which it is true, in order."""
        return self.holds.fill_null(value=False).arg_true().to_list()

    @property
    def asked(self) -> pl.Series:
        """The same as answers of skip logic: what could not be evaluated counts as asked, never as passed."""
        failed = sorted(self.failures)
        return self.holds.scatter(failed, True) if failed else self.holds  # a value, no flag

    @property
    def failed(self) -> list[tuple[int, str]]:
        """The records on which it could not be evaluated, by place in order, each with the function that failed."""
        return [(place, self.failures[place].function) for place in sorted(self.failures)]

    def values(self) -> list[bool | NotEvaluated | None]:
        """What it says of each record; None is unknown."""
        found: list[bool | NotEvaluated | None] = self.holds.to_list()
        for place, failure in self.failures.items():
            found[place] = failure
        return found
