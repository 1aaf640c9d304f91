"""The store: the journal of one study and what follows from it, in one SQLite file on a local disk.

Everything that changes goes through `Store.transaction`. One store serves one thread; several processes may have it
open.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa

from trialkit.errors import StoreError
from trialkit.model.study import Study
from trialkit.store.connection import not_reachable, speaking_plainly, writing
from trialkit.store.creation import create_store
from trialkit.store.desk import Desk
from trialkit.store.lock import writer_lock
from trialkit.store.looking import copy_unsettled
from trialkit.store.projection import rebuild_projections
from trialkit.store.reader import StoreReader
from trialkit.store.stamp import Stamp
from trialkit.store.tables import Tables, layout_fits, study_layout
from trialkit.store.transaction import Transaction

_PATIENCE = 30.0
_PARTS = re.compile("(.{8})(.{4})(.{4})(.{4})(.{12})")
_VERSION = bytes(0x40 | byte & 0x0F for byte in range(256))
_VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))
_MOST_DRAWN = 256


def random_ids() -> Iterator[str]:
    """Random UUIDs, version 4, as texts: each as `uuid.uuid4` makes one, drawn many at a time once many are taken."""
    count = 1
    while True:
        drawn = bytearray(os.urandom(count * 16))
        drawn[6::16] = drawn[6::16].translate(_VERSION)
        drawn[8::16] = drawn[8::16].translate(_VARIANT)
        yield from map("-".join, _PARTS.findall(drawn.hex()))
        count = min(count * 4, _MOST_DRAWN)


def open_store(
    path: Path,
    study: Study,
    *,
    create: bool = False,
    look: bool = False,
    new_id: Callable[[], str] | None = None,
    patience: float = _PATIENCE,
) -> Store:
    """Open the store of a study, or make an empty one.

    Args:
        path: its file; beside it lie ``.lock``, ``-wal`` and ``-shm``. Network file systems are out of scope.
        study: the study that it must be of, with the definition in force.
        create: make it; it must not exist.
        look: only read, and leave the store and the files beside it byte for byte as they are.
        new_id: makes the identifier of each entry, a UUID; random ones when None.
        patience: how long to wait for another writer, in seconds.

    Raises:
        StoreError: J101 not there, J102 not a store, J103 other format, J104 exists already or is of another study,
            J105 no right to write, J106 disk full, J107 disk fails, J108 held by another, J109 settings refused.
        IntegrityError: J401 when SQLite finds the file damaged.
    """
    if create:
        create_store(path, study, patience)
    if not os.path.isfile(path):
        raise StoreError(
            "J101", f"there is no store {path.name}.", remedy="Check the path, or make a study with trialkit init."
        )
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise not_reachable(path)
    return Looker(path, study, patience) if look else Store(path, study, new_id=new_id, patience=patience)


class Store(StoreReader):
    """An open store. Made by `open_store`; close it, or use it in a ``with``."""

    def __init__(self, path: Path, study: Study, *, new_id: Callable[[], str] | None, patience: float) -> None:
        super().__init__(path, study)
        self._new_id = new_id
        self._patience = patience
        self._is_writing = False
        try:
            self._require_study()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Bring the log into the file and let go of it. Does nothing when closed already.

        Raises:
            StoreError: J108 when another process writes for too long; the store is closed all the same.
        """
        if self._reader is None:
            return
        reader, self._reader = self._reader, None
        try:
            with writer_lock(self._path, self._patience), speaking_plainly(self._path):
                reader.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                reader.close()
        finally:
            reader.close()
            self._engine.dispose()

    @contextmanager
    def transaction(self, stamp: Stamp) -> Iterator[Transaction]:
        """Change the store: all of what is done inside is stored when the block ends, or nothing when it raises.

        When this returns without an exception the changes are on the disk.

        Raises:
            StoreError: J110 inside another transaction of this store, and J105 to J108, J112 when the disk or the
                database refuses; then nothing was stored.
        """
        with self._writing() as (connection, tables):
            needed = study_layout(self._study)
            if not layout_fits(tables.layout, needed):
                tables = rebuild_projections(connection, tables, needed)
            desk = Desk(connection, tables, self._study.definition.study)
            transaction = Transaction(desk, stamp, self._study, self._new_id or random_ids().__next__)
            try:
                yield transaction
                transaction.finish()
            finally:
                transaction.abandon()

    def rebuild(self) -> None:
        """Drop every projection and build it anew from the journal, in one transaction.

        Raises:
            IntegrityError: J402 or J403 when the journal is not what was written; nothing is changed then.
        """
        with self._writing() as (connection, tables):
            rebuild_projections(connection, tables, study_layout(self._study))

    @contextmanager
    def _writing(self) -> Iterator[tuple[sa.Connection, Tables]]:
        self._require_open()
        if self._is_writing:
            raise StoreError(
                "J110", f"{self._path.name}: a transaction is open already.", remedy="End it before the next."
            )
        self._is_writing = True
        try:
            with (
                writer_lock(self._path, self._patience),
                speaking_plainly(self._path),
                self._engine.connect() as connection,
                _committing(writing(connection)),
            ):
                yield connection, self._tables_now(connection)
        finally:
            self._is_writing = False

    def _require_study(self) -> None:
        wanted = self._study.definition.study
        with self._reading() as (connection, tables):
            study = connection.execute(sa.select(tables.identity.c.study)).scalar_one_or_none()
        if study != wanted:
            raise StoreError(
                "J104",
                f"{self._path.name} is the store of study {study}, not of {wanted}.",
                remedy="Check which store the study file names.",
            )


class Looker(Store):
    """A store that is only looked at. Where its log still holds something, a copy is looked at, since closing the
    store itself would bring the log into it."""

    def __init__(self, path: Path, study: Study, patience: float) -> None:
        self._copy = copy_unsettled(path, patience)
        super().__init__(
            path if self._copy is None else Path(self._copy.name) / path.name, study, new_id=_no_id, patience=patience
        )

    def close(self) -> None:
        """Let go of it. Does nothing when closed already."""
        reader, self._reader = self._reader, None
        try:
            if reader is not None:
                with writer_lock(self._path, self._patience, make=False):
                    reader.close()
        finally:
            self._engine.dispose()
            if self._copy is not None:
                self._copy.cleanup()

    @contextmanager
    def _writing(self) -> Iterator[tuple[sa.Connection, Tables]]:
        raise StoreError("J110", f"{self._path.name} was opened to be looked at.", remedy="Open it to write.")
        yield  # a generator, as what it stands for


def _no_id() -> str:
    raise StoreError("J110", "a store that is looked at takes no entries.", remedy="Open it to write.")


@contextmanager
def _committing(connection: sa.Connection) -> Iterator[None]:
    transaction = connection.begin()
    try:
        yield
        transaction.commit()
    except BaseException:
        # Closing the connection takes back what the rollback could not; the first error is the one to tell.
        with suppress(sa.exc.SQLAlchemyError):
            transaction.rollback()
        raise
