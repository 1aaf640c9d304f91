"""Every definition file of the house loads, and everything in it points to something that exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from trialkit.define import Located, load_file
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.domain_mapping import DomainMapping
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.unit import UnitConversion, to_standard_unit

Rows = list[dict[str, str]]

NOT_SUBMITTED = {"--", "audit", "ref", "alert", "ADLB", "RELREC"}
"""Targets of the dossier that are no SDTM domain of ours: audit trail, register, alerts, analysis, relations."""

TESTS = {"VS": "C66741", "EG": "C71153"}
"""Findings domains of which every test is one of CDISC's, and the list of the short names."""

TERMS = {
    "EXROUTE": "C66729",
    "ECROUTE": "C66729",
    "EXDOSFRM": "C66726",
    "ECDOSFRM": "C66726",
    "EXDOSFRQ": "C71113",
    "ECDOSFRQ": "C71113",
    "DSCAT": "C74558",
    "LBSPEC": "C78734",
    "EGMETHOD": "C71151",
}
"""SDTM variables that forms fill with constants, and their lists."""


BEYOND_DOSSIER = {"RD"}
"""Forms of our own: whether a consent version was the approved one can only be told with a register of documents."""


def test_folders_when_loaded_then_every_form_is_there_once(
    located: tuple[Located, ...], dossier_rows: Callable[[str], Rows]
) -> None:
    names = [found.thing.form for found in located if isinstance(found.thing, Form)]
    forms = {row["form"] for row in dossier_rows("crf_fields")}
    instruments = {row["id"] for row in dossier_rows("instruments")}
    assert sorted(names) == sorted(forms | instruments | BEYOND_DOSSIER)


def test_folders_when_loaded_then_only_the_register_is_a_protocol(located: tuple[Located, ...]) -> None:
    assert [found.thing.protocol for found in located if isinstance(found.thing, Protocol)] == ["observational"]


def test_forms_when_coded_then_the_code_list_exists(
    forms: Mapping[str, Form], codelists: Mapping[str, CodeList]
) -> None:
    wanted = {item.codelist for form in forms.values() for item in form.items if item.codelist}
    assert wanted == set(codelists), "a code list is missing, or no form uses it"


SHARED = {"AE011", "AE012", "DR001", "PD001", "PD004", "PD014", "PD015"}
"""Rules that stand with the dose, which is another form in each protocol."""


def test_checks_when_collected_then_identifiers_are_unique_and_name_items(
    located: tuple[Located, ...], forms: Mapping[str, Form]
) -> None:
    checks = [
        *((check, check.form or "") for found in located if isinstance(check := found.thing, Check)),
        *((check, form.form) for form in forms.values() for check in form.checks),
    ]
    clashing = {check.check for check, _ in checks if sum(other.check == check.check for other, _ in checks) > 1}
    assert clashing <= SHARED, "only protocols that no study has together may hand in rules of one name"
    for check, form in checks:
        assert check.items, f"{check.check} names no item"
        scores = {f"{score.score}{part}" for score in forms[form].scores for part in ("", "_PRORATED", "_BAND")}
        assert set(check.items) <= {*forms[form].item_names, *scores}, check.check


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


def test_sdtm_when_mapped_then_variables_are_those_of_the_guide_and_qualifiers_are_not(
    forms: Mapping[str, Form],
    sdtm_variables: Mapping[str, frozenset[str]],
    listed_variables: Mapping[str, frozenset[str]],
) -> None:
    for form in forms.values():
        for mapping in form.sdtm:
            used = {*mapping.variables, *(name for test in mapping.tests for name in test.variables)}
            assert used <= sdtm_variables[mapping.domain], f"{form.form} to {mapping.domain}"
            added = {*mapping.supplemental, *(name for test in mapping.tests for name in test.supplemental)}
            assert not added & listed_variables[mapping.domain], f"{form.form} to SUPP{mapping.domain}"


def test_sdtm_when_constants_are_given_then_they_are_controlled_terms(
    forms: Mapping[str, Form], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    seen = set()
    for form in forms.values():
        for mapping in form.sdtm:
            for variable, listed in TERMS.items():
                expression = mapping.variables.get(variable, "")
                if re.fullmatch(r'"[^"]+"', expression):
                    assert expression.strip('"') in terminology[listed], f"{form.form} {variable}"
                    seen.add(variable)
    assert seen == set(TERMS)


def test_sdtm_when_tests_are_mapped_then_short_names_are_controlled_terms(
    forms: Mapping[str, Form], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    seen = set()
    for form in forms.values():
        for mapping in form.sdtm:
            for test in mapping.all_tests if mapping.domain in TESTS else ():
                assert test.testcd in terminology[TESTS[mapping.domain]], f"{form.form} {test.testcd}"
                seen.add(mapping.domain)
    assert seen == set(TESTS)


def test_sdtm_when_vital_signs_are_mapped_then_units_are_controlled_terms(
    forms: Mapping[str, Form], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    for form in forms.values():
        for mapping in form.sdtm:
            for test in mapping.all_tests if mapping.domain == "VS" else ():
                item = form.item(test.result)
                assert item is not None
                assert item.unit, f"{form.form}.{item.item}"
                assert set(item.accepted_units) <= set(terminology["C66770"]), f"{form.form}.{item.item}"


def _items_of(expression: str | None) -> set[str]:
    """The names in an expression that can be items: what is in capitals and outside of quotes."""
    return set(re.findall(r"\b[A-Z][A-Z0-9_]*\b", re.sub(r'"[^"]*"', "", expression or "")))


def _readings(mapping: DomainMapping) -> Iterator[tuple[str, str]]:
    """Every item that a mapping reads, with the dataset it goes to: the domain, or SUPP and the domain."""
    texts = [(mapping.domain, mapping.when), *((mapping.domain, text) for text in mapping.variables.values())]
    texts += [(f"SUPP{mapping.domain}", added.value) for added in mapping.supplemental.values()]
    for test in mapping.all_tests:
        texts += [(mapping.domain, test.result), *((mapping.domain, text) for text in test.variables.values())]
        texts += [(f"SUPP{mapping.domain}", added.value) for added in test.supplemental.values()]
    for dataset, text in texts:
        for item in _items_of(text):
            yield item, dataset


def test_sdtm_when_the_dossier_names_a_domain_then_a_mapping_of_it_reads_the_field(
    forms: Mapping[str, Form], crf_fields: Rows, field_exceptions: Mapping[str, Mapping[str, str]]
) -> None:
    elsewhere, standard, submitted = set(), set(), set()
    for row in crf_fields:
        name = f"{row['form']}.{row['field']}"
        readings = (pair for mapping in forms[row["form"]].sdtm for pair in _readings(mapping))
        datasets = {dataset for item, dataset in readings if item == row["field"]}
        if row["sdtm_target"] in NOT_SUBMITTED:
            submitted |= {name} if datasets else set()
            continue
        targets = set(re.findall(r"\b(?:SUPP)?[A-Z]{2}\b", re.sub(r"\.[A-Z0-9]+", "", row["sdtm_target"])))
        assert targets, f"{name}: {row['sdtm_target']}"
        if not {target[-2:] for target in targets} & {dataset[-2:] for dataset in datasets}:
            elsewhere.add(name)
        elif all(target.startswith("SUPP") for target in targets) and not targets & datasets:
            standard.add(name)
    assert elsewhere == set(field_exceptions["domain"])
    assert standard == set(field_exceptions["standard variable"])
    assert submitted == set(field_exceptions["submitted"])


def test_readme_when_its_example_is_loaded_then_it_has_no_problem(root: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (root / "forms" / "README.md").read_text(encoding="utf-8"), re.S)
    file = tmp_path / "example.yaml"
    file.write_text(example, encoding="utf-8")
    things, problems = load_file(file)
    assert not problems, "\n".join(map(str, problems))
    assert [type(found.thing) for found in things] == [Form]


def test_files_when_read_then_no_line_is_too_long_and_no_tab_is_used(root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in [*(root / "forms").rglob("*.yaml"), *(root / "plugins").rglob("forms/*.yaml")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 120 or "\t" in line
    ]
    assert not found, found


def test_files_when_parsed_by_plain_yaml_then_they_mean_the_same_texts(root: Path) -> None:
    """Other tools read these files too: nothing depends on how trialkit reads YAML."""
    broken = []
    for path in (root / "forms").rglob("*.yaml"):
        try:
            loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # texts only
        except yaml.YAMLError as error:
            broken.append(f"{path.relative_to(root)}: {error}")
        else:
            assert isinstance(loaded, dict)
            assert loaded
    assert not broken, "\n".join(broken)
