"""A bar on stderr that says how far something is and how fast it goes; on terminals only."""

from __future__ import annotations

import sys
import time

import click

_WIDTH = 24
_PAUSE = 0.1


class Progress:
    """Called with how many of how many are done; draws at most ten times a second.

    Args:
        label: what is being done.
        noun: what is counted, in the plural.
        quiet: draw nothing, terminal or not.
    """

    def __init__(self, label: str, noun: str, *, quiet: bool = False) -> None:
        self._label, self._noun = label, noun
        self._is_hidden = quiet or not sys.stderr.isatty()
        self._began = self._drawn = time.monotonic()
        self._is_open = False

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` are done."""
        if self._is_hidden:
            return
        now = time.monotonic()
        if now - self._drawn >= _PAUSE or done == total:
            self._drawn = now
            self._is_open = True
            click.echo(f"\r{self._line(done, total, now - self._began)}\x1b[K", err=True, nl=False)

    def close(self) -> None:
        """End the line of the bar, where there is one."""
        if self._is_open:
            self._is_open = False
            click.echo("", err=True)

    def _line(self, done: int, total: int, seconds: float) -> str:
        filled = _WIDTH * done // max(total, 1)
        speed = f"  {done / seconds:,.0f} {self._noun}/s" if seconds > 0 else ""
        return f"{self._label} [{'#' * filled}{' ' * (_WIDTH - filled)}] {done:,} of {total:,}{speed}"
