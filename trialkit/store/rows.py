"""Nouns of the model as rows of the projections, and back. Values stay the text they are: nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trialkit.model.item import MissingReason
from trialkit.model.query import Answer, Query
from trialkit.model.record import Record, RecordKey, Subject, Value
from trialkit.store.canonical import moment_of, moment_text
from trialkit.store.fold import Source
from trialkit.store.tables import PARTS, item_column

Row = dict[str, Any]  # Any: a row as the database gives it, text or whole number by column
"""Column name to value."""


class FormRows:
    """Rows of one form's table.

    Args:
        study: STUDYID.
        form: the form.
        items: the items that the table has columns for.
    """

    def __init__(self, study: str, form: str, items: Sequence[str]) -> None:
        self._study = study
        self._form = form
        self._columns = [(item, tuple(item_column(item, part) for part in PARTS)) for item in items]
        self._blank: Row = {column: None for _, columns in self._columns for column in columns}

    def write(self, record: Record) -> Row:
        """The row of a record. Values of items without a column do not get in: lay out their columns first."""
        key = record.key
        row: Row = {
            **self._blank,
            "study": self._study,
            "site": key.site,
            "subject": key.subject,
            "visit": key.visit,
            "visit_repeat": key.visit_repeat,
            "timepoint": key.timepoint,
            "repeat": key.repeat,
            "version": record.version,
            "form_version": record.form_version,
            "entered_at": _text_or_none(record.entered_at),
            "entered_by": record.entered_by,
        }
        for item, (text, missing, unit, raw) in self._columns:
            value = record.values.get(item)
            if value is not None:
                row[text] = value.text
                row[missing] = None if value.missing is None else value.missing.value
                row[unit] = value.unit
                row[raw] = value.raw
        return row

    def read(self, row: sa.RowMapping) -> Record:
        """The record of a row. Raises ValueError when the row was not written by `write`."""
        key = RecordKey(
            row["site"],
            row["subject"],
            row["visit"],
            row["visit_repeat"],
            self._form,
            row["timepoint"],
            row["repeat"],
        )
        return Record(
            key,
            dict(self._values(row)),
            row["version"],
            row["form_version"],
            moment_of(row["entered_at"]),
            row["entered_by"],
        )

    def _values(self, row: sa.RowMapping) -> Iterable[tuple[str, Value]]:
        for item, (text, missing, unit, raw) in self._columns:
            given, why = row[text], row[missing]
            if given is not None or why is not None:
                reason = None if why is None else MissingReason(why)
                yield item, Value(given, reason, row[unit], row[raw])


def subject_row(study: str, subject: Subject) -> Row:
    """The row of a subject."""
    return {
        "study": study,
        "site": subject.site,
        "subject": subject.subject,
        "number": subject.number,
        "status": subject.status,
    }


def subject_of(row: sa.RowMapping) -> Subject:
    """The subject of a row."""
    return Subject(row["subject"], row["site"], row["number"], row["status"])


def source_row(source: Source) -> Row:
    """The row of a source file."""
    return {"digest": source.digest, "name": source.name, "kind": source.kind, "size": source.size}


def source_of(row: sa.RowMapping) -> Source:
    """The source file of a row."""
    return Source(row["digest"], row["name"], row["kind"], row["size"])


def query_row(study: str, query: Query) -> Row:
    """The row of a query, without its answers."""
    key = query.key
    return {
        "query": query.query,
        "study": study,
        "site": key.site,
        "subject": key.subject,
        "visit": key.visit,
        "visit_repeat": key.visit_repeat,
        "form": key.form,
        "timepoint": key.timepoint,
        "repeat": key.repeat,
        "code": query.code,
        "item": query.item,
        "message": query.message,
        "state": query.state,
        "opened_at": moment_text(query.opened_at),
        "opened_by": query.opened_by,
        "closed_at": _text_or_none(query.closed_at),
        "closed_by": query.closed_by,
        "reason": query.reason,
    }


def answer_rows(query: Query) -> list[Row]:
    """The rows of a query's answers, numbered from 1."""
    return [
        {"query": query.query, "number": number, "at": moment_text(answer.at), "by": answer.by, "text": answer.text}
        for number, answer in enumerate(query.answers, 1)
    ]


def query_of(row: sa.RowMapping, answers: Iterable[sa.RowMapping]) -> Query:
    """The query of a row and the rows of its answers, in order."""
    return Query(
        query=row["query"],
        code=row["code"],
        key=RecordKey(
            row["site"],
            row["subject"],
            row["visit"],
            row["visit_repeat"],
            row["form"],
            row["timepoint"],
            row["repeat"],
        ),
        item=row["item"],
        message=row["message"],
        state=row["state"],
        opened_at=moment_of(row["opened_at"]),
        opened_by=row["opened_by"],
        closed_at=_moment_or_none(row["closed_at"]),
        closed_by=row["closed_by"],
        reason=row["reason"],
        answers=tuple(Answer(moment_of(answer["at"]), answer["by"], answer["text"]) for answer in answers),
    )


def query_order(query: Query) -> tuple[int, str]:
    """Sorts queries in the order in which they were opened: ``Q-9999`` before ``Q-10000``."""
    return len(query.query), query.query


def _text_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else moment_of(text)
