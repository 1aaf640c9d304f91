"""What is said of cells in, one frame of findings out: sorted, each with its record, its message and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from trialkit.model.finding import Finding
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar.columns import numbers_at, texts_at
from trialkit.validate.columnar.kinds import Kind


@dataclass(frozen=True, slots=True)
class FieldFindings:
    """What the rules of the items find in the records of a form, sorted as `Finding.sort_key` sorts.

    Attributes:
        frame: a row for each finding. Columns: place (of the record in the table), where (``012-0007 V3 VS.SYSBP``),
            item, code, severity, message, remedy, and shown (the value as it was given; null for a blank).
        table: the records.
    """

    frame: pl.DataFrame
    table: RecordTable
    _kinds: tuple[Finding, ...]
    _kind: pl.Series

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Finding]:
        return (finding for _, finding in self.placed())

    def __getitem__(self, number: int) -> Finding:
        place, message = self.frame.item(number, "place"), self.frame.item(number, "message")
        return self._finding(place, self._kind[number], message)

    def placed(self, places: Collection[int] | None = None) -> Iterator[tuple[int, Finding]]:
        """Each finding with the place of its record in the table; made when it is asked for.

        Args:
            places: the records that are wanted; None for all of them.
        """
        columns = self.frame.select("place", self._kind.alias("kind"), "message")
        for place, kind, message in columns.iter_rows():
            if places is None or place in places:
                yield place, self._finding(place, kind, message)

    def _finding(self, place: int, kind: int, message: str) -> Finding:
        return self._kinds[kind].at(self.table.key(place), None, message)


def assemble(table: RecordTable, said: pl.DataFrame, kinds: Sequence[Kind]) -> FieldFindings:
    """Findings of all that is said, sorted.

    Args:
        table: the records.
        said: see `SAID`; no cell breaks a rule twice.
        kinds: the kinds of findings, by number.
    """
    order = sorted(range(len(kinds)), key=lambda number: (kinds[number].like.item, kinds[number].like.code))
    ordered = [kinds[number] for number in order]
    rank = pl.Series(order, dtype=pl.UInt32).arg_sort().cast(pl.UInt64)
    ranked = said.with_columns(kind=pl.lit(rank).gather(pl.col("kind")))
    placed = ranked.sort(pl.col("place").cast(pl.UInt64) * len(order) + pl.col("kind"))
    found = _by_key(placed.with_columns(key=_keys(table, placed.get_column("place"))))
    return FieldFindings(_completed(found, ordered), table, tuple(one.like for one in ordered), found["kind"])


def _by_key(placed: pl.DataFrame) -> pl.DataFrame:
    """Sorted by the key in words, as they are in general: a table is sorted by its keys."""
    key, place = pl.col("key"), pl.col("place")
    is_behind = (key < key.shift()) | ((key == key.shift()) & (place != place.shift()))
    if placed.select(is_behind.any()).item():
        return placed.sort("key", "kind", "place")
    return placed


def _completed(cells: pl.DataFrame, kinds: Sequence[Kind]) -> pl.DataFrame:
    """The frame that people see: what a kind of finding says is said in each of its rows."""
    like = [kind.like for kind in kinds]
    words = {
        "before": pl.Series([kind.before for kind in kinds], dtype=pl.String),
        "after": pl.Series([kind.after for kind in kinds], dtype=pl.String),
        "item": _words([found.item for found in like]),
        "code": _words([found.code for found in like]),
        "severity": _words([str(found.severity) for found in like]),
        "remedy": _words([found.remedy for found in like]),
    }
    told = {name: pl.lit(series).gather(pl.col("kind")) for name, series in words.items()}
    return cells.select(
        "place",
        pl.concat_str(pl.col("key"), pl.lit("."), told["item"].cast(pl.String)).alias("where"),
        told["item"].alias("item"),
        told["code"].alias("code"),
        told["severity"].alias("severity"),
        pl.concat_str(told["before"], pl.col("said").fill_null(""), told["after"]).alias("message"),
        told["remedy"].alias("remedy"),
        "shown",
    )


def _words(texts: Sequence[str]) -> pl.Series:
    """A few texts of which many rows have one."""
    return pl.Series(texts, dtype=pl.Enum(sorted(set(texts))))


def _keys(table: RecordTable, places: pl.Series) -> pl.Series:
    """The keys of records in the words of `RecordKey`, made of columns."""
    site, subject, visit = (texts_at(column, places) for column in (table.site, table.subject, table.visit))
    timepoint = texts_at(table.timepoint, places)
    visit_repeat, repeat = (numbers_at(column, places) for column in (table.visit_repeat, table.repeat))
    no_visit = (visit == "") & (visit_repeat == 1)
    words = [
        _where(subject == "", pl.format("site {}", site), subject),
        _where(no_visit, pl.lit(""), pl.concat_str(pl.lit(" "), visit)),
        _where(visit_repeat == 1, pl.lit(""), pl.format(".{}", visit_repeat)),
        pl.lit(f" {table.form}"),
        _where(timepoint == "", pl.lit(""), pl.format(" @{}", timepoint)),
        _where(repeat == 1, pl.lit(""), pl.format(" #{}", repeat)),
    ]
    return pl.select(pl.concat_str(words)).to_series() if len(places) else pl.Series([], dtype=pl.String)


def _where(condition: pl.Series, these: pl.Expr | pl.Series, those: pl.Expr | pl.Series) -> pl.Expr | pl.Series:
    """One or the other; where it is the same everywhere, nothing else is made."""
    if not condition.any():
        return those
    return these if condition.all() else pl.when(condition).then(these).otherwise(those)
