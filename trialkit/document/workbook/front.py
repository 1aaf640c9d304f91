"""The page in front of a workbook for a site: how to fill it in, in plain words, and where everything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from trialkit.document.visit_words import day_words, window_words
from trialkit.model.form import Form
from trialkit.model.item import MissingReason
from trialkit.model.study import Site, Study
from trialkit.spreadsheet.template import FrontLine, FrontTable, MarkLook, TemplateSheet

__all__ = ["front_page"]

_HOW = (
    "1.  Every form has a sheet, and every record a row. The table below leads to the sheets.",
    "2.  Subject, visit, time-point and row number say whose row it is. Where they are filled in already, leave them.",
    "3.  Fill in the white cells. Point at a question to read all about it; * has to be filled in.",
    "4.  Fill in only what you have. A row, or a cell, that stays blank changes nothing and deletes nothing.",
    "5.  More rows? Go on below the last one, or insert rows. Give each row of a log a number of its own.",
    "6.  Do not rename sheets, and leave the small grey headers as they are. Sort, hide and colour as you like.",
    "7.  Save it as Excel workbook (.xlsx) and send it back to whoever sent it to you.",
)
_FILLED = "Blue is stored already. To correct it, write over it; what you leave as it is stays as it is."
_WRITING = (
    "Lists:  pick from the list. You may also paste the code or the words of the list.",
    "Numbers:  only the number, as your computer writes numbers; the unit stands above.",
    "Dates:  a full date, as you are used to. It is then shown as 05-Nov-2026: look whether that is the day you mean.",
    "Partial dates:  as far as known: 2024-11, 2024, or UN-NOV-2024, UN-UN-2024. Never make up a day.",
    "Times:  09:05, on the 24 hour clock.",
)


def front_page(
    study: Study,
    site: Site,
    groups: Mapping[str, Sequence[tuple[Form, TemplateSheet]]],
    made: datetime,
    entry: int,
    *,
    filled: bool,
) -> tuple[FrontLine | FrontTable, ...]:
    """The page, from the top.

    Args:
        study: the compiled study.
        site: the site that fills it in.
        groups: title of a group to its forms and their sheets.
        made: when, in UTC.
        entry: as of which journal entry.
        filled: whether stored values are in it.
    """
    where = f"Site {site.site}" + (f", {site.name}" if site.name else "")
    protocol = study.protocol
    parts: list[FrontLine | FrontTable] = [
        FrontLine(f"{where}.  Protocol {protocol.protocol}, version {protocol.version}."),
        FrontLine(f"Made on {made:%d} {made:%b} {made:%Y} at {made:%H:%M} UTC, as of journal entry {entry}."),
        FrontLine("How to fill it in", is_heading=True),
        *(FrontLine(line) for line in _HOW),
        FrontLine("What the colours mean", is_heading=True),
        FrontLine("Filled in for you: whose row it is.", patch="key"),
        *([FrontLine(_FILLED, patch="stored")] if filled else []),
        FrontLine("Yours to fill in.", patch="free"),
        FrontLine("Still needed, since the row has been begun.", patch=MarkLook.NEEDED),
        FrontLine("Not asked, as far as the other answers of the row tell.", patch=MarkLook.NOT_ASKED),
        FrontLine("Unusual. It is taken, and you will be asked about it.", patch=MarkLook.UNUSUAL),
        FrontLine("Not possible. It will not be taken: look again at number and unit.", patch=MarkLook.IMPOSSIBLE),
        FrontLine("How to write it", is_heading=True),
        *(FrontLine(line) for line in _WRITING),
        FrontLine("No value? Say why, in the cell itself", is_heading=True),
        FrontTable(("Write", "When"), tuple((f".{one.value}", _reason_words(one)) for one in MissingReason)),
        FrontLine("The sheets", is_heading=True),
    ]
    for group, several in groups.items():
        rows = tuple(_sheet_line(study, form, sheet) for form, sheet in several)
        parts += [FrontLine(group), FrontTable(("Sheet", "Form", "Rows ready", "When"), rows, is_linked=True)]
    parts += [FrontLine("The visits", is_heading=True), _visits(study)]
    return tuple(parts)


def _reason_words(reason: MissingReason) -> str:
    return {
        MissingReason.NOT_DONE: "Not done.",
        MissingReason.UNKNOWN: "Nobody knows.",
        MissingReason.NOT_APPLICABLE: "Does not apply to this subject.",
        MissingReason.REFUSED: "The subject did not want it.",
        MissingReason.TECHNICAL: "A device or a sample failed.",
    }[reason]


def _sheet_line(study: Study, form: Form, sheet: TemplateSheet) -> tuple[str, ...]:
    if form.reference:
        when = "as staff and site change"
    elif form.form in study.protocol.log_forms:
        when = "at any visit"
    else:
        when = ", ".join(visit.visit for visit in study.protocol.visits if visit.entries(form.form))
    return form.form, form.title, str(len(sheet.rows)), when


def _visits(study: Study) -> FrontTable:
    rows = []
    for visit in study.protocol.visits:
        window = window_words(visit.window)
        day = f"day {day_words(visit)}" if day_words(visit) else "as needed" if visit.repeating else ""
        rows.append((visit.visit, visit.label, "", day + (f", {window} days" if window and window != "0" else "")))
    return FrontTable(("Visit", "Name", "", "Planned"), tuple(rows))
