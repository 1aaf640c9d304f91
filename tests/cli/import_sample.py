"""A small study for the commands that import, lock and unlock, and its files as a site sends them."""

from __future__ import annotations

import hashlib
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from trialkit.engine import begin_study

FILES = {
    "study.yaml": """\
study: S1
title: A study
protocol: small
sites: [{site: "012", timezone: Europe/Amsterdam}]
""",
    "protocol.yaml": """\
protocol: small
title: A small protocol
log_forms: [AE]
timepoints:
  - {timepoint: PRE, label: Before, number: 1}
  - {timepoint: P40, label: 40 min, number: 2}
visits:
  - {visit: V1, label: Visit 1, number: 1, day: 1, forms: [{form: VS}, {form: LB}, {form: PK, timepoints: [PRE, P40]}]}
  - {visit: V2, label: Visit 2, number: 2, day: 8, forms: [{form: VS}]}
  - {visit: V3, label: Visit 3, number: 3, day: 15, forms: [{form: VS}]}
""",
    "forms/vs.yaml": """\
form: VS
title: Vital signs
items:
  - {item: VSDAT, label: Date, type: date}
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260, soft: 90..180}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg, hard: 30..160}
  - {item: NOTE, label: Note, type: text}
checks:
  - {check: VS901, when: SYSBP <= DIABP, severity: hard, items: [SYSBP, DIABP], message: "Swapped?"}
""",
    "forms/lb.yaml": """\
form: LB
title: Laboratory
items:
  - {item: ALT, label: ALT, type: decimal, unit: U/L, hard: 0..5000}
""",
    "forms/pk.yaml": """\
form: PK
title: Samples
items:
  - {item: CONC, label: Concentration, type: decimal}
""",
    "forms/ae.yaml": """\
form: AE
title: Adverse events
repeating: true
items:
  - {item: AETERM, label: Term, type: text}
""",
    "mappings/wide.yaml": """\
mapping: wide
subject: {column: Patient, enrol: true}
records:
  - form: VS
    visit: {column: Visit}
    items: {SYSBP: {column: Sys}, DIABP: {column: Dia}, NOTE: {column: Note}}
  - form: LB
    visit: {column: Visit}
    items: {ALT: {column: ALT}}
reason: {column: Why}
ignore: []
""",
}
WIDE = ("--map", "mappings/wide.yaml")
HEAD = "Patient,Visit,Sys,Dia,Note,ALT,Why\n"


def make_study(folder: Path, subjects: tuple[str, ...] = ("0001", "0002")) -> Path:
    """The study in a folder of its own, with its subjects enrolled."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with begin_study(folder, "ann", lambda: datetime(2026, 3, 31, 9, 30, tzinfo=UTC)) as engine:
        for number in subjects:
            engine.add_subject("012", number)
    return folder


def send(study: Path, *rows: str, name: str = "site.csv", head: str = HEAD) -> Path:
    """A file that the site sends."""
    file = study / name
    file.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def disk(folder: Path) -> dict[str, str]:
    """Every file in a folder with the SHA-256 of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def at_terminal(
    folder: Path, *words: str, answer: str = "", meanwhile: Callable[[], object] = lambda: None
) -> tuple[int, str]:
    """Type a command where somebody sits, and answer its question once it is asked. Exit code, and what was shown."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1", "TRIALKIT_USER": "a"}
    command = [sys.executable, "-m", "trialkit.cli.main", *words]
    shown = b""
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=follower, stdout=follower, stderr=follower
    ) as run:
        os.close(follower)
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            shown += part
            if answer and b"[y/N]" in shown:
                meanwhile()
                os.write(leader, answer.encode())
                answer = ""
        code = run.wait(timeout=60)
    os.close(leader)
    return code, shown.decode("utf-8").replace("\r\n", "\n")
