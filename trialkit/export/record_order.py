"""Records in, the same records in the order in which the protocol planned them out. Never drops one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from trialkit.model.protocol import Protocol
from trialkit.model.record import Record, RecordKey

__all__ = ["order_records"]

_Rank = tuple[Decimal, str]


def order_records(protocol: Protocol, records: Iterable[Record]) -> list[Record]:
    """Sort by site, subject, visit number, visit repeat, form, timepoint number, repeat.

    Visits and timepoints that the protocol lacks come first; ties fall to their identifiers.
    """
    visits = {visit.visit: visit.number for visit in protocol.visits}
    points = {point.timepoint: point.number for point in protocol.timepoints}
    unknown = min([*visits.values(), *points.values()]) - 1

    def place(record: Record) -> tuple[str, str, _Rank, int, str, _Rank, int]:
        key: RecordKey = record.key
        visit = visits.get(key.visit, unknown), key.visit
        point = points.get(key.timepoint, unknown), key.timepoint
        return key.site, key.subject, visit, key.visit_repeat, key.form, point, key.repeat

    return sorted(records, key=place)
