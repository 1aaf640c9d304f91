"""Fifteen files as sites send them, each through its mapping and the real command: all 70 expectations hold."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from messy_studies import MAPPINGS, MESSY, make_studies, open_studies, source_of, study_of

from trialkit.cli.failure import run_guarded
from trialkit.cli.main import cli
from trialkit.cli.output import as_data
from trialkit.engine import Engine
from trialkit.model.import_options import OnError
from trialkit.model.record import RecordKey


@dataclass(frozen=True)
class Came:
    """What the imports left: record to its values, and the findings and notes of each file."""

    values: dict[str, dict[str, str]]
    findings: list[dict[str, Any]]  # Any: parsed JSON
    notes: dict[str, list[str]]


MadeOnce = Callable[[str, Callable[[Path], object]], Path]
Check = Callable[[Came], bool]


def value(record: str, item: str, text: str) -> Check:
    """This text stands there."""
    return lambda came: came.values[record].get(item) == text


def nothing(record: str, item: str) -> Check:
    """Nothing stands there."""
    return lambda came: item not in came.values.get(record, {})


def finding(code: str, cell: str, words: str = "") -> Check:
    """A finding of this code names this cell."""
    return lambda came: any(
        found["code"] == code and found["where"] == cell and words in found["message"] for found in came.findings
    )


def asked(code: str, item: str) -> Check:
    """A finding of this code is about this record and item, and names a cell of the file."""
    return lambda came: any(
        found["code"] == code and found["source"] and f"{RecordKey(**found['key'])}.{found['item']}" == item
        for found in came.findings
    )


def note(mapping: str, words: str) -> Check:
    """A note of this import says so."""
    return lambda came: any(words in said for said in came.notes[mapping])


def file(number: str, cell: str) -> str:
    """The cell as findings name it."""
    return f"{next(MESSY.glob(f'{number}_*.csv')).name}!{cell}"


EXPECTED: list[tuple[str, str, str, tuple[Check, ...]]] = [
    ("0401", "D8 MADRS.TOTAL", "21", (value("0401 V4 MADRS", "TOTAL", "21"),)),
    ("0402", "D8 MADRS.TOTAL", "ND", (value("0402 V4 MADRS", "TOTAL", ".ND"),)),
    (
        "0402", "D1 PD.PDSBPL", "139/88",
        (value("0402 V1 PD", "PDSBPL", "139"), value("0402 V1 PD", "PDSBP1", "141")),
    ),
    ("-", "row Mean", "Mean", (note("01_wide_two_header", "(summary row): 8"),)),
    ("101-007", "T0", "9.32", (value("101-007 V1 EXIV", "EXSTTIM", "09:32"),)),
    ("101-007", "T+40 TM.SYSBP", "158/96", (value("101-007 V1 TM @T+40", "SYSBP", "158"),)),
    ("101-007", "T+40 rpt", "149/90", (finding("M105", file("02", "C7"), "+40 rpt"),)),
    ("101-007", "T+120", "2h", (value("101-007 V1 TM @T+120", "SYSBP", "128"),)),
    (
        "0501", "VS.WTKG", "176 lb",
        (value("0501 V0 VS", "WEIGHT_U", "LB"), value("0501 V0 VS", "WTKG", "79.83")),
    ),
    ("0502", "VS.WTKG", "80,2 kg", (value("0502 V0 VS", "WTKG", "80.20"),)),
    ("0504", "VS.WTKG", "12st 9", (value("0504 V0 VS", "WEIGHT_U", "LB"), value("0504 V0 VS", "WTKG", "80.29"))),
    ("0505", "VS.WTKG", "182", (finding("M125", file("03", "B6"), "kg and LB"), nothing("0505 V0 VS", "WEIGHT"))),
    ("0501", "VS.HTCM", "5'10\"", (value("0501 V0 VS", "HTCM", "177.80"),)),
    ("0503", "VS.HTCM", "1.76m", (value("0503 V0 VS", "HTCM", "176.00"),)),
    ("0501", "VS.TEMP", "98.6", (value("0501 V0 VS", "TEMP", "98.6"), value("0501 V0 VS", "TEMP_U", "F"))),
    (
        "0601", "DM.BRTHDAT", "03/04/1981",
        (finding("N101", file("04", "B2"), "can be read as"), nothing("0601 V0 DM", "BRTHDAT")),
    ),
    ("0601", "PH.PHEPSDAT", "UN-JAN-2024", (value("0601 V0 PH", "PHEPSDAT", "2024-01"),)),
    ("0601", "AE.AESTDAT", "45447", (value("0601 V1 AE", "AESTDAT", "2024-06-04"),)),
    ("0602", "PH.PHEPSDAT", "2023", (value("0602 V0 PH", "PHEPSDAT", "2023"),)),
    ("0603", "AE.AESTDAT", "31/04/2024", (finding("N101", file("04", "E4")), nothing("0603 V1 AE", "AESTDAT"))),
    (
        "0605", "IC.ICDAT", "07/05/24 (re-signed 21/05/24)",
        (value("0605 V0 IC", "ICDAT", "2024-05-07"), value("0605 V0 IC #2", "ICDAT", "2024-05-21")),
    ),
    (
        "2", "PHQ9.TOTAL", "11",
        (value("2 V1 PHQ9", "TOTAL", "14"), value("2 V1 PHQ9", "TOTAL_PRORATED", "Y")),
    ),
    ("3", "PHQ9.QSPERF", "ND", (value("3 V1 PHQ9", "QSPERF", "N"), value("3 V1 PHQ9", "PHQ0101", ".ND"))),
    ("5", "PHQ9.TOTAL", "999", (nothing("5 V1 PHQ9", "TOTAL"), finding("M126", file("05", "K6")))),
    ("5", "PHQ9.ITEM09", "9", (value("5 V1 PHQ9", "PHQ0109", ".UNK"),)),
    ("7", "PHQ9.ITEM09", "-", (value("7 V1 PHQ9", "PHQ0109", ".UNK"), finding("M124", file("05", "J8")))),
    ("0701", "LB.LBORRES ALT", "<5", (value("0701 V0 LB", "LBORRES", "<5"), nothing("0701 V0 LB", "LBNUM"))),
    ("0701", "LB.LBNUM BILI", "0,9 mg/dl", (value("0701 V0 LB #2", "LBNUM", "15.3936"),)),
    (
        "0702", "LB.LBXULN ALT", "112 H",
        (value("0702 V0 LB", "LBXULN", "3.200000"), finding("LB004", file("06", "D6"))),
    ),
    (
        "0702", "LB.LBPERF AST", "haemolytisch",
        (value("0702 V0 LB #2", "LBPERF", "N"), value("0702 V0 LB #2", "LBORRES", ".TECH")),
    ),
    ("08-01", "PG.PGRES", "nein", (value("08-01 V0 PG", "PGRES", "NEGATIVE"),)),
    ("08-02", "PG.PGPERF", "entf.", (value("08-02 V0 PG", "PGPERF", ".NA"),)),
    ("08-01", "note", "Übelkeit", (finding("M122", file("07", "E2"), "Übelkeit nach Infusion"),)),
    (
        "0901", "TM.SYSBP rpt", "150/90",
        (finding("M123", file("08", "E2"), "SYSBP '150'"), nothing("0901 V3 TM @T+40", "SYSBP")),
    ),
    (
        "0902", "EXIV.EXINTMIN", "6 min",
        (finding("M123", file("08", "E4"), "EXINTMIN '6'"), nothing("0902 V4 EXIV", "EXINTMIN")),
    ),
    ("0903", "VS.SYSBP", "1 35", (value("0903 V3 VS", "SYSBP", "135"), finding("M124", file("08", "C5")))),
    ("0904", "note", "tel 555-0147", (finding("M122", file("08", "E6"), "tel [redacted]"),)),
    (
        "1001", "V3", "22/22",
        (value("1001 V4 MADRS", "TOTAL", "22"), note("09_duplicate_visits", "count once: 4 (as 2)")),
    ),
    ("1001", "V3b", "20", (finding("M103", file("09", "B3"), "V3b"),)),
    ("1001", "V4", "18 vs 19", (finding("M109", file("09", "E7")), nothing("1001 V6 MADRS", "TOTAL"))),
    ("1101", "D1 MADRS.TOTAL", "=SUM(C2:L2)", (value("1101 V1 MADRS", "TOTAL", "35"),)),
    ("1101", "D8 ITEM07", "2-3", (finding("N101", file("10", "I3")),)),
    ("1101", "D22 ITEM06", "1.5", (finding("N101", file("10", "H4")),)),
    (
        "1102", "D1 MADRS.TOTAL", "44",
        (finding("M126", file("10", "M5"), "make 42"), value("1102 V1 MADRS", "TOTAL", "42")),
    ),
    ("1102", "D8 ITEM01", "7", (finding("V103", file("10", "C6")), nothing("1102 V4 MADRS", "MADR01"))),
    ("1201", "PG.PGRES", "1", (value("1201 V1 PG", "PGRES", "NEGATIVE"),)),
    ("1204", "PG.PGRES", "POS!", (value("1204 V1 PG", "PGRES", "POSITIVE"), finding("IE012", file("11", "C5")))),
    ("1205", "PD.PDESCORT", "?", (finding("N101", file("11", "B6")), nothing("1205 V1 PD", "PDESCORT"))),
    ("1203", "IC.ICCOPY", "", (nothing("1203 V0 IC", "ICCOPY"), asked("V202", "1203 V0 IC.ICCOPY"))),
    ("1301", "EXND count", "2", (value("1301 V1 EXNS", "NDEV", "2"), value("1301 V1 EXND #2", "DEVKIT", "A1235"))),
    (
        "1302", "EXND gap 1-2", "10:15-10:19",
        (value("1302 V1 EXND #2", "DEVTIM", "10:19"), finding("NS004", file("12", "D3"))),
    ),
    (
        "1302", "EXNS.TXENDTIM", "12:10",
        (value("1302 V1 EXNS", "TXENDTIM", "12:10"), finding("NS014", file("12", "D3"))),
    ),
    (
        "1303", "EXNS.NDEV", "3 listed",
        (
            value("1303 V1 EXNS", "NDEV", "2"),
            value("1303 V1 EXND #2", "DEVMALF", "Y"),
            value("1303 V1 EXND #3", "DEVKIT", "A1252"),
        ),
    ),
    ("1304", "EXNS.EXDOSE", "28 mg x2", (value("1304 V1 EXNS", "EXDOSE", "56"), finding("M124", file("12", "D5")))),
    ("1303", "T+40 BP", "?", (value("1303 V1 TM @T+40", "SYSBP", ".UNK"), finding("NS015", file("12", "D4")))),
    ("1401", "EXIV.EXDOSE", "41.2", (value("1401 V1 EXIV", "EXDOSE", "41.2"),)),
    ("1402", "EXIV.EXDOSE", "65 mg (cap 60)", (value("1402 V1 EXIV", "EXDOSE", "60"),)),
    ("1402", "EXIV.EXENTIM", "00:20", (value("1402 V1 EXIV", "EXENTIM", "00:20"),)),
    ("1403", "EXIV.EXINTMIN", "5", (value("1403 V1 EXIV", "EXINTMIN", "5"),)),
    (
        "1404", "EXIV.EXDOSE", "41",
        (
            value("1404 V1 EXIV", "EXDOSE", "41"),
            value("1404 V1 EXIV", "EXCALC", "32.00"),
            finding("IV001", file("13", "C5")),
        ),
    ),
    (
        "p-77", "DI rows", "2",
        (note("14_epro_export", "count once: 3 (as 2)"), value("p-77 HD01 DI", "DITAKEN", "Y")),
    ),
    (
        "p-77", "PHQ9.ITEM09", "Several days",
        (value("p-77 V2 PHQ9", "PHQ0109", "1"), finding("SC008", file("14", "F4"))),
    ),
    (
        "p-77", "DI lag", "2024-04-09 tz blank",
        (finding("DI001", file("14", "C5")), asked("V202", "p-77 HD01 DI #2.DITZ"), nothing("p-77 HD01 DI #2", "DITZ")),
    ),
    ("p-79", "DI.DIDTM", "2099-01-01", (finding("DI003", file("14", "C7")),)),
    ("p-79", "NRS.ITEM01", "11", (finding("V103", file("14", "F7")), nothing("p-79 D1 NRS", "NRS01"))),
    (
        "K0091", "DA.RETAMT", "18 (1 broken)",
        (value("12-001 V1 DA", "RETAMT", "18"), finding("M124", file("15", "D3"), "broken")),
    ),
    ("K0092", "DA.LOSTAMT", "0 returned", (value("12-002 V1 DA", "LOSTAMT", "24"), finding("PO016", file("15", "E4")))),
    ("K0093", "DA.RETAMT", "26", (finding("PO014", file("15", "D5")), nothing("12-003 V1 DA", "RETAMT"))),
    (
        "K0094", "DA.DADELSIG", "no sig",
        (value("12-001 V1 DA #2", "DADELSIG", "N"), asked("PO020", "12-001 V1 DA #2.DADELDAT")),
    ),
    ("TOTAL", "row", "TOTAL", (note("15_pill_count", "(summary row): 8"),)),
]  # fmt: skip
"""Subject or row, target field and raw text of each expectation, and what must be so."""


@pytest.fixture(scope="module", params=["engine", pytest.param("command", marks=pytest.mark.slow)])
def came(request: pytest.FixtureRequest, made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Came:
    """Import every file into a study of its protocol, and look at what is there then.

    The command compiles the study anew for each file, so it is typed for all of them in the slow tests only.
    """
    folder = Path(shutil.copytree(made_once("messy", make_studies), tmp_path_factory.mktemp("came") / "messy"))
    outcomes: dict[str, Any] = {}
    engines = open_studies(folder)
    for mapping in MAPPINGS:
        study = study_of(mapping)
        if request.param == "engine":
            order = source_of(mapping), [mapping]
            outcomes[mapping.stem] = as_data(engines[study].import_file(*order, on_error=OnError.SKIP_RECORD))
        else:
            outcomes[mapping.stem] = type_import(folder / study, mapping)
    found = came_from(outcomes, engines)
    for engine in engines.values():
        engine.close()
    return found


def came_from(outcomes: dict[str, Any], engines: dict[str, Engine]) -> Came:  # Any: parsed JSON
    """What the studies hold after the imports."""
    values = {key: texts for engine in engines.values() for key, texts in stored(engine).items()}
    findings = [found for outcome in outcomes.values() for found in outcome["findings"]]
    return Came(values, findings, {name: outcome["notes"] for name, outcome in outcomes.items()})


def test_expectations_when_they_are_listed_then_they_are_those_of_the_dossier() -> None:
    with (MESSY / "expected.csv").open(encoding="utf-8", newline="") as source:
        rows = [(row["subject_or_row"], row["target_field"], row["raw"]) for row in csv.DictReader(source)]

    assert len(rows) == 70
    assert [row[:3] for row in EXPECTED] == rows


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: " ".join(expected[:3]))
def test_messy_cell_when_its_file_is_imported_by_its_mapping_then_the_expectation_holds(
    expected: tuple[str, str, str, tuple[Check, ...]], came: Came
) -> None:
    failed = [number for number, check in enumerate(expected[3], 1) if not check(came)]

    assert failed == []


def type_import(study: Path, mapping: Path) -> Any:  # Any: parsed JSON
    """Type the command and read what it says."""
    source = str(source_of(mapping))
    words = ["import", source, "--map", str(mapping), "--on-error", "skip-record", "--json", "--study", str(study)]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run_guarded(cli, [*words, "--user", "test"])
    (outcome,) = json.loads(out.getvalue())["outcomes"]
    return outcome


def stored(engine: Engine) -> dict[str, dict[str, str]]:
    """Every record to its texts, and under ITEM_U their units."""
    found: dict[str, dict[str, str]] = {}
    for record in engine.store.records():
        texts = found.setdefault(str(record.key), {})
        for name, value in record.values.items():
            texts[name] = f".{value.missing}" if value.text is None else value.text
            texts[f"{name}_U"] = value.unit or ""
    return found
