"""Queries in the store: opened, answered, closed, never asked twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_sample import ANN, BOB, NOON, finding, key, stamp

from trialkit.errors import UsageError
from trialkit.model.finding import Finding
from trialkit.model.query import Answer, Query
from trialkit.store import Store


@pytest.fixture
def store(store: Store) -> Store:
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        transaction.add_subject(BOB)
    return store


def test_open_query_when_new_then_stored_with_what_to_do(store: Store) -> None:
    with store.transaction(stamp(1)) as transaction:
        opened = transaction.open_query(finding())
    assert opened == Query(
        query="Q-0001",
        code="VS001",
        key=key(),
        item="SYSBP",
        message="This is high. Check the source.",
        state="open",
        opened_at=NOON + timedelta(minutes=1),
        opened_by="ann.lee",
    )
    assert store.queries() == [opened]
    assert (opened.where, opened.is_closed) == ("012-0001 V1 VS.SYSBP", False)


def test_open_query_when_asked_already_then_the_same_query_and_no_entry(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        first = transaction.open_query(finding())
        assert transaction.open_query(finding()) == first
    with store.transaction(stamp()) as transaction:
        answered = transaction.answer_query(first.query, "It is right.")
        assert transaction.open_query(finding()) == answered
    assert (len(store.queries()), store.head().seq) == (1, 4)


def test_open_query_when_the_last_was_closed_then_a_new_one(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.close_query(transaction.open_query(finding()).query, "settled")
        second = transaction.open_query(finding())
    assert [query.query for query in store.queries()] == ["Q-0001", "Q-0002"]
    assert store.queries("open") == [second]


@pytest.mark.parametrize("other", [finding("VS002"), finding(at=key(BOB)), finding(item="")])
def test_open_query_when_code_record_or_item_differs_then_another_query(store: Store, other: Finding) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.open_query(finding())
        transaction.open_query(other)
    assert len(store.queries("open")) == 2


def test_open_query_when_finding_has_no_record_then_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="J212"), store.transaction(stamp()) as transaction:
        transaction.open_query(replace(finding(), key=None))


def test_answer_and_close_when_done_then_each_is_kept_with_who_and_when(store: Store) -> None:
    with store.transaction(stamp(0)) as transaction:
        name = transaction.open_query(finding()).query
    with store.transaction(stamp(1, "bob.ray")) as transaction:
        assert transaction.answer_query(name, "Measured twice.").state == "answered"
    with store.transaction(stamp(2)) as transaction:
        transaction.answer_query(name, "And a third time.")
    with store.transaction(stamp(3, "cy.poe")) as transaction:
        closed = transaction.close_query(name, "Confirmed.")
    assert store.queries("closed") == [closed]
    assert closed.answers == (
        Answer(NOON + timedelta(minutes=1), "bob.ray", "Measured twice."),
        Answer(NOON + timedelta(minutes=2), "ann.lee", "And a third time."),
    )
    assert (closed.closed_at, closed.closed_by, closed.reason) == (NOON + timedelta(minutes=3), "cy.poe", "Confirmed.")
    assert store.queries("open") == store.queries("answered") == []
    assert [entry.action for entry in store.history(ANN.subject, item="SYSBP")] == [
        "query.open",
        "query.answer",
        "query.answer",
        "query.close",
    ]
    assert store.verify().problems == ()


def test_answer_and_close_when_unknown_closed_or_wordless_then_refused(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        name = transaction.open_query(finding()).query
        for act in (transaction.answer_query, transaction.close_query):
            for query, words, code in ((name, " ", "J201"), ("Q-0009", "yes", "J208")):
                with pytest.raises(UsageError, match=code):
                    act(query, words)
        transaction.close_query(name, "settled")
        for act in (transaction.answer_query, transaction.close_query):
            with pytest.raises(UsageError, match="J209"):
                act(name, "again")
    assert store.verify().problems == ()


def test_queries_when_filtered_then_only_those_in_order_of_opening(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        for number in range(12):
            transaction.open_query(finding(f"VS{number}", key(BOB if number % 2 else ANN)))
    assert [query.query for query in store.queries(subject=BOB.subject)] == [
        f"Q-{number:04d}" for number in range(2, 13, 2)
    ]
    assert len(store.queries("open")) == 12
