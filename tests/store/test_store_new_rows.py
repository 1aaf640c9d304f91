"""New records from rows, saved in one go: the same bytes as one after the other, and all of them or none."""

from __future__ import annotations

import itertools
import random
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bulk_sample import TEXTS, bulk_study, digest_of_tables, people
from store_sample import ANN, BOB, VS_ITEMS, change, finding, key, save, stamp, tables_of

from trialkit.errors import ConflictError, LockedError, TrialkitError, UsageError
from trialkit.model.item import MissingReason
from trialkit.model.lock import LockScope
from trialkit.model.new_rows import NewRows
from trialkit.model.record import ItemChange, RecordKey, Subject, Value
from trialkit.model.submitted_rows import RowLayout
from trialkit.store import Store, Transaction, desk, open_store, pending

LETTERS = dict(zip(VS_ITEMS, "CDEFGH", strict=True))


def make_rows(
    keys: Sequence[RecordKey],
    given: Sequence[Mapping[str, Value]],
    reasons: Sequence[str | None] | None = None,
    sheet: str = "Visits",
) -> NewRows:
    """Rows that give these values, from row 2 on; what is said again has the same code."""
    changes: list[ItemChange | None] = [None]
    known: dict[tuple[str, Value], int] = {}
    columns: list[array[int]] = []
    for item in VS_ITEMS:
        column = array("I")
        for values in given:
            value = values.get(item)
            if value is None:
                column.append(0)
                continue
            if (item, value) not in known:
                known[item, value] = len(changes)
                changes.append(ItemChange(item, None, value))
            column.append(known[item, value])
        columns.append(column)
    layout = RowLayout("site.xlsx", sheet, keys[0].form, LETTERS, ("A", "B"))
    numbers = array("Q", range(2, 2 + len(keys)))
    return NewRows(layout, "1", list(keys), numbers, reasons or [""] * len(keys), VS_ITEMS, changes, columns)


def draw_rows(seed: int, subjects: Sequence[Subject]) -> NewRows:
    """A row for each subject and visit, each with some values of every kind."""
    chance = random.Random(seed)  # noqa: S311  # a sample
    values = [Value(text) for text in TEXTS] + [
        Value("12", unit="mmHg"),
        Value("36.6", unit='k"g', raw="36,6"),
        Value(missing=MissingReason.NOT_DONE, raw="n/a"),
    ]
    keys = [key(subject, "VS", visit) for visit in ("V1", "V2") for subject in subjects]
    given = [
        {item: chance.choice(values) for item in chance.sample(VS_ITEMS, chance.randint(1, len(VS_ITEMS)))}
        for _ in keys
    ]
    return make_rows(keys, given, [chance.choice(["", None, " ", 'the "source"']) for _ in keys])


def in_one_go(transaction: Transaction, rows: NewRows) -> None:
    transaction.save_new_rows(rows, "import")


def one_by_one(transaction: Transaction, rows: NewRows) -> None:
    for place, reason in enumerate(rows.reasons):
        transaction.save_record(rows.change(place), reason if reason and reason.strip() else "import")


def write_study(path: Path, write: Callable[[Transaction, NewRows], None]) -> Store:
    """A study with rows of forty subjects, written in two portions with queries between them."""
    numbers = itertools.count()
    store = open_store(path, bulk_study(), create=True, new_id=lambda: f"id-{next(numbers)}")
    subjects = people(40)
    with store.transaction(stamp(0)) as transaction:
        transaction.add_subjects(subjects[:20])
    with store.transaction(stamp(1)) as transaction:
        transaction.add_subjects(subjects[20:])
        for seed, some in enumerate((subjects[:25], subjects[25:])):
            rows = draw_rows(seed, some)
            write(transaction, rows)
            transaction.open_query(finding(at=rows.keys[3]))
    return store


def test_new_rows_when_saved_in_one_go_then_every_row_of_every_table_is_as_one_by_one(path: Path) -> None:
    other = path.with_name("other.db")
    with write_study(path, in_one_go) as store, write_study(other, one_by_one) as same:
        assert store.verify().problems == ()
        assert store.head() == same.head()
        assert store.records() == same.records()
    assert digest_of_tables(path) == digest_of_tables(other)


def test_new_rows_when_little_is_kept_in_mind_then_nothing_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = path.with_name("other.db")
    write_study(other, one_by_one).close()
    monkeypatch.setattr(desk, "_MOST_STANDING", 10)
    monkeypatch.setattr(pending, "_MOST", 7)
    with write_study(path, in_one_go) as store:
        assert store.verify().problems == ()
    assert tables_of(path) == tables_of(other)


def test_record_when_its_row_was_saved_just_now_then_it_can_be_read_and_changed(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subjects([ANN, BOB])
        transaction.save_new_rows(make_rows([key(), key(BOB)], [{"SYSBP": Value("120")}, {"TEMP": Value("36")}]), None)
        found = transaction.record(key())
        assert found is not None
        assert (found.version, dict(found.values)) == (1, {"SYSBP": Value("120")})
        assert transaction.record(key(BOB, visit="V2")) is None
        save(transaction, key(), {"SYSBP": "121"})
    assert store.verify().problems == ()
    record = store.record(key())
    assert record is not None
    assert (record.version, record.values["SYSBP"]) == (2, Value("121"))


def test_rows_when_there_is_none_then_nothing_is_written(store: Store) -> None:
    rows = make_rows([key()], [{"SYSBP": Value("120")}]).at([False])
    before = store.head()
    with store.transaction(stamp()) as transaction:
        transaction.save_new_rows(rows, None)
    assert store.head() == before


def _named(rows: NewRows, place: int, renamed: ItemChange | None) -> NewRows:
    changes = list(rows.changes)
    changes[place] = renamed
    return replace(rows, changes=changes)


_ROWS = make_rows([key(), key(BOB)], [{"SYSBP": Value("120")}, {"TEMP": Value("36")}])
_WRONG = {
    "an unknown subject": (
        "J203",
        make_rows([key(), key(Subject("012-0009", "012", "9"))], [{"TEMP": Value("1")}] * 2),
    ),
    "another site": ("J204", make_rows([key(), key(BOB)._replace(site="007")], [{"TEMP": Value("1")}] * 2)),
    "an unknown form": ("J205", make_rows([key(form="XX")], [{"TEMP": Value("1")}])),
    "an unknown item": ("J205", replace(_ROWS, items=("SYSBP", "WRONG", *VS_ITEMS[2:]))),
    "one record twice": ("J202", make_rows([key(), key()], [{"TEMP": Value("1")}] * 2)),
    "a row without a value": ("J202", make_rows([key(), key(BOB)], [{"TEMP": Value("1")}, {}])),
    "an item twice": ("J202", replace(_ROWS, items=("SYSBP", "SYSBP", *VS_ITEMS[2:]))),
    "a change of another item": ("J202", _named(_ROWS, 1, ItemChange("PULSE", None, Value("1")))),
    "a change of what stands": ("J202", _named(_ROWS, 1, ItemChange("SYSBP", Value("2"), Value("1")))),
    "a change to nothing": ("J202", _named(_ROWS, 1, ItemChange("SYSBP", None, None))),
    "no change at all": ("J202", _named(_ROWS, 1, None)),
    "half a character": ("J206", make_rows([key(), key(BOB)], [{"TEMP": Value("1")}, {"TEMP": Value("\ud800")}])),
}


@pytest.mark.parametrize("what", _WRONG)
def test_rows_when_one_is_not_as_it_should_be_then_none_is_stored(what: str, store: Store, path: Path) -> None:
    code, rows = _WRONG[what]
    with store.transaction(stamp()) as transaction:
        transaction.add_subjects([ANN, BOB])
    with store.transaction(stamp(1)) as transaction:
        with pytest.raises(UsageError) as caught:
            transaction.save_new_rows(rows, None)
        save(transaction, key(visit="V2"), {"SYSBP": "1"})  # whoever goes on all the same stores only what follows
    assert caught.value.code == code
    assert [record.key for record in store.records()] == [key(visit="V2")]
    assert store.verify().problems == ()


def test_rows_when_a_record_stands_already_then_none_is_stored(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subjects([ANN, BOB])
        transaction.save_record(change(None, key(BOB), {"SYSBP": "131"}), None)
    with (
        pytest.raises(ConflictError, match="012-0002 V1 VS is at version 1"),
        store.transaction(stamp(1)) as transaction,
    ):
        transaction.save_new_rows(_ROWS, None)
    assert [record.key for record in store.records()] == [key(BOB)]


def test_rows_when_they_were_saved_before_in_the_same_transaction_then_they_stand_already(store: Store) -> None:
    def twice(transaction: Transaction) -> None:
        transaction.add_subjects([ANN, BOB])
        transaction.save_new_rows(_ROWS, None)
        transaction.save_new_rows(_ROWS, None)

    with pytest.raises(TrialkitError, match="is at version 1"), store.transaction(stamp()) as transaction:
        twice(transaction)
    assert store.records() == []


def test_rows_when_one_is_locked_then_none_is_stored(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subjects([ANN, BOB])
        transaction.lock_records(LockScope("012", BOB.subject, "", ""), "cleaned")
    with pytest.raises(LockedError, match="012-0002 V1 VS is locked"), store.transaction(stamp(1)) as transaction:
        transaction.save_new_rows(_ROWS, None)
    assert store.records() == []
