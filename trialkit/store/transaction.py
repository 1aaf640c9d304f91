"""One transaction: each change becomes a journal entry and its rows, and all of them are stored or none.

Made by `Store.transaction`, which holds the writer lock from before BEGIN until after COMMIT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trialkit.errors import StoreError, UsageError
from trialkit.model.finding import Finding
from trialkit.model.query import Query, QueryState
from trialkit.model.record import Record, RecordChange, RecordKey, Subject
from trialkit.model.study import Study
from trialkit.store import entry as actions
from trialkit.store.canonical import plain_details
from trialkit.store.desk import Desk
from trialkit.store.entry import Head, JournalEntry
from trialkit.store.fold import Touched
from trialkit.store.journal import find_entries
from trialkit.store.plain import change_to_plain
from trialkit.store.projection import read_queries, rebuild_projections
from trialkit.store.requirements import (
    conflict,
    require_fit,
    require_owner,
    require_place,
    require_source,
    require_subject,
    require_words,
)
from trialkit.store.rows import query_order
from trialkit.store.stamp import Stamp
from trialkit.store.tables import layout_fits, study_layout


class Transaction:
    """Changes that are stored together, under one stamp. Reading sees the transaction's own changes.

    Args:
        desk: the state it works on.
        stamp: who and when.
        study: the definition in force.
        new_id: makes the identifier of each entry, a UUID.
    """

    def __init__(self, desk: Desk, stamp: Stamp, study: Study, new_id: Callable[[], str]) -> None:
        self._desk = desk
        self._stamp = stamp
        self._study = study
        self._new_id = new_id
        self._is_over = False

    @property
    def head(self) -> Head:
        """Where the journal ends, this transaction's entries included."""
        return self._desk.head

    def add_subject(self, subject: Subject) -> None:
        """Enrol a subject.

        Raises:
            UsageError: J203 when the study has a subject of this name.
        """
        if self._open_desk().subject(subject.subject) is not None:
            raise UsageError(
                "J203", f"subject {subject.subject} is in the study already.", remedy="Use the subject that is there."
            )
        details = {"number": subject.number, "status": subject.status}
        self._write(actions.SUBJECT_ADD, details, subject=subject, touched=("subject", subject.subject))

    def withdraw_subject(self, subject: Subject, reason: str) -> Subject:
        """Note that a subject has left the study; the data stay.

        Raises:
            UsageError: J203 when the study has no such subject or it has left already, J201 without a reason.
        """
        stored = require_subject(self._open_desk().subject(subject.subject), subject.subject, subject.site)
        if stored.status == "withdrawn":
            raise UsageError(
                "J203", f"subject {stored.subject} was withdrawn already.", remedy="Look at the subject's history."
            )
        require_words(reason, "a withdrawal needs a reason.")
        details = {"status": "withdrawn"}
        touched = ("subject", stored.subject)
        self._write(actions.SUBJECT_WITHDRAW, details, subject=stored, touched=touched, reason=reason)
        return self._desk.state.subjects[stored.subject]

    def save_record(self, change: RecordChange, reason: str | None) -> Record:
        """Store a new record or a new version of one.

        Args:
            change: built on the version that was read; `old` of each item is what stands there.
            reason: why; needed when a value that was given before is changed or cleared.

        Returns:
            The record as it now stands.

        Raises:
            ConflictError: J301 when the stored version is another than `base_version`.
            UsageError: J201 without the reason that is needed, J202 when the change does not fit the stored record,
                J203 and J204 for an unknown subject or another site, J205 for a form or item that the store has no
                place for.
        """
        key = change.key
        require_owner(key, self._open_desk().subject(key.subject), self._study)
        require_place(change, self._desk.tables.layout)
        self._desk.load_record(key)
        stored = self._desk.state.records.get(key)
        self._require_version(change, stored)
        require_fit(change, stored)
        if change.needs_reason:
            require_words(reason, "a changed value needs a reason.")
        details = change_to_plain(change, self._study.digest)
        given = reason if reason is not None and reason.strip() else None
        self._write(actions.RECORD_SAVE, details, key=key, touched=("record", key), reason=given)
        return self._desk.state.records[key]

    def open_query(self, finding: Finding) -> Query:
        """Ask about a finding. When a query that is not closed asks the same already, that one is returned.

        Raises:
            UsageError: J212 when the finding is about no record, J203 and J204 for an unknown subject or another site.
        """
        key = finding.key
        if key is None:
            raise UsageError(
                "J212", "a finding that belongs to no record opens no query.", remedy="Mend the row it is about."
            )
        require_owner(key, self._open_desk().subject(key.subject), self._study)
        self._desk.load_queries(key.subject)
        identity = (finding.code, key, finding.item)
        asked = self._desk.active_query(identity)
        if asked is not None:
            return asked
        name = self._desk.next_query_name()
        details = {
            "query": name,
            "code": finding.code,
            "item": finding.item,
            "message": f"{finding.message} {finding.remedy}".strip(),
            "action": finding.action.value,
            "plugin": finding.plugin,
        }
        self._write(actions.QUERY_OPEN, details, key=key, touched=("query", name))
        opened = self._desk.state.queries[name]
        self._desk.note_query(opened)
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

    def add_source(self, name: str, digest: str, content: bytes, kind: str) -> bool:
        """Keep an imported file.

        Args:
            name: the file's name without its folder.
            digest: SHA-256 of the content, 64 lower-case hexadecimal digits.
            content: the bytes as they came.
            kind: the reader that read it.

        Returns:
            Whether it was added; False when a file of this digest is kept already.

        Raises:
            UsageError: J213 when the digest is not that of the content.
        """
        desk = self._open_desk()
        require_source(digest, content)
        desk.load_sources()
        if digest in desk.state.sources:
            return False
        details = {"digest": digest, "name": name, "kind": kind, "size": len(content)}
        self._write(actions.SOURCE_ADD, details, touched=("source", digest))
        desk.keep_content(digest, content)
        return True

    def register_definition(self, study: Study) -> bool:
        """Note the definition that data are captured under from here on, keep its text, make room for its forms.

        Returns:
            Whether it was noted; False when it is the one that was noted last.
        """
        desk = self._open_desk()
        desk.flush()
        if not layout_fits(desk.tables.layout, study_layout(study)):
            desk.use_tables(rebuild_projections(desk.connection, desk.tables, study_layout(study)))
        self._study = study
        last = self._newest(actions.DEFINITION_REGISTER)
        if last is not None and last.details["digest"] == study.digest:
            return False
        forms = {name: form.version for name, form in study.forms.items()}
        details = {"digest": study.digest, "protocol": study.protocol.protocol, "forms": forms}
        text = study.text.encode("ascii")
        self._write(actions.DEFINITION_REGISTER, {**details, "kept": bool(text)})
        if text and not desk.has_content(study.digest):
            require_source(study.digest, text)
            desk.keep_content(study.digest, text)
        return True

    def log(self, action: str, details: Mapping[str, object]) -> None:
        """Note something that changes no data: that a study was created, an export written, an import finished.

        Args:
            action: lower-case words with dots between, for example ``export.write``.
            details: texts, whole numbers, truth values, lists and mappings of these.

        Raises:
            UsageError: J207 for other details, or an action that is the store's own.
        """
        if actions.ACTION.match(action) is None or action in actions.OWN_ACTIONS:
            raise UsageError(
                "J207", f"{action!r} can not be logged as an action.", remedy="Use words such as export.write."
            )
        self._write(action, plain_details(details))

    def subject(self, subject: str) -> Subject | None:
        """The subject as it stands, or None."""
        return self._open_desk().subject(subject)

    def record(self, key: RecordKey) -> Record | None:
        """The record as it stands, or None."""
        desk = self._open_desk()
        desk.load_record(key)
        return desk.state.records.get(key)

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
        about = key.subject if key is not None else subject
        if about is None:
            desk.flush()
            return read_queries(desk.connection, desk.tables, {"state": state})
        return [
            query
            for query in self._queries_about(about)
            if (state is None or query.state == state)
            and (subject is None or query.key.subject == subject)
            and (key is None or query.key == key)
        ]

    def open_queries(self, key: RecordKey) -> list[Query]:
        """The queries about a record that are not closed, in the order in which they were opened."""
        return [query for query in self.queries(key=key) if not query.is_closed]

    def finish(self) -> None:
        """Write what is pending, and take no more."""
        self._open_desk().flush()
        self._is_over = True

    def abandon(self) -> None:
        """Take no more."""
        self._is_over = True

    def _queries_about(self, subject: str) -> Sequence[Query]:
        self._desk.load_queries(subject)
        return sorted(self._desk.queries_about(subject), key=query_order)

    def _open_desk(self) -> Desk:
        if self._is_over:
            raise StoreError("J110", "the transaction is over.", remedy="Begin another one.")
        return self._desk

    def _write(
        self,
        action: str,
        details: Mapping[str, object],
        *,
        subject: Subject | None = None,
        key: RecordKey | None = None,
        touched: Touched | None = None,
        reason: str | None = None,
    ) -> None:
        desk = self._open_desk()
        about = key if key is not None else subject
        entry = JournalEntry(
            seq=desk.head.seq + 1,
            entry_id=self._new_id(),
            at=self._stamp.at,
            zone=self._stamp.zone,
            user=self._stamp.user,
            action=action,
            study=desk.study,
            site="" if about is None else about.site,
            subject="" if about is None else about.subject,
            key=key,
            details=details,
            reason=reason,
        )
        desk.append(entry, touched)

    def _active_query(self, name: str) -> Query:
        query = self._open_desk().load_query(name)
        if query is None:
            raise UsageError("J208", f"there is no query {name}.", remedy="List the queries.")
        if query.is_closed:
            raise UsageError("J209", f"query {name} is closed.", remedy="Look at the query's history.")
        return query

    def _require_version(self, change: RecordChange, stored: Record | None) -> None:
        version = 0 if stored is None else stored.version
        if version != change.base_version:
            raise conflict(change, version, self._newest(actions.RECORD_SAVE, change.key))

    def _newest(self, action: str, key: RecordKey | None = None) -> JournalEntry | None:
        desk = self._desk
        desk.flush()
        if key is None:
            found = find_entries(desk.connection, desk.tables, action=action, newest_first=True, limit=1)
            return found[0] if found else None
        found = find_entries(
            desk.connection,
            desk.tables,
            action=action,
            subject=key.subject,
            visit=key.visit,
            form=key.form,
            newest_first=True,
        )
        return next((entry for entry in found if entry.key == key), None)
