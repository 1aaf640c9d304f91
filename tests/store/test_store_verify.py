"""Tampering: what the guards stop, and what verification finds when somebody went round them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from store_sample import ANN, NOON, key, make_study, save, stamp, tables_of, tamper

from trialkit.errors import IntegrityError
from trialkit.model.study import Study
from trialkit.store import Store, open_store


def test_verify_when_nothing_happened_then_sound(filled: Store) -> None:
    report = filled.verify()
    assert (report.is_sound, report.problems, report.entries, report.head) == (True, (), 16, filled.head())


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET payload = payload",
        "UPDATE OR REPLACE journal SET seq = 1 WHERE seq = 2",
        "DELETE FROM journal WHERE seq = 1",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1",
        "REPLACE INTO journal SELECT 1, 1, REST FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT 99, 1, REST FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT NULL, 1, REST FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT 0, 1, REST FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT 18, 1, REST FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT 18, 3, REST FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT 16, 0, REST FROM journal WHERE seq = 2",
        "UPDATE content SET content = x'00'",
        "DELETE FROM content",
        "INSERT OR REPLACE INTO content SELECT digest, x'00' FROM content",
    ],
)
def test_guards_when_the_journal_is_changed_by_sql_then_refused(
    path: Path, filled: Store, statement: str, recursive: str
) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA recursive_triggers = {recursive}")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement.replace("REST", "payload, hash, at, action, subject, visit, form"))
    connection.close()
    assert filled.verify().problems == ()


TAMPERINGS = {
    "a payload": (
        """UPDATE journal SET payload = replace(payload, '"120"', '"129"') WHERE seq = 5""",
        "journal entry 5 does not match its hash.",
    ),
    "a payload that is no JSON": ("UPDATE journal SET payload = '{' WHERE seq = 5", "journal entry 5 can not be read."),
    "a payload that is no text": (
        "UPDATE journal SET payload = CAST(x'80ff' AS TEXT) WHERE seq = 5",
        "journal entry 5 can not be read.",
    ),
    "a payload without details": (
        "UPDATE journal SET payload = json_set(payload, '$.details', NULL) WHERE seq = 5",
        "journal entry 5 does not follow from the entries before it.",
    ),
    "a hash": ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 5", "journal entry 5 does not match its hash."),
    "a short hash": ("UPDATE journal SET hash = x'' WHERE seq = 5", "journal entry 5 does not match its hash."),
    "a row deleted": ("DELETE FROM journal WHERE seq = 5", "journal entry 5 is gone."),
    "rows deleted": ("DELETE FROM journal WHERE seq BETWEEN 5 AND 7", "journal entry 5 to 7 is gone."),
    "the first row deleted": ("DELETE FROM journal WHERE seq = 1", "journal entry 1 is gone."),
    "an index column": (
        "UPDATE journal SET subject = '012-0002' WHERE seq = 5",
        "journal entry 5 has another subject in its index column.",
    ),
    "another index column": (
        "UPDATE journal SET at = '2024-04-01T12:00:00.000000Z' WHERE seq = 5",
        "journal entry 5 has another at in its index column.",
    ),
    "the tail cut": ("DELETE FROM journal WHERE seq > 14", "source: row 1 is not in the journal."),
    "a value": (
        "UPDATE form_VS SET SYSBP = '99' WHERE subject = '012-0001'",
        "form_VS: row 1 differs from journal entry 8 in SYSBP.",
    ),
    "a value set to missing": (
        "UPDATE form_VS SET SYSBP = NULL, SYSBP__missing = 'ND' WHERE subject = '012-0002'",
        "form_VS: row 2 differs from journal entry 6 in SYSBP, SYSBP__missing.",
    ),
    "a value that is no text": (
        "UPDATE form_VS SET SYSBP = CAST(x'80ff' AS TEXT) WHERE subject = '012-0001'",
        "form_VS can not be read to its end.",
    ),
    "a unit": (
        "UPDATE form_VS SET SYSBP__unit = 'kPa' WHERE subject = '012-0001'",
        "form_VS: row 1 differs from journal entry 8 in SYSBP__unit.",
    ),
    "a version": (
        "UPDATE form_VS SET version = 3 WHERE subject = '012-0001'",
        "form_VS: row 1 differs from journal entry 8 in version.",
    ),
    "the moment of first entry": (
        "UPDATE form_VS SET entered_at = '2024-04-01T12:00:00.000000Z' WHERE subject = '012-0001'",
        "form_VS: row 1 differs from journal entry 8 in entered_at.",
    ),
    "who entered it first": (
        "UPDATE form_VS SET entered_by = 'bob.ray' WHERE subject = '012-0001'",
        "form_VS: row 1 differs from journal entry 8 in entered_by.",
    ),
    "a record deleted": (
        "DELETE FROM form_VS WHERE subject = '012-0001'",
        "form_VS: the row that journal entry 8 wrote is gone.",
    ),
    "a record added": (
        "INSERT INTO form_VS (study, site, subject, visit, visit_repeat, timepoint, repeat, version, form_version,"
        " entered_at, entered_by)"
        " VALUES ('KET01', '012', '012-0003', 'V1', 1, '', 1, 1, '1', '2024-05-01T12:00:00.000000Z', 'ann.lee')",
        "form_VS: row 3 is not in the journal.",
    ),
    "a record moved": (
        "UPDATE form_VS SET visit = 'V2' WHERE subject = '012-0001'",
        "form_VS: the row that journal entry 8 wrote is gone.",
    ),
    "a form's table dropped": ("DROP TABLE form_VS", "form_VS: 2 items of the journal have no column."),
    "a subject": (
        "UPDATE subject SET status = 'enrolled' WHERE subject = '007-0001'",
        "subject: row 1 differs from journal entry 14 in status.",
    ),
    "a query": (
        "UPDATE query SET state = 'closed' WHERE query = 'Q-0003'",
        "query: row 3 differs from journal entry 11 in state.",
    ),
    "an answer": ("UPDATE query_answer SET text = 'no'", "query_answer: row 1 differs from journal entry 12 in text."),
    "an answer deleted": ("DELETE FROM query_answer", "query_answer: the row that journal entry 12 wrote is gone."),
    "a source": ("UPDATE source SET name = 'x.csv'", "source: row 1 differs from journal entry 15 in name."),
    "the bytes of a source": (
        "UPDATE content SET content = x'00'",
        "content: what journal entry 15 kept is not what it was.",
    ),
    "the bytes of a source deleted": ("DELETE FROM content", "content: what journal entry 15 kept is gone."),
    "bytes added": ("INSERT INTO content VALUES ('x', x'00')", "content: row 2 is not in the journal."),
}


@pytest.mark.parametrize(("statement", "problem"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_verify_when_somebody_went_round_the_guards_then_found_and_no_subject_is_named(
    path: Path, filled: Store, statement: str, problem: str
) -> None:
    tamper(path, statement)
    report = filled.verify()
    assert problem in report.problems
    assert "0001" not in "".join(report.problems)


def test_verify_when_guards_are_gone_then_found(path: Path, filled: Store) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER journal_no_update")
    connection.execute("DROP TRIGGER journal_next_in_line")
    connection.close()
    assert filled.verify().problems == ("2 of the triggers that guard the journal are gone or changed.",)


def test_verify_when_one_byte_of_the_file_is_flipped_then_found(path: Path, filled: Store, study: Study) -> None:
    filled.close()
    content = bytearray(path.read_bytes())
    places = [
        place
        for place in range(len(content))
        if content.startswith(b"Measured", place) or content.startswith(b"It was measured", place)
    ]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with open_store(path, study) as store:
            assert store.verify().problems != ()
    assert len(places) == 2


def test_verify_when_history_was_written_anew_then_the_head_kept_elsewhere_shows_it(path: Path, filled: Store) -> None:
    # A chain alone does not show a cut tail: the report carries the head, to be held against one kept elsewhere.
    kept = filled.head()
    tamper(path, "DELETE FROM journal WHERE seq = 16")
    report = filled.verify()
    assert (report.problems, report.head.seq, report.entries) == ((), 15, 15)
    assert report.head != kept


def test_rebuild_when_projections_were_changed_then_right_again(path: Path, filled: Store) -> None:
    before = tables_of(path)
    tamper(
        path,
        "UPDATE form_VS SET SYSBP = '99'",
        "DELETE FROM subject",
        "DELETE FROM query",
        "DROP TABLE query_answer",
        "DROP TABLE form_AW",
        "UPDATE source SET name = 'x'",
    )
    filled.rebuild()
    assert tables_of(path) == before
    assert filled.verify().problems == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal WHERE seq = 5",
        """UPDATE journal SET payload = replace(payload, '"120"', '"129"') WHERE seq = 5""",
    ],
)
def test_rebuild_when_the_journal_is_broken_then_refused_and_nothing_is_changed(
    path: Path, filled: Store, statement: str
) -> None:
    tamper(path, statement)
    before = tables_of(path)
    with pytest.raises(IntegrityError, match="J402"):
        filled.rebuild()
    with pytest.raises(IntegrityError, match="J402"):
        filled.records(as_of=NOON)
    assert tables_of(path) == before


def test_writing_when_a_projection_lies_about_a_version_then_the_replay_finds_it(path: Path, store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
        save(transaction, key(), {"SYSBP": "120"})
    tamper(path, "UPDATE form_VS SET SYSBP = '99', version = 7")
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": "121"})
    assert "journal entry 3 does not follow from the entries before it." in store.verify().problems


def test_verify_when_a_change_was_built_on_a_false_first_entry_then_the_replay_finds_it(
    path: Path, filled: Store
) -> None:
    tamper(path, "UPDATE form_VS SET entered_by = 'eve.fox'")
    with filled.transaction(stamp(5)) as transaction:
        save(transaction, key(), {"PULSE": "60"})
    assert "form_VS: row 1 differs from journal entry 17 in entered_by." in filled.verify().problems
    filled.rebuild()
    record = filled.record(key())
    assert record is not None
    assert record.entered_by == "ann.lee"
    assert filled.verify().problems == ()


def test_verify_when_an_entry_is_of_another_study_then_found(path: Path, filled: Store, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with open_store(other, make_study(study="OTHER"), create=True) as store:
        with store.transaction(stamp()) as transaction:
            transaction.log("study.create", {})
        tamper(other, "UPDATE identity SET study = 'KET01'")
    with open_store(other, make_study()) as store:
        assert store.verify().problems == ("journal entry 1 is of another study.",)
