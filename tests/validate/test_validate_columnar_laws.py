"""Whatever the form and whatever stands in its cells: the columns find what Cerberus finds, word for word."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from field_sample import CODES, CONVERSIONS, HOURS, MOMENT, Sample, records_of
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.model.interval import Interval
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.record import Record, RecordKey, Value

NUMBER_TYPES = (ItemTypeName.INTEGER, ItemTypeName.DECIMAL, "tally", "odd")
CODED_TYPES = (ItemTypeName.CODE, ItemTypeName.CODES)
ALL_TYPES = (*ItemTypeName, "tally", "week", "odd", "switch", "free")
UNITS = ("kg", "C", "cm", None)
BOUNDS = ("0", "-5", "36.5", "36.50", "60", "260", "0.1", "-0.3", "100000", "12345678901234.5", "0.12345678901234567")

ODD_TEXTS = (
    *("", " ", "NaN", "nan", "-NaN", "sNaN", "s_nan", "inf", "Infinity", "-inf", "infinit", "1e5", "1E-5", "1e400"),
    *("-1e-400", "1e-400", "1e999999999999999999999", "9" * 400, "0." + "0" * 30 + "1", "1_0", "+5", ".5", "5.", " 5 "),
    *("-0", "-0.0", "00060", "1٢", "６０", "1,5", "1.5.2", "--1", "<5", "12O", "n.d.", "5\n", "5\x00", "0x10", "5e"),
    *("2026-02-30", "2024-02-29", "2026-2-3", "0000-01-01", "0000-01", "9999-12-31", "2026-13", "2026-00", "20260331"),
    *("2026-03-31T24:00", "2026-03-31T09:60", "2026-03-31T09", "2026-03-31T09:05+15:00", "2026-03-31T09:05-14:59"),
    *(
        "2026-03-31T09:05:61",
        "2026-03-31Z",
        "2026-03-31 09:05",
        "+2026-03-31",
        "02026-03-31",
        "２０２６-03-31",
        "2026-03-31\n",
    ),
    *("09:05", "9:05", "0905", "T09:05", "09", "09:05:30", "09:05:30.123", "09:05+01:00", "09:05Z", "24:00", "25:00"),
    *("09:60", "09:05:60", "99:99", "9h30", "09:05 ", "0９:05", "on", "off", "|||", "||x", "w2026-04", "wx", "x1"),
    *("Y;N", "N;Y", "Y;;N", "Y;Q", ";", "Y;", "y", "Y ", "Y;not done", "ß;1.5*(a|b)?", "1.5aab", "A&B ~#-x;Y"),
)


def ends(interval: Interval | None) -> list[Decimal]:
    """The ends of an interval."""
    return [] if interval is None else [end for end in (interval.low, interval.high) if end is not None]


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Intervals with short and long ends, also open ones."""
    text = st.one_of(st.sampled_from(BOUNDS), st.integers(-300, 300).map(str))
    low, high = (Decimal(draw(text)) for _ in range(2))
    low, high = min(low, high), max(low, high)
    sides = draw(st.sampled_from(("both", "low", "high")))
    return Interval(low=None if sides == "high" else low, high=None if sides == "low" else high)


@st.composite
def items(draw: st.DrawFn, name: str, types: tuple[str, ...] = ALL_TYPES) -> Item:
    """An item of any type with any rules that fit it."""
    kind = draw(st.sampled_from(types))
    is_number = kind in NUMBER_TYPES
    unit = draw(st.sampled_from(UNITS)) if is_number else None
    return Item(
        item=name,
        label="Item",
        type=kind,
        codelist="NY" if kind in CODED_TYPES else None,
        decimals=draw(st.sampled_from((None, 0, 1, 3))) if kind == ItemTypeName.DECIMAL else None,
        unit=unit,
        hard=draw(st.none() | intervals()) if is_number else None,
        soft=draw(st.none() | intervals()) if is_number else None,
        required=draw(st.booleans()),
        collect_when=draw(st.sampled_from((None, 'GATE = "Y"', "GATE is missing", 'GATE in ("Y", "N")'))),
        missing=tuple(draw(st.sets(st.sampled_from(MissingReason)))),
        future=draw(st.booleans()),
    )


def number_texts(item: Item) -> st.SearchStrategy[str]:
    """Numbers of all sizes, many of them at the ends of the ranges or just beside, in any of the units."""
    marks = [end for interval in (item.hard, item.soft) for end in ends(interval)]
    for conversion in CONVERSIONS:
        if conversion.to == item.unit:
            marks += [end * conversion.divisor / conversion.factor - conversion.shift for end in tuple(marks)]
    steps = st.sampled_from(
        [Decimal(0), *(Decimal(sign).scaleb(-place) for place in (0, 1, 2, 15, 30) for sign in (1, -1))]
    )
    near = (
        st.tuples(st.sampled_from(marks), steps).map(lambda pair: f"{pair[0] + pair[1]:f}") if marks else st.nothing()
    )
    any_number = st.decimals(allow_nan=True, allow_infinity=True).map(str)
    return st.one_of(near, st.integers(-400, 400).map(str), st.decimals(-400, 400, places=1).map(str), any_number)


def date_texts() -> st.SearchStrategy[str]:
    """Dates of any precision, many of them about today."""
    days = st.integers(-3, 3) | st.integers(-50_000, 5_000)
    moments = days.map(lambda number: (MOMENT + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%S"))
    lengths, zones = st.sampled_from((4, 7, 10, 16, 19)), st.sampled_from(("", "", "Z", "+02:00", "-05:30"))
    return st.tuples(moments, lengths, zones).map(lambda part: part[0][: part[1]] + part[2])


def texts(item: Item) -> st.SearchStrategy[str]:
    """What people and machines leave in a cell of an item."""
    clocks = st.times().map(lambda clock: clock.isoformat("minutes"))
    listed = st.lists(st.sampled_from((*CODES, "Q")), min_size=1, max_size=3).map(";".join)
    fitting = {
        ItemTypeName.TIME: clocks,
        ItemTypeName.CODE: listed,
        ItemTypeName.CODES: listed,
        ItemTypeName.TEXT: st.text(),
        "tally": st.integers(0, 300).map(lambda number: "|" * number),
    }
    own = number_texts(item) if item.type in NUMBER_TYPES else fitting.get(item.type, date_texts())
    alike = st.text("0123456789+-.:;eETZ_ inf", max_size=10)
    return st.one_of(own, own, own, st.sampled_from(ODD_TEXTS), alike, st.text(max_size=12))


def values(item: Item) -> st.SearchStrategy[Value]:
    """A text, with a unit that may be known or not, or a missing reason."""
    units = st.sampled_from((item.unit, item.unit, None, "LB", "F", "in", "below", "furlong"))
    units = units if item.type in NUMBER_TYPES else st.sampled_from((None, None, "kg"))
    written = st.tuples(texts(item), units).map(lambda pair: Value(pair[0], unit=pair[1]))
    return st.one_of(
        written, written, written, st.sampled_from(MissingReason).map(lambda reason: Value(missing=reason))
    )


GATES = st.sampled_from((*(Value(code) for code in ("Y", "N", "NA", "Q")), Value(missing=MissingReason.NOT_DONE)))


@st.composite
def keys(draw: st.DrawFn) -> RecordKey:
    """Keys of all sorts, also those of rows that belong to a site."""
    site = draw(st.sampled_from(tuple(HOURS)))
    subject = draw(st.sampled_from(("", "1", "2", f"{site}-1", f"{site}-10")))
    visit = draw(st.sampled_from(("V1", "V2", "V10", "U"))) if subject else ""
    repeats = st.sampled_from((1, 1, 2, 10))
    timepoint = draw(st.sampled_from(("", "PRE", "T+40")))
    return RecordKey(site, subject, visit, draw(repeats), "VS", timepoint, draw(repeats))


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A form of a few items with a few records."""
    form = [draw(items(f"I{number}")) for number in range(draw(st.integers(1, 5)))]
    cells = {item.item: values(item) for item in form} | {"GATE": GATES}
    record = st.builds(Record, keys(), st.fixed_dictionaries({}, optional=cells))
    records = draw(st.lists(record, max_size=12, unique_by=lambda found: found.key))
    moment = MOMENT + timedelta(hours=draw(st.integers(-12, 12)))
    return Sample.of(form, records, moment=moment)


@st.composite
def columns(draw: st.DrawFn) -> Sample:
    """One item of a type that has rules for its cells, with many of them."""
    item = draw(items("I", tuple(kind for kind in ItemTypeName if kind != ItemTypeName.TEXT)))
    cells = draw(st.lists(values(item), min_size=20, max_size=60))
    return Sample.of([item], records_of("I", cells, draw(st.sampled_from(tuple(HOURS)))))


def check_equal(sample: Sample) -> None:
    """Both sides say the same, in the same order."""
    assert list(sample.found()) == sample.expected()


def check_none_passes(sample: Sample) -> None:
    """Every cell that Cerberus finds fault with has a finding of the columns."""
    refused = {(str(finding.key), finding.item) for finding in sample.expected()}
    doubted = {(str(finding.key), finding.item) for finding in sample.found()}
    assert refused <= doubted


@given(samples())
@settings(max_examples=50)
def test_columns_when_a_form_has_any_rules_then_they_find_what_cerberus_finds(sample: Sample) -> None:
    check_equal(sample)


@given(columns())
@settings(max_examples=50)
def test_columns_when_cerberus_refuses_a_cell_then_they_never_pass_it(sample: Sample) -> None:
    check_none_passes(sample)


@pytest.mark.slow
@given(samples())
@settings(max_examples=1_000)
def test_columns_when_a_form_has_any_rules_then_they_find_what_cerberus_finds_at_length(sample: Sample) -> None:
    check_equal(sample)


@pytest.mark.slow
@given(columns())
@settings(max_examples=1_000)
def test_columns_when_cerberus_refuses_a_cell_then_they_never_pass_it_at_length(sample: Sample) -> None:
    check_none_passes(sample)
    check_equal(sample)
