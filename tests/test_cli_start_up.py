"""`trialkit --help` must not pay for libraries it does not use: measured in CPU time, and seen in what it imports."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

HELP = (sys.executable, str(Path(sysconfig.get_path("scripts")) / "trialkit"), "--help")
YARDSTICK = (sys.executable, "-c", "import click, pluggy")
HEAVY = frozenset({"cerberus", "lark", "openpyxl", "pydantic", "pydantic_core", "reportlab", "sqlalchemy", "yaml"})
RUNS = 5


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


def _cpu_seconds(command: Sequence[str]) -> float:
    """User and system time of one run, its own children included; waiting for others does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _imported(command: Sequence[str]) -> set[str]:
    """The top-level packages that a run imports."""
    report = _run([command[0], "-X", "importtime", *command[1:]]).stderr
    lines = [line for line in report.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_help_when_asked_for_then_it_imports_no_heavy_library() -> None:
    imported = _imported(HELP)

    assert {"click", "trialkit"} <= imported
    assert sorted(imported & HEAVY) == []


def test_import_report_when_a_heavy_library_is_imported_then_it_shows() -> None:
    assert {"yaml", "lark"} <= _imported([sys.executable, "-c", "import yaml\ndef late(): import lark\nlate()"])


def test_help_when_measured_then_it_costs_at_most_three_bare_starts() -> None:
    for command in (HELP, YARDSTICK):
        _run(command)  # once unmeasured: byte code is written and files are in memory
    pairs = [(_cpu_seconds(HELP), _cpu_seconds(YARDSTICK)) for _ in range(RUNS)]
    ours, yardstick = (min(side) for side in zip(*pairs, strict=True))

    assert ours <= 3 * yardstick, f"{ours * 1000:.0f} ms of CPU against {yardstick * 1000:.0f} ms"


def test_help_when_asked_for_then_it_shows_the_commands() -> None:
    shown = _run(HELP).stdout

    assert all(name in shown for name in ("demo", "import", "export", "audit"))
