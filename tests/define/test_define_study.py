"""A study compiled: what counts, what is left out, and every reference and expression that leads nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from trialkit.define import Contributed, Located, compile_study
from trialkit.define.located import Thing
from trialkit.errors import DefinitionError, Problem
from trialkit.language import BUILTIN_FUNCTIONS
from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.protocol import Protocol, ScheduledForm, Visit
from trialkit.model.study import Contribution, Site, Study, StudyDefinition
from trialkit.normalise import HOUSE_TYPES

Compile = Callable[..., Study]
Problems = Callable[..., tuple[Problem, ...]]
Texts = Mapping[str, str]

STUDY = "study: A\ntitle: T\nprotocol: {protocol}\nsites: [{{site: A}}]\n{more}"


def lines(problems: tuple[Problem, ...]) -> list[str]:
    return [str(found) for found in problems]


def test_study_when_everything_fits_then_only_used_forms_and_their_checks_stay(compiled: Compile) -> None:
    study = compiled()
    assert list(study.forms) == ["AE", "VS"]
    assert {form: [check.check for check in checks] for form, checks in study.checks.items()} == {
        "AE": [],
        "VS": ["VS001"],
    }
    assert study.checks["VS"][0].form == "VS"
    assert list(study.codelists) == ["NY"]
    assert study.origins == dict.fromkeys(
        ["protocol:small", "form:AE", "form:VS", "check:VS001", "codelist:NY", "unit:LB:kg"],
        Contribution("small", "1.0"),
    )


def test_study_when_a_parameter_is_overridden_then_the_protocol_carries_the_new_value(compiled: Compile) -> None:
    study = compiled(study=STUDY.format(protocol="small", more="parameters: {hold_sys: 150.0}\n"))
    assert study.parameter("hold_sys") == Decimal("150.0")
    assert str(study.parameter("hold_sys")) == "150.0"


def test_digest_when_only_order_and_layout_differ_then_it_is_the_same(compiled: Compile, small_texts: Texts) -> None:
    first = compiled().digest
    assert len(first) == 64
    moved = compiled(left_out=["vs.yaml"], extra=[("small", "z.yaml", "# a comment\n" + small_texts["vs"])])
    assert moved.digest == first


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("vs", "Systolic", "Systolic pressure"),
        ("vs", "Too high.", "Much too high."),
        ("protocol", "160", "160.0"),
        ("codelists", "0.45359237", "0.4536"),
        ("codelists", "label: Yes", "label: Aye"),
    ],
)
def test_digest_when_any_part_differs_then_it_differs(
    compiled: Compile, small_texts: Texts, file: str, old: str, new: str
) -> None:
    assert old in small_texts[file]
    changed = compiled(**{file: small_texts[file].replace(old, new)})
    assert changed.digest != compiled().digest


def test_protocol_when_unknown_then_the_nearest_and_all_known_are_named(problems_of: Problems) -> None:
    assert lines(problems_of(study=STUDY.format(protocol="smal", more=""))) == [
        "study.yaml:3:11: D111: Unknown protocol 'smal'. Did you mean small? Known protocols: small. "
        "Or install the plugin that hands it in."
    ]


def test_parameter_when_the_protocol_lacks_it_then_the_override_is_refused(problems_of: Problems) -> None:
    assert lines(problems_of(study=STUDY.format(protocol="small", more="parameters: {hold_dia: 1}\n"))) == [
        "study.yaml:5:14: D112: Protocol small has no parameter 'hold_dia'. Did you mean 'hold_sys'?"
    ]


def test_sites_when_named_twice_or_in_no_time_zone_then_both_are_said(problems_of: Problems) -> None:
    sites = "study: A\ntitle: T\nprotocol: small\nsites:\n  - {site: A, timezone: Europe/Leiden}\n  - {site: A}\n"
    assert lines(problems_of(study=sites)) == [
        "study.yaml:5:25: D105: 'Europe/Leiden' is not a time zone. Write for example Europe/Amsterdam.",
        "study.yaml:6:12: D105: Site A stands twice in the study. Keep one of the two.",
    ]


@pytest.mark.parametrize(
    ("key", "name"), [("vs", "form VS"), ("codelists", "code list NY"), ("protocol", "protocol small")]
)
def test_identifier_when_two_plugins_claim_it_then_both_files_and_plugins_are_named_even_if_equal(
    problems_of: Problems, small_texts: Texts, key: str, name: str
) -> None:
    found = problems_of(extra=[("other", "copy.yaml", small_texts[key])])[0]
    assert found.code == "D113"
    assert found.file == "other/copy.yaml"
    assert found.message == (
        f"{name[0].upper()}{name[1:]} is claimed twice, by plugin small (small/{key}.yaml) "
        "and by plugin other (other/copy.yaml)."
    )


def test_check_when_claimed_twice_then_the_second_place_is_named(problems_of: Problems) -> None:
    twin = "checks:\n  - {check: VS001, form: VS, when: SYSBP > 1, message: M}\n"
    assert lines(problems_of(extra=[("small", "twin.yaml", twin)])) == [
        "small/twin.yaml:2:13: D113: Check VS001 is claimed twice, by plugin small (small/vs.yaml) and by plugin small "
        "(small/twin.yaml). Rename one of the two; only the study's own folder may replace what plugins hand in."
    ]


def test_unit_when_two_say_the_same_then_it_is_one_but_not_when_they_differ(
    compiled: Compile, problems_of: Problems
) -> None:
    same = "units: [{unit: LB, to: kg, factor: 0.45359237}]\n"
    assert len(compiled(extra=[("other", "u.yaml", same)]).units) == 1
    found = problems_of(extra=[("other", "u.yaml", same.replace("37", "38"))])
    assert [(problem.where, problem.code) for problem in found] == [("other/u.yaml:1:16", "D113")]


def test_study_folder_when_it_replaces_what_others_hand_in_then_it_wins_and_origins_say_so(
    compiled: Compile, small_texts: Texts
) -> None:
    own = Contribution("study", "1.0")
    form = small_texts["vs"].replace("title: Vital signs", "title: Our own").replace("VS001", "OWN01")
    codes = small_texts["codelists"].replace("label: Yes", "label: Ja").replace("0.45359237", "0.5")
    study = compiled(extra=[("study", "vs.yaml", form), ("study", "codes.yaml", codes)])
    assert study.forms["VS"].title == "Our own"
    assert [check.check for check in study.checks["VS"]] == ["OWN01"]
    assert study.codelists["NY"].terms[1].label == "Ja"
    assert [str(unit.factor) for unit in study.units] == ["0.5"]
    assert {name for name, origin in study.origins.items() if origin == own} == {
        "form:VS",
        "check:OWN01",
        "codelist:NY",
        "unit:LB:kg",
    }


def test_study_folder_when_it_replaces_a_check_of_a_form_then_the_study_runs_its_own(compiled: Compile) -> None:
    text = "checks:\n  - {check: VS001, form: VS, when: SYSBP > 170, severity: hard, message: Ours.}\n"
    study = compiled(extra=[("study", "checks.yaml", text)])
    assert [check.message for check in study.checks["VS"]] == ["Ours."]
    assert study.origins["check:VS001"].plugin == "study"


def test_study_folder_when_it_claims_a_form_twice_or_a_protocol_of_a_plugin_then_that_is_refused(
    problems_of: Problems, small_texts: Texts
) -> None:
    found = problems_of(
        extra=[
            ("study", "a.yaml", small_texts["ae"]),
            ("study", "b.yaml", small_texts["ae"]),
            ("study", "p.yaml", small_texts["protocol"]),
        ]
    )
    assert [(problem.where, problem.code) for problem in found] == [
        ("study/b.yaml:1:7", "D113"),
        ("study/p.yaml:1:11", "D113"),
    ]
    assert "by the study (study/a.yaml) and by the study (study/b.yaml)" in found[0].message


def test_house_form_when_a_plugin_hands_in_its_own_then_the_plugin_wins_and_origins_say_so(
    compiled: Compile, small_texts: Texts
) -> None:
    study = compiled(extra=[("trialkit", "vs.yaml", small_texts["vs"].replace("Vital signs", "The house's"))])
    assert study.forms["VS"].title == "Vital signs"
    assert study.origins["form:VS"].plugin == "small"


def test_units_when_compiled_then_the_study_stands_before_plugins_and_the_house(compiled: Compile) -> None:
    def unit(name: str) -> str:
        return f"units: [{{unit: {name}, to: kg}}]\n"

    study = compiled(
        extra=[("trialkit", "h.yaml", unit("A")), ("study", "s.yaml", unit("Z")), ("other", "o.yaml", unit("B"))]
    )
    assert [found.unit for found in study.units] == ["Z", "B", "LB", "A"]


CHANGES = [
    ("vs", "codelist: NY", "codelist: «NX", "D114: Unknown code list 'NX'. Use one of: NY."),
    ("vs", "type: integer", "type: «intger", "D115: 'intger' is not an item type. Did you mean 'integer'?"),
    (
        "vs",
        "[kg, LB]",
        "[kg, «ST]",
        "D131: Nothing says how 'ST' becomes 'kg', the standard unit of WEIGHT. Add a conv",
    ),
    ("vs", "result: SYSBP", "result: «SYSB", "D119: Form VS has no item 'SYSB'. Did you mean 'SYSBP'?"),
    ("vs", 'collect_when: VSPERF = "Y"', 'collect_when: VSPERF = "Y" and «VSPERG is present', "D121: "),
    ("vs", "derive: WEIGHT * 2", "derive: «VSPERF", "D126: "),
    ("vs", "derive: WEIGHT * 2", "derive: «DOUBLE * 2", "D130: Derived items are computed from each other in a circle"),
    ("vs", "when: SYSBP > P.hold_sys", "when: SYSBP > «P.hold_sis", "D123: "),
    ("vs", "when: SYSBP > P.hold_sys", "when: SYSBP > «)", "D120: "),
    ("vs", '    when: VSPERF = "Y"', "    when: 'VSPERF = «\"X\"'", "D127: "),
    ("vs", "'\"SITTING\"'", "«SITTING", "D121: "),
    ("vs", "VSSPID: VSPERF", "VSSPID: «VSPER", "D121: "),
    (
        "vs",
        "message: Too high.",
        "message: M, items: [«SYSB]",
        "D119: Form VS has no item 'SYSB'. Did you mean 'SYSBP'?",
    ),
    ("vs", "{check: VS001,", "{check: VS001, form: «AE,", "D105: Check VS001 stands in form VS but names form AE."),
    ("protocol", "form: VS", "form: «VX", "D116: Unknown form 'VX'. Use one of: AE, UNUSED, VS."),
    ("protocol", "[PRE]", "[PRE, «POST]", "D117: Unknown timepoint 'POST'. Use one of: PRE."),
    (
        "protocol",
        "log_forms: [AE]",
        "log_forms: [AE, «VS]",
        "D118: Form VS is logged but does not repeat. Write 'repeat",
    ),
    ("protocol", "log_forms: [AE]", "log_forms: [«UNUSE]", "D116: Unknown form 'UNUSE'. Did you mean 'UNUSED'?"),
    ("unused", "A is missing", "«B is missing", "D121: "),
]
"""File, what to replace, by what (« marks the place of the problem), and how the problem reads."""


@pytest.mark.parametrize(("file", "old", "new", "expected"), CHANGES, ids=[new[:30] for _, _, new, _ in CHANGES])
def test_study_when_one_name_or_expression_is_wrong_then_it_is_found_at_its_place(
    problems_of: Problems, small_texts: Texts, file: str, old: str, new: str, expected: str
) -> None:
    assert old in small_texts[file]
    marked = small_texts[file].replace(old, new)
    before = marked[: marked.index("«")]
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    found = lines(problems_of(**{file: marked.replace("«", "")}))
    assert found[0].startswith(f"small/{file}.yaml:{place}: {expected}")


def test_house_form_when_the_protocol_does_not_use_it_then_its_expressions_may_speak_of_another_protocol(
    compiled: Compile, problems_of: Problems, small_texts: Texts
) -> None:
    other = small_texts["unused"].replace("UN", "ZZ").replace("A is missing", "length(A) = P.elsewhere")
    house = ("trialkit", "z.yaml", other)
    assert "ZZUSED" not in compiled(extra=[house]).forms
    scheduled = small_texts["protocol"] + "      - {form: ZZUSED}\n"
    used = compiled(extra=[house], protocol=scheduled)
    assert used.checks["ZZUSED"] == ()
    assert used.set_aside == {"ZZ001": "The protocol has no parameter elsewhere."}
    assert [found.code for found in problems_of(extra=[("other", "z.yaml", other)])] == ["D123"]


def test_check_file_when_it_names_an_unknown_form_then_it_is_found(problems_of: Problems) -> None:
    text = "checks:\n  - {check: C1, form: VX, when: SYSBP > 1, message: M}\n"
    assert lines(problems_of(extra=[("small", "c.yaml", text)])) == [
        "small/c.yaml:2:23: D116: Unknown form 'VX'. Use one of: AE, UNUSED, VS."
    ]


def test_schedule_when_a_form_is_listed_twice_at_a_visit_then_it_is_found(
    problems_of: Problems, small_texts: Texts
) -> None:
    text = small_texts["protocol"] + "      - {form: VS, timepoints: [PRE]}\n"
    assert [str(found)[:50] for found in problems_of(protocol=text)] == [
        "small/protocol.yaml:15:16: D105: Form VS is schedu"
    ]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("SYSBP > XX", (5, 17)),
        ("'SYSBP > XX'", (5, 18)),
        ('"SYSBP > XX"', (5, 18)),
        ('"SYSBP > \\u0058X"', (5, 9)),
        (">-\n      SYSBP > XX", (5, 9)),
        ("SYSBP >\n      XX", (5, 9)),
    ],
)
def test_expression_when_wrong_then_the_column_is_exact_on_one_line_and_the_value_otherwise(
    problems_of: Problems, written: str, place: tuple[int, int]
) -> None:
    text = f"checks:\n  - check: C1\n    form: VS\n    message: M\n    when: {written}\n".replace(
        "    when", "    when"
    )
    found = problems_of(extra=[("small", "c.yaml", text)])[0]
    line, column = place
    assert (found.line, found.column) == (line, column + 2)


def test_circle_when_several_items_are_in_it_then_it_is_told_once_with_the_way(
    problems_of: Problems, small_texts: Texts
) -> None:
    circle = "".join(
        f"  - {{item: {name}, label: L, type: decimal, derive: {needs} + 1}}\n"
        for name, needs in [("C1", "C2"), ("C2", "C3"), ("C3", "C1"), ("C4", "C1")]
    )
    text = small_texts["vs"].replace("checks:\n", f"{circle}checks:\n")
    assert [found.message for found in problems_of(vs=text)] == [
        "Derived items are computed from each other in a circle: C1 needs C2 needs C3 needs C1."
    ]


def test_derive_when_it_says_python_then_it_is_left_to_a_plugin(compiled: Compile, small_texts: Texts) -> None:
    study = compiled(vs=small_texts["vs"].replace("derive: WEIGHT * 2", "derive: python"))
    item = study.forms["VS"].item("DOUBLE")
    assert item is not None
    assert item.derive == "python"


def test_problems_when_many_files_are_broken_then_one_error_carries_all_sorted(
    problems_of: Problems, small_texts: Texts
) -> None:
    found = problems_of(
        study=STUDY.format(protocol="small", more="parameters: {x: 1}\n"),
        vs=small_texts["vs"].replace("codelist: NY", "codelist: NX").replace("P.hold_sys", "P.no"),
        protocol=small_texts["protocol"].replace("[PRE]", "[POST]"),
        extra=[("other", "ae.yaml", small_texts["ae"])],
    )
    assert [(problem.where, problem.code) for problem in found] == [
        ("other/ae.yaml:1:7", "D113"),
        ("small/protocol.yaml:14:33", "D117"),
        ("small/vs.yaml:4:56", "D114"),
        ("small/vs.yaml:9:34", "D123"),
        ("study.yaml:5:14", "D112"),
    ]


def test_objects_when_a_plugin_hands_them_in_then_they_compile_and_problems_name_them() -> None:
    definition = StudyDefinition(study="A", title="T", protocol="p", sites=(Site(site="A"),))
    item = Item(item="A", label="L", type="code", codelist="NY")
    protocol = Protocol(
        protocol="p",
        title="T",
        visits=(Visit(visit="V1", label="L", number=Decimal(1), forms=(ScheduledForm(form="F"),)),),
    )
    things: list[Thing] = [
        Form(form="F", title="T", items=(item,)),
        CodeList(codelist="NY", terms=(Term(code="Y"),)),
        protocol,
    ]
    origin = Contribution("mine", "2")
    given = [Contributed(Located.of_object(thing, "plugin mine"), origin) for thing in things]
    types = {item_type.name: item_type for item_type in HOUSE_TYPES}
    functions = {function.name: function for function in BUILTIN_FUNCTIONS}
    study = compile_study(Located.of_object(definition, "study"), given, types, functions)
    assert study.origins["form:F"] == origin
    with pytest.raises(DefinitionError) as caught:
        compile_study(Located.of_object(definition, "study"), [given[0], given[2]], types, functions)
    assert lines(caught.value.problems) == [
        "plugin mine: D114: Form F: unknown code list 'NY'. None is defined yet; define it first."
    ]
