"""What somebody may say about an import: what to do when records are refused, and what a blank cell means."""

from __future__ import annotations

from enum import StrEnum


class OnError(StrEnum):
    """What happens to the rest when a record is refused.

    `REFUSE` stores nothing of the file. `SKIP_RECORD` leaves out the record. `SKIP_ROW` leaves out the row of the
    source as a whole, with every other record that it gives and the subject that only it would enrol.
    """

    REFUSE = "refuse"
    SKIP_ROW = "skip-row"
    SKIP_RECORD = "skip-record"


class Blank(StrEnum):
    """What a blank cell means for a value that is stored: it stays as it is, or it is cleared."""

    IGNORE = "ignore"
    CLEAR = "clear"


CLEAR_WORD = ".CLEAR"
"""Written in the place of a value, in any case: the stored value is to be cleared. Like ``.ND`` it begins with a point,
as no number, date or code of the house does."""


def is_clear_word(text: str) -> bool:
    """Whether a text is the word that clears a value."""
    return text.strip().upper() == CLEAR_WORD
