"""Studies over time: made and found, definitions that change, exports as of a moment, the same bytes each time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from engine_sample import FILES, Bench, HandClock, enter, entries, package, texts

from trialkit.engine import Engine, begin_study, create_study, find_study
from trialkit.errors import DefinitionError, StoreError, UsageError
from trialkit.model.record import Value
from trialkit.model.study import Site, StudyDefinition
from trialkit.registry import load_registry


def _edit(bench: Bench, old: str, new: str) -> None:
    file = bench.folder / "forms" / "vs.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_definitions_when_they_change_between_two_opens_then_old_values_stay_and_the_journal_knows(
    bench: Bench,
) -> None:
    with bench.open() as engine:
        enter(engine, "SYSBP=120 NOTE=kept POS=SITTING")
        digest = engine.assembly.study.digest
    _edit(bench, "  - {item: NOTE, label: Note, type: text}\n", "  - {item: PULSE, label: Pulse, type: integer}\n")
    _edit(bench, 'version: "1"', 'version: "2"')
    with bench.open() as engine:
        assert engine.assembly.study.digest != digest
        before = entries(engine)
        assert texts(engine) == {"SYSBP": "120", "NOTE": "kept", "POS": "SITTING"}
        assert entries(engine) == before  # looking changes nothing
        assert enter(engine, "PULSE=60").stored
        assert [action for _, action in entries(engine)[len(before) :]] == ["definition.register", "record.save"]
        assert engine.records("012-0001")[0].form_version == "2"
        assert texts(engine) == {"SYSBP": "120", "NOTE": "kept", "POS": "SITTING", "PULSE": "60"}
        assert enter(engine, "PULSE=61", reason="x").stored
        assert [action for _, action in entries(engine)[-2:]] == ["record.save", "record.save"]
        assert engine.store.verify().is_sound
    _edit(bench, "  - {item: PULSE, label: Pulse, type: integer}\n", "  - {item: NOTE, label: Note, type: text}\n")
    with bench.open() as engine:
        assert texts(engine)["PULSE"] == "61"
        assert enter(engine, "NOTE=changed", reason="x").stored
        assert engine.store.verify().is_sound


def test_definitions_when_an_item_becomes_computed_then_the_entered_value_stays_until_the_record_changes(
    bench: Bench,
) -> None:
    with bench.open() as engine:
        enter(engine, "SYSBP=120 DIABP=80")
    _edit(
        bench,
        "{item: DIABP, label: Diastolic, type: integer, unit: mmHg, hard: 30..160}",
        "{item: DIABP, label: Diastolic, type: integer, unit: mmHg, derive: SYSBP / 2}",
    )
    with bench.open() as engine:
        assert texts(engine)["DIABP"] == "80"
        assert enter(engine, "NOTE=x").stored
        assert texts(engine)["DIABP"] == "60"
        assert [change.new for change in engine.history("012-0001", item="DIABP")] == [
            Value("80", unit="mmHg"),
            Value("60", unit="mmHg"),
        ]


def test_definitions_when_they_are_broken_then_every_place_is_named_and_the_study_does_not_open(bench: Bench) -> None:
    _edit(bench, "WEIGHT / (HEIGHT", "WAIGHT / (HIGHT")
    with pytest.raises(DefinitionError) as caught:
        bench.open()
    assert {problem.code for problem in caught.value.problems} == {"D121"}


@pytest.mark.parametrize("kind", ["raw", "sdtm"])
def test_export_when_it_is_made_again_then_every_byte_is_the_same(tmp_path: Path, bench: Bench, kind: str) -> None:
    with bench.open() as engine:
        enter(engine, "SYSBP=200 WEIGHT=81_kg VSDAT=2026-03-30")
        _export(engine, kind, tmp_path / "one")
        bench.clock.pass_hours(30)
        _export(engine, kind, tmp_path / "two")
        engine.close_query(engine.store.queries()[0].query, "confirmed")
    with bench.open("bob") as engine:
        _export(engine, kind, tmp_path / "three")
    first = package(tmp_path / "one")
    assert "manifest.json" in first
    assert len(first) > 3
    assert package(tmp_path / "two") == first
    assert package(tmp_path / "three") == first


@pytest.mark.parametrize("kind", ["raw", "sdtm"])
def test_export_when_it_is_as_of_a_moment_then_it_equals_the_one_made_then(
    tmp_path: Path, bench: Bench, kind: str
) -> None:
    with bench.open() as engine:
        enter(engine, "SYSBP=120 VSDAT=2026-03-30")
        moment = bench.clock()
        _export(engine, kind, tmp_path / "then")
        bench.clock.pass_hours(1)
        engine.add_subject("SYD", "0001")
        enter(engine, "SYSBP=126", reason="typo")
        enter(engine, "SYSBP=130", visit="V2")
        _export(engine, kind, tmp_path / "now")
        _export(engine, kind, tmp_path / "as-of", as_of=moment)
    assert package(tmp_path / "as-of") == package(tmp_path / "then")
    assert package(tmp_path / "now") != package(tmp_path / "then")


def _export(engine: Engine, kind: str, folder: Path, as_of: datetime | None = None) -> None:
    if kind == "raw":
        outcome = engine.export_raw(folder, ["csv", "dataset-json"], as_of=as_of)
    else:
        outcome = engine.export_sdtm(folder, ["csv", "dataset-json", "xpt"], as_of=as_of)
    assert set(outcome.files) == set(package(folder))


def test_export_when_it_is_written_then_the_journal_knows_and_its_data_stand_where_they_did(
    tmp_path: Path, engine: Engine
) -> None:
    enter(engine, "SYSBP=120")
    outcome = engine.export_raw(tmp_path / "out", ["csv", "csv"])
    entry = list(engine.store.entries())[-1]
    assert (entry.action, entry.details["position"]) == ("export.raw", outcome.position)
    assert outcome.files == {"ae.csv": 0, "completeness.csv": 1, "manifest.json": 0, "pk.csv": 0, "vs.csv": 1}
    assert engine.export_raw(tmp_path / "again", ["csv"]).position == outcome.position


def test_export_when_the_study_is_empty_then_it_is_one_all_the_same(tmp_path: Path, bench: Bench) -> None:
    empty = Bench(tmp_path / "empty").make(subjects=())
    with empty.open() as engine:
        _export(engine, "raw", tmp_path / "out")


@pytest.mark.parametrize(("formats", "code"), [(["cvs"], "U106"), (["csv", "parquet"], "U106")])
def test_export_when_the_format_is_unknown_then_nothing_is_written(
    tmp_path: Path, engine: Engine, formats: list[str], code: str
) -> None:
    before = entries(engine)
    with pytest.raises(UsageError) as caught:
        engine.export_raw(tmp_path / "out", formats)
    assert (caught.value.code, (tmp_path / "out").exists(), entries(engine)) == (code, False, before)


def _definition(**changes: object) -> StudyDefinition:
    words = {"study": "S1", "title": "A study", "protocol": "observational", "sites": (Site(site="012"),)}
    return StudyDefinition.model_validate({**words, **changes})


def test_create_study_when_all_is_well_then_it_opens_with_its_first_entries(tmp_path: Path) -> None:
    with create_study(tmp_path / "a" / "study", _definition(), "ann", HandClock()) as engine:
        assert [action for _, action in entries(engine)] == ["definition.register", "study.create"]
        assert engine.store.verify().is_sound
    assert find_study(tmp_path / "a" / "study") == tmp_path / "a" / "study"


def test_create_study_when_there_is_one_already_then_refused_and_it_stays(bench: Bench) -> None:
    before = package(bench.folder / "forms"), (bench.folder / "study.yaml").read_text(encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        create_study(bench.folder, _definition(), "ann", HandClock())
    assert caught.value.code == "U104"
    assert (package(bench.folder / "forms"), (bench.folder / "study.yaml").read_text(encoding="utf-8")) == before


@pytest.mark.parametrize(
    ("changes", "user"),
    [({"protocol": "observatoinal"}, "ann"), ({"sites": (Site(site="012", timezone="Mars/North"),)}, "ann"), ({}, " ")],
)
def test_create_study_when_it_fails_then_nothing_is_left_behind(
    tmp_path: Path, changes: dict[str, object], user: str
) -> None:
    with pytest.raises((UsageError, DefinitionError)):
        create_study(tmp_path / "a" / "b", _definition(**changes), user, HandClock())
    assert list(tmp_path.iterdir()) == []


def test_create_study_when_a_store_lies_there_then_refused_and_the_store_stays(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_bytes(b"precious")
    with pytest.raises(StoreError) as caught:
        create_study(tmp_path, _definition(), "ann", HandClock())
    assert caught.value.code == "J104"
    assert (tmp_path / "study.db").read_bytes() == b"precious"
    assert not (tmp_path / "study.yaml").exists()


def test_begin_study_when_it_has_a_store_already_then_refused(bench: Bench) -> None:
    with pytest.raises(StoreError) as caught:
        begin_study(bench.folder, "ann", bench.clock, load_registry())
    assert caught.value.code == "J104"


def test_find_study_when_it_is_looked_for_from_below_then_found(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert find_study(bench.folder / "forms") == bench.folder
    monkeypatch.chdir(bench.folder / "forms")
    assert find_study(Path()) == bench.folder
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        find_study(Path())
    assert caught.value.code == "U103"


def test_engine_when_it_is_closed_then_twice_does_no_harm(bench: Bench) -> None:
    engine = bench.open()
    engine.close()
    engine.close()


def test_state_when_the_study_is_filled_then_it_counts(engine: Engine) -> None:
    enter(engine, "SYSBP=200")
    state = engine.state()
    assert (state.subjects, state.records) == ({"012": 1, "SYD": 0}, {"AE": 0, "PK": 0, "VS": 1})
    assert (state.open_queries, state.entries) == (1, len(entries(engine)))
    assert set(FILES) >= {"study.yaml"}
