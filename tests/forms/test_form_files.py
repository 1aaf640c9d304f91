"""Every definition file of the house loads, and everything in it points to something that exists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from trialkit.define import Located, load_file
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.unit import UnitConversion, to_standard_unit

FORMS = {"SV", "DM", "VS", "AE", "EXIV", "EXNS", "EXPO"}


def test_folders_when_loaded_then_every_form_is_there_once(located: tuple[Located, ...]) -> None:
    names = [found.thing.form for found in located if isinstance(found.thing, Form)]
    assert sorted(names) == sorted(FORMS)


def test_folders_when_loaded_then_only_the_register_is_a_protocol(located: tuple[Located, ...]) -> None:
    assert [found.thing.protocol for found in located if isinstance(found.thing, Protocol)] == ["observational"]


def test_forms_when_coded_then_the_code_list_exists(
    forms: Mapping[str, Form], codelists: Mapping[str, CodeList]
) -> None:
    wanted = {item.codelist for form in forms.values() for item in form.items if item.codelist}
    assert wanted == set(codelists), "a code list is missing, or no form uses it"


def test_checks_when_collected_then_identifiers_are_unique_and_name_items(
    located: tuple[Located, ...], forms: Mapping[str, Form]
) -> None:
    checks = [
        *((check, check.form or "") for found in located if isinstance(check := found.thing, Check)),
        *((check, form.form) for form in forms.values() for check in form.checks),
    ]
    assert len({check.check for check, _ in checks}) == len(checks)
    for check, form in checks:
        assert check.items, f"{check.check} names no item"
        assert set(check.items) <= set(forms[form].item_names), check.check


def test_items_when_ranges_are_given_then_soft_lies_inside_hard(forms: Mapping[str, Form]) -> None:
    for form in forms.values():
        for item in form.items:
            if item.soft is None:
                continue
            assert item.hard is not None, f"{form.form}.{item.item} has a soft range alone"
            for end in (item.soft.low, item.soft.high):
                assert end is None or end in item.hard, f"{form.form}.{item.item}"


def test_items_when_several_units_are_taken_then_each_converts(
    forms: Mapping[str, Form], located: tuple[Located, ...]
) -> None:
    conversions = [found.thing for found in located if isinstance(found.thing, UnitConversion)]
    for form in forms.values():
        for item in form.items:
            for unit in item.accepted_units:
                assert to_standard_unit(Decimal(1), unit, item.unit, conversions) is not None, item.item


@pytest.mark.parametrize(
    ("given", "unit", "standard", "expected"),
    [
        ("98.6", "F", "C", "37"),
        ("32", "F", "C", "0"),
        ("-40", "F", "C", "-40"),
        ("1", "LB", "kg", "0.45359237"),
        ("70", "in", "cm", "177.8"),
        ("70", "IN", "cm", "177.8"),
    ],
)
def test_units_when_converted_then_the_textbook_value_comes_out(
    located: tuple[Located, ...], given: str, unit: str, standard: str, expected: str
) -> None:
    conversions = [found.thing for found in located if isinstance(found.thing, UnitConversion)]
    assert to_standard_unit(Decimal(given), unit, standard, conversions) == Decimal(expected)


def test_sdtm_when_mapped_then_variables_are_those_of_the_guide(
    forms: Mapping[str, Form], sdtm_variables: Mapping[str, frozenset[str]]
) -> None:
    for form in forms.values():
        for mapping in form.sdtm:
            used = {*mapping.variables, *(name for test in mapping.tests for name in test.variables)}
            assert used <= sdtm_variables[mapping.domain], f"{form.form} to {mapping.domain}"


def test_sdtm_when_constants_are_given_then_they_are_controlled_terms(
    forms: Mapping[str, Form], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    lists = {"EXROUTE": "C66729", "EXDOSFRM": "C66726", "EXDOSFRQ": "C71113"}
    for form in forms.values():
        for mapping in form.sdtm:
            for variable, listed in lists.items():
                expression = mapping.variables.get(variable, "")
                if expression.startswith('"'):
                    assert expression.strip('"') in terminology[listed], f"{form.form} {variable}"


def test_sdtm_when_tests_are_mapped_then_codes_and_units_are_controlled_terms(
    forms: Mapping[str, Form], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    form = forms["VS"]
    tests = [test for mapping in form.sdtm for test in mapping.tests]
    assert tests
    for test in tests:
        assert test.testcd in terminology["C66741"]
        item = form.item(test.result)
        assert item is not None
        assert set(item.accepted_units) <= set(terminology["C66770"]), item.item


def test_readme_when_its_example_is_loaded_then_it_has_no_problem(root: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (root / "forms" / "README.md").read_text(encoding="utf-8"), re.S)
    file = tmp_path / "example.yaml"
    file.write_text(example, encoding="utf-8")
    things, problems = load_file(file)
    assert not problems, "\n".join(map(str, problems))
    assert [type(found.thing) for found in things] == [Form]


def test_files_when_read_then_no_line_is_too_long_and_no_tab_is_used(root: Path) -> None:
    for path in [*(root / "forms").glob("*.yaml"), *(root / "plugins").rglob("forms/*.yaml")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            assert len(line) <= 120, f"{path.name}:{number} is longer than 120 characters"
            assert "\t" not in line, f"{path.name}:{number} holds a tab"


def test_files_when_parsed_by_plain_yaml_then_they_mean_the_same_texts(root: Path) -> None:
    """Other tools read these files too: nothing depends on how trialkit reads YAML."""
    for path in (root / "forms").glob("*.yaml"):
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # texts only
        assert isinstance(loaded, dict)
        assert loaded
