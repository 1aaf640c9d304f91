"""Scans over columns: what the records of a form come to, for each record of the rule's form.

The scanned records are chosen once and numbered by group: those of one subject, of one visit, or with equal values.
What a record of the rule meets is then a span of its group, from which the answer is looked up. Only conditions that
take both records in another way need every pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from trialkit.language.columnar.builds import Builds
from trialkit.language.columnar.folding import counted, filled, of_none, of_number, running, summable
from trialkit.language.columnar.lookup import Ranked, grouped, taken
from trialkit.language.columnar.pairing import Met, Pairs, asked_pairs
from trialkit.language.columnar.question import Question, taken_apart
from trialkit.language.columnar.trees import Asked, asked_in
from trialkit.language.columnar.truth import joined
from trialkit.language.columnar.value import Truth, Value, either, is_present, number_of, parts, with_parts
from trialkit.language.tree import Call, Fold, Pick

MakePairs = Callable[[Builds, Builds], Pairs]
"""Who makes nodes ready that ask the rule's record, and who does for the scanned one, to who does for pairs."""

_ALWAYS = Truth(holds=pl.lit(value=True))


def scanned(node: Pick | Fold, current: Builds, make_pairs: MakePairs) -> Value:
    """The value of a scan, over columns of the rule's records.

    Args:
        node: the scan.
        current: makes nodes ready that ask the rule's record.
        make_pairs: what to ask pairs with.
    """
    theirs = current.inside(node.form)
    if theirs is None:
        return of_none(node)
    question = taken_apart(node.condition, current, theirs)
    is_own_value = node.value is not None and asked_in(node.value) in (Asked.SCANNED, Asked.NOBODY)
    value = theirs.build(node.value) if node.value is not None and is_own_value else None
    if isinstance(node, Fold) and value is not None:
        value = number_of(value)
    if question.is_before and (question.rest or (node.value is not None and not is_own_value)):
        question.rest.append(Call("before", (), 0))
        question.is_before = False
    scan = _Scan(node, question, current, theirs, value)
    met, doubt = scan.meet()
    if question.rest or (node.value is not None and not is_own_value):
        found = asked_pairs(node, question.rest, make_pairs(current, theirs), met)
    else:
        found = scan.looked_up(met)
    return replace(found, doubt=either(found.doubt, current.frame.doubt(doubt)), fails=found.fails or scan.fails)


@dataclass(slots=True)
class _Scan:
    """One scan, its condition taken apart.

    Attributes:
        node: the scan.
        question: its condition.
        current, theirs: make nodes ready that ask the rule's record and the scanned one.
        value: what is taken from the scanned record, unless that takes both; None where records are counted.
    """

    node: Pick | Fold
    question: Question
    current: Builds
    theirs: Builds
    value: Value | None

    @property
    def fails(self) -> bool:
        """Whether a function of a plugin may fail in it."""
        asked = [*self.question.of_scanned, *self.question.of_current, *([] if self.value is None else [self.value])]
        return any(value.fails for value in asked)

    def meet(self) -> tuple[Met, pl.Series]:
        """Find which scanned records meet each of the rule's, and which of the rule's are in doubt."""
        chosen, ours = self._chosen(), self._ours()
        sure, unsure = chosen.filter("counts"), chosen.filter(~pl.col("counts"))
        names = self._names()
        sure = sure.drop_nulls(names)
        if len(names) == 1:
            groups, wanted = sure[names[0]], ours[names[0]]
        else:
            groups, wanted = grouped(sure.select(names), ours.select(names))
        wanted = pl.select(pl.when(ours["applies"]).then(wanted)).to_series()
        met = Met(self.current.frame, self.theirs.frame, *self._spans(sure, ours, groups, wanted))
        return met, self._in_doubt(ours, unsure, names)

    def _names(self) -> list[str]:
        """The columns that a scanned record has in common with those of the rule that it meets."""
        return ["occasion" if self.question.is_here else "owner", *(f"key{n}" for n in range(len(self.question.keys)))]

    def _chosen(self) -> pl.DataFrame:
        """The scanned records that count as far as they alone can tell, and those in doubt."""
        condition = joined("and", self.question.of_scanned) if self.question.of_scanned else _ALWAYS
        counts, doubt = condition.holds.fill_null(value=False), condition.doubt
        if self.value is not None:
            if self.value.doubt is not None:
                doubt = either(doubt, counts & self.value.doubt)
            counts = counts & is_present(self.value)
        unsure = pl.lit(value=False) if doubt is None else doubt
        keys = {f"key{n}": theirs for n, (theirs, _) in enumerate(self.question.keys)}
        data = self.theirs.frame.data.lazy().with_row_index("place").filter(counts | unsure)
        return data.select("place", "owner", "occasion", "turn", "order", **keys, counts=counts & ~unsure).collect()

    def _ours(self) -> pl.DataFrame:
        """The rule's records: whether the scan applies to them, and whether that is in doubt."""
        owner, occasion = "owner", "occasion"
        if self.theirs.frame.form.reference:
            owner, occasion = "site_owner", "site_occasion"
        condition = joined("and", self.question.of_current) if self.question.of_current else _ALWAYS
        keys = {f"key{n}": ours for n, (_, ours) in enumerate(self.question.keys)}
        return self.current.frame.data.select(
            "turn",
            "order",
            **keys,
            owner=owner,
            occasion=occasion,
            applies=condition.holds.fill_null(value=False),
            doubt=pl.lit(value=False) if condition.doubt is None else condition.doubt,
        )

    def _spans(
        self, sure: pl.DataFrame, ours: pl.DataFrame, groups: pl.Series, wanted: pl.Series
    ) -> tuple[pl.Series, pl.Series, pl.DataFrame]:
        """Scanned records by group, their groups, and from where to where each of the rule's records meets them."""
        if sure.is_empty():
            none = pl.Series([0], dtype=pl.UInt32).new_from_index(0, len(wanted))
            return sure["place"], groups, pl.DataFrame({"start": none, "end": none})
        if self.question.is_before:
            place = "order" if self.theirs.frame is self.current.frame else "turn"
            ranked = Ranked(groups, sure[place])
            spans = ranked.spans(wanted, ours[place])
        else:
            ranked = Ranked(groups, pl.Series([0], dtype=pl.Int64).new_from_index(0, sure.height))
            spans = ranked.spans(wanted, pl.Series([1], dtype=pl.Int64).new_from_index(0, len(wanted)))
        return sure["place"][ranked.sorting], groups[ranked.sorting], spans

    def _in_doubt(self, ours: pl.DataFrame, unsure: pl.DataFrame, names: list[str]) -> pl.Series:
        """The rule's records that a scanned record in doubt could matter to.

        What may fail is asked before what tells the two apart: then every one of the subject's records is in doubt.
        """
        if unsure.is_empty():
            return ours["doubt"]
        common = ["owner"] if self.fails else names
        marked = unsure.select(common).unique().with_columns(unsure=pl.lit(value=True))
        found = ours.join(marked, on=common, how="left", maintain_order="left")
        return found.select(pl.col("doubt") | pl.col("unsure").fill_null(value=False)).to_series()

    def looked_up(self, met: Met) -> Value:
        """What the records that are met come to, without asking pairs."""
        starts, ends = met.spans["start"], met.spans["end"]
        if isinstance(self.node, Fold) and self.value is None:
            shape, columns = counted(self.node.operation, ends - starts, met.most)
            return self.current.frame.add(shape, columns)
        last = pl.select(pl.when(ends > starts).then(ends - 1)).to_series()
        if isinstance(self.node, Fold):
            return self._folded(self.node.operation, met, last)
        at = pl.select(pl.when(ends > starts).then(starts)).to_series() if self.node.which == "first" else last
        assert self.value is not None  # noqa: S101  # a pick always has one
        value = replace(self.value, doubt=None)
        return taken(value, self.theirs.frame, self.current.frame, met.places[at])

    def _folded(self, operation: str, met: Met, last: pl.Series) -> Value:
        assert self.value is not None  # noqa: S101  # the caller has asked
        number = summable(number_of(self.value), operation, met.most)
        frame = self.theirs.frame
        ready = frame.computed(replace(number, doubt=None))
        columns = {name: frame.data[part.meta.output_name()][met.places] for name, part in parts(ready).items()}
        named = with_parts(ready, {name: pl.col(name) for name in columns})
        found = pl.DataFrame({**columns, "group": met.groups}).select(**running(named, operation, "group"))
        shape = of_number(number, operation, met.most)
        return self.current.frame.add(shape, filled({name: found[name][last] for name in parts(shape)}, operation))
