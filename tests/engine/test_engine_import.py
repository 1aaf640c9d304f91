"""Files through the one write path: all of a file or nothing, twice the same is nothing new, and out and in again."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_sample import Bench, enter, entries, package, texts

from trialkit.engine import Engine
from trialkit.errors import SourceFileError, UsageError
from trialkit.model.import_options import OnError
from trialkit.model.outcome import SaveOutcome, Status
from trialkit.model.record import RawValue

MAPPING = """\
mapping: site
subject: {column: Patient, enrol: true}
records:
  - form: VS
    visit: {column: Visit, values: {baseline: V1, week 1: V2}}
    items:
      SYSBP: {column: Sys}
      WEIGHT: {column: Wt, unit: kg, decimal_comma: true, missing: {n/a: ND}}
      VSDAT: {column: Date, date_format: DD-MM-YYYY}
"""
HEAD = "Patient;Visit;Sys;Wt;Date\n"
GOOD = HEAD + "012-0001;baseline;120;81,5;31-03-2026\n012-0002;week 1;130;n/a;30-03-2026\n"
ONE_BAD = HEAD + "012-0001;baseline;120;81,5;31-03-2026\n012-0002;baseline;999;70;31-02-2026\n"


def _import(engine: Engine, bench: Bench, text: str, name: str = "site.csv", **options: object) -> SaveOutcome:
    file = bench.folder / "incoming" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    mapping = bench.folder / "mappings" / "site.yaml"
    mapping.parent.mkdir(exist_ok=True)
    mapping.write_text(MAPPING, encoding="utf-8")
    return engine.import_file(file, [mapping], **options)  # type: ignore[arg-type]  # named as import_file names them


def test_import_when_all_is_well_then_enrolled_stored_and_traceable_in_one_transaction(
    bench: Bench, engine: Engine
) -> None:
    before = len(entries(engine))
    outcome = _import(engine, bench, GOOD)
    assert (outcome.stored, outcome.rows, outcome.count(Status.NEW)) == (True, 2, 2)
    assert [subject.subject for subject in outcome.new_subjects] == ["012-0002"]
    assert [action for _, action in entries(engine)[before:]] == [
        "source.add",
        "source.add",
        "import.file",
        "subject.add",
        "record.save",
        "record.save",
    ]
    (imported,) = engine.store.entries(action="import.file")
    assert {source.digest for source in engine.store.sources()} == {
        imported.details["digest"],
        imported.details["mappings"]["site.yaml"],
    }
    assert len({entry.at for entry in list(engine.store.entries())[before:]}) == 1
    assert texts(engine, "V1") == {"VSDAT": "2026-03-31", "SYSBP": "120", "WEIGHT": "81.5"}
    (change,) = engine.history("012-0001", "V1", "VS", "WEIGHT")
    assert (str(change.source), len(change.source_digest)) == ("site.csv!D2", 64)


def test_import_when_one_record_is_bad_then_nothing_is_stored(bench: Bench, engine: Engine) -> None:
    before = entries(engine)
    outcome = _import(engine, bench, ONE_BAD)
    assert (outcome.stored, entries(engine), texts(engine)) == (False, before, {})
    assert [(found.code, str(found.source)) for found in outcome.findings] == [
        ("V103", "site.csv!C3"),
        ("N101", "site.csv!E3"),
    ]
    assert [record.status for record in outcome.records] == [Status.NEW, Status.REFUSED]
    assert engine.state().subjects["012"] == 1


def test_import_when_refused_records_are_left_out_then_the_clean_ones_are_stored(bench: Bench, engine: Engine) -> None:
    outcome = _import(engine, bench, ONE_BAD, on_error=OnError.SKIP_RECORD)
    assert outcome.stored
    assert texts(engine)["SYSBP"] == "120"
    assert engine.store.records(subject="012-0002") == []


@pytest.mark.parametrize(
    ("row", "code"),
    [("013-0001;baseline;1;1;", "M102"), ("012-0001;month 9;120;1;", "M103"), (";baseline;120;1;", "M101")],
)
def test_import_when_a_row_can_not_be_placed_then_nothing_is_stored(
    bench: Bench, engine: Engine, row: str, code: str
) -> None:
    outcome = _import(engine, bench, GOOD + row + "\n")
    assert (outcome.stored, outcome.rows, [found.code for found in outcome.findings]) == (False, 3, [code])
    assert _import(engine, bench, GOOD + row + "\n", on_error=OnError.SKIP_RECORD).stored


def test_import_when_the_same_file_comes_again_then_nothing_changes_and_it_is_said(
    bench: Bench, engine: Engine
) -> None:
    _import(engine, bench, GOOD)
    before = entries(engine)
    outcome = _import(engine, bench, GOOD)
    assert (outcome.stored, outcome.count(Status.UNCHANGED), outcome.new_subjects) == (False, 2, ())
    assert entries(engine) == before
    assert _import(engine, bench, GOOD, "renamed.csv").count(Status.UNCHANGED) == 2


def test_import_when_a_corrected_file_comes_then_only_the_difference_is_written(bench: Bench, engine: Engine) -> None:
    _import(engine, bench, GOOD)
    corrected = GOOD.replace("120", "126")
    assert [found.code for found in _import(engine, bench, corrected).findings] == ["W101"]
    outcome = _import(engine, bench, corrected, reason="file corrected by the site")
    assert (outcome.count(Status.CHANGED), outcome.count(Status.UNCHANGED)) == (1, 1)
    (changed,) = [record for record in outcome.records if record.status is Status.CHANGED]
    assert (changed.items, changed.version) == (("SYSBP",), 2)


def test_import_when_a_cell_is_blank_then_it_never_deletes(bench: Bench, engine: Engine) -> None:
    _import(engine, bench, GOOD)
    outcome = _import(engine, bench, GOOD.replace("81,5", ""), reason="x")
    assert outcome.count(Status.UNCHANGED) == 2
    assert texts(engine)["WEIGHT"] == "81.5"


def test_import_when_it_is_a_rehearsal_then_all_is_said_and_nothing_is_stored(bench: Bench, engine: Engine) -> None:
    before = entries(engine)
    outcome = _import(engine, bench, GOOD, dry_run=True)
    assert (outcome.stored, outcome.count(Status.NEW), len(outcome.new_subjects)) == (False, 2, 1)
    assert entries(engine) == before


def test_import_when_a_change_of_another_comes_between_then_nothing_is_overwritten(
    bench: Bench, engine: Engine
) -> None:
    _import(engine, bench, GOOD)
    enter(engine, "SYSBP=124", reason="read again")
    assert [found.code for found in _import(engine, bench, GOOD).findings] == ["W101"]
    assert texts(engine)["SYSBP"] == "124"


def test_import_when_a_crash_comes_in_the_middle_then_nothing_is_left(bench: Bench, engine: Engine) -> None:
    before = entries(engine)
    with pytest.raises(UsageError):  # a second enrolment of the same subject, made while the file was being read
        _import(engine, bench, GOOD, progress=lambda _done, _of: _enrol_elsewhere(bench))
    assert [action for _, action in entries(engine)[len(before) :]] == ["subject.add"]
    assert texts(engine) == {}


def _enrol_elsewhere(bench: Bench) -> None:
    with bench.open("bob") as other:
        other.add_subject("012", "0002")


def test_import_when_progress_is_asked_for_then_it_ends_with_all_records(bench: Bench, engine: Engine) -> None:
    told: list[tuple[int, int]] = []
    _import(engine, bench, GOOD, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (2, 2)
    assert told == sorted(set(told))


def _two_mappings(bench: Bench, first: str, second: str) -> list[Path]:
    paths = []
    for number, items in enumerate((first, second)):
        path = bench.folder / f"part{number}.map"
        text = (
            f"mapping: part{number}\nsubject: {{column: SUBJECT}}\nrecords:\n"
            f"  - {{form: VS, visit: {{value: V1}}, items: {{{items}}}}}\n"
        )
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def test_import_when_two_mappings_fill_one_record_then_it_is_one_change(bench: Bench, engine: Engine) -> None:
    file = bench.folder / "wide.csv"
    file.write_text("SUBJECT,A,B\n012-0001,120,80\n", encoding="utf-8")
    outcome = engine.import_file(file, _two_mappings(bench, "SYSBP: {column: A}", "DIABP: {column: B}"))
    assert (outcome.stored, outcome.rows, [record.version for record in outcome.records]) == (True, 1, [1])
    assert texts(engine) == {"SYSBP": "120", "DIABP": "80"}


def test_import_when_two_mappings_contradict_each_other_then_neither_is_taken(bench: Bench, engine: Engine) -> None:
    file = bench.folder / "wide.csv"
    file.write_text("SUBJECT,A,B\n012-0001,120,80\n", encoding="utf-8")
    outcome = engine.import_file(file, _two_mappings(bench, "SYSBP: {column: A}", "SYSBP: {column: B}"))
    (finding,) = outcome.findings
    assert (outcome.stored, finding.code, str(finding.source)) == (False, "M109", "wide.csv!C2")
    assert finding.message == "SYSBP of 012-0001 V1 VS is given differently in wide.csv!B2; the record is not imported."


def test_import_when_nothing_says_the_layout_then_refused(bench: Bench, engine: Engine) -> None:
    file = bench.folder / "what.csv"
    file.write_text("A,B\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceFileError) as caught:
        engine.import_file(file, [])
    assert caught.value.code == "S154"


def _fill(engine: Engine) -> None:
    engine.add_subject("SYD", "0001")
    enter(engine, "SYSBP=200 DIABP=80 WEIGHT=180.50_LB HEIGHT=180.0 POS=sitting VSDAT=2026-03-30")
    enter(engine, "SYSBP=.ND NOTE=007")
    enter(engine, "SYSBP=.ND NOTE=007", visit="V2")
    enter(engine, "WEIGHT=.REF NOTE=.UNK", subject="SYD-0001")
    enter(engine, 'NOTE=a;b,c|"d"', visit="UNS", visit_repeat=2)
    engine.enter("012-0001", "V1", "PK", {"CONC": RawValue("0.10")}, timepoint="P40")
    engine.enter("012-0001", "V1", "AE", {"AETERM": RawValue("Headache, \n worse at night")})
    engine.enter("012-0001", "V2", "AE", {"AETERM": RawValue("=1+1")})


def test_export_when_it_is_imported_into_a_fresh_study_then_the_records_are_the_same(
    tmp_path: Path, bench: Bench, engine: Engine
) -> None:
    _fill(engine)
    engine.export_raw(tmp_path / "out", ["csv"])
    other = Bench(tmp_path / "other").make(subjects=(("012", "0001"), ("SYD", "0001")))
    with other.open() as fresh:
        for name in ("vs.csv", "pk.csv", "ae.csv"):
            outcome = fresh.import_file(tmp_path / "out" / name, [])
            assert (outcome.stored, [found.code for found in outcome.findings if found.is_hard]) == (True, [])
        fresh.export_raw(tmp_path / "again", ["csv"])
        assert _comparable(fresh) == _comparable(engine)
        before = entries(fresh)
        for name in ("vs.csv", "pk.csv", "ae.csv"):
            assert not fresh.import_file(tmp_path / "again" / name, []).stored
        assert entries(fresh) == before
    first, second = package(tmp_path / "out"), package(tmp_path / "again")
    assert first["ae.csv"] == second["ae.csv"]


def _comparable(engine: Engine) -> list[object]:
    return [
        (record.key, [(name, value.text, value.missing, value.unit) for name, value in record.values.items()])
        for record in engine.store.records()
    ]
