"""The writer lock: one process at a time, from before BEGIN until after COMMIT, and while a store is closed.

Checkpoints happen inside commits and closes, so they run alone too; SQLite before 3.51.3 needs that.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trialkit.errors import StoreError

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.02


@contextmanager
def writer_lock(store: Path, patience: float, *, make: bool = True) -> Iterator[None]:
    """Hold the lock of a store: an flock on ``<store>.lock``, which the system drops when a process dies.

    Args:
        store: the store's file.
        patience: how long to wait, in seconds.
        make: make the lock file when there is none; else nothing is held then, for nobody wrote to this store yet.

    Raises:
        StoreError: J108 when another holds it longer than that, J105 when the lock file can not be made.
    """
    path = store.with_name(store.name + ".lock")
    if not make and not path.exists():
        yield
        return
    handle = _open_lock_file(path)
    try:
        _wait(handle, store, patience)
        yield
    finally:
        os.close(handle)


def _open_lock_file(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            "J105",
            f"{path.name} can not be written.",
            remedy="Ask for the right to write to the store and to its folder.",
        ) from error


def _wait(handle: int, store: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    pause = _FIRST_PAUSE
    while not _is_taken(handle):
        if time.monotonic() >= deadline:
            raise StoreError(
                "J108",
                f"{store.name} is being written by another process for more than {patience:g} seconds.",
                remedy="Wait until it has finished, then try again.",
            )
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _is_taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
