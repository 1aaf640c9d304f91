"""Which queries follow from the findings of a record as it will stand. Compares; opens and closes nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trialkit.model.finding import Finding
from trialkit.model.query import Query
from trialkit.model.record import RecordKey

Identity = tuple[str, RecordKey, str]
"""What a query asks about: code, record and item."""


class QueryChanges(NamedTuple):
    """What has to happen to the queries of one record.

    Attributes:
        to_open: findings that nothing asks about yet, in the order given.
        to_close: queries whose finding is gone, in the order given, each with the words why.
    """

    to_open: tuple[Finding, ...]
    to_close: tuple[tuple[Query, str], ...]


def query_changes(open_queries: Sequence[Query], findings: Sequence[Finding]) -> QueryChanges:
    """Compare the queries of one record with its findings.

    A finding and a query belong together when code, record and item agree. A query that is open or answered
    stays as it is while its finding persists. Closed queries are history: a finding that returns opens a new one.
    A rule that could not be evaluated asks nothing new, yet it does not count as passed: its query stays.

    Args:
        open_queries: the queries of one record that are open or answered; closed ones are passed over.
        findings: the soft findings of the record as it will stand. Hard findings and findings without a record
            open nothing.

    Returns:
        The findings to open, each identity once, and the queries to close.
    """
    asked = {query.identity for query in open_queries if not query.is_closed}
    unsure = {(finding.code, finding.key) for finding in findings if not finding.evaluated}
    persisting: set[Identity] = set()
    to_open: dict[Identity, Finding] = {}
    for finding in findings:
        if finding.key is None:
            continue
        identity = (finding.code, finding.key, finding.item)
        persisting.add(identity)
        if identity not in asked and _opens_a_query(finding):
            to_open.setdefault(identity, finding)
    to_close = tuple(
        (query, f"{query.code} no longer applies to the record as it stands.")
        for query in open_queries
        if not query.is_closed and query.identity not in persisting and (query.code, query.key) not in unsure
    )
    return QueryChanges(tuple(to_open.values()), to_close)


def _opens_a_query(finding: Finding) -> bool:
    return finding.evaluated and not finding.is_hard
