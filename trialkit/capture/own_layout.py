"""Mappings for files in the house's own layout: a sheet or CSV file per form, columns as raw exports name them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from trialkit.capture.header_row import fold_header
from trialkit.errors import SourceFileError
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping, RecordMapping, SubjectMapping
from trialkit.model.source import SourceFile, SourceSheet
from trialkit.model.study import Study
from trialkit.wording import list_some

_SUBJECT, _VISIT, _VISIT_REPEAT, _TIMEPOINT, _REPEAT = "SUBJECT", "VISIT", "VISITREP", "TIMEPOINT", "REPEAT"
_REASON = "REASON"
_NOT_IMPORTED = ("STUDYID", "SITEID", "RECVERSION")


def own_layout_mappings(source: SourceFile, study: Study) -> list[Mapping]:
    """A mapping for every sheet that is named after a form and has a column SUBJECT.

    Columns: SUBJECT, VISIT, VISITREP, TIMEPOINT, REPEAT, REASON (why stored values change), and for each item
    ``ITEM``, its unit ``ITEM_U`` and its missing reason ``ITEM_M``; all but SUBJECT may be left out. A CSV file is
    named after its form: ``vs.csv``. Labels (``ITEM_L``), computed items, STUDYID, SITEID and RECVERSION are known
    and not imported.

    Raises:
        SourceFileError: S154 when no sheet is laid out so.
    """
    found = []
    for sheet in source.sheets:
        form = study.forms.get(_form_name(source, sheet))
        headers = _headers(sheet)
        if form is not None and sheet.visible and fold_header(_SUBJECT) in headers:
            record = _map_record(form, headers)
            if record is not None:
                found.append(_mapping(sheet, form, record, headers))
    if not found:
        names = list_some(sheet.name for sheet in source.sheets if sheet.name) or source.name
        raise SourceFileError(
            "S154",
            f"No mapping is given, and no sheet is laid out as a form of the study: {names}.",
            remedy="Give a mapping with --map, or name each sheet after its form, with a column SUBJECT.",
        )
    return found


def _form_name(source: SourceFile, sheet: SourceSheet) -> str:
    return (sheet.name or PurePath(source.name).stem).strip().upper()


def _headers(sheet: SourceSheet) -> set[str]:
    first = sheet.rows[0] if sheet.rows else None
    if first is None or first.number != 1:
        return set()
    return {fold_header(cell.text) for cell in first.cells}


def _mapping(sheet: SourceSheet, form: Form, record: RecordMapping, headers: set[str]) -> Mapping:
    labels = [f"{item.item}_L" for item in form.items]
    computed = [name for item in form.items if item.derive is not None for name in _columns(item)]
    return Mapping(
        mapping=f"own-{form.form}",
        sheet=sheet.name or None,
        subject=SubjectMapping(column=_SUBJECT),
        records=(record,),
        reason=None if form.item(_REASON) else _map_key(_REASON, headers),
        ignore=(*_NOT_IMPORTED, *labels, *computed),
    )


def _map_record(form: Form, headers: set[str]) -> RecordMapping | None:
    items = {
        item.item: _map_item(item, headers)
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


def _map_item(item: Item, headers: Iterable[str]) -> ItemMapping:
    value, unit, missing = (name if fold_header(name) in headers else None for name in _columns(item))
    return ItemMapping(column=value, unit_column=unit, missing_column=missing)


def _columns(item: Item) -> tuple[str, str, str]:
    return item.item, f"{item.item}_U", f"{item.item}_M"
