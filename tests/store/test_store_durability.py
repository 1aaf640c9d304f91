"""Processes that write at once, and processes that are killed: nothing acknowledged is lost, nothing stands half."""

from __future__ import annotations

import fcntl
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from store_sample import ANN, stamp

from trialkit.errors import StoreError
from trialkit.model.study import Study
from trialkit.store import Store, open_store

WRITER = Path(__file__).with_name("store_writer.py")


def start_writer(path: Path, count: int, user: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, WRITER, path, str(count), user], stdout=subprocess.PIPE, text=True)


def test_writers_when_two_write_at_once_then_every_record_is_stored(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    writers = [start_writer(path, 50, user) for user in ("a", "b")]
    for writer in writers:
        said, _ = writer.communicate(timeout=120)
        assert (writer.returncode, len(said.split())) == (0, 50)
    with open_store(path, study) as store:
        assert len(store.records()) == 100
        assert {(record.key.timepoint, record.key.repeat) for record in store.records()} == {
            (user, number) for user in "AB" for number in range(1, 51)
        }
        assert store.head().seq == 101
        assert store.verify().problems == ()


def test_writer_when_killed_then_nothing_acknowledged_is_lost(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    chance = random.Random(7)  # noqa: S311  # moments to kill at
    for kill in range(5):
        user = f"w{kill}"
        writer = start_writer(path, 10_000, user)
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline())]
        time.sleep(chance.uniform(0, 0.1))
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        writer.wait()
        writer.stdout.close()
        with open_store(path, study) as store:
            stored = [record.key.repeat for record in store.records() if record.key.timepoint == user.upper()]
            assert len(stored) in (len(acknowledged), len(acknowledged) + 1)
            assert stored[: len(acknowledged)] == acknowledged
            assert store.verify().problems == ()


def test_transaction_when_another_process_holds_the_lock_for_too_long_then_one_line(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    store = open_store(path, study, patience=0.05)
    with path.with_name("study.db.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="J108"), store.transaction(stamp()):
            pass
        assert store.subjects() == []
        fcntl.flock(other, fcntl.LOCK_UN)
        with store.transaction(stamp()) as transaction:
            transaction.add_subject(ANN)
    assert store.subjects() == [ANN]
    store.close()


def test_transaction_when_another_store_of_the_process_writes_then_it_has_to_wait(
    path: Path, study: Study, store: Store
) -> None:
    with (
        open_store(path, study, patience=0.05) as other,
        store.transaction(stamp()),
        pytest.raises(StoreError, match="J108"),
        other.transaction(stamp()),
    ):
        pass


def test_close_when_another_process_writes_for_too_long_then_said_so_and_closed(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    store = open_store(path, study, patience=0.05)
    with path.with_name("study.db.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="J108"):
            store.close()
    with pytest.raises(StoreError, match="J110"):
        store.head()
