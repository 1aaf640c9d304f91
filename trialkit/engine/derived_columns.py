"""Derived items of many new records: what a rule makes of the same values is computed once.

What comes of it is what `derive_items` gives for one record after another.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from datetime import date

from trialkit.derive import DerivationStep, derive_items
from trialkit.language import Row
from trialkit.model.coded_columns import CodedColumn, code_column, codes_of, combine, places_of, recode
from trialkit.model.new_rows import NOTHING
from trialkit.model.record import ItemChange, RecordKey, Value

Changes = MutableSequence[ItemChange | None]
"""What codes stand for; see `NewRows`."""

Read = Callable[[RecordKey, Mapping[str, Value]], Row]
"""Makes the row that rules see of a record with some values."""

_MOST_COMPUTED = 100_000
"""So many results are kept in mind; where items of free choice come together, the same seldom comes again."""

_Around = tuple[date, str, str, int]
"""What rules see besides values: the date at the site, visit, timepoint, and the number of the row."""


class DerivedColumns:
    """Computes the derived items of new rows of one form.

    Args:
        steps: the derived items, each behind those that it reads; `are_columnar`.
        changes: what codes stand for; what is computed is added.
        read: makes the row that rules see of a record with some values.
        day: the date at a site.
    """

    def __init__(
        self, steps: Sequence[DerivationStep], changes: Changes, read: Read, day: Callable[[str], date]
    ) -> None:
        self._steps, self._changes, self._read, self._day = steps, changes, read, day
        self._computed: dict[tuple[str, _Around | None, tuple[int, ...]], int | None] = {}
        self._codes: dict[tuple[str, Value], int] = {}

    @staticmethod
    def are_columnar(steps: Sequence[DerivationStep]) -> bool:
        """Whether values, date and place of a record decide: what is written in Python may look at all of it."""
        return all(step.expression is not None for step in steps)

    def add(self, columns: dict[str, array[int]], keys: Sequence[RecordKey]) -> set[int]:
        """Compute the derived items of some rows.

        Args:
            columns: item to the code of each row; the derived ones are added.
            keys: the records.

        Returns:
            The places of the rows of which something could not be computed.
        """
        failed: set[int] = set()
        if len(self._computed) > _MOST_COMPUTED:
            self._computed.clear()
        for step in self._steps:
            expression = step.expression
            if expression is None:
                raise ValueError(f"{step.item.item} is not computed by an expression")
            around = self._around(keys) if expression.looks_around else CodedColumn([None], codes_of([0] * len(keys)))
            items = [item for item in expression.items if item in columns]
            met = combine([around.codes, *(columns[item] for item in items)])
            first = {code: place for place, code in reversed(list(enumerate(met.codes)))}
            made: list[int | None] = []
            for code, (where, *given) in enumerate(met.values):
                known_by = step.item.item, around.values[where], tuple(given)
                if known_by not in self._computed:
                    values = dict(zip(items, given, strict=True))
                    self._computed[known_by] = self._compute(step, keys[first[code]], values)
                made.append(self._computed[known_by])
            failed.update(places_of([code is None for code in made], met.codes))
            columns[step.item.item] = recode([code or NOTHING for code in made], met.codes)
        return failed

    def _around(self, keys: Sequence[RecordKey]) -> CodedColumn[_Around]:
        return code_column((self._day(key.site), key.visit, key.timepoint, key.repeat) for key in keys)

    def _compute(self, step: DerivationStep, key: RecordKey, given: Mapping[str, int]) -> int | None:
        """The code of what a derived item comes to in a record with some values; None when it can not be computed."""
        changes = {item: change for item, code in given.items() if (change := self._changes[code]) is not None}
        values = {item: change.new for item, change in changes.items() if change.new is not None}
        derived, problems = derive_items((step,), key, values, lambda standing: self._read(key, standing))
        value = derived[step.item.item]
        if problems:
            return None
        return NOTHING if value is None else self._code(step.item.item, value)

    def _code(self, item: str, value: Value) -> int:
        code = self._codes.get((item, value))
        if code is None:
            code = self._codes[item, value] = len(self._changes)
            self._changes.append(ItemChange(item, None, value, derived=True))
        return code
