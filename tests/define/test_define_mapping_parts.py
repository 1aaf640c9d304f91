"""Parts, spellings and totals of a mapping file, held against the rest of it and the study; and files with reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trialkit.define import load_mapping, mapping_page
from trialkit.errors import DefinitionError
from trialkit.model.study import Study

SOUND = """\
mapping: site-01
header_rows: [1, 2]
drop: [{column: Nr, texts: [Mean, ""], why: summary row}]
missing: {ND: ND}
spellings: {NY: {Y: [x, ja], N: [nein]}}
parts:
  - column: BP
    patterns: [{pattern: "{sys:integer}/{dia:integer}", unit: mmHg}, {pattern: "?", put: {sys: "?"}}]
  - column: Weights
    how: each
    between: [";"]
    patterns: [{pattern: "{st:integer}st {rest:integer}", name: stones, sum: {lb: {st: 14, rest: 1}}, unit: LB}]
subject: {column: Nr}
records:
  - form: VS
    where: {Q: [bp]}
    once_by: [SYSBP]
    totals: {Sum: [SYSBP]}
    visit: {column: Visit}
    timepoint: {value: PRE}
    items:
      VSPERF: {column: Done, otherwise: Y}
      SYSBP: {part: sys}
      WEIGHT: {column: Weight, unit_ranges: {kg: 40..200, LB: 201..450}}
  - form: VS
    visit: {value: V1}
    each: Weights
    find: 1
    items:
      WEIGHT: {part: lb}
remarks: [Notes]
undecided: {Other: [], Weight: ["?"]}
"""

WRONG = [
    ("{part: sys}", "{part: «sis}", "D151: No pattern of the mapping gives a part 'sis'. Did you mean 'sys'?"),
    ("each: Weights", "each: «Weight", "D151: No column 'Weight' is taken apart with 'how: each'. Did you mean 'Weig"),
    ("    each: Weights\n    find: 1\n", "", "D151: Part 'lb' is found several times in a cell, and the record does"),
    ("    each: Weights\n", "", "D151: Nothing is found several times here. Add 'each:'."),
    ("WEIGHT: {part: lb}", "WEIGHT: {count: [«stone]}", "D151: No pattern of the mapping is called 'stone'. Did you"),
    ("NY: {Y", "«NX: {Y", "D144: The study has no code list 'NX'. "),
    ("N: [nein]", "«J: [nein]", "D144: Code list NY has no code 'J'. Use one of: N, Y."),
    ("N: [nein]", "N: [«ja]", "D152: 'ja' means 'Y' as well. Keep one meaning."),
    ("N: [nein]", "N: [«ND]", "D152: 'ND' means '.ND' as well. Keep one meaning."),
    ("column: Weights", "column: «BP", "D152: Column 'BP' is taken apart twice. Write all patterns in one place."),
    ("sum: {lb", "sum: {dia", "D152: Part 'dia' is given by another column, too. Rename one of them."),
    ("    how: each\n    between", "    «between", "D152: 'between' stands where nothing is separated."),
    ("header_rows", "header_row: «3\nheader_rows", "D152: 'header_row' and 'header_rows' both say where the head"),
    ("once_by: [SYSBP]", "once_by: [«DOUBLE]", "D152: Item DOUBLE is named here, and the record does not fill it."),
    ("once_by: [SYSBP]", "once_by: [«SIS]", "D119: Form VS has no item 'SIS'."),
    ("Sum: [SYSBP]", "Sum: [«SIS]", "D119: Form VS has no item 'SIS'."),
    ("otherwise: Y", "otherwise: «J", "D144: Code list NY has no code 'J'. Use one of: N, Y."),
    ("kg: 40", "«g: 40", "D142: 'g' is not a unit of item WEIGHT."),
    ("unit_ranges", "unit: kg, unit_ranges", "D152: 'unit' says the unit, so that no range can. Delete one of the"),
    ("{sys:integer}/", "{sys:integer}", "Two parts follow each other without anything between them"),
    ("{sys:integer}/", "{sys:real}/", "A part can not be a real; it is one of word, integer, number, comma"),
    ("{st: 14", "{BP: 14", "D105: 'BP' is not a name of a part. Write small letters"),
    ("{st: 14", "{dia: 14", "A sum is made of numbers of its pattern, and dia is none"),
    ('put: {sys: "?"}', 'put: {sys: "{x}"}', "A text that is put holds {x}, which is no part of its pattern"),
    ("[1, 2]", "[0, 2]", "Header rows are numbers of rows, each once, the first is 1"),
]


@pytest.fixture
def study(compiled: Callable[..., Study], small_texts: dict[str, str]) -> Study:
    """The small study, its form at two visits."""
    visit = "  - {visit: V2, label: V, number: 2, forms: [{form: VS, timepoints: [PRE]}]}\n"
    return compiled(protocol=small_texts["protocol"] + visit)


def refused(folder: Path, study: Study, text: str) -> list[str]:
    (folder / "m.yaml").write_text(text.replace("«", ""), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_mapping(Path("m.yaml"), study)
    return [str(found) for found in caught.value.problems]


def test_mapping_when_all_its_rules_fit_then_it_is_loaded(folder: Path, study: Study) -> None:
    (folder / "m.yaml").write_text(SOUND, encoding="utf-8")
    mapping = load_mapping(folder / "m.yaml", study)
    assert mapping.all_header_rows == (1, 2)
    assert mapping.parts[1].patterns[0].parts == ("st", "rest", "lb")


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[f"{new.strip()} {said[:4]}" for _, new, said in WRONG])
def test_mapping_when_one_rule_does_not_fit_then_it_is_found_at_its_place(
    folder: Path, study: Study, old: str, new: str, expected: str
) -> None:
    assert old in SOUND
    marked = SOUND.replace(old, new, 1)
    found = refused(folder, study, marked)
    assert any(expected in line for line in found), found
    if "«" in marked:
        before = marked[: marked.index("«")]
        place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        assert any(line.startswith(f"m.yaml:{place}: ") for line in found), found


def test_mapping_page_when_loaded_again_then_it_is_the_same_mapping_with_its_reasons(
    folder: Path, study: Study
) -> None:
    (folder / "m.yaml").write_text(SOUND, encoding="utf-8")
    mapping = load_mapping(folder / "m.yaml", study)
    comments = {
        ("subject",): "98: the header",
        ("records", 0, "items", "SYSBP"): "95: a\nsynonym # {x",
        ("undecided", "Other"): "?",
    }

    text = mapping_page(mapping, comments, "Proposed from a\u202efile\nSecond line")
    (folder / "m.yaml").write_text(text, encoding="utf-8")

    assert load_mapping(folder / "m.yaml", study) == mapping
    assert "      SYSBP: {part: sys}  # 95: a synonym # {x\n" in text
    assert text.startswith("# Proposed from a file\n# Second line\nmapping: site-01\n")
    assert "  Other: []  # ?\n" in text
