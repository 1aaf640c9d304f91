"""Looking at a store without a trace, also at one that others have open, or whose log a crash left behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from trialkit.errors import StoreError
from trialkit.store.lock import writer_lock


def copy_unsettled(path: Path, patience: float) -> TemporaryDirectory[str] | None:
    """A copy of a store and its log, when one lies there; None when the file alone says everything.

    Whoever closes a store last brings the log into it and takes the log away: that would be a trace.

    The copy lies in a folder that only its owner may enter. It must be made before this process opens the store: SQLite
    loses its locks on a file that is opened and closed beside it.

    Args:
        path: the store's file.
        patience: how long to wait for a writer, in seconds.

    Raises:
        StoreError: J105 when it can not be read or copied, J108 when another process writes for too long.
    """
    log = path.with_name(path.name + "-wal")
    if not log.exists() and not path.with_name(path.name + "-shm").exists():
        return None
    folder = TemporaryDirectory(prefix="trialkit-")
    try:
        with writer_lock(path, patience, make=False):
            for file in (path, log):
                if file.exists():
                    shutil.copyfile(file, Path(folder.name) / file.name)
    except OSError as error:
        folder.cleanup()
        raise StoreError(
            "J105", f"{path.name} can not be copied to be looked at.", remedy="Free some space, then try again."
        ) from error
    except BaseException:
        folder.cleanup()
        raise
    return folder
