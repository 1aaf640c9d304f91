"""Plugins as the command line meets them: installed beside trialkit, found through their entry points."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_sample import Typist

GREETER = '''
"""A plugin that adds a command."""

import click

from trialkit import hookimpl


@click.command()
@click.option("--name", default="world")
def greet(name: str) -> None:
    """Greet somebody."""
    click.echo(f"Hello {name}")


@hookimpl
def trialkit_cli_commands() -> list[click.Command]:
    """One command."""
    return [greet]
'''
BROKEN = '"""A plugin that can not be imported."""\n\nimport a_library_that_nobody_has\n'


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with two plugins installed in it: greeter and broken."""
    folder = tmp_path / "site-packages"
    for name, text in (("greeter", GREETER), ("broken", BROKEN)):
        metadata = folder / f"{name}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[trialkit]\n{name} = plugin_{name}\n", encoding="utf-8")
        (folder / f"plugin_{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_run_when_a_plugin_adds_a_command_then_it_runs_with_its_own_options(
    install: Path, type_command: Typist, tmp_path: Path
) -> None:
    typed = type_command(tmp_path, "run", "greeter", "greet", "--name", "trial")
    assert (typed.code, typed.out) == (0, "Hello trial\n")
    unknown = type_command(tmp_path, "run", "greeter", "greeet")
    assert unknown.code == 2
    assert "Did you mean greet?" in unknown.err
    without = type_command(tmp_path, "run", "iv", "greet")
    assert without.code == 2
    assert "adds no commands" in without.err


def test_plugins_when_one_is_broken_then_it_is_named_and_the_others_work(
    install: Path, type_command: Typist, demo: Path
) -> None:
    listed = type_command(demo, "plugin", "list", "--json").data
    assert {row["plugin"] for row in listed["plugins"]} >= {"trialkit", "iv", "nasal", "oral", "greeter"}
    assert [row["plugin"] for row in listed["broken"]] == ["broken"]
    assert "a_library_that_nobody_has" in listed["broken"][0]["reason"]
    assert type_command(demo, "show", "012-0001").code == 0
    doctor = type_command(demo, "doctor")
    assert doctor.code == 1
    assert "✗ plugin broken" in doctor.out
    run = type_command(demo, "run", "broken", "anything")
    assert run.code == 9
    assert "P101" in run.err


def test_study_when_it_needs_the_broken_plugin_then_it_refuses_to_open(
    install: Path, type_command: Typist, demo: Path
) -> None:
    text = (demo / "study.yaml").read_text(encoding="utf-8")
    (demo / "study.yaml").write_text(text + "plugins: [broken]\n", encoding="utf-8")
    typed = type_command(demo, "show", "012-0001")
    assert typed.code == 9
    assert "P101" in typed.err
    assert "broken" in typed.err
    assert "Traceback" not in typed.err
