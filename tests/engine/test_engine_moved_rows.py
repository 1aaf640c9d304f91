"""Rows that are numbered in the order of the file: one that moved never overwrites the record of its neighbour."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_sample import Bench

from trialkit.engine import Engine
from trialkit.model.import_options import OnError
from trialkit.model.outcome import SaveOutcome, Status

MAPPING = """\
mapping: events
subject: {column: Patient, enrol: true}
records:
  - {form: AE, visit: {value: V1}, items: {AETERM: {column: Term}}}
"""
FIRST = ("012-0001,Nausea", "012-0001,Headache", "012-0001,Rash", "012-0002,Nausea")


def send(engine: Engine, folder: Path, *rows: str, on_error: OnError = OnError.REFUSE) -> SaveOutcome:
    (folder / "events.csv").write_text("\n".join(("Patient,Term", *rows)) + "\n", encoding="utf-8")
    (folder / "events.yaml").write_text(MAPPING, encoding="utf-8")
    return engine.import_file(folder / "events.csv", [folder / "events.yaml"], reason="sent again", on_error=on_error)


def events(engine: Engine) -> list[str]:
    return [str(record.values["AETERM"].text) for record in engine.store.records(form="AE")]


@pytest.mark.parametrize(
    "rows",
    [
        ("012-0001,Headache", "012-0001,Rash"),
        ("012-0001,Fall", "012-0001,Nausea", "012-0001,Headache", "012-0001,Rash"),
        ("012-0001,Headache", "012-0001,Nausea", "012-0001,Rash"),
        ("012-0001,Nausea", "012-0001,Rash"),
    ],
)
def test_rows_when_they_moved_then_none_of_that_subject_is_written(rows: tuple[str, ...], tmp_path: Path) -> None:
    with Bench(tmp_path / "study").make().open() as engine:
        assert send(engine, tmp_path, *FIRST).stored

        refused = send(engine, tmp_path, *rows, "012-0002,Nausea", "012-0002,Vomiting")
        assert not refused.stored
        assert {finding.code for finding in refused.findings} == {"W106"}
        assert all("Rows of AE have moved" in finding.message for finding in refused.findings)

        partly = send(engine, tmp_path, *rows, "012-0002,Nausea", "012-0002,Vomiting", on_error=OnError.SKIP_RECORD)
        assert partly.count(Status.NEW) == 1
        assert events(engine) == ["Nausea", "Headache", "Rash", "Nausea", "Vomiting"]


def test_rows_when_they_stay_where_they_were_then_they_may_change_and_grow(tmp_path: Path) -> None:
    with Bench(tmp_path / "study").make().open() as engine:
        send(engine, tmp_path, *FIRST)

        outcome = send(engine, tmp_path, "012-0001,Nausea", "012-0001,Migraine", "012-0001,Rash", "012-0001,Nausea")

        assert (outcome.stored, outcome.count(Status.CHANGED), outcome.count(Status.NEW)) == (True, 1, 1)
        assert events(engine)[:4] == ["Nausea", "Migraine", "Rash", "Nausea"]
