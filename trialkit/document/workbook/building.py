"""A study and the rows a site is to fill in, the whole workbook as plain data out. Reads no store, writes no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from trialkit.document.workbook.columns import Lists, SheetKeys, item_columns, key_columns, started_formula
from trialkit.document.workbook.front import front_page
from trialkit.document.workbook.remarks import sheet_remarks
from trialkit.document.workbook.values import cell_value
from trialkit.model.form import Form
from trialkit.model.record import Value
from trialkit.model.study import Site, Study
from trialkit.model.template_facts import FACTS_SHEET, LAYOUT, FormFacts, TemplateFacts, form_fingerprint
from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.template import TemplateBook, TemplateColumn, TemplateRow, TemplateSheet, TemplateValue

__all__ = ["FormRows", "Group", "Occasion", "SheetRow", "cells_of_row", "make_template", "sheet_columns"]


class Group(StrEnum):
    """What forms of a workbook have in common."""

    VISIT = "At the visits"
    RATING = "Ratings and questionnaires"
    LOG = "Whenever something happens"
    REGISTER = "About the site"


_COLOURS = {Group.VISIT: "3B6EA8", Group.RATING: "7A5BA6", Group.LOG: "3E8E5A", Group.REGISTER: "8A8F98"}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row to be filled in, or filled in already.

    Attributes:
        subject: the subject; the site for a reference form; empty where the person picks one.
        visit: the visit; empty where the person picks one.
        visit_repeat: the how-manieth of a repeating visit; None where the person says it.
        timepoint: the timepoint, or nothing.
        repeat: the number of the row; None where the person says it.
        values: what stands, by item.
        is_stored: whether it is in the study already.
        note: what the site should know about it.
    """

    subject: str = ""
    visit: str = ""
    visit_repeat: int | None = None
    timepoint: str = ""
    repeat: int | None = None
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    is_stored: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class FormRows:
    """A form and its rows; `spare` more are ready behind them."""

    form: Form
    rows: tuple[SheetRow, ...]
    spare: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """When, by whom and from what a workbook was made.

    Attributes:
        made: in UTC.
        made_by: who.
        entry: the newest journal entry that changed data.
        entry_hash: its hash.
        filled: whether stored values are in it.
    """

    made: datetime
    made_by: str
    entry: int
    entry_hash: str
    filled: bool


def make_template(
    study: Study, site: Site, subjects: Sequence[str], forms: Sequence[FormRows], occasion: Occasion
) -> TemplateBook:
    """A workbook for a site.

    Args:
        study: the compiled study.
        site: the site that fills it in.
        subjects: whom its rows may be about.
        forms: at least one, in any order.
        occasion: when, by whom and from what it is made.
    """
    lists = Lists()
    groups = _in_order(study, forms)
    sheets = [_sheet(study, site, subjects, one, group, lists) for group, several in groups.items() for one in several]
    named = {sheet.name: sheet for sheet in sheets}
    entries = {str(group): [(one.form, named[one.form.form]) for one in several] for group, several in groups.items()}
    return TemplateBook(
        title=f"{study.definition.study}  ·  {study.definition.title}",
        front=front_page(study, site, entries, occasion.made, occasion.entry, filled=occasion.filled),
        sheets=tuple(sheets),
        lists=lists.named,
        facts=(FACTS_SHEET, _facts(study, site, forms, named, occasion).rows()),
    )


def _in_order(study: Study, forms: Sequence[FormRows]) -> dict[Group, list[FormRows]]:
    """Forms by group; in each in the order of the visits that first have them."""
    scheduled = [entry.form for visit in study.protocol.visits for entry in visit.forms]
    order = {name: place for place, name in enumerate(dict.fromkeys([*scheduled, *study.protocol.log_forms]))}
    ordered = sorted(forms, key=lambda one: (order.get(one.form.form, len(order)), one.form.form))
    groups = {group: [one for one in ordered if _group(study, one.form) is group] for group in Group}
    return {group: several for group, several in groups.items() if several}


def _group(study: Study, form: Form) -> Group:
    if form.reference:
        return Group.REGISTER
    if form.form in study.protocol.log_forms:
        return Group.LOG
    return Group.VISIT if form.instrument is None else Group.RATING


def _sheet(
    study: Study, site: Site, subjects: Sequence[str], one: FormRows, group: Group, lists: Lists
) -> TemplateSheet:
    form = one.form
    columns = sheet_columns(study, site.site, subjects, form, lists)
    remarks, loud = sheet_remarks(study, form)
    rows = (TemplateRow(cells_of_row(study, row, form, columns), row.is_stored, row.note) for row in one.rows)
    return TemplateSheet(
        name=form.form,
        title=f"{form.form}  ·  {form.title}",
        remarks=remarks,
        loud=loud,
        columns=columns,
        rows=tuple(rows),
        spare=one.spare,
        colour=_COLOURS[group],
    )


def sheet_columns(
    study: Study, site: str, subjects: Sequence[str], form: Form, lists: Lists
) -> tuple[TemplateColumn, ...]:
    """The columns of a form's sheet: whose row it is, then the items. `lists` takes the lists they need."""
    keys = _keys(study, site, subjects, form)
    places = {name: f"${column_letters(place)}{{row}}" for place, name in enumerate(keys.names, 1)}
    items = item_columns(study, form, lists, len(places), places.get("VISIT", ""), places.get("TIMEPOINT", ""))
    started = started_formula(len(places), len(places) + len(items))
    return (*key_columns(form, keys, lists, started), *items)


def _keys(study: Study, site: str, subjects: Sequence[str], form: Form) -> SheetKeys:
    if form.reference:
        return SheetKeys(("SUBJECT", "REPEAT"), (site,), (), ())
    is_logged = form.form in study.protocol.log_forms
    visits = [visit for visit in study.protocol.visits if is_logged or visit.entries(form.form)]
    points = [point for visit in visits for entry in visit.entries(form.form) for point in entry.places]
    order = ["", *(point.timepoint for point in study.protocol.timepoints)]
    timepoints = sorted(set(points), key=order.index) if any(points) else []
    names = ["SUBJECT", "VISIT"]
    names += ["VISITREP"] if any(visit.repeating for visit in visits) else []
    names += ["TIMEPOINT"] if timepoints else []
    names += ["REPEAT"] if form.repeating else []
    return SheetKeys(
        tuple(names), tuple(subjects) or ("-",), tuple(visit.visit for visit in visits) or ("-",), tuple(timepoints)
    )


def cells_of_row(
    study: Study, row: SheetRow, form: Form, columns: Sequence[TemplateColumn]
) -> tuple[TemplateValue, ...]:
    """What stands in each column of a row."""
    keys: dict[str, TemplateValue] = {
        "SUBJECT": row.subject or None,
        "VISIT": row.visit or None,
        "VISITREP": None if row.visit_repeat is None else str(row.visit_repeat),
        "TIMEPOINT": row.timepoint or None,
        "REPEAT": None if row.repeat is None else str(row.repeat),
    }
    values: list[TemplateValue] = []
    for column in columns:
        if column.is_key:
            values.append(keys[column.name])
            continue
        item = form.item(column.name)
        if item is not None:
            values.append(cell_value(row.values.get(item.item), item, study.codelists.get(item.codelist or "")))
        else:
            value = row.values.get(column.name.removesuffix("_U"))
            values.append(None if value is None else value.unit)
    return tuple(values)


def _facts(
    study: Study, site: Site, forms: Sequence[FormRows], sheets: Mapping[str, TemplateSheet], occasion: Occasion
) -> TemplateFacts:
    about = {
        "protocol": study.protocol.protocol,
        "protocol version": study.protocol.version,
        "variant": study.definition.variant or "",
        "definitions": study.digest,
        "site": site.site,
        "made at": occasion.made.isoformat(),
        "made by": occasion.made_by,
        "journal entry": str(occasion.entry),
        "journal hash": occasion.entry_hash,
        "stored values": "yes" if occasion.filled else "no",
    }
    found = [
        FormFacts(
            one.form.form,
            one.form.version,
            form_fingerprint(one.form, study.codelists),
            sheets[one.form.form].header_row,
        )
        for one in sorted(forms, key=lambda one: one.form.form)
    ]
    told = {name: text for name, text in about.items() if text}
    return TemplateFacts(LAYOUT, study.definition.study, told, tuple(found))
