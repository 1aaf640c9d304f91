"""A progress bar on stderr that says how fast it goes; drawn on terminals only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import click

_EACH = 100
"""So many steps between two drawings: drawing each would cost more than the work."""


class Pace:
    """A bar for one run of work whose length shows when it begins.

    Args:
        label: what is being done.
        unit: what is counted: ``rows``.
        quiet: draw nothing.
    """

    def __init__(self, label: str, unit: str, *, quiet: bool) -> None:
        self._unit = unit
        self._begun = time.monotonic()
        self._bar: Any = click.progressbar(  # Any: click does not export the type of its progress bar
            length=1,
            label=label,
            file=sys.stderr,
            hidden=quiet or not sys.stderr.isatty(),
            item_show_func=lambda rate: rate,
        )

    def __enter__(self) -> Pace:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def advance(self, done: int, total: int) -> None:
        """Show that so many of so many are done, and how many a second."""
        if done == 1:
            self._begun = time.monotonic()
        self._bar.length = total
        if done % _EACH == 0 or done == total:
            seconds = max(time.monotonic() - self._begun, 1e-3)
            self._bar.update(done - self._bar.pos, f"{done / seconds:,.0f} {self._unit}/s")
