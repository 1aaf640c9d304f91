"""Edit checks: what must not be, said in the expression language."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

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


class Examples(Noun):
    """What a check does, shown on data; `trialkit rule test` runs them in both evaluators.

    Each example is a text of one or more records, ``|`` between them; the last one is the record that is checked:
    ``V0 DM SEX=M | V1 PG PGPERF=Y``. See `trialkit.model.example`.

    Attributes:
        fires: the check fires.
        quiet: it does not, and nothing that it needs is missing.
        missing: it does not, since something that it needs is missing.
    """

    fires: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Check(Noun):
    """One edit check: it stands on the records of one form and may read others.

    Attributes:
        check: identifier, unique in a study, for example ``VS001``.
        form: the form on whose records it stands; filled in from the form file where the check stands in one.
        when: the check fires when this expression is true; unknown does not fire.
        carried_out_by: the code of the house (``V103``) that already says this of the items, in the place of `when`.
        severity: hard or soft.
        action: what follows; reject for hard and query for soft when left out.
        items: the items it speaks about; those the expression names when left out.
        message: what is wrong and what to do, for the site.
        source: where the rule comes from.
        examples: what it does, shown on data.
    """

    check: Oid
    form: Oid | None = None
    when: Expression | None = None
    carried_out_by: str | None = Field(default=None, pattern=r"^[NV][0-9]{3}$")
    severity: Severity = Severity.SOFT
    action: Action | None = None
    items: tuple[Oid, ...] = ()
    message: Label = Field(description="What is wrong and what to do, in plain words.")
    source: str = Field(default="", max_length=500)
    examples: Examples = Examples()

    @model_validator(mode="after")
    def _says_one_thing(self) -> Check:
        if (self.when is None) == (self.carried_out_by is None):
            raise ValueError("a check has 'when' or 'carried_out_by', exactly one of them")
        return self

    @property
    def in_short(self) -> str:
        """The condition on one line, or the code of the house that stands for it."""
        return " ".join((self.when or f"carried out by {self.carried_out_by}").split())

    @property
    def effective_action(self) -> Action:
        """The stated action, or the one that the severity implies."""
        if self.action is not None:
            return self.action
        return Action.REJECT if self.severity is Severity.HARD else Action.QUERY
