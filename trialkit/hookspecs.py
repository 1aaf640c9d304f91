"""The hooks: what a plugin may hand in, in the order in which the stations use it.

Every hook collects, once per study at load. None is called per value. A hook that raises, or that hands in what
its annotation does not allow, is reported with the plugin's name and reason, and its plugin counts as broken.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from trialkit.extension import (
    DatasetBuilder,
    DefinitionFormat,
    DefinitionSource,
    Derivation,
    Function,
    ItemType,
    PythonCheck,
    Reader,
    SiteCheck,
    Veto,
    Writer,
)
from trialkit.model.record import RecordChanges
from trialkit.model.study import StudyDefinition

hookspec = pluggy.HookspecMarker("trialkit")
hookimpl = pluggy.HookimplMarker("trialkit")


@hookspec
def trialkit_define_forms(study: StudyDefinition) -> Iterable[DefinitionSource]:  # type: ignore[empty-body]  # a specification
    """Hand in folders of form, code list, unit and check files, or ready objects."""


@hookspec
def trialkit_define_protocols() -> Iterable[DefinitionSource]:  # type: ignore[empty-body]  # a specification
    """Hand in protocols: arms, visits, windows, timepoints, parameters."""


@hookspec
def trialkit_define_formats() -> Iterable[DefinitionFormat]:  # type: ignore[empty-body]  # a specification
    """Hand in formats in which definitions may be written."""


@hookspec
def trialkit_capture_readers() -> Iterable[Reader]:  # type: ignore[empty-body]  # a specification
    """Hand in readers of file kinds."""


@hookspec
def trialkit_normalise_types() -> Iterable[ItemType]:  # type: ignore[empty-body]  # a specification
    """Hand in item types: how their text is read, kept and compared."""


@hookspec
def trialkit_language_functions() -> Iterable[Function]:  # type: ignore[empty-body]  # a specification
    """Hand in functions for expressions."""


@hookspec
def trialkit_validate_checks(  # type: ignore[empty-body]  # a specification
    study: StudyDefinition,
) -> Iterable[PythonCheck | SiteCheck]:
    """Hand in edit checks written in Python, of one record or of a whole site."""


@hookspec
def trialkit_before_write(changes: RecordChanges) -> Iterable[Veto]:  # type: ignore[empty-body]  # a specification
    """Refuse a batch: one veto stops the whole of it, on every path in."""


@hookspec
def trialkit_after_write(changes: RecordChanges) -> None:
    """Be told after the commit. Whatever happens here, the data are stored."""


@hookspec
def trialkit_derive_items(study: StudyDefinition) -> Iterable[Derivation]:  # type: ignore[empty-body]  # a specification
    """Hand in derivations written in Python."""


@hookspec
def trialkit_export_datasets(study: StudyDefinition) -> Iterable[DatasetBuilder]:  # type: ignore[empty-body]  # a specification
    """Hand in datasets beside the SDTM domains that forms map to."""


@hookspec
def trialkit_export_writers() -> Iterable[Writer]:  # type: ignore[empty-body]  # a specification
    """Hand in writers of file kinds."""


@hookspec
def trialkit_cli_commands() -> Iterable[object]:  # type: ignore[empty-body]  # a specification
    """Hand in click commands; each is reached as ``trialkit run PLUGIN COMMAND``."""
