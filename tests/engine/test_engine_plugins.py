"""Plugins on the write path and on the way out: vetoes bind, words after the commit do not, failures are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from engine_sample import Bench, enter, entries, plugin, texts

from trialkit.errors import PluginError
from trialkit.extension import (
    DatasetBuilder,
    Derivation,
    ItemType,
    PythonCheck,
    RecordView,
    TypeMismatchError,
    Veto,
    Writer,
)
from trialkit.model.check import Severity
from trialkit.model.dataset import Dataset, Variable, VariableType
from trialkit.model.import_options import OnError
from trialkit.model.item import Item
from trialkit.model.kind import Kind
from trialkit.model.record import RecordChange, RecordKey

ROWS = "SUBJECT,VISIT,SYSBP\n012-0001,V1,120\n012-0001,V2,130\n"


def _refuse_v2(changes: Sequence[RecordChange]) -> list[Veto]:
    return [Veto(change.key, "visit 2 is closed", "Ask the monitor.") for change in changes if change.key.visit == "V2"]


def _refuse_elsewhere(changes: Sequence[RecordChange]) -> list[Veto]:
    return [Veto(RecordKey("012", "012-0009", "V1", 1, "VS"), "the site is closed", "Ask.")]


def _raise(changes: Sequence[RecordChange]) -> list[Veto]:
    raise RuntimeError("broken")


def _import(bench: Bench, **options: OnError) -> tuple[bool, list[tuple[str, str, str]], list[tuple[int, str]]]:
    (bench.folder / "vs.csv").write_text(ROWS, encoding="utf-8")
    with bench.open() as engine:
        before = entries(engine)
        outcome = engine.import_file(bench.folder / "vs.csv", [], **options)
        told = [(found.code, found.plugin, found.message) for found in outcome.findings]
        return outcome.stored, told, entries(engine)[len(before) :]


@pytest.mark.parametrize("on_error", list(OnError))
def test_veto_when_it_names_one_record_then_nothing_of_the_batch_is_stored(tmp_path: Path, on_error: OnError) -> None:
    bench = Bench(tmp_path / "study", plugins=plugin("guard", before_write=_refuse_v2)).make()
    stored, told, written = _import(bench, on_error=on_error)
    assert (stored, written) == (False, [])
    assert told == [("W102", "guard", "Refused: visit 2 is closed.")]


def test_veto_when_it_names_a_record_outside_then_it_binds_all_the_same(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "study", plugins=plugin("guard", before_write=_refuse_elsewhere)).make()
    stored, told, written = _import(bench, on_error=OnError.SKIP_RECORD)
    assert (stored, told, written) == (False, [("W102", "guard", "Refused: the site is closed.")], [])


def test_veto_when_there_are_several_then_each_is_told(tmp_path: Path) -> None:
    plugins = plugin("one", before_write=_refuse_v2) | plugin("two", before_write=_refuse_v2)
    bench = Bench(tmp_path / "study", plugins=plugins).make()
    with bench.open() as engine:
        assert [found.plugin for found in enter(engine, "SYSBP=120", visit="V2").findings] == ["one", "two"]
        assert enter(engine, "SYSBP=120", visit="V1").stored


def test_veto_when_the_plugin_fails_then_nothing_is_stored_however_often_it_is_tried(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "study", plugins=plugin("guard", before_write=_raise)).make()
    with bench.open() as engine:
        before = entries(engine)
        for _ in range(2):
            with pytest.raises(PluginError) as caught:
                enter(engine, "SYSBP=120")
            assert caught.value.code == "P105"
            assert "guard" in caught.value.message
        assert (entries(engine), texts(engine)) == (before, {})


def test_after_write_when_the_plugin_fails_then_stored_and_said_each_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "study", plugins=plugin("deaf", after_write=_raise)).make()
    with bench.open() as engine:
        for visit in ("V1", "V2"):
            outcome = enter(engine, "SYSBP=120", visit=visit)
            assert (outcome.stored, outcome.notes) == (True, ("plugin deaf failed after the data were stored",))
            assert texts(engine, visit) == {"SYSBP": "120"}


def test_after_write_when_it_is_told_then_of_what_was_stored_and_only_then(tmp_path: Path) -> None:
    heard: list[RecordChange] = []
    bench = Bench(tmp_path / "study", plugins=plugin("ear", after_write=lambda changes: heard.extend(changes))).make()
    with bench.open() as engine:
        enter(engine, "SYSBP=999")
        enter(engine, "SYSBP=120", dry_run=True)
        assert heard == []
        enter(engine, "SYSBP=120")
    assert [(change.key.visit, [item.item for item in change.items]) for change in heard] == [("V1", ["SYSBP"])]


def test_python_check_when_it_raises_then_the_record_is_stored_and_the_check_counts_as_not_evaluated(
    tmp_path: Path,
) -> None:
    answers: list[bool] = [True]

    def fires(_: RecordView) -> bool:
        return answers[-1] if answers else _fail()

    def _fail() -> bool:
        raise LookupError

    check = PythonCheck("OWN1", "VS", ("NOTE",), Severity.SOFT, "Look here.", fires)
    bench = Bench(tmp_path / "study", plugins=plugin("own", validate_checks=lambda: [check])).make()
    with bench.open() as engine:
        (opened,) = enter(engine, "SYSBP=120").queries_opened
        assert (opened.code, opened.item) == ("OWN1", "NOTE")
        answers.clear()
        outcome = enter(engine, "DIABP=80")
        assert (outcome.stored, outcome.queries_closed) == (True, ())
        assert [(found.code, found.evaluated) for found in outcome.findings] == [("OWN1", False)]
        assert engine.state().open_queries == 1
        answers.append(False)
        assert len(enter(engine, "NOTE=x").queries_closed) == 1


def test_derivation_when_it_raises_then_the_record_is_stored_without_it_and_it_is_said(tmp_path: Path) -> None:
    derivation = Derivation("VS", "BMI", lambda view: str(view.values["WEIGHT"] * 2))  # type: ignore[operator]
    plugins = plugin("own", derive_items=lambda: [derivation])
    bench = Bench(tmp_path / "study", plugins=plugins)
    bench.make()
    _replace(bench, "WEIGHT / (HEIGHT / 100 * (HEIGHT / 100))", "python")
    with bench.open() as engine:
        outcome = enter(engine, "SYSBP=120")
        assert (outcome.stored, [(found.code, found.plugin) for found in outcome.findings]) == (True, [("V302", "own")])
        assert enter(engine, "WEIGHT=80_kg").findings == ()
        assert texts(engine)["BMI"] == "160"


def _replace(bench: Bench, old: str, new: str) -> None:
    file = bench.folder / "forms" / "vs.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def _dataset(name: str) -> Dataset:
    return Dataset(name, "Own", (Variable("A", "A", VariableType.CHAR, 1),), (), ("A",))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda _, records: records[0], "it raised IndexError"),
        (lambda *_: "text", "the plugin made str instead"),
        (lambda *_: _dataset("VS"), "there is a dataset VS already"),
        (lambda *_: _dataset("completeness"), "there is a dataset completeness already"),
    ],
)
def test_dataset_when_a_plugin_can_not_make_it_then_nothing_is_written(
    tmp_path: Path, build: object, reason: str
) -> None:
    builder = DatasetBuilder("OWN", build)  # type: ignore[arg-type]  # broken on purpose
    bench = Bench(tmp_path / "study", plugins=plugin("own", export_datasets=lambda: [builder])).make()
    with bench.open() as engine:
        before = entries(engine)
        with pytest.raises(PluginError) as caught:
            engine.export_raw(tmp_path / "out", ["csv"])
        assert (caught.value.code, caught.value.message) == ("P103", f"The dataset OWN could not be made: {reason}.")
        assert entries(engine) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("encode", "reason"),
    [
        (lambda *_: 1 / 0, "the writer raised ZeroDivisionError"),
        (lambda *_: "x", "the writer made str instead"),
    ],
)
def test_writer_when_a_plugin_can_not_write_then_nothing_is_written(
    tmp_path: Path, encode: object, reason: str
) -> None:
    writer = Writer("own", ".own", encode)  # type: ignore[arg-type]  # broken on purpose
    bench = Bench(tmp_path / "study", plugins=plugin("own", export_writers=lambda: [writer])).make()
    with bench.open() as engine, pytest.raises(PluginError) as caught:
        engine.export_raw(tmp_path / "out", ["own"])
    assert caught.value.message == f"The own file of AE could not be made: {reason}."
    assert not (tmp_path / "out").exists()


def test_item_type_of_a_plugin_when_a_form_uses_it_then_it_reads_and_derives(tmp_path: Path) -> None:
    def parse(text: str, _item: Item, _codelist: object, _layout: str | None) -> str:
        if text.casefold() not in ("red", "blue"):
            raise TypeMismatchError("is no colour", "Write red or blue.")
        return text.casefold()

    colour = ItemType("colour", Kind.TEXT, parse, str, "a colour")
    bench = Bench(tmp_path / "study", plugins=plugin("own", normalise_types=lambda: [colour])).make()
    _replace(bench, "{item: NOTE, label: Note, type: text}", "{item: NOTE, label: Note, type: colour}")
    with bench.open() as engine:
        (finding,) = enter(engine, "NOTE=green").findings
        assert finding.message == "NOTE: 'green' is no colour."
        enter(engine, "NOTE=RED")
        assert texts(engine) == {"NOTE": "red"}
