"""The house's own plugin: what trialkit hands in through the hooks that strangers use. The example for authors.

Hooks for which the house has nothing of its own (items derived in Python, a word after the commit, commands) are
shown with a worked example in ``docs/plugins.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from trialkit.capture import CSV_READER, XLSX_READER
from trialkit.central import SITE_CHECKS
from trialkit.define import YAML_FORMAT
from trialkit.export import CSV, CSV_EXACT, DATASET_JSON, XPT, completeness_dataset
from trialkit.extension import (
    DatasetBuilder,
    DefinitionFormat,
    DefinitionSource,
    Function,
    ItemType,
    Reader,
    SiteCheck,
    Veto,
    Writer,
)
from trialkit.hookspecs import hookimpl
from trialkit.language import BUILTIN_FUNCTIONS
from trialkit.model.record import RecordChanges
from trialkit.normalise import HOUSE_TYPES


@hookimpl
def trialkit_define_forms() -> Sequence[DefinitionSource]:
    """The forms, code lists and units that every protocol may use."""
    return [Path(str(files("trialkit_forms")))]


@hookimpl
def trialkit_define_protocols() -> Sequence[DefinitionSource]:
    """A protocol without a treatment: visits as they happen, for registers and for trying things out."""
    return [Path(str(files("trialkit_forms"))) / "observational.yaml"]


@hookimpl
def trialkit_define_formats() -> Sequence[DefinitionFormat]:
    """YAML, read strictly."""
    return [YAML_FORMAT]


@hookimpl
def trialkit_capture_readers() -> Sequence[Reader]:
    """CSV and Excel workbooks."""
    return [CSV_READER, XLSX_READER]


@hookimpl
def trialkit_normalise_types() -> Sequence[ItemType]:
    """The nine item types of `trialkit.model.item.ItemTypeName`."""
    return HOUSE_TYPES


@hookimpl
def trialkit_language_functions() -> Sequence[Function]:
    """Arithmetic, dates and text."""
    return BUILTIN_FUNCTIONS


@hookimpl
def trialkit_validate_checks() -> Sequence[SiteCheck]:
    """Central monitoring, which no expression can say: it compares a site with all others."""
    return SITE_CHECKS


@hookimpl
def trialkit_before_write(changes: RecordChanges) -> Sequence[Veto]:
    """No record is emptied: a value that was wrong is replaced by the right one or by a missing reason."""
    return [
        Veto(
            change.key,
            "the change would leave the record without a single value",
            "Say why the values are missing, for example with .ND, instead of clearing them all.",
        )
        for change in changes.of_standing
        if not change.values
    ]


@hookimpl
def trialkit_export_datasets() -> Sequence[DatasetBuilder]:
    """How much of each record is filled in, for data managers and statisticians."""
    return [DatasetBuilder("COMPLETENESS", completeness_dataset)]


@hookimpl
def trialkit_export_writers() -> Sequence[Writer]:
    """SAS transport, Dataset-JSON, and CSV for people and for programs."""
    return [XPT, DATASET_JSON, CSV, CSV_EXACT]
