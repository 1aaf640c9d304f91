"""trialkit: plugin-based clinical-trial data capture. This is its public face: what plugins and scripts may import.

Names are resolved when they are asked for, so that ``import trialkit`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialkit.engine import Engine, create_study, open_study
    from trialkit.errors import DefinitionError, Problem, SourceFileError, TrialkitError
    from trialkit.extension import (
        DatasetBuilder,
        DefinitionFormat,
        DefinitionSource,
        Derivation,
        ItemType,
        PythonCheck,
        Reader,
        ReadOptions,
        RecordView,
        SiteCheck,
        SiteView,
        TypeMismatchError,
        Veto,
        Writer,
    )
    from trialkit.hookspecs import hookimpl
    from trialkit.model.check import Action, Check, Examples, Severity
    from trialkit.model.codelist import CodeList, Term
    from trialkit.model.dataset import Dataset, Variable, VariableType
    from trialkit.model.domain_mapping import DomainMapping, TestMapping
    from trialkit.model.finding import Finding
    from trialkit.model.form import Form
    from trialkit.model.interval import Interval
    from trialkit.model.item import Item, MissingReason
    from trialkit.model.kind import Function, Kind
    from trialkit.model.method import Method, Parameter
    from trialkit.model.partial import PartialDate
    from trialkit.model.protocol import Arm, Protocol, ScheduledForm, Timepoint, Visit
    from trialkit.model.record import Record, RecordChange, RecordChanges, RecordKey, Subject, Value
    from trialkit.model.source import Cell, CellKind, Oddity, SourceFile, SourceRow, SourceSheet
    from trialkit.model.study import Site, Study, StudyDefinition
    from trialkit.model.unit import UnitConversion

_HOMES = {
    "Action": "trialkit.model.check",
    "Arm": "trialkit.model.protocol",
    "Cell": "trialkit.model.source",
    "CellKind": "trialkit.model.source",
    "Check": "trialkit.model.check",
    "CodeList": "trialkit.model.codelist",
    "Dataset": "trialkit.model.dataset",
    "DatasetBuilder": "trialkit.extension",
    "DefinitionError": "trialkit.errors",
    "DefinitionFormat": "trialkit.extension",
    "DefinitionSource": "trialkit.extension",
    "Derivation": "trialkit.extension",
    "DomainMapping": "trialkit.model.domain_mapping",
    "Engine": "trialkit.engine",
    "Examples": "trialkit.model.check",
    "Finding": "trialkit.model.finding",
    "Form": "trialkit.model.form",
    "Function": "trialkit.model.kind",
    "Interval": "trialkit.model.interval",
    "Item": "trialkit.model.item",
    "ItemType": "trialkit.extension",
    "Kind": "trialkit.model.kind",
    "Method": "trialkit.model.method",
    "MissingReason": "trialkit.model.item",
    "Oddity": "trialkit.model.source",
    "Parameter": "trialkit.model.method",
    "PartialDate": "trialkit.model.partial",
    "Protocol": "trialkit.model.protocol",
    "Problem": "trialkit.errors",
    "PythonCheck": "trialkit.extension",
    "ReadOptions": "trialkit.extension",
    "Reader": "trialkit.extension",
    "Record": "trialkit.model.record",
    "RecordChange": "trialkit.model.record",
    "RecordChanges": "trialkit.model.record",
    "RecordKey": "trialkit.model.record",
    "RecordView": "trialkit.extension",
    "ScheduledForm": "trialkit.model.protocol",
    "Severity": "trialkit.model.check",
    "Site": "trialkit.model.study",
    "SiteCheck": "trialkit.extension",
    "SiteView": "trialkit.extension",
    "SourceFile": "trialkit.model.source",
    "SourceFileError": "trialkit.errors",
    "SourceRow": "trialkit.model.source",
    "SourceSheet": "trialkit.model.source",
    "Study": "trialkit.model.study",
    "StudyDefinition": "trialkit.model.study",
    "Subject": "trialkit.model.record",
    "Term": "trialkit.model.codelist",
    "TestMapping": "trialkit.model.domain_mapping",
    "Timepoint": "trialkit.model.protocol",
    "TrialkitError": "trialkit.errors",
    "TypeMismatchError": "trialkit.extension",
    "UnitConversion": "trialkit.model.unit",
    "Value": "trialkit.model.record",
    "Variable": "trialkit.model.dataset",
    "VariableType": "trialkit.model.dataset",
    "Veto": "trialkit.extension",
    "Visit": "trialkit.model.protocol",
    "Writer": "trialkit.extension",
    "create_study": "trialkit.engine",
    "hookimpl": "trialkit.hookspecs",
    "open_study": "trialkit.engine",
}

__all__ = [
    "Action",
    "Arm",
    "Cell",
    "CellKind",
    "Check",
    "CodeList",
    "Dataset",
    "DatasetBuilder",
    "DefinitionError",
    "DefinitionFormat",
    "DefinitionSource",
    "Derivation",
    "DomainMapping",
    "Engine",
    "Examples",
    "Finding",
    "Form",
    "Function",
    "Interval",
    "Item",
    "ItemType",
    "Kind",
    "Method",
    "MissingReason",
    "Oddity",
    "Parameter",
    "PartialDate",
    "Problem",
    "Protocol",
    "PythonCheck",
    "ReadOptions",
    "Reader",
    "Record",
    "RecordChange",
    "RecordChanges",
    "RecordKey",
    "RecordView",
    "ScheduledForm",
    "Severity",
    "Site",
    "SiteCheck",
    "SiteView",
    "SourceFile",
    "SourceFileError",
    "SourceRow",
    "SourceSheet",
    "Study",
    "StudyDefinition",
    "Subject",
    "Term",
    "TestMapping",
    "Timepoint",
    "TrialkitError",
    "TypeMismatchError",
    "UnitConversion",
    "Value",
    "Variable",
    "VariableType",
    "Veto",
    "Visit",
    "Writer",
    "create_study",
    "hookimpl",
    "open_study",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'trialkit' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
