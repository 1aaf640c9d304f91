"""Bytes in, a file on the disk out: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from trialkit.errors import StoreError


def write_whole(path: Path, content: bytes | Iterable[bytes], code: str) -> None:
    """Write a file in one go, in the place of one that is there.

    Args:
        path: where it goes; its folder must exist.
        content: what goes into it, whole or in pieces.
        code: the code of the error, should the disk refuse.

    Raises:
        StoreError: with that code; nothing is left behind.
    """
    part: str | None = None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as target:
            target.writelines([content] if isinstance(content, bytes) else content)
            target.flush()
            os.fsync(target.fileno())
        Path(part).chmod(0o644)
        os.replace(part, path)
    except BaseException as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise  # of who makes the pieces
        raise StoreError(
            code,
            f"{path.as_posix()} can not be written: {error.strerror}.",
            remedy="Look at the folder, the rights to it and the free space.",
        ) from error
