"""What is odd in a file, in the words of listings: no finding, asks nothing and refuses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialkit.codes import load_codes
from trialkit.model.source import Oddity

NOTE = "note"
"""Where findings say how severe they are."""


class SourceNote(NamedTuple):
    """One oddity in words.

    Attributes:
        sheet: the sheet's name; empty for the file as a whole, and in a CSV file.
        cell: an address or range; may be empty.
        what: what is odd, a sentence, with how many cells it concerns.
        remedy: what can be done about it.
        code: its code.
    """

    sheet: str
    cell: str
    what: str
    remedy: str
    code: str


def source_notes(oddities: Sequence[Oddity]) -> Iterator[SourceNote]:
    """Every oddity in words, in the order given."""
    codes = load_codes()
    for oddity in oddities:
        counted = f" ({oddity.count:,} in all)" if oddity.count > 1 else ""
        what = f"{oddity.text[:1].upper()}{oddity.text[1:]}{counted}."
        yield SourceNote(oddity.sheet, oddity.cell, what, codes[oddity.code].remedy, oddity.code)
