"""Files in the house's own layout as they come back: what is there for people or for safety is taken off, and said.

A workbook of ``trialkit workbook make`` has headers for people above those for the import, and rows that wait to be
filled in; a CSV file of ``trialkit export`` has apostrophes before what would be a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from trialkit.capture.header_row import fold_header
from trialkit.capture.mapped_row import RefusedCellError
from trialkit.errors import SourceFileError
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.record import CellReference
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow, SourceSheet
from trialkit.model.study import Study
from trialkit.model.template_facts import FACTS_SHEET, LAYOUT, FormFacts, TemplateFacts, form_fingerprint
from trialkit.spreadsheet import column_letters
from trialkit.spreadsheet.inert import is_guarded, unguard_text
from trialkit.spreadsheet.template import FILL_IN_SHEET, LISTS_SHEET
from trialkit.wording import list_some

__all__ = ["OwnFile", "open_own_file"]

_KEYS = frozenset({"subject", "visit", "visitrep", "timepoint", "repeat"})
_OF_COURSE = tuple(
    f"sheet {name}{words}" for name in (FACTS_SHEET, LISTS_SHEET) for words in (" is hidden", ": a hidden sheet")
)
"""How notes begin that need not be said: these sheets are hidden by trialkit itself."""

_MADE_ANEW = "Make a new workbook with trialkit workbook make, and copy what was filled in."


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file in the house's own layout.

    Attributes:
        source: what is left to be mapped.
        header_rows: sheet to the row of its headers; 1 where it is not named.
        findings: rows that are held back, since they do not say whose they are.
        facts: what a workbook that trialkit made says about itself; None for any other file.
    """

    source: SourceFile
    header_rows: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    findings: tuple[Finding, ...] = ()
    facts: TemplateFacts | None = None


def open_own_file(source: SourceFile, study: Study) -> OwnFile:
    """Take off what is not data. A file that is neither CSV nor a workbook that trialkit made comes back as it is.

    Raises:
        SourceFileError: S155 when the workbook was made for another study, S156 when by another version of trialkit.
    """
    if source.kind == "csv":
        return OwnFile(_unguarded(source))
    facts = _read_facts(source)
    if facts is None:
        return OwnFile(source)
    if facts.layout != LAYOUT:
        raise SourceFileError(
            "S156",
            f"{source.name} has the layout {facts.layout} of another version of trialkit; this one reads {LAYOUT}.",
            remedy=_MADE_ANEW,
        )
    if facts.study != study.definition.study:
        raise SourceFileError(
            "S155",
            f"{source.name} was made for study {facts.study}, and this is {study.definition.study}.",
            remedy="Import it into the study it was made for.",
        )
    return _open_template(source, facts, study)


def _unguarded(source: SourceFile) -> SourceFile:
    cells = (cell for sheet in source.sheets for row in sheet.rows for cell in row.cells)
    changed = [cell.address for cell in cells if is_guarded(cell.text)]
    if not changed:
        return source
    sheets = tuple(
        replace(sheet, rows=tuple(SourceRow(row.number, tuple(map(_unguard, row.cells))) for row in sheet.rows))
        for sheet in source.sheets
    )
    note = (
        "the apostrophe that keeps spreadsheet programs from taking a text for a formula was taken off: "
        f"{list_some(changed)}"
    )
    return replace(source, sheets=sheets, notes=(*source.notes, note))


def _unguard(cell: Cell) -> Cell:
    return cell._replace(text=unguard_text(cell.text)) if is_guarded(cell.text) else cell


def _read_facts(source: SourceFile) -> TemplateFacts | None:
    sheet = source.sheet(FACTS_SHEET)
    if sheet is None or sheet.visible:
        return None
    return TemplateFacts.read([cell.text for cell in row.cells] for row in sheet.rows)


def _open_template(source: SourceFile, facts: TemplateFacts, study: Study) -> OwnFile:
    forms = {one.form: one for one in facts.forms}
    sheets: list[SourceSheet] = []
    findings: list[Finding] = []
    blank: dict[str, int] = {}
    notes = [note for note in source.notes if not note.startswith(_OF_COURSE)]
    notes += _stale(facts, study, source)
    for sheet in source.sheets:
        one = forms.get(sheet.name)
        form = study.forms.get(sheet.name)
        if one is None or form is None or not sheet.visible:
            sheets.append(sheet)
            continue
        kept, held, left = _split(sheet, one, form, source.name)
        sheets.append(replace(sheet, rows=kept))
        findings += held
        blank |= {sheet.name: left} if left else {}
    if blank:
        counted = list_some((f"{name} {count}" for name, count in blank.items()), 100)
        notes.append(f"rows of the workbook that were left blank and change nothing: {counted}")
    strange = [sheet.name for sheet in sheets if sheet.visible and sheet.rows and not _is_known(sheet, study)]
    if strange:
        notes.append(f"sheets not read, because they are named after no form: {list_some(strange, 30)}")
    header_rows = {name: one.header_row for name, one in forms.items()}
    return OwnFile(replace(source, sheets=tuple(sheets), notes=tuple(notes)), header_rows, tuple(findings), facts)


def _is_known(sheet: SourceSheet, study: Study) -> bool:
    return sheet.name == FILL_IN_SHEET or sheet.name.strip().upper() in study.forms


def _stale(facts: TemplateFacts, study: Study, source: SourceFile) -> Iterator[str]:
    """What has changed since the workbook was made."""
    present = {sheet.name for sheet in source.sheets}
    for one in facts.forms:
        form = study.forms.get(one.form)
        if one.form not in present:
            continue
        if form is None:
            yield f"sheet {one.form}: the study has no form {one.form} any more, so nothing of it is imported"
        elif form.version != one.version:
            yield (
                f"sheet {one.form} was made for version {one.version} of the form, which now has version "
                f"{form.version}: its rows are read and checked as version {form.version}. {_MADE_ANEW}"
            )
        elif form_fingerprint(form, study.codelists) != one.fingerprint:
            yield (
                f"sheet {one.form} was made before the form was changed: its rows are read and checked as the form is "
                f"now. {_MADE_ANEW}"
            )


def _split(
    sheet: SourceSheet, one: FormFacts, form: Form, file: str
) -> tuple[tuple[SourceRow, ...], list[Finding], int]:
    """Rows to be mapped with the headers first, findings of rows without a number, and how many were left blank."""
    header = next((row for row in sheet.rows if row.number == one.header_row), None)
    if header is None:
        return tuple(sheet.rows), [], 0
    names = [fold_header(cell.text) for cell in header.cells]
    kept, held, blank = [header], [], 0
    for row in sheet.rows:
        if row.number <= one.header_row:
            continue
        places = [place for place, cell in enumerate(row.cells) if _is_filled(cell)]
        filled = {names[place] if place < len(names) else "" for place in places}
        if filled and filled <= _KEYS:
            blank += 1
        elif form.repeating and "repeat" in names and filled and "repeat" not in filled:
            held.append(_without_number(row, names.index("repeat"), sheet.name, form, file))
        else:
            kept.append(row)
    return tuple(kept), held, blank


def _is_filled(cell: Cell) -> bool:
    return bool(cell.text.strip()) or cell.kind in (CellKind.ERROR, CellKind.FORMULA_WITHOUT_VALUE)


def _without_number(row: SourceRow, place: int, sheet: str, form: Form, file: str) -> Finding:
    return RefusedCellError(
        "M110",
        f"The number of the row is blank, so nobody can tell it from other rows of form {form.form}.",
        "Give each row of a subject a number of its own: 1, 2, 3.",
        CellReference(file, sheet, f"{column_letters(place + 1)}{row.number}"),
    ).finding()
