"""Words typed at the prompt: which record is meant, and which values are given."""

from __future__ import annotations

from typing import Any

import pytest
from capture_sample import AE, SUBJECTS, VS, make_study
from hypothesis import given
from hypothesis import strategies as st

from trialkit.capture import check_items, locate_record, name_subject, split_assignments
from trialkit.errors import UsageError
from trialkit.model.item import MissingReason
from trialkit.model.record import RawValue, RecordKey, Subject


@pytest.mark.parametrize(
    ("visit", "form", "more", "expected"),
    [
        ("V2", "VS", {}, "012-0007 V2 VS"),
        ("follow-up", "vs", {}, "012-0007 V2 VS"),
        ("V1", "VS", {"timepoint": "pre-dose"}, "012-0007 V1 VS @PRE"),
        ("UNS", "VS", {"visit_repeat": 3}, "012-0007 UNS.3 VS"),
        ("V1", "AE", {"repeat": 2}, "012-0007 V1 AE #2"),
        ("V2", "ZZ", {}, "U110"),
        ("V9", "VS", {}, "U111"),
        ("SCR", "VS", {}, "U112"),
        ("V1", "VS", {}, "U113"),
        ("V2", "VS", {"timepoint": "PRE"}, "U113"),
        ("V2", "VS", {"visit_repeat": 2}, "U114"),
        ("V2", "VS", {"repeat": 2}, "U114"),
        ("UNS", "VS", {"visit_repeat": 0}, "U114"),
        ("V1", "AE", {"repeat": -1}, "U114"),
    ],
)
def test_record_when_it_is_named_then_its_key_is_found_or_the_word_is_refused(
    visit: str, form: str, more: dict[str, Any], expected: str
) -> None:
    try:
        found = str(locate_record(make_study(), SUBJECTS["012-0007"], visit, form, **more))
    except UsageError as error:
        found = error.code
        assert error.remedy  # noqa: PT017  # both outcomes stand in one table
    assert found == expected


def test_record_when_it_is_located_then_the_key_carries_the_site() -> None:
    key = locate_record(make_study(), SUBJECTS["013-0001"], "V2", "VS")

    assert key == RecordKey("013", "013-0001", "V2", 1, "VS")


@pytest.mark.parametrize(
    ("text", "item", "value"),
    [
        ("SYSBP=120", "SYSBP", RawValue("120")),
        (" sysbp = 120 ", "SYSBP", RawValue("120")),
        ("SYSBP=", "SYSBP", RawValue("")),
        ("SYSBP=.ND", "SYSBP", RawValue(".ND", missing=MissingReason.NOT_DONE)),
        ("SYSBP=.unk", "SYSBP", RawValue(".unk", missing=MissingReason.UNKNOWN)),
        ("TEMP=.5", "TEMP", RawValue(".5")),
        ("TEMP=98.6 F", "TEMP", RawValue("98.6", unit="F")),
        ("TEMP=98.6  deg F", "TEMP", RawValue("98.6", unit="deg F")),
        ("TEMP=98.6F", "TEMP", RawValue("98.6F")),
        ("TEMP=98.6 K", "TEMP", RawValue("98.6 K")),
        ("TEMP=F", "TEMP", RawValue("F")),
        ("POS=a=b", "POS", RawValue("a=b")),
    ],
)
def test_assignment_when_it_is_typed_then_it_is_split(text: str, item: str, value: RawValue) -> None:
    assert split_assignments([text], VS) == {item: value}


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["SYSBP"], "U120"),
        (["SYSBB=1"], "U121"),
        (["=1"], "U121"),
        (["MAP=1"], "U122"),
        (["SYSBP=1", "sysbp=2"], "U123"),
        (["SYSBP=.XYZ"], "U124"),
    ],
)
def test_assignment_when_it_can_not_be_read_then_it_is_refused_with_a_remedy(texts: list[str], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        split_assignments(texts, VS)

    assert caught.value.code == code
    assert caught.value.remedy


@given(text=st.text(max_size=20).filter(lambda text: not text.strip().startswith(".")))
def test_assignment_when_any_text_is_given_then_it_is_kept_but_for_blanks_at_its_ends(text: str) -> None:
    assert split_assignments([f"AETERM={text}"], AE) == {"AETERM": RawValue(text.strip())}


@pytest.mark.parametrize(("names", "code"), [(["NONE"], "U121"), (["SYSBP", "MAP"], "U122"), (["sysbp"], "U121")])
def test_items_when_a_script_names_them_then_they_must_be_exact_and_entered(names: list[str], code: str) -> None:
    check_items(VS, ["SYSBP", "TEMP"])

    with pytest.raises(UsageError) as caught:
        check_items(VS, names)

    assert caught.value.code == code


def test_subject_when_site_and_number_are_given_then_it_is_named_as_the_study_says() -> None:
    assert name_subject(make_study(), "012", "0099") == Subject("012-0099", "012", "0099")
    assert name_subject(make_study("{study}/{number}"), "012", "0099").subject == "S1/0099"


@pytest.mark.parametrize(
    ("site", "number", "code"), [("014", "1", "U101"), ("012", "", "U119"), ("012", "a b", "U119")]
)
def test_subject_when_site_or_number_is_impossible_then_it_is_refused(site: str, number: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        name_subject(make_study(), site, number)

    assert caught.value.code == code
