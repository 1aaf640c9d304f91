"""What a protocol hands to the rules: its numbers, and its named expressions (ODM MethodDef)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from trialkit.model.base import Expression, Noun

MethodName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""How rules call a method: ``first_dose``."""


class Parameter(Noun):
    """A number of the protocol that rules refer to as ``P.name``.

    Attributes:
        value: the number; a study may override it.
        unit: its unit, for people.
        label: what it means.
        source: where it comes from.
        to_confirm: what nobody has confirmed yet; settled when a study overrides the value.
    """

    value: Decimal
    unit: str = ""
    label: str = ""
    source: str = ""
    to_confirm: str = Field(default="", max_length=500)


class Method(Noun):
    """A named expression of the protocol that rules call as ``name()`` (ODM MethodDef).

    It is asked of the record on which the rule stands, and so tells the rules of the house what they can not know:
    which form holds the dose, when it started.

    Attributes:
        value: the expression; every item with its form: ``first(dtc(EXIV.EXDAT, EXIV.EXSTTIM))``.
        label: what it gives, in words.
    """

    value: Expression
    label: str = ""
