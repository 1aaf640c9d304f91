"""A study folder and the plugins in, everything the stations need to work on that study out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from trialkit.define import Contributed, Located, compile_study, load_file, load_folder, load_study_definition
from trialkit.derive import DerivationStep, plan_derivations
from trialkit.errors import DefinitionError, PluginError, Problem
from trialkit.export import check_mappings
from trialkit.extension import (
    DatasetBuilder,
    DefinitionFormat,
    Derivation,
    Function,
    ItemType,
    PythonCheck,
    Reader,
    Writer,
)
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.study import Contribution, Study, StudyDefinition
from trialkit.registry import HOUSE, Registry
from trialkit.validate import CheckPlan, plan_checks

STUDY_FOLDER = "study"
"""The name under which the study's own folder contributes."""


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
    """

    folder: Path
    study: Study
    registry: Registry = field(repr=False)
    types: Mapping[str, ItemType]
    functions: Mapping[str, Function]
    readers: tuple[Reader, ...]
    writers: Mapping[str, Writer]
    datasets: tuple[DatasetBuilder, ...]
    plans: Mapping[str, FormPlan]


def assemble(folder: Path, registry: Registry) -> Assembly:
    """Load and compile a study with everything its plugins hand in.

    Raises:
        DefinitionError: with every problem of every file.
        PluginError: when a plugin that the study needs is missing or broken.
    """
    definition, located = load_study_definition(folder)
    types = {
        name: found
        for name, (found, _) in registry.collect_named(
            "trialkit_normalise_types", ItemType, lambda found: found.name
        ).items()
    }
    functions = {
        name: found
        for name, (found, _) in registry.collect_named(
            "trialkit_language_functions", Function, lambda found: found.name
        ).items()
    }
    contributed, problems = _definitions(folder, definition, registry)
    _require_plugins(definition, contributed, registry)
    if problems:
        raise _broken_definitions(problems)
    study = compile_study(located, contributed, types, functions)
    misplaced = check_mappings(study)
    if misplaced:
        raise _broken_definitions(misplaced)
    readers = registry.collect_named("trialkit_capture_readers", Reader, lambda found: found.name)
    writers = registry.collect_named("trialkit_export_writers", Writer, lambda found: found.name)
    datasets = registry.collect_named(
        "trialkit_export_datasets", DatasetBuilder, lambda found: found.name, study=definition
    )
    plans = _plans(study, definition, registry, types, functions)
    _require_plugins(definition, contributed, registry)
    return Assembly(
        folder=folder,
        study=study,
        registry=registry,
        types=types,
        functions=functions,
        readers=tuple(found for found, _ in readers.values()),
        writers={name: found for name, (found, _) in writers.items()},
        datasets=tuple(found for found, _ in datasets.values()),
        plans=plans,
    )


def known_protocols(registry: Registry) -> dict[str, tuple[Protocol, Contribution]]:
    """Every protocol that a plugin hands in, by name. Raises DefinitionError when one can not be read."""
    found, problems = _read_sources(registry.collect("trialkit_define_protocols", (Path, Protocol)), registry)
    if problems:
        raise _broken_definitions(problems)
    return {
        item.located.thing.protocol: (item.located.thing, item.contribution)
        for item in found
        if isinstance(item.located.thing, Protocol)
    }


def check_definitions(start: Path, paths: Sequence[Path], registry: Registry) -> int:
    """Check definition files, or everything of the study that `start` lies in when none is named.

    Returns how many definitions were read. Raises DefinitionError with every problem.
    """
    if not paths:
        study = assemble(start, registry).study
        return 2 + len(study.forms) + len(study.codelists) + len(study.units) + sum(map(len, study.checks.values()))
    count = 0
    problems: list[Problem] = []
    for path in paths:
        located, faults = load_folder(path) if path.is_dir() else load_file(path)
        count += len(located)
        problems += faults
    if problems:
        raise _broken_definitions(problems)
    return count


def _plans(
    study: Study,
    definition: StudyDefinition,
    registry: Registry,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
) -> dict[str, FormPlan]:
    checks = list(
        registry.collect_named(
            "trialkit_validate_checks", PythonCheck, lambda found: found.check, study=definition
        ).values()
    )
    derivations = registry.collect("trialkit_derive_items", Derivation, study=definition)
    return {
        name: FormPlan(
            form,
            plan_derivations(form, study, types, functions, derivations),
            plan_checks(form, study, types, functions, checks),
        )
        for name, form in study.forms.items()
    }


def _definitions(
    folder: Path, definition: StudyDefinition, registry: Registry
) -> tuple[list[Contributed], list[Problem]]:
    """Everything defined by plugins and by the study's own folder, with the problems of all files."""
    forms, form_problems = _read_sources(
        registry.collect("trialkit_define_forms", (Path, Form, CodeList), study=definition), registry
    )
    protocols, protocol_problems = _read_sources(
        registry.collect("trialkit_define_protocols", (Path, Protocol)), registry
    )
    own, own_problems = load_folder(folder)
    origin = Contribution(STUDY_FOLDER, version("trialkit"))
    contributed = [
        *(found for found in forms if not isinstance(found.located.thing, Protocol)),
        *(found for found in protocols if isinstance(found.located.thing, Protocol)),
        *(Contributed(located, origin) for located in own),
    ]
    return contributed, [*form_problems, *protocol_problems, *own_problems]


def _read_sources(
    sources: Sequence[tuple[Path | Form | CodeList | Protocol, Contribution]], registry: Registry
) -> tuple[list[Contributed], list[Problem]]:
    formats = [found for found, _ in registry.collect("trialkit_define_formats", DefinitionFormat)]
    contributed: list[Contributed] = []
    problems: list[Problem] = []
    for source, origin in sources:
        if not isinstance(source, Path):
            contributed.append(Contributed(Located.of_object(source, f"plugin {origin.plugin}"), origin))
            continue
        for file in _files(source, formats):
            located, faults = _load(file, formats)
            contributed += [Contributed(found, origin) for found in located]
            problems += faults
    return contributed, problems


def _files(source: Path, formats: Sequence[DefinitionFormat]) -> list[Path]:
    if source.is_dir():
        suffixes = {suffix for found in formats for suffix in found.suffixes}
        return sorted(file for file in source.rglob("*") if file.suffix.lower() in suffixes)
    return [source]


def _load(file: Path, formats: Sequence[DefinitionFormat]) -> tuple[list[Located], list[Problem]]:
    chosen = next((found for found in formats if file.suffix.lower() in found.suffixes), None)
    if chosen is None or chosen.name == "yaml":
        return load_file(file)
    try:
        things = [thing for thing in chosen.load(file) if isinstance(thing, Form | CodeList | Protocol)]
        return [Located.of_object(thing, file.as_posix()) for thing in things], []
    except DefinitionError as error:
        return [], list(error.problems)


def _require_plugins(definition: StudyDefinition, contributed: Sequence[Contributed], registry: Registry) -> None:
    """Refuse to go on without the plugins that the study names or whose protocol it uses."""
    providers = {
        found.contribution.plugin
        for found in contributed
        if isinstance(found.located.thing, Protocol) and found.located.thing.protocol == definition.protocol
    }
    needed = {HOUSE, *definition.plugins, *providers} - {STUDY_FOLDER}
    if not providers and definition.protocol in registry.broken:
        needed.add(definition.protocol)
    for name in sorted(needed):
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


def _broken_definitions(problems: Sequence[Problem]) -> DefinitionError:
    count = len(problems)
    return DefinitionError(
        "D100",
        f"{count} problem{'' if count == 1 else 's'} in the definitions.",
        remedy="Mend each place that is named.",
        problems=problems,
    )
