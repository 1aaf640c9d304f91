"""What scanned records come to: whether there are some, how many, and sums and extremes of their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from trialkit.language.columnar.number import EXACT, SLACK, bare, constant, near, whole
from trialkit.language.columnar.value import NOTHING, Number, Truth, Value
from trialkit.language.tree import Fold, Pick


def of_none(node: Pick | Fold) -> Value:
    """What no record comes to."""
    if isinstance(node, Pick):
        return NOTHING
    if node.operation == "any":
        return Truth(holds=pl.lit(value=False))
    return constant(Decimal(0)) if node.operation in ("count", "total") else NOTHING


def summable(value: Number, operation: str, most: int) -> Number:
    """A number in the shape in which so many of it can be folded."""
    if operation == "total" and value.scale is not None and value.bound * most >= EXACT:
        value = near(value)
    return bare(value)


def of_number(value: Number, operation: str, most: int) -> Number:
    """The shape of what at most so many of a number come to, over columns named like its attributes."""
    bound = value.bound * most if operation == "total" else value.bound
    error = None if value.error is None else pl.col("error")
    return Number(main=pl.col("main"), scale=value.scale, bound=bound, error=error)


def counted(operation: str, count: pl.Series, most: int) -> tuple[Value, dict[str, pl.Series]]:
    """What so many records come to: whether there are some, or their number. The count may be null for none.

    Returns:
        The value over columns named like its attributes, and those columns.
    """
    known = count.fill_null(0)
    if operation == "any":
        return Truth(holds=pl.col("holds")), {"holds": known > 0}
    return whole(pl.col("main"), float(most)), {"main": known.cast(pl.Float64)}


def running(value: Number, operation: str, over: str) -> dict[str, pl.Expr]:
    """What the records of a group come to, each with those above it.

    Args:
        value: the numbers, from `summable`.
        operation: ``total``, ``lowest`` or ``highest``.
        over: the column that tells the groups.
    """
    main, error = value.main, value.error
    if operation == "total":
        found = {"main": main.cum_sum()}
        if error is not None:
            rounding = main.abs().cum_sum() * SLACK * main.cum_count()
            found["error"] = error.cum_sum() + rounding
    else:
        found = {"main": main.cum_min() if operation == "lowest" else main.cum_max()}
        if error is not None:
            found["error"] = error.cum_max()
    return {name: part.over(over) for name, part in found.items()}


def together(value: Number, operation: str) -> dict[str, pl.Expr]:
    """What the records of a group come to, those for which the column `counts` is true."""
    counts = pl.col("counts")
    main = value.main.filter(counts)
    error = None if value.error is None else value.error.filter(counts)
    if operation == "total":
        found = {"main": main.sum()}
        if error is not None:
            found["error"] = error.sum() + main.abs().sum() * SLACK * (pl.len() + 1)
    else:
        found = {"main": main.min() if operation == "lowest" else main.max()}
        if error is not None:
            found["error"] = error.max()
    return found


def filled(columns: Mapping[str, pl.Series], operation: str) -> dict[str, pl.Series]:
    """The columns of what was folded, with 0 for the total of none."""
    return {name: column.fill_null(0.0) if operation == "total" else column for name, column in columns.items()}
