"""Many records at once: the same bytes as one by one, few statements, and all of it or nothing."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from bulk_sample import bulk_study, digest_of_tables, draw_changes, people, write_flow
from store_sample import ANN, BOB, NOON, change, finding, key, save, stamp, tables_of

from trialkit.errors import UsageError
from trialkit.model.record import ItemChange, Record, RecordChange, RecordKey, Value
from trialkit.model.study import Study
from trialkit.store import Store, Transaction, desk, open_store

GOLDEN = "f7a1d7c9b50fe56e4ae5b11a2e346214efdd5eac64929f57471a81854b37f51d"
"""The digest of every table after the flow of changes, as it was when records were saved one by one only."""


def one_by_one(transaction: Transaction, changes: Sequence[RecordChange]) -> None:
    for made in changes:
        transaction.save_record(made, "why")


def together(transaction: Transaction, changes: Sequence[RecordChange]) -> None:
    transaction.save_records(changes, "why")


@pytest.mark.parametrize("write", [one_by_one, together])
def test_records_when_saved_one_by_one_or_together_then_every_row_of_every_table_is_the_same_as_ever(
    path: Path, write: Callable[[Transaction, Sequence[RecordChange]], None]
) -> None:
    with write_flow(path, write) as store:
        assert store.verify().problems == ()
        rows = tables_of(path)
        read = store.records()
        assert read == store.records(as_of=stamp(9).at)
    assert digest_of_tables(path) == GOLDEN
    with open_store(path, bulk_study()) as store:
        store.rebuild()
        assert store.records() == read
    assert tables_of(path) == rows


def test_save_records_when_portions_are_flushed_and_forgotten_then_nothing_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = path.with_name("other.db")
    write_flow(other, one_by_one).close()
    monkeypatch.setattr(desk, "_MOST_STANDING", 20)
    with write_flow(path, together) as store:
        assert store.verify().problems == ()
        with open_store(other, bulk_study()) as same:
            assert (store.head(), store.records()) == (same.head(), same.records())
    assert tables_of(path) == tables_of(other)


def save_new(transaction: Transaction, new: Sequence[RecordChange]) -> None:
    transaction.save_records(new, None)


def change_and_ask(transaction: Transaction, new: Sequence[RecordChange]) -> None:
    transaction.save_records(
        [change(Record(one.key, one.values, 1), one.key, {"W01": "2", "W02": "3"}) for one in new], "why"
    )
    for one in new:
        transaction.open_query(finding(at=one.key, item="W01"))


def only_ask(transaction: Transaction, new: Sequence[RecordChange]) -> None:
    transaction.open_queries_by_record({one.key.subject for one in new})
    for one in new:
        transaction.open_query(finding("VS009", at=one.key, item="W01"))


def test_transaction_when_twice_as_many_records_are_written_then_no_more_statements_are_built(path: Path) -> None:
    said: list[str] = []
    counts = []
    for count in (200, 400):
        subjects = people(count)
        new = [change(None, key(subject, "WI"), {"W01": "1"}) for subject in subjects]
        with open_store(path.with_name(f"{count}.db"), bulk_study(), create=True) as store:
            sa.event.listen(store._engine, "before_cursor_execute", lambda *called: said.append(called[2]))
            with store.transaction(stamp()) as transaction:
                transaction.add_subjects(subjects)
            said.clear()
            for write in (save_new, change_and_ask, only_ask):
                with store.transaction(stamp()) as transaction:
                    write(transaction, new)
                counts.append(len(said))
                said.clear()
            assert len(store.queries(state="open")) == 2 * count
            assert store.verify().problems == ()
    assert counts[:3] == counts[3:]


def test_save_records_when_an_item_is_blank_in_some_of_them_then_blank_there_and_exact_elsewhere(store: Store) -> None:
    texts = ("0", "", "0.0", "-0", "00", "1", "NULL", "\x00")
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        changes = [
            change(None, key(repeat=number), {"PULSE": "x", "SYSBP": Value(text, unit=text, raw=text)})
            for number, text in enumerate(texts, 1)
        ]
        transaction.save_records([*changes, change(None, key(repeat=99), {"PULSE": "x"})], None)
    found = [record.values.get("SYSBP") for record in store.records()]
    assert found == [*(Value(text, unit=text, raw=text) for text in texts), None]
    assert store.verify().problems == ()


def test_add_subjects_when_records_of_them_follow_then_they_are_stored_in_order(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subjects([BOB, ANN])
        transaction.save_records((change(None, key(one), {"SYSBP": "1"}) for one in (BOB, ANN)), None)
        transaction.open_query(finding(at=key(BOB)))
    assert [(entry.action, entry.subject) for entry in store.entries()] == [
        ("subject.add", BOB.subject),
        ("subject.add", ANN.subject),
        ("record.save", BOB.subject),
        ("record.save", ANN.subject),
        ("query.open", BOB.subject),
    ]
    with pytest.raises(UsageError, match="J203"), store.transaction(stamp()) as transaction:
        transaction.add_subjects([replace(ANN, subject="012-0009"), ANN])
    assert len(store.subjects()) == 2


def test_save_records_when_one_of_them_does_not_fit_then_none_is_stored(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
    good = [change(None, key(repeat=number), {"SYSBP": "1"}) for number in range(1, 2_500)]
    with pytest.raises(UsageError, match="J205"), store.transaction(stamp()) as transaction:
        transaction.save_records([*good, change(None, key(), {"NOSUCH": "1"})], None)
    assert (store.records(), store.head().seq) == ([], 1)


def test_save_record_when_a_change_names_an_item_twice_then_refused(store: Store) -> None:
    twice = RecordChange(
        key(),
        0,
        "1",
        (ItemChange("SYSBP", None, Value("1")), ItemChange("SYSBP", None, Value("2"))),
        {"SYSBP": Value("2")},
    )
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        with pytest.raises(UsageError, match="J202"):
            transaction.save_record(twice, None)
        with pytest.raises(UsageError, match="J202"):
            transaction.save_record(RecordChange(key(), 0, "1", (ItemChange("SYSBP", None, None),), {}), None)
    assert store.records() == []


def test_read_ahead_when_others_were_read_before_then_what_this_transaction_wrote_stays(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        save(transaction, key(), {"SYSBP": "120"}, None)
        asked = transaction.open_query(finding())
        transaction.read_ahead([key(), key(repeat=2), key(BOB)])
        assert transaction.record(key()) == store_record(key(), {"SYSBP": Value("120")})
        assert transaction.open_queries(key()) == [asked]
        assert transaction.subject(BOB.subject) is None
    with store.transaction(stamp(1)) as transaction:
        transaction.read_ahead([key()])
        save(transaction, key(), {"SYSBP": "121"})
        transaction.read_ahead([key()])
        record = transaction.record(key())
        assert record is not None
        assert record.version == 2
    assert store.verify().problems == ()


def store_record(at: RecordKey, values: dict[str, Value]) -> Record:
    return Record(at, values, 1, "1", NOON, "ann.lee")


def test_store_when_nobody_makes_its_identifiers_then_each_is_a_random_uuid(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        for number in range(100):
            transaction.log("study.note", {"number": number})
    made = [entry.entry_id for entry in store.entries()]
    assert len(set(made)) == 100
    for name in made:
        parsed = uuid.UUID(name)
        assert (str(parsed), parsed.version, parsed.variant) == (name, 4, uuid.RFC_4122)


def test_writer_when_killed_while_it_saves_many_then_nothing_of_them_is_stored(path: Path, study: Study) -> None:
    with open_store(path, study, create=True) as store, store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
    for lines in (1, 2, 4):
        writer = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("bulk_writer.py"), path], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(lines):
            writer.stdout.readline()
        time.sleep(0.01 * lines)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        with open_store(path, study) as store:
            assert (store.records(), store.head().seq) == ([], 1)
            assert store.verify().problems == ()


def test_draw_changes_when_drawn_twice_then_the_same() -> None:
    assert list(draw_changes(1, people(5), 50)) == list(draw_changes(1, people(5), 50))
