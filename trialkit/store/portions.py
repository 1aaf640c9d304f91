"""How many things one statement may name, and how many at a time are worked on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

MOST_NAMED = 500
"""SQLite takes so many parameters only."""

T = TypeVar("T")


def in_portions(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in slices of a size, the last one shorter."""
    for first in range(0, len(whole), size):
        yield whole[first : first + size]
