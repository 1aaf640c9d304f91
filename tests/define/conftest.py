"""A folder to work in, and small definitions to compile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from trialkit.define import Contributed, Located, compile_study, load_file, load_study_definition
from trialkit.errors import DefinitionError, Problem
from trialkit.language import BUILTIN_FUNCTIONS
from trialkit.model.study import Contribution, Study
from trialkit.normalise import HOUSE_TYPES

STUDY = """\
study: ESK-101
title: A study
protocol: small
sites:
  - {site: "01"}
"""

SMALL = {
    "protocol.yaml": """\
protocol: small
title: A small protocol
parameters:
  hold_sys: {value: 160}
log_forms: [AE]
timepoints:
  - {timepoint: PRE, label: Before, number: 1}
visits:
  - visit: V1
    label: Visit 1
    number: 1
    day: 1
    forms:
      - {form: VS, timepoints: [PRE]}
""",
    "codelists.yaml": """\
codelists:
  - codelist: NY
    terms:
      - {code: N, label: No}
      - {code: Y, label: Yes}
units:
  - {unit: LB, to: kg, factor: 0.45359237}
""",
    "vs.yaml": """\
form: VS
title: Vital signs
items:
  - {item: VSPERF, label: Done?, type: code, codelist: NY}
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260, collect_when: VSPERF = "Y"}
  - {item: WEIGHT, label: Weight, type: decimal, unit: kg, units: [kg, LB]}
  - {item: DOUBLE, label: Double, type: decimal, derive: WEIGHT * 2}
checks:
  - {check: VS001, when: SYSBP > P.hold_sys, message: Too high.}
sdtm:
  - domain: VS
    when: VSPERF = "Y"
    variables: {VSPOS: '"SITTING"'}
    tests:
      - {testcd: SYSBP, result: SYSBP, variables: {VSSPID: VSPERF}}
""",
    "ae.yaml": """\
form: AE
title: Adverse events
repeating: true
items:
  - {item: AETERM, label: Term, type: text}
""",
    "unused.yaml": """\
form: UNUSED
title: Not scheduled
items:
  - {item: A, label: A, type: text}
checks:
  - {check: UN001, when: A is missing, message: Missing.}
""",
}
"""A small study that compiles, one definition file to an entry."""

Compile = Callable[..., Study]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current directory, so that problems name files without it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def compiled(folder: Path) -> Compile:
    """Compile the small study, with files replaced (``vs=…``), extra files and another study.yaml.

    Extra files are (plugin, file name, text). Every file is handed in by the plugin ``small`` otherwise.
    """

    def compile_small(
        study: str = STUDY, extra: Sequence[tuple[str, str, str]] = (), left_out: Sequence[str] = (), **texts: str
    ) -> Study:
        (folder / "study.yaml").write_text(study, encoding="utf-8")
        files = [("small", name, text) for name, text in SMALL.items() if name not in left_out]
        files = [(plugin, name, texts.get(name.removesuffix(".yaml"), text)) for plugin, name, text in files]
        contributed: list[Contributed] = []
        for plugin, name, text in [*files, *extra]:
            contributed += [
                Contributed(found, Contribution(plugin, "1.0")) for found in load(folder / plugin / name, text)
            ]
        _, located = load_study_definition(folder)
        types = {item_type.name: item_type for item_type in HOUSE_TYPES}
        return compile_study(located, contributed, types, {found.name: found for found in BUILTIN_FUNCTIONS})

    return compile_small


@pytest.fixture
def problems_of(compiled: Compile) -> Callable[..., tuple[Problem, ...]]:
    """Compile as `compiled` does, and give the problems that it raises."""

    def problems(**arguments: object) -> tuple[Problem, ...]:
        with pytest.raises(DefinitionError) as caught:
            compiled(**arguments)
        return caught.value.problems

    return problems


def load(path: Path, text: str) -> list[Located]:
    """Write a sound definition file and load it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    things, problems = load_file(path)
    assert problems == []
    return things


@pytest.fixture
def small_texts() -> dict[str, str]:
    """The files of the small study by name, to be changed."""
    return {name.removesuffix(".yaml"): text for name, text in SMALL.items()}
