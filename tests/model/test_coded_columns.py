"""Columns as codes say what the rows say, whatever is done to the whole of them."""

from __future__ import annotations

import json
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.model.coded_columns import (
    CodedColumn,
    add_up,
    agreeing,
    blank_rows,
    code_column,
    codes_of,
    combine,
    condense,
    draw,
    join,
    join_columns,
    marked,
    narrow,
    places_of,
    recode,
    reorder,
    same,
    shapes,
    together,
    widen,
    write_codes,
)

TEXTS = st.lists(st.sampled_from(["", "A", "ä", "12.50", "a longer text", None]))


@given(TEXTS)
def test_a_column_says_what_each_row_said(each: list[str | None]) -> None:
    column = code_column(each)
    assert column.each == each == [column[place] for place in range(len(column))]
    assert list(column) == list(column[:]) == each
    assert column == each
    assert column != [*each, "more"]
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
    assert join_columns([code_column(first), code_column(second)]).each == [*first, *second]
    assert join([]) == array("I")


@given(TEXTS)
def test_rows_say_where_a_code_is_marked(each: list[str | None]) -> None:
    column = code_column([*each, "never kept"])
    codes = column.codes[:-1]
    marks = [said is None for said in column.values]
    assert places_of(marks, codes) == [place for place, said in enumerate(each) if said is None]


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_few_codes_of_many_take_their_places(codes: list[int]) -> None:
    found = narrow(codes_of(codes))
    assert found.each == codes
    assert list(found.values) == sorted(set(codes))


@given(st.lists(st.sampled_from([0, 3, 4, 2**32 - 1]) | st.integers(0, 2**32 - 1)))
def test_codes_take_their_places_in_the_order_in_which_they_occur(codes: list[int]) -> None:
    found = condense(codes_of(codes))
    assert found.each == codes
    assert list(found.values) == list(dict.fromkeys(codes))


@given(st.integers(1, 4), st.data())
def test_columns_say_something_together(width: int, data: st.DataObject) -> None:
    code = st.sampled_from([0, 1, 7, 2**32 - 1])
    rows = data.draw(st.lists(st.tuples(*[code] * width)))
    found = combine([codes_of([row[column] for row in rows]) for column in range(width)])
    assert found.each == rows
    assert len(set(found.values)) == len(found.values)


def test_what_a_code_stands_for_may_itself_be_a_sequence() -> None:
    pairs = [("A", 1), ("B", 2)]
    drawn = draw(pairs, codes_of([1, 0, 1]))
    assert drawn == [("B", 2), ("A", 1), ("B", 2)]
    assert drawn[0] is pairs[1]


def test_a_code_that_stands_for_nothing_is_an_error() -> None:
    with pytest.raises(IndexError):
        draw(["A"], codes_of([1]))


@given(st.integers(1, 20), st.lists(st.integers(0, 2**20 - 1)), st.data())
def test_rows_say_which_columns_are_filled(width: int, bits: list[int], data: st.DataObject) -> None:
    rows = [[place for place in range(width) if row >> place & 1] for row in bits]
    code = data.draw(st.integers(1, 2**32 - 1))
    columns = [codes_of([code if place in row else 0 for row in rows]) for place in range(width)]
    found = shapes(columns)
    assert list(map(list, found.each)) == rows
    assert len(set(found.values)) == len(found.values)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))), st.lists(st.integers(0, 2**64 - 1), min_size=4))
def test_numbers_are_added_up_row_by_row(rows: list[tuple[int, int]], numbers: list[int]) -> None:
    columns = [(numbers, codes_of([row[side] for row in rows])) for side in (0, 1)]
    assert add_up(columns, len(rows)) == [(numbers[one] + numbers[other]) % 2**64 for one, other in rows]
    assert add_up([], 3) == [0, 0, 0]


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4)))
def test_rows_agree_where_every_two_columns_do(rows: list[tuple[int, int, int, int]]) -> None:
    one, other, given_, standing = (codes_of([row[column] for row in rows]) for column in range(4))
    found = agreeing([(one, other, False), (given_, standing, True)], len(rows))
    assert found == [place for place, row in enumerate(rows) if row[0] == row[1] and row[2] in (0, row[3])]
    assert agreeing([], 2) == [0, 1]


@given(
    st.integers(0, 6).flatmap(
        lambda size: st.lists(st.lists(st.integers(0, 2), min_size=size, max_size=size), min_size=1)
    )
)
def test_rows_that_give_nothing(columns: list[list[int]]) -> None:
    rows = list(zip(*columns, strict=True))
    assert blank_rows([codes_of(column) for column in columns]) == [
        place for place, row in enumerate(rows) if not any(row)
    ]


@given(st.lists(st.integers(0, 5_000)))
def test_codes_are_written_as_json_writes_a_list(numbers: list[int]) -> None:
    assert f"[{write_codes(codes_of(numbers))}]" == json.dumps(numbers, separators=(",", ":"))


@given(st.lists(st.integers(0, 255)), st.sampled_from("BHI"))
def test_narrow_codes_become_wide_ones(numbers: list[int], kind: str) -> None:
    assert widen(array(kind, numbers)) == codes_of(numbers)


@given(st.integers(0, 5))
def test_rows_that_all_say_the_same_say_it_once(size: int) -> None:
    assert same("A", size).each == ["A"] * size
    assert len(same("A", size).values) == 1


@given(TEXTS, st.data())
def test_rows_are_marked_where_any_column_is(each: list[str | None], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.sampled_from(["A", ""]), min_size=len(each), max_size=len(each)))
    one, two = code_column(each), code_column(other)
    marks = [
        ([bool(said) for said in one.values], one.codes),
        ([bool(said) for said in two.values], two.codes),
    ]
    assert marked(marks, len(each)) == [bool(a or b) for a, b in zip(each, other, strict=True)]
    assert marked([], len(each)) == [False] * len(each)


_NUMBERS = st.lists(st.integers(0, 3) | st.integers(0, 90_000), min_size=6, max_size=6)


@given(columns=st.lists(_NUMBERS, min_size=1, max_size=4), size=st.integers(0, 6))
def test_what_rows_say_in_several_columns_is_put_together(columns: list[list[int]], size: int) -> None:
    meanings = [str(number % 7) for number in range(90_001)]
    coded = [CodedColumn(meanings, codes_of(column[:size])) for column in columns]
    found = together(coded)
    rows = list(zip(*(column[:size] for column in columns), strict=True))
    assert found.each == [tuple(meanings[number] for number in numbers) for numbers in rows]
    assert len(found.values) == len(set(rows))


def test_columns_that_say_one_thing_each_say_one_thing_together() -> None:
    found = together([same("A", 3), same(None, 3)])
    assert (list(found.values), found.each) == ([("A", None)], [("A", None)] * 3)
