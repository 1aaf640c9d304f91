"""The grey of a workbook's cells, worked out by a spreadsheet program, against the skip logic that the rules go by."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from spreadsheet_program import needs_program, save_again

from trialkit.document.workbook.building import SheetRow, cells_of_row, sheet_columns
from trialkit.document.workbook.columns import Lists
from trialkit.document.workbook.skip_formula import MISSING_LIST
from trialkit.engine.assembly import Assembly, assemble
from trialkit.engine.proposal import read_record
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.record import RecordKey, Value
from trialkit.model.study import Study
from trialkit.registry import load_registry
from trialkit.spreadsheet.template import MarkLook

_ROWS = 40
STUDY = 'study: GREY\ntitle: Grey\nprotocol: {protocol}\nsites:\n  - {{site: "012"}}\n'


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Assembly]:
    """A study of a protocol, compiled once."""

    @cache
    def make(protocol: str) -> Assembly:
        folder = tmp_path_factory.mktemp(protocol)
        (folder / "study.yaml").write_text(STUDY.format(protocol=protocol), encoding="utf-8")
        return assemble(folder, load_registry())

    return make


def _conditional(assembly: Assembly) -> list[Form]:
    return [form for form in assembly.study.forms.values() if any(item.collect_when for item in form.items)]


@pytest.mark.slow
@needs_program
@pytest.mark.parametrize("protocol", ["iv", "nasal", "oral"])
def test_grey_when_worked_out_by_a_spreadsheet_program_then_it_is_what_the_skip_logic_says(
    tmp_path: Path, assembled: Callable[[str], Assembly], protocol: str
) -> None:
    assembly = assembled(protocol)
    dice = random.Random(7)  # noqa: S311  # repeatable
    workbook = openpyxl.Workbook()
    expected: dict[tuple[str, str], bool] = {}
    for form in _conditional(assembly):
        _fill(workbook.create_sheet(form.form), assembly, form, dice, expected)
    _add_missing_list(workbook)
    workbook.save(tmp_path / "grey.xlsx")
    found = openpyxl.load_workbook(save_again(tmp_path / "grey.xlsx", tmp_path), data_only=True)

    wrong = [(place, told) for place, told in expected.items() if found[place[0]][place[1]].value is not told]
    assert len(expected) > 1_000
    assert wrong == []


@pytest.mark.slow  # compiles a whole protocol
def test_conditions_when_put_into_formulas_then_only_those_are_left_out_that_no_formula_can_tell(
    assembled: Callable[[str], Assembly],
) -> None:
    assembly = assembled("nasal")
    silent = set()
    for form in _conditional(assembly):
        for column in sheet_columns(assembly.study, "012", ("012-0001",), form, Lists()):
            item = form.item(column.name)
            greys = any(mark.look is MarkLook.NOT_ASKED for mark in column.marks)
            if item is not None and item.collect_when is not None and not greys:
                silent.add(item.collect_when)
    computed = {'IDEAT = "Y"', 'BEH = "Y"'}
    assert {condition for condition in silent if "number(" not in condition} == {'route() = "NASAL"', *computed}


def _fill(
    sheet: Any, assembly: Assembly, form: Form, dice: random.Random, expected: dict[tuple[str, str], bool]
) -> None:
    """Rows of values, and behind them the formulas of the cells that may be grey."""
    study = assembly.study
    columns = sheet_columns(study, "012", ("012-0001",), form, Lists())
    width = len(columns)
    for number in range(1, _ROWS + 1):
        key, values = _record(study, form, dice)
        row = SheetRow(key.subject, key.visit, 1, key.timepoint, None, values)
        for place, value in enumerate(cells_of_row(study, row, form, columns), 1):
            if value is not None:
                sheet.cell(number, place).value = float(value) if not isinstance(value, str | date) else value
        seen = read_record(assembly, key, values, date(2026, 1, 1))
        for offset, column in enumerate(columns, width + 2):
            grey = next((mark.formula for mark in column.marks if mark.look is MarkLook.NOT_ASKED), None)
            if grey is not None:
                cell = sheet.cell(number, offset)
                cell.value = f"={grey.replace('{row}', str(number))}"
                asked = assembly.plans[form.form].checks.asked[column.name].evaluate(seen)
                expected[form.form, cell.coordinate] = asked is not True


def _record(study: Study, form: Form, dice: random.Random) -> tuple[RecordKey, dict[str, Value]]:
    visits = [visit for visit in study.protocol.visits if visit.entries(form.form)] or list(study.protocol.visits)
    visit = dice.choice(visits)
    points = [point for entry in visit.entries(form.form) for point in entry.places] or [""]
    key = RecordKey("012", "012-0001", visit.visit, 1, form.form, dice.choice(points))
    values = {item.item: _value(study, item, dice) for item in form.items if item.derive is None}
    return key, {name: value for name, value in values.items() if value is not None}


def _value(study: Study, item: Item, dice: random.Random) -> Value | None:
    if dice.random() < 0.2:
        return Value(missing=dice.choice(list(MissingReason))) if dice.random() < 0.5 else None
    match item.type:
        case "code" | "codes":
            return Value(dice.choice([term.code for term in study.codelists[item.codelist or ""].terms][:4]))
        case "integer" | "decimal":
            return Value(str(dice.choice([0, 1, 4, 5, 90, 140, 200])), unit=item.unit)
        case "date" | "partial-date":
            return Value("2025-03-01")
        case "time":
            return Value("09:05")
        case "datetime":
            return Value("2025-03-01T09:05")
    return Value(dice.choice(["POSITIVE", "NEGATIVE", "7", "words"]))


def _add_missing_list(workbook: Any) -> None:
    del workbook["Sheet"]
    sheet = workbook.create_sheet("Lists")
    for number, reason in enumerate(MissingReason, 1):
        sheet.cell(number, 1).value = f".{reason.value}"
    where = f"Lists!$A$1:$A${len(MissingReason)}"
    workbook.defined_names[MISSING_LIST] = DefinedName(MISSING_LIST, attr_text=where)
