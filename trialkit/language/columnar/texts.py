"""Columns of a record table as polars takes them: lists and codes become series, series stay what they are."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialkit.model.coded_columns import CodedColumn


def text_series(column: Sequence[str | None] | pl.Series) -> pl.Series:
    """Texts as a series. A half of a character, which polars can not hold, becomes ``\\udc80`` in letters."""
    if isinstance(column, pl.Series):
        return column.cast(pl.String).rechunk()
    if isinstance(column, CodedColumn):
        return text_series(column.values).gather(pl.Series(column.view))
    texts = list(column)
    try:
        return pl.Series(texts, dtype=pl.String)
    except UnicodeEncodeError:
        whole = [None if text is None else text.encode("utf-8", "backslashreplace").decode() for text in texts]
        return pl.Series(whole, dtype=pl.String)
