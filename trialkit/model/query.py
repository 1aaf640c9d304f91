"""Queries: what is asked about stored data until somebody answers, and until it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from trialkit.model.record import RecordKey

QueryState = Literal["open", "answered", "closed"]
"""``open``: waits for the site. ``answered``: waits for the data manager. ``closed``: settled."""


class Answer(NamedTuple):
    """One answer to a query: when (UTC), by whom, and the words."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """One question about one item or record.

    Attributes:
        query: identifier, unique in a study, for example ``Q-0001``.
        code: the code of the finding or check that opened it.
        key: the record it is about.
        item: the item it is about; empty when it is about the record.
        message: what is asked.
        state: open, answered or closed.
        opened_at: when, in UTC.
        opened_by: the user whose entry opened it.
        closed_at: when, in UTC; None until closed.
        closed_by: the user whose entry closed it; None until closed.
        reason: why it was closed; None until closed.
        answers: in the order in which they were given.
    """

    query: str
    code: str
    key: RecordKey
    item: str
    message: str
    state: QueryState
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether it is settled."""
        return self.state == "closed"

    @property
    def identity(self) -> tuple[str, RecordKey, str]:
        """What it asks about: code, record and item. At most one query that is not closed has each."""
        return self.code, self.key, self.item

    @property
    def is_about_source(self) -> bool:
        """Whether a source file raised it (a code of mapping). No look at the data can settle it; a person does."""
        return self.code.startswith("M")

    @property
    def where(self) -> str:
        """The record and item: ``012-0007 V3 VS.SYSBP``."""
        return f"{self.key}.{self.item}" if self.item else str(self.key)
