"""Finding, making and opening studies: folders in, open engines out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from trialkit.define import load_study_definition, study_text
from trialkit.engine.assembly import Assembly, assemble
from trialkit.engine.gathering import known_protocols
from trialkit.engine.session import Clock, Engine
from trialkit.errors import PluginError, UsageError, unknown_name
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.study import Study, StudyDefinition
from trialkit.registry import Registry, load_registry
from trialkit.store import Store, open_store

STUDY_FILE = "study.yaml"

_NO_VISIT = {"visit": "NONE", "label": "None", "number": 0}


def find_study(start: Path) -> Path:
    """The folder of the study that `start` lies in: the nearest one upward that holds a ``study.yaml``.

    Raises UsageError when there is none.
    """
    for folder in (start, *start.absolute().parents):
        if (folder / STUDY_FILE).is_file():
            return folder
    raise UsageError(
        "U103",
        "This is not a study folder: no study.yaml here or above.",
        remedy="Go into a study's folder, name it with --study, or make one with trialkit init.",
    )


def open_study(
    folder: Path, user: str, clock: Clock, registry: Registry | None = None, *, look: bool = False
) -> Engine:
    """Open a study: load its plugins, compile its definitions, open its store.

    Args:
        folder: the study's folder.
        user: who is acting.
        clock: tells the present moment.
        registry: the plugins; those that are installed when left out.
        look: leave every file as it is; nothing can be written then.

    Raises:
        DefinitionError, PluginError, StoreError, IntegrityError.
    """
    assembly = assemble(folder, load_registry() if registry is None else registry)
    return _start(assembly, user, clock, create=False, look=look)


def open_journal(folder: Path) -> Store:
    """Open the store of a study to read and verify its journal; close it, or use it in a ``with`` statement.

    Needs ``study.yaml`` and nothing else, so that an inspector can verify a study whose plugins or forms are not
    there or not sound.
    """
    definition, _ = load_study_definition(folder)
    nothing = Protocol(protocol=definition.protocol, title=definition.title, visits=(Visit.model_validate(_NO_VISIT),))
    return open_store(folder / definition.store, Study(definition, nothing, {}, {}, {}, (), {}, ""))


def create_study(
    folder: Path, definition: StudyDefinition, user: str, clock: Clock, registry: Registry | None = None
) -> Engine:
    """Make a study folder with its ``study.yaml`` and an empty store, and open it.

    Raises UsageError when the folder holds a study already or the protocol is not known, and PluginError P101 when the
    plugin of that name is broken. Whatever it raises, nothing is left behind.
    """
    file = folder / STUDY_FILE
    if file.exists():
        raise UsageError("U104", f"{file.as_posix()} is there already.", remedy="Choose another folder.")
    plugins = load_registry() if registry is None else registry
    protocols = known_protocols(plugins)
    broken = plugins.broken.get(definition.protocol)
    if definition.protocol not in protocols and broken is not None:
        raise PluginError(
            "P101",
            f"The plugin {broken.name} is broken: {broken.reason}.",
            remedy="Mend or reinstall the plugin; trialkit plugin list shows them all.",
        )
    if definition.protocol not in protocols:
        raise unknown_name("U105", "protocol", definition.protocol, sorted(protocols))
    made = [place for place in (folder, *folder.absolute().parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    there = set(folder.iterdir())
    try:
        file.write_text(study_text(definition), encoding="utf-8")
        return begin_study(folder, user, clock, plugins)
    except BaseException:
        for path in set(folder.iterdir()) - there:
            path.unlink()
        with suppress(OSError):  # somebody else may have put something there meanwhile
            for place in made:
                place.rmdir()
        raise


def begin_study(folder: Path, user: str, clock: Clock, registry: Registry | None = None) -> Engine:
    """Make the empty store of a folder whose ``study.yaml`` somebody wrote, and open it.

    Raises StoreError J104 when it has a store already, DefinitionError and PluginError as in `open_study`.
    """
    assembly = assemble(folder, load_registry() if registry is None else registry)
    return _start(assembly, user, clock, create=True)


def _start(assembly: Assembly, user: str, clock: Clock, *, create: bool, look: bool = False) -> Engine:
    """Open the store; a new one begins with an entry that says so."""
    store = open_store(assembly.folder / assembly.study.definition.store, assembly.study, create=create, look=look)
    engine = Engine(assembly, store, user, clock)
    try:
        if create:
            engine.begin()
    except BaseException:
        store.close()
        raise
    return engine
