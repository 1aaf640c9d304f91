"""What each code means and what to do about it, for people: a table in, entries by code out. Raises nothing of its own.

The table is ``codes.csv`` beside this file. The codes of edit checks (``VS001``) stand in form files, not here.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Code:
    """One code, explained.

    Attributes:
        title: a few words.
        meaning: what has happened, one or two sentences.
        remedy: what to do, one or two sentences.
    """

    title: str
    meaning: str
    remedy: str


@cache
def load_codes() -> Mapping[str, Code]:
    """Every code that trialkit uses, sorted by code. The table is read once, when it is first asked for."""
    table = resources.files("trialkit").joinpath("codes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(table.splitlines())
    return MappingProxyType({row["code"]: Code(row["title"], row["meaning"], row["remedy"]) for row in rows})
