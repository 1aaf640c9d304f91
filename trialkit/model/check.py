"""Edit checks: what must not be, said in the expression language."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from trialkit.model.base import Expression, Label, Noun, Oid


class Severity(StrEnum):
    """How bad a finding is. Hard is impossible or contradictory and not stored; soft is stored and queried."""

    HARD = "hard"
    SOFT = "soft"


class Action(StrEnum):
    """What follows from a check that fires."""

    REJECT = "reject"
    QUERY = "query"
    DEVIATION_MINOR = "deviation-minor"
    DEVIATION_MAJOR = "deviation-major"
    ALERT_AMBER = "alert-amber"
    ALERT_RED = "alert-red"
    BLOCK_DOSE = "block-dose"
    BLOCK_DISCHARGE = "block-discharge"


class Check(Noun):
    """One edit check on one record of one form.

    Attributes:
        check: identifier, unique in a study, for example ``VS001``.
        form: the form whose records it reads; filled in from the form file where the check stands in one.
        when: the check fires when this expression is true; unknown does not fire.
        severity: hard or soft.
        action: what follows; reject for hard and query for soft when left out.
        items: the items it speaks about; those the expression names when left out.
        message: what is wrong and what to do, for the site.
        source: where the rule comes from.
    """

    check: Oid
    form: Oid | None = None
    when: Expression
    severity: Severity = Severity.SOFT
    action: Action | None = None
    items: tuple[Oid, ...] = ()
    message: Label = Field(description="What is wrong and what to do, in plain words.")
    source: str = Field(default="", max_length=500)

    @property
    def effective_action(self) -> Action:
        """The stated action, or the one that the severity implies."""
        if self.action is not None:
            return self.action
        return Action.REJECT if self.severity is Severity.HARD else Action.QUERY
