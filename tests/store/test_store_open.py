"""Opening: what is taken for a store, what is refused in one line, and the settings in force."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from store_sample import ANN, make_form, make_study, stamp

from trialkit.errors import IntegrityError, StoreError, TrialkitError
from trialkit.model.study import Study
from trialkit.store import Store, open_store


def refusal(path: Path, study: Study, *, create: bool = False) -> TrialkitError:
    with pytest.raises((StoreError, IntegrityError)) as caught:
        open_store(path, study, create=create, patience=0.2)
    assert "\n" not in str(caught.value)
    return caught.value


def test_open_when_file_is_missing_then_refused_and_nothing_made(path: Path, study: Study) -> None:
    assert refusal(path, study).code == "J101"
    assert list(path.parent.iterdir()) == []


def test_open_when_it_is_a_folder_then_refused(tmp_path: Path, study: Study) -> None:
    assert refusal(tmp_path, study).code == "J101"


@pytest.mark.parametrize("content", [b"", b"SUBJID;SYSBP\n" * 100, b"SQLite format 3\0" + bytes(100)])
def test_open_when_file_is_something_else_then_refused_and_left_as_it_is(
    path: Path, study: Study, content: bytes
) -> None:
    path.write_bytes(content)
    assert refusal(path, study).code in ("J102", "J401")
    assert path.read_bytes() == content


def test_open_when_database_is_of_another_program_then_refused_and_left_as_it_is(path: Path, study: Study) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE journal (seq INTEGER)")
    connection.close()
    before = path.read_bytes()
    assert refusal(path, study).code == "J102"
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [1, 4, 5, 8])
def test_open_when_format_is_another_then_refused_and_left_as_it_is(path: Path, study: Study, version: int) -> None:
    open_store(path, study, create=True).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    assert refusal(path, study).code == "J103"
    assert path.read_bytes() == before


def test_open_when_store_is_of_another_study_then_refused(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    refused = refusal(path, make_study(study="OTHER"))
    assert (refused.code, "KET01" in str(refused)) == ("J104", True)


def test_create_when_something_is_there_then_refused_and_left_as_it_is(path: Path, study: Study) -> None:
    path.write_text("mine")
    assert refusal(path, study, create=True).code == "J104"
    assert path.read_text() == "mine"


def test_create_when_folder_is_missing_then_refused(tmp_path: Path, study: Study) -> None:
    assert refusal(tmp_path / "nowhere" / "study.db", study, create=True).code == "J105"


def test_create_when_made_then_only_the_owner_may_read_it(path: Path, study: Study) -> None:
    before = os.umask(0o022)
    try:
        with open_store(path, study, create=True) as store, store.transaction(stamp()) as transaction:
            transaction.add_subject(ANN)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["study.db", "study.db-wal", "study.db-shm", "study.db.lock"], 0o600)


def test_create_when_it_fails_then_nothing_is_left(path: Path) -> None:
    too_wide = make_study(forms=(make_form("VS", tuple(f"I{number}" for number in range(1000))),))
    assert refusal(path, too_wide, create=True).code == "J112"
    assert [file.name for file in path.parent.iterdir()] == ["study.db.lock"]


def test_settings_when_opened_then_those_that_keep_data(store: Store) -> None:
    assert store.settings() == {
        "busy_timeout": 10000,
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
    }


def test_settings_when_database_was_switched_off_wal_then_set_again(path: Path, study: Study) -> None:
    open_store(path, study, create=True).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    with open_store(path, study) as store:
        assert store.settings()["journal_mode"] == "wal"


def test_close_when_done_then_everything_is_in_the_one_file(path: Path, study: Study) -> None:
    with open_store(path, study, create=True) as store, store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
    assert sorted(file.name for file in path.parent.iterdir()) == ["study.db", "study.db.lock"]
    with open_store(path, study) as store:
        assert store.subject(ANN.subject) == ANN


def test_close_when_called_twice_then_quiet_and_reading_is_refused(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="J110"):
        store.head()
    with pytest.raises(StoreError, match="J110"), store.transaction(stamp()):
        pass


@contextmanager
def nobody_special() -> Iterator[None]:
    """Without the rights of root, which is never refused anything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o777), (0o000, 0o777), (0o666, 0o555)])
def test_open_when_there_is_no_right_to_write_then_one_line(study: Study, file_mode: int, folder_mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "study.db"
        open_store(path, study, create=True).close()
        path.with_name("study.db.lock").unlink()
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        with nobody_special():
            assert refusal(path, study).code == "J105"
        folder.chmod(0o700)
        path.chmod(0o600)
        open_store(path, study).close()


def test_create_when_there_is_no_right_to_write_then_one_line(study: Study) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        with nobody_special():
            assert refusal(folder / "study.db", study, create=True).code == "J105"
        folder.chmod(0o700)
