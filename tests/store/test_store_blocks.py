"""Blocks of the journal: how they are written, what of them is found, and what verification says of every change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from rows_sample import make_rows
from store_sample import ANN, BOB, EVE, NOON, finding, key, make_study, save, stamp, tables_of, tamper

from trialkit.errors import ConflictError, IntegrityError
from trialkit.model.item import MissingReason
from trialkit.model.new_rows import NewRows
from trialkit.model.record import Value
from trialkit.store import Stamp, Store, block, open_store
from trialkit.store.block import Block, entries_of, read_link
from trialkit.store.canonical import GENESIS, chain_hash, encode_payload
from trialkit.store.connection import open_engine
from trialkit.store.fold import State
from trialkit.store.journal import find_entries, first_later_than, index_columns, read_head
from trialkit.store.projection import replay
from trialkit.store.tables import Tables, lay_out, read_layout

GOLDEN = Path(__file__).with_name("block.json")
"""The payload of a block as it is stored. Stores hold such texts: they are read for as long as there are stores."""

FIRST, LAST = 4, 8
"""The entries of the block in the store of these tests."""


def block_rows() -> NewRows:
    """Five records of three subjects, with everything that a block can say."""
    keys = [key(), key(BOB), key(ANN, visit="V2", timepoint="T1"), key(BOB, repeat=2), key(EVE)]
    pressure = Value("120", unit="mmHg", raw="120,0")
    given = [
        {"SYSBP": pressure, "TEMP": Value("36.6")},
        {"SYSBP": Value("131", unit="mmHg"), "VSPOS": Value('"lying"')},
        {"SYSBP": pressure, "TEMP": Value(missing=MissingReason.NOT_DONE, raw="n/d")},
        {"TEMP": Value("36.6")},
        {"SYSBP": pressure, "VSPOS": Value("zoë")},
    ]
    return make_rows(keys, given, ["", "by phone", None, "by phone", " "])


@pytest.fixture
def blocked(path: Path) -> Iterator[Store]:
    """A store with entries before a block, the block, and entries behind it."""
    numbers = iter(range(1, 99))
    with open_store(path, make_study(), create=True, new_id=lambda: f"id-{next(numbers)}") as store:
        with store.transaction(Stamp("Zoë", NOON, "Europe/Amsterdam")) as transaction:
            transaction.add_subjects([ANN, BOB, EVE])
            transaction.save_new_rows(block_rows(), "import")
        with store.transaction(stamp(1)) as transaction:
            transaction.open_query(finding())
            save(transaction, key(BOB), {"SYSBP": "132"})
        yield store


def payload_of(path: Path, seq: int = LAST) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT payload FROM journal WHERE seq = ?", (seq,)).fetchone()[0])


@contextmanager
def looking(path: Path) -> Iterator[tuple[sa.Connection, Tables]]:
    with open_engine(path).connect() as connection:
        yield connection, lay_out(read_layout(connection))


def test_block_when_written_then_these_bytes(path: Path, blocked: Store) -> None:
    payload = payload_of(path)
    assert payload == GOLDEN.read_text(encoding="utf-8").rstrip("\n")
    assert payload == encode_payload(json.loads(payload))


def test_block_when_stored_then_one_row_one_hash_and_a_number_for_each_record(path: Path, blocked: Store) -> None:
    entries = list(blocked.entries())
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT seq, entries, hash, subject, visit, form FROM journal").fetchall()
        about = connection.execute("SELECT subject, seq FROM journal_subject").fetchall()
    assert [(seq, size) for seq, size, *_ in rows] == [(1, 1), (2, 1), (3, 1), (LAST, 5), (9, 1), (10, 1)]
    assert [(entry.seq, entry.entry_id) for entry in entries[3:8]] == [
        (number, f"id-4/{place}") for place, number in enumerate(range(FIRST, LAST + 1), 1)
    ]
    assert {entry.hash for entry in entries[3:8]} == {rows[3][2].hex()}
    assert rows[3][3:] == (None, None, "VS")
    assert about == [("007-0001", LAST), ("012-0001", LAST), ("012-0002", LAST)]


def test_records_when_there_are_thousands_of_a_kind_then_a_block_takes_a_fraction_of_their_entries(
    path: Path, store: Store
) -> None:
    keys = [key(repeat=number) for number in range(1, 1001)]
    given = [
        {"SYSBP": Value(str(90 + number % 80), unit="mmHg"), "PULSE": Value(str(number % 60))} for number in range(1000)
    ]
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        transaction.save_new_rows(make_rows(keys, given), None)
    assert len(payload_of(path, 1001)) < 25 * 1000


@pytest.mark.parametrize("limit", [None, *range(1, 12)])
def test_entries_when_found_from_within_a_block_on_then_only_those(
    path: Path, blocked: Store, limit: int | None
) -> None:
    whole = list(blocked.entries())
    with looking(path) as (connection, tables):
        for after in range(len(whole) + 1):
            found = find_entries(connection, tables, after=after, limit=limit)
            assert found == whole[after:][:limit]
            newest = find_entries(connection, tables, after=after, limit=limit, newest_first=True)
            assert newest == whole[after:][::-1][:limit]
            of_bob = find_entries(connection, tables, after=after, subject=BOB.subject, visit="V1", limit=limit)
            about = [
                entry for entry in whole[after:] if entry.key is not None and entry.key[1:3] == (BOB.subject, "V1")
            ]
            assert of_bob == about[:limit]


@pytest.mark.parametrize("before", range(1, 12))
def test_what_stood_when_asked_within_a_block_then_what_the_entries_before_say(
    path: Path, blocked: Store, before: int
) -> None:
    earlier = [entry for entry in blocked.entries() if entry.seq < before]
    state = State()
    for entry in earlier:
        state.apply(entry)
    with looking(path) as (connection, tables):
        replayed, _ = replay(connection, tables, before)
        head = read_head(connection, tables, before=before)
    assert (replayed.records, replayed.subjects) == (state.records, state.subjects)
    assert head.seq == before - 1
    assert head.hash == (earlier[-1].hash if earlier else "0" * 64)


def test_moment_when_a_block_is_later_then_its_first_entry_is_the_first_that_is(path: Path, blocked: Store) -> None:
    with looking(path) as (connection, tables):
        assert first_later_than(connection, tables, stamp(-1).at) == 1
    with blocked.transaction(stamp(5)) as transaction:
        transaction.save_new_rows(make_rows([key(repeat=8), key(repeat=9)], [{"TEMP": Value("36")}] * 2), None)
    with looking(path) as (connection, tables):
        assert first_later_than(connection, tables, stamp(4).at) == 11
    assert len(blocked.records(as_of=stamp(4).at)) == 5


def test_conflict_when_a_block_stored_the_record_then_who_did_it_when(blocked: Store) -> None:
    rows = make_rows([key(visit="V3"), key(EVE)], [{"TEMP": Value("36")}] * 2)
    with (
        pytest.raises(
            ConflictError, match=r"007-0001 V1 VS is at version 1.*Zoë changed it at 2024-05-01 12:00:00 UTC"
        ),
        blocked.transaction(stamp(3)) as transaction,
    ):
        transaction.save_new_rows(rows, None)


def test_history_when_many_blocks_are_about_others_then_they_are_not_read(
    path: Path, blocked: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with blocked.transaction(stamp(3)) as transaction:
        for number in range(10, 20):
            rows = make_rows([key(EVE, repeat=number), key(ANN, repeat=number)], [{"TEMP": Value("36")}] * 2)
            transaction.save_new_rows(rows, None)
    read: list[int] = []
    whole = block._read_block

    def counting(plain: dict[str, Any], chained: str) -> Block:
        read.append(plain["seq"])
        return whole(plain, chained)

    monkeypatch.setattr(block, "_read_block", counting)
    assert [entry.seq for entry in blocked.history(BOB.subject)] == [2, 5, 7, 10]
    assert read == [LAST]


def _in_payload(old: str, new: str) -> str:
    return f"UPDATE journal SET payload = replace(payload, '{old}', '{new}') WHERE seq = {LAST}"  # noqa: S608  # a test's own words


_NAME = f"the block of journal entries {FIRST} to {LAST}"
_TAMPERINGS = {
    "a value": (_in_payload('"131"', '"113"'), f"{_NAME} does not match its hash."),
    "a value, seen in the row": (
        _in_payload('"131"', '"113"'),
        "journal entry 10 does not follow from the entries before it.",
    ),
    "swapped codes": (_in_payload("[0,1,0,2,0]", "[1,0,0,2,0]"), f"{_NAME} does not match its hash."),
    "a count in the payload": (_in_payload('"entries":5', '"entries":4'), f"{_NAME} can not be read."),
    "a fewer in the column": ("UPDATE journal SET entries = 4 WHERE seq = 8", "journal entry 4 is gone."),
    "a few in the column": (
        "UPDATE journal SET entries = 2 WHERE seq = 8",
        "the block of journal entries 7 to 8 has another entries in its index column.",
    ),
    "more in the column": (
        "UPDATE journal SET entries = 6 WHERE seq = 8",
        "the block of journal entries 3 to 8 stands where there are others.",
    ),
    "none in the column": ("UPDATE journal SET entries = 0 WHERE seq = 8", "journal entry 4 to 8 is gone."),
    "several in the column of one entry": (
        "UPDATE journal SET entries = 2 WHERE seq = 9",
        "the block of journal entries 8 to 9 has another entries in its index column.",
    ),
    "a payload that is no JSON": ("UPDATE journal SET payload = '' WHERE seq = 8", f"{_NAME} can not be read."),
    "a payload that goes deep": (
        "UPDATE journal SET payload = replace(hex(zeroblob(100000)), '0', '[') WHERE seq = 8",
        f"{_NAME} can not be read.",
    ),
    "the block deleted": ("DELETE FROM journal WHERE seq = 8", "journal entry 4 to 8 is gone."),
    "the tail cut": ("DELETE FROM journal WHERE seq >= 8", "form_VS: row 1 is not in the journal."),
    "the subject column": (
        "UPDATE journal SET subject = '012-0001' WHERE seq = 8",
        f"{_NAME} has another subject in its index column.",
    ),
    "the form column": (
        "UPDATE journal SET form = 'AW' WHERE seq = 8",
        f"{_NAME} has another form in its index column.",
    ),
    "a form row": (
        "UPDATE form_VS SET TEMP = '40' WHERE subject = '012-0001' AND visit = 'V1'",
        "form_VS: row 2 differs from journal entry 4 in TEMP.",
    ),
    "a form row deleted": (
        "DELETE FROM form_VS WHERE subject = '007-0001'",
        "form_VS: the row that journal entry 8 wrote is gone.",
    ),
    "whom it is about, one missing": (
        "DELETE FROM journal_subject WHERE subject = '012-0001'",
        "journal_subject: the row that journal entry 8 wrote is gone.",
    ),
    "whom it is about, one added": (
        "INSERT INTO journal_subject VALUES ('012-0009', 8)",
        "journal_subject: row 4 is not in the journal.",
    ),
    "whom it is about, the table dropped": (
        "DROP TABLE journal_subject",
        "journal_subject can not be read to its end.",
    ),
}


@pytest.mark.parametrize(("statement", "problem"), _TAMPERINGS.values(), ids=_TAMPERINGS)
def test_verify_when_a_block_was_changed_then_found_and_no_subject_is_named(
    path: Path, blocked: Store, statement: str, problem: str
) -> None:
    tamper(path, statement)
    report = blocked.verify()
    assert problem in report.problems
    assert "0001" not in "".join(report.problems)


def test_rebuild_when_the_list_of_whom_blocks_are_about_was_changed_then_right_again(
    path: Path, blocked: Store
) -> None:
    before = tables_of(path)
    tamper(path, "DELETE FROM journal_subject", "UPDATE form_VS SET TEMP = '40'")
    assert not blocked.verify().is_sound
    blocked.rebuild()
    assert tables_of(path) == before
    assert blocked.verify().problems == ()


def test_reading_when_a_block_can_not_be_read_then_refused_with_its_numbers(path: Path, blocked: Store) -> None:
    tamper(path, _in_payload('"entries":5', '"entries":6'))
    with pytest.raises(IntegrityError, match=f"J402: {_NAME} can not be read"):
        blocked.history(BOB.subject)
    with pytest.raises(IntegrityError, match=f"J402: {_NAME} can not be read"):
        list(blocked.entries())
    with pytest.raises(IntegrityError, match=r"J402: the journal is broken at entry 4\."):
        blocked.rebuild()
    with pytest.raises(IntegrityError, match=r"J402: the journal is broken at entry 4\."):
        blocked.records(as_of=NOON)


def _places(plain: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The way to every part of a JSON text."""
    yield path
    parts = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for name, part in parts:
        yield from _places(part, (*path, name))


_WHOLE = json.loads(GOLDEN.read_text(encoding="utf-8"))
_ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    1,
    -1,
    5,
    10**30,
    1.5,
    "",
    "x",
    [],
    [0],
    {},
    {"codes": [], "values": []},
    {"text": None},
)


@given(st.sampled_from(list(_places(_WHOLE))[1:]), st.sampled_from((*_ODD, "gone")), st.booleans())
def test_block_when_any_part_of_it_is_another_then_it_is_refused_or_read_and_nothing_breaks(
    place: tuple[Any, ...], odd: object, is_doubled: bool
) -> None:
    plain = json.loads(GOLDEN.read_text(encoding="utf-8"))
    parent = plain
    for name in place[:-1]:
        parent = parent[name]
    if odd == "gone":
        del parent[place[-1]]
    else:
        parent[place[-1]] = [odd, odd] if is_doubled else odd
    payload, code = json.dumps(plain).encode(), ""
    try:
        link = read_link(LAST, 5, payload, chain_hash(GENESIS, payload))
        index_columns(link)
        state = State()
        for entry in entries_of(link):
            state.apply(entry)
    except IntegrityError as error:
        code = error.code
    assert code in ("", "J402", "J403")
