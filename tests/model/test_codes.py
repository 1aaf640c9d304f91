"""Columns as codes say what the rows say, whatever is done to the whole of them."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.model.codes import code_column, codes_of, draw, join, met, places_of, recode, reorder

TEXTS = st.lists(st.sampled_from(["", "A", "ä", "12.50", "a longer text", None]))


@given(TEXTS)
def test_a_column_says_what_each_row_said(each: list[str | None]) -> None:
    column = code_column(each)
    assert column.each == each == [column[place] for place in range(len(column))]
    assert len(set(column.values)) == len(column.values)


@given(TEXTS, st.data())
def test_rows_that_are_wanted_keep_their_order(each: list[str | None], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.booleans(), min_size=len(each), max_size=len(each)))
    kept = [said for said, is_wanted in zip(each, wanted, strict=True) if is_wanted]
    assert code_column(each).at(wanted).each == kept


@given(TEXTS, st.randoms())
def test_rows_come_in_another_order(each: list[str | None], chance: object) -> None:
    column = code_column(each)
    order = list(range(len(each)))
    chance.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert draw(column.values, reorder(column.codes, codes_of(order))) == [each[place] for place in order]


@given(TEXTS)
def test_codes_stand_for_numbers(each: list[str | None]) -> None:
    column = code_column(each)
    lengths = [0 if said is None else len(said) for said in column.values]
    assert list(recode(lengths, column.codes)) == [0 if said is None else len(said) for said in each]
    assert recode(lengths, column.codes).typecode == "I"


@given(TEXTS, TEXTS)
def test_columns_stand_behind_each_other(first: list[str | None], second: list[str | None]) -> None:
    column = code_column([*first, *second])
    parts = [column.codes[: len(first)], column.codes[len(first) :]]
    assert join(parts) == column.codes
    assert join([]) == array("I")


@given(TEXTS)
def test_codes_that_occur_and_where(each: list[str | None]) -> None:
    column = code_column([*each, "never kept"])
    codes = column.codes[:-1]
    assert met(codes, len(column.values)) == sorted(set(codes))
    marks = [said is None for said in column.values]
    assert places_of(marks, codes) == [place for place, said in enumerate(each) if said is None]


def test_what_a_code_stands_for_may_itself_be_a_sequence() -> None:
    pairs = [("A", 1), ("B", 2)]
    drawn = draw(pairs, codes_of([1, 0, 1]))
    assert drawn == [("B", 2), ("A", 1), ("B", 2)]
    assert drawn[0] is pairs[1]


def test_a_code_that_stands_for_nothing_is_an_error() -> None:
    with pytest.raises(IndexError):
        draw(["A"], codes_of([1]))
