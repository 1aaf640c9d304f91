"""Laws of three-valued logic, and totality, over random well-typed expressions and random records."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from language_sample import SCOPE, sample_row
from property_examples import examples

from trialkit.language import Row, compile_expression
from trialkit.model.kind import Kind, Typed
from trialkit.model.partial import PartialDate

NUMBER_ITEMS = ["SYSBP", "DIABP", "PULSE", "P.hr_hi"]
CODED_ITEMS = {"SEX": ("F", "M"), "DONE": ("Y", "N")}


def _joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda filled: pattern.format(*filled))


def _dates() -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["VSDAT", "VS.ENDAT", "today()", "dtc(VSDAT, VSTIM)", "date(ENDAT)"])
    return leaf | _joined("if(SYSBP > 100, {}, {})", leaf, leaf)


def _numbers() -> st.SearchStrategy[str]:
    leaf = (
        st.sampled_from(NUMBER_ITEMS)
        | st.integers(0, 200).map(str)
        | st.decimals(0, 99, places=2, allow_nan=False).map(str)
    )

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        two_dates = st.tuples(st.sampled_from(["days", "minutes", "hours", "years"]), _dates(), _dates())
        return (
            _joined("({} {} {})", inner, st.sampled_from(["+", "-", "*", "/"]), inner)
            | _joined("-{}", inner)
            | _joined(
                "{}({}, {})", st.sampled_from(["min", "max", "sum", "mean", "power", "count_missing"]), inner, inner
            )
            | _joined("round({}, {})", inner, st.integers(0, 4).map(str) | inner)
            | _joined("{}({})", st.sampled_from(["abs", "floor"]), inner)
            | _joined("if({} + 0 > {}, {}, {})", inner, inner, inner, inner)
            | _joined("length(text({}))", inner)
            | _joined("number(text({}))", inner)
            | two_dates.map(lambda parts: "({}({}, {}) * 1)".format(*parts))  # times one takes the unit away
            | _joined("(minutes({}, {}) * 1)", st.sampled_from(["VSTIM", "ENTIM"]), st.sampled_from(["VSTIM", "ENTIM"]))
        )

    return st.recursive(leaf, grow, max_leaves=6)


def _comparisons() -> st.SearchStrategy[str]:
    # + 0 takes the hard range away, so that no comparison is refused for being never true
    order = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    coded = st.sampled_from(
        [f'{item} {sign} "{code}"' for item, codes in CODED_ITEMS.items() for code in codes for sign in ("=", "<>")]
    )
    return (
        _joined("{} + 0 {} {}", _numbers(), order, _numbers())
        | _joined("{} {} {}", _dates(), order, _dates())
        | _joined("{} + 0 in ({}, {})", _numbers(), _numbers(), _numbers())
        | _joined("{} not in ({})", _dates(), _dates())
        | _joined("{} is missing", _numbers())
        | _joined("{} is present", _dates())
        | coded
        | st.sampled_from(
            [
                'tag("DOSING")',
                'has(RACE, "ASIAN")',
                'RACE in ("WHITE", "ASIAN")',
                'reason(SYSBP) = "ND"',
                'visit() = "D1"',
            ]
        )
    )


def _truths() -> st.SearchStrategy[str]:
    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return (
            _joined("({} and {})", inner, inner)
            | _joined("({} or {})", inner, inner)
            | _joined("(not {})", inner)
            | _joined("if({}, {}, {})", inner, inner, inner)
            | _joined("({}) = ({})", inner, inner)
        )

    return st.recursive(_comparisons().map("({})".format), grow, max_leaves=5)


def _maybe(values: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    return st.none() | values


_PARTIAL_DATES = st.sampled_from(
    [
        "2024",
        "2023-12",
        "2024-05",
        "2024-05-17",
        "2024-05-17T09:30",
        "2024-05-17T10:30+01:00",
        "2024-05-17T09:30Z",
        "2025-01-01",
    ]
).map(PartialDate.parse)
_DECIMALS = st.sampled_from(["0", "-0", "0.00", "120", "120.0", "-3.75", "1E+6000", "1E-6000", "99999999999"]).map(
    Decimal
) | st.decimals(-500, 500, places=2, allow_nan=False)


@st.composite
def _rows(draw: st.DrawFn) -> Row:
    values: dict[str, Typed] = {name: draw(_maybe(_DECIMALS)) for name in ("SYSBP", "DIABP", "PULSE")}
    values |= {name: draw(_maybe(st.sampled_from(codes))) for name, codes in CODED_ITEMS.items()}
    values |= {name: draw(_maybe(_PARTIAL_DATES)) for name in ("VSDAT", "ENDAT")}
    values |= {name: draw(_maybe(st.times().map(lambda at: time(at.hour, at.minute)))) for name in ("VSTIM", "ENTIM")}
    values["RACE"] = draw(_maybe(st.sampled_from([("WHITE",), ("WHITE", "ASIAN"), ("BLACK",)])))
    reasons = {"SYSBP": "ND"} if values["SYSBP"] is None and draw(st.booleans()) else {}
    return sample_row({name: value for name, value in values.items() if value is not None}, reasons)


def _truth(text: str, row: Row) -> Typed:
    return compile_expression(text, SCOPE, Kind.BOOLEAN).evaluate(row)


@examples(400)
@given(_truths(), _rows())
def test_truth_when_tree_is_well_typed_then_evaluation_is_total_and_repeatable(text: str, row: Row) -> None:
    compiled = compile_expression(text, SCOPE, Kind.BOOLEAN)
    first = compiled.evaluate(row)
    assert first is None or isinstance(first, bool)
    assert compiled.evaluate(row) is first


@examples(400)
@given(_numbers(), _rows())
def test_number_when_tree_is_well_typed_then_a_finite_decimal_or_missing(text: str, row: Row) -> None:
    found = compile_expression(text, SCOPE, Kind.NUMBER).evaluate(row)
    assert found is None or (isinstance(found, Decimal) and found.is_finite())


@examples(200)
@given(_truths(), _truths(), _rows())
def test_de_morgan_when_operands_are_random_then_holds(left: str, right: str, row: Row) -> None:
    assert _truth(f"not ({left} and {right})", row) is _truth(f"not {left} or not {right}", row)
    assert _truth(f"not ({left} or {right})", row) is _truth(f"not {left} and not {right}", row)


@examples(200)
@given(_truths(), _truths(), _truths(), _rows())
def test_junctions_when_operands_are_random_then_commute_associate_and_distribute(
    one: str, two: str, three: str, row: Row
) -> None:
    assert _truth(f"{one} and {two}", row) is _truth(f"{two} and {one}", row)
    assert _truth(f"{one} or ({two} or {three})", row) is _truth(f"({one} or {two}) or {three}", row)
    assert _truth(f"{one} and ({two} or {three})", row) is _truth(f"({one} and {two}) or ({one} and {three})", row)
    assert _truth(f"{one} or ({one} and {two})", row) is _truth(one, row)


@examples(200)
@given(_truths(), _rows())
def test_unknown_when_negated_or_excluded_then_stays_unknown(text: str, row: Row) -> None:
    found = _truth(text, row)
    assert _truth(f"not not {text}", row) is found
    assert _truth(f"{text} or not {text}", row) is (None if found is None else True)
    assert _truth(f"({text}) is missing", row) is (found is None)


@examples(200)
@given(_numbers(), _numbers(), _rows())
def test_comparison_when_numbers_are_random_then_exactly_one_of_three_or_unknown(
    left: str, right: str, row: Row
) -> None:
    relations = [_truth(f"{left} + 0 {sign} {right} + 0", row) for sign in ("<", "=", ">")]
    assert relations == [None, None, None] or relations.count(True) == 1
    assert _truth(f"{left} + 0 <> {right} + 0", row) is _truth(f"not ({left} + 0 = {right} + 0)", row)
