"""Items of another form over columns: which of its records goes with each record."""

from __future__ import annotations

import polars as pl

from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.lookup import Ranked, grouped
from trialkit.language.columnar.value import Truth
from trialkit.language.row import Row


def companions(frame: Frame, other: Frame) -> pl.Series:
    """For each record the place of the one of another form that goes with it; null where there is none.

    See `trialkit.language.scan.companion`.
    """
    is_of_site = other.form.reference
    owner, occasion = ("site_owner", "site_occasion") if is_of_site else ("owner", "occasion")
    form = other.form.form
    scheduled = frame.by_visit(("scheduled", form), lambda row: _is_scheduled(row, form))
    assert isinstance(scheduled, Truth)  # noqa: S101  # it is true or false at every visit
    own = frame.data.select(
        scheduled.holds.alias("scheduled"),
        pl.col("timepoint"),
        pl.col("turn"),
        pl.lit("").alias("none"),
        owner=owner,
        occasion=occasion,
    )
    theirs = other.data.select("owner", "occasion", "timepoint", "turn").with_row_index("place")
    here = _last_here(own, theirs)
    before = _last_before(own, theirs)
    return pl.select(pl.when(own["scheduled"]).then(here).otherwise(before)).to_series()


def _is_scheduled(row: Row, form: str) -> bool:
    return row.planned is not None and bool(row.planned.entries(form))


def _last_here(own: pl.DataFrame, theirs: pl.DataFrame) -> pl.Series:
    """The last record of the same visit: with the same timepoint, or else with none."""
    last = theirs.group_by("occasion", "timepoint").agg(pl.col("place").max())
    same, bare = (
        own.join(
            last, left_on=["occasion", point], right_on=["occasion", "timepoint"], how="left", maintain_order="left"
        )["place"]
        for point in ("timepoint", "none")
    )
    return pl.select(pl.coalesce(same, bare)).to_series()


def _last_before(own: pl.DataFrame, theirs: pl.DataFrame) -> pl.Series:
    """The last record up to the visit, with the same timepoint or with none."""
    found = []
    for point in ("timepoint", "none"):
        groups, wanted = grouped(theirs.select("owner", "timepoint"), own.select("owner", timepoint=point))
        ranked = Ranked(groups, theirs["turn"])
        spans = ranked.spans(wanted, own["turn"], inclusive=True)
        last = spans.select(pl.when(pl.col("end") > pl.col("start")).then(pl.col("end") - 1)).to_series()
        found.append(theirs["place"][ranked.sorting[last]])
    return pl.select(pl.max_horizontal(found)).to_series()
