"""A file that somebody sent becomes a batch: read, mapped, and held against what stands. Writes nothing itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from trialkit.capture import (
    Captured,
    OwnFile,
    RecordPlaces,
    map_source,
    merge_all,
    open_own_file,
    own_layout_mappings,
    read_source,
    record_places,
)
from trialkit.define import load_mapping
from trialkit.engine.assembly import Assembly
from trialkit.engine.copied_subjects import find_copied_subjects
from trialkit.engine.intake import Batch
from trialkit.engine.moved_rows import refuse_moved
from trialkit.engine.proposals import Proposals
from trialkit.engine.proposing import Progress, propose_all
from trialkit.engine.shown_cells import tell_shown
from trialkit.engine.workbook_return import leave_untouched
from trialkit.errors import SourceFileError
from trialkit.extension import ReadOptions
from trialkit.model.import_options import Blank, OnError
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.outcome import Status
from trialkit.model.record import Subject
from trialkit.model.row_set import RowSet
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import Submissions, SubmittedRows
from trialkit.store import JournalEntry, Store, Transaction

Part = Submission | SubmittedRows


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What somebody asks to have imported, and how.

    Attributes:
        file: the workbook or CSV file.
        mappings: mapping files; without any, the sheets must be laid out as trialkit's own forms.
        options: encoding and delimiter, when the person says them.
        reason: why stored values change, for rows that do not say it themselves.
        on_error: what happens to the rest when a record is refused.
        blank: what a blank cell means.
    """

    file: Path
    mappings: tuple[Path, ...] = ()
    options: ReadOptions = field(default_factory=ReadOptions)
    reason: str | None = None
    on_error: OnError = OnError.REFUSE
    blank: Blank = Blank.IGNORE


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file as it was read, and how it is to be read on.

    Attributes:
        order: what was asked for.
        own: the file, and what it is when trialkit made it.
        mappings: name of each mapping file to its bytes.
        layouts: the mappings themselves.
    """

    order: ImportOrder
    own: OwnFile
    mappings: Mapping[str, bytes]
    layouts: tuple[ColumnMapping, ...]

    @property
    def source(self) -> SourceFile:
        """The file."""
        return self.own.source

    @property
    def mapping_digests(self) -> dict[str, str]:
        """Name of each mapping file to the SHA-256 (hex) of its bytes."""
        return {name: hashlib.sha256(text).hexdigest() for name, text in self.mappings.items()}


def receive(assembly: Assembly, order: ImportOrder) -> Delivery:
    """Read a file and its mappings. Raises SourceFileError, DefinitionError."""
    texts = {path.name: path.read_bytes() for path in order.mappings if path.is_file()}
    layouts = [load_mapping(path, assembly.study) for path in order.mappings]
    source = read_source(order.file, assembly.readers, _read_options(order.options, layouts))
    own = OwnFile(source)
    if not layouts:
        own = open_own_file(source, assembly.study)
        layouts = own_layout_mappings(own.source, assembly.study, own.header_rows)
    return Delivery(order, own, texts, tuple(layouts))


def make_batch(
    assembly: Assembly,
    store: Store,
    delivery: Delivery,
    moment: datetime,
    progress: Progress | None = None,
) -> Batch:
    """Map a file and hold what it says against what stands.

    Args:
        assembly: the study.
        store: what stands.
        delivery: the file.
        moment: when it is decided, in UTC.
        progress: told how many of how many submissions are done.
    """
    order, source = delivery.order, delivery.source
    subjects = {subject.subject: subject for subject in store.subjects()}
    captured = list(_map(assembly, delivery, subjects))
    merged, contradictions = merge_all([part.submissions for part in captured])
    merged, untouched = leave_untouched(assembly, store, delivery.own.facts, merged)
    places = _places(delivery, captured)
    captured = [replace(part, submissions=Submissions()) for part in captured]
    total, waiting = len(merged), list(merged.parts)
    del merged
    proposals = propose_all(assembly, _let_go(waiting), total, store, moment, progress)
    proposals = refuse_moved(proposals, frozenset[str]().union(*(part.in_order for part in captured)), store)
    findings = [*delivery.own.findings, *(finding for part in captured for finding in part.findings)]
    rows = RowSet()
    rows.update(proposals.rows)
    rows.update((found.source.sheet, found.source.row) for found in findings if found.source)
    held_back = {(found.source.sheet, found.source.row) for found in contradictions if found.source}
    held_back = held_back.union(*(part.held_back for part in captured))
    rows.update(held_back)
    notes = [
        *_seen_before(store, source, proposals),
        *source.notes,
        *(note for part in captured for note in part.notes),
        *untouched,
    ]
    batch = Batch(
        proposals,
        new_subjects=tuple({found.subject: found for part in captured for found in part.new_subjects}.values()),
        enrolling=_enrolling(captured),
        reason=order.reason,
        findings=(*findings, *contradictions, *find_copied_subjects(assembly, proposals, store)),
        notes=tuple(notes),
        rows=len(rows),
        held_back=len(held_back),
        places=places,
        on_error=order.on_error,
    )
    return tell_shown(batch, source)


def _let_go(submissions: list[Part]) -> Iterator[Part]:
    """Hand over one after another and keep none: a file may have a million."""
    submissions.reverse()
    while submissions:
        yield submissions.pop()


def keep_sources(delivery: Delivery, plan: str | None, transaction: Transaction) -> None:
    """Keep the file and its mappings, so that every value can be traced to its cell and to how it was read.

    Args:
        delivery: the file.
        plan: the digest of the plan that is applied; None without one.
        transaction: what everything goes into.

    Raises:
        SourceFileError: S107 when the file is no longer the one that was read.
    """
    source, digests = delivery.source, delivery.mapping_digests
    _require_same(delivery)
    transaction.add_source(source.name, source.digest, delivery.order.file, source.kind)
    for name, text in delivery.mappings.items():
        transaction.add_source(name, digests[name], text, "mapping")
    details = {"file": source.name, "digest": source.digest, "mappings": digests, "notes": list(source.notes)}
    transaction.log("import.file", details if plan is None else {**details, "plan": plan})


def find_imports(store: Store, **details: str) -> list[JournalEntry]:
    """The imports with these details, oldest first: ``digest=…``, ``plan=…``."""
    return [
        entry
        for entry in store.entries(action="import.file")
        if all(entry.details.get(name) == value for name, value in details.items())
    ]


def _read_options(said: ReadOptions, mappings: Sequence[ColumnMapping]) -> ReadOptions:
    """What the person says about the file wins over what the mappings say."""
    encodings = [said.encoding, *(mapping.encoding for mapping in mappings)]
    delimiters = [said.delimiter, *(mapping.delimiter for mapping in mappings)]
    return ReadOptions(next(filter(None, encodings), None), next(filter(None, delimiters), None))


def _map(assembly: Assembly, delivery: Delivery, subjects: Mapping[str, Subject]) -> Iterable[Captured]:
    known = dict(subjects)
    for mapping in delivery.layouts:
        captured = map_source(delivery.source, mapping, assembly.study, known, delivery.order.blank)
        known |= {subject.subject: subject for subject in captured.new_subjects}
        yield captured


def _places(delivery: Delivery, captured: Sequence[Captured]) -> RecordPlaces:
    """Where in the file each record stands."""
    places = RecordPlaces()
    for mapping, part in zip(delivery.layouts, captured, strict=True):
        places += record_places(delivery.source, mapping, part.submissions)
    return places


def _enrolling(captured: Sequence[Captured]) -> dict[str, dict[str, list[int]]]:
    named: dict[str, dict[str, list[int]]] = {}
    for part in captured:
        for name, sheets in part.enrolling.items():
            for sheet, rows in sheets.items():
                named.setdefault(name, {}).setdefault(sheet, []).extend(rows)
    return named


def _seen_before(store: Store, source: SourceFile, proposals: Proposals) -> Iterable[str]:
    """What is to be said of a file that came before, under this name or another, or that says nothing new."""
    earlier = find_imports(store, digest=source.digest)
    if earlier:
        first = earlier[-1]
        name = str(first.details["file"])
        under = "" if name == source.name else f" as {name}"
        moment = first.at.strftime("%Y-%m-%d %H:%M UTC")
        yield f"this very file was imported before{under}, by {first.user} at {moment} (journal entry {first.seq})"
    elif proposals and all(status is Status.UNCHANGED for status in proposals.statuses):
        yield "everything in this file is stored already, though the file itself was not imported before"


def source_keeper(delivery: Delivery, plan: str | None = None) -> Callable[[Transaction], None]:
    """What an import writes before its records: see `keep_sources`."""
    return partial(keep_sources, delivery, plan)


def _require_same(delivery: Delivery) -> None:
    """Raise S107 when the file is not the one that was read."""
    path = delivery.order.file
    if path.is_file():
        with path.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() == delivery.source.digest:
                return
    raise SourceFileError(
        "S107",
        f"{path.name} changed while it was imported, so nothing is stored.",
        remedy="Close it in other programs, and import it again.",
    )
