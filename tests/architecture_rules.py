"""The rules of the house: each takes the root of a source tree and returns the faults in it, sorted by place.

Being functions of a root, they can be tried on a copy with a planted fault. Nothing is ever imported or run.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from architecture_imports import Source, called_name, imports_of, read_house, room_of
from architecture_plan import (
    FLOORS,
    LAZY_TABLES,
    LIBRARIES,
    LINES_PER_FILE,
    LINES_PER_FUNCTION,
    PLUGIN_LIBRARIES,
    SIZE_EXCEPTIONS,
    STATIONS,
)

_SQL_TEXTS = frozenset({"text", "literal_column", "exec_driver_sql"})


@dataclass(frozen=True, order=True)
class Fault:
    """One breach of a rule: the file from the root with forward slashes, the line (0: the whole), what is wrong."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


def find_floor_faults(root: Path) -> list[Fault]:
    """Imports that lead up, across a floor, into an outsider, or past the public face."""
    house = read_house(root)
    faults = []
    for source in house.values():
        for entry in imports_of(source, house):
            target = room_of(entry.module, house)
            if target is None or target == source.room:
                continue
            reason = _why_not(source, target)
            if reason:
                faults.append(Fault(source.file, entry.line, f"{source.room} -> {target} ({entry.module}): {reason}"))
    return sorted(faults)


def find_shadowed_names(root: Path) -> list[Fault]:
    """Names that a late table hands out and that are names of modules there, too: once loaded, the module is taken."""
    house = read_house(root)
    faults = []
    for source in house.values():
        if source.file not in LAZY_TABLES or not source.file.endswith("/__init__.py"):
            continue
        for node in source.nodes:
            if isinstance(node, ast.Dict):
                keys = [key for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
                faults += [
                    Fault(source.file, key.lineno, f"{key.value} is the name of a module: one of them must be renamed")
                    for key in keys
                    if ".".join((*source.package, str(key.value))) in house
                ]
    return sorted(faults)


def _why_not(source: Source, target: str) -> str:
    """Why a file may not import from a room; empty when it may."""
    if source.is_outsider:
        is_open = target == "face" or (target == "testing" and source.is_test)
        return "" if is_open else "an outsider sees the public face only; import the name from trialkit"
    if "/" in target:
        return "the house does not know its plugins; let the registry find them"
    mine, theirs = FLOORS.get(source.room), FLOORS.get(target)
    if mine is None or theirs is None:
        return f"{source.room if mine is None else target} has no floor in FLOORS"
    if theirs >= mine and source.room in STATIONS and target in STATIONS:
        return "no station imports another; let the engine pass the value on"
    return "" if theirs < mine else f"floor {mine} imports from lower floors only, and this is floor {theirs}"


def find_computed_imports(root: Path) -> list[Fault]:
    """Imports by a computed name outside the two lazy tables: no rule could follow them."""
    house = read_house(root)
    return sorted(
        Fault(source.file, entry.line, f"{source.room} -> ?: an import by a computed name can not be followed")
        for source in house.values()
        for entry in imports_of(source, house)
        if not entry.module
    )


def find_library_faults(root: Path) -> list[Fault]:
    """Libraries outside their rooms, and libraries that have no room. Examples may use what they like."""
    house = read_house(root)
    faults = []
    for source in house.values():
        if source.file.startswith("examples/"):
            continue
        for entry in imports_of(source, house):
            library = entry.module.partition(".")[0]
            if not library or library in sys.stdlib_module_names or room_of(entry.module, house) is not None:
                continue
            reason = _why_not_library(source, library)
            if reason:
                faults.append(Fault(source.file, entry.line, f"{source.room} -> {library}: {reason}"))
    return sorted(faults)


def _why_not_library(source: Source, library: str) -> str:
    if source.is_outsider:
        return "" if library in PLUGIN_LIBRARIES or source.is_test else "a protocol stands on trialkit alone"
    if library not in LIBRARIES:
        return "the library has no room in LIBRARIES"
    rooms = LIBRARIES[library]
    return "" if source.room in rooms else f"the library lives in {', '.join(sorted(rooms)) or 'no room yet'}"


def find_circles(root: Path) -> list[Fault]:
    """Circles between files (so also within a room) and between rooms; deferred imports close a circle too."""
    house = read_house(root)
    files: dict[str, set[str]] = {}
    rooms: dict[str, set[str]] = {}
    for source in house.values():
        for entry in imports_of(source, house):
            target = _file_of(entry.module, house)
            if target is not None:
                files.setdefault(source.file, set()).add(target.file)
                if target.room != source.room:
                    rooms.setdefault(source.room, set()).add(target.room)
    return sorted(
        Fault(circle[0], 0, f"circle: {' -> '.join(circle)}") for circle in (*_circles(files), *_circles(rooms))
    )


def _file_of(module: str, house: dict[str, Source]) -> Source | None:
    """The file behind a module name or a name within it; None when its room is not built yet."""
    found = module
    while found and found not in house:
        found = found.rpartition(".")[0]
    return house[found] if found and house[found].room == room_of(module, house) else None


def _circles(arrows: dict[str, set[str]]) -> Iterator[list[str]]:
    """One circle after another, each from its alphabetically first member, until none is left."""
    left = {start: set(ends) for start, ends in arrows.items()}
    while True:
        try:
            TopologicalSorter({start: sorted(left[start]) for start in sorted(left)}).prepare()
        except CycleError as error:
            ring = error.args[1][:0:-1]  # the sorter names what is imported first; the last member repeats the first
            first = ring.index(min(ring))
            circle = [*ring[first:], *ring[:first], ring[first]]
            left[circle[-2]].discard(circle[-1])
            yield circle
        else:
            return


def find_package_faults(root: Path) -> list[Fault]:
    """Packages that setup.cfg lists and the tree lacks, or the other way round; folders without ``__init__.py``."""
    options = ConfigParser()
    options.read(root / "setup.cfg", encoding="utf-8")
    listed = set(options["options"]["packages"].split())
    folders = dict(re.split(r"\s*=\s*", line) for line in options["options"]["package_dir"].strip().splitlines())
    wanted = {_folder_of(package, folders): package for package in listed}
    present = {
        path.parent.relative_to(root).as_posix()
        for top in ("forms", "plugins", "trialkit")
        for path in (root / top).rglob("*.py")
        if "tests" not in path.relative_to(root).parts
    }
    missing = [
        Fault("setup.cfg", 0, f"packages -> {folder}: the package is not listed") for folder in present - set(wanted)
    ]
    absent = [
        Fault("setup.cfg", 0, f"packages -> {package}: there is no {folder}/__init__.py")
        for folder, package in wanted.items()
        if not (root / folder / "__init__.py").is_file()
    ]
    return sorted(missing + absent)


def _folder_of(package: str, folders: dict[str, str]) -> str:
    top, _, rest = package.partition(".")
    return "/".join([folders.get(top, top), *(rest.split(".") if rest else [])])


def find_size_faults(root: Path, exceptions: dict[str, str] | None = None) -> list[Fault]:
    """Files and functions of ``trialkit/`` that have outgrown their size: split them by the next noun of the field."""
    excused = SIZE_EXCEPTIONS if exceptions is None else exceptions
    faults = []
    for source in read_house(root).values():
        if not source.file.startswith("trialkit/"):
            continue
        length = len(source.text.splitlines())
        if length > LINES_PER_FILE and source.file not in excused:
            faults.append(Fault(source.file, 0, f"{length} lines, at most {LINES_PER_FILE}"))
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LINES_PER_FUNCTION and f"{source.file}:{node.name}" not in excused:
                    what = f"{node.name} has {length} lines, at most {LINES_PER_FUNCTION}"
                    faults.append(Fault(source.file, node.lineno, what))
    return sorted(faults)


def find_missing_docstrings(root: Path) -> list[Fault]:
    """Modules that do not open with what enters, what leaves, and what they never do."""
    return sorted(
        Fault(source.file, 0, "the module has no docstring")
        for source in read_house(root).values()
        if not source.is_test and not _has_docstring(source)
    )


def _has_docstring(source: Source) -> bool:
    module = source.nodes[0]
    return isinstance(module, ast.Module) and bool(ast.get_docstring(module))


def find_evaluated_text(root: Path) -> list[Fault]:
    """Calls of `eval` and `exec`."""
    return sorted(
        Fault(source.file, node.lineno, f"{name}() is never called: text is not code")
        for source in read_house(root).values()
        for node in source.nodes
        if isinstance(node, ast.Call) and (name := _bare_or_builtin(node)) in {"eval", "exec"}
    )


def _bare_or_builtin(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "builtins" else ""
    return function.id if isinstance(function, ast.Name) else ""


def find_pasted_sql(root: Path) -> list[Fault]:
    """SQL text that is pasted together instead of bound: an f-string, `%`, `+` or a text method, also via a name."""
    faults = []
    for source in read_house(root).values():
        if not any(entry.module.partition(".")[0] == "sqlalchemy" for entry in imports_of(source, {})):
            continue
        names = _names_of_sql_texts(source)
        pasted = _names_of_pasted_text(source)
        for node in source.nodes:
            if isinstance(node, ast.Call) and called_name(node) in names and node.args:
                given = node.args[0]
                if _is_pasted(given) or (isinstance(given, ast.Name) and given.id in pasted):
                    faults.append(
                        Fault(source.file, node.lineno, f"{called_name(node)}() takes pasted text: bind the value")
                    )
    return sorted(faults)


def _names_of_sql_texts(source: Source) -> set[str]:
    renamed = {
        alias.asname
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
        if alias.asname and alias.name in _SQL_TEXTS
    }
    return set(_SQL_TEXTS) | renamed


def _names_of_pasted_text(source: Source) -> set[str]:
    return {
        target.id
        for node in source.nodes
        if isinstance(node, ast.Assign) and _is_pasted(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_pasted(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add)
    return isinstance(node, ast.Call) and called_name(node) in {"format", "join", "replace"}
