"""``trialkit plugin new``: what it makes conforms whatever it is called; what can not be made is refused at once."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from cli_sample import Typist

from trialkit import Site, StudyDefinition, create_study
from trialkit.define import load_file
from trialkit.errors import UsageError
from trialkit.export.sdtm.standard import load_standard
from trialkit.registry import load_registry
from trialkit.skeleton import check_route, skeleton_files
from trialkit.testing import plugin_problems

ROUTES = load_standard().terms["C66729"].terms


def _import(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, f"trialkit_{name}", raising=False)
    return importlib.import_module(f"trialkit_{name}")


@pytest.mark.parametrize("name", ["no", "null", "Depot_2", "a", "sv", "x" * 20])
def test_new_when_the_name_is_sound_then_the_plugin_conforms(
    name: str, type_command: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = type_command(tmp_path, "plugin", "new", name, "made")

    assert typed.code == 0
    assert plugin_problems(_import(tmp_path / "made", name, monkeypatch)) == ()


def test_new_when_no_route_is_given_then_a_study_of_it_opens_and_has_none(
    type_command: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_command(tmp_path, "plugin", "new", "open1")
    registry = load_registry(modules={"open1": _import(tmp_path / "trialkit-open1", "open1", monkeypatch)})
    definition = StudyDefinition(study="S", title="S", protocol="open1", sites=(Site(site="001"),))

    with create_study(tmp_path / "study", definition, "ann", lambda: datetime.now(UTC), registry) as engine:
        assert engine.assembly.study.protocol.route == ""
        assert "EXOPEN1" in engine.assembly.study.forms


def test_new_when_a_folder_is_named_then_the_files_stand_there_and_are_listed(
    type_command: Typist, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()

    typed = type_command(tmp_path, "plugin", "new", "depot_im", "mine", "--route", "intramuscular")

    listed = typed.out.splitlines()
    found = sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / "mine").rglob("*") if path.is_file())
    assert sorted(listed) == found
    assert "mine/trialkit_depot_im/forms/exdepot_im.yaml" in listed
    protocol = (tmp_path / "mine/trialkit_depot_im/protocol.yaml").read_text(encoding="utf-8")
    assert "\nroute: INTRAMUSCULAR\n" in protocol
    assert "route INTRAMUSCULAR" in typed.err


def test_new_when_the_commands_of_its_readme_are_typed_then_they_work(
    type_command: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = type_command(tmp_path, "plugin", "new", "fresh")
    folder = tmp_path / "trialkit-fresh"
    _register(tmp_path / "site", folder, monkeypatch)

    (commands,) = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    install, *others = commands.splitlines()

    assert install == "pip install -e ."
    assert len(others) == 2
    for command in others:
        program, *words = command.split()
        assert program == "trialkit"
        assert type_command(folder, *words).code == 0
    assert (tmp_path / "try-fresh" / "study.db").is_file()
    assert f"Next: pip install -e {folder.name} && {others[0]} && trialkit init try-fresh" in made.err


def _register(site: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a plugin by its path, as pip would, without pip."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = site / f"{project['name']}.dist-info"
    metadata.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(head, encoding="utf-8")
    points = "".join(f"{name} = {module}\n" for name, module in project["entry-points"]["trialkit"].items())
    (metadata / "entry_points.txt").write_text(f"[trialkit]\n{points}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["1m"], "U137", "Begin with a letter"),
        (["i-m"], "U137", "Begin with a letter"),
        (["i__m"], "U137", "single underscores"),
        (["im_"], "U137", "single underscores"),
        (["im\n"], "U137", "Begin with a letter"),
        (["im: x"], "U137", "Begin with a letter"),
        (["größe"], "U137", "Begin with a letter"),
        (["x" * 21], "U137", "at most 20"),
        (["../im"], "U137", "Begin with a letter"),
        ([""], "U137", "Begin with a letter"),
        (["im", "--route", "INTRAMUSCLAR"], "U138", "Did you mean INTRAMUSCULAR?"),
        (["im", "--route", "ORAL\nversion: 2"], "U138", "no route of administration"),
        (["im", "--route", ""], "U138", "no route of administration"),
        (["iv"], "U139", "a plugin that is installed"),
        (["IV"], "U139", "a plugin that is installed"),
        (["trialkit"], "U139", "a plugin that is installed"),
        (["observational"], "U139", "a protocol that a plugin hands in"),
        (["forms"], "U139", "the package trialkit_forms"),
        (["im", "full"], "U140", "full holds files already"),
        (["im", "study/inside"], "U140", "inside the study study"),
        (["im", "study"], "U140", "study holds files already"),
    ],
)
def test_new_when_it_can_not_be_made_then_one_line_says_why_and_nothing_is_written(
    words: list[str], code: str, said: str, type_command: Typist, tmp_path: Path
) -> None:
    for file in ("full/notes.txt", "study/study.yaml"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text("mine\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))

    typed = type_command(tmp_path, "plugin", "new", *words)

    assert typed.code == 2
    assert typed.out == ""
    assert typed.err.startswith(f"error {code}: ")
    assert said in typed.err
    assert typed.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_new_when_another_plugin_is_broken_then_its_name_is_taken_too(
    type_command: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "site" / "lame-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lame\nVersion: 1\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[trialkit]\nlame = nowhere_at_all\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    typed = type_command(tmp_path, "plugin", "new", "lame")

    assert typed.code == 2
    assert "U139" in typed.err


def test_new_when_the_folder_can_not_be_made_then_the_disk_is_named(type_command: Typist, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    typed = type_command(tmp_path, "plugin", "new", "im", "file/below")

    assert typed.code == 7
    assert typed.err.startswith("error P107: ")
    assert "Traceback" not in typed.err


def test_route_when_it_is_a_term_of_the_list_then_the_protocol_has_it(tmp_path: Path) -> None:
    file = tmp_path / "protocol.yaml"
    for term in sorted(ROUTES):
        assert check_route(term.lower(), ROUTES) == term
        text = skeleton_files("im", term)["trialkit_im/protocol.yaml"]
        assert f"\nroute: {term}\n" in text
        if not term.isalpha():
            file.write_text(text, encoding="utf-8")
            (located,), problems = load_file(file)
            assert problems == []
            assert getattr(located.thing, "route", None) == term


def test_skeleton_when_asked_without_the_command_then_names_and_routes_are_checked_as_well() -> None:
    with pytest.raises(UsageError, match="U137"):
        skeleton_files("a b", None)
    with pytest.raises(UsageError, match="U138"):
        skeleton_files("im", "ORAL\n")


def test_skeleton_when_made_then_every_file_is_sound_and_no_placeholder_is_left() -> None:
    files = skeleton_files("depot_im", "SUBCUTANEOUS")

    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["entry-points"]["trialkit"] == {"depot_im": "trialkit_depot_im"}
    assert project["name"] == "trialkit-depot-im"
    assert "license" not in project
    for path, text in files.items():
        assert "$" not in text, path
        assert path.endswith(".md") or all(len(line) <= 120 for line in text.splitlines()), path
        if path.endswith(".py"):
            ast.parse(text)
