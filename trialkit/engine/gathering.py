"""Definitions from everywhere: plugins are asked, then what they and the study's folder hand in is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from trialkit.define import Contributed, Located, load_file, load_folder
from trialkit.errors import DefinitionError, Problem
from trialkit.extension import DefinitionFormat
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.study import Contribution, StudyDefinition
from trialkit.model.unit import UnitConversion
from trialkit.registry import HOUSE, Registry, describe_error

STUDY_FOLDER = "study"
"""The name under which the study's own folder contributes."""

_Thing = Form | CodeList | UnitConversion | Check | Protocol
_Source = Path | Form | CodeList | Protocol


@dataclass(frozen=True, slots=True)
class Sources:
    """What a hook handed in, before anything of it is read.

    Attributes:
        handed_in: folders, files and ready objects, each with who handed it in.
        formats: the formats in which the files may be written.
    """

    handed_in: Sequence[tuple[_Source, Contribution]]
    formats: Sequence[DefinitionFormat]

    def files_of(self, source: Path) -> list[Path]:
        """The files of a source that is a folder or a file, in the order in which they are read."""
        if source.is_dir():
            suffixes = {suffix for found in self.formats for suffix in found.suffixes}
            return sorted(file for file in source.rglob("*") if file.suffix.lower() in suffixes)
        return [source]

    def foreign_format(self, file: Path) -> DefinitionFormat | None:
        """The format of a plugin that reads this file; None for the house's own."""
        chosen = next((found for found in self.formats if file.suffix.lower() in found.suffixes), None)
        return None if chosen is None or chosen.name == "yaml" else chosen


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What the plugins hand in for a study: forms and what belongs to them, and protocols."""

    forms: Sources
    protocols: Sources


@dataclass(slots=True)
class Gathered:
    """Definitions and their problems.

    Attributes:
        contributed: everything that could be read, in the order of plugins.
        problems: what is wrong with files.
        owners: file, as problems name it, to the plugin that handed it in.
    """

    contributed: list[Contributed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)

    def take(self, located: Sequence[Located], faults: Sequence[Problem], origin: Contribution) -> None:
        """Add what was read of one source, or of one file."""
        self.contributed += [Contributed(found, origin) for found in located]
        self.problems += faults
        files = {*(found.file for found in located), *(fault.file for fault in faults)}
        self.owners |= dict.fromkeys(files, origin.plugin)

    def provider(self, protocol: str) -> str | None:
        """The first who hands in a protocol, or None."""
        return next(
            (
                found.contribution.plugin
                for found in self.contributed
                if isinstance(found.located.thing, Protocol) and found.located.thing.protocol == protocol
            ),
            None,
        )


def ask_plugins(definition: StudyDefinition, registry: Registry) -> HandedIn:
    """Ask every plugin what it hands in for a study. Nothing of it is read."""
    forms = registry.collect("trialkit_define_forms", (Path, Form, CodeList), study=definition)
    return HandedIn(_with_formats(forms, registry), _ask_for_protocols(registry))


def gather(folder: Path, handed_in: HandedIn) -> Gathered:
    """Everything defined by plugins and by the study's own folder, with the problems of all files."""
    gathered = Gathered()
    _read_sources(handed_in.forms, gathered)
    gathered.contributed = [found for found in gathered.contributed if not isinstance(found.located.thing, Protocol)]
    _read_protocols(handed_in.protocols, gathered)
    located, faults = load_folder(folder)
    gathered.take(located, faults, Contribution(STUDY_FOLDER, version("trialkit")))
    return gathered


def known_protocols(registry: Registry) -> dict[str, tuple[Protocol, Contribution]]:
    """Every protocol that a plugin hands in, by name.

    A plugin whose protocol can not be read, or has the name of another's, is set aside as broken.
    """
    gathered = Gathered()
    _read_protocols(_ask_for_protocols(registry), gathered)
    for problem in sorted(gathered.problems):
        owner = gathered.owners[problem.file]
        if owner == HOUSE:
            raise broken_definitions(gathered.problems)
        if owner in registry.plugins:
            registry.break_plugin(owner, f"{problem.where}: {problem.code}: {problem.message}".rstrip("."))
    known: dict[str, tuple[Protocol, Contribution]] = {}
    for found in gathered.contributed:
        thing, origin = found.located.thing, found.contribution
        if not isinstance(thing, Protocol) or origin.plugin in registry.broken:
            continue
        _, holder = known.setdefault(thing.protocol, (thing, origin))
        if holder.plugin != origin.plugin:
            registry.break_plugin(origin.plugin, f"it claims the protocol {thing.protocol}, which {holder.plugin} has")
    return {name: (thing, origin) for name, (thing, origin) in known.items() if origin.plugin in registry.plugins}


def broken_definitions(problems: Sequence[Problem]) -> DefinitionError:
    """All problems as one exception."""
    count = len(problems)
    return DefinitionError(
        "D100",
        f"{count} problem{'' if count == 1 else 's'} in the definitions.",
        remedy="Mend each place that is named.",
        problems=problems,
    )


def _ask_for_protocols(registry: Registry) -> Sources:
    return _with_formats(registry.collect("trialkit_define_protocols", (Path, Protocol)), registry)


def _with_formats(handed_in: Sequence[tuple[_Source, Contribution]], registry: Registry) -> Sources:
    return Sources(handed_in, [found for found, _ in registry.collect("trialkit_define_formats", DefinitionFormat)])


def _read_protocols(sources: Sources, gathered: Gathered) -> None:
    before = list(gathered.contributed)
    _read_sources(sources, gathered)
    protocols = [found for found in gathered.contributed if isinstance(found.located.thing, Protocol)]
    gathered.contributed = [*before, *protocols]


def _read_sources(sources: Sources, gathered: Gathered) -> None:
    for source, origin in sources.handed_in:
        if not isinstance(source, Path):
            gathered.take([Located.of_object(source, f"plugin {origin.plugin}")], [], origin)
            continue
        for file in sources.files_of(source):
            gathered.take(*_load(file, sources.foreign_format(file)), origin)


def _load(file: Path, chosen: DefinitionFormat | None) -> tuple[list[Located], list[Problem]]:
    if chosen is None:
        return load_file(file)
    name = file.as_posix()
    try:
        things = chosen.load(file)
    except DefinitionError as error:
        return [], list(error.problems)
    except Exception as error:  # noqa: BLE001  # a plugin's format may raise anything
        return [], [_unreadable(name, f"The format {chosen.name} raised {describe_error(error)}.")]
    strange = next((thing for thing in things if not isinstance(thing, _Thing)), None)
    if strange is not None:
        return [], [_unreadable(name, f"The format {chosen.name} made {type(strange).__name__} of it.")]
    return [Located.of_object(thing, name) for thing in things if isinstance(thing, _Thing)], []


def _unreadable(file: str, message: str) -> Problem:
    return Problem(file, 0, 0, "P106", message, "Tell the author of the plugin that hands in the format.")
