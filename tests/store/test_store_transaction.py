"""Writing: who and when, subjects, sources and notes, and that all is stored or nothing."""

from __future__ import annotations

import hashlib
import resource
import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from store_sample import ANN, BOB, NOON, digest_of, finding, key, make_form, make_study, save, stamp, tables_of

from trialkit.errors import StoreError, UsageError
from trialkit.model.record import Subject
from trialkit.model.study import Study
from trialkit.store import Stamp, Store, open_store


@pytest.fixture
def store(store: Store) -> Store:
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
    return store


def test_stamp_when_moment_has_no_offset_then_refused() -> None:
    with pytest.raises(UsageError, match="J211"):
        Stamp("ann", datetime(2024, 5, 1), "UTC")  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize(("user", "zone"), [(" ", "UTC"), ("ann", "Mars/Olympus"), ("ann", ""), ("ann", "../etc")])
def test_stamp_when_user_or_zone_is_none_then_refused(user: str, zone: str) -> None:
    with pytest.raises(UsageError, match="J211"):
        Stamp(user, NOON, zone)


def test_stamp_when_moment_is_of_another_zone_then_kept_in_utc() -> None:
    given = Stamp("ann", datetime(2024, 5, 1, 14, tzinfo=timezone(timedelta(hours=2))), "Europe/Amsterdam")
    assert (given.at, given.at.tzinfo) == (NOON, UTC)


def test_add_subject_when_new_then_stored_with_who_and_when(store: Store) -> None:
    assert store.subject(ANN.subject) == ANN
    entry = next(store.entries())
    assert (entry.action, entry.subject, entry.site, entry.user, entry.at, entry.zone) == (
        "subject.add",
        "012-0001",
        "012",
        "ann.lee",
        NOON,
        "Europe/Amsterdam",
    )


def test_add_subject_when_known_then_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="J203"), store.transaction(stamp()) as transaction:
        transaction.add_subject(replace(ANN, site="007"))


def test_withdraw_subject_when_done_then_data_stay_and_reason_is_kept(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": "120"})
        assert transaction.withdraw_subject(ANN, "moved away").status == "withdrawn"
    assert store.subjects() == [replace(ANN, status="withdrawn")]
    assert len(store.records()) == 1
    assert list(store.entries())[-1].reason == "moved away"


@pytest.mark.parametrize(
    ("subject", "reason", "code"),
    [(ANN, " ", "J201"), (BOB, "left", "J203"), (replace(ANN, site="007"), "left", "J204")],
)
def test_withdraw_subject_when_it_can_not_be_then_refused(
    store: Store, subject: Subject, reason: str, code: str
) -> None:
    with pytest.raises(UsageError, match=code), store.transaction(stamp()) as transaction:
        transaction.withdraw_subject(subject, reason)


def test_withdraw_subject_when_done_twice_then_refused(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.withdraw_subject(ANN, "left")
        with pytest.raises(UsageError, match="J203"):
            transaction.withdraw_subject(ANN, "left")
    assert store.head().seq == 2


def test_transaction_when_it_raises_then_nothing_is_stored(path: Path, store: Store) -> None:
    before, head = tables_of(path), store.head()

    def fail_at_the_end() -> None:
        with store.transaction(stamp()) as transaction:
            transaction.add_subject(BOB)
            save(transaction, key(), {"SYSBP": "120"}, None)
            transaction.open_query(finding())
            transaction.add_source("a.csv", digest_of(b"a"), b"a", "csv")
            transaction.log("import.finish", {})
            assert transaction.queries() != []
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_at_the_end()
    assert (tables_of(path), store.head()) == (before, head)


def test_transaction_when_open_then_it_sees_its_own_changes_and_others_do_not(
    path: Path, study: Study, store: Store
) -> None:
    with open_store(path, study) as other, store.transaction(stamp()) as transaction:
        transaction.add_subject(BOB)
        saved = save(transaction, key(BOB), {"SYSBP": "120"}, None)
        asked = transaction.open_query(finding(at=key(BOB)))
        assert transaction.subject(BOB.subject) == BOB
        assert transaction.record(key(BOB)) == saved
        for found in (
            transaction.queries(),
            transaction.queries("open"),
            transaction.queries(subject=BOB.subject),
            transaction.open_queries(key(BOB)),
        ):
            assert found == [asked]
        assert transaction.queries("closed", subject=BOB.subject) == transaction.queries(key=key()) == []
        assert transaction.head.seq == 4
        assert (other.head().seq, other.subjects(), other.records()) == (1, [ANN], [])


def test_transaction_when_another_is_open_on_the_same_store_then_refused_at_once(store: Store) -> None:
    with store.transaction(stamp()) as outer:
        with pytest.raises(StoreError, match="J110"), store.transaction(stamp()):
            pass
        outer.add_subject(BOB)
    assert len(store.subjects()) == 2


def test_transaction_when_it_is_over_then_it_takes_no_more(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        pass
    with pytest.raises(StoreError, match="J110"):
        transaction.add_subject(BOB)
    with pytest.raises(StoreError, match="J110"):
        transaction.record(key())


def test_transaction_when_the_database_refuses_then_plain_words_and_no_half_is_stored(path: Path, store: Store) -> None:
    head = store.head()
    behind = sqlite3.connect(path)
    behind.execute("CREATE TRIGGER no_rows BEFORE INSERT ON form_VS BEGIN SELECT RAISE(ABORT, 'no'); END")
    behind.close()
    with pytest.raises(StoreError, match="J112") as caught, store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": "987654"}, None)
    assert "987654" not in str(caught.value) + str(caught.value.__cause__)

    def swallow_the_error() -> None:
        with store.transaction(stamp()) as transaction:
            transaction.add_subject(BOB)
            save(transaction, key(), {"SYSBP": "120"}, None)
            with suppress(Exception):
                transaction.queries()

    with pytest.raises(StoreError, match="J110"):
        swallow_the_error()
    assert (store.head(), store.records(), store.subject(BOB.subject)) == (head, [], None)


def test_transaction_when_disk_is_full_then_said_so_and_stored_when_there_is_room_again(
    path: Path, store: Store
) -> None:
    # The limit counts for one connection only: it has to be set on the one that writes.
    def save_much(limit: str) -> None:
        with store.transaction(stamp()) as transaction:
            transaction._desk.connection.exec_driver_sql(limit)
            content = bytes(200_000)
            transaction.add_source("big.bin", digest_of(content), content, "csv")

    with pytest.raises(StoreError, match="J106"):
        save_much("PRAGMA max_page_count = 1")
    assert store.sources() == []
    save_much("PRAGMA max_page_count = 100000")
    assert len(store.sources()) == 1
    assert store.verify().problems == ()


def test_transaction_when_the_disk_fails_at_the_commit_then_said_so_nothing_is_stored_and_later_it_goes_on(
    store: Store,
) -> None:
    content = bytes(500_000)

    def save_much() -> None:
        with store.transaction(stamp()) as transaction:
            transaction.add_subject(BOB)
            transaction.add_source("big.bin", digest_of(content), content, "csv")

    head = store.head()
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, allowed[1]))
    try:
        with pytest.raises(StoreError, match=r"J106|J107"):
            save_much()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert (store.head(), store.subjects(), store.sources()) == (head, [ANN], [])
    save_much()
    assert (len(store.subjects()), store.source(digest_of(content))) == (2, content)
    assert store.verify().problems == ()


def test_add_source_when_added_then_the_bytes_come_back_and_a_second_time_changes_nothing(store: Store) -> None:
    content = bytes(range(256)) * 10
    with store.transaction(stamp()) as transaction:
        assert transaction.add_source("vs.csv", digest_of(content), content, "csv")
        assert not transaction.add_source("copy.csv", digest_of(content), content, "csv")
    with store.transaction(stamp()) as transaction:
        assert not transaction.add_source("copy.csv", digest_of(content), content, "csv")
    assert store.source(digest_of(content)) == content
    assert [(source.name, source.kind, source.size) for source in store.sources()] == [("vs.csv", "csv", 2560)]
    assert store.head().seq == 2
    assert store.source("0" * 64) is None


def test_add_source_when_digest_is_of_other_bytes_then_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="J213"), store.transaction(stamp()) as transaction:
        transaction.add_source("vs.csv", digest_of(b"a"), b"b", "csv")


def test_log_when_given_then_an_entry_that_changes_no_data(path: Path, store: Store) -> None:
    before = tables_of(path)
    with store.transaction(stamp(1)) as transaction:
        transaction.log("study.create", {"study": "KET01", "parts": ("a", 1, None, True), "more": {"x": []}})
    entry = list(store.entries())[-1]
    assert (entry.action, entry.key, entry.subject) == ("study.create", None, "")
    assert entry.details == {"study": "KET01", "parts": ["a", 1, None, True], "more": {"x": []}}
    assert tables_of(path) == before


@pytest.mark.parametrize(
    ("action", "details"),
    [
        ("record.save", {}),
        ("Export", {}),
        ("export", {}),
        ("export.raw", {"x": 1.5}),
        ("export.raw", {"x": [Decimal(1)]}),
        ("export.raw", {"x": {1: "a"}}),
        ("export.raw", {"x": b"a"}),
    ],
)
def test_log_when_action_or_details_are_not_for_logging_then_refused(
    store: Store, action: str, details: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match="J207"), store.transaction(stamp()) as transaction:
        transaction.log(action, details)


def test_register_definition_when_new_then_noted_once(store: Store, study: Study) -> None:
    assert store.definition_digest() is None
    for expected in (True, False):
        with store.transaction(stamp()) as transaction:
            assert transaction.register_definition(study) is expected
    assert store.definition_digest() == study.digest
    entry = list(store.entries())[-1]
    assert (entry.action, entry.details) == (
        "definition.register",
        {"digest": "a" * 64, "protocol": "iv", "forms": {"AW": "1", "VS": "1"}, "kept": False},
    )


def test_register_definition_when_it_has_a_text_then_it_is_kept_once_and_verified(store: Store, study: Study) -> None:
    text = '{"forms":{}}'
    written = replace(study, text=text, digest=hashlib.sha256(text.encode()).hexdigest())
    for defined in (written, study, written):
        with store.transaction(stamp()) as transaction:
            transaction.register_definition(defined)
    assert [(entry.seq, kept) for entry, kept in store.definitions()] == [(4, text), (2, text)]
    assert store.verify().problems == ()


def test_register_definition_when_forms_grow_then_they_have_a_place_at_once(store: Store) -> None:
    grown = make_study(forms=(make_form("VS", ("NEWITEM", "SYSBP"), "2"), make_form("LB", ("ALT",))), digest="b" * 64)
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": "120", "PULSE": "60"}, None)
        transaction.register_definition(grown)
        save(transaction, key(), {"NEWITEM": "x"}, None)
        save(transaction, key(form="LB"), {"ALT": "30"}, None)
    texts = {item: value.text for record in store.records() for item, value in record.values.items()}
    assert texts == {"SYSBP": "120", "PULSE": "60", "NEWITEM": "x", "ALT": "30"}
    assert list(store.entries())[-1].details["definition"] == "b" * 64
    assert store.verify().problems == ()


def test_open_when_definition_changed_then_old_data_are_kept_and_new_items_fit(
    path: Path, study: Study, store: Store
) -> None:
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": "120", "PULSE": "60"}, None)
        save(transaction, key(form="AW"), {"A": "1"}, None)
    before = store.records()
    changed = make_study(forms=(make_form("VS", ("SYSBP", "HEIGHT"), "2"),), digest="b" * 64)
    with open_store(path, changed) as other:
        assert other.records() == before
        with other.transaction(stamp()) as transaction:
            save(transaction, key(), {"HEIGHT": "180"}, None)
        assert [record.key.form for record in other.records()] == ["AW", "VS"]
        assert other.records() == other.records(as_of=NOON)
        assert other.verify().problems == ()
        other.rebuild()
        assert other.verify().problems == ()
    # The first store still has its own definition: it finds its place again.
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"DIABP": "80"}, None)
    record = store.record(key())
    assert record is not None
    assert sorted(record.values) == ["DIABP", "HEIGHT", "PULSE", "SYSBP"]
    assert store.verify().problems == ()
