"""A small trial, and files and mappings written as small tables, for the tests of capture."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from trialkit.capture import Captured, map_source
from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.mapping import Mapping
from trialkit.model.protocol import Protocol, ScheduledForm, Timepoint, Visit
from trialkit.model.record import Subject
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow, SourceSheet
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.spreadsheet import column_letters

VS = Form(
    form="VS",
    title="Vital signs",
    items=(
        Item(item="SYSBP", label="Systolic", type="integer", unit="mmHg"),
        Item(item="TEMP", label="Temperature", type="decimal", unit="C", units=("C", "F", "deg F")),
        Item(item="VSDAT", label="Date", type="date"),
        Item(item="POS", label="Position", type="code", codelist="POS"),
        Item(item="MAP", label="Mean pressure", type="decimal", derive="SYSBP"),
    ),
)
PE = Form(form="PE", title="Physical", items=(Item(item="PEDAT", label="Date", type="date"),))
MH = Form(form="MH", title="History", items=(Item(item="MHTERM", label="Term", type="text"),))
AE = Form(form="AE", title="Adverse events", repeating=True, items=(Item(item="AETERM", label="Term", type="text"),))

SUBJECTS = {name: Subject(name, name[:3], name[4:]) for name in ("012-0007", "012-0008", "013-0001")}

CELL_KINDS = {
    "#": CellKind.ERROR,
    "?": CellKind.FORMULA_WITHOUT_VALUE,
    "n:": CellKind.NUMBER,
    "d:": CellKind.DATE,
}


def make_study(subject_id: str = "{site}-{number}", sites: Sequence[str] = ("012", "013")) -> Study:
    """Visits SCR (PE, MH), V1 (VS at PRE and P40), V2 (VS once), UNS (repeating, VS); AE is a log form."""
    once = ScheduledForm(form="VS")
    timed = ScheduledForm(form="VS", timepoints=("PRE", "P40"))
    protocol = Protocol(
        protocol="sample",
        title="Sample",
        log_forms=("AE",),
        timepoints=(
            Timepoint(timepoint="PRE", label="Pre-dose", number=Decimal(1)),
            Timepoint(timepoint="P40", label="40 min", number=Decimal(2)),
            Timepoint(timepoint="P99", label="99 min", number=Decimal(3)),
        ),
        visits=(
            Visit(
                visit="SCR",
                label="Screening",
                number=Decimal(1),
                forms=(ScheduledForm(form="PE"), ScheduledForm(form="MH")),
            ),
            Visit(visit="V1", label="Dosing", number=Decimal(2), forms=(timed, ScheduledForm(form="PE"))),
            Visit(visit="V2", label="Follow-up", number=Decimal(3), forms=(once,)),
            Visit(visit="UNS", label="Unscheduled", number=Decimal(4), repeating=True, forms=(once,)),
        ),
    )
    return Study(
        definition=StudyDefinition(
            study="S1",
            title="Sample",
            protocol="sample",
            sites=tuple(Site(site=site) for site in sites),
            subject_id=subject_id,
        ),
        protocol=protocol,
        forms={form.form: form for form in (AE, MH, PE, VS)},
        codelists={"POS": CodeList(codelist="POS", terms=(Term(code="SITTING"), Term(code="SUPINE")))},
        checks={},
        units=(),
        origins={},
        digest="0" * 64,
    )


def make_source(*rows: str, sheet: str = "VS", first: int = 1, extra: tuple[SourceSheet, ...] = ()) -> SourceFile:
    """A file of one sheet: cells separated by ``|``; ``#N/A`` is an error cell, ``?`` a formula without value,
    ``n:5`` a number, ``d:2024-05-06`` a date. A blank row is left out."""
    made = [SourceRow(number, _cells(row, number)) for number, row in enumerate(rows, first) if row.strip("| ")]
    return SourceFile("site.xlsx", "f" * 64, "xlsx", (SourceSheet(sheet, tuple(made)), *extra))


def make_mapping(
    records: Sequence[dict[str, Any]] | None = None, **more: Any
) -> Mapping:  # Any: as a file would say it
    """A mapping of columns ID, VISIT, SBP to VS.SYSBP at one visit, unless said otherwise."""
    return Mapping.model_validate(
        {
            "mapping": "sample",
            "subject": {"column": "ID"},
            "records": records or [vs({"SYSBP": {"column": "SBP"}})],
            **more,
        }
    )


def vs(items: dict[str, Any], **more: Any) -> dict[str, Any]:  # Any: as a file would say it
    """A record mapping to VS whose visit stands in VISIT."""
    return {"form": "VS", "visit": {"column": "VISIT"}, "items": items, **more}


def capture(source: SourceFile, mapping: Mapping, study: Study | None = None) -> Captured:
    """Map a file with the sample's subjects."""
    return map_source(source, mapping, study or make_study(), SUBJECTS)


def codes(captured: Captured) -> list[tuple[str, str]]:
    """Code and cell of each finding."""
    return [(finding.code, finding.source.address if finding.source else "") for finding in captured.findings]


def texts(captured: Captured) -> dict[str, dict[str, str]]:
    """Record key to its items' texts."""
    return {
        str(found.key): {name: value.text for name, value in found.values.items()} for found in captured.submissions
    }


def _cells(row: str, number: int) -> tuple[Cell, ...]:
    return tuple(_cell(text, f"{column_letters(column)}{number}") for column, text in enumerate(row.split("|"), 1))


def _cell(text: str, address: str) -> Cell:
    kind = next((kind for mark, kind in CELL_KINDS.items() if text.startswith(mark)), CellKind.TEXT)
    if text[:2] in CELL_KINDS:
        text = text[2:]
    if kind is CellKind.FORMULA_WITHOUT_VALUE:
        return Cell(address, "", kind, has_formula=True)
    return Cell(address, text, kind if text else CellKind.BLANK)
