"""A small study and short ways to say what is done in its store."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.record import ItemChange, Record, RecordChange, RecordKey, Subject, Value
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.store import Stamp, Store, Transaction, open_store

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
ANN = Subject("012-0001", "012", "0001")
BOB = Subject("012-0002", "012", "0002")
EVE = Subject("007-0001", "007", "0001")
VS_ITEMS = ("SYSBP", "DIABP", "PULSE", "TEMP", "VSDAT", "VSPOS")
AWKWARD_ITEMS = ("VISIT", "SITE", "A", "A__MISSING", "ORDER")


def make_form(form: str, items: tuple[str, ...], version: str = "1") -> Form:
    """A form of text items."""
    parts = tuple(Item(item=item, label=item, type="text") for item in items)
    return Form(form=form, title=form, version=version, items=parts)


def make_study(
    *,
    study: str = "KET01",
    forms: tuple[Form, ...] | None = None,
    digest: str = "a" * 64,
    sites: tuple[str, ...] = ("012", "007"),
) -> Study:
    """A study with the forms VS and AW, or others."""
    chosen = forms or (make_form("VS", VS_ITEMS), make_form("AW", AWKWARD_ITEMS))
    return Study(
        definition=StudyDefinition(
            study=study,
            title="A study",
            protocol="iv",
            sites=tuple(Site(site=site, timezone="Europe/Amsterdam") for site in sites),
        ),
        protocol=Protocol(protocol="iv", title="IV", visits=(Visit(visit="V1", label="Visit 1", number=Decimal(1)),)),
        forms={form.form: form for form in chosen},
        codelists={},
        checks={},
        units=(),
        origins={},
        digest=digest,
    )


def stamp(minutes: float = 0, user: str = "ann.lee") -> Stamp:
    """Some minutes after noon."""
    return Stamp(user, NOON + timedelta(minutes=minutes), "Europe/Amsterdam")


def key(subject: Subject = ANN, form: str = "VS", visit: str = "V1", timepoint: str = "", repeat: int = 1) -> RecordKey:
    """The key of a record of a subject."""
    return RecordKey(subject.site, subject.subject, visit, 1, form, timepoint, repeat)


def change(
    stored: Record | None, at: RecordKey, values: Mapping[str, Value | str | None], form_version: str = "1"
) -> RecordChange:
    """The change that gives a record these values; None clears."""
    old = {} if stored is None else dict(stored.values)
    new = {item: Value(value) if isinstance(value, str) else value for item, value in values.items()}
    changes = tuple(ItemChange(item, old.get(item), new[item]) for item in new if old.get(item) != new[item])
    standing = {item: value for item, value in (old | new).items() if value is not None}
    return RecordChange(at, 0 if stored is None else stored.version, form_version, changes, standing)


def save(
    transaction: Transaction,
    at: RecordKey,
    values: Mapping[str, Value | str | None],
    reason: str | None = "typing error",
) -> Record:
    """Save what is said on top of what stands."""
    return transaction.save_record(change(transaction.record(at), at, values), reason)


def standing(
    at: RecordKey, values: Mapping[str, Value], version: int = 1, *, minutes: float = 0, user: str = "ann.lee"
) -> Record:
    """A record as the store gives it back: first entered some minutes after noon."""
    return Record(at, values, version, "1", NOON + timedelta(minutes=minutes), user)


def finding(code: str = "VS001", at: RecordKey | None = None, item: str = "SYSBP") -> Finding:
    """A soft finding."""
    where = key() if at is None else at
    return Finding(code, Severity.SOFT, "This is high.", "Check the source.", key=where, item=item)


def filled_store(path: Path, study: Study) -> Store:
    """A store with subjects, versions of records, queries in each state, a source file and a log entry."""
    store = open_store(path, study, create=True)
    with store.transaction(stamp(0)) as transaction:
        transaction.register_definition(study)
        for subject in (ANN, BOB, EVE):
            transaction.add_subject(subject)
        save(transaction, key(), {"SYSBP": Value("120", unit="mmHg", raw="120,0"), "VSDAT": "2024-05"})
        save(transaction, key(BOB), {"SYSBP": "131"})
        save(transaction, key(EVE, form="AW"), {"VISIT": "x", "A": "1", "A__MISSING": "2"})
    with store.transaction(stamp(1, "bob.ray")) as transaction:
        save(transaction, key(), {"SYSBP": "121", "VSDAT": None})
        first = transaction.open_query(finding())
        second = transaction.open_query(finding("VS002", key(BOB)))
        transaction.open_query(finding("VS003", key(EVE, form="AW"), ""))
        transaction.answer_query(first.query, "It was measured twice.")
        transaction.close_query(second.query, "Confirmed.")
        transaction.withdraw_subject(EVE, "moved away")
        content = b"SUBJID;SYSBP\n"
        transaction.add_source("vs.csv", digest_of(content), content, "csv")
        transaction.log("export.raw", {"files": ("vs.csv",), "rows": 3})
    return store


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def tables_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table but the journal, as any SQL tool sees it: rows sorted."""
    connection = sqlite3.connect(path)
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name != "journal"
    ]
    rows = {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}  # noqa: S608
    connection.close()
    return rows


def tamper(path: Path, *statements: str) -> None:
    """Change a store behind its back: without its guards, which somebody with the file can drop and set again."""
    connection = sqlite3.connect(path)
    guards = list(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    with connection:
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0
        for _, sql in guards:
            connection.execute(sql)
    connection.close()
