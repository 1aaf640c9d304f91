"""Making the file of a new store: whole under its name, or not there at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from trialkit.errors import StoreError
from trialkit.model.study import Study
from trialkit.store.connection import mark_as_store, open_new_engine, speaking_plainly, writing
from trialkit.store.guards import set_guards
from trialkit.store.lock import writer_lock
from trialkit.store.tables import lay_out, study_layout


def create_store(path: Path, study: Study, patience: float) -> None:
    """Make an empty store, readable and writable by its owner only (mode 0600).

    It is made under another name and renamed, so that a crash leaves no half store behind.

    Raises:
        StoreError: J104 when something of this name exists, J105 when the folder can not be written.
    """
    with writer_lock(path, patience):
        if os.path.lexists(path):
            raise StoreError("J104", f"{path.name} exists already.", remedy="Open it, or choose another name.")
        part = _open_part(path)
        try:
            with speaking_plainly(path):
                _fill(part, study)
            part.rename(path)
            _sync_folder(path.parent)
        except BaseException:
            with suppress(FileNotFoundError):
                part.unlink()
            raise


def _open_part(path: Path) -> Path:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise StoreError(
            "J105", f"{path.name} can not be made.", remedy="Ask for the right to write to its folder."
        ) from error
    os.close(handle)
    return Path(name)


def _fill(part: Path, study: Study) -> None:
    tables = lay_out(study_layout(study))
    engine = open_new_engine(part)
    with engine.connect() as connection, writing(connection).begin():
        mark_as_store(connection)
        tables.metadata.create_all(connection, tables=tables.every)
        set_guards(connection)
        connection.execute(sa.insert(tables.identity), [{"study": study.definition.study}])


def _sync_folder(folder: Path) -> None:
    """A new name is durable only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
