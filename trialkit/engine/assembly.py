"""A study folder and the plugins in, everything the stations need to work on that study out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from trialkit.define import Located, compile_study, load_file, load_study_definition
from trialkit.derive import DerivationStep, plan_derivations
from trialkit.engine.foreign import known_readers
from trialkit.engine.gathering import STUDY_FOLDER, Gathered, broken_definitions, gather
from trialkit.errors import DefinitionError, PluginError, Problem
from trialkit.export import check_mappings
from trialkit.extension import (
    DatasetBuilder,
    Derivation,
    Function,
    ItemType,
    PythonCheck,
    Reader,
    SiteCheck,
    Writer,
)
from trialkit.language import scoped_forms
from trialkit.model.form import Form
from trialkit.model.study import Contribution, Study, StudyDefinition
from trialkit.registry import HOUSE, Registry
from trialkit.validate import CheckPlan, plan_checks


@dataclass(frozen=True, slots=True)
class FormPlan:
    """A form compiled once: what is computed, and what is checked."""

    form: Form
    derivations: tuple[DerivationStep, ...]
    checks: CheckPlan

    @property
    def derived_items(self) -> frozenset[str]:
        """The items that are computed."""
        return frozenset(step.item.item for step in self.derivations)


class FormPlans(Mapping[str, FormPlan]):
    """The plans of a study's forms. Each is made when it is first asked for: most commands need one or none."""

    def __init__(self, forms: Collection[str], make: Callable[[str], FormPlan]) -> None:
        self._forms = forms
        self._make = make
        self._made: dict[str, FormPlan] = {}

    def __getitem__(self, form: str) -> FormPlan:
        if form not in self._forms:
            raise KeyError(form)
        if form not in self._made:
            self._made[form] = self._make(form)
        return self._made[form]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


@dataclass(frozen=True, slots=True)
class Assembly:
    """A study and all that its plugins hand in, ready for use.

    Attributes:
        folder: the study's folder.
        study: the compiled study.
        registry: the plugins, broken ones included.
        types: item types by name.
        functions: functions of the expression language by name.
        readers: readers of file kinds.
        writers: writers of dataset files by name.
        datasets: datasets beside those that forms map to.
        plans: form identifier to its plan.
        site_checks: checks of a whole site, each with who handed it in.
        python_rules: the names of all checks that plugins hand in as Python.
    """

    folder: Path
    study: Study
    registry: Registry = field(repr=False)
    types: Mapping[str, ItemType]
    functions: Mapping[str, Function]
    readers: tuple[Reader, ...]
    writers: Mapping[str, Writer]
    datasets: tuple[DatasetBuilder, ...]
    plans: FormPlans
    site_checks: tuple[tuple[SiteCheck, Contribution], ...] = ()
    python_rules: frozenset[str] = frozenset()


def assemble(folder: Path, registry: Registry) -> Assembly:
    """Load and compile a study with everything its plugins hand in.

    A plugin that breaks on the way hands in nothing at all: what came from it before is left out, too.

    Raises:
        DefinitionError: with every problem of every file of the study and of the plugins that it needs.
        PluginError: when a plugin that the study needs is missing or broken.
    """
    while True:
        in_use = set(registry.plugins)
        assembly = _assemble(folder, registry)
        if assembly is not None and set(registry.plugins) == in_use:
            return assembly


def _assemble(folder: Path, registry: Registry) -> Assembly | None:
    """One try; None when a plugin was set aside on the way."""
    definition, located = load_study_definition(folder)
    types = _by_name(registry, "trialkit_normalise_types", ItemType)
    functions = _by_name(registry, "trialkit_language_functions", Function)
    gathered = gather(folder, definition, registry)
    needed = _needed_plugins(definition, gathered, registry)
    _require_plugins(needed, registry)
    study = _compile(located, gathered, needed, types, functions, registry)
    if study is None:
        return None
    datasets = registry.collect_named(
        "trialkit_export_datasets", DatasetBuilder, lambda found: found.name, study=definition
    )
    checks = _python_checks(study, definition, registry)
    record_checks = [(check, origin) for check, origin in checks if isinstance(check, PythonCheck)]
    plans = _plans(study, definition, registry, types, functions, record_checks)
    readers = known_readers(registry)
    writers = _by_name(registry, "trialkit_export_writers", Writer)
    _require_plugins(needed, registry)
    return Assembly(
        folder=folder,
        study=study,
        registry=registry,
        types=types,
        functions=functions,
        readers=tuple(readers.values()),
        writers=writers,
        datasets=tuple(found for found, _ in datasets.values()),
        plans=plans,
        site_checks=tuple((check, origin) for check, origin in checks if isinstance(check, SiteCheck)),
        python_rules=frozenset(check.check for check, _ in checks),
    )


Named = TypeVar("Named", ItemType, Function, Writer)


def _by_name(registry: Registry, hook: str, kind: type[Named]) -> dict[str, Named]:
    found = registry.collect_named(hook, kind, lambda thing: str(thing.name))
    return {name: thing for name, (thing, _) in found.items()}


def _compile(
    located: Located,
    gathered: Gathered,
    needed: Collection[str],
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    registry: Registry,
) -> Study | None:
    """The study; None when a plugin that it does not need had to be set aside.

    Raises DefinitionError for problems of the study and of the plugins that it needs.
    """
    contributed = sorted(gathered.contributed, key=lambda found: found.contribution.plugin not in needed)
    problems = list(gathered.problems)
    if not problems:
        try:
            study = compile_study(located, contributed, types, functions)
            problems += check_mappings(study)
        except DefinitionError as error:
            problems += error.problems
    if not problems:
        return study
    strangers = _strangers(problems, gathered, needed)
    if not strangers:
        raise broken_definitions(problems)
    for name, reason in strangers.items():
        registry.break_plugin(name, reason)
    return None


def _strangers(problems: Sequence[Problem], gathered: Gathered, needed: Collection[str]) -> dict[str, str]:
    """Plugins that the study does not need and that handed in what is wrong, each with its first problem."""
    strangers: dict[str, str] = {}
    for problem in sorted(problems):
        owner = gathered.owners.get(problem.file)
        if owner is not None and owner not in needed:
            strangers.setdefault(owner, f"{problem.where}: {problem.code}: {problem.message}".rstrip("."))
    return strangers


def check_files(paths: Sequence[Path]) -> int:
    """Check definition files, each on its own, and those of folders. Returns how many definitions were read.

    Raises DefinitionError with every problem.
    """
    count = 0
    problems: list[Problem] = []
    for file in [file for path in paths for file in _yaml_files(path)]:
        located, faults = load_file(file)
        count += len(located)
        problems += faults
    if problems:
        raise broken_definitions(problems)
    return count


def _yaml_files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml")) if path.is_dir() else [path]


def _python_checks(
    study: Study, definition: StudyDefinition, registry: Registry
) -> list[tuple[PythonCheck | SiteCheck, Contribution]]:
    """The checks that plugins hand in as Python; a plugin that claims the name of another's check is broken."""
    found = registry.collect_named(
        "trialkit_validate_checks", (PythonCheck, SiteCheck), lambda check: check.check, study=definition
    )
    for check, origin in found.values():
        holder = study.origins.get(f"check:{check.check}")
        if holder is not None and origin.plugin != HOUSE:
            reason = f"trialkit_validate_checks claims the name {check.check}, which {holder.plugin} has"
            registry.break_plugin(origin.plugin, reason)
    return list(found.values())


def _plans(
    study: Study,
    definition: StudyDefinition,
    registry: Registry,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    checks: Sequence[tuple[PythonCheck, Contribution]],
) -> FormPlans:
    derivations = registry.collect_named(
        "trialkit_derive_items", Derivation, lambda found: f"{found.form}.{found.item}", study=definition
    )

    forms = scoped_forms(study.forms, study.codelists, {name: found.kind for name, found in types.items()})

    def make(name: str) -> FormPlan:
        form = study.forms[name]
        return FormPlan(
            form,
            plan_derivations(form, study, types, functions, list(derivations.values())),
            plan_checks(form, study, types, functions, checks, forms),
        )

    return FormPlans(study.forms, make)


def _needed_plugins(definition: StudyDefinition, gathered: Gathered, registry: Registry) -> frozenset[str]:
    """The house, the plugins that the study names, and the one that hands in its protocol.

    When nobody hands it in, one of all the plugins should have: each of them is needed until it is known which.
    """
    provider = gathered.provider(definition.protocol)
    providers = set(gathered.owners.values()) if provider is None else {provider}
    if provider is None and definition.protocol in registry.broken:
        providers.add(definition.protocol)
    return frozenset({HOUSE, STUDY_FOLDER, *definition.plugins, *providers})


def _require_plugins(needed: Collection[str], registry: Registry) -> None:
    """Refuse to go on without the plugins that the study needs."""
    for name in sorted({*needed} - {STUDY_FOLDER}):
        broken = registry.broken.get(name)
        if broken is not None:
            raise PluginError(
                "P101",
                f"The plugin {name}, which this study needs, is broken: {broken.reason}.",
                remedy="Mend or reinstall the plugin; trialkit plugin list shows them all.",
            )
        if name not in registry.plugins:
            raise PluginError(
                "P102",
                f"The plugin {name}, which this study needs, is not installed.",
                remedy="Install it in the same environment as trialkit; trialkit plugin list shows what is there.",
            )
