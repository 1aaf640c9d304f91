"""From a source tree to its Python files, their rooms and every import in them. Files are parsed, never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from architecture_plan import LAZY_TABLES, MODULES

_MODULE_TEXT = re.compile(r"trialkit(?:\.[A-Za-z_]\w*)+(?::[\w.]+)?")
_IMPORTERS = frozenset({"import_module", "__import__", "resolve_name", "run_module"})


@dataclass(frozen=True, order=True)
class Import:
    """One import as it stands in a file: the line, and the absolute module name (``""``: can not be followed)."""

    line: int
    module: str


@dataclass(frozen=True)
class Source:
    """A Python file of the house.

    Attributes:
        file: the path from the root, with forward slashes.
        module: the name it is imported by.
        room: a key of `FLOORS`, or the folder of an outsider: ``plugins/trialkit_iv``, ``examples/reader``.
        text: what stands in it.
    """

    file: str
    module: str
    room: str
    text: str

    @property
    def is_outsider(self) -> bool:
        """Whether it is written as a stranger would write it, outside the package."""
        return "/" in self.room

    @property
    def is_test(self) -> bool:
        """Whether it is part of a test-suite, which may use the kit for plugin authors."""
        path = Path(self.file)
        return "tests" in path.parts or path.name.startswith(("test_", "conftest"))

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the syntax tree, the module first."""
        return _nodes_of(self.text)

    @property
    def package(self) -> list[str]:
        """The parts of the package that relative imports start from."""
        parts = self.module.split(".")
        return parts if self.file.endswith("__init__.py") else parts[:-1]


@lru_cache(maxsize=1024)
def _nodes_of(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(text)))


def read_house(root: Path) -> dict[str, Source]:
    """Every Python file of ``trialkit/``, ``plugins/``, ``forms/`` and ``examples/`` by its module name, sorted."""
    sources = [
        _read_source(root, path)
        for top in ("examples", "forms", "plugins", "trialkit")
        for path in sorted((root / top).rglob("*.py"))
    ]
    return {source.module: source for source in sorted(sources, key=lambda source: source.file)}


def _read_source(root: Path, path: Path) -> Source:
    file = path.relative_to(root)
    parts = list(file.with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    if parts[0] == "trialkit":
        room, module = (parts[1] if len(parts) > 1 else "face"), parts
    elif parts[0] == "forms":
        room, module = "forms", ["trialkit_forms", *parts[1:]]
    else:
        room = "/".join(parts[:2])
        module = parts[1:] if parts[0] == "plugins" else parts
    return Source(file.as_posix(), ".".join(module), room, path.read_text(encoding="utf-8"))


def room_of(module: str, house: dict[str, Source]) -> str | None:
    """The room that a module name leads to, or None when it is no module of the house."""
    top, _, rest = module.partition(".")
    if top == "trialkit":
        first = rest.partition(".")[0]
        if not first or (first not in MODULES and f"trialkit.{first}" not in house):
            return "face"
        return first
    if top == "trialkit_forms":
        return "forms"
    return house[top].room if top in house and top.startswith("trialkit_") else None


def imports_of(source: Source, house: dict[str, Source]) -> list[Import]:
    """Every import of a file, wherever it stands: at the top, in a function, for type checkers, by name in text."""
    return sorted({entry if entry.module in house or not base else base for entry, base in _written_in(source)})


@lru_cache(maxsize=2048)
def _written_in(source: Source) -> frozenset[tuple[Import, Import | None]]:
    """Every import as it is written, with what it is when there is no such module. No other file has a say in it."""
    found: set[tuple[Import, Import | None]] = set()
    importers = _importer_names(source)
    for node in source.nodes:
        if isinstance(node, ast.Import):
            found.update((Import(node.lineno, alias.name), None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(_from_import(node, source))
        elif isinstance(node, ast.Call) and node.args and called_name(node) in importers:
            found.add((_import_by_call(node, source), None))
    found.update((entry, None) for entry in _reached_by_attribute(source))
    if source.file in LAZY_TABLES:
        found = {entry for entry in found if entry[0].module} | {(entry, None) for entry in _named_in_text(source)}
    return frozenset(found)


def _from_import(node: ast.ImportFrom, source: Source) -> Iterator[tuple[Import, Import | None]]:
    """`from X import a` leads to the module `X.a` where there is one, and to `X` otherwise."""
    base = _absolute(node.module or "", node.level, source.package)
    for alias in node.names:
        is_module = base == "trialkit" and alias.name in MODULES
        whole = Import(node.lineno, f"{base}.{alias.name}")
        yield whole, None if is_module else Import(node.lineno, base)


def _absolute(name: str, level: int, package: list[str]) -> str:
    if not level:
        return name
    return ".".join([*package[: len(package) - level + 1], *([name] if name else [])])


def _import_by_call(node: ast.Call, source: Source) -> Import:
    """`importlib.import_module("X")` and its kin; a computed name is an import that can not be followed."""
    name = node.args[0]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        return Import(node.lineno, "")
    module = name.value.partition(":")[0]
    level = len(module) - len(module.lstrip("."))
    others = (*node.args[1:2], *(word.value for word in node.keywords))
    given = next((other.value for other in others if isinstance(other, ast.Constant)), None)
    package = given.split(".") if isinstance(given, str) else source.package
    return Import(node.lineno, _absolute(module.lstrip("."), level, package))


def called_name(node: ast.Call) -> str:
    """The last part of the name that is called: `load` for `x.y.load()`; empty for anything else."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _importer_names(source: Source) -> set[str]:
    renamed = {
        alias.asname
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name in _IMPORTERS
    }
    return set(_IMPORTERS) | renamed


def _reached_by_attribute(source: Source) -> Iterator[Import]:
    """`import trialkit` and then `trialkit.engine` reaches the engine without an import of its own."""
    names = {
        alias.asname or "trialkit"
        for node in source.nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "trialkit" or (alias.name.startswith("trialkit.") and not alias.asname)
    }
    for node in source.nodes:
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        if node.attr in MODULES and node.value.id in names:
            yield Import(node.lineno, f"trialkit.{node.attr}")


def _named_in_text(source: Source) -> Iterator[Import]:
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE_TEXT.fullmatch(node.value):
            yield Import(node.lineno, node.value.partition(":")[0])
