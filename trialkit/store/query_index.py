"""The queries that a transaction has read or opened, found by what they ask and whom they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from trialkit.model.query import Query
from trialkit.model.record import RecordKey


class QueryIndex:
    """Finds queries of the state.

    Args:
        queries: the state's, by name; whatever is added there is to be noted here.
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._queries = queries
        self._asking: defaultdict[tuple[str, RecordKey, str], list[str]] = defaultdict(list)
        self._about: defaultdict[str, list[str]] = defaultdict(list)
        self._of_record: defaultdict[RecordKey, list[str]] = defaultdict(list)

    def note(self, query: Query) -> None:
        """Take a query in."""
        self._asking[query.identity].append(query.query)
        self._about[query.key.subject].append(query.query)
        self._of_record[query.key].append(query.query)

    def clear(self) -> None:
        """Forget all."""
        for index in (self._asking, self._about, self._of_record):
            index.clear()

    def active(self, identity: tuple[str, RecordKey, str]) -> Query | None:
        """The query that asks this already and is not closed."""
        named = (self._queries[name] for name in self._asking.get(identity, ()))
        return next((query for query in named if not query.is_closed), None)

    def about(self, subject: str) -> list[Query]:
        """Every query about a subject, unsorted."""
        return [self._queries[name] for name in self._about.get(subject, ())]

    def about_record(self, key: RecordKey) -> list[Query]:
        """Every query about a record, unsorted."""
        return [self._queries[name] for name in self._of_record.get(key, ())]
