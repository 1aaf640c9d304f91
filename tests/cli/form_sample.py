"""A small study for the commands about forms, and what its output is read with."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

FILES = {
    "study.yaml": """\
study: S1
title: A study
protocol: small
variant: short
sites: [{site: "012", country: NLD}]
parameters: {dia: 95}
""",
    "protocol.yaml": """\
protocol: small
title: A small protocol
parameters:
  sys: {value: 150, unit: mmHg, to_confirm: From where is it high?}
  dia: {value: 100, to_confirm: Settled by the study.}
no_prorating: [STRICT]
visits:
  - {visit: V1, label: Visit 1, number: 1, day: 1, forms: [{form: VS}, {form: MOOD}, {form: STRICT}]}
  - {visit: V2, label: Visit 2, number: 2, day: 8, forms: [{form: VS}]}
variants:
  - {variant: short, title: Short, without: [V2], to_confirm: [Is one visit enough?]}
  - {variant: long, title: Long, to_confirm: [Not followed here.]}
to_confirm: [The criteria.]
""",
    "forms/lists.yaml": """\
codelists:
  - {codelist: YESNO, terms: [{code: Y, label: Yes}, {code: N, label: No}]}
  - codelist: WARD
    title: Wards
    terms: [{code: W1}, {code: W2}, {code: W3}, {code: W4}, {code: W5}, {code: W6}, {code: W7}, {code: W8}, {code: W9},
            {code: W10}, {code: W11}, {code: W12}, {code: W13, label: Intensive care}]
""",
    "forms/vs.yaml": """\
form: VS
title: Vital signs
version: "1"
help: Take them after rest.
source: The manual
to_confirm: [One reading is enough.]
items:
  - {item: VSPERF, label: Were they taken?, type: code, codelist: YESNO, required: true, missing: []}
  - item: SYSBP
    label: What was the systolic blood pressure?
    type: integer
    unit: mmHg
    hard: 60..260
    soft: 90..180
    required: true
    collect_when: VSPERF = "Y"
    missing: [ND, UNK]
    help: Sitting, at the right arm.
    source: CDASHIG
    hidden_from: [RATER_BLIND]
    to_confirm: The limits.
  - {item: WEIGHT, label: Weight, type: decimal, decimals: 1, unit: kg, units: [kg, LB]}
  - {item: WARD, label: On which ward?, type: code, codelist: WARD}
  - {item: NEXT, label: When is the next reading?, type: partial-date, future: true}
  - {item: NOTE, label: Anything else?, type: text, length: 40}
  - {item: HALF, label: Half, type: decimal, derive: SYSBP / 2}
checks:
  - {check: VS901, when: SYSBP > P.sys, message: High., source: The label}
  - {check: VS902, when: SYSBP < 70, severity: hard, action: alert-red, items: [SYSBP], message: Far too low.}
sdtm:
  - domain: VS
    variables: {VSPOS: '"SITTING"'}
    tests: [{testcd: SYSBP, result: SYSBP}, {testcd: WEIGHT, result: WEIGHT}]
""",
    "forms/mood.yaml": """\
form: MOOD
title: A mood scale
instrument:
  {rater: patient, recall: past 7 days, category: MOOD, licence: Free to use., wording: labels, source: The publication}
items:
  - {item: Q1, label: Sad, type: integer, hard: 0..3}
  - {item: Q2, label: Tired, type: integer, hard: 0..3}
  - {item: Q3, label: Worried, type: integer, hard: 0..3}
scores:
  - score: TOTAL
    label: Total
    of: [Q1, Q2, Q3]
    missing_allowed: 1
    range: 0..9
    bands: [{range: 0..4, label: low}, {range: 5..9, label: high}]
    to_confirm: The cut-off.
sdtm:
  - {domain: QS, variables: {QSCAT: '"MOOD"'}, results: [Q1, Q2, Q3]}
""",
    "forms/strict.yaml": """\
form: STRICT
title: A strict scale
items:
  - {item: R1, label: One, type: integer}
  - {item: R2, label: Two, type: integer}
scores:
  - {score: SUM, label: Sum, of: [R1, R2], missing_allowed: 1}
""",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """A study folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file of the study in one place."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def section(page: str, name: str) -> str:
    """What stands about one item or check, blanks and line breaks taken together."""
    lines = page.splitlines()
    start = next(number for number, line in enumerate(lines) if re.match(rf"{name}\b", line))
    rest = lines[start + 1 :]
    end = next((number for number, line in enumerate(rest) if line and not line.startswith(" ")), len(rest))
    return " ".join(" ".join(lines[start : start + 1 + end]).split())


def on_terminal(folder: Path, *words: str, columns: int) -> list[str]:
    """The lines that a command shows on a terminal so wide, without colours."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1", "TRIALKIT_USER": "a"}
    command = [sys.executable, "-m", "trialkit.cli.main", *words]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=follower, stderr=subprocess.DEVNULL) as running:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # how Linux says that the other end is closed
                part = b""
            if not part:
                break
            shown += part
        running.wait(timeout=60)
    os.close(leader)
    return shown.decode("utf-8").splitlines()
