"""The wheel holds everything that the tree needs at run time and nothing else; the protocols register themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import ConfigParser
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

PROTOCOLS = {"iv": "trialkit_iv", "nasal": "trialkit_nasal", "oral": "trialkit_oral"}
DATA_SUFFIXES = frozenset({".csv", ".lark", ".typed", ".yaml"})


def _path_in_wheel(path: Path) -> str:
    """Where a file of the tree goes: ``forms/`` becomes a package, and ``plugins/`` is left off."""
    top, *rest = path.parts
    if top == "forms":
        return "/".join(["trialkit_forms", *rest])
    return "/".join(rest) if top == "plugins" else path.as_posix()


def _package_files(root: Path) -> list[Path]:
    """Code and data of the packages, relative to the root, without tests and caches."""
    return sorted(
        path.relative_to(root)
        for top in ("trialkit", "forms", "plugins")
        for path in (root / top).rglob("*")
        if path.is_file() and path.suffix in DATA_SUFFIXES | {".py"} and "tests" not in path.relative_to(root).parts
    )


@pytest.fixture(scope="session")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel, built from a copy of the tree so that nothing is left behind in it."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in ("trialkit", "forms", "plugins"):
        shutil.copytree(root / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        if (root / name).is_file():
            shutil.copy(root / name, copy)
    built = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(built), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (path,) = built.glob("*.whl")
    return ZipFile(path)


@pytest.mark.slow
def test_wheel_when_built_then_it_holds_every_file_of_the_packages(wheel: ZipFile, root: Path) -> None:
    expected = {_path_in_wheel(path) for path in _package_files(root)}

    assert "trialkit/py.typed" in expected
    assert sorted(expected - set(wheel.namelist())) == []


@pytest.mark.slow
def test_wheel_when_built_then_it_holds_nothing_else(wheel: ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    strays = [name for name in wheel.namelist() if "tests/" in name or "__pycache__" in name]

    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "trialkit",
        "trialkit_forms",
        *PROTOCOLS.values(),
    }
    assert strays == []


@pytest.mark.slow
def test_wheel_when_built_then_it_registers_command_and_protocols(wheel: ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
    points = ConfigParser()
    points.read_string(wheel.read(name).decode())

    assert dict(points["console_scripts"]) == {"trialkit": "trialkit.cli.main:main"}
    assert dict(points["trialkit"]) == PROTOCOLS


def test_package_data_when_a_data_file_lies_in_a_package_then_a_pattern_takes_it(root: Path) -> None:
    options = ConfigParser()
    options.read(root / "setup.cfg", encoding="utf-8")
    packages = options["options"]["packages"].split()
    patterns = {
        package: [pattern.strip() for pattern in text.replace("\n", ",").split(",")]
        for package, text in options["options.package_data"].items()
    }
    left_out = []
    for path in _package_files(root):
        inside = _path_in_wheel(path)
        owner = max((name for name in packages if inside.startswith(name.replace(".", "/") + "/")), key=len)
        rest = inside.removeprefix(owner.replace(".", "/") + "/")
        taken = any(fnmatch(rest, pattern) for pattern in [*patterns.get(owner, []), *patterns.get("*", [])])
        if path.suffix in DATA_SUFFIXES and not taken:
            left_out.append(path.as_posix())
    assert left_out == []


def test_protocols_when_the_distribution_is_installed_then_they_are_registered() -> None:
    points = {point.name: point.value for point in metadata.entry_points(group="trialkit")}

    assert {name: points.get(name) for name in PROTOCOLS} == PROTOCOLS
