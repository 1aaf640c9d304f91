"""Columns that do not fit side by side in, neighbours that do out: as few parts as it takes, about the same in each."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["column_parts"]

_STEPS = 40


def column_parts(widths: Sequence[float], room: float) -> list[list[int]]:
    """The places of the columns of each part; a column that is wider than the room has a part of its own."""
    if not widths:
        return []
    fewest = len(_filled(widths, room))
    even = min(max(sum(widths) / fewest, *widths), room)
    for step in range(_STEPS):
        parts = _filled(widths, even + (room - even) * step / _STEPS)
        if len(parts) <= fewest:
            return parts
    return _filled(widths, room)


def _filled(widths: Sequence[float], room: float) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for place, width in enumerate(widths):
        if parts[-1] and sum(widths[taken] for taken in parts[-1]) + width > room:
            parts.append([])
        parts[-1].append(place)
    return parts
