"""The closures of scans: what all records of a form come to, or the value in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from trialkit.language.arithmetic import total_of
from trialkit.language.row import Row
from trialkit.language.rowcall import Build, Evaluate
from trialkit.language.schedule import stands_here
from trialkit.language.tree import Companion, Fold, Pick
from trialkit.model.kind import Typed


def scan_evaluator(node: Pick | Fold, build: Build) -> Evaluate:
    """The closure of a scan.

    Args:
        node: the scan.
        build: makes a node inside it ready, for records of the scanned form.
    """
    matching = _matching(node.form, None if node.condition is None else build(node.condition))
    if isinstance(node, Pick):
        return _pick(matching, build(node.value), is_last=node.which == "last")
    if node.value is None:
        return _any(matching) if node.operation == "any" else _count(matching)
    return _fold(node.operation, matching, build(node.value))


_Matching = Callable[[Row, bool], Iterator[Row]]
"""The rule's record, and whether to begin with the last, to the records that fulfil a condition."""


def _matching(form: str, condition: Evaluate | None) -> _Matching:
    def match(current: Row, is_reversed: bool) -> Iterator[Row]:
        rows: Sequence[Row] = current.book.rows(form)
        for row in reversed(rows) if is_reversed else rows:
            if condition is None or condition(row, current) is True:
                yield row

    return match


def _pick(matching: _Matching, value: Evaluate, *, is_last: bool) -> Evaluate:
    def pick(_: Row, current: Row) -> Typed:
        found = (value(row, current) for row in matching(current, is_last))
        return next((one for one in found if one is not None), None)

    return pick


def _any(matching: _Matching) -> Evaluate:
    return lambda _, current: next(matching(current, False), None) is not None


def _count(matching: _Matching) -> Evaluate:
    return lambda _, current: Decimal(sum(1 for _ in matching(current, False)))


def _fold(operation: str, matching: _Matching, value: Evaluate) -> Evaluate:
    def fold(_: Row, current: Row) -> Typed:
        numbers = [number for row in matching(current, False) if isinstance(number := value(row, current), Decimal)]
        if operation == "total":
            return total_of(*numbers)
        return (min if operation == "lowest" else max)(numbers, default=None)

    return fold


def companion_evaluator(node: Companion) -> Evaluate:
    """The closure of an item of another form that goes with the rule's record: see `companion`."""

    def read(row: Row, _: Row) -> Typed:
        found = companion(row, node.form)
        return None if found is None else found.values.get(node.item)

    return read


def companion(row: Row, form: str) -> Row | None:
    """The record of another form that goes with a record.

    Where the protocol schedules the form at the record's visit it is the one of that visit, else the last one up to
    that visit. It has the same timepoint, or else none.
    """
    is_scheduled = row.planned is not None and bool(row.planned.entries(form))
    found = [
        other
        for other in row.book.rows(form)
        if other.timepoint in ("", row.timepoint)
        and (stands_here(other, row) if is_scheduled else other.place[:2] <= row.place[:2])
    ]
    same_point = [other for other in found if other.timepoint == row.timepoint]
    if is_scheduled and same_point:
        return same_point[-1]
    return found[-1] if found else None
