"""Studies that are kept compiled: the same study comes back, and a stale one never does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from engine_sample import Bench, HandClock, enter, plugin
from kept_sample import Compilations, assemble_with, write

from trialkit import Form, Item, Protocol
from trialkit.define import compiled_bytes, read_compiled
from trialkit.engine import assemble, create_study, study_key
from trialkit.engine.kept_studies import CACHE_VARIABLE
from trialkit.errors import DefinitionError, PluginError
from trialkit.extension import DefinitionFormat, Derivation, Veto
from trialkit.model.record import RecordChange
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.registry import load_registry

BAD_CHECK = "checks:\n  - {check: XX1, form: VS, when: NOWHERE > 1, message: No}\n"
GOOD_CHECK = "checks:\n  - {check: XX1, form: VS, when: SYSBP > 250, message: High}\n"


def _no_veto(changes: Sequence[RecordChange]) -> list[Veto]:
    return []


def _parts(study: Study) -> Iterator[tuple[str, object]]:
    """Every part of a study, and its text: the order of things, and numbers as they were written, show there."""
    for part in fields(study):
        found = getattr(study, part.name)
        yield part.name, found
        yield f"{part.name} as text", repr(found) if part.name != "reads" else sorted(found)
    yield "visits", study.protocol.known_visits


@pytest.mark.parametrize(
    ("protocol", "variant"),
    [("iv", "iv-ptsd"), *(pytest.param(name, None, marks=pytest.mark.slow) for name in ("iv", "nasal", "oral"))],
)
def test_study_when_it_is_made_bytes_then_they_give_it_back_with_nothing_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, variant: str | None
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "")
    definition = StudyDefinition(
        study="S1",
        title="A study",
        protocol=protocol,
        variant=variant,
        sites=(Site(site="012"),),
        parameters={"bp_hold_sys": "161.50"} if protocol == "iv" else {},
    )
    with create_study(tmp_path / "study", definition, "ann", HandClock()) as engine:
        study = engine.assembly.study
    content = compiled_bytes(study)
    assert content is not None
    again = read_compiled(content, study.definition)
    assert again == study
    assert dict(_parts(again)) == dict(_parts(study))
    assert study.set_aside
    assert study.reads


def test_study_when_a_part_would_not_come_back_then_it_has_no_bytes(folder: Path) -> None:
    class Own(Form):
        """A class of a plugin's own."""

    study = assemble_with(folder).study
    own = Own.model_validate(study.forms["VS"].model_dump())
    object.__setattr__(study, "forms", {**study.forms, "VS": own})
    assert compiled_bytes(study) is None


def test_study_when_nothing_changed_then_it_is_not_compiled_again_and_works_the_same(
    bench: Bench, shelf: Path, compilations: Compilations
) -> None:
    with bench.open() as engine:
        compiled = engine.assembly
        first = enter(engine, "SYSBP=200 DIABP=80 WEIGHT=80_LB HEIGHT=180", dry_run=True)
    with bench.open() as engine:
        kept = engine.assembly
        second = enter(engine, "SYSBP=200 DIABP=80 WEIGHT=80_LB HEIGHT=180", dry_run=True)
    assert compilations.count == 1
    assert kept.study == compiled.study
    assert dict(_parts(kept.study)) == dict(_parts(compiled.study))
    assert second == first
    assert first.findings
    assert shelf.stat().st_mode & 0o777 == 0o700
    assert [path.suffix for path in shelf.iterdir()] == [".study"]


def test_study_when_it_is_copied_elsewhere_then_what_was_kept_holds_there(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    study = assemble_with(folder).study
    copied = shutil.copytree(folder, folder.with_name("copy"))
    there = sorted(copied.rglob("*"))
    assert assemble_with(copied).study == study
    assert compilations.count == 1
    assert sorted(copied.rglob("*")) == there  # a folder that can only be read will do


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("study.yaml", "title: A study", "title: A  study"),
        ("study.yaml", "title: A study", "title: A study  # the title"),
        ("forms/vs.yaml", "soft: 90..180", "soft: 90..181"),
        ("forms/vs.yaml", "Vital signs", "Vital sign"),
        ("protocol.yaml", "day: 8", "day: 9"),
        ("forms/more/checks.yml", "", GOOD_CHECK),
    ],
)
def test_study_when_a_byte_of_its_files_changes_then_it_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations, file: str, old: str, new: str
) -> None:
    before = assemble_with(folder).study
    path = folder / file
    text = path.read_text(encoding="utf-8") if old else ""
    write(folder, file, text.replace(old, new) if old else new)
    after = assemble_with(folder).study
    assert compilations.count == 2
    if old:
        path.write_text(text, encoding="utf-8")
    else:
        path.unlink()
    assert assemble_with(folder).study == before
    assert compilations.count == 2
    assert (after == before) == new.endswith("# the title")


def test_study_when_a_file_goes_or_is_called_otherwise_then_it_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    write(folder, "forms/zz.yaml", GOOD_CHECK)
    assemble_with(folder)
    (folder / "forms/zz.yaml").rename(folder / "forms/aa.yaml")
    assert "XX1" in {check.check for check in assemble_with(folder).study.checks["VS"]}
    (folder / "forms/aa.yaml").unlink()
    assert "XX1" not in {check.check for check in assemble_with(folder).study.checks["VS"]}
    assert compilations.count == 3


def _form(label: str) -> Form:
    return Form(form="OWN", title="Own", items=(Item(item="A", label=label, type="text"),))


def _hands_in(*things: object) -> dict[str, ModuleType]:
    return plugin("giver", define_forms=lambda: things)


def test_plugin_when_a_file_of_it_changes_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations, tmp_path: Path
) -> None:
    file = write(tmp_path / "plugin", "checks.yaml", GOOD_CHECK)
    for source in (file, file.parent):
        file.write_text(GOOD_CHECK, encoding="utf-8")
        first = [assemble_with(folder, _hands_in(source)).study for _ in range(2)]
        file.write_text(GOOD_CHECK.replace("250", "251"), encoding="utf-8")
        second = [assemble_with(folder, _hands_in(source)).study for _ in range(2)]
        assert first[0] == first[1] != second[0] == second[1]
    assert compilations.count == 4


def test_plugin_when_it_hands_in_another_object_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    for label in ("One", "Two", "One"):
        assemble_with(folder, _hands_in(_form(label)))
    assert compilations.count == 2


def test_plugin_when_it_hands_in_a_class_of_its_own_then_nothing_is_kept(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    class Own(Form):
        """A class of a plugin's own."""

    for _ in range(2):
        assemble_with(folder, _hands_in(Own.model_validate(_form("One").model_dump())))
    assert compilations.count == 2
    assert not shelf.exists()


def test_plugin_when_it_comes_goes_or_has_another_version_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    new = plugin("giver", before_write=_no_veto)
    new["giver"].__version__ = "2"  # type: ignore[attr-defined]  # as a module has one
    for plugins in ({}, plugin("giver", before_write=_no_veto), new, {}):
        assemble_with(folder, plugins)
    assert compilations.count == 3


def test_plugin_when_it_has_a_format_of_its_own_then_a_study_that_it_reads_is_not_kept(
    folder: Path, shelf: Path, compilations: Compilations, tmp_path: Path
) -> None:
    file = write(tmp_path, "form.ini", "label")
    own = DefinitionFormat("ini", (".ini",), lambda path: [_form(path.read_text(encoding="utf-8"))])
    reads = plugin("reader", define_formats=lambda: [own], define_forms=lambda: [file])
    idle = plugin("reader", define_formats=lambda: [own])
    for plugins in (reads, reads, idle, idle):
        assemble_with(folder, plugins)
    assert compilations.count == 3


def test_plugin_when_it_lies_in_no_file_then_nothing_is_kept(
    folder: Path, compilations: Compilations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    for _ in range(2):
        compilations.gives = assemble_with(folder, plugin("idle", before_write=_no_veto)).study
    assert compilations.count == 2
    assert not (tmp_path / "cache").exists()


def test_code_when_it_changes_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations, monkeypatch: pytest.MonkeyPatch
) -> None:
    compilations.gives = assemble_with(folder).study
    for stamp in ("one", "two", "one"):
        monkeypatch.setattr(study_key, "stamp_code", lambda *_, told=stamp: told)
        assemble_with(folder)
    assert compilations.count == 3


def test_file_when_it_changes_while_the_study_is_compiled_then_nothing_is_kept(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    text = (folder / "forms/vs.yaml").read_text(encoding="utf-8")
    compilations.meanwhile = lambda: write(folder, "forms/vs.yaml", text.replace("Vital", "Other"))
    assert assemble_with(folder).study.forms["VS"].title == "Vital signs"
    assert not shelf.exists()
    compilations.meanwhile = lambda: None
    assert [assemble_with(folder).study.forms["VS"].title for _ in range(2)] == ["Other signs"] * 2
    assert compilations.count == 2


def test_definitions_when_they_are_broken_then_every_place_is_told_every_time(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    assemble_with(folder)
    path = folder / "forms/vs.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("WEIGHT / (", "WAIGHT / (").replace("<= DIABP", "<= DIAPB"), encoding="utf-8")
    told = []
    for _ in range(2):
        with pytest.raises(DefinitionError) as caught:
            assemble_with(folder)
        told.append([(found.file, found.line, found.column, found.code) for found in caught.value.problems])
    line = text.splitlines().index(next(line for line in text.splitlines() if "BMI" in line)) + 1
    assert told[0] == told[1]
    assert [(Path(file).name, code) for file, _, _, code in told[0]] == [("vs.yaml", "D121")] * 2
    assert told[0][0][1:3] == (line, text.splitlines()[line - 1].index("WEIGHT / (") + 1)
    assert len(list(shelf.iterdir())) == 1
    path.write_text(text, encoding="utf-8")
    assemble_with(folder)
    assert compilations.count == 3


def test_stranger_when_it_breaks_then_it_is_named_the_same_whatever_was_kept(
    folder: Path, shelf: Path, tmp_path: Path
) -> None:
    def fail(study: StudyDefinition) -> list[Derivation]:
        raise OSError

    file = write(tmp_path / "plugin", "checks.yaml", BAD_CHECK)
    plugins = plugin("bad", define_forms=lambda: [file]) | plugin("late", derive_items=fail)
    told = []
    for _ in range(3):
        registry = load_registry(modules=plugins)
        study = assemble(folder, registry).study
        told.append({name: broken.reason for name, broken in registry.broken.items()})
    assert told[0] == told[1] == told[2]
    assert told[0]["bad"].endswith("checks.yaml:2:34: D121: The form VS has no item NOWHERE")
    assert told[0]["late"] == "trialkit_derive_items raised OSError"
    assert study == assemble_with(folder).study


def test_needed_plugin_when_it_breaks_later_then_the_study_refuses_whatever_was_kept(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    def fail(study: StudyDefinition) -> list[Form]:
        raise ValueError("no")

    text = (folder / "study.yaml").read_text(encoding="utf-8")
    write(folder, "study.yaml", f"{text}plugins: [needed]\n")
    for _ in range(2):
        assemble_with(folder, plugin("needed", before_write=_no_veto))
    assert compilations.count == 1
    for plugins, code in ((plugin("needed", define_forms=fail), "P101"), ({}, "P102")):
        for _ in range(2):
            with pytest.raises(PluginError) as caught:
                assemble_with(folder, plugins)
            assert caught.value.code == code


def test_protocol_when_a_plugin_hands_in_a_resolved_one_then_the_visits_that_it_knows_count(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    (folder / "protocol.yaml").unlink()
    visit = {"visit": "V1", "label": "One", "number": 1, "day": 1, "forms": [{"form": "VS"}, {"form": "PK"}]}
    extra = {"variant": "more", "title": "More", "visits": [{"visit": "V9", "label": "Nine", "number": 9}]}
    plain = {"protocol": "small", "title": "Small", "visits": [visit], "log_forms": ["AE"]}
    protocols = [Protocol.model_validate(plain), Protocol.model_validate({**plain, "variants": [extra]}).resolved()]
    known = []
    for protocol in (*protocols, *protocols):
        study = assemble_with(folder, plugin("route", define_protocols=lambda given=protocol: [given])).study
        known.append({visit.visit for visit in study.protocol.known_visits})
    assert known == [{"V1"}, {"V1", "V9"}] * 2
    assert compilations.count == 2
