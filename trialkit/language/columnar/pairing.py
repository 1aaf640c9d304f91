"""Scans whose condition or value takes both records: every pair is asked, some subjects at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import polars as pl

from trialkit.language.columnar.folding import counted, filled, of_number, summable, together
from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.truth import joined
from trialkit.language.columnar.value import (
    NotColumnar,
    Number,
    Truth,
    Value,
    either,
    is_present,
    number_of,
    parts,
    sometimes,
    truth_of,
    with_parts,
)
from trialkit.language.tree import Fold, Pick, Tree

_V = TypeVar("_V", bound=Value)

MOST_PAIRS = 2_000_000
"""How many pairs are held at a time, unless one record alone has more."""


class Pairs(Protocol):
    """Makes nodes ready that are asked of pairs of records."""

    def build(self, node: Tree, /) -> Value:
        """Make a node ready, over columns named by `ours` and `theirs`."""

    @property
    def ours(self) -> dict[str, str]:
        """The columns of the rule's records that are needed: name in the pairs to name in the frame."""

    @property
    def theirs(self) -> dict[str, str]:
        """The same of the scanned records."""


@dataclass(frozen=True, slots=True)
class Met:
    """Which scanned records meet each of the rule's.

    Attributes:
        current: the rule's records.
        scanned: the scanned records.
        places: the places of scanned records in their frame, group by group.
        groups: the number of the group of each.
        spans: for each of the rule's records the `start` and `end` of those it meets in `places`.
    """

    current: Frame
    scanned: Frame
    places: pl.Series
    groups: pl.Series
    spans: pl.DataFrame

    @property
    def most(self) -> int:
        """No record meets more."""
        return len(self.places)


def asked_pairs(node: Pick | Fold, rest: list[Tree], pairs: Pairs, met: Met) -> Value:
    """What a scan comes to whose pairs have to be asked.

    Args:
        node: the scan.
        rest: the conditions that take both records.
        pairs: makes nodes ready.
        met: who meets whom.

    Returns:
        The value over columns of the rule's records.
    """
    condition = joined("and", [truth_of(pairs.build(part)) for part in rest]) if rest else _ALWAYS
    value = None if node.value is None else pairs.build(node.value)
    if condition.fails or (value is not None and value.fails):
        raise NotColumnar("a function that may fail for pairs of records")
    if isinstance(node, Fold):
        number = None if value is None else number_of(value)
        return _folded(node.operation, number, _Asking(condition, number, pairs, met))
    assert value is not None  # noqa: S101  # a pick always has one
    return _picked(node.which, value, _Asking(condition, value, pairs, met))


_ALWAYS = Truth(holds=pl.lit(value=True))


@dataclass(frozen=True, slots=True)
class _Asking:
    """The pairs, and what they are asked."""

    condition: Truth
    value: Value | None
    pairs: Pairs
    met: Met

    def answers(self, come_to: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """What the pairs of each of the rule's records come to, in their order; null where none counts.

        Args:
            come_to: aggregations over the columns `counts` and ``value.main`` or whatever the value's parts are.
        """
        found = [
            self._asked(chunk).group_by("row").agg(**come_to, doubt=pl.col("doubt").any()) for chunk in self._chunks()
        ]
        rows = pl.DataFrame({"row": pl.int_range(self.met.current.height, eager=True, dtype=pl.UInt32)})
        if not found:
            empty = self._asked(self._ours().clear()).group_by("row").agg(**come_to, doubt=pl.col("doubt").any())
            found = [empty]
        return rows.join(pl.concat(found), on="row", how="left", maintain_order="left")

    def _ours(self) -> pl.DataFrame:
        """The rule's records that meet somebody, with the columns that are asked."""
        frame = self.met.current.data
        columns = [frame[column].alias(name) for name, column in self.pairs.ours.items()]
        return pl.DataFrame([*self.met.spans, *columns]).with_row_index("row").filter(pl.col("end") > pl.col("start"))

    def _chunks(self) -> Iterator[pl.DataFrame]:
        ours = self._ours()
        count = (pl.col("end") - pl.col("start")).cast(pl.Int64)
        marked = ours.with_columns(chunk=(count.cum_sum() - 1) // MOST_PAIRS)
        yield from marked.partition_by("chunk", maintain_order=True, include_key=False)

    def _asked(self, ours: pl.DataFrame) -> pl.DataFrame:
        """The pairs that count or are in doubt: `row`, `counts`, `doubt` and the parts of the value."""
        met = self.met
        at = ours.with_columns(at=pl.int_ranges("start", "end", dtype=pl.UInt32)).explode("at")
        places = met.places[at["at"]]
        theirs = [met.scanned.data[column][places].alias(name) for name, column in self.pairs.theirs.items()]
        counts, doubt = self._judged()
        found = {} if self.value is None else _value_parts(self.value)
        values = [part.alias(f"value.{name}") for name, part in found.items()]
        asked = pl.DataFrame([*at, *theirs]).lazy().select("row", *values, counts=counts & ~doubt, doubt=doubt)
        return asked.filter(pl.col("counts") | pl.col("doubt")).collect()

    def _judged(self) -> tuple[pl.Expr, pl.Expr]:
        counts, doubt = self.condition.holds.fill_null(value=False), self.condition.doubt
        if self.value is not None:
            if self.value.doubt is not None:
                doubt = either(doubt, counts & self.value.doubt)
            counts = counts & is_present(self.value)
        return counts, pl.lit(value=False) if doubt is None else doubt


def _folded(operation: str, value: Number | None, asking: _Asking) -> Value:
    most, frame = asking.met.most, asking.met.current
    if value is None:
        found = asking.answers({"count": pl.col("counts").sum()})
        shape, columns = counted(operation, found["count"], most)
        return added(shape, columns, found["doubt"], frame)
    number = summable(value, operation, most)
    asking = replace(asking, value=number)
    named = with_parts(number, {name: pl.col(f"value.{name}") for name in _value_parts(number)})
    found = asking.answers(together(named, operation))
    shape = of_number(number, operation, most)
    return added(shape, filled({name: found[name] for name in parts(shape)}, operation), found["doubt"], frame)


def _picked(which: str, value: Value, asking: _Asking) -> Value:
    at = pl.Expr.first if which == "first" else pl.Expr.last
    names = list(_value_parts(value))
    found = asking.answers({name: at(pl.col(f"value.{name}").filter(pl.col("counts"))) for name in names})
    shape = with_parts(replace(sometimes(value), doubt=None), {name: pl.col(name) for name in names})
    return added(shape, {name: found[name] for name in names}, found["doubt"], asking.met.current)


def _value_parts(value: Value) -> dict[str, pl.Expr]:
    return {name: part for name, part in parts(value).items() if name != "doubt"}


def added(value: _V, columns: Mapping[str, pl.Series], doubt: pl.Series, frame: Frame) -> _V:
    """A value over columns named like its attributes, taken into a frame, with the rows in doubt."""
    return replace(frame.add(value, columns), doubt=frame.doubt(doubt))
