"""A file that somebody sent, through its mappings, as a batch that can be written. Writes nothing itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from trialkit.capture import (
    OwnFile,
    map_source,
    merge_submissions,
    open_own_file,
    own_layout_mappings,
    read_source,
)
from trialkit.define import load_mapping
from trialkit.engine.assembly import Assembly
from trialkit.engine.intake import Batch
from trialkit.engine.proposal import Proposal, propose
from trialkit.engine.workbook_return import leave_untouched
from trialkit.extension import ReadOptions
from trialkit.model.finding import Finding
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import Record, RecordKey, Subject
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.store import Store, Transaction

Progress = Callable[[int, int], None]
"""Told how many of how many submissions are done."""


def capture_file(
    assembly: Assembly,
    store: Store,
    path: Path,
    mappings: Sequence[Path],
    options: ReadOptions | None,
    today: Callable[[str], date],
    progress: Progress | None,
) -> Batch:
    """Read a file and propose what it would change.

    Args:
        assembly: the compiled study.
        store: what is there.
        path: the workbook or CSV file.
        mappings: mapping files; without any, the sheets must be laid out as trialkit's own forms.
        options: encoding and delimiter, when the person says them.
        today: the date on the calendar of a site.
        progress: told how far it is.

    Raises:
        SourceFileError, DefinitionError: when the file or a mapping can not be used.
    """
    study = assembly.study
    chosen = [load_mapping(mapping, study) for mapping in mappings]
    source = read_source(path, assembly.readers, _read_options(options, chosen))
    own = OwnFile(source)
    if not chosen:
        own = open_own_file(source, study)
        chosen = own_layout_mappings(own.source, study, own.header_rows)
    batch = _capture(assembly, store, own, chosen, today, progress)
    keep = partial(
        _keep_sources, source, path.read_bytes(), {mapping.name: mapping.read_bytes() for mapping in mappings}
    )
    return replace(batch, before=keep)


def _capture(
    assembly: Assembly,
    store: Store,
    own: OwnFile,
    mappings: Sequence[ColumnMapping],
    today: Callable[[str], date],
    progress: Progress | None,
) -> Batch:
    source = own.source
    subjects = {subject.subject: subject for subject in store.subjects()}
    submissions: list[Submission] = []
    enrolled: dict[str, Subject] = {}
    findings: list[Finding] = list(own.findings)
    notes: list[str] = list(source.notes)
    rows: set[tuple[str | None, int]] = set()
    for mapping in mappings:
        captured = map_source(source, mapping, assembly.study, {**subjects, **enrolled})
        enrolled |= {subject.subject: subject for subject in captured.new_subjects}
        findings += captured.findings
        notes += captured.notes
        rows |= {(mapping.sheet, submission.row) for submission in captured.submissions}
        rows |= {(mapping.sheet, found.source.row) for found in captured.findings if found.source is not None}
        submissions += captured.submissions
    rows |= {(found.source.sheet, found.source.row) for found in own.findings if found.source is not None}
    merged, contradictions = merge_submissions(submissions)
    merged, untouched = leave_untouched(assembly, store, own.facts, merged)
    notes += untouched
    return Batch(
        tuple(_propose_all(assembly, store, merged, today, progress)),
        new_subjects=tuple(enrolled.values()),
        findings=(*findings, *contradictions),
        notes=tuple(notes),
        rows=len(rows),
    )


def _propose_all(
    assembly: Assembly,
    store: Store,
    submissions: Sequence[Submission],
    today: Callable[[str], date],
    progress: Progress | None,
) -> list[Proposal]:
    standing: dict[RecordKey, Record] = {}
    for form in sorted({submission.key.form for submission in submissions}):
        standing |= {record.key: record for record in store.records(form=form)}
    proposals = []
    for number, submission in enumerate(submissions, start=1):
        key = submission.key
        proposals.append(propose(assembly, submission, standing.get(key), today(key.site)))
        if progress is not None:
            progress(number, len(submissions))
    return proposals


def _read_options(options: ReadOptions | None, mappings: Sequence[ColumnMapping]) -> ReadOptions:
    """What the person says about the file wins over what the mappings say."""
    said = options or ReadOptions()
    encodings = [said.encoding, *(mapping.encoding for mapping in mappings)]
    delimiters = [said.delimiter, *(mapping.delimiter for mapping in mappings)]
    return ReadOptions(next(filter(None, encodings), None), next(filter(None, delimiters), None))


def _keep_sources(source: SourceFile, content: bytes, mappings: Mapping[str, bytes], transaction: Transaction) -> None:
    """Keep the file and its mappings, so that every value can be traced to its cell and to how it was read."""
    transaction.add_source(source.name, source.digest, content, source.kind)
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in mappings.items()}
    for name, text in mappings.items():
        transaction.add_source(name, digests[name], text, "mapping")
    details = {"file": source.name, "digest": source.digest, "mappings": digests, "notes": list(source.notes)}
    transaction.log("import.file", details)
