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
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from trialkit.define import study_text
from trialkit.engine import Assembly, assemble, known_protocols
from trialkit.engine.examples.outcome import run_examples
from trialkit.engine.rules import study_rules
from trialkit.errors import MendError, PluginError
from trialkit.extension import (
    Function,
    ItemType,
    PythonCheck,
    RecordView,
    SiteCheck,
    SiteView,
    TypeMismatchError,
)
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.record import RecordKey
from trialkit.model.study import Site, StudyDefinition
from trialkit.registry import Registry, load_registry

_FACES = ("trialkit", "trialkit.testing")

_ANY_PROTOCOL = "observational"
"""The house's protocol that needs no other plugin."""

_TEXTS = ("", "A", "a b", "1", "-1.50", "2026-01-31", "09:05", "Y;N", ".", "\u0663", "x" * 300)
"""What an item type may meet: each is read or refused."""


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
    hands in is the same when asked twice; each of its protocols compiles into a study with all its forms and rules
    (without a protocol of its own, a study of the house's observational protocol does); its functions, checks and
    derivations bear missing values; its checks read forms that are there, and what they say in their examples is so;
    its item types refuse what they can not read, and read back what they write.

    Args:
        plugin: the entry-point name of an installed plugin, or the plugin's module.
    """
    registry, name = _load(plugin)
    if name in registry.broken:
        return (f"It is broken: {registry.broken[name].reason}.",)
    if name not in registry.plugins:
        return ("It is not installed: no entry point of the group trialkit has this name.",)
    module = registry.plugins[name].module
    studies, problems = _assemble_studies(registry, name)
    problems = [
        *_import_problems(module),
        *problems,
        *_function_problems(registry, name),
        *_type_problems(registry, name),
        *_rule_problems(studies, registry, name),
        *_example_problems(studies, name),
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
        try:
            tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):
            yield f"{file.name} is not Python."
            continue
        for imported in (name for node in ast.walk(tree) for name in _imported_modules(node)):
            if imported.split(".")[0] == "trialkit" and imported not in _FACES:
                yield f"{file.name} imports {imported}; only the public face, import trialkit, will stay."


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module == "trialkit" and not node.level:
        names = [f"trialkit.{alias.name}" for alias in node.names]
        return [name for name in names if find_spec(name) is not None]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _assemble_studies(registry: Registry, name: str) -> tuple[list[Assembly], list[str]]:
    """A study of each of its protocols, and what keeps one from being made or makes it another one each time."""
    try:
        own = [protocol for protocol, (_, origin) in known_protocols(registry).items() if origin.plugin == name]
    except MendError as error:
        return [], [str(problem) for problem in error.problems] or [error.message]
    studies: list[Assembly] = []
    problems: list[str] = []
    for protocol in own or [_ANY_PROTOCOL]:
        try:
            first, second = (_assemble_study(registry, name, protocol) for _ in range(2))
        except MendError as error:
            problems += [str(problem) for problem in error.problems] or [error.message]
            continue
        studies.append(second)
        if first.study.digest != second.study.digest:
            problems.append(f"The study of protocol {protocol} is another one each time it is asked for.")
    return studies, problems


def _assemble_study(registry: Registry, name: str, protocol: str) -> Assembly:
    sites = (Site(site="001"),)
    definition = StudyDefinition(study="CONFORM", title="Conformance", protocol=protocol, sites=sites, plugins=(name,))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "study.yaml").write_text(study_text(definition), encoding="utf-8")
        return assemble(Path(folder), registry)


def _function_problems(registry: Registry, name: str) -> Iterable[str]:
    for function, origin in registry.collect("trialkit_language_functions", Function):
        if origin.plugin == name and function.takes_missing:
            blanks = [None] * len(function.takes)
            yield from _try(partial(function.call, *blanks), f"The function {function.name}")


def _type_problems(registry: Registry, name: str) -> Iterable[str]:
    for item_type, origin in registry.collect("trialkit_normalise_types", ItemType):
        if origin.plugin != name:
            continue
        if not item_type.expects:
            yield f"The item type {item_type.name} does not say what it expects."
        coded = item_type.name in (ItemTypeName.CODE, ItemTypeName.CODES)
        item = Item(item="ANY", label="Any item", type=item_type.name, codelist="ANY" if coded else None)
        problems = (_reading_problem(item_type, item, text) for text in _TEXTS)
        yield from dict.fromkeys(problem for problem in problems if problem)


def _reading_problem(item_type: ItemType, item: Item, text: str) -> str:
    try:
        written = item_type.parse(text, item, None, None)
        item_type.typed(written)
        if item_type.parse(written, item, None, None) != written:
            return f"The item type {item_type.name} does not read back what it writes."
    except TypeMismatchError:
        return ""
    except Exception as error:  # noqa: BLE001  # whatever it raises is the finding
        return f"The item type {item_type.name} raises {type(error).__name__} instead of TypeMismatchError."
    return ""


def _site_check_problems(assembly: Assembly, name: str) -> dict[str, None]:
    """Checks of a whole site that do not bear a site without records."""
    problems: dict[str, None] = {}
    for check, origin in assembly.rules_in_python.of_sites:
        if origin.plugin == name:
            nothing = SiteView("", {}, {})
            problems |= dict.fromkeys(_try(partial(check.fires, nothing), f"The check {check.check}"))
    return problems


def _rule_problems(studies: Iterable[Assembly], registry: Registry, name: str) -> Iterable[str]:
    """Checks and derivations that do not bear a record without a single value, and checks that never run."""
    problems: dict[str, None] = {}
    read: set[str] = set()
    handed_in: dict[str, str] = {}
    for assembly in studies:
        definition = assembly.study.definition
        found = registry.collect("trialkit_validate_checks", (PythonCheck, SiteCheck), study=definition)
        handed_in |= {
            check.check: check.form
            for check, origin in found  # one of a whole site is left out where there is no such form
            if isinstance(check, PythonCheck) and origin.plugin == name and check.form
        }
        problems |= _site_check_problems(assembly, name)
        for plan in assembly.plans.values():
            view = _empty_view(plan.form)
            for check, origin in plan.checks.python_checks:
                if origin == name:
                    read.add(check.check)
                    problems |= dict.fromkeys(_try(partial(check.fires, view), f"The check {check.check}"))
            for step in plan.derivations:
                if step.derivation is not None and step.plugin == name:
                    what = f"The derivation of {plan.form.form}.{step.item.item}"
                    problems |= dict.fromkeys(_try(partial(step.derivation.compute, view), what))
    yield from problems
    for check_name in sorted(handed_in.keys() - read):
        yield f"The check {check_name} reads form {handed_in[check_name]}, which none of its studies has."


def _example_problems(studies: Iterable[Assembly], name: str) -> Iterable[str]:
    """Examples of its checks that do not come out as they say in one of its studies."""
    problems: dict[str, None] = {}
    for assembly in studies:
        own = [rule for rule in study_rules(assembly) if rule.origin.plugin == name]
        for fault in run_examples(assembly, own).faults:
            problems[f"An example of the check {fault.rule} does not come out: {fault.example}: {fault.came}."] = None
    return problems


def _empty_view(form: Form) -> RecordView:
    key = RecordKey("001", "001-0001", "V1", 1, form.form)
    return RecordView(key, dict.fromkeys(form.item_names), date(2026, 1, 1), form)


def _try(call: Callable[[], object], what: str) -> Iterable[str]:
    try:
        call()
    except Exception as error:  # noqa: BLE001  # whatever it raises is the finding
        yield f"{what} raises {type(error).__name__} when a value is missing."
