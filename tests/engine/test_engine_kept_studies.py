"""Studies that are kept compiled: the same study comes back, a stale one never does, and what fails is passed over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from engine_sample import FILES, Bench, HandClock, enter, plugin

from trialkit import Form, Item, Protocol
from trialkit.define import compiled_bytes, read_compiled
from trialkit.engine import Assembly, assemble, compiling, create_study, kept_studies, study_key
from trialkit.engine.kept_studies import CACHE_VARIABLE, CompiledStudy, keep
from trialkit.errors import DefinitionError, PluginError, StoreError
from trialkit.extension import DefinitionFormat, Derivation, Veto
from trialkit.model.record import RecordChange
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.registry import load_registry

BAD_CHECK = "checks:\n  - {check: XX1, form: VS, when: NOWHERE > 1, message: No}\n"
GOOD_CHECK = "checks:\n  - {check: XX1, form: VS, when: SYSBP > 250, message: High}\n"
OPEN_IT = """\
import sys
from pathlib import Path
from trialkit.engine import assemble, study_key
from trialkit.registry import load_registry
study_key.stamp_code = lambda plugins: "the code"
print(assemble(Path(sys.argv[1]), load_registry()).study.digest)
"""


def _stamp(plugins: Iterable[object]) -> str:
    return "the code"


def _no_veto(changes: Sequence[RecordChange]) -> list[Veto]:
    return []


class Compilations:
    """How often a study was compiled, what else is to happen when one is, and what comes out when it is known."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self.gives: Study | None = None
        self._compile = compiling.compile_study
        monkeypatch.setattr(compiling, "compile_study", self)

    def __call__(self, *arguments: object) -> Study:
        self.count += 1
        self.meanwhile()
        if self.gives is not None:
            return self.gives
        return self._compile(*arguments)  # type: ignore[arg-type]  # handed on as they came


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept studies, not there yet; trialkit's code counts as unchanged, whoever works on it meanwhile."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(study_key, "stamp_code", _stamp)
    return tmp_path / "cache" / "studies"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> Compilations:
    """Counts from here on."""
    return Compilations(monkeypatch)


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the small study, without a store."""
    for name, text in FILES.items():
        _write(tmp_path / "study", name, text)
    return tmp_path / "study"


def _assemble(folder: Path, plugins: dict[str, ModuleType] | None = None) -> Assembly:
    return assemble(folder, load_registry(modules=plugins))


def _parts(study: Study) -> Iterator[tuple[str, object]]:
    """Every part of a study, and its text: the order of things, and numbers as they were written, show there."""
    for part in fields(study):
        found = getattr(study, part.name)
        yield part.name, found
        yield f"{part.name} as text", repr(found) if part.name != "reads" else sorted(found)
    yield "visits", study.protocol.known_visits


@pytest.mark.parametrize(("protocol", "variant"), [("iv", None), ("nasal", None), ("oral", None), ("iv", "iv-ptsd")])
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

    study = _assemble(folder).study
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
    study = _assemble(folder).study
    copied = shutil.copytree(folder, folder.with_name("copy"))
    there = sorted(copied.rglob("*"))
    assert _assemble(copied).study == study
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
    before = _assemble(folder).study
    path = folder / file
    text = path.read_text(encoding="utf-8") if old else ""
    _write(folder, file, text.replace(old, new) if old else new)
    after = _assemble(folder).study
    assert compilations.count == 2
    if old:
        path.write_text(text, encoding="utf-8")
    else:
        path.unlink()
    assert _assemble(folder).study == before
    assert compilations.count == 2
    assert (after == before) == new.endswith("# the title")


def test_study_when_a_file_goes_or_is_called_otherwise_then_it_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    _write(folder, "forms/zz.yaml", GOOD_CHECK)
    _assemble(folder)
    (folder / "forms/zz.yaml").rename(folder / "forms/aa.yaml")
    assert "XX1" in {check.check for check in _assemble(folder).study.checks["VS"]}
    (folder / "forms/aa.yaml").unlink()
    assert "XX1" not in {check.check for check in _assemble(folder).study.checks["VS"]}
    assert compilations.count == 3


def _form(label: str) -> Form:
    return Form(form="OWN", title="Own", items=(Item(item="A", label=label, type="text"),))


def _hands_in(*things: object) -> dict[str, ModuleType]:
    return plugin("giver", define_forms=lambda: things)


def test_plugin_when_a_file_of_it_changes_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations, tmp_path: Path
) -> None:
    file = _write(tmp_path / "plugin", "checks.yaml", GOOD_CHECK)
    for source in (file, file.parent):
        file.write_text(GOOD_CHECK, encoding="utf-8")
        first = [_assemble(folder, _hands_in(source)).study for _ in range(2)]
        file.write_text(GOOD_CHECK.replace("250", "251"), encoding="utf-8")
        second = [_assemble(folder, _hands_in(source)).study for _ in range(2)]
        assert first[0] == first[1] != second[0] == second[1]
    assert compilations.count == 4


def test_plugin_when_it_hands_in_another_object_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    for label in ("One", "Two", "One"):
        _assemble(folder, _hands_in(_form(label)))
    assert compilations.count == 2


def test_plugin_when_it_hands_in_a_class_of_its_own_then_nothing_is_kept(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    class Own(Form):
        """A class of a plugin's own."""

    for _ in range(2):
        _assemble(folder, _hands_in(Own.model_validate(_form("One").model_dump())))
    assert compilations.count == 2
    assert not shelf.exists()


def test_plugin_when_it_comes_goes_or_has_another_version_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    new = plugin("giver", before_write=_no_veto)
    new["giver"].__version__ = "2"  # type: ignore[attr-defined]  # as a module has one
    for plugins in ({}, plugin("giver", before_write=_no_veto), new, {}):
        _assemble(folder, plugins)
    assert compilations.count == 3


def test_plugin_when_it_has_a_format_of_its_own_then_a_study_that_it_reads_is_not_kept(
    folder: Path, shelf: Path, compilations: Compilations, tmp_path: Path
) -> None:
    file = _write(tmp_path, "form.ini", "label")
    own = DefinitionFormat("ini", (".ini",), lambda path: [_form(path.read_text(encoding="utf-8"))])
    reads = plugin("reader", define_formats=lambda: [own], define_forms=lambda: [file])
    idle = plugin("reader", define_formats=lambda: [own])
    for plugins in (reads, reads, idle, idle):
        _assemble(folder, plugins)
    assert compilations.count == 3


def test_plugin_when_it_lies_in_no_file_then_nothing_is_kept(
    folder: Path, compilations: Compilations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    for _ in range(2):
        compilations.gives = _assemble(folder, plugin("idle", before_write=_no_veto)).study
    assert compilations.count == 2
    assert not (tmp_path / "cache").exists()


def test_code_when_it_changes_then_the_study_is_compiled_again(
    folder: Path, shelf: Path, compilations: Compilations, monkeypatch: pytest.MonkeyPatch
) -> None:
    compilations.gives = _assemble(folder).study
    for stamp in ("one", "two", "one"):
        monkeypatch.setattr(study_key, "stamp_code", lambda *_, told=stamp: told)
        _assemble(folder)
    assert compilations.count == 3


def test_file_when_it_changes_while_the_study_is_compiled_then_nothing_is_kept(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    text = (folder / "forms/vs.yaml").read_text(encoding="utf-8")
    compilations.meanwhile = lambda: _write(folder, "forms/vs.yaml", text.replace("Vital", "Other"))
    assert _assemble(folder).study.forms["VS"].title == "Vital signs"
    assert not shelf.exists()
    compilations.meanwhile = lambda: None
    assert [_assemble(folder).study.forms["VS"].title for _ in range(2)] == ["Other signs"] * 2
    assert compilations.count == 2


def _damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    _, _, rest = content.partition(b"\n")
    key = path.stem
    sound = kept_studies._checksum
    path.write_bytes(
        {
            "empty": b"",
            "cut": content[: len(content) // 2],
            "a bit": content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
            "limits": content.replace(b"60..260", b"60..999"),
            "of another key": sound("0" * 64, rest) + b"\n" + rest,
            "no study": sound(key, b"[]\n{}\n{}") + b"\n[]\n{}\n{}",
            "no text": sound(key, b"\xff") + b"\n\xff",
        }[kind]
    )


@pytest.mark.parametrize("kind", ["empty", "cut", "a bit", "limits", "of another key", "no study", "no text"])
def test_kept_study_when_it_is_damaged_then_it_is_compiled_again_and_replaced(
    folder: Path, shelf: Path, compilations: Compilations, kind: str
) -> None:
    study = compilations.gives = _assemble(folder).study
    (path,) = shelf.iterdir()
    sound = path.read_bytes()
    _damage(path, kind)
    assert _assemble(folder).study == study
    assert path.read_bytes() == sound
    assert _assemble(folder).study == study
    assert compilations.count == 2


def test_kept_study_when_it_is_a_folder_then_it_is_passed_over(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    compilations.gives = _assemble(folder).study
    (path,) = shelf.iterdir()
    path.unlink()
    path.mkdir()
    for _ in range(2):
        _assemble(folder)
    assert compilations.count == 3
    assert list(shelf.iterdir()) == [path]


def test_shelf_when_it_can_not_be_made_or_written_then_studies_are_compiled(
    folder: Path, shelf: Path, compilations: Compilations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, content: bytes, code: str) -> None:
        raise StoreError(code, "The disk is full.", remedy="Make room.")

    monkeypatch.setenv(CACHE_VARIABLE, str(_write(tmp_path, "a file", "") / "cache"))
    compilations.gives = _assemble(folder).study
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(kept_studies, "write_whole", refuse)
    _assemble(folder)
    assert list(shelf.iterdir()) == []
    assert compilations.count == 2


def test_shelf_when_others_may_write_to_it_then_it_is_not_believed(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    compilations.gives = _assemble(folder).study
    shelf.chmod(0o777)
    _assemble(folder)
    assert compilations.count == 2


def test_shelf_when_none_is_wanted_then_nothing_is_kept_and_otherwise_it_is_the_users_own(
    folder: Path, shelf: Path, compilations: Compilations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(CACHE_VARIABLE, "")
    for _ in range(2):
        compilations.gives = _assemble(folder).study
    assert compilations.count == 2
    assert not (tmp_path / "home").exists()
    monkeypatch.delenv(CACHE_VARIABLE)
    for _ in range(2):
        _assemble(folder)
    assert compilations.count == 3
    assert len(list((tmp_path / "home/trialkit/studies").iterdir())) == 1


def test_shelf_when_it_is_full_then_what_was_not_used_for_longest_goes(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    study = _assemble(folder).study
    (used,) = shelf.iterdir()
    others = [shelf / f"{number:064x}.study" for number in range(31)]
    left = shelf / f".{0:064x}.study.abc.part"
    for path in (*others, left, shelf / "notes.txt"):
        path.write_bytes(b"")
        os.utime(path, (1, 1))
    os.utime(used, (0, 0))
    _assemble(folder)  # now it was used
    keep("f" * 64, CompiledStudy(study, frozenset({"trialkit"})))
    assert compilations.count == 1
    there = {path.name for path in shelf.iterdir()}
    assert {used.name, f"{'f' * 64}.study", "notes.txt"} <= there
    assert len(there - {"notes.txt"}) == 32


def test_shelf_when_two_commands_fill_it_at_once_then_both_have_their_study(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    command = [sys.executable, "-c", OPEN_IT, str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    digests = [process.communicate()[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert len(list(shelf.iterdir())) == 1
    assert [_assemble(folder).study.digest] * 2 == digests
    assert compilations.count == 0


def test_definitions_when_they_are_broken_then_every_place_is_told_every_time(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    _assemble(folder)
    path = folder / "forms/vs.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("WEIGHT / (", "WAIGHT / (").replace("<= DIABP", "<= DIAPB"), encoding="utf-8")
    told = []
    for _ in range(2):
        with pytest.raises(DefinitionError) as caught:
            _assemble(folder)
        told.append([(found.file, found.line, found.column, found.code) for found in caught.value.problems])
    line = text.splitlines().index(next(line for line in text.splitlines() if "BMI" in line)) + 1
    assert told[0] == told[1]
    assert [(Path(file).name, code) for file, _, _, code in told[0]] == [("vs.yaml", "D121")] * 2
    assert told[0][0][1:3] == (line, text.splitlines()[line - 1].index("WEIGHT / (") + 1)
    assert len(list(shelf.iterdir())) == 1
    path.write_text(text, encoding="utf-8")
    _assemble(folder)
    assert compilations.count == 3


def test_stranger_when_it_breaks_then_it_is_named_the_same_whatever_was_kept(
    folder: Path, shelf: Path, tmp_path: Path
) -> None:
    def fail(study: StudyDefinition) -> list[Derivation]:
        raise OSError

    file = _write(tmp_path / "plugin", "checks.yaml", BAD_CHECK)
    plugins = plugin("bad", define_forms=lambda: [file]) | plugin("late", derive_items=fail)
    told = []
    for _ in range(3):
        registry = load_registry(modules=plugins)
        study = assemble(folder, registry).study
        told.append({name: broken.reason for name, broken in registry.broken.items()})
    assert told[0] == told[1] == told[2]
    assert told[0]["bad"].endswith("checks.yaml:2:34: D121: The form VS has no item NOWHERE")
    assert told[0]["late"] == "trialkit_derive_items raised OSError"
    assert study == _assemble(folder).study


def test_needed_plugin_when_it_breaks_later_then_the_study_refuses_whatever_was_kept(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    def fail(study: StudyDefinition) -> list[Form]:
        raise ValueError("no")

    text = (folder / "study.yaml").read_text(encoding="utf-8")
    _write(folder, "study.yaml", f"{text}plugins: [needed]\n")
    for _ in range(2):
        _assemble(folder, plugin("needed", before_write=_no_veto))
    assert compilations.count == 1
    for plugins, code in ((plugin("needed", define_forms=fail), "P101"), ({}, "P102")):
        for _ in range(2):
            with pytest.raises(PluginError) as caught:
                _assemble(folder, plugins)
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
        study = _assemble(folder, plugin("route", define_protocols=lambda given=protocol: [given])).study
        known.append({visit.visit for visit in study.protocol.known_visits})
    assert known == [{"V1"}, {"V1", "V9"}] * 2
    assert compilations.count == 2
