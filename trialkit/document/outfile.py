"""Bytes in, a file out, whole or not at all; a file that is there is not replaced unless that is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trialkit.errors import UsageError
from trialkit.whole_file import write_whole

__all__ = ["require_free", "write_document"]


def require_free(path: Path, *, force: bool) -> None:
    """Raise UsageError B101 when something is at the path already, unless it is a file that may be replaced."""
    if path.is_dir():
        raise UsageError("B101", f"{path.as_posix()} is a folder.", remedy="Name a file in it.")
    if path.exists() and not force:
        raise UsageError(
            "B101", f"{path.as_posix()} is there already.", remedy="Choose another name, or replace it with --force."
        )


def write_document(path: Path, content: bytes | Iterable[bytes], *, force: bool = False) -> None:
    """Write a file in one go.

    Args:
        path: where it goes; its folder must exist.
        content: what goes into it, whole or in pieces.
        force: replace a file that is there.

    Raises:
        UsageError: B101 when something is there.
        StoreError: B102 when the disk refuses.
    """
    require_free(path, force=force)
    write_whole(path, content, "B102")
