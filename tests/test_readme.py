"""Everything that README shows is typed here, in order, in an empty folder, and does what README says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from trialkit.cli.failure import run_guarded
from trialkit.cli.main import cli

EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```console\n(.*?)```\n(?:.*?```text\n(.*?)```)?", re.DOTALL)
COMMAND = Path(sys.executable).parent / "trialkit"

REFUSED = ("trialkit import incoming/site012.xlsx", "trialkit workbook map", "trialkit check")
"""Commands that find something on purpose, or leave something to decide, and say so with exit code 1."""


def read_examples(root: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Name of each example to its commands and the lines of output that README quotes."""
    text = (root / "README.md").read_text(encoding="utf-8")
    found: dict[str, tuple[list[str], list[str]]] = {}
    for section in re.split(r"(?=^## )", text, flags=re.MULTILINE):
        for name, commands, quoted in EXAMPLE.findall(section):
            typed = [line.removeprefix("$ ") for line in commands.splitlines() if line.startswith("$ ")]
            found[name] = (typed, quoted.splitlines())
    return found


def type_commands(commands: list[str], folder: Path) -> str:
    """Type the commands one after the other. Returns all that was printed; fails at an unexpected exit code."""
    printed = []
    environment = {**os.environ, "TRIALKIT_USER": "j.devries", "NO_COLOR": "1"}
    for command in commands:
        words = shlex.split(command)
        if words[0] == "cd":
            folder = folder / words[1]
            continue
        assert words[0] == "trialkit", f"README types something else than trialkit: {command}"
        done = subprocess.run(
            [COMMAND, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        expected = 1 if command.startswith(REFUSED) else 0
        assert done.returncode == expected, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout + done.stderr)
    return "".join(printed)


def test_readme_when_read_then_has_an_example_for_each_user(root: Path) -> None:
    assert set(read_examples(root)) == {"coordinator", "site", "designer", "statistician", "author"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["coordinator", "site", "designer", "statistician", "author"])
def test_readme_example_when_typed_then_does_what_it_shows(name: str, root: Path, tmp_path: Path) -> None:
    commands, quoted = read_examples(root)[name]
    printed = type_commands(commands, tmp_path)
    for line in quoted:
        assert line in printed


def test_readme_coordinator_when_corrected_then_the_query_closes_itself(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands, _ = read_examples(root)["coordinator"]
    monkeypatch.setenv("TRIALKIT_USER", "j.devries")
    monkeypatch.chdir(tmp_path)
    for command in [*commands, "trialkit query list --state all"]:
        name, *words = shlex.split(command)
        if name == "cd":
            monkeypatch.chdir(words[0])
        else:
            assert name == "trialkit"
            assert run_guarded(cli, words) == 0, command  # in this process: the slow tests start each as a program
    printed = "".join(capsys.readouterr())
    assert "1 query opened" in printed
    assert "1 query closed" in printed
    assert "transcription error" in printed


def test_readme_when_read_then_its_links_lead_somewhere(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (root / target).exists(), target
