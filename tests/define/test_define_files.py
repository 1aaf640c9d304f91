"""Definition files: the kind by its key, the things in it, and every problem in a data manager's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from trialkit.define import YAML_FORMAT, load_file, load_folder, load_study_definition
from trialkit.define.files import LISTS, SINGLE
from trialkit.define.fitting import PATTERNS
from trialkit.errors import DefinitionError
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.unit import UnitConversion

FORM = "form: F\ntitle: T\nitems:\n  - item: A\n    label: L\n    type: {type}\n{more}"


def problems_in(folder: Path, text: str) -> list[str]:
    (folder / "f.yaml").write_text(text, encoding="utf-8")
    _, problems = load_file(Path("f.yaml"))
    return [str(found).removeprefix("f.yaml:") for found in problems]


def item(more: str, of_type: str = "text") -> str:
    return FORM.format(type=of_type, more="".join(f"    {line}\n" for line in more.splitlines()))


BROKEN: list[tuple[str, list[str]]] = [
    ("", ["1:1: D107: The file is empty. Begin the file with one of these keys: form, study, mapping, protocol,"]),
    ("# only a comment\n", ["1:1: D107: The file is empty."]),
    ("---\n", ["1:1: D107: The file is empty."]),
    ("just text\n", ["1:1: D107: The file is not a block of keys."]),
    ("- a\n", ["1:1: D107: The file is not a block of keys."]),
    (
        "chekcs: []\n",
        ["1:1: D107: The file does not say what it defines: its first key is 'chekcs'. Did you mean 'checks'?"],
    ),
    (
        "form:\n",
        ["1:1: D106: The key 'form' has nothing behind it.", "1:1: D106: The key 'items' is", "1:1: D106: The"],
    ),
    (item("helpp: x"), ["7:5: D104: Unknown key 'helpp'. Did you mean 'help'?"]),
    (item("zzz: x"), ["7:5: D104: Unknown key 'zzz'. Delete it, or use one of: codelist, collect_when, decimals,"]),
    (
        "form: F\nitems:\n  - {item: A, label: L, type: text}\n",
        ["1:1: D106: The key 'title' is missing. Add 'title:'."],
    ),
    ("form: F\ntitle:\nitems:\n  - {item: A, label: L, type: text}\n", ["2:1: D106: The key 'title' has nothing behi"]),
    ("form: F\ntitle: T\nitems: []\n", ["3:8: D105: 'items' is empty. Write at least one entry."]),
    ("form: F\ntitle: T\nitems: x\n", ["3:8: D105: 'items' is not a list. Begin every entry with '- ' on a line of"]),
    ("form: F\ntitle: T\nitems: [x]\n", ["3:9: D105: This entry of 'items' is not a block of keys."]),
    ("form: F\ntitle: T\nitems:\n  -\n", ["4:4: D105: This entry of 'items' is empty. Write a value, or delete it."]),
    (
        "form: ../../x\ntitle: T\nitems: [{item: A, label: L, type: text}]\n",
        ["1:7: D105: '../../x' is not an identifi"],
    ),
    (item("length: abc"), ["7:13: D105: 'abc' is not a whole number, as 'length' must be. Write digits only, for exa"]),
    (item("length: 99999"), ["7:13: D105: '99999' is out of range for 'length'. Write at most 10000."]),
    (item("length: " + "9" * 5000), ["7:13: D105: '999"]),
    (item("required: maybe"), ["7:15: D105: 'maybe' is neither true nor false, as 'required' must be. Write true or"]),
    (
        item("missing: [ND, UNKN]"),
        ["7:19: D105: 'UNKN' can not stand for this entry of 'missing'. Did you mean 'UNK'?"],
    ),
    (item("help: [a]"), ["7:11: D105: 'help' is not one text. Write one value, on the same line."]),
    (item("units: mmHg", "integer"), ["7:12: D105: 'units' is not a list."]),
    (item("hard: 60-260", "integer"), ["7:11: D105: '60-260' does not fit 'hard': an interval is written 60..260, .."]),
    (
        item("hard: 260..60", "integer"),
        ["7:11: D105: '260..60' does not fit 'hard': the low end of an interval is abo"],
    ),
    (item("hard: [60, 260]", "integer"), ["7:11: D105: 'hard' is not an interval. Write 60..260, ..260 or 60.."]),
    (item("unit: kg"), ["4:5: D105: An item of type text can not have a range or a unit. Delete hard, soft, unit and"]),
    (
        item("", "code"),
        ["4:5: D105: An item of type code needs a codelist. Add 'codelist:' with the name of a code li"],
    ),
    (item("decimals: 1", "integer"), ["4:5: D105: Only a decimal item has decimals. Delete 'decimals:', or write"]),
    (
        "form: F\ntitle: T\nitems:\n  - {item: A, label: L, type: text}\n  - {item: A, label: L, type: text}\n",
        ["5:12: D105: Item A stands twice on the form. Keep one of the two."],
    ),
    ("codelists:\n  - codelist: NY\n    terms: [{code: N}, {code: N}]\n", ["3:31: D105: Code 'N' stands twice in the"]),
    (
        "codelists:\n  - codelist: NY\n    terms: [{code: 'a;b'}]\n",
        ["3:20: D105: 'a;b' is not a code. Write it on one"],
    ),
    (
        "codelists: x\nunit: []\n",
        ["1:1: D105: 'codelists' is not a list.", "2:1: D104: Unknown key 'unit'. Did you mean"],
    ),
    ("units:\n", ["1:1: D105: 'units' is empty. Begin every entry with '- ' on a line of its own."]),
    (
        "units: [{unit: LB, to: kg, factor: 1/2}]\n",
        ["1:36: D105: '1/2' is not a number, as 'factor' must be. Write it"],
    ),
    ("units: [{unit: LB, to: kg, divisor: 0}]\n", ["1:37: D105: '0' is out of range for 'divisor'. Write more than 0"]),
    (
        "checks: [{check: C1, when: A = 1, message: M}]\n",
        ["1:10: D106: Check C1 does not say which form it reads. Add"],
    ),
    (
        "checks: [{check: C1, form: F, when: '', severity: hrad, message: M}]\n",
        ["1:37: D105: 'when' is empty. Write a text.", "1:51: D105: 'hrad' can not stand for 'severity'. Did you mean"],
    ),
    (
        "protocol: p\ntitle: T\nvisits:\n  - {visit: V1, label: L, number: 1, day: 0}\n"
        "  - {visit: V2, label: L, number: x, day: 1, window: 1}\n",
        [
            "4:5: D105: There is no study day 0: day 1 follows day -1. Write -1 or 1.",
            "5:35: D105: 'x' is not a n",
            "5:",
        ],
    ),
    ("study: A\ntitle: T\nprotocol: p\nsites: [{site: A}]\nsubject_id: '{who}'\n", ["1:1: D105: A pattern may use {"]),
    (
        "mapping: m\nsubject: {column: A, value: B}\nrecords: [{form: F, items: {A: {}}}]\n",
        [
            "2:10: D105: Say exactly one of column, columns, template, value and part. Keep one of them.",
            "3:32: D105: Say exact",
        ],
    ),
    (
        "form: F\ntitle: T\nsdtm: [{domain: VS, variables: {vsx: A, VSY: }}]\n"
        "items:\n  - {item: A, label: L, type: text}\n",
        ["3:33: D105: 'vsx' is not an SDTM variable name.", "3:46: D105: 'VSY' is empty. Write a value, or delete it."],
    ),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN, ids=[expected[-1][:60] for _, expected in BROKEN])
def test_problems_when_a_file_is_broken_then_each_has_place_code_sentence_and_remedy(
    folder: Path, text: str, expected: list[str]
) -> None:
    found = problems_in(folder, text)
    assert len(found) == len(expected)
    for line, beginning in zip(found, expected, strict=True):
        assert line.startswith(beginning)
        assert line.endswith((".", "?"))
        assert "Input should" not in line


def test_problems_when_a_file_has_many_then_one_run_names_all_of_them(folder: Path) -> None:
    text = item("helpp: x\nlabel: L\nlength: 0").replace("title: T", 'title: ""') + "  - {label: x}\n"
    assert [line.split(":")[:3] for line in problems_in(folder, text)] == [
        ["2", "8", " D105"],
        ["7", "5", " D104"],
        ["8", "5", " D102"],
        ["9", "13", " D105"],
        ["10", "5", " D106"],
        ["10", "5", " D106"],
    ]


def test_excerpt_when_a_problem_is_found_then_it_is_the_line_as_written(folder: Path) -> None:
    (folder / "f.yaml").write_text(item("length: abc  # long"), encoding="utf-8")
    assert load_file(Path("f.yaml"))[1][0].excerpt == "    length: abc  # long"


def test_file_name_when_it_lies_below_the_current_folder_then_it_is_shown_from_there(folder: Path) -> None:
    (folder / "forms").mkdir()
    path = folder / "forms" / "f.yaml"
    path.write_text("x: 1\n", encoding="utf-8")
    assert load_file(path)[1][0].where == "forms/f.yaml:1:1"


def test_things_when_a_file_is_sound_then_they_are_typed_and_located(folder: Path) -> None:
    text = FORM.format(type="integer", more='    hard: ..10\n    required: yes\nversion: 01\nhelp: "No"\n')
    (folder / "f.yaml").write_text(text, encoding="utf-8")
    things, problems = load_file(Path("f.yaml"))
    assert problems == []
    form = things[0].thing
    assert isinstance(form, Form)
    assert (form.version, form.help, form.items[0].required, str(form.items[0].hard)) == ("01", "No", True, "..10")
    assert things[0].positions["items", 0, "hard"] == (7, 11)
    assert things[0].positions["version", "@key"] == (9, 1)
    assert things[0].positions["help", "@text"] == (10, 8)
    assert things[0].lines[8] == "version: 01"


def test_things_when_a_key_of_a_model_has_nothing_behind_it_then_it_counts_as_left_out(folder: Path) -> None:
    (folder / "f.yaml").write_text(item("help:\nunit: ~\nunits:"), encoding="utf-8")
    things, problems = load_file(Path("f.yaml"))
    assert problems == []
    assert isinstance(things[0].thing, Form)
    assert things[0].thing.items[0].help == ""


def test_things_when_a_file_holds_several_lists_then_all_are_loaded_but_for_the_broken_entries(folder: Path) -> None:
    text = (
        "units:\n  - {unit: LB, to: kg}\n  - {unit: LB}\n"
        "codelists:\n  - {codelist: NO, terms: [{code: NO}, {code: 01}]}\n"
        "checks:\n  - {check: C1, form: F, when: A = 1, message: M}\n"
    )
    (folder / "f.yaml").write_text(text, encoding="utf-8")
    things, problems = load_file(Path("f.yaml"))
    assert [type(found.thing) for found in things] == [UnitConversion, CodeList, Check]
    assert isinstance(things[1].thing, CodeList)
    assert things[1].thing.codes == ("NO", "01")
    assert things[1].positions["terms", 1, "code"] == (5, 47)
    assert [found.where for found in problems] == ["f.yaml:3:5"]


def test_folder_when_loaded_then_files_come_in_order_without_studies_mappings_and_hidden_folders(folder: Path) -> None:
    texts = {
        "study.yaml": "study: [broken\n",
        "map.yaml": "mapping: broken\n",
        "study/study.yaml": "study: A\nprotocol: broken\n",
        "sub/a.yml": "form: A\ntitle: T\nitems: [{item: A, label: L, type: text}]\n",
        "b.yaml": "protocol: p\ntitle: T\nvisits: [{visit: V1, label: L, number: 1}]\n",
        "c.yaml": "form: C\n",
        ".git/d.yaml": "x: 1\n",
        "notes.txt": "x",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    things, problems = load_folder(folder)
    assert [(found.file, type(found.thing)) for found in things] == [("b.yaml", Protocol), ("sub/a.yml", Form)]
    assert [(found.where, found.code) for found in problems] == [
        ("c.yaml:1:1", "D106"),
        ("c.yaml:1:1", "D106"),
        ("study.yaml:1:8", "D101"),
    ]
    assert [found.code for found in load_folder(folder / "nowhere")[1]] == ["D109"]


def test_study_definition_when_study_yaml_is_missing_then_the_message_teaches_init(folder: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_study_definition(Path("esk"))
    assert caught.value.code == "D110"
    assert caught.value.message == "esk is not a study folder: it has no study.yaml."
    assert "trialkit init esk --protocol iv" in caught.value.remedy


def test_study_definition_when_sound_then_it_comes_with_its_places(folder: Path) -> None:
    text = "protocol: p\nstudy: A\ntitle: T\nsites: [{site: 01}]\nparameters: {bp: 1.50}\n"
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    definition, located = load_study_definition(folder)
    assert (definition.study, definition.sites[0].site, str(definition.parameters["bp"])) == ("A", "01", "1.50")
    assert (located.file, located.place(("parameters", "bp"))) == ("study.yaml", (5, 18))


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("form: A\n", "D107", "study.yaml:1:1: This is a form file, not a study file."),
        ("study: A\n", "D100", "3 problems in the definitions; the first is D106 at study.yaml:1:1: The key"),
        ("", "D107", "study.yaml:1:1: The file is empty."),
    ],
)
def test_study_definition_when_broken_then_one_error_carries_every_problem(
    folder: Path, text: str, code: str, message: str
) -> None:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_study_definition(folder)
    assert caught.value.code == code
    assert caught.value.message.startswith(message)
    assert len(caught.value.problems) == (3 if code == "D100" else 1)


def test_yaml_format_when_used_as_a_format_then_it_gives_things_or_raises(folder: Path) -> None:
    (folder / "f.yaml").write_text(item("help: x"), encoding="utf-8")
    assert [type(found) for found in YAML_FORMAT.load(Path("f.yaml"))] == [Form]
    (folder / "f.yaml").write_text(item("helpp: x"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="D104"):
        YAML_FORMAT.load(Path("f.yaml"))


def test_patterns_when_a_model_has_one_then_it_is_said_in_words() -> None:
    used = {pattern for model in (*SINGLE.values(), *LISTS.values()) for pattern in patterns_in(model)}
    assert used - set(PATTERNS) == set()
    assert set(PATTERNS) - used == set()


def patterns_in(model: type[BaseModel]) -> Iterator[str]:
    def walk(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                yield part["pattern"]
            yield from part.get("patternProperties", {})
            yield from part.get("propertyNames", {}).values()
            for below in part.values():
                yield from walk(below)
        elif isinstance(part, list):
            for below in part:
                yield from walk(below)

    for found in walk(model.model_json_schema()):
        if found.startswith("^") and "(?" not in found:
            yield found


KEYS = [*SINGLE, *LISTS, "items", "item", "label", "type", "title", "subject", "records", "visits"]
WORDS = st.sampled_from([*KEYS, "text", "A", "1", "60..260", *":,-[]{}&*!|>'\"#?", "<<"])
YAML_LIKE = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "\n  ", "\n    ", ": ", ": [", "\n- "])), max_size=40)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=60), YAML_LIKE.map(lambda parts: "".join(word + gap for word, gap in parts))))
def test_any_text_when_loaded_then_there_are_things_or_problems_and_never_an_exception(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    things, problems = load_file(path)
    assert things or problems
    assert problems == sorted(problems)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_tree_under_a_kind_when_loaded_then_problems_never_quote_the_library(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from([*SINGLE, *LISTS]))
    model = {**SINGLE, **LISTS}[kind]
    keys = st.sampled_from([*model.model_fields, "column", "item", "value"])
    leaves = st.sampled_from(["", "1", "A", "x y", "..", "1..2", "true", "~"])
    trees = st.recursive(
        leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4), max_leaves=12
    )
    body = data.draw(st.dictionaries(keys, trees, max_size=6))
    whole = {**body, kind: data.draw(trees)} if kind in SINGLE else {kind: [body, data.draw(trees)]}
    path = tmp_path_factory.getbasetemp() / "tree.yaml"
    path.write_text(flow(whole), encoding="utf-8")
    things, problems = load_file(path)
    assert things or problems
    for found in problems:
        assert found.line > 0
        assert "Input" not in found.message
        assert "valid" not in found.message


def flow(part: object) -> str:
    if isinstance(part, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in part.items()) + "}"
    if isinstance(part, list):
        return "[" + ", ".join(flow(entry) for entry in part) + "]"
    return "~" if part == "~" else f'"{part}"'
