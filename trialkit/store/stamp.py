"""Who does something, and when: handed in by the caller, for the store has no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trialkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Stamp:
    """Goes onto every entry of one transaction.

    Attributes:
        user: who does it; never blank.
        at: when. Must carry an offset; kept in UTC, to the microsecond.
        zone: IANA name of the site's time zone, or ``UTC``.

    Raises:
        UsageError: J211 for a blank user, a moment without an offset, or an unknown zone.
    """

    user: str
    at: datetime
    zone: str

    def __post_init__(self) -> None:
        if not self.user.strip():
            raise UsageError("J211", "an entry needs a user.", remedy="Say who does it.")
        if self.at.utcoffset() is None:
            raise UsageError("J211", "the moment of an entry has no offset.", remedy="Give the moment in UTC.")
        if not _is_known_zone(self.zone):
            raise UsageError(
                "J211", "the time zone of an entry is unknown.", remedy="Give an IANA name such as Europe/Amsterdam."
            )
        object.__setattr__(self, "at", self.at.astimezone(UTC))


def _is_known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
