"""Mappings for files in the house's own layout: a sheet or CSV file per form, columns as raw exports name them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Lookup
from pathlib import PurePath
from types import MappingProxyType

from trialkit.capture.header_row import fold_header
from trialkit.errors import SourceFileError
from trialkit.model.choice import code_choices, reason_choice
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping, RecordMapping, SubjectMapping
from trialkit.model.source import SourceFile, SourceSheet
from trialkit.model.study import Study
from trialkit.wording import list_some

_SUBJECT, _VISIT, _VISIT_REPEAT, _TIMEPOINT, _REPEAT = "SUBJECT", "VISIT", "VISITREP", "TIMEPOINT", "REPEAT"
_REASON = "REASON"
_NOT_IMPORTED = ("STUDYID", "SITEID", "RECVERSION")
_DATES = "YYYY-MM-DD|YYYY-MM|YYYY|DD-MON-YYYY|MON-YYYY"
"""How dates may be written: as ISO 8601, or with the month in letters, which nobody can misread."""
_REASONS = {reason_choice(reason): reason for reason in MissingReason}


def own_layout_mappings(
    source: SourceFile, study: Study, header_rows: Lookup[str, int] = MappingProxyType({})
) -> list[Mapping]:
    """A mapping for every sheet that is named after a form and has a column SUBJECT.

    Columns: SUBJECT, VISIT, VISITREP, TIMEPOINT, REPEAT, REASON (why stored values change), and for each item
    ``ITEM``, its unit ``ITEM_U`` and its missing reason ``ITEM_M``; all but SUBJECT may be left out. A CSV file is
    named after its form: ``vs.csv``. A value may be written as a drop-down of a workbook that trialkit makes shows
    it, see `trialkit.model.choice`. Labels (``ITEM_L``), computed items, STUDYID, SITEID and RECVERSION are known
    and not imported.

    Args:
        source: the file as it was read.
        study: the compiled study.
        header_rows: sheet to the row of its headers, where that is not the first.

    Raises:
        SourceFileError: S154 when no sheet is laid out so.
    """
    found = []
    for sheet in source.sheets:
        form = study.forms.get(_form_name(source, sheet))
        header_row = header_rows.get(sheet.name, 1)
        headers = _headers(sheet, header_row)
        if form is not None and sheet.visible and fold_header(_SUBJECT) in headers:
            record = _map_record(form, headers, study.codelists)
            if record is not None:
                found.append(_mapping(sheet, form, record, headers, header_row))
    if not found:
        names = list_some(sheet.name for sheet in source.sheets if sheet.name) or source.name
        raise SourceFileError(
            "S154",
            f"No mapping is given, and no sheet is laid out as a form of the study: {names}.",
            remedy=f"Give a mapping with --map (trialkit workbook map {source.name} proposes one), or name each sheet "
            "after its form, with a column SUBJECT.",
        )
    return found


def _form_name(source: SourceFile, sheet: SourceSheet) -> str:
    return (sheet.name or PurePath(source.name).stem).strip().upper()


def _headers(sheet: SourceSheet, number: int) -> set[str]:
    first = sheet.rows[0] if sheet.rows else None
    if first is None or first.number != number:
        return set()
    return {fold_header(cell.text) for cell in first.cells}


def _mapping(sheet: SourceSheet, form: Form, record: RecordMapping, headers: set[str], header_row: int) -> Mapping:
    labels = [f"{item.item}_L" for item in form.items]
    computed = [name for item in form.items if item.derive is not None for name in _columns(item)]
    return Mapping(
        mapping=f"own-{form.form}",
        sheet=sheet.name or None,
        header_row=header_row,
        subject=SubjectMapping(column=_SUBJECT),
        records=(record,),
        reason=None if form.item(_REASON) else _map_key(_REASON, headers),
        ignore=(*_NOT_IMPORTED, *labels, *computed),
    )


def _map_record(form: Form, headers: set[str], codelists: Lookup[str, CodeList]) -> RecordMapping | None:
    items = {
        item.item: _map_item(item, headers, codelists.get(item.codelist or ""))
        for item in form.items
        if item.derive is None and fold_header(item.item) in headers
    }
    if not items:
        return None
    return RecordMapping(
        form=form.form,
        visit=_map_key(_VISIT, headers),
        visit_repeat=_map_key(_VISIT_REPEAT, headers),
        timepoint=_map_key(_TIMEPOINT, headers),
        repeat=_map_key(_REPEAT, headers),
        items=items,
    )


def _map_key(header: str, headers: set[str]) -> KeyMapping | None:
    return KeyMapping(column=header) if fold_header(header) in headers else None


def _map_item(item: Item, headers: Iterable[str], codelist: CodeList | None) -> ItemMapping:
    value, unit, missing = (name if fold_header(name) in headers else None for name in _columns(item))
    return ItemMapping(
        column=value,
        values=code_choices(codelist) if codelist is not None and item.type == ItemTypeName.CODE else {},
        missing=_REASONS if item.type != ItemTypeName.TEXT else {},  # a text may well say so
        unit_column=unit,
        missing_column=missing,
        date_format=_DATES if item.type in (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE) else None,
    )


def _columns(item: Item) -> tuple[str, str, str]:
    return item.item, f"{item.item}_U", f"{item.item}_M"
