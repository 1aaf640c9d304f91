"""Columns of records in, findings out: what the rules of items say of all records at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

import polars as pl
import pytest
from field_sample import CONVERSIONS, MOMENT, TYPES, Sample, records_of

from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.interval import Interval
from trialkit.model.item import Item, MissingReason
from trialkit.model.record import Record, RecordKey, Value
from trialkit.model.record_table import RecordTable
from trialkit.validate.columnar import field_findings
from trialkit.validate.columnar.rules import item_rules

WEIGHT = Item(
    item="I",
    label="Weight",
    type="decimal",
    unit="kg",
    units=("kg", "LB"),
    hard=Interval(low=Decimal(30), high=Decimal(250)),
    soft=Interval(low=Decimal(45), high=Decimal("130.5")),
)
DATE = Item(item="I", label="Date", type="date")
PARTIAL = Item(item="I", label="Date", type="partial-date")
LATER = Item(item="I", label="Date", type="datetime", future=True)
CLOCK = Item(item="I", label="Time", type="time")
ONE = Item(item="I", label="Code", type="code", codelist="NY", missing=(MissingReason.NOT_DONE,))
SEVERAL = Item(item="I", label="Codes", type="codes", codelist="NY")
ASKED = Item(item="I", label="Asked", type="integer", required=True, collect_when='GATE = "Y"')


def sample_of(item: Item, *values: Value | str, site: str = "A") -> Sample:
    """One item, a record for each value."""
    given = [value if isinstance(value, Value) else Value(value) for value in values]
    return Sample.of([item], records_of("I", given, site))


def codes(item: Item, *values: Value | str, site: str = "A") -> list[str]:
    """The code found for each of the values, empty for none."""
    found = sample_of(item, *values, site=site).found()
    by_place = {place: finding.code for place, finding in found.placed()}
    return [by_place.get(place, "") for place in range(len(values))]


def with_columns(
    table: RecordTable, make: type[list[object]] | type[pl.Series] | type[tuple[object, ...]]
) -> RecordTable:
    """The same records with other columns."""

    def made(column: Sequence[object]) -> Sequence[object]:
        return make(column) if make is not pl.Series else pl.Series("", column)

    keys = ("site", "subject", "visit", "visit_repeat", "timepoint", "repeat")
    parts = {
        part: {name: made(column) for name, column in getattr(table, part).items()}
        for part in ("texts", "missing", "units")
    }
    return replace(table, **{name: made(getattr(table, name)) for name in keys}, **parts)  # type: ignore[arg-type]


def test_validate_when_it_is_imported_then_polars_is_not() -> None:
    code = "import sys, trialkit.validate; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_findings_when_cells_break_rules_then_each_says_where_what_and_what_to_do() -> None:
    found = sample_of(WEIGHT, Value("80", unit="kg"), Value("600", unit="LB"), Value("140", unit="kg")).found()
    assert found.frame.rows() == [
        (
            1,
            "A-0001 V1 VS.I",
            "I",
            "V103",
            "hard",
            "I: 600 LB (272.16 kg) is outside the possible range, 30 to 250 kg.",
            "Compare it with the source document.",
            "600 LB",
        ),
        (
            2,
            "A-0002 V1 VS.I",
            "I",
            "V201",
            "soft",
            "I: 140 kg is unusual; expected is 45 to 130.5 kg.",
            "Confirm it against the source document.",
            "140 kg",
        ),
    ]
    assert found[1] == Finding(
        code="V201",
        severity=Severity.SOFT,
        message="I: 140 kg is unusual; expected is 45 to 130.5 kg.",
        remedy="Confirm it against the source document.",
        key=RecordKey("A", "A-0002", "V1", 1, "VS"),
        item="I",
        action=Action.QUERY,
    )
    assert (len(found), found[0].action) == (2, Action.REJECT)


def test_findings_when_some_records_are_wanted_then_only_theirs_are_made() -> None:
    found = sample_of(ONE, "Y", "Q", "X", "Q").found()
    assert [(place, finding.message) for place, finding in found.placed({0, 2, 3})] == [
        (2, "I: X is not in the list NY."),
        (3, "I: Q is not in the list NY."),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("30", ""),
        ("45.0", ""),
        ("45.000000000000000000", ""),
        ("44.999999999999999999999", "V201"),
        ("250", "V201"),
        ("250.0000000000000000001", "V103"),
        ("029.9", "V103"),
        ("-80", "V103"),
        ("8e1", ""),
        ("8e3", "V103"),
        ("8_0", ""),
        ("８０", ""),
        ("NaN", "V102"),
        ("-Infinity", "V102"),
        ("1e-400", "V103"),
        ("1e400", "V103"),
        ("80 kg", "V101"),
        ("8O", "V101"),
        ("80,5", "V101"),
        ("", "V101"),
    ],
)
def test_number_when_it_is_written_in_any_way_then_its_exact_value_counts(text: str, code: str) -> None:
    hard_only = code or "V201" if text == "30" else code
    assert codes(WEIGHT, text) == [hard_only]


@pytest.mark.parametrize(("beside", "code"), [("-1e-25", ""), ("0", ""), ("1e-25", "V103")])
def test_number_when_another_unit_brings_it_beside_a_bound_then_it_is_told_exactly(beside: str, code: str) -> None:
    item = WEIGHT.model_copy(update={"hard": Interval(high=Decimal("45.359237")), "soft": None})
    text = f"{Decimal(100) + Decimal(beside):f}"
    assert codes(item, Value(text, unit="LB")) == [code]


@pytest.mark.parametrize(("pounds", "bound"), [("3", "1.36077711"), ("5", "2.26796185"), ("11", "4.98951607")])
def test_number_when_floats_would_put_it_beyond_its_bound_then_it_is_still_inside(pounds: str, bound: str) -> None:
    item = WEIGHT.model_copy(update={"hard": Interval(high=Decimal(bound)), "soft": None})
    assert codes(item, Value(pounds, unit="LB")) == [""]


@pytest.mark.parametrize(("given", "code"), [("100.48", ""), ("100.49", "V103")])
def test_number_when_its_conversion_is_rounded_then_the_rounded_one_counts(given: str, code: str) -> None:
    item = Item(item="I", label="T", type="decimal", unit="C", units=("C", "F"), hard=Interval(high=Decimal("38.0")))
    assert codes(item, Value(given, unit="F")) == [code]


def test_number_when_two_conversions_fit_then_the_first_counts() -> None:
    item = Item(
        item="I", label="Height", type="decimal", unit="cm", units=("cm", "in"), hard=Interval(low=Decimal(100))
    )
    assert codes(item, Value("50", unit="in")) == [""]


@pytest.mark.parametrize(
    ("low", "text", "code"),
    [("0", "-1e-400", "V103"), ("0", "1e-400", ""), ("0", "-0.0", ""), ("0.30000000000000001", "0.3", "V103")],
)
def test_number_when_its_float_is_that_of_the_bound_then_the_digits_decide(low: str, text: str, code: str) -> None:
    assert codes(Item(item="I", label="N", type="decimal", hard=Interval(low=Decimal(low))), text) == [code]


def test_number_when_its_unit_is_not_converted_then_it_is_missing() -> None:
    assert codes(WEIGHT.model_copy(update={"required": True}), Value("80", unit="stone")) == ["V202"]


@pytest.mark.parametrize(
    ("item", "text", "code"),
    [
        (DATE, "2026-03-30", ""),
        (DATE, "1931-01-01", ""),
        (DATE, "2026-02-29", "V101"),
        (DATE, "2024-02-29", ""),
        (DATE, "30.03.2026", "V101"),
        (DATE, "2027-01-01", "V204"),
        (PARTIAL, "2026-03", ""),
        (PARTIAL, "2026-04", "V204"),
        (PARTIAL, "2027", "V204"),
        (PARTIAL, "0000", "V101"),
        (LATER, "2030-01-01T09:05", ""),
        (LATER, "2030-01-01T24:05", "V101"),
        (LATER, "2030-01-01T09:05:30+02:00", ""),
        (CLOCK, "23:59", ""),
        (CLOCK, "23:59:59", ""),
        (CLOCK, "T0905", ""),
        (CLOCK, "23:60", "V101"),
        (CLOCK, "9h30", "V101"),
        (ONE, "Q", "V104"),
        (ONE, "1.5*(a|b)?", ""),
        (ONE, "1.5a", "V104"),
        (SEVERAL, "A&B ~#-x;Y;ß", ""),
        (SEVERAL, "Y;;N", "V104"),
        (SEVERAL, "1.5aab;Y", "V104"),
        (SEVERAL, "1.5;Y", "V104"),
        (SEVERAL, "Y\n", "V104"),
    ],
)
def test_cell_when_its_type_has_rules_then_they_are_held(item: Item, text: str, code: str) -> None:
    assert codes(item, text, site="C") == [code]


@pytest.mark.parametrize(("site", "code"), [("A", ""), ("B", "V204"), ("C", "V204")])
def test_date_when_the_site_s_clock_shows_it_then_it_is_not_in_the_future(site: str, code: str) -> None:
    assert codes(DATE, "2026-04-01", site=site) == [code]


def test_calendar_when_every_day_is_tried_then_columns_and_cerberus_agree() -> None:
    days = [
        f"{year}-{month:02d}-{day:02d}"
        for year, month, day in product(("0001", "1900", "2000", "2023", "2026"), range(14), range(33))
    ]
    sample = sample_of(DATE, *days, *(day[:7] for day in days[::33]))
    assert list(sample.found()) == sample.expected()


def test_clock_when_every_minute_is_tried_then_columns_and_cerberus_agree() -> None:
    sample = sample_of(CLOCK, *(f"{hour:02d}:{minute:02d}" for hour, minute in product(range(27), range(62))))
    assert list(sample.found()) == sample.expected()


@pytest.mark.parametrize(
    ("gate", "value", "expected"),
    [
        ("Y", None, ["V202"]),
        ("Y", Value(missing=MissingReason.NOT_DONE), []),
        ("Y", Value("1"), []),
        ("N", None, []),
        ("N", Value("1"), ["V203"]),
        ("N", Value(missing=MissingReason.NOT_DONE), ["V203"]),
        ("N", Value("one"), ["V101"]),
        (None, None, []),
        (None, Value("1"), []),
    ],
)
def test_item_when_skip_logic_rules_it_then_only_those_asked_must_answer(
    gate: str | None, value: Value | None, expected: list[str]
) -> None:
    given = {"GATE": Value(gate) if gate else None, "I": value}
    record = Record(RecordKey("A", "A-1", "V1", 1, "VS"), {name: one for name, one in given.items() if one is not None})
    found = Sample.of([ASKED], [record]).found()
    assert [finding.code for finding in found] == expected


def test_item_when_nobody_says_who_is_asked_then_all_are() -> None:
    sample = sample_of(ASKED, Value(missing=MissingReason.NOT_DONE), "1")
    table = replace(sample.table, texts={}, missing={})
    found = field_findings(sample.plan, table, sample.setting, {})
    assert [finding.code for finding in found] == ["V202", "V202"]


def test_missing_reason_when_it_is_not_accepted_or_not_known_then_that_is_found() -> None:
    sample = sample_of(ONE, Value(missing=MissingReason.NOT_DONE), Value(missing=MissingReason.REFUSED))
    table = replace(sample.table, missing={"I": ["ND", "LOST"]})
    found = field_findings(sample.plan, table, sample.setting, {})
    assert [finding.message for finding in found] == ["I: the missing reason .LOST is not accepted here."]


def test_table_when_it_is_empty_then_nothing_is_found() -> None:
    assert list(Sample.of([WEIGHT, ASKED.model_copy(update={"item": "J"})], []).found()) == []


@pytest.mark.parametrize("make", [list, tuple, pl.Series])
def test_columns_when_they_are_lists_or_series_then_the_findings_are_the_same(
    make: type[list[object]] | type[pl.Series] | type[tuple[object, ...]],
) -> None:
    sample = sample_of(
        WEIGHT, "80", Value("20", unit="kg"), Value("600", unit="LB"), "x", Value(missing=MissingReason.UNKNOWN)
    )
    found = field_findings(sample.plan, with_columns(sample.table, make), sample.setting, sample.asked)
    assert list(found) == sample.expected()


def test_series_when_it_comes_in_pieces_then_its_texts_count() -> None:
    values = [
        Value("80", unit="kg"),
        Value("20", unit="kg"),
        Value(missing=MissingReason.UNKNOWN),
        Value("x", unit="LB"),
    ]
    sample = sample_of(WEIGHT.model_copy(update={"missing": ()}), *values)

    def in_pieces(column: Sequence[str | None]) -> pl.Series:
        pieces = [pl.Series(column[part : part + 1], dtype=pl.String) for part in range(-1, len(column))]
        return pl.concat([pieces[0].clear(), *pieces[1:], pieces[0].clear()], rechunk=False)

    parts = {part: {"I": in_pieces(getattr(sample.table, part)["I"])} for part in ("texts", "missing", "units")}
    table = replace(sample.table, **parts)
    assert list(field_findings(sample.plan, table, sample.setting, {})) == sample.expected()


def test_series_when_it_is_categorical_then_its_texts_count() -> None:
    sample = sample_of(ONE, "Y", "Q", "N")
    table = replace(sample.table, texts={"I": pl.Series(["Y", "Q", "N"], dtype=pl.Categorical)})
    assert [finding.message for finding in field_findings(sample.plan, table, sample.setting, {})] == [
        "I: Q is not in the list NY."
    ]


def test_text_when_it_holds_half_a_character_then_it_is_shown_in_letters() -> None:
    assert [finding.message for finding in sample_of(ONE, "Y", "\udc80").found()] == [
        "I: \\udc80 is not in the list NY."
    ]


def test_records_when_two_sites_share_a_subject_then_the_order_is_that_of_findings() -> None:
    items = [ONE, ONE.model_copy(update={"item": "J"})]
    keys = [RecordKey(site, "1", visit, 1, "VS") for site, visit in product("AB", ("V1", "V2", "V10"))]
    sample = Sample.of(items, [Record(key, {"I": Value("Q"), "J": Value("Q")}) for key in keys])
    assert list(sample.found()) == sample.expected()


def test_type_of_a_plugin_when_cells_are_alike_then_each_is_looked_at_once() -> None:
    asked: list[str] = []

    def read(text: str) -> Decimal:
        asked.append(text)
        return Decimal(len(text))

    item = Item(item="I", label="Strokes", type="tally", hard=Interval(high=Decimal(3)))
    sample = sample_of(item, *(["||", "||||"] * 50))
    setting = replace(sample.setting, typed={**sample.setting.typed, "tally": read})
    found = field_findings(sample.plan, sample.table, setting, {})
    assert (len(found), sorted(asked)) == (50, ["||", "||||"])


def test_type_of_a_plugin_when_it_raises_then_its_text_is_unreadable() -> None:
    sample = sample_of(Item(item="I", label="Free", type="free"), "a", "b")
    setting = replace(sample.setting, typed={**sample.setting.typed, "free": {"a": "A"}.__getitem__})
    found = field_findings(sample.plan, sample.table, setting, {})
    assert [finding.message for finding in found] == ["I: b is not of the type free."]


def test_item_when_its_schema_has_a_rule_the_columns_do_not_know_then_cerberus_is_asked() -> None:
    sample = sample_of(WEIGHT, "80")
    rules = sample.plan.validator.schema["I"]
    sample.plan.validator.schema["I"] = {**rules, "allowed": [Decimal(70)]}
    known = {found.name: found.is_columnar for found in item_rules(sample.plan, CONVERSIONS, MOMENT.date())}
    assert known == {"GATE": True, "I": False}


def test_types_of_the_house_when_the_columns_look_at_them_then_they_know_every_one() -> None:
    items = [
        Item(item=f"I{number}", label="Item", type=name, codelist="NY" if name in ("code", "codes") else None)
        for number, name in enumerate(TYPES)
    ]
    rules = item_rules(Sample.of(items, []).plan, CONVERSIONS, MOMENT.date())
    assert {found.item.type for found in rules if not found.is_columnar} == {"tally", "week", "odd", "switch", "free"}
