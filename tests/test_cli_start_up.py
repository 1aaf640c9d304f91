"""No command pays for libraries that it does not use: seen in what it imports, and for help measured in CPU time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trialkit.engine import create_study, study_key
from trialkit.model.study import Site, StudyDefinition

HELP = (sys.executable, str(Path(sysconfig.get_path("scripts")) / "trialkit"), "--help")
YARDSTICK = (sys.executable, "-c", "import click, pluggy")
HEAVY = frozenset(
    {"cerberus", "lark", "numpy", "openpyxl", "polars", "pydantic", "pydantic_core", "reportlab", "sqlalchemy", "yaml"}
)
RUNS = 5
STAMP = "the code"
"""Stands for the state of the code, so that a study which is kept counts whoever works on the code meanwhile."""

COMMAND = f"""\
from trialkit.cli.main import main
from trialkit.engine import study_key
study_key.stamp_code = lambda plugins: {STAMP!r}
main()
"""
SEEN_ONLY = frozenset({"cerberus", "lark", "numpy", "openpyxl", "polars", "reportlab"})
"""Libraries that read, judge or print: a command that shows what is stored needs none of them."""

READ_ONLY = frozenset(f"trialkit.spreadsheet.{name}" for name in ("blocks", "border", "child", "tally", "wire"))
"""What reads files that a site sends."""


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


def _cpu_seconds(command: Sequence[str]) -> float:
    """User and system time of one run, its own children included; waiting for others does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _modules(command: Sequence[str]) -> set[str]:
    """The modules that a run imports."""
    report = _run([command[0], "-X", "importtime", *command[1:]]).stderr
    lines = [line for line in report.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def _imported(command: Sequence[str]) -> set[str]:
    """The top-level packages that a run imports."""
    return _packages(_modules(command))


def _packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def test_help_when_asked_for_then_it_imports_no_heavy_library() -> None:
    imported = _imported(HELP)

    assert {"click", "trialkit"} <= imported
    assert sorted(imported & HEAVY) == []


def test_command_when_it_shows_what_is_stored_then_it_imports_no_library_that_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(study_key, "stamp_code", lambda *_: STAMP)
    definition = StudyDefinition(study="S1", title="A study", protocol="iv", sites=(Site(site="012"),))
    with create_study(tmp_path / "study", definition, "ann", lambda: datetime(2026, 3, 31, 9, 30, tzinfo=UTC)) as made:
        made.add_subject("012", "0007")
    begin = (sys.executable, "-c", COMMAND)
    end = ("--study", str(tmp_path / "study"), "--user", "ann")

    modules = _modules([*begin, "show", "012-0007", *end])
    shown = _packages(modules)
    entered = _imported([*begin, "enter", "012-0007", "V0", "DM", "--set", "AGE=44", *end])

    assert "sqlalchemy" in shown
    assert sorted(shown & SEEN_ONLY) == []
    assert sorted(modules & READ_ONLY) == []
    assert sorted(entered & SEEN_ONLY) == ["cerberus", "lark"]


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
