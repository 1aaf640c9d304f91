"""Forms: a form is a table, a record is a row (ODM FormDef)."""

from __future__ import annotations

from pydantic import Field, model_validator

from trialkit.model.base import Label, Noun, Oid
from trialkit.model.check import Check
from trialkit.model.domain_mapping import DomainMapping
from trialkit.model.item import Item
from trialkit.model.score import Instrument, Score


class Form(Noun):
    """One case report form.

    Attributes:
        form: identifier, unique in a study.
        title: what people call it.
        version: version of the definition; every record knows the one it was captured under.
        repeating: a log form, with any number of records per visit (adverse events).
        items: at least one, in the order of entry.
        checks: edit checks that belong to the form in every protocol.
        sdtm: where its data go.
        help: plain words above the form.
        reference: its rows belong to a site and not to a subject (ODM ReferenceData), for example a register of staff.
        instrument: what makes it an instrument.
        scores: what is computed of its answers; each becomes derived items behind `items` when a study is compiled.
        source: where the form comes from.
        to_confirm: what nobody has confirmed yet.
    """

    form: Oid
    title: Label
    version: str = Field(default="1", min_length=1, max_length=20)
    repeating: bool = False
    help: str = ""
    items: tuple[Item, ...] = Field(min_length=1)
    checks: tuple[Check, ...] = ()
    sdtm: tuple[DomainMapping, ...] = ()
    reference: bool = False
    instrument: Instrument | None = None
    scores: tuple[Score, ...] = ()
    source: str = Field(default="", max_length=500)
    to_confirm: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _items_are_unique(self) -> Form:
        seen: set[str] = set()
        for item in self.items:
            if item.item in seen:
                raise ValueError(f"item {item.item} stands twice on the form")
            seen.add(item.item)
        for score in self.scores:
            if sum(other.score == score.score for other in self.scores) > 1:
                raise ValueError(f"score {score.score} stands twice on the form")
        if self.reference and not self.repeating:
            raise ValueError("a reference form is a list of rows: it repeats")
        return self

    def item(self, name: str) -> Item | None:
        """The item of this name, or None."""
        return next((item for item in self.items if item.item == name), None)

    @property
    def item_names(self) -> tuple[str, ...]:
        """Every item name, in order."""
        return tuple(item.item for item in self.items)
