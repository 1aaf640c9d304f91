"""The types that a plugin hands in through its hooks. Plain frozen data; no engine, no store, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from trialkit.model.check import Action, Examples, Severity
from trialkit.model.codelist import CodeList
from trialkit.model.dataset import Dataset
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.protocol import Protocol
from trialkit.model.record import Record, RecordKey
from trialkit.model.source import SourceFile
from trialkit.model.study import Study

__all__ = [
    "DatasetBuilder",
    "DefinitionFormat",
    "DefinitionSource",
    "Derivation",
    "Function",
    "ItemType",
    "PythonCheck",
    "ReadOptions",
    "Reader",
    "RecordView",
    "SiteCheck",
    "SiteView",
    "TypeMismatchError",
    "Veto",
    "Writer",
]

DefinitionSource = Path | Form | CodeList | Protocol
"""A folder or file of definitions, or a ready object."""


class TypeMismatchError(ValueError):
    """Raised by an item type's `parse`: the text is not of the type.

    Args:
        problem: completes the sentence that begins with the text: ``is not a whole number``.
        remedy: what to write instead, one sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type that items may have.

    Attributes:
        name: as form files write it.
        kind: what the expression language takes it for.
        parse: text as given, item, its code list or None, and the date format or None, to canonical text.
            Raises `TypeMismatchError` with what was expected. Never rounds, never guesses.
        typed: canonical text to the value for expressions.
        expects: what a person should write, for messages and help: ``a whole number``.
    """

    name: str
    kind: Kind
    parse: Callable[[str, Item, CodeList | None, str | None], str]
    typed: Callable[[str], Typed]
    expects: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """What a check or derivation in Python sees of one record; nothing else of the study's data.

    Attributes:
        key: the record's key.
        values: item identifier to typed value, numbers in the item's standard unit; None when missing.
        today: the date on which the rule runs.
        form: the form of the record, as it is defined in this study.
    """

    key: RecordKey
    values: Mapping[str, Typed]
    today: date
    form: Form


@dataclass(frozen=True, slots=True)
class PythonCheck:
    """An edit check written in Python, for what the language can not say.

    Attributes:
        check: identifier, unique in a study.
        form: the form it reads; empty for every form.
        items: the items it speaks about.
        severity: hard or soft.
        message: what is wrong and what to do.
        fires: True when the check fires, or the identifier of the item that it fires on; None when it can not tell.
            An exception is reported as "not evaluated".
        examples: what it does, shown on data: ``missing`` are those in which it can not tell. Of several records the
            last is checked; the check sees no other.
    """

    check: str
    form: str
    items: tuple[str, ...]
    severity: Severity
    message: str
    fires: Callable[[RecordView], bool | str | None]
    examples: Examples = field(default_factory=Examples)


@dataclass(frozen=True, slots=True)
class SiteView:
    """What a check of a whole site sees: the records of a few forms, here and elsewhere.

    Attributes:
        site: the site that is checked.
        rows: form to the site's records of it, sorted by key; a form without records may be absent.
        others: the same for all other sites of the study together.
    """

    site: str
    rows: Mapping[str, Sequence[RecordView]]
    others: Mapping[str, Sequence[RecordView]]


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """A check of all records of a site together, for central monitoring. One site has one finding of it, or none.

    Attributes:
        check: identifier, unique in a study.
        form: the form that its finding names. A study without this form does without the check.
        items: the items it speaks about, the first of them in the finding.
        message: what is wrong and what to do.
        fires: True when the check fires; None when it can not tell, for example with too few records. An exception is
            reported as "not evaluated".
        reads: further forms whose records it wants to see beside those of `form`.
        severity: soft; of what stands already nothing can be refused.
        action: what follows.
        source: where the rule comes from.
        examples: what it does, shown on data. A record may say `site=` (A when it does not) and `subject=` (another one
            for each record with the same key when it does not); site A is checked.
    """

    check: str
    form: str
    items: tuple[str, ...]
    message: str
    fires: Callable[[SiteView], bool | None]
    reads: tuple[str, ...] = ()
    severity: Severity = Severity.SOFT
    action: Action = Action.QUERY
    source: str = ""
    examples: Examples = field(default_factory=Examples)


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived item computed in Python.

    Attributes:
        form: the form.
        item: an item of that form whose definition says ``derive: python``.
        compute: canonical text of the result, or None when it can not be told.
    """

    form: str
    item: str
    compute: Callable[[RecordView], str | None]


@dataclass(frozen=True, slots=True)
class Veto:
    """A refusal to write one record: the reason is shown to the person, and nothing of the batch is stored."""

    key: RecordKey
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a mapping or command says about a file: None means "recognise it and say so"."""

    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of one kind of file.

    Attributes:
        name: ``csv``, ``xlsx``.
        suffixes: lower case, with the dot.
        read: the whole file, or `SourceFileError`. Loses nothing silently.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, ReadOptions], SourceFile]


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer of one kind of dataset file.

    Attributes:
        name: as ``--format`` takes it: ``xpt``, ``csv``.
        suffix: with the dot.
        encode: the bytes of one dataset file. The same dataset, study and moment give the same bytes.
            Takes the dataset, the study and the moment of the newest journal entry (ISO 8601, UTC).
    """

    name: str
    suffix: str
    encode: Callable[[Dataset, Study, str], bytes]


@dataclass(frozen=True, slots=True)
class DatasetBuilder:
    """A dataset of a plugin's own, beside the SDTM domains that forms map to.

    Attributes:
        name: the dataset's name.
        build: study and records, sorted by key, to the dataset.
    """

    name: str
    build: Callable[[Study, Sequence[Record]], Dataset]


@dataclass(frozen=True, slots=True)
class DefinitionFormat:
    """A format in which forms, code lists and protocols may be written.

    Attributes:
        name: ``yaml``.
        suffixes: lower case, with the dot.
        load: one file to the definitions in it; raises `DefinitionError` with every problem found.
    """

    name: str
    suffixes: tuple[str, ...]
    load: Callable[[Path], Sequence[object]]
