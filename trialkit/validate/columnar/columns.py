"""The columns of an item and of the keys, as polars takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trialkit.language.columnar import text_series


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """What the records have for one item. A column in which nothing stands is None.

    Attributes:
        text: the texts.
        missing: the codes of missing reasons.
        unit: the units.
    """

    text: pl.Series | None
    missing: pl.Series | None
    unit: pl.Series | None

    @property
    def parts(self) -> dict[str, pl.Series | None]:
        """The same by name."""
        return {"text": self.text, "missing": self.missing, "unit": self.unit}


def item_columns(
    item: str,
    texts: Mapping[str, Sequence[str | None]],
    missing: Mapping[str, Sequence[str | None]],
    units: Mapping[str, Sequence[str | None]],
) -> ItemColumns:
    """The columns of an item; see `RecordTable`."""
    return ItemColumns(_filled(texts.get(item)), _filled(missing.get(item)), _filled(units.get(item)))


def truth_series(column: Sequence[bool | None] | pl.Series) -> pl.Series:
    """Three-valued answers as a series."""
    return column.rechunk() if isinstance(column, pl.Series) else pl.Series(list(column), dtype=pl.Boolean)


def _filled(column: Sequence[str | None] | None) -> pl.Series | None:
    if column is None:
        return None
    series = text_series(column)
    return None if series.null_count() == len(series) else series


def texts_at(column: Sequence[str] | pl.Series, places: pl.Series) -> pl.Series:
    """What a column of keys has at some places."""
    if isinstance(column, pl.Series):
        return column.gather(places).cast(pl.String).rechunk()
    return text_series([column[place] for place in places.to_list()])


def numbers_at(column: Sequence[int] | pl.Series, places: pl.Series) -> pl.Series:
    """What a column of numbers has at some places."""
    if isinstance(column, pl.Series):
        return column.gather(places).rechunk()
    return pl.Series([column[place] for place in places.to_list()], dtype=pl.Int64)
