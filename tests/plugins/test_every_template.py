"""Each form of each protocol goes out as a workbook, is filled in as a person would, and comes back the same.

One study for each protocol; whole commands. The raw export is compared with what was filled in.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, time
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from every_form import Entry, Given, every_form

from trialkit.cli.failure import run_guarded
from trialkit.cli.main import cli
from trialkit.engine import opening
from trialkit.engine.assembly import Assembly, assemble
from trialkit.model.choice import code_choices
from trialkit.model.item import Item
from trialkit.model.study import Study
from trialkit.model.template_facts import FACTS_SHEET, TemplateFacts
from trialkit.registry import load_registry

SUBJECT = "012-0001"
STUDY = """\
study: BACK
title: There and back
protocol: {protocol}
sites:
  - {{site: "012", country: NLD, timezone: Europe/Amsterdam}}
"""
SAMPLE = ("AE", "DM", "EXNS", "RG", "TM", "VS")


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class RoundTrip(NamedTuple):
    """A workbook that was made, filled in and imported."""

    study: Study
    entries: Mapping[str, Entry]
    unfilled: Said
    imported: Said
    again: Said
    raw: Path


def say(*words: str) -> Said:
    """Type a command."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_guarded(cli, words)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def make_study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Path, Assembly]]]:
    """A new study of a protocol; its definitions, which do not change here, are read once."""
    with pytest.MonkeyPatch.context() as patch:
        read = cache(lambda folder: assemble(folder, load_registry()))
        patch.setattr(opening, "assemble", lambda folder, _registry: read(folder))

        def make(protocol: str) -> tuple[Path, Assembly]:
            folder = tmp_path_factory.mktemp("back") / "study"
            folder.mkdir()
            (folder / "study.yaml").write_text(STUDY.format(protocol=protocol), encoding="utf-8")
            assert say("init", str(folder), "--user", "ann").code == 0
            assert say("subject", "add", *SUBJECT.split("-"), "--study", str(folder), "--user", "ann").code == 0
            return folder, read(folder)

        yield make


def round_trip(folder: Path, assembly: Assembly, forms: tuple[str, ...]) -> RoundTrip:
    """Make a workbook of these forms, or of all; fill it in; import and export it."""
    where = ("--study", str(folder), "--user", "ann")
    path = folder.parent / "back.xlsx"
    entries = {one.form.form: one for one in every_form(assembly) if not forms or one.form.form in forms}
    named = dict.fromkeys(entry.visit for entry in entries.values() if entry.visit)
    visits = [word for visit in named for word in ("--visit", visit)]
    chosen = [word for form in forms for word in ("--form", form)]
    made = say("workbook", "make", "-o", str(path), *visits, *chosen, "--blank-rows", "1", "--json", *where)
    assert made.code == 0, made.err
    unfilled = say("import", str(path), *where)
    assert set(json.loads(made.out)["rows"]) == set(entries)
    fill(path, assembly.study, entries)
    return RoundTrip(
        assembly.study,
        entries,
        unfilled,
        imported=say("import", str(path), "--json", *where),
        again=say("import", str(path), *where),
        raw=exported(folder, where),
    )


def exported(folder: Path, where: tuple[str, ...]) -> Path:
    """Raw tables."""
    assert say("export", "raw", "-o", str(folder.parent / "raw"), *where).code == 0
    return folder.parent / "raw"


def fill(path: Path, study: Study, entries: Mapping[str, Entry]) -> None:
    """Fill in one row of each sheet, the first that is ready for the place of the entry."""
    workbook = openpyxl.load_workbook(path)
    facts = TemplateFacts.read([cell.value for cell in row] for row in workbook[FACTS_SHEET].iter_rows())
    assert facts is not None
    for one in facts.forms:
        sheet, entry = workbook[one.form], entries[one.form]
        columns = {cell.value: cell.column for cell in sheet[one.header_row]}
        rows = range(one.header_row + 1, sheet.max_row + 1)
        ready = (number for number in rows if _is_place(sheet, columns, number, entry, study))
        row = next(ready, sheet.max_row)  # what is optional at a visit has no row of its own: the last one is blank
        for name, text in (("SUBJECT", SUBJECT), ("VISIT", entry.visit), ("TIMEPOINT", entry.timepoint), ("REPEAT", 1)):
            if name in columns and not sheet.cell(row, columns[name]).value:
                sheet.cell(row, columns[name]).value = text
        for name, given in entry.values.items():
            item = entry.form.item(name)
            assert item is not None
            sheet.cell(row, columns[name]).value = as_typed(given, item, study)
            if given.unit is not None:
                sheet.cell(row, columns[f"{name}_U"]).value = given.unit
    workbook.save(path)


def _is_place(sheet: Any, columns: Mapping[str, int], row: int, entry: Entry, study: Study) -> bool:
    told = {name: sheet.cell(row, place).value or "" for name, place in columns.items()}
    is_log = entry.form.form in study.protocol.log_forms
    return (is_log or told.get("VISIT", "") == entry.visit) and told.get("TIMEPOINT", "") == entry.timepoint


def as_typed(given: Given, item: Item, study: Study) -> object:
    """What stands in the cell when a person has typed or picked the value."""
    match item.type:
        case "integer":
            return int(given.text)
        case "decimal":
            return float(given.text)
        case "date":
            return date.fromisoformat(given.text)
        case "time":
            return time.fromisoformat(given.text)
        case "datetime":
            return given.text.replace("T", " ")
        case "code":
            shown = code_choices(study.codelists[item.codelist or ""]).items()
            return next(text for text, code in shown if code == given.text)
        case "codes":
            return given.text.replace(";", "; ")
    return given.text


def assert_all_came_back(trip: RoundTrip) -> None:
    """Every value that was filled in stands in the raw table of its form, in its place."""
    assert trip.unfilled.code == 0
    assert "0 rows with data. Nothing to store: no record." in trip.unfilled.err
    assert "left blank and change nothing" in trip.unfilled.err
    (outcome,) = json.loads(trip.imported.out)["outcomes"]
    hard = [one for one in outcome["findings"] if one["severity"] == "hard"]
    assert (trip.imported.code, hard) == (0, [])
    assert (outcome["stored"], outcome["rows"]) == (True, len(trip.entries))
    assert not [note for note in outcome["notes"] if "left blank" not in note]
    assert f"Nothing to store: {len(trip.entries)} unchanged." in trip.again.err
    for name, entry in trip.entries.items():
        with (trip.raw / f"{name.lower()}.csv").open(encoding="utf-8", newline="") as file:
            (row,) = csv.DictReader(file)
        assert (row["SUBJECT"], row["VISIT"], row["TIMEPOINT"]) == _owner(entry), name
        for item, given in entry.values.items():
            kind = getattr(entry.form.item(item), "type", "")
            assert _plain(row[item], kind) == _plain(given.text, kind), f"{name}.{item}"
            assert row.get(f"{item}_U", "") == (given.unit or row.get(f"{item}_U", ""))


def _owner(entry: Entry) -> tuple[str, str, str]:
    return ("", "", "") if entry.form.reference else (SUBJECT, entry.visit, entry.timepoint)


def _plain(text: str, kind: str) -> object:
    return Decimal(text) if kind in ("integer", "decimal") else text


def test_forms_when_they_go_out_and_come_back_then_every_value_is_the_same(
    make_study: Callable[[str], tuple[Path, Assembly]],
) -> None:
    folder, assembly = make_study("nasal")

    assert_all_came_back(round_trip(folder, assembly, SAMPLE))


@pytest.mark.slow  # some fifty sheets each
@pytest.mark.parametrize("protocol", ["iv", "nasal", "oral"])
def test_protocol_when_all_its_forms_go_out_and_come_back_then_every_value_is_the_same(
    make_study: Callable[[str], tuple[Path, Assembly]], protocol: str
) -> None:
    folder, assembly = make_study(protocol)

    assert_all_came_back(round_trip(folder, assembly, ()))
