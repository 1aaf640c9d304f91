"""What holds for every text: canonical text reads as itself, numbers keep every digit, and nothing is ever raised."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from normalise_sample import ITEMS, TYPES, make_study, read

from trialkit.model.finding import Finding
from trialkit.model.item import MissingReason
from trialkit.model.record import RawValue, Value

STUDY = make_study()
NAMES = [item.item for item in ITEMS]
HOSTILE = st.one_of(
    st.text(max_size=15),
    st.text(alphabet="0123456789-+.,:;/ TZeE_\u0661\uff11\u00a0UNKMAR?", max_size=20),
    st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}[-/. ][0-9A-Z]{1,3}[-/. ][0-9]{1,4}( [0-9]{2}:[0-9]{2})?", fullmatch=True),
    st.dates().map(str),
    st.times().map(str),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes")),
    st.sampled_from(["F", "female", "A", "both", "2", "ASIAN;WHITE", "asian; black", ".ND", ".unk", "XX-XX-2026"]),
)
RAWS = st.builds(
    RawValue,
    text=HOSTILE,
    unit=st.sampled_from([None, "", "kg", "LB", "mmhg", "mg", " ", "stone"]),
    missing=st.one_of(st.none(), st.none(), st.sampled_from(list(MissingReason))),
    date_format=st.sampled_from([None, None, "DD-MM-YYYY", "DD/MM/YYYY | MM/DD/YYYY", "DDMONYYYY", "HHMI", "DD", "["]),
    decimal_comma=st.booleans(),
)


@settings(max_examples=400)
@given(st.sampled_from(NAMES), RAWS)
def test_value_when_anything_is_given_then_a_value_or_one_hard_finding_and_never_an_exception(
    name: str, raw: RawValue
) -> None:
    made = read(name, raw)
    if isinstance(made, Finding):
        assert made.is_hard
        assert made.code in ("N101", "N102", "N103", "N104", "N105")
        assert made.message.startswith(f"{name}: ")
        assert made.message.endswith(".")
        assert "\n" not in made.message
        assert made.remedy.endswith(".")


@settings(max_examples=400)
@given(st.sampled_from(NAMES), RAWS)
def test_value_when_its_canonical_text_is_given_again_then_it_gives_itself(name: str, raw: RawValue) -> None:
    made = read(name, raw)
    if isinstance(made, Value) and made.text is not None:
        assert read(name, RawValue(made.text, unit=made.unit)) == Value(made.text, unit=made.unit)
        item = STUDY.forms["F"].item(name)
        assert item is not None
        TYPES[item.type].typed(made.text)


@given(st.from_regex(r"-?[0-9]{1,30}(\.[0-9]{1,25})?", fullmatch=True))
def test_number_when_it_is_read_then_every_digit_is_kept(text: str) -> None:
    made = read("DEC", text)
    assert isinstance(made, Value)
    assert made.text == text
    assert TYPES["decimal"].typed(made.text) == Decimal(text)
