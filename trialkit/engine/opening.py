"""Finding, making and opening studies: folders in, open engines out."""

from __future__ import annotations

import os
from pathlib import Path

from trialkit.define import study_text
from trialkit.engine.assembly import Assembly, assemble, known_protocols
from trialkit.engine.session import Clock, Engine
from trialkit.errors import UsageError, unknown_name
from trialkit.model.study import StudyDefinition
from trialkit.registry import Registry, load_registry
from trialkit.store import open_store

STUDY_FILE = "study.yaml"


def find_study(start: Path) -> Path:
    """The folder of the study that `start` lies in: the nearest one upward that holds a ``study.yaml``.

    Raises UsageError when there is none.
    """
    for folder in (start, *start.parents):
        if (folder / STUDY_FILE).is_file():
            return folder
    raise UsageError(
        "U103",
        "This is not a study folder: no study.yaml here or above.",
        remedy="Go into a study's folder, name it with --study, or make one with trialkit init.",
    )


def open_study(folder: Path, user: str, clock: Clock, registry: Registry | None = None) -> Engine:
    """Open a study: load its plugins, compile its definitions, open its store.

    Args:
        folder: the study's folder.
        user: who is acting.
        clock: tells the present moment.
        registry: the plugins; those that are installed when left out.

    Raises:
        DefinitionError, PluginError, StoreError, IntegrityError.
    """
    assembly = assemble(folder, load_registry() if registry is None else registry)
    return _register(assembly, user, clock, create=False)


def create_study(
    folder: Path, definition: StudyDefinition, user: str, clock: Clock, registry: Registry | None = None
) -> Engine:
    """Make a study folder with its ``study.yaml`` and an empty store, and open it.

    Raises UsageError when the folder holds a study already or the protocol is not known, in which case nothing is
    left behind.
    """
    file = folder / STUDY_FILE
    if file.exists():
        raise UsageError("U104", f"{file.as_posix()} is there already.", remedy="Choose another folder.")
    plugins = load_registry() if registry is None else registry
    protocols = known_protocols(plugins)
    if definition.protocol not in protocols:
        raise unknown_name("U105", "protocol", definition.protocol, sorted(protocols))
    made_folder = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(study_text(definition), encoding="utf-8")
    try:
        return begin_study(folder, user, clock, plugins)
    except BaseException:
        file.unlink()
        if made_folder:
            os.rmdir(folder)
        raise


def begin_study(folder: Path, user: str, clock: Clock, registry: Registry | None = None) -> Engine:
    """Make the empty store of a folder whose ``study.yaml`` somebody wrote, and open it.

    Raises StoreError J104 when it has a store already, DefinitionError and PluginError as in `open_study`.
    """
    assembly = assemble(folder, load_registry() if registry is None else registry)
    return _register(assembly, user, clock, create=True)


def _register(assembly: Assembly, user: str, clock: Clock, *, create: bool) -> Engine:
    """Open the store and tell its journal which definitions are in force."""
    store = open_store(assembly.folder / assembly.study.definition.store, assembly.study, create=create)
    engine = Engine(assembly, store, user, clock)
    try:
        engine.register_definition(created=create)
    except BaseException:
        store.close()
        raise
    return engine
