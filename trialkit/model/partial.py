"""Partial dates and date-times: values that are known only so far. Nobody ever fills in a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_ISO = re.compile(
    r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?)?)?$", re.ASCII
)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """An ISO 8601 date or date-time of any precision from year to second, without a zone in comparisons.

    Comparing two looks only at the precision both share: `2024-05` against `2024-05-17` is unknown (None),
    against `2024-06-01` it is earlier.

    Attributes:
        parts: year, month, day, hour, minute, second: one to six numbers.
        zone: ``Z`` or ``+01:00`` as written, or empty.
    """

    parts: tuple[int, ...]
    zone: str = ""

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read ISO 8601 text. Raises ValueError for anything that is not a real date of some precision."""
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError("not an ISO 8601 date")
        parts = tuple(int(part) for part in match.groups()[:6] if part is not None)
        _require_real(parts)
        return cls(parts, match.group(7) or "")

    @property
    def is_complete_date(self) -> bool:
        """Whether year, month and day are known."""
        return len(self.parts) >= 3

    @property
    def has_time(self) -> bool:
        """Whether hour and minute are known."""
        return len(self.parts) >= 5

    def date_part(self) -> PartialDate:
        """The same without its time."""
        return PartialDate(self.parts[:3])

    def as_date(self) -> date | None:
        """The calendar day, or None when it is not known."""
        return date(*self.parts[:3]) if self.is_complete_date else None

    def as_datetime(self) -> datetime | None:
        """The moment on the local clock, or None when the time is not known."""
        if not self.has_time:
            return None
        year, month, day, hour, minute, second = (*self.parts, 0)[:6]
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # a local clock reading, on purpose

    def compare(self, other: PartialDate) -> int | None:
        """-1, 0 or 1 for earlier, same, later; None when the shared precision can not tell.

        Two that agree as far as both go are the same when both name a full day (`2024-05-17` and
        `2024-05-17T09:30` are the same on dates), and can not be told apart when one of them does not.
        Date-times that both carry a zone are compared as instants.
        """
        if self.zone and other.zone:
            mine, theirs = self._instant(), other._instant()
            return (mine > theirs) - (mine < theirs)
        shared = min(len(self.parts), len(other.parts))
        mine_parts, their_parts = self.parts[:shared], other.parts[:shared]
        if mine_parts != their_parts:
            return 1 if mine_parts > their_parts else -1
        same_precision = len(self.parts) == len(other.parts)
        return 0 if same_precision or shared >= 3 else None

    def _instant(self) -> datetime:
        moment = self.as_datetime()
        if moment is None:
            raise ValueError("a zone is only read behind a time")
        if self.zone == "Z":
            return moment
        sign = 1 if self.zone[0] == "+" else -1
        return moment - sign * timedelta(hours=int(self.zone[1:3]), minutes=int(self.zone[4:6]))

    def __str__(self) -> str:
        formats = ("{:04d}", "-{:02d}", "-{:02d}", "T{:02d}", ":{:02d}", ":{:02d}")
        return "".join(form.format(part) for form, part in zip(formats, self.parts, strict=False)) + self.zone


def _require_real(parts: tuple[int, ...]) -> None:
    """Raise ValueError when the known parts are no point on the calendar and clock."""
    year, month, day = (*parts[:3], 1, 1)[:3]
    hour, minute, second = (*parts[3:], 0, 0, 0)[:3]
    datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # only asked whether it exists
