"""Breaches in, one frame of findings out: sorted, each with its record, its message and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from trialkit.model.finding import Finding
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar.breach import Breach
from trialkit.validate.columnar.columns import numbers_at, texts_at


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

    def placed(self) -> Iterator[tuple[int, Finding]]:
        """Each finding with the place of its record in the table; made when it is asked for."""
        columns = self.frame.select("place", self._kind.alias("kind"), "message")
        for place, kind, message in columns.iter_rows():
            yield place, self._finding(place, kind, message)

    def _finding(self, place: int, kind: int, message: str) -> Finding:
        return replace(self._kinds[kind], key=self.table.key(place), message=message)


def assemble(table: RecordTable, breaches: Sequence[Breach]) -> FieldFindings:
    """The findings of all breaches, sorted.

    Args:
        table: the records.
        breaches: in any order; no cell breaks a rule twice.
    """
    ordered = sorted((breach for breach in breaches if breach.cells.height), key=_sort_key)
    kinds = tuple(breach.like for breach in ordered)
    cells = pl.concat([_EMPTY, *(_numbered(kind, breach) for kind, breach in enumerate(ordered))], rechunk=True)
    keys = _keys(table, cells.get_column("place"))
    ranked = cells.join(keys, on="place", how="left", maintain_order="left")
    place = ranked.get_column("rank").cast(pl.UInt64) * max(len(kinds), 1) + ranked.get_column("kind")
    sorted_cells = ranked[place.arg_sort()]
    return FieldFindings(_completed(sorted_cells, ordered), table, kinds, sorted_cells.get_column("kind"))


_EMPTY = pl.DataFrame(schema={"place": pl.UInt32, "said": pl.String, "shown": pl.String, "kind": pl.UInt32})


def _sort_key(breach: Breach) -> tuple[str, str]:
    return breach.like.item, breach.like.code


def _numbered(kind: int, breach: Breach) -> pl.DataFrame:
    return breach.cells.select("place", "said", "shown", pl.lit(kind, dtype=pl.UInt32).alias("kind"))


def _completed(cells: pl.DataFrame, breaches: Sequence[Breach]) -> pl.DataFrame:
    """The frame that people see: what a kind of finding says is said in each of its rows."""
    kind = cells.get_column("kind")
    before = pl.Series([breach.before for breach in breaches], dtype=pl.String).gather(kind)
    after = pl.Series([breach.after for breach in breaches], dtype=pl.String).gather(kind)
    item = _repeated([breach.like.item for breach in breaches], kind)
    return cells.select(
        "place",
        pl.concat_str(pl.col("key"), pl.lit("."), item.cast(pl.String)).alias("where"),
        item.alias("item"),
        _repeated([breach.like.code for breach in breaches], kind).alias("code"),
        _repeated([str(breach.like.severity) for breach in breaches], kind).alias("severity"),
        pl.concat_str(before, pl.col("said").fill_null(""), after).alias("message"),
        _repeated([breach.like.remedy for breach in breaches], kind).alias("remedy"),
        "shown",
    )


def _repeated(texts: Sequence[str], kind: pl.Series) -> pl.Series:
    """One of a few texts for each row."""
    words = pl.Enum(sorted(set(texts)))
    return pl.Series(texts, dtype=words).gather(kind)


def _keys(table: RecordTable, places: pl.Series) -> pl.DataFrame:
    """Each place once, with its record's key in words and the rank of that among the others.

    The words are those of `RecordKey`, made of columns.
    """
    found = pl.DataFrame({"place": places.unique().sort()})
    place = found.get_column("place")
    words = _key_in_words(
        table.form,
        texts_at(table.site, place),
        texts_at(table.subject, place),
        texts_at(table.visit, place),
        numbers_at(table.visit_repeat, place),
        texts_at(table.timepoint, place),
        numbers_at(table.repeat, place),
    )
    named = found.with_columns(words.alias("key"))
    if named.get_column("key").is_sorted():  # as a rule they are, since the table is
        return named.with_columns(pl.col("place").alias("rank"))
    return named.sort("key", maintain_order=True).with_row_index("rank")


def _key_in_words(
    form: str,
    site: pl.Series,
    subject: pl.Series,
    visit: pl.Series,
    visit_repeat: pl.Series,
    timepoint: pl.Series,
    repeat: pl.Series,
) -> pl.Expr:
    no_visit = (visit == "") & (visit_repeat == 1)
    repeated = pl.when(visit_repeat == 1).then(pl.lit("")).otherwise(pl.format(".{}", visit_repeat))
    return pl.concat_str(
        pl.when(subject == "").then(pl.format("site {}", site)).otherwise(subject),
        pl.when(no_visit).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), visit, repeated)),
        pl.lit(f" {form}"),
        pl.when(timepoint == "").then(pl.lit("")).otherwise(pl.format(" @{}", timepoint)),
        pl.when(repeat == 1).then(pl.lit("")).otherwise(pl.format(" #{}", repeat)),
    )
