"""Reading: what stands, what stood, and how it came about."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_sample import ANN, BOB, EVE, NOON, VS_ITEMS, key, make_study, save, stamp, standing, tables_of

from trialkit.model.item import MissingReason
from trialkit.model.record import ItemChange, Record, RecordKey, Subject, Value
from trialkit.model.study import Study
from trialkit.store import Head, Stamp, Store, open_store


def test_subjects_when_listed_then_sorted_by_site_and_subject(filled: Store) -> None:
    gone = replace(EVE, status="withdrawn")
    assert filled.subjects() == [gone, ANN, BOB]
    assert filled.subjects(site="012") == [ANN, BOB]
    assert (filled.subject("012-0002"), filled.subject("nobody")) == (BOB, None)


def test_subjects_when_asked_as_of_then_as_they_stood(filled: Store) -> None:
    assert filled.subjects(as_of=NOON) == [EVE, ANN, BOB]
    assert filled.subjects(as_of=NOON - timedelta(seconds=1)) == []


def test_records_when_filtered_then_only_those_sorted_by_key(filled: Store) -> None:
    keys = [key(EVE, form="AW"), key(), key(BOB)]
    assert [record.key for record in filled.records()] == keys
    assert [record.key for record in filled.records(subject=ANN.subject)] == [key()]
    assert [record.key for record in filled.records(form="VS", visit="V1")] == [key(), key(BOB)]
    assert filled.records(visit="V9") == filled.records(form="ZZ") == filled.records(subject="nobody") == []
    tomorrow = NOON + timedelta(days=1)
    for subject, form, visit in ((ANN.subject, None, None), (None, "VS", None), (None, None, "V1"), (None, None, "V9")):
        assert filled.records(subject, form, visit) == filled.records(subject, form, visit, as_of=tomorrow)


def test_record_when_asked_then_as_it_stands(filled: Store) -> None:
    assert filled.record(key()) == standing(key(), {"SYSBP": Value("121")}, 2)
    assert filled.record(key(repeat=2)) is None
    assert filled.record(key(form="ZZ")) is None


def test_history_when_asked_then_every_entry_of_that_place_in_order(filled: Store) -> None:
    def actions(**place: str) -> list[str]:
        return [entry.action for entry in filled.history(**place)]

    assert actions(subject=ANN.subject) == ["subject.add", "record.save", "record.save", "query.open", "query.answer"]
    assert actions(subject=ANN.subject, visit="V1", form="VS")[0] == "record.save"
    assert actions(subject=ANN.subject, item="VSDAT") == ["record.save", "record.save"]
    assert actions(subject=ANN.subject, visit="V9") == actions(subject="nobody") == []
    first, second = filled.history(ANN.subject, item="VSDAT")
    assert first.details["items"]["VSDAT"] == "2024-05"
    assert second.details["items"]["VSDAT"] == {"old": "2024-05"}
    assert second.changes[-1] == ItemChange("VSDAT", Value("2024-05"), None)
    assert (second.user, second.reason) == ("bob.ray", "typing error")


def test_entries_when_read_then_numbered_without_gaps_and_chained(path: Path, filled: Store) -> None:
    entries = list(filled.entries())
    assert [entry.seq for entry in entries] == list(range(1, filled.head().seq + 1))
    assert list(filled.entries(after=3)) == entries[3:]
    assert [entry.seq for entry in filled.entries(after=5, action="record.save")] == [6, 7, 8]
    assert len({UUID(entry.entry_id) for entry in entries}) == len(entries)
    assert filled.head() == Head(entries[-1].seq, entries[-1].hash, entries[-1].at)


def test_entries_when_many_then_read_in_portions_and_a_writer_need_not_wait(path: Path, study: Study) -> None:
    with open_store(path, study, create=True) as store:
        with store.transaction(stamp()) as transaction:
            for number in range(2500):
                transaction.log("export.raw", {"number": number})
        reading = store.entries()
        next(reading)
        with store.transaction(stamp()) as transaction:
            transaction.add_subject(ANN)
        assert len(list(reading)) == 2500


def test_chain_when_checked_by_hand_then_it_is_what_the_documents_say(path: Path, filled: Store) -> None:
    connection = sqlite3.connect(path)
    previous = bytes(32)
    for seq, payload, chained in connection.execute("SELECT seq, payload, hash FROM journal ORDER BY seq"):
        data = payload.encode()
        previous = hashlib.sha256(b"trialkit-journal-1\0" + previous + len(data).to_bytes(8, "big") + data).digest()
        assert previous == chained
        plain = json.loads(payload)
        assert (plain["seq"], plain["study"]) == (seq, "KET01")
        assert json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == payload
    connection.close()


def test_payload_when_written_then_these_bytes(path: Path, study: Study) -> None:
    numbers = iter(range(1, 9))
    with open_store(path, study, create=True, new_id=lambda: f"id-{next(numbers)}") as store:
        with store.transaction(Stamp("Zoë", NOON, "Europe/Amsterdam")) as transaction:
            transaction.add_subject(ANN)
            save(transaction, key(), {"SYSBP": Value("120", unit="mmHg")})
        head = store.head()
    connection = sqlite3.connect(path)
    payloads = [payload for (payload,) in connection.execute("SELECT payload FROM journal ORDER BY seq")]
    connection.close()
    assert payloads == [
        '{"action":"subject.add","at":"2024-05-01T12:00:00.000000Z","details":{"number":"0001","status":"enrolled"},'
        '"id":"id-1","key":null,"reason":null,"seq":1,"site":"012","study":"KET01","subject":"012-0001","user":"Zoë",'
        '"zone":"Europe/Amsterdam"}',
        '{"action":"record.save","at":"2024-05-01T12:00:00.000000Z","details":{"definition":"' + "a" * 64 + '",'
        '"form_version":"1","items":{"SYSBP":{"text":"120","unit":"mmHg"}},"version":1},'
        '"id":"id-2","key":{"form":"VS","repeat":1,"timepoint":"","visit":"V1","visit_repeat":1},'
        '"reason":"typing error","seq":2,"site":"012","study":"KET01","subject":"012-0001",'
        '"user":"Zoë","zone":"Europe/Amsterdam"}',
    ]
    assert head.hash == "94b8a11bd1c99f2ac4bb9cfd068592d2631dc7674f14473c9fd019071eda0c54"


def test_head_when_nothing_was_written_then_zero(store: Store) -> None:
    assert store.head() == Head(0, "0" * 64, None)
    assert store.data_head() == Head(0, "0" * 64, None)
    assert (store.subjects(), store.records(), store.queries(), store.sources(), list(store.entries())) == (
        [],
        [],
        [],
        [],
        [],
    )
    assert store.verify().problems == ()


def test_data_head_when_only_other_things_happened_since_then_it_stays(filled: Store) -> None:
    position = filled.data_head()
    with filled.transaction(stamp(9)) as transaction:
        transaction.log("export.sdtm", {})
        transaction.answer_query("Q-0001", "again")
    assert filled.data_head() == position != filled.head()
    assert filled.data_head(as_of=NOON).seq < position.seq
    with filled.transaction(stamp(10)) as transaction:
        save(transaction, key(), {"PULSE": "60"})
    assert filled.data_head() == filled.head()


def test_form_table_when_read_by_any_tool_then_one_row_per_record(path: Path, filled: Store) -> None:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM form_VS ORDER BY subject")]
    strict = {row["name"]: row["strict"] for row in connection.execute("PRAGMA table_list")}
    connection.close()
    assert [(row["subject"], row["version"], row["SYSBP"]) for row in rows] == [
        ("012-0001", 2, "121"),
        ("012-0002", 1, "131"),
    ]
    assert [(row["entered_at"], row["entered_by"]) for row in rows] == [("2024-05-01T12:00:00.000000Z", "ann.lee")] * 2
    assert list(rows[0])[11:15] == ["SYSBP", "SYSBP__missing", "SYSBP__unit", "SYSBP__raw"]
    assert {name for name, is_strict in strict.items() if not is_strict and not name.startswith("sqlite_")} == set()


def test_as_of_when_the_clock_stepped_back_then_what_stood_stays_what_stood(path: Path, study: Study) -> None:
    with open_store(path, study, create=True) as store:
        with store.transaction(stamp(0)) as transaction:
            transaction.add_subject(ANN)
        with store.transaction(stamp(10)) as transaction:
            transaction.add_subject(BOB)
        before = store.subjects(as_of=NOON + timedelta(minutes=5))
        with store.transaction(stamp(3)) as transaction:
            transaction.add_subject(EVE)
        assert store.subjects(as_of=NOON + timedelta(minutes=5)) == before == [ANN]
        assert store.subjects(as_of=NOON + timedelta(minutes=10)) == store.subjects()


VALUES = st.one_of(
    st.none(),
    st.builds(
        Value, text=st.text(max_size=5).filter(lambda text: text.isprintable()), unit=st.sampled_from([None, "mg"])
    ),
    st.builds(Value, missing=st.sampled_from(MissingReason)),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([ANN, BOB]),
        st.integers(1, 2),
        st.dictionaries(st.sampled_from(VS_ITEMS[:3]), VALUES, min_size=1),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stores")
    return (folder / f"{number}.db" for number in range(10_000))


@settings(max_examples=12)
@given(steps=STEPS)
def test_as_of_when_asked_for_any_instant_then_what_stood_then_and_rebuilding_changes_nothing(
    paths: Iterator[Path],
    steps: list[tuple[Subject, int, dict[str, Value | None], int, bool]],
) -> None:
    path, study = next(paths), make_study()
    with open_store(path, study, create=True) as store:
        with store.transaction(stamp()) as transaction:
            transaction.add_subject(ANN)
            transaction.add_subject(BOB)
        minute = 0
        first: dict[RecordKey, tuple[datetime, str]] = {}
        stood: dict[int, list[Record]] = {0: []}
        for number, (subject, repeat, values, pause, fails) in enumerate(steps):
            minute += pause
            at = key(subject, repeat=repeat)
            stored = store.record(at)
            known = {} if stored is None else stored.values
            if all(known.get(item) == value for item, value in values.items()):
                continue
            try:
                with store.transaction(stamp(minute, f"user{number}")) as transaction:
                    save(transaction, at, values)
                    if fails:
                        raise InterruptedError
                first.setdefault(at, (NOON + timedelta(minutes=minute), f"user{number}"))
            except InterruptedError:
                assert store.record(at) == stored
            stood[minute] = store.records()
        for minute, records in stood.items():
            assert store.records(as_of=NOON + timedelta(minutes=minute)) == records
        for earlier, later in pairwise(sorted(stood)):
            between = NOON + timedelta(minutes=later) - timedelta(microseconds=1)
            assert store.records(as_of=between) == stood[earlier]
        assert {record.key: (record.entered_at, record.entered_by) for record in store.records()} == first
        assert store.verify().problems == ()
        before = tables_of(path)
        store.rebuild()
        assert tables_of(path) == before
