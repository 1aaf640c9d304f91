"""Items: one question on a form, one column of its table (ODM ItemDef)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from trialkit.model.base import Expression, Label, Noun, Oid
from trialkit.model.interval import Interval


class ItemTypeName(StrEnum):
    """The item types of the house. A plugin may add others."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    CODE = "code"
    CODES = "codes"
    DATE = "date"
    PARTIAL_DATE = "partial-date"
    TIME = "time"
    DATETIME = "datetime"


class MissingReason(StrEnum):
    """Why a value is not there. A value of its own, never a magic number. Typed as ``.ND``, ``.UNK`` and so on."""

    NOT_DONE = "ND"
    UNKNOWN = "UNK"
    NOT_APPLICABLE = "NA"
    REFUSED = "REF"
    TECHNICAL = "TECH"

    @property
    def in_words(self) -> str:
        """The reason for people: ``not done``."""
        return _REASONS[self]


_REASONS = {
    MissingReason.NOT_DONE: "not done",
    MissingReason.UNKNOWN: "unknown",
    MissingReason.NOT_APPLICABLE: "not applicable",
    MissingReason.REFUSED: "refused by the subject",
    MissingReason.TECHNICAL: "technical failure",
}


class Item(Noun):
    """One item of a form.

    Attributes:
        item: identifier, unique on its form.
        label: the question as people read it.
        type: one of `ItemTypeName`, or a type that a plugin hands in.
        codelist: the code list of a ``code`` or ``codes`` item.
        length: longest text, in characters.
        decimals: most decimal places of a ``decimal`` item; more is a finding, never rounded.
        unit: the standard unit.
        units: every unit that may be given; the standard unit alone when left out.
        hard: numbers outside, in the standard unit, are impossible and not stored.
        soft: numbers outside, in the standard unit, are stored and queried.
        required: a blank opens a query.
        collect_when: asked only when this expression is true.
        missing: the missing reasons that are accepted; all of them when left out.
        derive: computed from this expression, never entered; a number is rounded half up to `decimals` (an integer to
            none). The word ``python`` says that a plugin computes it.
        future: dates later than today are expected (an expiry date); other dates in the future open a query.
        help: plain words for the person who fills it in.
        hidden_from: roles that may not see it (blinding), each a term of the code list ROLE.
        source: where the item or its rule comes from.
        to_confirm: what nobody has confirmed yet.
    """

    item: Oid
    label: Label
    type: str = Field(description="text, integer, decimal, code, codes, date, partial-date, time or datetime.")
    codelist: Oid | None = None
    length: int = Field(default=200, ge=1, le=10_000)
    decimals: int | None = Field(default=None, ge=0, le=12)
    unit: Label | None = None
    units: tuple[Label, ...] = ()
    hard: Interval | None = None
    soft: Interval | None = None
    required: bool = False
    collect_when: Expression | None = None
    missing: tuple[MissingReason, ...] = tuple(MissingReason)
    derive: Expression | None = None
    future: bool = False
    help: str = ""
    hidden_from: tuple[str, ...] = ()
    source: str = Field(default="", max_length=500)
    to_confirm: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _parts_fit_the_type(self) -> Item:
        coded = self.type in (ItemTypeName.CODE, ItemTypeName.CODES)
        if coded and self.codelist is None:
            raise ValueError(f"an item of type {self.type} needs a codelist")
        if not coded and self.codelist is not None:
            raise ValueError(f"an item of type {self.type} can not have a codelist")
        numeric = self.type in (ItemTypeName.INTEGER, ItemTypeName.DECIMAL)
        house_type = self.type in tuple(ItemTypeName)
        if house_type and not numeric and (self.hard or self.soft or self.unit or self.units):
            raise ValueError(f"an item of type {self.type} can not have a range or a unit")
        if self.decimals is not None and self.type != ItemTypeName.DECIMAL:
            raise ValueError("only a decimal item has decimals")
        if self.derive is not None and (self.required or self.collect_when):
            raise ValueError("a derived item is computed: it is neither required nor asked")
        if self.unit is not None and self.units and self.unit not in self.units:
            raise ValueError("the standard unit is missing from units")
        return self

    @property
    def accepted_units(self) -> tuple[str, ...]:
        """Every unit a value may carry; empty when the item has none."""
        if self.units:
            return self.units
        return (self.unit,) if self.unit else ()
