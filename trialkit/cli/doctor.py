"""``trialkit doctor``: this machine, the plugins and the study, each with the command that mends it."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from xml.parsers import expat

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.form import open_points_line
from trialkit.cli.output import plural, show_json
from trialkit.cli.paint import paint
from trialkit.errors import TrialkitError, UsageError

_LIBRARIES = ("click", "pluggy", "pydantic", "cerberus", "openpyxl", "lark", "sqlalchemy", "pyyaml")


@click.command(epilog="Example: trialkit doctor")
@json_option
@study_options
def doctor(as_json: bool, folder: Path | None, user: str | None) -> int:
    """Check this machine, the plugins and, inside one, the study. Exit code 1 when something needs mending."""
    looks = [*_machine(), *_plugins(), *_study(folder, user)]
    if as_json:
        show_json([{"look": name, "sound": sound, "what": what} for name, sound, what in looks])
    else:
        for name, sound, what in looks:
            click.echo(f"{paint('✓', 'green') if sound else paint('✗', 'red')} {name}: {what}")
    return DONE if all(sound for _, sound, _ in looks) else DATA_PROBLEMS


def _machine() -> list[tuple[str, bool, str]]:
    return [
        ("Python", True, platform.python_version()),
        ("SQLite", True, f"{sqlite3.sqlite_version}; every write holds a lock of its own, which old versions need"),
        (
            "XML parser",
            True,
            f"expat {expat.EXPAT_VERSION.removeprefix('expat_')}; workbooks are read with size limits",
        ),
        ("libraries", True, ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)),
    ]


def _plugins() -> list[tuple[str, bool, str]]:
    from trialkit.registry import load_registry

    registry = load_registry()
    good = ", ".join(f"{name} {found.contribution.version}" for name, found in registry.plugins.items())
    looks = [("plugins", True, good)]
    looks += [
        (f"plugin {name}", False, f"{found.reason}. Mend or uninstall it.")
        for name, found in sorted(registry.broken.items())
    ]
    return looks


def _study(folder: Path | None, user: str | None) -> list[tuple[str, bool, str]]:
    from trialkit.engine import find_study

    try:
        place = find_study(folder or Path.cwd())
    except UsageError as error:
        return [("study", folder is None, f"none here. {error.remedy}")]
    try:
        with open_engine(place, user) as engine:
            report = engine.store.verify()
            left = open_points_line(engine.assembly.study)
    except TrialkitError as error:
        return [("study", False, f"{error.code}: {error.message} {error.remedy}")]
    looks = [("store", True, f"{plural(report.entries, 'journal entry')}, unbroken")]
    if report.problems:
        looks = [("store", False, f"{plural(len(report.problems), 'problem')}: trialkit audit verify shows them")]
    if left:  # nothing is broken, so this alone is no failure
        looks.append(("definitions", True, left))
    return looks
