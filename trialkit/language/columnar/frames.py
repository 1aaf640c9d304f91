"""All forms as frames, with numbers that mean the same in each: whose records they are, and of which visit."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from trialkit.language.books import Setting
from trialkit.language.columnar.frame import Frame
from trialkit.model.record_table import RecordTable

_KEYS = ("site", "subject", "visit", "visit_repeat", "timepoint", "repeat")
_VISIT = ["site", "subject", "visit", "visit_repeat"]
_PLACE = ("visit_order", "visit_repeat", "timepoint_order", "repeat")

MOST_VISIT_REPEATS = 2**31


class Frames:
    """The records of some subjects, and the rows of reference forms of their sites.

    Each frame has these columns beside the parts of the keys: `row` (the record's place in its table), `owner` and
    `occasion` (numbers of the subject and of the subject's visit), `site_owner` and `site_occasion` (the same for the
    site, as rows of reference forms have them), `turn` (orders visits) and `order` (orders the frame's own records).

    Args:
        tables: form identifier to its records.
        setting: what rules see besides.
    """

    def __init__(self, tables: Mapping[str, RecordTable], setting: Setting) -> None:
        self._setting = setting
        self._tables = tables
        self._frames: dict[str, Frame | None] = {}
        self._owners = pl.DataFrame(schema={"owner": pl.UInt32, "site": pl.String, "subject": pl.String})
        self._occasions = pl.DataFrame(
            schema={
                "occasion": pl.UInt32,
                "site": pl.String,
                "subject": pl.String,
                "visit": pl.String,
                "visit_repeat": pl.Int64,
                "visit_order": pl.Int64,
            }
        )

    def frame(self, form: str) -> Frame | None:
        """The records of a form; None when there are none, or the study has no such form."""
        if form not in self._frames:
            table = self._tables.get(form) if form in self._setting.forms else None
            self._frames[form] = Frame(table, self._setting, self._placed(table)) if table else None
        return self._frames[form]

    def clear(self) -> None:
        """Let go of what was worked out for single rules."""
        for frame in self._frames.values():
            if frame is not None:
                frame.clear()

    def there(self, form: str) -> pl.DataFrame:
        """Of which visits and timepoints there are records of a form: `occasion` and `timepoint`."""
        frame = self.frame(form)
        if frame is None:
            return pl.DataFrame(schema={"occasion": pl.UInt32, "timepoint": pl.String})
        return frame.data.select("occasion", "timepoint").unique()

    def _placed(self, table: RecordTable) -> pl.DataFrame:
        """The keys of a form with their numbers, by owner and in the order of the records."""
        kinds = {"visit_repeat": pl.Int64, "repeat": pl.Int64}
        keys = pl.DataFrame([pl.Series(name, getattr(table, name), dtype=kinds.get(name, pl.String)) for name in _KEYS])
        self._number(keys)
        owners, occasions = self._owners, self._occasions
        site_owners = owners.filter(subject="").select("site", site_owner="owner")
        site_occasions = occasions.filter(subject="").select("site", "visit", "visit_repeat", site_occasion="occasion")
        numbered = (
            keys.with_row_index("row")
            .join(owners, on=["site", "subject"], how="left", maintain_order="left")
            .join(occasions, on=_VISIT, how="left", maintain_order="left")
            .join(site_owners, on="site", how="left", maintain_order="left")
            .join(site_occasions, on=["site", "visit", "visit_repeat"], how="left", maintain_order="left")
            .with_columns(
                timepoint_order=self._timepoint_orders(keys["timepoint"]),
                turn=pl.col("visit_order") * MOST_VISIT_REPEATS + pl.col("visit_repeat"),
            )
        )
        placed = numbered.sort("owner", *_PLACE, "row")
        changes = pl.any_horizontal([pl.col(name) != pl.col(name).shift(1) for name in ("owner", *_PLACE)])
        return placed.with_columns(order=changes.fill_null(value=True).cast(pl.Int64).cum_sum())

    def _number(self, keys: pl.DataFrame) -> None:
        """Give numbers to subjects and visits that have none yet; each counts as one of the site, too."""
        visits = keys.select(_VISIT).unique()
        visits = pl.concat([visits, visits.with_columns(subject=pl.lit(""))]).unique()
        owners = visits.select("site", "subject").unique().join(self._owners, on=["site", "subject"], how="anti")
        self._owners = pl.concat([self._owners, owners.with_row_index("owner", offset=self._owners.height)])
        new = visits.join(self._occasions, on=_VISIT, how="anti").with_row_index("occasion", self._occasions.height)
        rows = new.select("subject", "visit", "visit_repeat").iter_rows()
        orders = [self._setting.visit_order(subject, visit, repeat) for subject, visit, repeat in rows]
        self._occasions.vstack(new.with_columns(visit_order=pl.Series(orders, dtype=pl.Int64)), in_place=True)

    def _timepoint_orders(self, timepoints: pl.Series) -> pl.Series:
        distinct = timepoints.unique()
        orders = pl.Series(list(map(self._setting.timepoint_order, distinct)), dtype=pl.Int64)
        return timepoints.replace_strict(distinct, orders, return_dtype=pl.Int64)
