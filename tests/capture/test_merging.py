"""Parts of one record from several sheets are laid together, unless they contradict each other."""

from __future__ import annotations

from trialkit.capture import merge_submissions
from trialkit.model.record import CellReference, RawValue, RecordKey
from trialkit.model.submission import Submission

_KEY = RecordKey("012", "012-0007", "V2", 1, "VS")


def _given(sheet: str, key: RecordKey = _KEY, **values: str) -> Submission:
    place = CellReference("site.xlsx", sheet, "C2")
    cells = dict.fromkeys(values, place)
    return Submission(key, {name: RawValue(text) for name, text in values.items()}, cells, sources=(place,))


def test_parts_when_they_agree_then_they_become_one_record() -> None:
    other = _given("VS", _KEY._replace(visit="UNS"), SYSBP="99")

    merged, findings = merge_submissions([_given("VS", SYSBP="120"), other, _given("LB", SYSBP="120", TEMP="36.6")])

    assert findings == []
    assert [submission.key for submission in merged] == [_KEY, other.key]
    assert {name: value.text for name, value in merged[0].values.items()} == {"SYSBP": "120", "TEMP": "36.6"}
    assert [source.sheet for source in merged[0].sources] == ["VS", "LB"]


def test_parts_when_they_disagree_then_the_record_is_left_out_and_both_places_are_named() -> None:
    merged, (finding,) = merge_submissions([_given("VS", SYSBP="120"), _given("LB", SYSBP="121")])

    assert merged == []
    assert (finding.code, finding.item, finding.key, finding.is_hard) == ("M109", "SYSBP", _KEY, True)
    assert "site.xlsx!VS!C2" in finding.message
    assert finding.where == "site.xlsx!LB!C2"
