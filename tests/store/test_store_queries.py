"""Queries in the store: opened, answered, closed, never asked twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from store_sample import ANN, BOB, EVE, NOON, finding, key, make_form, make_study, save, stamp

from trialkit.errors import UsageError
from trialkit.model.finding import Finding
from trialkit.model.query import Answer, Query
from trialkit.model.record import RecordKey, Subject
from trialkit.store import Store, Transaction, open_store


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


def test_open_queries_by_record_when_asked_then_those_not_closed_of_each_record_in_order_of_opening(
    store: Store,
) -> None:
    with store.transaction(stamp()) as transaction:
        first, second, other, closed = (
            transaction.open_query(finding(code, at))
            for code, at in (("VS2", key()), ("VS1", key()), ("VS1", key(BOB)), ("VS1", key(BOB, visit="V2")))
        )
        transaction.close_query(closed.query, "settled")
    with store.transaction(stamp()) as transaction:
        answered = transaction.answer_query(second.query, "It is right.")
        assert transaction.open_queries_by_record() == {key(): [first, answered], key(BOB): [other]}
        assert transaction.open_queries_by_record([BOB.subject, "nobody"]) == {key(BOB): [other]}
        assert transaction.open_queries_by_record([]) == transaction.open_queries_by_record(["nobody"]) == {}
        assert transaction.open_queries_by_record([str(number) for number in range(40_000)] + [ANN.subject]) == {
            key(): [first, answered]
        }


def test_open_queries_by_record_when_about_rows_of_a_reference_form_then_by_the_empty_subject(path: Path) -> None:
    rooms = make_form("RG", ("ROOM",)).model_copy(update={"reference": True, "repeating": True})
    at = RecordKey("012", "", "", 1, "RG")
    with open_store(path, make_study(forms=(rooms,)), create=True) as store, store.transaction(stamp()) as transaction:
        save(transaction, at, {"ROOM": "1"})
        asked = transaction.open_query(finding(at=at, item="ROOM"))
        assert transaction.open_queries_by_record([""]) == transaction.open_queries_by_record() == {at: [asked]}
        assert transaction.open_queries_by_record([ANN.subject]) == {}


def test_open_queries_by_record_when_read_then_asking_and_settling_reads_no_more(store: Store) -> None:
    people = [Subject(f"012-1{number:03d}", "012", f"1{number:03d}") for number in range(50)]
    with store.transaction(stamp()) as transaction:
        for person in people:
            transaction.add_subject(person)
            transaction.open_query(finding(at=key(person)))
    with store.transaction(stamp()) as transaction:
        found = transaction.open_queries_by_record()
        for person in people:
            transaction.subject(person.subject)
        transaction.open_query(finding("VS0", key(people[0])))
        asked: list[str] = []

        def note(_c: object, _u: object, statement: str, *_: object) -> None:
            asked.append(statement)

        sa.event.listen(transaction._desk.connection, "before_cursor_execute", note)
        for person in people:
            transaction.open_query(finding("VS009", key(person)))
            assert transaction.open_query(finding(at=key(person))) in found[key(person)]
            for query in transaction.open_queries(key(person)):
                transaction.close_query(query.query, "settled")
        assert asked == []
        assert transaction.open_queries_by_record() == {}
    assert len(store.queries("closed")) == 101
    assert store.verify().problems == ()


def by_record(queries: list[Query], subjects: Collection[str] | None) -> dict[RecordKey, list[Query]]:
    found: dict[RecordKey, list[Query]] = {}
    for query in queries:
        if not query.is_closed and (subjects is None or query.key.subject in subjects):
            found.setdefault(query.key, []).append(query)
    return found


PEOPLE = (ANN, BOB, EVE)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.integers(0, 11)),
        st.tuples(st.sampled_from(["answer", "close"]), st.integers(1, 6)),
        st.tuples(st.sampled_from(["read", "read one", "read all", "next"]), st.integers(0, 7)),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stores")
    return (folder / f"{number}.db" for number in range(10_000))


def take(transaction: Transaction, act: str, number: int) -> None:
    """One step; what is read is held against what the table of queries says after it was written."""
    person = PEOPLE[number % 3]
    name = f"Q-{number:04d}"
    if act == "open":
        transaction.open_query(finding(f"VS{number // 6}", key(person, repeat=1 + number // 3 % 2)))
    elif act == "read":
        chosen = [some.subject for place, some in enumerate(PEOPLE) if number >> place & 1]
        assert transaction.open_queries_by_record(chosen) == by_record(transaction.queries(), chosen)
    elif act == "read all":
        assert transaction.open_queries_by_record() == by_record(transaction.queries(), None)
    elif act == "read one":
        every = transaction.queries()
        assert transaction.queries(subject=person.subject) == [
            found for found in every if found.key.subject == person.subject
        ]
        for repeat in (1, 2):
            at = key(person, repeat=repeat)
            about = [found for found in every if found.key == at]
            assert transaction.open_queries(at) == [found for found in about if not found.is_closed]
            assert transaction.queries(key=at) == about
    elif any(found.query == name and not found.is_closed for found in transaction.queries()):
        (transaction.answer_query if act == "answer" else transaction.close_query)(name, "words")


@settings(max_examples=40)
@given(steps=STEPS)
def test_queries_when_read_in_any_way_at_any_time_then_always_the_same(
    paths: Iterator[Path], steps: list[tuple[str, int]]
) -> None:
    turns: list[list[tuple[str, int]]] = [[]]
    for act, number in steps:
        if act == "next":
            turns.append([])
        else:
            turns[-1].append((act, number))
    with open_store(next(paths), make_study(), create=True) as store:
        with store.transaction(stamp()) as transaction:
            for person in PEOPLE:
                transaction.add_subject(person)
        for minute, turn in enumerate(turns):
            with store.transaction(stamp(minute)) as transaction:
                for act, number in turn:
                    take(transaction, act, number)
        assert store.verify().problems == ()
