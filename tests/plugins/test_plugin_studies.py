"""A study of each protocol compiles from the house's forms and the plugin's own, without one problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialkit.define import Contributed, Located, compile_study, load_file, load_folder
from trialkit.export import check_mappings
from trialkit.model.protocol import Protocol
from trialkit.model.study import Contribution, Site, Study, StudyDefinition
from trialkit.normalise import HOUSE_TYPES

TYPES = {found.name: found for found in HOUSE_TYPES}
PROTOCOLS = ["iv", "nasal", "oral", "observational"]


def _contributed(things: list[Located], plugin: str) -> list[Contributed]:
    return [Contributed(found, Contribution(plugin, "0.1.0")) for found in things]


def compile_protocol(root: Path, name: str) -> Study:
    """A study of this protocol, from files. Raises DefinitionError with every problem."""
    definition = StudyDefinition(study="S1", title="A study", protocol=name, sites=(Site(site="01"),))
    house, problems = load_folder(root / "forms")
    contributed = _contributed(house, "trialkit")
    folder = root / "plugins" / f"trialkit_{name}"
    if folder.is_dir():
        for things, faults in (load_file(folder / "protocol.yaml"), load_folder(folder / "forms")):
            contributed += _contributed(things, name)
            problems = [*problems, *faults]
    assert not problems, "\n".join(map(str, problems))
    return compile_study(Located(definition), contributed, TYPES, {})


@pytest.mark.parametrize("name", PROTOCOLS)
def test_study_when_compiled_then_its_forms_and_checks_are_those_of_its_protocol(root: Path, name: str) -> None:
    study = compile_protocol(root, name)
    own = {"iv": {"EXIV"}, "nasal": {"EXNS"}, "oral": {"EXPO"}}.get(name, set())
    assert set(study.forms) == {"SV", "DM", "VS", "AE"} | own
    assert isinstance(study.protocol, Protocol)
    assert all(study.checks[form] for form in study.forms)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_study_when_compiled_then_its_sdtm_mappings_are_sound(root: Path, name: str) -> None:
    assert check_mappings(compile_protocol(root, name)) == ()
