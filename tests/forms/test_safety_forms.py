"""What the forms of safety and of the dosing session compute, ask, hide and submit, in the shipped protocols."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from trialkit.engine import Engine, begin_study, open_study
from trialkit.model.form import Form
from trialkit.model.outcome import SaveOutcome
from trialkit.model.record import RawValue

STUDY = """\
study: SAF
title: Safety forms
protocol: {protocol}
sites: [{{site: "012", timezone: Europe/Amsterdam}}]
"""

LB = {"LBPERF": "Y", "LBDAT": "2026-03-01", "LBTIM": "09:10"}
TM = {
    "TMPERF": "Y",
    "TMDAT": "2026-03-10",
    "TMTIM": "10:41",
    "SYSBP": "130",
    "DIABP": "82",
    "PULSE": "70",
    "RESP": "14",
    "OXYSAT": "98",
    "O2SUPP": "N",
    "TMINIT": "kl",
}
PD = {
    "PDDAT": "2026-03-10",
    "PDTIM": "09:40",
    "PDFOODTM": "2026-03-10T05:30",
    "PDDRNKTM": "2026-03-10T07:00",
    "PDESCORT": "Y",
    "PDALC24": "N",
    "PDCAN24": "N",
    "PDSBP1": "128",
    "PDDBP1": "80",
    "PDSBPL": "128",
    "PDDBPL": "80",
    "PDNBP": "1",
    "PDPULSE": "72",
    "PDSPO2": "98",
    "PDCADSS": "0",
    "PDMOAAS": "5",
    "PDDEC": "GO",
    "PDINV": "A. Investigator",
}


class Desk:
    """One subject of a study, and the forms filled in for it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def fill(self, visit: str, form: str, values: Mapping[str, str], timepoint: str = "") -> SaveOutcome:
        """Enter a record; a unit stands behind its number: ``180 LB``; a missing reason is ``.ND``."""
        raw: dict[str, RawValue] = {}
        for name, text in values.items():
            number, _, unit = text.partition(" ") if name in ("TEMP", "WEIGHT", "HEIGHT") else (text, "", "")
            raw[name] = RawValue(number, unit=unit or None)
        return self.engine.enter("012-0001", visit, form, raw, timepoint=timepoint)

    def last(self, visit: str, form: str) -> dict[str, str | None]:
        """The texts of the record that was filled in last."""
        return {name: value.text for name, value in self.engine.records("012-0001", visit, form)[-1].values.items()}

    def lab(self, analyte: str, result: str, unit: str = "", low: str = "", high: str = "") -> dict[str, str | None]:
        """Enter one laboratory result and tell what is stored."""
        given = {"LBTESTCD": analyte, "LBORRES": result, "LBORRESU": unit, "LBORNRLO": low, "LBORNRHI": high}
        assert self.fill("V0", "LB", {**LB, **given}).stored
        return self.last("V0", "LB")

    def submitted(self, folder: Path, domain: str) -> list[dict[str, str]]:
        """The rows of an SDTM domain."""
        self.engine.export_sdtm(folder, ["csv"])
        with (folder / f"{domain.lower()}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def queried(outcome: SaveOutcome) -> set[str]:
    """The items that are required and blank, or given and not asked for; edit checks are not looked at."""
    assert outcome.stored
    return {finding.item for finding in outcome.findings if finding.code.startswith("V2")}


def now() -> datetime:
    """The moment of every test."""
    return datetime(2026, 3, 31, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a study of a protocol, with one subject, once; tests copy it."""

    def make(protocol: str) -> Path:
        folder = tmp_path_factory.mktemp("made") / protocol
        folder.mkdir()
        (folder / "study.yaml").write_text(STUDY.format(protocol=protocol), encoding="utf-8")
        with begin_study(folder, "ann", now) as engine:
            engine.add_subject("012", "0001")
        return folder

    return cache(make)


@pytest.fixture
def desk_of(tmp_path: Path, made_of: Callable[[str], Path]) -> Iterator[Callable[[str], Desk]]:
    """Opens a study of a protocol, with one subject."""
    with ExitStack() as opened:

        def make(protocol: str) -> Desk:
            folder = shutil.copytree(made_of(protocol), tmp_path / protocol)
            return Desk(opened.enter_context(open_study(folder, "ann", now)))

        yield make


@pytest.fixture
def desk(desk_of: Callable[[str], Desk]) -> Desk:
    return desk_of("iv")


@pytest.mark.parametrize(
    ("analyte", "result", "unit", "expected"),
    [
        ("BILI", "0.9", "mg/dL", "15.3936"),
        ("BILI", "15", "umol/L", "15"),
        ("CREAT", "1.0", "mg/dL", "88.42"),
        ("GLUC", "100", "mg/dL", "5.55"),
        ("ALB", "4.5", "g/dL", "45"),
        ("HGB", "13.5", "g/dL", "135"),
        ("ALT", "112", "U/L", "112"),
        ("BILI", "0", "mg/dL", "0"),
        ("BILI", "<0.5", "mg/dL", None),
        ("ALT", "haemolysed", "", None),
        ("ALT", "112", "mg/dL", None),
        ("NITRITE", "NEGATIVE", "", None),
    ],
)
def test_lbnum_when_a_result_is_entered_then_si_or_missing_and_the_result_as_reported(
    desk: Desk, analyte: str, result: str, unit: str, expected: str | None
) -> None:
    stored = desk.lab(analyte, result, unit)
    number = stored.get("LBNUM")
    assert (None if number is None else Decimal(number)) == (None if expected is None else Decimal(expected))
    assert stored["LBORRES"] == result


def test_lbxuln_when_the_result_is_near_three_limits_then_never_rounded_up_to_it(desk: Desk) -> None:
    multiples = [desk.lab("ALT", result, "U/L", high="35")["LBXULN"] for result in ("104.99", "105", "105.01")]
    below, at, above = (Decimal(multiple or "nan") for multiple in multiples)
    assert below < 3
    assert at == 3
    assert above > 3


def test_lbxuln_when_the_unit_is_not_si_then_counted_in_the_unit_of_the_report(desk: Desk) -> None:
    stored = desk.lab("BILI", "2.4", "mg/dL", high="1.2")
    assert Decimal(stored["LBXULN"] or "nan") == 2


def test_lbxuln_when_there_is_no_number_or_no_limit_then_missing(desk: Desk) -> None:
    for result, high in (("<5", "35"), (">1000", "35"), ("20", ""), ("20", "0")):
        assert desk.lab("ALT", result, "U/L", high=high).get("LBXULN") is None


def test_lbclsig_when_the_range_is_known_then_asked_only_outside_it(desk: Desk) -> None:
    limits = {**LB, "LBTESTCD": "K", "LBORRESU": "mmol/L", "LBORNRLO": "3.5", "LBORNRHI": "5.1", "LBCLSIG": "N"}
    asked = {result: not queried(desk.fill("V0", "LB", {**limits, "LBORRES": result})) for result in ("3.4", "5.2")}
    unasked = {result: queried(desk.fill("V0", "LB", {**limits, "LBORRES": result})) for result in ("3.5", "5.1")}
    assert asked == {"3.4": True, "5.2": True}
    assert unasked == {"3.5": {"LBCLSIG"}, "5.1": {"LBCLSIG"}}
    comparator = {name: value for name, value in limits.items() if name != "LBCLSIG"}
    assert queried(desk.fill("V0", "LB", {**comparator, "LBORRES": "<3.0"})) == set()


def test_lborresu_when_the_result_is_quantitative_then_asked_for(desk: Desk) -> None:
    assert queried(desk.fill("V0", "LB", {**LB, "LBTESTCD": "ALT", "LBORRES": "<5"})) == {"LBORRESU"}
    assert queried(desk.fill("V0", "LB", {**LB, "LBTESTCD": "LEUKASE", "LBORRES": "TRACE"})) == set()
    assert queried(desk.fill("V0", "LB", {**LB, "LBTESTCD": "PROT", "LBORRES": "30"})) == {"LBORRESU"}
    assert queried(desk.fill("V0", "LB", {**LB, "LBTESTCD": "ALT", "LBORRES": ".TECH"})) == set()


def test_lb_when_submitted_then_standard_results_in_si_and_comparators_as_reported(desk: Desk, tmp_path: Path) -> None:
    desk.lab("BILI", "0.9", "mg/dL", low="0.2", high="1.2")
    desk.lab("ALT", "<5", "U/L", high="35")
    desk.fill("V0", "LB", {"LBPERF": "N", "LBTESTCD": "TSH"})
    alt, bili, tsh = desk.submitted(tmp_path / "out", "LB")
    standard = {name: value for name, value in bili.items() if name.startswith("LBST") and value}
    assert standard == {
        "LBSTRESC": "15.3936",
        "LBSTRESN": "15.3936",
        "LBSTRESU": "umol/L",
        "LBSTNRLO": "3.4208",
        "LBSTNRHI": "20.5248",
    }
    assert (bili["LBTEST"], bili["LBNRIND"]) == ("Bilirubin", "NORMAL")
    assert (bili["LBORRES"], bili["LBORRESU"], bili["LBORNRHI"]) == ("0.9", "mg/dL", "1.2")
    assert (alt["LBORRES"], alt["LBSTRESC"], alt["LBSTRESN"], alt["LBSTRESU"]) == ("<5", "<5", "", "U/L")
    assert (tsh["LBTESTCD"], tsh["LBSTAT"], tsh["LBORRES"]) == ("TSH", "NOT DONE", "")


@pytest.mark.parametrize(
    ("timepoint", "asked"),
    [("T+10", set()), ("T+60", {"MOAAS"}), ("T+40", {"MOAAS", "CADSS", "BPRS4"})],
)
def test_tm_when_scales_are_scheduled_at_the_timepoint_then_asked_there_and_nowhere_else(
    desk: Desk, timepoint: str, asked: set[str]
) -> None:
    scales = {"MOAAS": "5", "CADSS": "0", "BPRS4": "0"}
    assert queried(desk.fill("V1", "TM", TM, timepoint)) == asked
    assert queried(desk.fill("V1", "TM", scales, timepoint)) == set(scales) - asked


def test_tm_when_a_timepoint_was_missed_then_only_the_reason_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    assert queried(desk.fill("V1", "TM", {"TMPERF": "N", "TMINIT": "kl"}, "T+40")) == {"TMREASND"}
    assert queried(desk.fill("V1", "TM", {"TMREASND": "EQUIPMENT"}, "T+40")) == set()
    assert desk.last("V1", "TM")["TMTPT"] == "T+40"
    (row,) = desk.submitted(tmp_path / "out", "VS")
    assert (row["VSTESTCD"], row["VSSTAT"], row["VSELTM"]) == ("VSALL", "NOT DONE", "PT40M")


def test_vs_when_readings_are_in_pounds_inches_and_fahrenheit_then_unit_items_and_standard_values(
    desk: Desk, tmp_path: Path
) -> None:
    given = {"VSPERF": "Y", "VSDAT": "2026-03-01", "WEIGHT": "180 LB", "HEIGHT": "70 in", "TEMP": "98.6 F"}
    desk.fill("V0", "VS", given)
    stored = desk.last("V0", "VS")
    assert (stored["WEIGHTU"], stored["HEIGHTU"], stored["TEMPU"]) == ("LB", "in", "F")
    assert (Decimal(stored["WTKG"] or 0), Decimal(stored["HTCM"] or 0)) == (Decimal("81.65"), Decimal("177.8"))
    assert stored["BMI"] == "25.8"
    rows = {row["VSTESTCD"]: row for row in desk.submitted(tmp_path / "out", "VS")}
    assert set(rows) == {"WEIGHT", "HEIGHT", "TEMP", "BMI"}
    weight = rows["WEIGHT"]
    assert (weight["VSORRES"], weight["VSORRESU"]) == ("180", "LB")
    assert (weight["VSSTRESN"], weight["VSSTRESU"]) == ("81.6466266", "kg")


def test_vs_when_readings_are_in_standard_units_or_missing_then_copied_or_missing(desk: Desk) -> None:
    desk.fill("V0", "VS", {"VSPERF": "Y", "WEIGHT": "82.4 kg", "HEIGHT": ".REF"})
    stored = desk.last("V0", "VS")
    assert (stored["WEIGHTU"], stored["WTKG"]) == ("kg", "82.40")
    assert not {"HEIGHTU", "HTCM", "TEMPU", "BMI"} & set(stored)


def test_qtcf_when_entered_then_kept_as_the_printout_says_and_asked_for_when_blank(desk: Desk) -> None:
    ecg = {"EGPERF": "Y", "EGDAT": "2026-03-01", "EGTIM": "09:30", "EGHR": "64", "PR": "160", "QRS": "92", "QT": "400"}
    assert queried(desk.fill("V0", "EG", {**ecg, "EGINTP": "NORMAL"})) == {"QTCF"}
    assert queried(desk.fill("V0", "EG", {"QTCF": "405"})) == set()
    assert desk.last("V0", "EG")["QTCF"] == "405"


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        ({}, set()),
        ({"PDSBPL": "159", "PDDBPL": "99"}, set()),
        ({"PDSBPL": "160"}, {"PDREAS"}),
        ({"PDCAN24": "Y"}, {"PDREAS"}),
        ({"PDSPO2": "93"}, {"PDREAS"}),
        ({"PDDEC": "NO-GO"}, {"PDREAS"}),
    ],
)
def test_pdreas_when_the_dose_is_refused_or_given_against_a_limit_then_asked_for(
    desk: Desk, found: dict[str, str], asked: set[str]
) -> None:
    assert queried(desk.fill("V1", "PD", {**PD, **found})) == asked


@pytest.mark.parametrize(("protocol", "asked"), [("iv", False), ("nasal", True)])
def test_device_questions_when_the_route_is_nasal_then_asked_and_else_not(
    desk_of: Callable[[str], Desk], protocol: str, asked: bool
) -> None:
    desk = desk_of(protocol)
    assert ("AERELDEV" in queried(desk.fill("V1", "AE", {"AETERM": "Nose bleed"}))) == asked
    assert ("PDNASAL" in queried(desk.fill("V1", "PD", PD))) == asked
    assert ("DRHYPTIM" in queried(desk.fill("V1", "DR", {"DRHYPTIM": "11:40"}))) != asked


def test_aereldev_when_a_protocol_names_no_route_then_not_asked_for(desk_of: Callable[[str], Desk]) -> None:
    assert "AERELDEV" not in queried(desk_of("observational").fill("ENROL", "AE", {"AETERM": "Headache"}))


@pytest.mark.parametrize(
    ("form", "hidden"),
    [
        ("TM", ("SYSBP", "DIABP", "PULSE", "OXYSAT", "MOAAS", "CADSS", "BPRS4", "NAUSEA", "TMREASND")),
        ("PD", ("PDSBP1", "PDDBP1", "PDSBPL", "PDDBPL", "PDCADSS", "PDREAS")),
        ("DR", ("DRSYSBP", "DRDIABP", "DRMOAAS", "DRCADSS", "DRHYPTIM", "DROUTTIM")),
        ("RM", ("RMTRT", "RMINDC", "RMDOSE", "RMRESP")),
        ("DT", ("DTNEXT", "DTREAS")),
        ("UD", ("UDRES", "UDEXPL")),
    ],
)
def test_items_when_they_could_unblind_then_hidden_from_the_blinded_rater(
    forms: Mapping[str, Form], form: str, hidden: tuple[str, ...]
) -> None:
    found = {item.item for item in forms[form].items if "RATER_BLIND" in item.hidden_from}
    assert set(hidden) <= found
    assert not found & {"TMPERF", "PDDEC", "DRESCORT", "UDTESTCD"}
