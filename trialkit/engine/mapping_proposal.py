"""A file and a study in, a proposed mapping out; with the mapping of last month, only what differs. Stores nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trialkit.capture import find_form, find_visit, map_source, read_source
from trialkit.capture.header_row import choose_sheet, column_index, fold_header, mapped_headers, read_header
from trialkit.capture.proposing import Built, Column, MappingProposal, Question, Reads, Role, Wishes, propose_mapping
from trialkit.define import load_mapping
from trialkit.engine.assembly import Assembly
from trialkit.extension import ReadOptions, TypeMismatchError
from trialkit.model.finding import Finding
from trialkit.model.item import Item
from trialkit.model.kind import Kind
from trialkit.model.mapping import ItemMapping, RecordMapping
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.record import Subject
from trialkit.model.source import SourceFile, SourceRow
from trialkit.normalise import normalise_submission, point_for_comma
from trialkit.spreadsheet import column_letters
from trialkit.store import Store

_ABOUT_TEXTS = frozenset({"M103", "M105", "M111", "M121", "M125", "N101", "N102", "N103", "N104"})
"""Codes of findings that a rule in the mapping can answer."""

_SHORT = 6
_ALIKE = str.maketrans("123456789", "000000000")


@dataclass(frozen=True, slots=True)
class MappingDifference:
    """What a file holds that its mapping does not know.

    Attributes:
        gone: headers that the mapping reads and the file does not have.
        new: columns that the mapping does not name, with what is proposed for them.
        questions: what is asked about them.
        open_texts: header to texts that no rule of the mapping reads.
        mapping: the mapping with what is sure added, and everything else as undecided; None while columns are gone.
        comments: score and reason of what was added, by the way into the mapping.
    """

    gone: tuple[str, ...]
    new: tuple[Column, ...]
    questions: tuple[Question, ...]
    open_texts: Mapping[str, tuple[str, ...]]
    mapping: ColumnMapping | None
    comments: Mapping[tuple[str | int, ...], str]

    @property
    def is_empty(self) -> bool:
        """Whether the mapping knows everything that the file holds."""
        return not (self.gone or self.new or self.open_texts)


def read_for(assembly: Assembly, path: Path, options: ReadOptions) -> SourceFile:
    """Read a file that somebody sent. Raises SourceFileError."""
    return read_source(path, assembly.readers, options)


def propose_for(assembly: Assembly, store: Store, source: SourceFile, wishes: Wishes) -> MappingProposal:
    """Propose how one sheet of a file is mapped.

    Raises SourceFileError S150 and S151, UsageError U110 for an unknown form and U111 for an unknown visit.
    """
    forms = tuple(find_form(assembly.study, form).form for form in wishes.forms)
    visit = find_visit(assembly.study, wishes.visit).visit if wishes.visit else ""
    wishes = replace(wishes, forms=forms, visit=visit)
    subjects = {subject.subject for subject in store.subjects()}
    return propose_mapping(source, assembly.study, subjects, _reader(assembly), wishes)


def settle(assembly: Assembly, source: SourceFile, built: Built) -> Built:
    """The mapping with every text of the file that no rule of it reads as undecided: what an import would refuse."""
    if built.mapping is None:
        return built
    open_texts = _open_texts(assembly, source, built.mapping)
    return replace(built, mapping=_with_undecided(built.mapping, {}, open_texts))


def compare_with(
    assembly: Assembly, store: Store, path: Path, previous: Path, options: ReadOptions
) -> tuple[SourceFile, MappingDifference]:
    """Hold a file against the mapping that was written for an earlier one."""
    mapping = load_mapping(previous, assembly.study)
    said = ReadOptions(options.encoding or mapping.encoding, options.delimiter or mapping.delimiter)
    source = read_source(path, assembly.readers, said)
    sheet = choose_sheet(source, mapping.sheet)
    header = read_header(sheet, mapping.all_header_rows, source.name)
    gone = tuple(dict.fromkeys(name for name in mapped_headers(mapping) if not header.places(name)))
    known = {*mapped_headers(mapping), *mapping.ignore, *mapping.undecided}
    places = {place for name in known for place in header.places(name)}
    wishes = Wishes(mapping.mapping, sheet.name or None, tuple(dict.fromkeys(found.form for found in mapping.records)))
    subjects = {subject.subject for subject in store.subjects()}
    proposal = propose_mapping(source, assembly.study, subjects, _reader(assembly), wishes)
    new = tuple(
        column
        for column in proposal.columns
        if (found := header.places(column.header)) and not any(place in places for place in found)
    )
    questions = tuple(asked for asked in proposal.questions if asked.header in {column.header for column in new})
    open_texts = {} if gone else _open_texts(assembly, source, mapping)
    difference = MappingDifference(gone, new, questions, open_texts, None, {})
    return source, difference if gone else _extended(difference, mapping)


def _extended(difference: MappingDifference, mapping: ColumnMapping) -> MappingDifference:
    """With the mapping that knows the new columns: items where the form has one record, everything else undecided."""
    comments: dict[tuple[str | int, ...], str] = {}
    waiting: dict[str, tuple[str, ...]] = {}
    records = list(mapping.records)
    remarks, ignore = list(mapping.remarks), list(mapping.ignore)
    for column in difference.new:
        place = _record_for(column, records)
        if column.role is Role.REMARK:
            remarks.append(column.header)
        elif column.role is Role.IGNORE:
            ignore.append(column.header)
        elif place is None:
            waiting[column.header] = ()
        else:
            target = column.targets[0]
            items: dict[str, ItemMapping] = {**records[place].items, target.item: target.rule}
            records[place] = records[place].model_copy(update={"items": items})
            comments["records", place, "items", target.item] = f"{column.score}: {column.reason}"
    wider = mapping.model_copy(update={"records": tuple(records), "remarks": tuple(remarks), "ignore": tuple(ignore)})
    return replace(difference, mapping=_with_undecided(wider, waiting, difference.open_texts), comments=comments)


def _record_for(column: Column, records: Sequence[RecordMapping]) -> int | None:
    """The only record of the form of a column, when the item is free there and the cells need not be taken apart."""
    if len(column.targets) != 1 or column.parts is not None or column.open_texts:
        return None
    target = column.targets[0]
    places = [place for place, record in enumerate(records) if record.form == target.form]
    if len(places) != 1 or target.visit or target.where is not None:
        return None
    return None if target.item in records[places[0]].items else places[0]


def _with_undecided(
    mapping: ColumnMapping, columns: Mapping[str, tuple[str, ...]], texts: Mapping[str, tuple[str, ...]]
) -> ColumnMapping:
    undecided = {**mapping.undecided, **columns}
    for header, left in texts.items():
        before = undecided.get(header, ())
        undecided[header] = (*before, *(text for text in left if text not in before))
    return mapping.model_copy(update={"undecided": undecided})


def _open_texts(assembly: Assembly, source: SourceFile, mapping: ColumnMapping) -> dict[str, tuple[str, ...]]:
    """Header to the texts that an import would refuse for want of a rule, without those that are undecided already."""
    source = _telling_rows(source, mapping)
    captured = map_source(source, mapping, assembly.study, _Anybody(assembly))
    findings: list[Finding] = list(captured.findings)
    for submission in captured.submissions:
        form = assembly.study.forms[submission.key.form]
        findings += normalise_submission(submission, form, assembly.study, assembly.types).findings
    sheet = choose_sheet(source, mapping.sheet)
    header = read_header(sheet, mapping.all_header_rows, source.name)
    rows = {row.number: row for row in sheet.rows}
    found: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.code not in _ABOUT_TEXTS or finding.source is None:
            continue
        index = column_index(finding.source.address.rstrip("0123456789"))
        name = header.names[index] if index < len(header.names) else ""
        unique = name if name and len(header.places(name)) == 1 else f"[{column_letters(index + 1)}] {name}".strip()
        cells = rows[finding.source.row].cells
        text = cells[index].text.strip() if index < len(cells) else ""
        if text and text not in _undecided(mapping, unique):
            found.setdefault(unique, {})[text] = None
    return {name: tuple(texts) for name, texts in found.items()}


def _telling_rows(source: SourceFile, mapping: ColumnMapping) -> SourceFile:
    """The file with those rows alone that show something new: a text, or of a long one its shape, digits taken alike.

    What is asked of a mapping is how texts are written, so a long file need not be read row by row.
    """
    sheet = choose_sheet(source, mapping.sheet)
    header = max(mapping.all_header_rows)
    seen: set[tuple[int, str]] = set()
    rows: list[SourceRow] = []
    for row in sheet.rows:
        shapes = {
            (index, cell.text if len(cell.text) <= _SHORT else cell.text.translate(_ALIKE))
            for index, cell in enumerate(row.cells)
        }
        if row.number <= header or not shapes <= seen:
            rows.append(row)
            seen |= shapes
    return replace(source, sheets=(replace(sheet, rows=tuple(rows)),))


def _undecided(mapping: ColumnMapping, header: str) -> tuple[str, ...]:
    wanted = fold_header(header)
    return next((texts for name, texts in mapping.undecided.items() if fold_header(name) == wanted), ())


def _reader(assembly: Assembly) -> Reads:
    """Whether a text is a value of an item, as an import would read it."""

    def reads(item: Item, text: str, layout: str | None, comma: bool) -> bool:
        item_type = assembly.types[item.type]
        try:
            given = point_for_comma(text) if comma and item_type.kind is Kind.NUMBER else text
            item_type.parse(given, item, assembly.study.codelists.get(item.codelist or ""), layout)
        except TypeMismatchError:
            return False
        return True

    return reads


class _Anybody(Mapping[str, Subject]):
    """Knows every subject: how a file is read does not depend on who is enrolled."""

    def __init__(self, assembly: Assembly) -> None:
        self._site = assembly.study.definition.sites[0].site

    def __getitem__(self, name: str) -> Subject:
        if not name:
            raise KeyError(name)
        return Subject(name, self._site, name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
