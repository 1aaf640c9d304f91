"""A study of each protocol compiles from the house's forms and the plugin's own, and uses everything of both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from protocol_route import Route, load_protocol

from trialkit.define import Contributed, Located, compile_study, load_folder
from trialkit.export import check_mappings
from trialkit.model.study import Contribution, Site, Study, StudyDefinition
from trialkit.normalise import HOUSE_TYPES

StudyOf = Callable[[str, str | None], Study]

OWN_FORMS = {
    "iv": {"EXIV"},
    "nasal": {"DC", "EXND", "EXNS", "RE"},
    "oral": {"DA", "DI", "EP", "EXPO", "HB", "RC"},
}
STUDIES = [
    *[(name, None) for name in OWN_FORMS],
    *[("iv", "iv-ptsd"), ("iv", "iv-pain"), ("iv", "iv-anxiety"), ("oral", "po-loz")],
]


@pytest.mark.parametrize("name", OWN_FORMS)
def test_study_when_compiled_then_the_forms_of_the_plugin_are_its_own_and_all_others_of_the_house(
    study_of: StudyOf, name: str
) -> None:
    study = study_of(name, None)
    authors = {form: study.origins[f"form:{form}"].plugin for form in study.forms}
    assert {form for form, author in authors.items() if author == name} == OWN_FORMS[name]
    assert set(authors.values()) == {name, "trialkit"}


_NO_FAILED_TREATMENT = {"IE006", "SV006"}
SET_ASIDE = {
    "iv": {"SV006"},
    "nasal": {"SV006"},
    "oral": {"SC042"},
    "iv-ptsd": _NO_FAILED_TREATMENT,
    "iv-pain": _NO_FAILED_TREATMENT,
    "iv-anxiety": _NO_FAILED_TREATMENT,
    "po-loz": {"SC042", "DI005", "DI007", "RC002", "RC008", "PO011", "PO012", "PO024"},
}
"""Rules that a study does without: no visit has the tag, the number is 0, or the variant leaves the form out."""


@pytest.mark.parametrize(("name", "variant"), STUDIES)
def test_study_when_compiled_then_every_check_of_its_forms_is_in_force(
    study_of: StudyOf, route: Callable[[str], Route], name: str, variant: str | None
) -> None:
    study = study_of(name, variant)
    in_force = {check.check for checks in study.checks.values() for check in checks}
    known = {check.check for check in route(name).checks.values() if check.form in study.forms}
    assert in_force == known - study.set_aside.keys()
    assert study.set_aside.keys() & known <= SET_ASIDE[variant or name]


@pytest.mark.parametrize(("name", "variant"), STUDIES)
def test_study_when_compiled_then_its_sdtm_mappings_are_sound(
    study_of: StudyOf, name: str, variant: str | None
) -> None:
    assert check_mappings(study_of(name, variant)) == ()


@pytest.mark.parametrize("name", OWN_FORMS)
def test_arms_when_allocated_then_the_list_has_those_of_the_protocol_and_of_its_variants(
    root: Path, study_of: StudyOf, name: str
) -> None:
    protocol = load_protocol(root / "plugins" / f"trialkit_{name}" / "protocol.yaml")
    arms = [*protocol.arms, *(arm for variant in protocol.variants for arm in variant.arms or ())]
    study = study_of(name, None)
    assert study.origins["codelist:ARM"].plugin == name
    assert [(term.code, term.display) for term in study.codelists["ARM"].terms] == [
        (arm.arm, arm.label) for arm in arms
    ]


def test_register_when_compiled_then_it_has_its_forms_without_any_plugin(root: Path) -> None:
    definition = StudyDefinition(study="S1", title="A study", protocol="observational", sites=(Site(site="01"),))
    things, problems = load_folder(root / "forms")
    assert not problems, "\n".join(map(str, problems))
    house = [Contributed(found, Contribution("trialkit", "0.1.0")) for found in things]
    study = compile_study(Located(definition), house, {found.name: found for found in HOUSE_TYPES}, {})
    assert set(study.forms) == {"AE", "DM", "SV", "VS"}
    assert all(study.checks[form] for form in study.forms)
    assert check_mappings(study) == ()
