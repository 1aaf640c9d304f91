"""Two sets of SDTM rows in, how many rows agree per variable out. Numbers are compared as numbers, all else as text."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from trialkit.model.outcome import SaveOutcome

Row = Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """What came of comparing ours with what was published.

    Attributes:
        ours: number of our rows.
        published: number of published rows.
        matched: rows whose key stands in both.
        equal: variable to the number of matched rows in which it agrees.
        differences: variable to the most common pairs of (ours, published) that do not agree.
    """

    ours: int
    published: int
    matched: int
    equal: Mapping[str, int]
    differences: Mapping[str, Sequence[tuple[tuple[str, str], int]]]


def open_text(path: Path) -> TextIO:
    """A CSV file opened for reading, packed or not."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", newline="", encoding="utf-8")
    return path.open(newline="", encoding="utf-8")


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file, packed or not."""
    with open_text(path) as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Pilot:
    """A pilot study that was imported and exported.

    Attributes:
        imports: what became of each file, in the order of the source.
        rows: rows of data in each file.
        domains: domain to its comparison with what was published.
        problems: what the verification of the journal found.
    """

    imports: Sequence[SaveOutcome]
    rows: Sequence[int]
    domains: dict[str, Comparison]
    problems: Sequence[str]


PilotMaker = Callable[[str, str | None], Pilot]


def compare(ours: Sequence[Row], published: Sequence[Row], key: Sequence[str]) -> Comparison:
    """Match rows by key and count agreement over the variables that both have."""
    theirs = {tuple(_normal(row[name]) for name in key): row for row in published}
    if len(theirs) != len(published):
        raise ValueError("the key does not tell the published rows apart")
    variables = [name for name in ours[0] if name in published[0]]
    equal: Counter[str] = Counter()
    differences: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in variables}
    matched = 0
    for row in ours:
        other = theirs.get(tuple(_normal(row[name]) for name in key))
        if other is None:
            continue
        matched += 1
        for name in variables:
            pair = (_normal(row[name]), _normal(other[name]))
            if pair[0] == pair[1]:
                equal[name] += 1
            else:
                differences[name][pair] += 1
    return Comparison(
        len(ours),
        len(published),
        matched,
        {name: equal[name] for name in variables},
        {name: found.most_common(3) for name, found in differences.items() if found},
    )


def _normal(text: str) -> str:
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text
