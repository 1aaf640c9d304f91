"""One change of one item, as it is told to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trialkit.model.record import CellReference, RecordKey, Value


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value that went from one to another, and everything about it.

    Attributes:
        seq: the journal entry.
        at: when, UTC.
        zone: the zone of the site.
        user: who.
        key: the record.
        item: the item.
        old: what stood before; None is "never given".
        new: what stands since; None is "cleared".
        reason: why, where one was given.
        source: the cell it came from; None when it was typed or computed.
        source_digest: SHA-256 (hex) of the file it came from, or empty.
        derived: whether it was computed.
    """

    seq: int
    at: datetime
    zone: str
    user: str
    key: RecordKey
    item: str
    old: Value | None
    new: Value | None
    reason: str | None
    source: CellReference | None
    source_digest: str
    derived: bool

    @property
    def where(self) -> str:
        """``012-0007 V3 VS.SYSBP``."""
        return f"{self.key}.{self.item}"
