"""A study compiled anew: everything is read, every name and every expression looked at. It takes seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from trialkit.define import Located, compile_study
from trialkit.engine.gathering import Gathered, HandedIn, broken_definitions, gather
from trialkit.engine.kept_studies import CompiledStudy
from trialkit.engine.needed_plugins import needed_plugins, require_plugins
from trialkit.errors import DefinitionError, Problem
from trialkit.export import check_mappings
from trialkit.extension import Function, ItemType
from trialkit.model.study import Study, StudyDefinition
from trialkit.registry import Registry


def compile_anew(
    folder: Path,
    definition: StudyDefinition,
    located: Located,
    handed_in: HandedIn,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    registry: Registry,
) -> CompiledStudy | None:
    """Read everything and compile it.

    Args:
        folder: the study's folder.
        definition: what its `study.yaml` says.
        located: the same with its places.
        handed_in: what the plugins hand in.
        types: item types by name.
        functions: functions of the expression language by name.
        registry: the plugins, broken ones included.

    Returns:
        The study; None when a plugin that it does not need had to be set aside.

    Raises:
        DefinitionError: with every problem of the study and of the plugins that it needs.
        PluginError: when a plugin that the study needs is missing or broken.
    """
    gathered = gather(folder, handed_in)
    needed = needed_plugins(definition, gathered, registry)
    require_plugins(needed, registry)
    study = _compile(located, gathered, needed, types, functions, registry)
    return None if study is None else CompiledStudy(study, needed)


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
