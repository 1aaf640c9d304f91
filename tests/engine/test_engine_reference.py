"""Reference forms: rows that belong to a site, entered, imported, shown, exported and checked without a subject."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_sample import FILES, Bench

from trialkit.engine import Engine
from trialkit.errors import UsageError
from trialkit.model.record import RawValue

REGISTER = """\
form: RG
title: Register of staff
repeating: true
reference: true
items:
  - {item: RGUSER, label: Who, type: text, required: true}
  - {item: RGFROM, label: From, type: date}
checks:
  - {check: RG001, when: RGFROM is missing, message: Say from when.}
"""


def raw(**values: str) -> dict[str, RawValue]:
    """Values as they are typed."""
    return {name: RawValue(text) for name, text in values.items()}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A study with a register of staff beside its other forms."""
    protocol = FILES["protocol.yaml"].replace("log_forms: [AE]", "log_forms: [AE, RG]")
    bench = Bench(tmp_path / "study").make({**FILES, "protocol.yaml": protocol, "forms/rg.yaml": REGISTER})
    with bench.open() as opened:
        yield opened


def test_register_when_rows_are_entered_then_they_belong_to_the_site(engine: Engine) -> None:
    engine.enter("012", "-", "RG", raw(RGUSER="ab", RGFROM="2026-01-05"))
    engine.enter("012", "", "RG", raw(RGUSER="cd"))
    engine.enter("SYD", "-", "RG", raw(RGUSER="ef"))
    assert [str(record.key) for record in engine.records("012")] == ["site 012 RG", "site 012 RG #2"]
    assert [str(record.key) for record in engine.records("SYD", "-", "RG")] == ["site SYD RG"]
    assert [(change.item, change.key.site) for change in engine.history("012", "-", "RG", "RGUSER")] == [
        ("RGUSER", "012"),
        ("RGUSER", "012"),
    ]
    assert engine.records("012-0001") == []


def test_register_when_a_row_changes_then_a_reason_is_asked_and_the_query_follows(engine: Engine) -> None:
    opened = engine.enter("012", "-", "RG", raw(RGUSER="cd"))
    assert [query.code for query in opened.queries_opened] == ["RG001"]
    refused = engine.enter("012", "-", "RG", raw(RGUSER="ce"), repeat=1)
    assert refused.has_hard_findings
    changed = engine.enter("012", "-", "RG", raw(RGFROM="2026-01-05"), repeat=1, reason="told by phone")
    assert [query.code for query in changed.queries_closed] == ["RG001"]
    assert engine.check().findings == ()


@pytest.mark.parametrize(
    ("owner", "visit", "code"), [("013", "-", "U101"), ("012-0001", "-", "U101"), ("012", "V1", "U112")]
)
def test_register_when_site_or_visit_will_not_do_then_refused(
    engine: Engine, owner: str, visit: str, code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        engine.enter(owner, visit, "RG", raw(RGUSER="ab"))
    assert caught.value.code == code
    assert engine.records("012") == []


def test_register_when_it_is_imported_then_sites_stand_for_subjects(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "rg.csv"
    file.write_text(
        "SUBJECT;RGUSER;RGFROM\n012;ab;2026-01-05\nSYD;cd;2026-01-06\n012;ef;2026-02-01\n", encoding="utf-8"
    )
    outcome = engine.import_file(file, [])
    assert outcome.stored
    assert [str(record.key) for record in engine.records("012")] == ["site 012 RG", "site 012 RG #2"]
    file.write_text("SUBJECT;RGUSER\n099;ab\n", encoding="utf-8")
    refused = engine.import_file(file, [])
    assert [(found.code, str(found.source)) for found in refused.findings] == [("M101", "rg.csv!A2")]


def test_register_when_it_is_exported_then_raw_has_its_rows_and_sdtm_no_subject_more(
    engine: Engine, tmp_path: Path
) -> None:
    engine.enter("012", "-", "RG", raw(RGUSER="ab", RGFROM="2026-01-05"))
    engine.export_raw(tmp_path / "raw", ["csv"])
    with (tmp_path / "raw" / "rg.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["SITEID"], row["SUBJECT"], row["VISIT"], row["RGUSER"]) for row in rows] == [("012", "", "", "ab")]
    engine.export_sdtm(tmp_path / "sdtm", ["csv"])
    with (tmp_path / "sdtm" / "dm.csv").open(encoding="utf-8", newline="") as table:
        assert [row["SUBJID"] for row in csv.DictReader(table)] == ["0001"]
    assert engine.store.verify().is_sound
