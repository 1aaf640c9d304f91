"""A study whose checks carry examples, and small ways to ask for what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from trialkit.engine import Assembly, assemble
from trialkit.engine.examples.outcome import ExampleFault, ExamplesOutcome, run_examples
from trialkit.engine.rules import study_rules
from trialkit.model.check import Examples
from trialkit.registry import load_registry

STUDY = """\
study: S1
title: A study
protocol: small
sites: [{site: "012", timezone: Europe/Amsterdam}, {site: SYD, timezone: Australia/Sydney}]
"""

PROTOCOL = """\
protocol: small
title: A small protocol
parameters: {rise: {value: 40, unit: mmHg, label: Rise that alarms, source: The label}}
methods: {first_dose: {value: first(EX.EXDAT), label: Date of the first dose}}
log_forms: [AE, STAFF]
timepoints:
  - {timepoint: PRE, label: Before, number: 1, minutes: -30}
  - {timepoint: P40, label: 40 min, number: 2, minutes: 40}
visits:
  - {visit: V1, label: Visit 1, number: 1, day: 1, tags: [SCR], forms: [{form: VS}, {form: DM}]}
  - {visit: V2, label: Visit 2, number: 2, day: 8, tags: [DOSING], forms: [{form: VS}, {form: EX}]}
  - visit: V3
    label: Visit 3
    number: 3
    day: 15
    tags: [DOSING]
    forms: [{form: VS, timepoints: [PRE, P40]}, {form: EX}]
  - {visit: UNS, label: Unscheduled, number: 4, repeating: true, forms: [{form: VS}]}
"""

FORMS = """\
codelists:
  - {codelist: SEX, terms: [{code: F, label: Female}, {code: M, label: Male}]}
"""

VS = """\
form: VS
title: Vital signs
items:
  - {item: VSDAT, label: Date, type: date}
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg}
  - {item: WEIGHT, label: Weight, type: decimal, unit: kg, units: [kg, LB]}
  - {item: DOUBLE, label: Double, type: decimal, derive: WEIGHT * 2}
  - {item: KIT, label: Kit, type: text}
"""

DM = """\
form: DM
title: Demographics
items:
  - {item: SEX, label: Sex, type: code, codelist: SEX}
  - {item: AGE, label: Age, type: integer}
"""

EX = "form: EX\ntitle: Dose\nitems:\n  - {item: EXDAT, label: Date of the dose, type: date}\n"
AE = "form: AE\ntitle: Events\nrepeating: true\nitems:\n  - {item: AETERM, label: Term, type: text}\n"
STAFF = """\
form: STAFF
title: Register of staff
repeating: true
reference: true
items:
  - {item: WHO, label: Who, type: text}
"""

FILES = {
    "study.yaml": STUDY,
    "protocol.yaml": PROTOCOL,
    "forms/lists.yaml": FORMS,
    "forms/vs.yaml": VS,
    "forms/dm.yaml": DM,
    "forms/ex.yaml": EX,
    "forms/ae.yaml": AE,
    "forms/staff.yaml": STAFF,
}


def assembly_with(folder: Path, checks: str, plugins: Mapping[str, ModuleType] | None = None) -> Assembly:
    """The study with these checks."""
    for name, text in {**FILES, "forms/checks.yaml": checks}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return assemble(folder, load_registry(modules=plugins or {}))


def check_text(when: str, form: str = "VS", rule: str = "C1", **examples: str | list[str]) -> str:
    """One check with its examples, as YAML."""
    lines = [f"  - check: {rule}", f"    form: {form}", f"    {when}", "    message: Wrong."]
    lines += ["    examples:"] if examples else []
    for kind, texts in examples.items():
        lines.append(f"      {kind}:")
        lines += [f"        - '{text}'" for text in ([texts] if isinstance(texts, str) else texts)]
    return "checks:\n" + "\n".join(lines) + "\n"


def outcome_of(folder: Path, when: str, form: str = "VS", **examples: str | list[str]) -> ExamplesOutcome:
    """What the examples of one check come to; `when` is the line of its condition.

    The examples are given to the rule afterwards: what can be seen without running them is refused where it is loaded.
    """
    assembly = assembly_with(folder, check_text(when, form))
    texts = {kind: (given,) if isinstance(given, str) else tuple(given) for kind, given in examples.items()}
    (rule,) = (found for found in study_rules(assembly) if found.rule == "C1")
    return run_examples(assembly, [replace(rule, examples=Examples.model_validate(texts))])


def only_fault(outcome: ExamplesOutcome) -> ExampleFault:
    """The one fault that there is."""
    (fault,) = outcome.faults
    return fault
