"""Connections to the file of a store: every one with the same settings, read back and refused on difference.

Never opens the file outside SQLite: closing such a handle would drop the locks that SQLite holds in this process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from trialkit.errors import IntegrityError, StoreError, TrialkitError

APPLICATION_ID = 0x74726B74
"""Marks a SQLite file as a store of trialkit: ``trkt``."""

STORE_FORMAT = 6
"""Version of the tables, of the entries and of the chain, kept as SQLite's user_version."""

FORMAT_WITH_LOCKS = 7
"""Of a store in which something was ever locked: a trialkit that knows no locks must not write to it."""

_SET_IDENTITY = ("PRAGMA application_id=1953655668", "PRAGMA user_version=6")
_SETTINGS: tuple[tuple[str, str, object], ...] = (
    ("PRAGMA busy_timeout=10000", "PRAGMA busy_timeout", 10000),
    ("PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal"),
    ("PRAGMA synchronous=FULL", "PRAGMA synchronous", 2),
    ("PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", 1),
    ("PRAGMA recursive_triggers=ON", "PRAGMA recursive_triggers", 1),
    ("PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", 0),
    ("PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", 1),
)
_WRITES = "trialkit_writes"


def open_engine(path: Path) -> sa.Engine:
    """An engine whose connections all have the settings of a store.

    The first connection checks that the file is a store of this version. Parameters never appear in errors.
    """
    engine = sa.create_engine(
        "sqlite+pysqlite://", creator=lambda: _connect(path), poolclass=NullPool, hide_parameters=True
    )
    event.listen(engine, "begin", _begin)
    return engine


def writing(connection: sa.Connection) -> sa.Connection:
    """The connection, made to begin its transactions with the right to write, so that none has to be upgraded."""
    return connection.execution_options(**{_WRITES: True})


def mark_as_store(connection: sa.Connection) -> None:
    """Write the marks of a store into a new file."""
    for text in _SET_IDENTITY:
        connection.exec_driver_sql(text)


def understand_locks(connection: sa.Connection) -> None:
    """Mark the store as one that holds locks, within the transaction that is open."""
    connection.exec_driver_sql("PRAGMA user_version=7")


def open_new_engine(path: Path) -> sa.Engine:
    """An engine on a file that is still empty, without the settings: for making a store."""
    engine = sa.create_engine(
        "sqlite+pysqlite://", creator=lambda: _connect_plainly(path), poolclass=NullPool, hide_parameters=True
    )
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def speaking_plainly(path: Path) -> Iterator[None]:
    """Turn what the database says into one sentence of ours."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _translate(path, error.orig) from error
    except sqlite3.Error as error:
        raise _translate(path, error) from error


def settings_of(connection: sa.Connection) -> dict[str, object]:
    """The settings in force: pragma to value."""
    return {read.removeprefix("PRAGMA "): connection.exec_driver_sql(read).scalar_one() for _, read, _ in _SETTINGS}


def _connect_plainly(path: Path) -> sqlite3.Connection:
    # Transactions begin and end where we say, never where the driver guesses.
    return sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None)


def _connect(path: Path) -> sqlite3.Connection:
    connection = _connect_plainly(path)
    try:
        _require_store(path, connection)
        for setting, reading, wanted in _SETTINGS:
            connection.execute(setting)
            if connection.execute(reading).fetchone() != (wanted,):
                raise StoreError(
                    "J109",
                    f"{path.name}: SQLite does not take the setting {setting.removeprefix('PRAGMA ')}.",
                    remedy="Keep the store on a local disk and use a SQLite of this house's minimum version.",
                )
    except BaseException:
        connection.close()
        raise
    return connection


def _require_store(path: Path, connection: sqlite3.Connection) -> None:
    # Before any setting: a database that is not ours is left as it is.
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise not_a_store(path)
    if version not in (STORE_FORMAT, FORMAT_WITH_LOCKS):
        raise StoreError(
            "J103",
            f"{path.name} has store format {version}, this trialkit reads {STORE_FORMAT} and {FORMAT_WITH_LOCKS}.",
            remedy="Use the version of trialkit that made it, or a newer one.",
        )


def not_a_store(path: Path) -> StoreError:
    """J102: the file is something else."""
    return StoreError("J102", f"{path.name} is not a store of trialkit.", remedy="Check the path of the store.")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _translate(path: Path, error: BaseException | None) -> TrialkitError:
    name = getattr(error, "sqlite_errorname", "") or ""
    for beginning, make in _MEANINGS:
        if name.startswith(beginning):
            return make(path)
    return StoreError(
        "J112",
        f"{path.name}: the database refused ({name or type(error).__name__}).",
        remedy="Run trialkit doctor, and keep the file as it is.",
    )


def not_reachable(path: Path) -> StoreError:
    """J105: no right to read or write."""
    return StoreError(
        "J105",
        f"{path.name} can not be opened or written.",
        remedy="Ask for the right to write to the store and to its folder.",
    )


def _disk_full(path: Path) -> StoreError:
    return StoreError(
        "J106", f"{path.name}: the disk is full; nothing was stored.", remedy="Free some space, then try again."
    )


def _disk_fails(path: Path) -> StoreError:
    return StoreError(
        "J107", f"{path.name}: reading or writing the disk failed.", remedy="Check the disk, then try again."
    )


def _busy(path: Path) -> StoreError:
    return StoreError(
        "J108", f"{path.name} is held by another program.", remedy="Close the other program, then try again."
    )


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        "J401",
        f"{path.name} is damaged.",
        remedy="Stop working with this store and restore the newest backup that verifies.",
    )


_MEANINGS = (
    ("SQLITE_NOTADB", not_a_store),
    ("SQLITE_CANTOPEN", not_reachable),
    ("SQLITE_READONLY", not_reachable),
    ("SQLITE_PERM", not_reachable),
    ("SQLITE_AUTH", not_reachable),
    ("SQLITE_FULL", _disk_full),
    ("SQLITE_IOERR", _disk_fails),
    ("SQLITE_BUSY", _busy),
    ("SQLITE_LOCKED", _busy),
    ("SQLITE_CORRUPT", _damaged),
)
