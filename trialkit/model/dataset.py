"""Datasets: what leaves the house, a table with labelled, typed columns in a stated order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Datum = str | Decimal | None
"""One field of a dataset row: text, number, or None for nothing."""


class VariableType(StrEnum):
    """The two types that SAS transport files know."""

    CHAR = "Char"
    NUM = "Num"


@dataclass(frozen=True, slots=True)
class Variable:
    """A column.

    Attributes:
        name: for SDTM at most 8 characters.
        label: for SDTM at most 40 characters.
        type: text or number.
        length: bytes of a text column; 8 for a number.
        origin: where it comes from: Collected, Derived, Assigned, Protocol (Define-XML origin).
    """

    name: str
    label: str
    type: VariableType
    length: int
    origin: str = "Collected"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table.

    Attributes:
        name: for SDTM the domain, upper case.
        label: what it holds.
        variables: the columns, in order.
        rows: the rows, each as long as `variables`, sorted by `keys`.
        keys: the variables that sort the rows and make each unique.
    """

    name: str
    label: str
    variables: tuple[Variable, ...]
    rows: tuple[tuple[Datum, ...], ...]
    keys: tuple[str, ...]
