"""What the expression language knows of values: their kinds, their Python types, and functions over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum

from trialkit.model.partial import PartialDate

Typed = bool | Decimal | str | PartialDate | time | tuple[str, ...] | None
"""A value inside an expression. None is missing, and for a truth value unknown."""


class Kind(StrEnum):
    """The kinds of values. Comparing two different kinds is a definition error."""

    BOOLEAN = "truth value"
    NUMBER = "number"
    TEXT = "text"
    CODES = "several codes"
    DATE = "date"
    TIME = "time"
    ANY = "anything"


@dataclass(frozen=True, slots=True)
class Function:
    """A function that expressions may call.

    Attributes:
        name: lower case, unique in a study.
        takes: the kinds of its arguments.
        gives: the kind of its result.
        call: gets one `Typed` per argument; must be pure, quick and total. An exception becomes "not evaluated".
        takes_missing: False: a missing argument makes the result missing without a call. True: it sees None.
        repeats_last: whether the last argument may be given any number of times.
        meaning: one sentence for people.
    """

    name: str
    takes: tuple[Kind, ...]
    gives: Kind
    call: Callable[..., Typed]
    takes_missing: bool = False
    repeats_last: bool = False
    meaning: str = ""
