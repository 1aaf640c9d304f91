"""Writes a workbook to be filled in: a page in front, a sheet for each form, and hidden sheets of lists and facts.

Every text is a text, so nothing that a person once typed is ever executed; formulas stand only in rules about cells,
and they come from definitions.
"""

from __future__ import annotations

import re
import textwrap
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from trialkit.errors import UsageError
from trialkit.spreadsheet.cell_text import encode_escapes
from trialkit.spreadsheet.cells import MOST_ROWS, column_letters
from trialkit.spreadsheet.front_page import fill_front_page
from trialkit.spreadsheet.template import (
    FILL_IN_SHEET,
    LISTS_SHEET,
    TemplateBook,
    TemplateColumn,
    TemplateRow,
    TemplateSheet,
    TemplateValue,
)
from trialkit.spreadsheet.template_looks import FREE_FONT, HEAD_FILL, KEY_FILL, LINE, LINK, MARKS, STORED_FONT
from trialkit.spreadsheet.writing import pack_workbook, require_sheet_names, write_cell
from trialkit.whole_file import write_whole

__all__ = ["pack_template", "write_template"]

_MOST_NOTE = 8_000
_MOST_PROMPT = 255
_MOST_MESSAGE = 225
_MOST_FORMULA = 255
_LISTED = re.compile(r"list_[A-Za-z0-9_]{1,200}")
_FORMATS = {"text": "@", "number": "General", "day": "[$-809]dd-mmm-yyyy"}
_FIRST_DAY = date(1900, 3, 1)
_A4 = 9
_PAGE_WIDTH = 150.0
_ROW_HEIGHT = 16.0
_GREY = "6B7683"

_THIN = Side(style="thin", color=LINE)
_BELOW = Border(bottom=Side(style="medium", color="7C8A99"))
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_FIRST = Border(left=_THIN, right=_THIN, top=Side(style="thin", color="5F6B78"), bottom=_THIN)
_SIDES = Border(left=_THIN, right=_THIN)
_TITLE = Font(name="Arial", size=13, bold=True)
_REMARK = Font(name="Arial", size=9, italic=True, color=_GREY)
_LOUD = Font(name="Arial", size=9, bold=True, color="B3261E")
_QUESTION = Font(name="Arial", size=10, bold=True)
_HINT = Font(name="Arial", size=8, color=_GREY)
_NAME = Font(name="Arial", size=7, color="8C96A1")
_WRAPPED = Alignment(horizontal="left", vertical="bottom", wrap_text=True)
_WRAPPED_TOP = Alignment(horizontal="left", vertical="top", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center")
_ENTRY = Alignment(horizontal="left", vertical="center", wrap_text=True)


def write_template(path: Path, book: TemplateBook, made: datetime) -> bytes:
    """Write a workbook to be filled in, and give its bytes.

    Args:
        path: the file to make or to replace; its folder exists.
        book: what it consists of.
        made: stands in the file as the time it was made; from 1980 on. The clock is not read.

    Raises:
        UsageError: S130 for a text or table that a sheet can not hold, S131 for an impossible sheet name.
        StoreError: S132 when the disk refuses.
    """
    content = pack_template(book, made)
    write_whole(path, content, "S132")
    return content


def pack_template(book: TemplateBook, made: datetime) -> bytes:
    """The same workbook as bytes alone. Raises UsageError as `write_template`."""
    facts_name, facts = book.facts
    require_sheet_names([FILL_IN_SHEET, *(sheet.name for sheet in book.sheets), LISTS_SHEET, facts_name])
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    fill_front_page(workbook.create_sheet(FILL_IN_SHEET), book)
    for sheet in book.sheets:
        _fill(workbook.create_sheet(sheet.name), sheet)
    _fill_lists(workbook, book)
    hidden = workbook.create_sheet(facts_name)
    for number, row in enumerate(facts, 1):
        for column, text in enumerate(row, 1):
            write_cell(hidden.cell(number, column), text, facts_name)
    hidden.sheet_state = "hidden"
    moment = made.replace(tzinfo=None, microsecond=0)
    workbook.properties.created = workbook.properties.modified = moment
    workbook.properties.creator = "trialkit"
    workbook.properties.title = encode_escapes(book.title)
    return pack_workbook(workbook, moment)


def _fill_lists(workbook: Any, book: TemplateBook) -> None:  # Any: openpyxl has no types
    sheet = workbook.create_sheet(LISTS_SHEET)
    for column, (name, texts) in enumerate(book.lists.items(), 1):
        if not _LISTED.fullmatch(name) or not texts:
            raise ValueError(f"{name!r} is no name of a list, or the list is empty")
        for row, text in enumerate(texts, 1):
            write_cell(sheet.cell(row, column), text, LISTS_SHEET)
        letters = column_letters(column)
        where = f"{LISTS_SHEET}!${letters}$1:${letters}${len(texts)}"
        workbook.defined_names[name] = DefinedName(name, attr_text=where)
    sheet.sheet_state = "hidden"


def _fill(target: Any, sheet: TemplateSheet) -> None:  # Any: as above
    last = sheet.header_row + len(sheet.rows) + sheet.spare
    if last > MOST_ROWS:
        raise UsageError("S130", f"Sheet {sheet.name} has more rows than a workbook holds.", remedy="Narrow it down.")
    _write_top(target, sheet)
    _format_columns(target, sheet)
    writer = _RowWriter(target, sheet)
    for number, row in enumerate((*sheet.rows, *([None] * sheet.spare)), sheet.header_row + 1):
        writer.write(row, number)
    if last > sheet.header_row:
        for place, column in enumerate(sheet.columns, 1):
            cells = f"{column_letters(place)}{sheet.header_row + 1}:{column_letters(place)}{last}"
            _guard(target, column, cells, sheet.header_row + 1)
    _set_page(target, sheet, last)


def _write_top(target: Any, sheet: TemplateSheet) -> None:  # Any: as above
    back = target.cell(1, 1)
    write_cell(back, f"‹ {FILL_IN_SHEET}", sheet.name)
    back.hyperlink = Hyperlink(ref=back.coordinate, location=f"'{FILL_IN_SHEET}'!A1")
    back.font, back.alignment = LINK, _LEFT
    _put(target.cell(1, 2), sheet.title, _TITLE, _LEFT, sheet.name)
    target.row_dimensions[1].height = 22
    for number, remark in enumerate(sheet.remarks, 2):
        _put(target.cell(number, 1), remark, _LOUD if number - 2 < sheet.loud else _REMARK, _LEFT, sheet.name)
        target.row_dimensions[number].height = 13
    first = sheet.header_row - 2
    lines = {first: 1, first + 1: 1}
    for place, column in enumerate(sheet.columns, 1):
        question, hint, name = (target.cell(first + step, place) for step in range(3))
        _put(question, column.question, _QUESTION, _WRAPPED, sheet.name)
        _put(hint, column.hint, _HINT, _WRAPPED_TOP, sheet.name)
        _put(name, column.name, _NAME, _LEFT, sheet.name)
        question.fill = hint.fill = name.fill = HEAD_FILL
        question.border, hint.border, name.border = _SIDES, _SIDES, _BELOW
        if column.note:
            question.comment = _comment(column.note)
        lines[first] = max(lines[first], _lines(column.question, column.width * 1.02))
        lines[first + 1] = max(lines[first + 1], _lines(column.hint, column.width * 1.25))
    target.row_dimensions[first].height = min(13.5 * lines[first] + 5, 150)
    target.row_dimensions[first + 1].height = min(11.5 * lines[first + 1] + 3, 100)
    target.row_dimensions[sheet.header_row].height = 11


def _put(cell: Any, text: str, font: Font, alignment: Alignment, sheet: str) -> None:  # Any: as above
    write_cell(cell, text, sheet)
    cell.font, cell.alignment = font, alignment


def _format_columns(target: Any, sheet: TemplateSheet) -> None:  # Any: as above
    for place, column in enumerate(sheet.columns, 1):
        found = target.column_dimensions[column_letters(place)]
        found.width = column.width
        found.number_format = _FORMATS[column.kind]
        found.font, found.alignment = FREE_FONT, _ENTRY


class _RowWriter:
    """Writes the rows of a sheet. Cells of one look share it: making one for each takes most of the time."""

    def __init__(self, target: Any, sheet: TemplateSheet) -> None:  # Any: as above
        self._target, self._sheet = target, sheet
        self._looks: dict[tuple[str, bool, bool, bool], Any] = {}  # Any: as above
        self._owner: TemplateValue = None

    def write(self, row: TemplateRow | None, number: int) -> None:
        """Write a row, or a blank one. A line stands above each new subject."""
        self._target.row_dimensions[number].height = _ROW_HEIGHT
        owner = row.values[0] if row is not None else None
        is_first, self._owner = owner != self._owner, owner
        values = row.values if row is not None else (None,) * len(self._sheet.columns)
        for place, (column, value) in enumerate(zip(self._sheet.columns, values, strict=True), 1):
            cell = self._target.cell(number, place)
            _write_value(cell, value, self._sheet.name)
            is_given = column.is_key and value is not None
            look = _FORMATS[column.kind], is_given, row is not None and row.is_stored, is_first
            begins_like_formula = cell.quotePrefix
            cell._style = self._look(cell, look)
            if begins_like_formula:
                cell.quotePrefix = True
        if row is not None and row.note:
            self._target.cell(number, 1).comment = _comment(row.note)

    def _look(self, cell: Any, look: tuple[str, bool, bool, bool]) -> Any:  # Any: as above
        if look not in self._looks:
            kind, is_given, is_stored, is_first = look
            cell.quotePrefix = False
            cell.number_format = kind
            cell.font, cell.alignment = STORED_FONT if is_stored else FREE_FONT, _ENTRY
            cell.border = _FIRST if is_first else _BOX
            if is_given:
                cell.fill = KEY_FILL
            self._looks[look] = copy(cell._style)
        return copy(self._looks[look])


def _write_value(cell: Any, value: TemplateValue, sheet: str) -> None:  # Any: as above
    if isinstance(value, Decimal):
        cell.value = int(value) if value == value.to_integral_value() else float(value)
    elif isinstance(value, date):
        if value < _FIRST_DAY:
            raise ValueError("days before 1900-03-01 stand as texts: Excel counts a day that never was")
        cell.value = value
    else:
        write_cell(cell, value, sheet)


def _guard(target: Any, column: TemplateColumn, cells: str, first: int) -> None:  # Any: as above
    guard = column.guard
    if guard is not None or column.prompt:
        formula = None if guard is None else guard.formula.replace("{row}", str(first))
        checked = DataValidation(
            type=None if guard is None else guard.kind,
            formula1=None if formula is None or len(formula) > _MOST_FORMULA else formula,
            allow_blank=True,
            errorStyle="stop" if guard is None or guard.is_strict else "warning",
        )
        if checked.formula1 is None:
            checked.type = None
        checked.showErrorMessage = checked.formula1 is not None
        if guard is not None:
            checked.errorTitle, checked.error = column.name[:32], _said(guard.message, _MOST_MESSAGE)
        if column.prompt:
            checked.showInputMessage = True
            checked.promptTitle, checked.prompt = column.name[:32], _said(column.prompt, _MOST_PROMPT)
        checked.add(cells)
        target.add_data_validation(checked)
    for mark in column.marks:
        look = MARKS[mark.look]
        formula = mark.formula.replace("{row}", str(first))
        rule = FormulaRule(formula=[formula], fill=look.fill, font=look.font, stopIfTrue=True)
        target.conditional_formatting.add(cells, rule)


def _set_page(target: Any, sheet: TemplateSheet, last: int) -> None:  # Any: as above
    keys = sum(column.is_key for column in sheet.columns)
    target.freeze_panes = f"{column_letters(keys + 1)}{sheet.header_row + 1}"
    target.sheet_properties.tabColor = sheet.colour
    target.print_title_rows = f"1:{sheet.header_row}"
    if keys:
        target.print_title_cols = f"A:{column_letters(keys)}"
    target.print_area = f"A1:{column_letters(len(sheet.columns))}{last}"
    target.page_setup.orientation = "landscape"
    target.page_setup.paperSize = _A4
    target.page_setup.fitToWidth = max(1, round(sum(column.width for column in sheet.columns) / _PAGE_WIDTH))
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.page_margins.left = target.page_margins.right = 0.4
    target.oddFooter.left.text = "&A"
    target.oddFooter.right.text = "Page &P of &N"


def _comment(text: str) -> Comment:
    """A comment that is as large as its text."""
    shown = encode_escapes(_cut(text, _MOST_NOTE))
    lines = sum(_lines(line, 46) for line in shown.split("\n"))
    return Comment(shown, "trialkit", width=330, height=min(16 * lines + 14, 460))


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of so many characters, which breaks between words."""
    return max(len(textwrap.wrap(text, max(int(width), 4))), 1)


def _said(text: str, most: int) -> str:
    """A text as a rule about cells says it: cut, and no longer by the notation for what XML can not hold."""
    shown = encode_escapes(_cut(text, most))
    return shown if len(shown) <= most else _cut(text, most // 7)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
