"""From records of one frame to records of another: which one goes with which, and its values."""

from __future__ import annotations

from typing import TypeVar

import polars as pl

from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.value import NotColumnar, Value, moved, parts, sometimes

_V = TypeVar("_V", bound=Value)

_LARGEST_KEY = 2**62


class Ranked:
    """Records in groups, each at a place of its group; tells how many of a group stand before a place.

    Args:
        groups: the number of each record's group, not null.
        places: the place of each record in its group; several may have the same.

    Attributes:
        sorting: the places of the records among those given, by group and place.
    """

    def __init__(self, groups: pl.Series, places: pl.Series) -> None:
        self._low = _whole(places.min())
        self._step = _whole(places.max()) - self._low + 2
        if (_whole(groups.max()) + 1) * self._step >= _LARGEST_KEY:
            raise NotColumnar("a form with so many records")
        keys = pl.DataFrame({"key": self._keys(groups, places)}).with_row_index("place").sort("key", "place")
        self.sorting, self._sorted = keys["place"], keys["key"]

    def _keys(self, groups: pl.Series, places: pl.Series) -> pl.Series:
        """Numbers that sort by group and place. A place behind all others of the group has a number of its own."""
        within = (places.cast(pl.Int64) - self._low).clip(0, self._step - 1)
        return groups.cast(pl.Int64) * self._step + within

    def spans(self, groups: pl.Series, places: pl.Series, *, inclusive: bool = False) -> pl.DataFrame:
        """Where in `sorting` the records of a group begin, and where those before a place end.

        Args:
            groups: one group for each answer; null for none, which has no records.
            places: the place up to which records count.
            inclusive: whether those at the place count, too.
        """
        known = groups.cast(pl.Int64).fill_null(-1)
        ends = self._keys(known, places + 1 if inclusive else places)
        starts = known * self._step
        return pl.DataFrame(
            {
                "start": self._sorted.search_sorted(starts, side="left"),
                "end": self._sorted.search_sorted(ends, side="left"),
            }
        )


def _whole(number: object) -> int:
    return number if isinstance(number, int) else 0


def grouped(keys: pl.DataFrame, others: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Numbers for the distinct keys of some records, and the same numbers for others with equal keys.

    Args:
        keys: columns whose rows have no nulls.
        others: columns of the same names.

    Returns:
        The number of each row of `keys`; that of each row of `others`, null where no row of `keys` is equal.
    """
    numbers = keys.unique().with_row_index("group")
    first, second = (
        rows.join(numbers, on=keys.columns, how="left", maintain_order="left")["group"] for rows in (keys, others)
    )
    return first, second


def taken(value: _V, source: Frame, target: Frame, places: pl.Series) -> _V:
    """A value of the records of one frame, as that of the records of another that go with them.

    Args:
        value: the value in the source.
        source: the records it is taken from.
        target: the records that get it.
        places: for each record of the target the place of its record in the source; null for none.
    """
    ready = source.computed(sometimes(value))
    columns = {name: source.data[part.meta.output_name()][places] for name, part in parts(ready).items()}
    return moved(target.add(ready, columns), lambda part: part)
