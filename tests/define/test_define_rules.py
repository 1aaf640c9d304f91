"""Rules of the house as a library, methods of a protocol, and the examples that rules carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trialkit.define import load_file
from trialkit.errors import Problem
from trialkit.model.study import Study

Compile = Callable[..., Study]
Problems = Callable[..., tuple[Problem, ...]]
Texts = Mapping[str, str]


def lines(problems: tuple[Problem, ...]) -> list[str]:
    return [str(found) for found in problems]


@pytest.fixture
def methods(small_texts: Texts) -> str:
    """The protocol with a method."""
    method = 'methods:\n  first_reading: {value: "first(VS.SYSBP)", label: The first reading}\n'
    return small_texts["protocol"].replace("log_forms:", f"{method}log_forms:")


def check(text: str, form: str = "VS", name: str = "HS001") -> str:
    """A file with one check."""
    return f"checks:\n  - {{check: {name}, form: {form}, when: '{text}', message: M}}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SYSBP > P.elsewhere", "The protocol has no parameter elsewhere."),
        ("SYSBP > first_dose()", "There is no function first_dose()."),
        ('tag("BL") and SYSBP > 1', '"BL" is not in the tags of the visits of this protocol.'),
        ('SYSBP > at("T40", SYSBP)', 'The protocol has no timepoint "T40".'),
        ("any(UNUSED)", "The protocol uses no form UNUSED."),
        ('last(UNUSED.A) = "1" and SYSBP > scr(SYSBP)', "The protocol uses no form UNUSED. No visit of this protocol "
         "carries the tag SCR, which scr() looks for."),
    ],
)  # fmt: skip
def test_rule_of_the_house_when_the_protocol_lacks_a_name_then_it_is_set_aside_with_the_reason(
    compiled: Compile, small_texts: Texts, text: str, reason: str
) -> None:
    files = [("trialkit", "vs.yaml", small_texts["vs"]), ("trialkit", "rules.yaml", check(text)),
             ("trialkit", "unused.yaml", small_texts["unused"])]  # fmt: skip
    study = compiled(extra=files, left_out=["vs.yaml", "unused.yaml"])
    assert study.set_aside == {"HS001": reason, "UN001": "The protocol uses no form UNUSED."}
    assert [found.check for found in study.checks["VS"]] == ["VS001"]


def test_rule_of_the_house_when_it_has_a_slip_then_it_is_refused_all_the_same(
    problems_of: Problems, small_texts: Texts
) -> None:
    files = [("trialkit", "vs.yaml", small_texts["vs"]), ("trialkit", "rules.yaml", check("SYSPB > P.elsewhere"))]
    found = problems_of(extra=files, left_out=["vs.yaml"])
    assert [problem.code for problem in found] == ["D121", "D123"]


def test_rule_of_a_plugin_when_the_protocol_lacks_a_name_then_it_is_a_mistake(problems_of: Problems) -> None:
    assert [found.code for found in problems_of(extra=[("other", "rules.yaml", check("first_dose() > 1"))])] == ["D124"]


def test_rules_of_the_house_when_a_form_is_replaced_then_those_on_it_and_about_it_are_set_aside(
    compiled: Compile, small_texts: Texts
) -> None:
    other = "form: VS\ntitle: Another\nitems:\n  - {item: PULSE, label: Pulse, type: integer}\n"
    house = ("trialkit", "vs.yaml", small_texts["vs"])
    rules = (
        "trialkit",
        "rules.yaml",
        check("SYSBP > 1") + check("last(VS.SYSBP) > 1", "AE", "HA001").partition("\n")[2],
    )
    study = compiled(extra=[house, ("trialkit", "ae.yaml", small_texts["ae"]), rules], vs=other, left_out=["ae.yaml"])
    assert study.set_aside == {
        "HS001": "The form VS of small took the place of the house's.",
        "HA001": "The form VS has no item SYSBP.",
    }


def test_rules_when_they_read_other_records_then_the_study_knows_which(compiled: Compile, methods: str) -> None:
    text = 'SYSBP > first_reading() and any(AE, AETERM = "Ache")'
    study = compiled(extra=[("small", "rules.yaml", check(text))], protocol=methods)
    assert study.reads == {"HS001": frozenset({"VS", "AE"})}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first(VS.SYSPB)", "D121: The form VS has no item SYSPB. Did you mean SYSBP?"),
        ("first(SYSBP)", "D121: It is not said of which form the value is taken."),
        ("VT.SYSBP", "D122: There is no form VT."),
        ("first_reading()", "first_reading() is computed from itself."),
    ],
)
def test_method_when_it_makes_no_sense_then_it_is_told_where_it_stands(
    problems_of: Problems, methods: str, method: str, expected: str
) -> None:
    broken = methods.replace("first(VS.SYSBP)", method)
    line = broken[: broken.index(method)].count("\n") + 1
    found = lines(problems_of(protocol=broken))
    assert any(one.startswith(f"small/protocol.yaml:{line}:") and expected in one for one in found)


@pytest.mark.parametrize(
    ("kind", "example", "expected"),
    [
        ("fires", "V1 VS SYSBP", "SYSBP is no ITEM=VALUE; a value with blanks stands in double quotes"),
        ("quiet", "V1 VS SYSBP=1 SYSBP=2", "SYSBP stands twice in one record"),
        ("missing", "V1 AE AETERM=x", "its last record is one of AE, and the check stands on VS"),
        ("fires", "V1 VS PULSE=1", "form VS has no item PULSE"),
        ("fires", "vs SYSBP=1", "vs stands where a visit is expected, for example V1, [DOSING] or *"),
        ("fires", "V1 sysbp=1", "sysbp=1 stands where a form is expected, for example VS or TM@PRE"),
        ("fires", "today=2024-06-01", "the example has no record"),
    ],
)
def test_example_when_it_can_not_be_read_then_it_is_found_at_its_place(
    problems_of: Problems, kind: str, example: str, expected: str
) -> None:
    text = check("SYSBP > 200").rstrip("}\n") + f", examples: {{{kind}: ['{example}']}}}}\n"
    found = lines(problems_of(extra=[("small", "rules.yaml", text)]))
    assert found[0].startswith("small/rules.yaml:2:")
    assert f"D150: An example can not be read: {expected}" in found[0]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("when: SYSBP > 1, carried_out_by: V103", "a check has 'when' or 'carried_out_by', exactly one of them"),
        ("items: [SYSBP]", "a check has 'when' or 'carried_out_by', exactly one of them"),
        ("carried_out_by: range", "'range' is not a code of the house for values"),
    ],
)
def test_check_when_it_says_how_twice_or_not_at_all_then_it_is_refused(
    tmp_path: Path, said: str, expected: str
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(f"checks:\n  - {{check: HS001, form: VS, message: M, {said}}}\n", encoding="utf-8")
    _, problems = load_file(file)
    assert [expected.lower() in str(found).lower() for found in problems] == [True]


def test_check_when_a_code_of_the_house_stands_for_it_then_its_items_are_named(problems_of: Problems) -> None:
    text = "checks:\n  - {check: HS001, form: VS, message: M, carried_out_by: V103}\n"
    (found,) = lines(problems_of(extra=[("small", "rules.yaml", text)]))
    assert "D106: Check HS001 does not say which items V103 is about. Add 'items:'." in found
