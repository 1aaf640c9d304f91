"""Rules with a slip of the keyboard or of the mind: each is refused at its character, in words for a data manager."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trialkit.define import Contributed, compile_study, load_file, load_study_definition
from trialkit.define.located import definition_error
from trialkit.errors import DefinitionError, Problem
from trialkit.language import BUILTIN_FUNCTIONS
from trialkit.model.study import Contribution, Study
from trialkit.normalise import HOUSE_TYPES

FILES = {
    "study.yaml": """\
study: ESK-101
title: A study
protocol: small
sites:
  - {site: "01"}
""",
    "protocol.yaml": """\
protocol: small
title: A small protocol
parameters:
  bp_stop_sys: {value: 180, unit: mmHg}
  dose_cap: {value: 40, unit: mg}
methods:
  first_dose: {value: first(EX.EXDAT)}
log_forms: [AE]
timepoints:
  - {timepoint: PRE, label: Before, number: 1, minutes: -30}
visits:
  - visit: V1
    label: Visit 1
    number: 1
    day: 1
    tags: [DOSING]
    forms:
      - {form: DM}
      - {form: EX}
      - {form: VS, timepoints: [PRE]}
""",
    "lists.yaml": """\
codelists:
  - codelist: NY
    terms:
      - {code: N, label: No}
      - {code: Y, label: Yes}
  - codelist: SEX
    terms:
      - {code: F, label: Female}
      - {code: M, label: Male}
""",
    "dm.yaml": """\
form: DM
title: Demographics
items:
  - {item: SEX, label: Sex, type: code, codelist: SEX}
  - {item: AGE, label: Age, type: integer, unit: YEARS}
""",
    "vs.yaml": """\
form: VS
title: Vital signs
items:
  - {item: VSPERF, label: Done?, type: code, codelist: NY}
  - {item: VSDAT, label: Date, type: date}
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg, hard: 30..160}
  - {item: WTKG, label: Weight, type: decimal, unit: kg}
""",
    "ex.yaml": """\
form: EX
title: Dose
items:
  - {item: EXDAT, label: Date, type: date}
  - {item: EXDOSE, label: Dose, type: decimal, unit: mg}
""",
    "ae.yaml": """\
form: AE
title: Adverse events
repeating: true
items:
  - {item: AETERM, label: Term, type: text}
  - {item: AESER, label: Serious?, type: code, codelist: NY}
""",
}
"""A small study that compiles, one definition file to an entry."""

Faults = Callable[..., list[str]]


@pytest.fixture
def faults_of(folder: Path) -> Faults:
    """What is wrong with the small study and a file of rules, one line to a problem."""

    def faults(rules: str, plugin: str = "small", **changed: str) -> list[str]:
        try:
            study_of(folder, rules, plugin, **changed)
        except DefinitionError as error:
            return [str(found) for found in error.problems]
        return []

    return faults


def study_of(folder: Path, rules: str, plugin: str = "small", **changed: str) -> Study:
    """The small study with a file of rules; the plugin hands in everything but the protocol."""
    texts = {name: changed.get(name.removesuffix(".yaml"), text) for name, text in FILES.items()}
    contributed: list[Contributed] = []
    problems: list[Problem] = []
    for name, text in {**texts, "rules.yaml": rules}.items():
        (folder / name).write_text(text, encoding="utf-8")
        if name == "study.yaml":
            continue
        things, found = load_file(folder / name)
        problems += found
        author = "small" if name == "protocol.yaml" else plugin
        contributed += [Contributed(thing, Contribution(author, "1.0")) for thing in things]
    if problems:
        raise definition_error(problems)
    _, located = load_study_definition(folder)
    types = {item_type.name: item_type for item_type in HOUSE_TYPES}
    return compile_study(located, contributed, types, {found.name: found for found in BUILTIN_FUNCTIONS})


def rule(when: str, more: str = "") -> str:
    """A file with one rule on the form VS; its condition stands in line 4, behind column 10."""
    return f"checks:\n  - check: VS001\n    form: VS\n    when: {when}\n    message: Look at it again.\n{more}"


def test_rule_when_nothing_is_wrong_then_the_study_compiles(folder: Path) -> None:
    study = study_of(folder, rule("SYSBP >= P.bp_stop_sys and DM.AGE > 65"))
    assert [check.check for check in study.checks["VS"]] == ["VS001"]


@pytest.mark.parametrize(
    ("when", "column", "code", "message", "remedy"),
    [
        ("SYSPB > 200", 11, "D121", "The form VS has no item SYSPB.", "Did you mean SYSBP?"),
        ("SYSBP > 200 and DM.AEG > 65", 27, "D121", "The form DM has no item AEG.", "Did you mean AGE?"),
        ("SYSBP > 200 and DMM.AGE > 65", 27, "D122", "There is no form DMM.", "Did you mean DM?"),
        ("SYSBP > P.bp_stop_sis", 19, "D123", "The protocol has no parameter bp_stop_sis.",
         "Did you mean P.bp_stop_sys?"),
        ('SYSBP > "200"', 17, "D126", 'SYSBP is a number and "200" is a text: they can not be compared.',
         "Write codes in double quotes and numbers without, or convert with number()."),
        ("VSDAT > 20240501", 17, "D126", "VSDAT is a date and 20240501 is a number: they can not be compared.",
         "Compare two values of the same kind."),
        ('DM.SEX = "Female"', 20, "D127", '"Female" is not in the code list of SEX.', 'Write one of "F", "M".'),
        ("DIABP < 50 and DIABP > 110", 32, "D128", "DIABP < 50 and DIABP > 110 can never both be true.",
         "Did you mean or? Otherwise change one of the two."),
        ('DM.SEX = "F" and DM.SEX = "M"', 35, "D128", 'DM.SEX = "F" and DM.SEX = "M" can never both be true.',
         "Did you mean or? Otherwise change one of the two."),
        ("SYSBP > 300", 19, "D128", "SYSBP > 300 can never be true: the hard range of SYSBP is 60 to 260.",
         "Change the number, or leave the comparison out."),
        ("DIABP is missing or DIABP is present", 37, "D140", "DIABP is missing or DIABP is present is always true.",
         "Did you mean and? Otherwise leave it out, since it asks for nothing."),
        ("SYSBP > P.dose_cap", 17, "D147", "SYSBP is in mmHg and P.dose_cap is in mg: they can not be compared.",
         "Convert one of them, so that both are in mmHg."),
        ("days(first_dose(), VSDAT) > EX.EXDOSE", 37, "D147",
         "Days() is in d and EX.EXDOSE is in mg: they can not be compared.",
         "Convert one of them, so that both are in d."),
        ('AE.AESER = "Y"', 11, "D122",
         "AE may have several records at a visit, so AE.AESER alone does not say which.",
         "Write last(AE.AESER), first(AE.AESER), or any(AE, …)."),
        ("SYSBP > cur(SYSBP)", 19, "D125",
         "Cur() has a meaning only inside any(), count(), first(), last(), prev() and their like.",
         "Write SYSBP alone."),
        ("SYSBP > 200 and here()", 27, "D125",
         "Here() has a meaning only inside any(), count(), first(), last() and their like.",
         "Write for example last(SYSBP, here())."),
        ("days(frist_dose(), VSDAT) > 28", 16, "D124", "There is no function frist_dose().",
         "Did you mean first_dose()?"),
        ("dys(first_dose(), VSDAT) > 28", 11, "D124", "There is no function dys().", "Did you mean days()?"),
        ("(SYSBP > 200 or DIABP > 120", 38, "D120", "The expression ends too early.", "Expected a closing bracket."),
        ("days(first_dose()) > 28", 11, "D125", "Days() can not take 1 argument.", "Write days(date, date)."),
        ('tag("DOSNG") and SYSBP > 200', 15, "D127",
         '"DOSNG" is not in the tags of the visits of this protocol.', 'Did you mean "DOSING"?'),
        ("SYSBP > 200 AND DIABP > 120", 23, "D120", '"AND" is taken for a name.', "Write and instead."),
    ],
)  # fmt: skip
def test_rule_when_it_has_a_mistake_then_place_words_and_remedy_are_told(
    faults_of: Faults, when: str, column: int, code: str, message: str, remedy: str
) -> None:
    assert faults_of(rule(when)) == [f"rules.yaml:4:{column}: {code}: {message} {remedy}"]


def test_rule_when_two_keys_say_what_it_does_then_one_has_to_go(faults_of: Faults) -> None:
    assert faults_of(rule("SYSBP > 200", "    carried_out_by: V103\n")) == [
        "rules.yaml:2:5: D105: A check has 'when' or 'carried_out_by', exactly one of them. Keep one of them."
    ]


def test_rule_when_an_example_can_not_be_read_then_the_example_is_named(faults_of: Faults) -> None:
    more = "    examples:\n      fires:\n        - '* VS SYSBP=210'\n        - '* VS SYSBP 210'\n"
    assert faults_of(rule("SYSBP > 200", more)) == [
        "rules.yaml:9:11: D150: An example can not be read: SYSBP is no ITEM=VALUE; a value with blanks stands in "
        "double quotes. Write records with | between them, the last one of VS: V1 VS ITEM=VALUE"
    ]


def test_rule_when_an_example_says_whose_record_it_is_then_that_is_no_item(faults_of: Faults) -> None:
    more = "    examples:\n      fires:\n        - '* VS {} SYSBP=210'\n"
    words = "subject=OTHER site=B by=ann entered=2024-05-01"
    assert faults_of(rule("SYSBP > 200", more.format(words))) == []
    assert "form VS has no item subjct" in faults_of(rule("SYSBP > 200", more.format("subjct=OTHER")))[0]


def test_rule_when_a_number_of_the_study_puts_it_out_of_action_then_the_number_is_named(faults_of: Faults) -> None:
    study = FILES["study.yaml"] + "parameters: {bp_stop_sys: 300}\n"
    assert faults_of(rule("SYSBP > P.bp_stop_sys"), study=study) == [
        "rules.yaml:4:17: D128: SYSBP > P.bp_stop_sys can never be true: the hard range of SYSBP is 60 to 260 "
        "and P.bp_stop_sys is 300. Change the number, or leave the comparison out."
    ]


def test_rule_of_the_house_when_the_numbers_of_the_protocol_put_it_out_of_action_then_it_is_set_aside(
    folder: Path,
) -> None:
    protocol = FILES["protocol.yaml"].replace("value: 180", "value: 300")
    study = study_of(folder, rule("SYSBP > P.bp_stop_sys", ""), "trialkit", protocol=protocol)
    assert study.set_aside == {
        "VS001": "SYSBP > P.bp_stop_sys can never be true: the hard range of SYSBP is 60 to 260 "
        "and P.bp_stop_sys is 300."
    }


def test_rule_of_the_house_when_a_number_of_the_study_puts_it_out_of_action_then_it_is_refused(
    faults_of: Faults,
) -> None:
    study = FILES["study.yaml"] + "parameters: {bp_stop_sys: 300}\n"
    found = faults_of(rule("SYSBP > P.bp_stop_sys"), "trialkit", study=study)
    assert [line.partition(" SYSBP")[0] for line in found] == ["rules.yaml:4:17: D128:"]


def test_method_when_a_condition_in_it_can_never_be_true_then_it_is_told_once_where_it_stands(
    faults_of: Faults,
) -> None:
    broken = FILES["protocol.yaml"].replace("first(EX.EXDAT)", "'first(EX.EXDAT, EXDOSE > 5 and EXDOSE < 3)'")
    assert faults_of(rule("VSDAT < first_dose() and SYSBP > 200"), protocol=broken) == [
        "protocol.yaml:7:62: D128: EXDOSE > 5 and EXDOSE < 3 can never both be true. "
        "Did you mean or? Otherwise change one of the two."
    ]


def test_item_when_the_way_to_it_excludes_it_then_it_is_told_where_its_condition_stands(faults_of: Faults) -> None:
    form = FILES["vs.yaml"] + (
        "  - {item: A, label: A, type: code, codelist: NY, collect_when: 'VSPERF = \"N\"'}\n"
        "  - item: B\n    label: B\n    type: code\n    codelist: NY\n    required: true\n"
        '    collect_when: A = "Y" and VSPERF = "Y"\n'
    )
    assert faults_of(rule("SYSBP > 200"), vs=form) == [
        'vs.yaml:15:19: D146: B is required and can never be asked for: it needs A = "Y" and VSPERF = "Y", '
        'and A is asked for only when VSPERF = "N". Change the condition of B or of A, or take B out of the form.'
    ]
