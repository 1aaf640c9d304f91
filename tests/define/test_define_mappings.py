"""Mapping files held against the study, and written back as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.define import load_file, load_mapping, load_study_definition, mapping_text, study_text
from trialkit.errors import DefinitionError
from trialkit.model.item import MissingReason
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping, RecordMapping, SubjectMapping
from trialkit.model.study import Site, Study, StudyDefinition

SOUND = """\
mapping: site-01
header_row: 2
subject: {template: "{SITE}-{NR}", enrol: true}
records:
  - form: VS
    visit: {column: Visit, values: {Day 1: V1}}
    timepoint: {value: PRE}
    items:
      VSPERF: {column: Done, values: {yes: Y, no: No, "?": .UNK}, missing: {n/a: NA}}
      SYSBP: {column: Sys, unit: mmHg}
      WEIGHT: {column: Weight, unit_column: Unit, units: {lbs: LB, kilo: kg}}
      MEASURED: {column: Date, date_format: DD-MON-YYYY | DD/MM/YYYY}
      CLOCK: {column: Time, date_format: HH:MI}
      STAMP: {column: Stamp, date_format: YYYY-MM-DDTHH:MI:SS}
ignore: [Initials, 2024]
"""


@pytest.fixture
def study(compiled: Callable[..., Study], small_texts: dict[str, str]) -> Study:
    """The small study with dates on its form, scheduled at two visits."""
    dates = (
        "  - {item: MEASURED, label: Date, type: date}\n"
        "  - {item: CLOCK, label: Time, type: time}\n"
        "  - {item: STAMP, label: Both, type: datetime}\n"
        "  - {item: SEEN, label: Seen, type: codes, codelist: NY}\n"
    )
    visit = "  - {visit: V2, label: V, number: 2, forms: [{form: VS, timepoints: [PRE]}, {form: ONE}]}\n"
    one = "form: ONE\ntitle: T\nitems: [{item: A, label: A, type: text}]\n"
    return compiled(
        vs=small_texts["vs"].replace("checks:\n", f"{dates}checks:\n"),
        protocol=small_texts["protocol"] + visit,
        extra=[("small", "one.yaml", one)],
    )


def refused(folder: Path, study: Study, text: str) -> list[str]:
    (folder / "m.yaml").write_text(text.replace("«", ""), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_mapping(Path("m.yaml"), study)
    return [str(found) for found in caught.value.problems]


def test_mapping_when_it_fits_then_it_is_loaded_with_texts_as_they_were_written(folder: Path, study: Study) -> None:
    (folder / "m.yaml").write_text(SOUND, encoding="utf-8")
    mapping = load_mapping(folder / "m.yaml", study)
    assert mapping.ignore == ("Initials", "2024")
    assert mapping.records[0].items["VSPERF"].values == {"yes": "Y", "no": "No", "?": ".UNK"}
    assert mapping.records[0].items["VSPERF"].missing == {"n/a": MissingReason.NOT_APPLICABLE}


WRONG = [
    ("form: VS", "form: «VX", "D116: The study has no form 'VX'. Use one of: AE, ONE, VS."),
    ("SYSBP: {", "«SYSBF: {", "D119: Form VS has no item 'SYSBF'. Did you mean 'SYSBP'?"),
    ("SYSBP: {column: Sys, unit: mmHg}", "«DOUBLE: {column: Sys}", "D141: Item DOUBLE is computed and can not be fill"),
    ("unit: mmHg", "unit: «mmhg", "D142: 'mmhg' is not a unit of item SYSBP. Did you mean 'mmHg'?"),
    ("lbs: LB", "lbs: «ST", "D142: 'ST' is not a unit of item WEIGHT. Use one of: LB, kg."),
    ("column: Time,", "column: Time, unit: «h,", "D142: Item CLOCK has no unit. Take the unit out."),
    ("column: Time,", "column: Time, unit_column: «U,", "D142: Item CLOCK has no unit. Take 'unit_column:' out."),
    (
        "DD-MON-YYYY |",
        "«dd-mon-yyyy |",
        "D143: 'dd-mon-yyyy' is not a date format: 'ddmonyyyy' means nothing in it. Did",
    ),
    ("DD-MON-YYYY |", "«DD-QQ-YYYY |", "D143: 'DD-QQ-YYYY' is not a date format: 'QQ' means nothing in it. Build it f"),
    ("DD-MON-YYYY |", "«DD-MM |", "D143: 'DD-MM' has no year. Add YYYY."),
    ("DD-MON-YYYY | DD/MM/YYYY", '«"| DD/MM/YYYY"', "D143: The date format is empty. Build it from"),
    ("HH:MI}", "«HH:MM}", "D143: 'HH:MM' has a month in a time of day. Write MI for minutes: HH:MI."),
    (
        "THH:MI:SS",
        "THH:MM:SS",
        "D143: 'YYYY-MM-DDTHH:MM:SS' names a part of the date twice. MM is the month, MI the mi",
    ),
    ("unit: mmHg", "date_format: «YYYY", "D143: Item SYSBP is no date, so it has no date format. Take 'date_format:'"),
    ("yes: Y", "yes: «J", "D144: Code list NY has no code 'J'. Use one of: N, Y."),
    ("yes: Y", "yes: «Yess", "D144: Code list NY has no code 'Yess'. Did you mean 'Y' (Yes)?"),
    ("Day 1: V1", "Day 1: «V3", "D117: The protocol has no visit 'V3'. Use one of: V1, V2."),
    ("value: PRE", "value: «PREE", "D117: The protocol has no timepoint 'PREE'. Did you mean 'PRE'?"),
    (
        '"{SITE}-{NR}"',
        '«"SITE-NR"',
        "D105: 'SITE-NR' does not name columns in braces. Write for example {SITEID}-{SUBJI",
    ),
    ('"{SITE}-{NR}"', '«"{SITE-NR"', "D105: '{SITE-NR' does not name columns in braces."),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[new for _, new, _ in WRONG])
def test_mapping_when_one_part_does_not_fit_then_it_is_found_at_its_place(
    folder: Path, study: Study, old: str, new: str, expected: str
) -> None:
    assert old in SOUND
    marked = SOUND.replace(old, new)
    found = refused(folder, study, marked)
    assert len(found) == 1
    if "«" in marked:
        before = marked[: marked.index("«")]
        place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        assert found[0].startswith(f"m.yaml:{place}: {expected}")
    assert expected in found[0]


def test_mapping_when_a_list_item_gets_several_codes_then_each_is_looked_up(folder: Path, study: Study) -> None:
    text = SOUND.replace("      CLOCK:", "      SEEN: {column: Seen, values: {both: Y;N, more: Y;M}}\n      CLOCK:")
    assert [line.split(": ", 2)[1:] for line in refused(folder, study, text)] == [
        ["D144", "Code list NY has no code 'M'. Use one of: N, Y."]
    ]


def test_mapping_when_a_constant_is_no_code_then_it_is_found(folder: Path, study: Study) -> None:
    text = SOUND.replace("      CLOCK:", "      SEEN: {value: Z}\n      CLOCK:")
    assert [line.split(":")[3] for line in refused(folder, study, text)] == [" D144"]


def test_visit_when_a_form_has_several_and_nothing_names_it_then_that_is_said(folder: Path, study: Study) -> None:
    text = SOUND.replace("    visit: {column: Visit, values: {Day 1: V1}}\n", "")
    assert refused(folder, study, text) == [
        "m.yaml:5:5: D145: Form VS is filled in at several visits, and nothing says at which one. "
        "Add 'visit:' with the column that names the visit."
    ]


def test_visit_when_the_form_has_one_only_then_it_may_be_left_out(folder: Path, study: Study) -> None:
    text = "mapping: m\nsubject: {column: S}\nrecords:\n  - {form: ONE, items: {A: {column: X}}}\n"
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    assert load_mapping(folder / "m.yaml", study).records[0].visit is None


def test_mapping_when_much_is_wrong_then_all_is_told_at_once(folder: Path, study: Study) -> None:
    text = SOUND.replace("V1", "V9").replace("yes: Y", "yes: Q").replace("unit: mmHg", "unit: bar")
    assert [line.split(": ")[1] for line in refused(folder, study, text)] == ["D117", "D144", "D142"]


def test_mapping_when_the_file_is_something_else_or_broken_then_it_is_refused(folder: Path, study: Study) -> None:
    assert refused(folder, study, "form: A\n") == [
        "m.yaml:1:1: D107: This is a form file, not a mapping file. Name a file that begins with 'mapping:'."
    ]
    assert [line.split(": ")[1] for line in refused(folder, study, SOUND.replace("records", "record"))] == [
        "D106",
        "D104",
    ]


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda text: not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" for char in text)
)
TRICKY = st.one_of(
    TEXTS, st.sampled_from(["NO", "yes", "01", "10:30", "2024-01-01", "~", "null", "<<", "=", "'", "a: b"])
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TRICKY, TRICKY, max_size=4), st.lists(TRICKY, max_size=3), TRICKY, st.booleans())
def test_mapping_text_when_loaded_again_then_it_is_the_same_mapping(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str], ignore: list[str], column: str, enrol: bool
) -> None:
    mapping = Mapping(
        mapping="m",
        subject=SubjectMapping(column=column, enrol=enrol),
        records=(
            RecordMapping(
                form="VS",
                visit=KeyMapping(value=column, values=values),
                items={"A": ItemMapping(column=column, values=values, missing={column: MissingReason.REFUSED})},
            ),
        ),
        ignore=tuple(ignore),
    )
    path = tmp_path_factory.getbasetemp() / "m.yaml"
    path.write_text(mapping_text(mapping), encoding="utf-8")
    things, problems = load_file(path)
    if problems:  # two keys that Unicode takes for one
        assert {found.code for found in problems} == {"D102"}
    else:
        assert things[0].thing == mapping


def test_study_text_when_loaded_again_then_it_is_the_same_definition(folder: Path) -> None:
    definition = StudyDefinition(
        study="ESK-101",
        title="Yes: a study",
        protocol="iv",
        sites=(Site(site="012", name="Leiden", timezone="Europe/Amsterdam"), Site(site="NO", country="NOR")),
        parameters={"bp_hold_sys": "1.50"},
        plugins=("iv",),
    )
    (folder / "study.yaml").write_text(study_text(definition), encoding="utf-8")
    assert load_study_definition(folder)[0] == definition
    assert (folder / "study.yaml").read_text(encoding="utf-8") == (
        "study: ESK-101\n"
        "title: 'Yes: a study'\n"
        "protocol: iv\n"
        "sites:\n"
        "- site: '012'\n"
        "  name: Leiden\n"
        "  timezone: Europe/Amsterdam\n"
        "- site: 'NO'\n"
        "  country: NOR\n"
        "parameters:\n"
        "  bp_hold_sys: '1.50'\n"
        "plugins:\n"
        "- iv\n"
    )
