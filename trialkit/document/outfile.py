"""Bytes in, a file out, whole or not at all; a file that is there is not replaced unless that is asked for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from trialkit.errors import StoreError, UsageError

__all__ = ["require_free", "write_document"]


def require_free(path: Path, *, force: bool) -> None:
    """Raise UsageError B101 when something is at the path already, unless it is a file that may be replaced."""
    if path.is_dir():
        raise UsageError("B101", f"{path.as_posix()} is a folder.", remedy="Name a file in it.")
    if path.exists() and not force:
        raise UsageError(
            "B101", f"{path.as_posix()} is there already.", remedy="Choose another name, or replace it with --force."
        )


def write_document(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file in one go.

    Args:
        path: where it goes; its folder must exist.
        content: what goes into it.
        force: replace a file that is there.

    Raises:
        UsageError: B101 when something is there.
        StoreError: B102 when the disk refuses.
    """
    require_free(path, force=force)
    part: str | None = None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        Path(part).chmod(0o644)
        os.replace(part, path)
    except OSError as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        raise StoreError(
            "B102",
            f"{path.as_posix()} can not be written: {error.strerror}.",
            remedy="Look at the folder, the rights to it and the free space.",
        ) from error
