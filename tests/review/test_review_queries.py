"""Which queries a record's findings open and close."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.query import Query, QueryState
from trialkit.model.record import RecordKey
from trialkit.review import query_changes

KEY = RecordKey("012", "012-0001", "V1", 1, "VS")


def finding(code: str = "VS001", item: str = "SYSBP") -> Finding:
    return Finding(code, Severity.SOFT, "High.", key=KEY, item=item)


def query(code: str = "VS001", item: str = "SYSBP", state: QueryState = "open", number: int = 1) -> Query:
    return Query(f"Q-{number:04d}", code, KEY, item, "High.", state, datetime(2024, 5, 1, tzinfo=UTC), "ann")


def test_query_changes_when_finding_is_new_then_opened() -> None:
    assert query_changes([], [finding()]) == ((finding(),), ())


@pytest.mark.parametrize("state", ["open", "answered"])
def test_query_changes_when_finding_persists_then_query_stays_as_it_is(state: QueryState) -> None:
    assert query_changes([query(state=state)], [finding()]) == ((), ())


@pytest.mark.parametrize("state", ["open", "answered"])
def test_query_changes_when_finding_is_gone_then_closed_with_words_why(state: QueryState) -> None:
    asked = query(state=state)
    assert query_changes([asked], []) == ((), ((asked, "VS001 no longer applies to the record as it stands."),))


def test_query_changes_when_a_source_file_raised_it_then_only_a_person_closes_it() -> None:
    assert query_changes([query("M124"), query("VS001")], []).to_close == (
        (query("VS001"), "VS001 no longer applies to the record as it stands."),
    )


@pytest.mark.parametrize("other", [finding("VS002"), finding(item="DIABP")])
def test_query_changes_when_code_or_item_differs_then_another_query(other: Finding) -> None:
    changes = query_changes([query()], [other])
    assert (changes.to_open, [closed for closed, _ in changes.to_close]) == ((other,), [query()])


def test_query_changes_when_closed_query_is_given_then_passed_over() -> None:
    assert query_changes([query(state="closed")], [finding()]).to_open == (finding(),)
    assert query_changes([query(state="closed")], []) == ((), ())


def test_query_changes_when_finding_stands_twice_then_opened_once() -> None:
    second = replace(finding(), message="Higher.")
    assert query_changes([], [finding(), second]).to_open == (finding(),)


def test_query_changes_when_rule_was_not_evaluated_then_nothing_new_is_asked_and_nothing_is_closed() -> None:
    unsure = replace(finding(), evaluated=False)
    assert query_changes([], [unsure]) == ((), ())
    assert query_changes([query()], [unsure]) == ((), ())
    assert query_changes([], [unsure, finding()]).to_open == (finding(),)


def test_query_changes_when_finding_is_hard_or_has_no_record_then_nothing_is_opened() -> None:
    assert query_changes([], [replace(finding(), severity=Severity.HARD), replace(finding(), key=None)]) == ((), ())


@given(st.sets(st.sampled_from("ABCDE")), st.lists(st.sampled_from("ABCDE")))
def test_query_changes_when_applied_then_exactly_the_findings_are_asked(asked: set[str], found: list[str]) -> None:
    queries = [query(code, number=number) for number, code in enumerate(sorted(asked))]
    to_open, to_close = query_changes(queries, [finding(code) for code in found])
    left = sorted(asked - {closed.code for closed, _ in to_close}) + [opened.code for opened in to_open]
    assert sorted(left) == sorted(set(found))
