"""Many rules over many records at once, with the answers that one record after another would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from trialkit.language.books import Books, Setting
from trialkit.language.columnar.answers import Answers
from trialkit.language.columnar.build import Builder
from trialkit.language.columnar.coding import decoded
from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.frames import Frames
from trialkit.language.columnar.trees import without_columns
from trialkit.language.columnar.value import Moment, NotColumnar, Value, parts, truth_of
from trialkit.language.compile import Compiled
from trialkit.language.rowcall import NotEvaluated
from trialkit.model.kind import Typed
from trialkit.model.record_table import RecordTable


class Columnar:
    """The records of some subjects as columns, to evaluate rules on all of them at once.

    What columns can not tell is asked of the records themselves, one after another: expressions with a function that
    has no form over columns, and rows in doubt.

    Args:
        tables: form identifier to its records, each subject with all of its records, and the rows of reference forms.
        setting: what rules see besides.
        books: the same records, one at a time.
    """

    def __init__(self, tables: Mapping[str, RecordTable], setting: Setting, books: Books) -> None:
        self._setting = setting
        self._books = books
        self._frames = Frames(tables, setting)

    def judge(self, form: str, expressions: Sequence[Compiled]) -> list[Answers]:
        """What rules say of each record of a form.

        Args:
            form: the form on whose records the rules stand.
            expressions: the rules, each a truth value, all of one study.

        Returns:
            The answers to each rule, in the order of the rules.
        """
        frame = self._frames.frame(form)
        if frame is None or not expressions:
            return [Answers(pl.Series(dtype=pl.Boolean)) for _ in expressions]
        values = self._made_ready(form, expressions)
        found = _worked_out(frame, values)
        self._frames.clear()
        return [
            self._answers(form, compiled, _column(found, f"{place}|holds"), self._asked(found, place, value))
            for place, (compiled, value) in enumerate(zip(expressions, values, strict=True))
        ]

    def values(self, form: str, compiled: Compiled) -> list[Typed | NotEvaluated]:
        """The value of an expression of any kind on each record of a form, in the order of the form's table."""
        frame = self._frames.frame(form)
        if frame is None:
            return []
        value = self._ready(self._builder(form, compiled), compiled)
        found = _worked_out(frame, [value])
        self._frames.clear()
        answers: list[Typed | NotEvaluated]
        try:
            names = {} if value is None else {f"0|{name}": name for name in parts(value)}
            answers = [*decoded(_not_ready(value), found.select("row", *names).rename(names))]
            asked = self._asked(found, 0, value)
            if isinstance(value, Moment) and value.zoned is not None:
                asked = [*asked, *found["0|zoned"].arg_true()]  # which zone, only the record knows
        except NotColumnar:
            answers, asked = [None] * found.height, list(range(found.height))
        for place in asked:
            answers[place] = self._one(form, compiled, place)
        return answers

    def _builder(self, form: str, compiled: Compiled) -> Builder:
        return Builder(self._frames, self._setting, compiled.scope, form)

    def _made_ready(self, form: str, expressions: Sequence[Compiled]) -> list[Value | None]:
        builder = self._builder(form, expressions[0])
        return [self._ready(builder, compiled, is_truth=True) for compiled in expressions]

    @staticmethod
    def _ready(builder: Builder, compiled: Compiled, *, is_truth: bool = False) -> Value | None:
        """An expression over columns; None when it has no form over them."""
        try:
            value = builder.build(without_columns(compiled.tree))
            return truth_of(value) if is_truth else value
        except NotColumnar:
            return None

    @staticmethod
    def _asked(found: pl.DataFrame, place: int, value: Value | None) -> list[int]:
        """The records that have to be asked one after another."""
        if value is None:
            return list(range(found.height))
        return [] if value.doubt is None else found[f"{place}|doubt"].arg_true().to_list()

    def _answers(self, form: str, compiled: Compiled, holds: pl.Series, asked: Sequence[int]) -> Answers:
        one_by_one = {place: self._one(form, compiled, place) for place in asked}
        failures = {place: found for place, found in one_by_one.items() if isinstance(found, NotEvaluated)}
        truths = [found if isinstance(found, bool) else None for found in one_by_one.values()]
        if asked:
            holds = holds.scatter(list(asked), pl.Series(truths, dtype=pl.Boolean))
        return Answers(holds, failures)

    def _one(self, form: str, compiled: Compiled, place: int) -> Typed | NotEvaluated:
        try:
            return compiled.evaluate(self._books.row(form, place))
        except NotEvaluated as failure:
            return failure


def _worked_out(frame: Frame, values: Sequence[Value | None]) -> pl.DataFrame:
    """The columns of values, in the order of the table: ``0|holds`` is that of the first one."""
    columns = [
        part.alias(f"{place}|{name}")
        for place, value in enumerate(values)
        if value is not None
        for name, part in parts(value).items()
    ]
    return frame.data.lazy().select("row", *columns).sort("row").collect()


def _column(found: pl.DataFrame, name: str) -> pl.Series:
    """A column, unknown on every row when it is not there."""
    if name in found.columns:
        return found[name]
    return pl.Series([None], dtype=pl.Boolean).new_from_index(0, found.height)


def _not_ready(value: Value | None) -> Value:
    if value is None:
        raise NotColumnar("the expression")
    return value
