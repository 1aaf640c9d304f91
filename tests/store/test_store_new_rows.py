"""New records from rows, saved in one go: whoever reads finds what one after the other leaves, and all or none."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from property_examples import examples
from rows_sample import draw_rows, make_rows, portions
from store_sample import ANN, BOB, EVE, NOON, VS_ITEMS, change, finding, key, make_study, save, stamp, tables_of

from trialkit.errors import ConflictError, LockedError, TrialkitError, UsageError
from trialkit.model.lock import LockScope
from trialkit.model.new_rows import NewRows
from trialkit.model.record import ItemChange, Subject, Value
from trialkit.store import JournalEntry, Store, Transaction, desk, open_store, pending

PEOPLE = (ANN, BOB, EVE)


def in_one_go(transaction: Transaction, rows: NewRows) -> None:
    transaction.save_new_rows(rows, "import")


def one_by_one(transaction: Transaction, rows: NewRows) -> None:
    for place, reason in enumerate(rows.reasons):
        transaction.save_record(rows.change(place), reason if reason and reason.strip() else "import")


def write_study(path: Path, write: Callable[[Transaction, NewRows], None], several: Sequence[NewRows]) -> Store:
    """A study with rows, written in two transactions, with queries between them, and one record changed behind them."""
    numbers = itertools.count()
    store = open_store(path, make_study(), create=True, new_id=lambda: f"id-{next(numbers)}")
    with store.transaction(stamp(0)) as transaction:
        transaction.add_subjects(PEOPLE)
    for minute, rows in enumerate(several, 1):
        with store.transaction(stamp(minute, f"user {minute}")) as transaction:
            write(transaction, rows)
            transaction.open_query(finding(at=rows.keys[-1]))
    with store.transaction(stamp(10)) as transaction:
        save(transaction, several[0].keys[0], {"SYSBP": "77", "TEMP": None, "VSPOS": "sitting"})
    return store


def bare(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Entries without what tells by what they are kept."""
    return [replace(entry, entry_id="", hash="") for entry in entries]


def told(store: Store) -> dict[str, object]:
    """What the functions that read a store say, but for identifiers and hashes."""
    entries = list(store.entries())
    moments = [NOON, *(stamp(minute).at for minute in (1, 2, 10))]
    asked: dict[str, object] = {
        "entries": bare(entries),
        "numbers": [entry.seq for entry in entries],
        "changes": [(entry.changes, entry.sources) for entry in entries if entry.action == "record.save"],
        "items": [entry.items for entry in entries],
        "head": (store.head().seq, store.head().at),
        "data heads": [(head.seq, head.at) for head in map(store.data_head, [None, *moments])],
        "records": [store.records(as_of=moment) for moment in [None, *moments]],
        "subjects": [store.subjects(as_of=moment) for moment in [None, *moments]],
        "versions": store.versions([person.subject for person in PEOPLE]),
        "table": store.table("VS"),
        "holders": {item: store.subjects_with("VS", item) for item in VS_ITEMS},
        "queries": store.queries(),
    }
    for after in range(len(entries) + 1):
        asked[f"after {after}"] = bare(list(store.entries(after)))
        asked[f"saved after {after}"] = bare(list(store.entries(after, "record.save")))
    for subject, visit, form, item in itertools.product(
        (*(person.subject for person in PEOPLE), "", "nobody"), (None, "V1", "V9"), (None, "VS", "AW"), (None, "SYSBP")
    ):
        asked[f"{subject} {visit} {form} {item}"] = bare(store.history(subject, visit, form, item))
    return asked


def rows_of_tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table but the journal and the list of whom its blocks are about."""
    return {name: rows for name, rows in tables_of(path).items() if name != "journal_subject"}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stores")
    return (folder / f"{number}.db" for number in range(10_000))


@examples(30)
@given(portions(PEOPLE))
def test_new_rows_when_saved_in_one_go_then_whoever_reads_finds_what_one_by_one_leaves(
    paths: Iterator[Path], several: list[NewRows]
) -> None:
    path, other = next(paths), next(paths)
    with write_study(path, in_one_go, several) as store, write_study(other, one_by_one, several) as same:
        assert told(store) == told(same)
        assert store.verify().problems == ()
        assert store.verify().entries == same.verify().entries
        rows = tables_of(path)
        store.rebuild()
        assert tables_of(path) == rows
    assert rows_of_tables(path) == rows_of_tables(other)


def test_new_rows_when_little_is_kept_in_mind_then_nothing_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = path.with_name("other.db")
    several = [draw_rows(0, PEOPLE, ("V1", "V2")), draw_rows(1, PEOPLE, ("V3", "V4"))]
    write_study(other, one_by_one, several).close()
    monkeypatch.setattr(desk, "_MOST_STANDING", 4)
    monkeypatch.setattr(pending, "_MOST", 2)
    with write_study(path, in_one_go, several) as store:
        assert store.verify().problems == ()
    assert rows_of_tables(path) == rows_of_tables(other)


def test_new_rows_when_saved_again_in_another_store_then_the_same_bytes(path: Path) -> None:
    other = path.with_name("other.db")
    several = [draw_rows(0, PEOPLE, ("V1", "V2")), draw_rows(1, PEOPLE, ("V3",))]
    padded = [shifted(rows) for rows in several]
    with write_study(path, in_one_go, several) as store, write_study(other, in_one_go, padded) as same:
        assert store.head() == same.head()


def shifted(rows: NewRows) -> NewRows:
    """The same rows with other codes, some of which stand for the same."""
    size = len(rows.changes) - 1
    changes = [None, *[None] * 7, *rows.changes[1:], *rows.changes[1:]]
    codes = [
        array("I", [code and code + 7 + size * (place % 2) for place, code in enumerate(column)])
        for column in rows.codes
    ]
    return replace(rows, changes=changes, codes=codes)


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
    "a record of another form": ("J202", replace(_ROWS, keys=[key(), key(BOB, form="AW")])),
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
