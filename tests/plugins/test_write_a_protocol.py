"""The document on writing a protocol is followed to its end: files written, commands typed, outputs compared."""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from trialkit.cli.failure import run_guarded
from trialkit.cli.main import SECTIONS, cli

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "write-a-protocol.md"
_FENCE = re.compile(r"(?:^(?P<lead>[^\n]+)\n)?\n?^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_LEADS = {
    "write": re.compile(r"`(?P<path>[^`]+)`, the whole file:"),
    "key": re.compile(r"In `(?P<path>[^`]+)`, `(?P<key>\w+):` becomes:"),
    "append": re.compile(r"Add to the end of `(?P<path>[^`]+)`:"),
    "replace": re.compile(r"In `(?P<path>[^`]+)`, replace:"),
    "by": re.compile(r"by:"),
}
_REFUSAL = re.compile(r"(^|: )error ")
_LATER = ("schedule", "crf")
"""Commands that another part of the house brings; they are typed where they are there."""


@dataclass(frozen=True)
class Step:
    """One grey block of the document: what to do with it, and to which file."""

    kind: str
    body: str
    path: str = ""
    key: str = ""


def read_steps() -> list[Step]:
    """Every block of the document in its order. Fails at a block that nobody would know what to do with."""
    text = _DOCUMENT.read_text(encoding="utf-8")
    blocks = list(_FENCE.finditer(text))
    assert len(re.findall("^```", text, re.MULTILINE)) == 2 * len(blocks), "a block has no language, or no end"
    steps = []
    for found in blocks:
        lead, body = found["lead"] or "", found["body"]
        if found["language"] == "console":
            steps.append(Step("type", body))
            continue
        matches = {kind: match for kind, known in _LEADS.items() if (match := known.fullmatch(lead))}
        assert len(matches) == 1, f"nothing says what to do with the block below {lead!r}"
        steps += [Step(kind, body, **match.groupdict()) for kind, match in matches.items()]
    return steps


def edit(text: str, step: Step, old: str) -> str:
    """A file after one step. `old` is the block before, which a block headed `by:` takes the place of."""
    if step.kind == "append":
        return text + step.body
    if step.kind == "by":
        assert text.count(old) == 1, f"stands {text.count(old)} times in the file: {old!r}"
        return text.replace(old, step.body)
    pattern = re.compile(rf"^{step.key}:\n(?:[ ]+.*\n|\n(?=[ ]))+", re.MULTILINE)
    assert len(pattern.findall(text)) == 1, f"{step.key}: stands elsewhere or not at all"
    return pattern.sub(lambda _: step.body, text)


class Hands(Protocol):
    """Who types a command: in a folder, giving the exit code and what was printed."""

    def type_in(self, folder: Path, words: list[str]) -> tuple[int, str]:
        """Type one command."""


@dataclass
class Journey:
    """The document followed: each command with what it should print and what it printed."""

    home: Path
    typed: list[tuple[str, str, int, str]] = field(default_factory=list)


def follow(home: Path, hands: Hands) -> Journey:
    """Do everything that the document says, in a folder."""
    journey, folder, before = Journey(home), home, Step("", "")
    for step in read_steps():
        if step.kind == "type":
            for command, shown in _commands(step.body):
                words = shlex.split(command)
                if words[0] == "cd":
                    folder = (folder / words[1]).resolve()
                elif _is_there(words):
                    code, printed = hands.type_in(folder, words)
                    journey.typed.append((command, shown, code, printed))
        elif step.kind == "write":
            (home / step.path).parent.mkdir(parents=True, exist_ok=True)
            (home / step.path).write_text(step.body, encoding="utf-8")
        elif step.kind != "replace":
            file = home / (step.path or before.path)
            file.write_text(edit(file.read_text(encoding="utf-8"), step, before.body), encoding="utf-8")
        before = step
    return journey


def _commands(body: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _is_there(words: list[str]) -> bool:
    known = {command for section in SECTIONS.values() for command in section}
    return words[0] != "trialkit" or words[1] in known or words[1] not in _LATER


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether the printed lines are those shown; `…` stands for any text, alone on a line for any number of lines."""
    patterns = ["(?:.*\n)*?" if line == "…" else f"{_line_pattern(line)} ?\n" for line in shown.splitlines()]
    return re.fullmatch("".join(patterns), "".join(f"{_calm(line)}\n" for line in printed.splitlines())) is not None


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(_calm(part)) for part in line.split("…"))


def _calm(text: str) -> str:
    return re.sub(" +", " ", text)


@dataclass
class InProcess:
    """Types trialkit's commands in this process; the plugin is registered by its path, without pip."""

    site: Path
    path: pytest.MonkeyPatch

    def type_in(self, folder: Path, words: list[str]) -> tuple[int, str]:
        """Type a command of trialkit, pip or Python."""
        self.path.chdir(folder)
        if words[:2] == ["pip", "install"]:
            self._register(folder / "trialkit-im")
            return 0, ""
        if words[0] == "pip":
            return 0, ""  # packing is for the slow test
        if words[0] == "python":
            return _run([sys.executable, *words[1:]], folder, {"PYTHONPATH": os.pathsep.join(self._places(folder))})
        assert words[0] == "trialkit", words
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            code = run_guarded(cli, words[1:])
        return code, printed.getvalue()

    def _register(self, project: Path) -> None:
        """What pip would leave behind: the name, the version and the entry points, and the folder on the path."""
        facts = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata = self.site / "trialkit_im.dist-info"
        metadata.mkdir(parents=True, exist_ok=True)
        head = f"Metadata-Version: 2.1\nName: {facts['name']}\nVersion: {facts['version']}\n"
        (metadata / "METADATA").write_text(head, encoding="utf-8")
        points = "".join(f"{name} = {module}\n" for name, module in facts["entry-points"]["trialkit"].items())
        (metadata / "entry_points.txt").write_text(f"[trialkit]\n{points}", encoding="utf-8")
        for place in self._places(project.parent):
            if place not in sys.path:
                self.path.syspath_prepend(place)

    def _places(self, home: Path) -> list[str]:
        return [str(self.site), str(home / "trialkit-im")]


@dataclass
class Environment:
    """Types every command for real, in an environment of its own that sees the packages of this one."""

    python: Path

    @classmethod
    def make(cls, folder: Path) -> Environment:
        """An empty environment, with a setuptools that can install editable, and the packages of this one behind it."""
        venv.create(folder, symlinks=True)
        here = Path(next(place for place in sys.path if place.endswith("site-packages")))
        python = folder / "bin" / "python"
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "behind.pth").write_text(f"import site; site.addsitedir({str(here)!r})\n", encoding="utf-8")
        code, printed = _run([str(python), "-m", "pip", "install", "-q", "setuptools>=77"], folder, {})
        assert code == 0, printed
        return cls(python)

    def type_in(self, folder: Path, words: list[str]) -> tuple[int, str]:
        """Type a command. pip builds with what the environment has."""
        program, *rest = words
        modules = {"trialkit": ["-m", "trialkit.cli.main"], "pip": ["-m", "pip", "-q"], "python": []}
        arguments = [*modules[program], *rest]
        if program == "pip":
            offline = [
                "--no-deps",
                *(["--no-build-isolation"] if rest[-1].endswith("trialkit-im") else ["--force-reinstall"]),
            ]
            arguments += [option for option in offline if option not in rest]
        return _run([str(self.python), *arguments], folder, {})


def _run(command: list[str], folder: Path, more: dict[str, str]) -> tuple[int, str]:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", **more}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def calm() -> Iterator[pytest.MonkeyPatch]:
    """A terminal of 80 columns without colours, where somebody called ann types."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TRIALKIT_USER": "ann", "NO_COLOR": "1", "COLUMNS": "80"}.items():
            patch.setenv(name, value)
        for name in ("PYTEST_ADDOPTS", "PYTHONPATH"):
            patch.delenv(name, raising=False)
        yield patch


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory, calm: pytest.MonkeyPatch) -> Iterator[Journey]:
    """The document followed in this process, once."""
    hands = InProcess(tmp_path_factory.mktemp("site"), calm)
    yield follow(tmp_path_factory.mktemp("home").resolve(), hands)
    sys.modules.pop("trialkit_im", None)


def _differences(journey: Journey) -> str:
    """What a command printed instead of what the document shows, and exit codes that do not fit."""
    return "\n".join(
        f"$ {command}   (exit {code})\n{printed}"
        for command, shown, code, printed in journey.typed
        if (shown and not is_as_shown(shown, printed)) or (code != 0) != bool(_REFUSAL.search(shown))
    )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.slow
def test_document_when_it_is_followed_then_every_command_prints_what_it_shows(journey: Journey) -> None:
    assert len(journey.typed) > 20
    assert not (differences := _differences(journey)), differences


@pytest.mark.slow
def test_document_when_it_is_followed_then_the_injection_is_in_sdtm(journey: Journey) -> None:
    (dose,) = _rows(journey.home / "try" / "sdtm" / "ex.csv")
    extra = [(row["QNAM"], row["QVAL"]) for row in _rows(journey.home / "try" / "sdtm" / "suppex.csv")]

    assert (dose["EXDOSE"], dose["EXDOSU"], dose["EXROUTE"]) == ("50", "mg", "INTRAMUSCULAR")
    assert (dose["EXLOC"], dose["EXLAT"], dose["VISIT"]) == ("DELTOID MUSCLE", "LEFT", "First injection")
    assert ("NEEDLEG", "23") in extra
    assert ("EXVOL", "1.00") in extra


@pytest.mark.slow
def test_document_when_its_files_are_written_then_none_is_left_for_a_second_way(journey: Journey) -> None:
    written = {step.path for step in read_steps() if step.kind == "write"}

    assert written == {
        "trialkit-im/trialkit_im/forms/exim.yaml",
        "trialkit-im/trialkit_im/forms/codelists.yaml",
    }


def test_document_when_it_names_a_command_in_a_sentence_then_that_is_typed_too() -> None:
    prose = _FENCE.sub("", _DOCUMENT.read_text(encoding="utf-8"))
    typed = [command for step in read_steps() if step.kind == "type" for command, _ in _commands(step.body)]

    named = re.findall(r"`(trialkit [^`]+)`", prose)

    assert named
    assert [name for name in named if not any(command.startswith(name) for command in typed)] == []


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a …\n", "a b c\n", True),
        ("…\nlast\n", "one\ntwo\nlast\n", True),
        ("A   B\n", "A B  \n", True),
        ("a\n", "a\nb\n", False),
        ("a …\n", "b c\n", False),
        ("50 mg\n", "500mg\n", False),
    ],
)
def test_comparison_when_output_differs_then_it_is_seen(shown: str, printed: str, expected: bool) -> None:
    assert is_as_shown(shown, printed) is expected


@pytest.mark.slow
def test_document_when_pip_installs_the_plugin_then_every_command_prints_what_it_shows(
    tmp_path: Path, calm: pytest.MonkeyPatch
) -> None:
    hands = Environment.make(tmp_path / "environment")
    home = tmp_path / "home"
    home.mkdir()

    journey = follow(home.resolve(), hands)

    assert not (differences := _differences(journey)), differences
    assert (home / "dist" / "trialkit_im-0.2.0-py3-none-any.whl").is_file()
