"""Locks in the journal: set, lifted, obeyed, replayed; and the store says that it has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from store_sample import ANN, key, make_study, save, stamp

from trialkit.errors import LockedError, StoreError, UsageError
from trialkit.model.lock import LockScope, find_lock
from trialkit.model.study import Study
from trialkit.store import Store, open_store

WHOLE = LockScope(ANN.site, ANN.subject)


@pytest.fixture
def stored(store: Store) -> Store:
    """A store with one record of ANN."""
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        save(transaction, key(ANN), {"SYSBP": "120"})
    return store


def _lock(store: Store, scope: LockScope = WHOLE) -> None:
    with store.transaction(stamp(1, "eve")) as transaction:
        transaction.lock_records(scope, "source verified")


def _format(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_save_when_the_record_is_locked_then_refused_with_who_and_when(stored: Store) -> None:
    _lock(stored)
    before = stored.head()
    with pytest.raises(LockedError) as caught, stored.transaction(stamp(2)) as transaction:
        save(transaction, key(ANN, repeat=2), {"SYSBP": "121"})
    assert (caught.value.code, "by eve since 20" in caught.value.message) == ("J302", True)
    assert stored.head() == before


def test_save_when_locked_in_the_same_transaction_then_refused(stored: Store) -> None:
    with pytest.raises(LockedError):
        _lock_and_save(stored)
    assert stored.locks() == {}


def _lock_and_save(store: Store) -> None:
    with store.transaction(stamp(2)) as transaction:
        transaction.lock_records(WHOLE, "source verified")
        save(transaction, key(ANN, repeat=2), {"SYSBP": "121"})


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (WHOLE, True),
        (WHOLE._replace(visit=key(ANN).visit), True),
        (WHOLE._replace(form=key(ANN).form), True),
        (WHOLE._replace(visit=key(ANN).visit, form=key(ANN).form), True),
        (WHOLE._replace(visit="OTHER"), False),
        (WHOLE._replace(form="OTHER"), False),
        (LockScope(ANN.site, ""), False),
    ],
)
def test_lock_when_it_stands_then_it_covers_what_it_names(scope: LockScope, covers: bool, stored: Store) -> None:
    _lock(stored, scope)
    assert (find_lock(stored.locks(), key(ANN)) is not None) is covers


def test_unlock_when_done_then_the_record_changes_again_and_everything_verifies(stored: Store) -> None:
    _lock(stored)
    with stored.transaction(stamp(2)) as transaction:
        transaction.unlock_records(WHOLE, "error found")
        save(transaction, key(ANN, repeat=2), {"SYSBP": "121"})
    assert stored.locks() == {}
    assert stored.verify().problems == ()
    assert [entry.reason for entry in stored.history(ANN.subject) if entry.action.startswith("record.")][1:3] == [
        "source verified",
        "error found",
    ]


@pytest.mark.parametrize(("reason", "code"), [("x", "J214"), (" ", "J201")])
def test_lock_when_locked_already_or_without_words_then_refused(reason: str, code: str, stored: Store) -> None:
    _lock(stored)
    with pytest.raises(UsageError, match=code), stored.transaction(stamp(2)) as transaction:
        transaction.lock_records(WHOLE, reason)


def test_store_when_something_is_locked_then_it_is_marked_so_that_an_older_trialkit_stays_out(
    path: Path, stored: Store, study: Study
) -> None:
    assert _format(path) == 6
    _lock(stored)
    stored.close()
    assert _format(path) == 7
    with open_store(path, study) as again:
        assert [lock.by for lock in again.locks().values()] == ["eve"]
        again.rebuild()
        assert again.verify().problems == ()


def test_store_when_it_is_looked_at_then_it_can_not_be_written_and_leaves_no_file(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    path.with_name("study.db.lock").unlink()
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with open_store(path, make_study(), look=True) as store:
        assert store.records() == []
        with pytest.raises(StoreError, match="J110"), store.transaction(stamp()):
            pass
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
