"""The functions of the house, those that look at the record, and functions that fail."""

from __future__ import annotations

import inspect
from decimal import Decimal

import pytest
from language_sample import clock, day, number, sample_row, sample_scope, value_of

from trialkit.language import BUILTIN_FUNCTIONS, NotEvaluated, compile_expression
from trialkit.model.kind import Function, Kind, Typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(-3.5)", number("3.5")),
        ("min(3, 1, 2)", number("1")),
        ("max(3, 1, 2)", number("3")),
        ("max(3, PULSE)", None),
        ("sum(1, 2.5, 3)", number("6.5")),
        ("sum(1, PULSE)", None),
        ("max_known(3, PULSE, 2)", number("3")),
        ("max_known(PULSE)", None),
        ("mean(1, PULSE, 2)", number("1.5")),
        ("mean(PULSE)", None),
        ("count_missing(PULSE, SEX, 3)", number("2")),
        ("floor(2.9)", number("2")),
        ("floor(-2.1)", number("-3")),
        ("power(9, 0.5)", number("3")),
        ("power(-8, 1 / 3)", None),
        ("power(0, -1)", None),
        ("upper(REASND)", None),
        ('upper("abc")', "ABC"),
        ('concat("a", "b", "c")', "abc"),
        ('concat("a", REASND)', None),
        ('length("abc")', number("3")),
        ('number(" 12.50 ")', number("12.5")),
        ('number("<5")', None),
        ('number("1e9")', None),
        ('number("NaN")', None),
        ("text(1.50)", "1.50"),
        ("text(PULSE)", None),
        ("text(1 = 1)", "true"),
        ("text(today())", "2024-06-15"),
    ],
)
def test_function_when_called_then_gives_the_worked_value(text: str, expected: Typed) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("given", "places", "expected"),
    [
        ("2.5", "0", "3"),
        ("-2.5", "0", "-3"),
        ("0.125", "2", "0.13"),
        ("0.135", "2", "0.14"),
        ("1.005", "2", "1.01"),
        ("12", "1", "12.0"),
        ("1250", "-2", "1300"),
        ("1", "0.5", None),
        ("1", "99", None),
    ],
)
def test_round_when_halfway_then_goes_up_and_keeps_the_places(given: str, places: str, expected: str | None) -> None:
    rounded = value_of(f"round({given}, {places})")
    assert (rounded if rounded is None else str(rounded)) == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("days", "2024-02-28", "2024-03-01", "2"),
        ("days", "2024-03-01", "2024-02-28", "-2"),
        ("days", "2024-02-28T23:59", "2024-02-29T00:01", "1"),
        ("days", "2024-02", "2024-03-01", None),
        ("minutes", "2024-02-28T23:50", "2024-02-29T00:10", "20"),
        ("minutes", "2024-02-28T09:00:00", "2024-02-28T09:00:30", "0.5"),
        ("minutes", "2024-02-28T09:00Z", "2024-02-28T11:00+01:00", "60"),
        ("minutes", "2024-02-28", "2024-02-29T00:10", None),
        ("hours", "2024-02-28T09:00", "2024-03-01T09:30", "48.5"),
        ("years", "1980-06-15", "2024-06-15", "44"),
        ("years", "1980-06-16", "2024-06-15", "43"),
        ("years", "2004-02-29", "2024-02-28", "19"),
        ("years", "1980-05", "2024-06-15", "44"),
        ("years", "1980-06", "2024-06-15", None),
        ("years", "1980", "2024-06-15", None),
        ("years", "1980", "2024-12-31", "44"),
        ("years", "1980-07", "2024-06", "43"),
    ],
)
def test_span_when_dates_are_partial_then_given_only_where_certain(
    text: str, start: str, end: str, expected: str | None
) -> None:
    found = value_of(f"{text}(VSDAT, ENDAT)", VSDAT=day(start), ENDAT=day(end))
    assert found == (expected and number(expected))


def test_span_when_given_times_of_day_then_counts_within_one_day() -> None:
    times = {"VSTIM": clock("09:15"), "ENTIM": clock("10:00")}
    assert value_of("minutes(VSTIM, ENTIM)", **times) == number("45")
    assert value_of("hours(ENTIM, VSTIM)", **times) == number("-0.75")


@pytest.mark.parametrize(
    ("given_day", "given_time", "expected"),
    [
        ("2024-05-17", "09:30", "2024-05-17T09:30"),
        ("2024-05-17", "09:30:05", "2024-05-17T09:30:05"),
        ("2024-05-17", None, "2024-05-17"),
        ("2024-05", "09:30", "2024-05"),
        (None, "09:30", None),
    ],
)
def test_dtc_when_a_part_is_missing_then_gives_what_is_known(
    given_day: str | None, given_time: str | None, expected: str | None
) -> None:
    found = value_of("dtc(VSDAT, VSTIM)", VSDAT=given_day and day(given_day), VSTIM=given_time and clock(given_time))
    assert found == (expected and day(expected))


def test_date_when_given_a_date_time_then_drops_the_clock() -> None:
    assert value_of("date(VSDAT)", VSDAT=day("2024-05-17T09:30Z")) == day("2024-05-17")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("visit()", "D1"),
        ("repeat()", number("3")),
        ("route()", "NASAL"),
        ('scheduled("CADSS")', True),
        ('scheduled("MADRS")', False),
        ("timepoint()", "PRE"),
        ('tag("DOSING")', True),
        ('tag("CLINIC_ONLY")', False),
        ("today()", day("2024-06-15")),
        ("label(SEX)", "Female"),
        ("label(DONE)", None),
        ("reason(SYSBP)", "ND"),
        ("reason(SEX)", None),
        ("unit(PULSE)", "beats/min"),
        ("unit(SYSBP)", None),
        ('visit() = "D8" or timepoint() in ("PRE", "T+40")', True),
    ],
)
def test_row_call_when_evaluated_then_answers_from_the_record(text: str, expected: Typed) -> None:
    row = sample_row({"SEX": "F", "PULSE": number("60")}, {"SYSBP": "ND"}, {"PULSE": "beats/min"})
    assert compile_expression(text, sample_scope(), Kind.ANY).evaluate(row) == expected


def test_timepoint_when_record_is_untimed_then_missing() -> None:
    compiled = compile_expression("timepoint()", sample_scope(), Kind.TEXT)
    assert compiled.evaluate(sample_row(timepoint="")) is None


def _fail(_: Typed) -> Typed:
    raise ValueError("secret 4711")


def _give_float(_: Typed) -> Typed:
    return 0.5  # type: ignore[return-value]  # a plugin that breaks its promise


def _give_nan(_: Typed) -> Typed:
    return Decimal("NaN")


@pytest.mark.parametrize("call", [_fail, _give_float, _give_nan])
def test_evaluate_when_a_function_breaks_then_says_which_and_nothing_of_the_record(call: object) -> None:
    scope = sample_scope(Function("broken", (Kind.NUMBER,), Kind.NUMBER, call))  # type: ignore[arg-type]
    compiled = compile_expression("broken(PULSE) > 1", scope, Kind.BOOLEAN)
    with pytest.raises(NotEvaluated) as caught:
        compiled.evaluate(sample_row({"PULSE": number("4711")}))
    assert str(caught.value) == "broken could not be evaluated."
    assert caught.value.function == "broken"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_evaluate_when_an_argument_is_missing_then_function_is_not_called() -> None:
    scope = sample_scope(Function("broken", (Kind.NUMBER,), Kind.NUMBER, _fail))
    assert compile_expression("broken(PULSE)", scope, Kind.NUMBER).evaluate(sample_row()) is None


def test_evaluate_when_kinds_of_a_plugin_can_not_be_compared_then_not_evaluated() -> None:
    scope = sample_scope(Function("whatever", (), Kind.ANY, lambda: "text"))
    for text, symbol in (("whatever() > 1", ">"), ("whatever() * 2 > 1", "*")):
        with pytest.raises(NotEvaluated) as caught:
            compile_expression(text, scope, Kind.BOOLEAN).evaluate(sample_row())
        assert caught.value.function == symbol


def test_builtin_functions_when_listed_then_sorted_unique_and_explained() -> None:
    names = [function.name for function in BUILTIN_FUNCTIONS]
    assert names == sorted(set(names))
    for function in BUILTIN_FUNCTIONS:
        assert function.meaning.endswith(".")
        assert inspect.isroutine(function.call)


def test_nth_when_a_code_stands_there_then_it_is_given_else_missing() -> None:
    races = ("WHITE", "ASIAN")
    assert [value_of(f"nth(RACE, {place})", RACE=races) for place in ("1", "2", "3", "0", "1.5")] == [
        "WHITE",
        "ASIAN",
        None,
        None,
        None,
    ]
    assert value_of("nth(RACE, 1)") is None
