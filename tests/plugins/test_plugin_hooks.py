"""The plugins hand in their own protocol always, and their forms to their own studies only."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest
import trialkit_iv
import trialkit_nasal
import trialkit_oral

import trialkit
from trialkit import Site, StudyDefinition

PLUGINS: list[tuple[str, ModuleType]] = [("iv", trialkit_iv), ("nasal", trialkit_nasal), ("oral", trialkit_oral)]


def _study(protocol: str) -> StudyDefinition:
    return StudyDefinition(study="S1", title="A study", protocol=protocol, sites=(Site(site="01"),))


@pytest.mark.parametrize(("name", "plugin"), PLUGINS)
def test_protocols_when_asked_for_then_one_file_is_handed_in(name: str, plugin: ModuleType) -> None:
    (file,) = plugin.trialkit_define_protocols()
    assert file.name == "protocol.yaml"
    assert f"protocol: {name}\n" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "plugin"), PLUGINS)
def test_forms_when_the_study_is_of_this_protocol_then_its_folder_is_handed_in(name: str, plugin: ModuleType) -> None:
    (folder,) = plugin.trialkit_define_forms(_study(name))
    assert folder.is_dir()
    assert folder.parent.name == f"trialkit_{name}"


@pytest.mark.parametrize(("name", "plugin"), PLUGINS)
def test_files_when_handed_in_then_every_definition_of_the_plugin_is_among_them(name: str, plugin: ModuleType) -> None:
    (protocol,), (folder,) = plugin.trialkit_define_protocols(), plugin.trialkit_define_forms(_study(name))
    # Folders below are not packed, see package_data in setup.cfg.
    assert {protocol, *folder.glob("*.yaml")} == set(protocol.parent.rglob("*.yaml"))


@pytest.mark.parametrize(("name", "plugin"), PLUGINS)
def test_forms_when_the_study_is_of_another_protocol_then_nothing_is_handed_in(name: str, plugin: ModuleType) -> None:
    assert list(plugin.trialkit_define_forms(_study("other"))) == []


@pytest.mark.parametrize(("name", "plugin"), PLUGINS)
def test_plugin_when_it_imports_trialkit_then_from_its_face_only(name: str, plugin: ModuleType) -> None:
    assert plugin.__file__ is not None
    tree = ast.parse(Path(plugin.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trialkit"):
            assert node.module == "trialkit"
            assert {alias.name for alias in node.names} <= set(trialkit.__all__)
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("trialkit")]
