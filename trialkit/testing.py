"""A kit for plugin authors: one call runs the conformance suite that every plugin should pass.

from trialkit.testing import check_plugin

def test_my_plugin_conforms() -> None:
    check_plugin("my-plugin")          # by its entry-point name, or hand over the module itself
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType

from trialkit.define import study_text
from trialkit.engine import assemble, known_protocols
from trialkit.errors import MendError, PluginError
from trialkit.extension import Function, ItemType, PythonCheck, RecordView
from trialkit.model.protocol import Protocol
from trialkit.model.record import RecordKey
from trialkit.model.study import Site, StudyDefinition
from trialkit.registry import Registry, load_registry

_FACES = ("trialkit", "trialkit.testing")


def check_plugin(plugin: str | ModuleType) -> None:
    """Run the conformance suite on a plugin.

    Raises:
        PluginError: P104 with one line for each thing that does not conform.
    """
    problems = plugin_problems(plugin)
    if problems:
        raise PluginError(
            "P104", f"The plugin does not conform: {' '.join(problems)}", remedy="Mend each thing that is named."
        )


def plugin_problems(plugin: str | ModuleType) -> tuple[str, ...]:
    """What does not conform about a plugin, one sentence each; nothing when it conforms.

    The suite: it loads; its hooks exist and take what they are given; it imports only trialkit's public face; what it
    hands in is the same when asked twice; each of its protocols compiles into a study with all its forms and rules;
    its functions and checks bear missing values; its item types read back what they write.

    Args:
        plugin: the entry-point name of an installed plugin, or the plugin's module.
    """
    registry, name = _load(plugin)
    if name in registry.broken:
        return (f"It is broken: {registry.broken[name].reason}.",)
    if name not in registry.plugins:
        return ("It is not installed: no entry point of the group trialkit has this name.",)
    module = registry.plugins[name].module
    problems = [
        *_import_problems(module),
        *_study_problems(registry, name),
        *_function_problems(registry, name),
        *_type_problems(registry, name),
        *_check_problems(registry, name),
    ]
    if name in registry.broken:
        problems.append(f"It is broken: {registry.broken[name].reason}.")
    return tuple(problems)


def _load(plugin: str | ModuleType) -> tuple[Registry, str]:
    if isinstance(plugin, str):
        return load_registry(), plugin
    registry = load_registry()
    installed = next((name for name, found in registry.plugins.items() if found.module is plugin), None)
    if installed is not None:
        return registry, installed
    return load_registry(modules={plugin.__name__: plugin}), plugin.__name__


def _import_problems(module: object) -> Iterable[str]:
    """Imports that reach past the face, in every Python file of the plugin's folder."""
    home = getattr(module, "__file__", None)
    if home is None or getattr(module, "__name__", "").startswith("trialkit."):
        return
    folder = Path(home).parent
    files = sorted(folder.rglob("*.py")) if Path(home).name == "__init__.py" else [Path(home)]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for imported in _imported_modules(node):
                if imported.split(".")[0] == "trialkit" and imported not in _FACES:
                    yield f"{file.name} imports {imported}; only the public face, import trialkit, will stay."


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _study_problems(registry: Registry, name: str) -> Iterable[str]:
    """Problems of the studies that its protocols make, and differences between two loads."""
    try:
        protocols = [protocol for protocol, origin in known_protocols(registry).values() if origin.plugin == name]
    except MendError as error:
        return [str(problem) for problem in error.problems] or [error.message]
    return [problem for protocol in protocols for problem in _protocol_problems(registry, protocol)]


def _protocol_problems(registry: Registry, protocol: Protocol) -> list[str]:
    definition = StudyDefinition(
        study="CONFORM", title="Conformance", protocol=protocol.protocol, sites=(Site(site="001"),)
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "study.yaml").write_text(study_text(definition), encoding="utf-8")
        try:
            digests = {assemble(Path(folder), registry).study.digest for _ in range(2)}
        except MendError as error:
            return [str(problem) for problem in error.problems] or [error.message]
    if len(digests) > 1:
        return [f"The protocol {protocol.protocol} is another one each time it is asked for."]
    return []


def _function_problems(registry: Registry, name: str) -> Iterable[str]:
    for function, origin in registry.collect("trialkit_language_functions", Function):
        if origin.plugin == name and function.takes_missing:
            blanks = [None] * len(function.takes)
            yield from _try(partial(function.call, *blanks), f"The function {function.name}")


def _check_problems(registry: Registry, name: str) -> Iterable[str]:
    empty = RecordView(RecordKey("001", "001-0001", "V1", 1, "VS"), {}, date(2026, 1, 1))
    definition = StudyDefinition(study="CONFORM", title="Conformance", protocol=name, sites=(Site(site="001"),))
    for check, origin in registry.collect("trialkit_validate_checks", PythonCheck, study=definition):
        if origin.plugin == name:
            yield from _try(partial(check.fires, empty), f"The check {check.check}")


def _type_problems(registry: Registry, name: str) -> Iterable[str]:
    for item_type, origin in registry.collect("trialkit_normalise_types", ItemType):
        if origin.plugin == name and not item_type.expects:
            yield f"The item type {item_type.name} does not say what it expects."


def _try(call: Callable[[], object], what: str) -> Iterable[str]:
    try:
        call()
    except Exception as error:  # noqa: BLE001  # whatever it raises is the finding
        yield f"{what} raises {type(error).__name__} when a value is missing."
