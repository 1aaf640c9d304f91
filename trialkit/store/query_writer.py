"""The queries of one transaction: opened, answered, closed, and read as the transaction sees them."""

from __future__ import annotations

from collections.abc import Collection

from trialkit.errors import UsageError
from trialkit.model.finding import Finding
from trialkit.model.query import Query, QueryState
from trialkit.model.record import RecordKey
from trialkit.store import entry as actions
from trialkit.store.entry_writer import EntryWriter
from trialkit.store.projection import read_queries
from trialkit.store.query_text import QueryTexts, question_of
from trialkit.store.requirements import require_asked, require_words
from trialkit.store.rows import query_order


class QueryWriter(EntryWriter):
    """The part of a transaction that asks and settles. See `trialkit.store.transaction.Transaction`."""

    _query_texts: QueryTexts | None = None

    def open_query(self, finding: Finding) -> Query:
        """Ask about a finding of a record, or of a site as a whole.

        When a query that is not closed asks the same already, that one is returned.

        Raises:
            UsageError: J212 when the finding is about no record, J203 and J204 for an unknown subject or another site.
        """
        key = finding.key
        if key is None:
            raise UsageError(
                "J212", "a finding that belongs to no record opens no query.", remedy="Mend the row it is about."
            )
        require_asked(key, self._open_desk().subject(key.subject), self._study)
        self._desk.load_active_queries([key.subject])
        identity = (finding.code, key, finding.item)
        asked = self._desk.active_query(identity)
        if asked is not None:
            return asked
        name = self._desk.next_query_name()
        opened = Query(
            query=name,
            code=finding.code,
            key=key,
            item=finding.item,
            message=question_of(finding),
            state="open",
            opened_at=self._stamp.at,
            opened_by=self._stamp.user,
        )
        if self._query_texts is None:
            self._query_texts = QueryTexts(self._stamp, self._desk.study)
        text = self._query_texts.write(self._desk.next_seq, self._new_id(), name, finding, key)
        self._desk.append_query(text, opened)
        return opened

    def answer_query(self, query: str, text: str) -> Query:
        """Answer a query; it then waits for the data manager. May be done again.

        Raises:
            UsageError: J208 for an unknown query, J209 for a closed one, J201 for an answer without words.
        """
        asked = self._active_query(query)
        require_words(text, "an answer needs words.")
        details = {"query": query, "item": asked.item, "text": text}
        self._write(actions.QUERY_ANSWER, details, key=asked.key, touched=("query", query))
        return self._desk.state.queries[query]

    def close_query(self, query: str, reason: str) -> Query:
        """Settle a query for good.

        Raises:
            UsageError: J208 for an unknown query, J209 for a closed one, J201 without a reason.
        """
        asked = self._active_query(query)
        require_words(reason, "closing a query needs a reason.")
        details = {"query": query, "item": asked.item}
        self._write(actions.QUERY_CLOSE, details, key=asked.key, touched=("query", query), reason=reason)
        return self._desk.state.queries[query]

    def queries(
        self, state: QueryState | None = None, subject: str | None = None, key: RecordKey | None = None
    ) -> list[Query]:
        """Queries as they stand, in the order in which they were opened.

        Args:
            state: only these; None is any.
            subject: only those about this subject. Quick, however many changes are pending.
            key: only those about this record. Quick, too.
        """
        desk = self._open_desk()
        if key is not None:
            desk.load_queries(key.subject)
            found = desk.queries_about_record(key)
        elif subject is not None:
            desk.load_queries(subject)
            found = desk.queries_about(subject)
        else:
            desk.flush()
            return read_queries(desk.connection, desk.tables, {"state": state})
        wanted = [
            query
            for query in found
            if (state is None or query.state == state) and (subject is None or query.key.subject == subject)
        ]
        return sorted(wanted, key=query_order)

    def open_queries(self, key: RecordKey) -> list[Query]:
        """The queries about a record that are not closed, in the order in which they were opened."""
        desk = self._open_desk()
        desk.load_active_queries([key.subject])
        return sorted((query for query in desk.queries_about_record(key) if not query.is_closed), key=query_order)

    def open_queries_by_record(self, subjects: Collection[str] | None = None) -> dict[RecordKey, list[Query]]:
        """The queries that are not closed, read in one go: what whole-study work takes instead of `open_queries`.

        What is opened or closed afterwards about these subjects needs no reading of its own.

        Args:
            subjects: only queries about these; None is any. An empty subject means the rows of reference forms.

        Returns:
            Record to its queries in the order in which they were opened; records without one are left out.
        """
        desk = self._open_desk()
        wanted = None if subjects is None else frozenset(subjects)
        desk.load_subjects(wanted)
        desk.load_active_queries(wanted)
        found: dict[RecordKey, list[Query]] = {}
        for query in sorted(desk.active_queries(wanted), key=query_order):
            found.setdefault(query.key, []).append(query)
        return found

    def _active_query(self, name: str) -> Query:
        query = self._open_desk().load_query(name)
        if query is None:
            raise UsageError("J208", f"there is no query {name}.", remedy="List the queries.")
        if query.is_closed:
            raise UsageError("J209", f"query {name} is closed.", remedy="Look at the query's history.")
        return query
