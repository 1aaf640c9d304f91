"""What a store keeps as it came: bytes, or a file that is read piece by piece and never stands in memory as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

PIECE = 1024 * 1024
"""So many bytes are read at a time."""


class Content:
    """Bytes, or those of a file.

    Args:
        origin: the bytes, or where the file lies. It must stay as it is until it is kept.
    """

    def __init__(self, origin: bytes | Path) -> None:
        self._origin = origin

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self._origin.stat().st_size if isinstance(self._origin, Path) else len(self._origin)

    def pieces(self) -> Iterator[bytes]:
        """The bytes from the first to the last, in pieces."""
        with self._open() as stream:
            while piece := stream.read(PIECE):
                yield piece

    def digest(self) -> str:
        """SHA-256 (hex)."""
        made = hashlib.sha256()
        for piece in self.pieces():
            made.update(piece)
        return made.hexdigest()

    def _open(self) -> BinaryIO:
        return self._origin.open("rb") if isinstance(self._origin, Path) else BytesIO(self._origin)
