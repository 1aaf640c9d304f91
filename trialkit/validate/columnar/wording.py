"""Cells that break a rule in, what is said of them out: in the words of `explain`, without asking Cerberus again."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from trialkit.validate.columnar.kinds import Kinds, rule_kind
from trialkit.validate.columnar.rules import VERDICTS, ItemRules, Verdict

_OWN_WORDS = {Verdict.LISTED: pl.col("text"), Verdict.REASONS: pl.col("missing")}
"""Rules of which Cerberus tells what the cell holds."""

_NO_WORDS = (Verdict.ANSWERED, Verdict.ASKED)


def say(rules: Mapping[int, ItemRules], broken: pl.DataFrame, kinds: Kinds) -> pl.DataFrame:
    """What is said of cells, each of which breaks a rule for certain.

    Args:
        rules: what the items ask for, by their numbers.
        broken: with the columns item, place, text, missing, unit and verdict.
        kinds: the kinds of findings; those that are found are added.

    Returns:
        See `SAID`.
    """
    rows = []
    for number, given in broken.select("item", "verdict").unique(maintain_order=True).iter_rows():
        rule, found = Verdict(given), rules[number]
        kind = rule_kind(rule, found.item, None if rule in _OWN_WORDS else found.told(rule))
        rows.append((number, given, kinds.number(kind)))
    named = pl.DataFrame(rows, schema={"item": pl.UInt32, "verdict": VERDICTS, "kind": pl.UInt32}, orient="row")
    said: pl.Expr = pl.when(~pl.col("verdict").is_in(_NO_WORDS)).then(pl.col("shown"))
    for rule, words in _OWN_WORDS.items():
        said = pl.when(pl.col("verdict") == rule).then(words).otherwise(said)
    shown = broken.with_columns(shown=_given_value())
    return shown.join(named, on=["item", "verdict"], how="left").select("place", "kind", said.alias("said"), "shown")


def _given_value() -> pl.Expr:
    """The value as it was given: ``80 kg``, ``.ND``; null for a blank."""
    parts = [pl.when(pl.col(part) != "").then(pl.col(part)) for part in ("text", "unit")]
    text = pl.concat_str(*parts, separator=" ", ignore_nulls=True)
    missing, is_given = pl.col("missing"), pl.col("text").is_not_null()
    return pl.when(missing.is_not_null()).then(pl.format(".{}", missing)).when(is_given).then(text)
