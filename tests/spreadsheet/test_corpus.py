"""Judged files that break readers, as whole commands: our own, and a larger collection where it lies beside.

Each file goes through ``trialkit workbook read FILE --json`` under the rules that hold for all: no traceback, no
signal, no hang. See `judged/README.md`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import resource
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

_CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
_OWN = Path(__file__).resolve().parent / "judged"
_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".xlsb")
_OTHER_EDITION = ("oracle/CustomXMLMappings-complex-type.xlsx", "oracle/NumberFormatTests.xlsx")
"""The workbook was changed after the program saved its picture of it."""

_WRONG_TRUTH = ("real/csv-spectrum/csvs/location_coordinates.csv",)
"""The truth beside it has another telephone number than the file."""

_SECONDS = 10
_SAMPLE = (
    "real/dim-lie--52348.xlsx",
    "real/bomb--54764.xlsx",
    "real/errors--types.xlsx",
    "real/dates--1900.xlsx",
    "generated/zip--bitflip-sheet.xlsx",
    "generated/bomb--one-huge-token.xlsx",
    "generated/grid--cell-at-xfd1048576.xlsx",
    "generated/value--dates-serial.xlsx",
    "generated/header--duplicate-nfc.xlsx",
    "generated/csv--unclosed-quote.csv",
    "generated/csv--rlo.csv",
)


def _manifest(folder: Path) -> list[dict[str, Any]]:
    place = folder / "manifest.json"
    return json.loads(place.read_text(encoding="utf-8")) if place.is_file() else []


def _cases() -> list[dict[str, Any]]:
    """Our own, and behind them those that lie beside the checkout only."""
    own = _manifest(_OWN)
    names = {entry["file"] for entry in own}
    return [*own, *(entry for entry in _beside() if entry["file"] not in names)]


def _beside() -> list[dict[str, Any]]:
    return [entry for entry in _manifest(_CORPUS) if str(entry["file"]).endswith(_SUFFIXES)]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own files, unpacked, each as it was when it was judged."""
    folder = tmp_path_factory.mktemp("judged")
    with zipfile.ZipFile(_OWN / "files.zip") as archive:
        archive.extractall(folder)
    for entry in _manifest(_OWN):
        assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    return folder


def _marked() -> list[Any]:
    return [
        pytest.param(case, id=case["file"], marks=() if case["file"] in _SAMPLE else pytest.mark.slow)
        for case in _cases()
    ]


def _read(path: Path, folder: Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON; whatever happens there is both, soon, with one plain line when it is refused."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "trialkit.cli.main", "workbook", "read", str(path), "--json"],
        capture_output=True,
        timeout=120,
        check=False,
        cwd=folder,
    )
    said = done.stderr.decode()
    assert done.returncode in (0, 8), said
    assert "Traceback" not in said
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < _SECONDS
    assert [*folder.iterdir()] == []
    assert len(said.splitlines()) == (1 if done.returncode else 0), said
    return done.returncode, json.loads(done.stdout.decode())


@pytest.mark.parametrize("case", _marked())
def test_file_when_it_breaks_other_readers_then_the_verdict_is_as_judged(
    case: dict[str, Any], own: Path, tmp_path: Path
) -> None:
    judged = own / case["file"]
    code, told = _read(judged if judged.is_file() else _CORPUS / case["file"], tmp_path)

    expect = case.get("expect", {"verdict": "any"})
    verdict = expect["verdict"]
    assert verdict != "load" or code == 0, told
    assert verdict != "refuse" or code == 8, told.get("rows")
    assert verdict != "findings" or code == 8 or told["findings"]
    if code == 0:
        assert all(set(finding) >= {"code", "sheet", "cell", "text"} for finding in told["findings"])
        assert expect.get("rows", told["rows"]) == told["rows"]
        assert {place: told["cells"].get(place) for place in expect.get("cells", {})} == expect.get("cells", {})
    else:
        assert told["error"]["remedy"]


def _oracles() -> list[Any]:
    found = [case["file"] for case in _beside() if case["class"] == "excel-oracle"]
    return [
        pytest.param(name, id=name, marks=() if number < 3 else pytest.mark.slow) for number, name in enumerate(found)
    ]


@pytest.mark.parametrize("name", _oracles())
def test_workbook_when_a_spreadsheet_program_shows_it_then_the_same_cells_are_filled(name: str, tmp_path: Path) -> None:
    from trialkit.spreadsheet import read_workbook

    source = read_workbook(_CORPUS / name)

    for number, sheet in enumerate(source.sheets):
        shown = _CORPUS / f"{name}.{number}.excel.csv"
        if not shown.is_file() or name in _OTHER_EDITION:
            continue
        theirs = _places(_rows_of(shown))
        mine = {
            (row.number, column): cell
            for row in sheet.rows
            for column, cell in enumerate(row.cells)
            if cell.text.strip() or cell.kind == "formula-without-value"
        }
        if not mine:
            assert theirs == set()
            continue
        # The program begins its file at the first used cell.
        down, right = (min(place[axis] for place in mine) - min(place[axis] for place in theirs) for axis in (0, 1))
        theirs = {(row + down, column + right) for row, column in theirs}
        hidden = {place for place in mine.keys() - theirs if mine[place].number_format}
        assert theirs - mine.keys() == set(), sheet.name
        assert mine.keys() - theirs - hidden == set(), sheet.name


@pytest.mark.parametrize("name", _oracles())
def test_workbook_when_another_library_reads_it_then_the_same_cells_are_filled(name: str) -> None:
    from trialkit.spreadsheet import read_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what that library does not read
        theirs = openpyxl.load_workbook(_CORPUS / name, data_only=True)

    for sheet in read_workbook(_CORPUS / name).sheets:
        mine = {cell.address for row in sheet.rows for cell in row.cells if cell.text}
        filled = {
            cell.coordinate for row in theirs[sheet.name].iter_rows() for cell in row if cell.value not in (None, "")
        }
        assert mine == filled, sheet.name


def _rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig", errors="replace"), newline="")))


def _places(table: list[list[str]]) -> set[tuple[int, int]]:
    return {(row, column) for row, texts in enumerate(table, 1) for column, text in enumerate(texts) if text.strip()}


def _csv_oracles() -> list[Any]:
    return [
        pytest.param(case["file"], id=case["file"])
        for case in _beside()
        if case["class"] == "csv-oracle" and case["file"].endswith(".csv") and case["file"] not in _WRONG_TRUTH
    ]


@pytest.mark.parametrize("name", _csv_oracles())
def test_csv_when_its_truth_is_known_then_it_is_read_so(name: str) -> None:
    from trialkit.spreadsheet import read_csv

    truth = json.loads((_CORPUS / name.replace("csvs/", "json/").replace(".csv", ".json")).read_text(encoding="utf-8"))
    rows = [[cell.text for cell in row.cells] for row in read_csv(_CORPUS / name).sheets[0].rows]

    found = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    # The collection's own copies have lost the CR of line breaks inside fields.
    kept = json.dumps(truth if isinstance(truth, list) else [truth]).replace("\\r\\n", "\\n")
    assert json.dumps(found).replace("\\r\\n", "\\n") == kept
