"""A row of a domain on its way: what it holds so far, which record it came from, and what went wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from trialkit.model.dataset import Datum
from trialkit.model.record import RecordKey

__all__ = ["Draft", "Fault", "Qualifier", "merge_drafts"]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that is wrong with one field of one row: code, variable, and words that hold no subject data."""

    code: str
    variable: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A value of a row that no variable of its domain holds: QNAM, QLABEL, QVAL, QORIG, QEVAL."""

    qnam: str
    label: str
    value: str
    origin: str
    evaluator: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A row of a domain before it has its place.

    Attributes:
        key: the record it came from.
        usubjid: the subject it is about.
        logged: whether it came from a log form, which is not tied to the visit it was written at.
        values: variable to value; None or absent is nothing.
        faults: what is wrong with it.
        qualifiers: what belongs to it in the supplemental dataset.
    """

    key: RecordKey
    usubjid: str
    logged: bool
    values: Mapping[str, Datum]
    faults: tuple[Fault, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()

    def text(self, variable: str) -> str:
        """The text of a variable; empty when there is none or it is a number."""
        found = self.values.get(variable)
        return found if isinstance(found, str) else ""

    def has_mapped(self, variable: str) -> bool:
        """Whether a form maps the variable, be it to nothing."""
        return variable in self.values

    def added(self, made: Mapping[str, Datum]) -> Draft:
        """The same with those of `made` that no form maps: what was mapped wins, also where it is empty."""
        new = {name: datum for name, datum in made.items() if name not in self.values}
        return replace(self, values={**self.values, **new}) if new else self

    def filled(self, made: Mapping[str, Datum]) -> Draft:
        """The same with `made` wherever it has no value yet."""
        new = {name: datum for name, datum in made.items() if self.values.get(name) is None}
        return replace(self, values={**self.values, **new})


def merge_drafts(drafts: Iterable[Draft], same: Callable[[Draft], str]) -> list[Draft]:
    """Make one row of all that are the same thing, for example the same subject.

    The first value of a variable stands; a later one that differs is a fault (X106) of the row.
    """
    merged: dict[str, Draft] = {}
    for draft in drafts:
        name = same(draft)
        merged[name] = _merged(merged[name], draft) if name in merged else draft
    return list(merged.values())


def _merged(first: Draft, second: Draft) -> Draft:
    differing = [
        Fault("X106", name)
        for name, datum in second.values.items()
        if datum is not None and first.values.get(name) not in (None, datum)
    ]
    faults = dict.fromkeys((*first.faults, *second.faults, *differing))
    named = {qualifier.qnam: qualifier for qualifier in (*second.qualifiers, *first.qualifiers)}
    return replace(first.filled(second.values), faults=tuple(faults), qualifiers=tuple(named.values()))
