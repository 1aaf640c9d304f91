"""Bulk work without Python's search for circles of objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Python's search for circles of objects looks at all texts and findings again and again: a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def collect_young() -> None:
    """Let go of those objects made since the last time that only hold each other: tables, and what rules made of them.

    What is older is not looked at, so it takes time for the new objects only, also where `without_collector` rules.
    """
    gc.collect(0)
