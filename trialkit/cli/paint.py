"""Colour: only on terminals, never where NO_COLOR is set, and never alone: the words say the same in black."""

from __future__ import annotations

import os

import click


def paint(text: str, colour: str | None = None, *, bold: bool = False) -> str:
    """The text in a colour; plain where NO_COLOR is set (https://no-color.org). click strips it off terminals."""
    if os.environ.get("NO_COLOR"):
        return text
    return click.style(text, fg=colour, bold=bold or None)
