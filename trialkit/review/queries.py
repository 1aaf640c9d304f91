"""Which queries follow from the findings of a record as it will stand. Compares; opens and closes nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


def query_changes(
    open_queries: Sequence[Query], findings: Sequence[Finding], *, is_stored: bool = False, rules: Collection[str] = ()
) -> QueryChanges:
    """Compare the queries of one record with its findings.

    A finding and a query belong together when code, record and item agree. A query that is open or answered
    stays as it is while its finding persists. Closed queries are history: a finding that returns opens a new one.
    A rule that could not be evaluated asks nothing new, yet it does not count as passed: its query stays. So does a
    query about a source file, until a person closes it: the record can not show whether it was answered.

    Args:
        open_queries: the queries of one record that are open or answered; closed ones are passed over.
        findings: the findings of the record as it will stand. Findings without a record open nothing.
        is_stored: whether the record stands already. Then a hard finding is asked about, too: the record was stored
            before the rule or another record changed. Of a record that is about to be written, hard findings open
            nothing, since it is refused.
        rules: the codes that can be found in the study, for the words why; empty where it does not matter.

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
        if identity not in asked and finding.evaluated and (is_stored or not finding.is_hard):
            to_open.setdefault(identity, finding)
    to_close = tuple(
        (query, _why_closed(query, rules))
        for query in open_queries
        if not query.is_closed
        and not query.is_about_source
        and query.identity not in persisting
        and (query.code, query.key) not in unsure
    )
    return QueryChanges(tuple(to_open.values()), to_close)


def _why_closed(query: Query, rules: Collection[str]) -> str:
    if rules and query.code not in rules:
        return f"{query.code} is no longer a rule of this study."
    return f"{query.code} no longer applies to the record as it stands."
