"""Nouns of the model as rows of the projections, and back. Values stay the text they are: nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trialkit.model.query import Answer, Query
from trialkit.model.record import RecordKey, Subject
from trialkit.store.canonical import moment_of, moment_text
from trialkit.store.fold import Source

Row = dict[str, Any]  # Any: a row as the database gives it, text or whole number by column
"""Column name to value."""


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
