"""What the documents show is tried: definitions load and fit together, Python compiles, expressions mean something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from trialkit.codes import load_codes
from trialkit.define import load_file, load_mapping
from trialkit.engine import Assembly, assemble
from trialkit.engine.examples.outcome import run_examples
from trialkit.engine.examples.records import Manner, settle_example
from trialkit.engine.proposals import Proposals
from trialkit.engine.rules import study_rules
from trialkit.language import BUILTIN_FUNCTIONS, Compiled, check_scope, compile_expression, scoped_forms
from trialkit.language.rowcheck import ROW_CALLS
from trialkit.language.scancheck import SCAN_CALLS
from trialkit.model.codelist import CodeList
from trialkit.model.example import ABOUT_RECORD
from trialkit.model.form import Form
from trialkit.model.kind import Kind
from trialkit.model.protocol import Protocol
from trialkit.model.study import Site, StudyDefinition
from trialkit.normalise import HOUSE_TYPES
from trialkit.registry import load_registry

_ROOT = Path(__file__).resolve().parent.parent
_KINDS = ("form", "codelists", "units", "checks", "protocol", "study", "mapping")
_NO_PLUGINS: Sequence[EntryPoint] = ()


def _blocks(document: str, language: str) -> list[str]:
    """The fenced blocks of a document in one language."""
    text = (_ROOT / "docs" / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _definitions() -> list[tuple[str, str]]:
    """Kind and text of every definition that the document shows."""
    found = [(block.partition(":")[0], block) for block in _blocks("definitions.md", "yaml")]
    return [(kind, block) for kind, block in found if kind in _KINDS]


def _expressions() -> list[str]:
    """Every expression in a table of the document on the language: a cell in backquotes under the head `Example`."""
    examples: list[str] = []
    place: int | None = None
    for line in (_ROOT / "docs" / "language.md").read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            place = None
            continue
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if place is None:
            place = cells.index("Example") if "Example" in cells else -1
        elif place >= 0 and (match := re.fullmatch(r"`([^`]+)`", cells[place])):
            examples.append(match[1])
    return examples


def _compile(expression: str) -> Compiled:
    form, codelists, protocol = _small_form()
    kinds = {found.name: found.kind for found in HOUSE_TYPES}
    forms = scoped_forms({"VS": form, **_OTHER_FORMS}, codelists, kinds)
    return compile_expression(expression, check_scope(form, codelists, protocol, kinds, {}, forms), Kind.ANY)


_OTHER_FORMS = {
    "AE": Form.model_validate(
        {
            "form": "AE",
            "title": "Adverse events",
            "repeating": True,
            "items": [
                {"item": "AETERM", "label": "Term", "type": "text"},
                {"item": "AESTDAT", "label": "Start", "type": "partial-date"},
                {"item": "AESER", "label": "Serious?", "type": "code", "codelist": "NY"},
            ],
        }
    ),
    "DM": Form.model_validate(
        {"form": "DM", "title": "Demography", "items": [{"item": "AGE", "label": "Age", "type": "integer"}]}
    ),
}


def _small_form() -> tuple[Form, dict[str, CodeList], Protocol]:
    """The form that the document on the language speaks of."""
    items = [
        ("SYSBP", "integer", ""), ("DIABP", "integer", ""), ("WEIGHT", "decimal", ""), ("HEIGHT", "decimal", ""),
        ("SEX", "code", "SEX"), ("RACE", "codes", "RACE"), ("NOTE", "text", ""), ("VSDAT", "date", ""),
        ("BRTHDAT", "partial-date", ""), ("VSTIM", "time", ""), ("AEDTM", "datetime", ""), ("RPTDTM", "datetime", ""),
    ]  # fmt: skip
    form = Form.model_validate(
        {
            "form": "VS",
            "title": "Vital signs",
            "items": [
                {"item": item, "label": item, "type": type_, **({"codelist": codelist} if codelist else {})}
                for item, type_, codelist in items
            ],
        }
    )
    lists = {"NY": ("N", "Y"), "SEX": ("F", "M"), "RACE": ("ASIAN", "WHITE")}
    codelists = {
        name: CodeList.model_validate({"codelist": name, "terms": [{"code": code} for code in codes]})
        for name, codes in lists.items()
    }
    protocol = Protocol.model_validate(
        {
            "protocol": "small",
            "title": "Small",
            "parameters": {"bp_high": {"value": 165}},
            "methods": {"first_dose": {"value": "first(AE.AESTDAT)"}},
            "timepoints": [{"timepoint": "PRE", "label": "Before", "number": 1}],
            "visits": [{"visit": "V1", "label": "Visit 1", "number": 1, "day": 1, "tags": ["SCR", "BL", "DOSING"]}],
        }
    )
    return form, codelists, protocol


def test_definitions_document_when_it_is_read_then_it_shows_every_kind() -> None:
    assert sorted(kind for kind, _ in _definitions()) == sorted([*_KINDS, "form", "mapping"])


@pytest.mark.parametrize("text", [text for _, text in _definitions()], ids=[kind for kind, _ in _definitions()])
def test_definitions_document_when_an_example_is_loaded_then_it_has_no_problem(text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(text, encoding="utf-8")

    things, problems = load_file(file)

    assert problems == []
    assert things


def _small_study(folder: Path) -> Assembly:
    """The study that the definitions of the document make together."""
    names = {"study": "study.yaml"}
    for number, (kind, text) in enumerate(_definitions()):
        (folder / names.get(kind, f"{kind}-{number}.yaml")).write_text(text, encoding="utf-8")
    return assemble(folder, load_registry(_NO_PLUGINS))


def test_definitions_document_when_its_examples_stand_together_then_they_are_a_study(tmp_path: Path) -> None:
    study = _small_study(tmp_path).study
    mappings = [load_mapping(file, study) for file in sorted(tmp_path.glob("mapping-*.yaml"))]

    assert list(study.forms) == ["BG", "FATIGUE"]
    assert [item.item for item in study.forms["FATIGUE"].items][3:] == ["TOTAL", "TOTAL_PRORATED", "TOTAL_BAND", "MANY"]
    assert [check.check for check in study.checks["BG"]] == ["BG001", "BG002", "BG003"]
    assert [mapping.records[0].form for mapping in mappings] == ["BG", "BG"]


def test_definitions_document_when_its_checks_show_examples_then_they_come_out(tmp_path: Path) -> None:
    assembly = _small_study(tmp_path)
    shown = [rule for rule in study_rules(assembly) if rule.rule in ("BG002", "BG003")]

    outcome = run_examples(assembly, shown)

    assert (outcome.run, outcome.faults, outcome.skipped, outcome.differing) == (6, (), (), ())


def test_definitions_document_when_it_says_how_examples_are_written_then_each_can_be_read(tmp_path: Path) -> None:
    assembly = _small_study(tmp_path)
    (block,) = _blocks("definitions.md", "text")

    settled = [settle_example(assembly, line, Manner(form="BG")) for line in block.splitlines()]

    assert len(settled) >= 9
    assert {found.moment.isoformat() for found in settled} > {"2024-06-01T12:00:00+00:00", "2024-05-02T12:00:00+00:00"}


def test_definitions_document_when_an_example_may_say_something_of_a_record_then_the_word_has_a_line() -> None:
    text = (_ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    section = text.partition("\n## Examples\n")[2].partition("\n## ")[0]
    words = re.findall(r"^\| `([a-z]+)=", section, re.MULTILINE)

    assert words == [*ABOUT_RECORD, "today", "now"]


@pytest.mark.parametrize("number", range(len(_blocks("plugins.md", "python"))))
def test_plugins_document_when_it_shows_python_then_it_is_a_plugin_that_loads(number: int, root: Path) -> None:
    module = ModuleType(f"example_{number}")
    module.__file__ = str(root / "docs" / "example.py")
    exec(compile(_blocks("plugins.md", "python")[number], module.__name__, "exec"), vars(module))  # noqa: S102  # ours
    hooks = [name for name in vars(module) if name.startswith("trialkit_")]

    registry = load_registry(_NO_PLUGINS, {"example": module} if hooks else {})
    definition = StudyDefinition(study="S", title="S", protocol="pilot", sites=(Site(site="001"),))
    for hook in hooks:
        if hook != "trialkit_after_write":  # writes a file
            registry.collect(hook, object, study=definition, changes=Proposals().changes)

    assert registry.broken == {}
    assert hooks or "test_my_plugin_conforms" in vars(module)


@pytest.mark.parametrize("expression", _expressions())
def test_language_document_when_it_shows_an_example_then_it_compiles(expression: str) -> None:
    assert _compile(expression).kind in tuple(Kind)


def test_language_document_when_a_function_exists_then_it_has_a_line_with_an_example() -> None:
    shown = " ".join(_expressions())
    functions = {function.name for function in BUILTIN_FUNCTIONS} | set(ROW_CALLS) | set(SCAN_CALLS)

    assert sorted(name for name in functions if not re.search(rf"\b{name}\(", shown)) == []


def test_codes_document_when_it_is_read_then_it_says_what_the_table_says() -> None:
    lines = (_ROOT / "docs" / "codes.md").read_text(encoding="utf-8").splitlines()
    rows = [
        f"| {' | '.join((code, entry.title, entry.meaning, entry.remedy))} |" for code, entry in load_codes().items()
    ]

    assert [line for line in lines if re.match(r"\| [A-Z][0-9]{3} ", line)] == rows
