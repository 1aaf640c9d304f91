"""A study folder and the plugins in, everything the stations need to work on that study out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from trialkit.define import Located, load_file, load_study_definition
from trialkit.engine.foreign import known_readers
from trialkit.engine.gathering import ask_plugins, broken_definitions
from trialkit.engine.kept_studies import CompiledStudy, find_kept, keep
from trialkit.engine.needed_plugins import require_plugins
from trialkit.engine.rules_in_python import RulesInPython, rules_in_python
from trialkit.engine.study_key import study_key
from trialkit.errors import Problem
from trialkit.extension import (
    DatasetBuilder,
    Derivation,
    Function,
    ItemType,
    PythonCheck,
    Reader,
    Writer,
)
from trialkit.model.form import Form
from trialkit.model.study import Contribution, Study, StudyDefinition
from trialkit.registry import Registry

if TYPE_CHECKING:
    from trialkit.derive import DerivationStep
    from trialkit.language import ScopedForm
    from trialkit.validate import CheckPlan


@dataclass(frozen=True)
class FormPlan:
    """A form compiled once: what is computed, and what is checked."""

    form: Form
    derivations: tuple[DerivationStep, ...]
    checks: CheckPlan

    @cached_property
    def item_names(self) -> Mapping[str, bool]:
        """Every item of the form in its order, and whether it is computed. Made once: every record asks for it."""
        derived = {step.item.item for step in self.derivations}
        return {name: name in derived for name in self.form.item_names}


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
        rules_in_python: what plugins hand in as Python: those that are asked, and those that are set aside.
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
    rules_in_python: RulesInPython

    @property
    def known_rules(self) -> frozenset[str]:
        """The identifiers of all rules that the study asks, whether written in the language or in Python."""
        written = {check.check for checks in self.study.checks.values() for check in checks}
        return frozenset(written | {check.check for check, _ in self.rules_in_python.asked})

    @property
    def set_aside(self) -> dict[str, str]:
        """Every rule that is there and has no meaning in the study, with the reason, sorted by identifier."""
        return dict(sorted({**self.study.set_aside, **self.rules_in_python.set_aside}.items()))


def assemble(folder: Path, registry: Registry) -> Assembly:
    """Load and compile a study with everything its plugins hand in. What was compiled before is not compiled again.

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
    compiled = _compiled(folder, definition, located, types, functions, registry)
    if compiled is None:
        return None
    study = compiled.study
    datasets = registry.collect_named(
        "trialkit_export_datasets", DatasetBuilder, lambda found: found.name, study=definition
    )
    in_python = rules_in_python(study, registry)
    plans = _plans(study, definition, registry, types, functions, in_python.of_records)
    readers = known_readers(registry)
    writers = _by_name(registry, "trialkit_export_writers", Writer)
    require_plugins(compiled.needed, registry)
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
        rules_in_python=in_python,
    )


Named = TypeVar("Named", ItemType, Function, Writer)


def _by_name(registry: Registry, hook: str, kind: type[Named]) -> dict[str, Named]:
    found = registry.collect_named(hook, kind, lambda thing: str(thing.name))
    return {name: thing for name, (thing, _) in found.items()}


def _compiled(
    folder: Path,
    definition: StudyDefinition,
    located: Located,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    registry: Registry,
) -> CompiledStudy | None:
    """The study as it was kept, or compiled anew and kept; None when a plugin was set aside on the way."""
    handed_in = ask_plugins(definition, registry)
    key = study_key(folder, definition, handed_in, types, functions, registry)
    kept = None if key is None else find_kept(key, definition)
    if kept is not None:
        require_plugins(kept.needed, registry)
        return kept
    from trialkit.engine.compiling import compile_anew  # late: it brings the whole of the expression language

    compiled = compile_anew(folder, definition, located, handed_in, types, functions, registry)
    # Files were read after the key was made: it is theirs only if it is still the same.
    if compiled and key and key == study_key(folder, definition, handed_in, types, functions, registry):
        keep(key, compiled)
    return compiled


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

    @cache
    def forms() -> Mapping[str, ScopedForm]:
        from trialkit.language import scoped_forms

        return scoped_forms(study.forms, study.codelists, {name: found.kind for name, found in types.items()})

    def make(name: str) -> FormPlan:
        from trialkit.derive import plan_derivations  # late, as above: most commands need no plan
        from trialkit.validate import plan_checks

        form = study.forms[name]
        return FormPlan(
            form,
            plan_derivations(form, study, types, functions, list(derivations.values())),
            plan_checks(form, study, types, functions, checks, forms()),
        )

    return FormPlans(study.forms, make)
