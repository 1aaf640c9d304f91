"""What the forms of one route compute, ask, find and submit, on stored records of studies of the three protocols."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trialkit.engine import Engine, create_study
from trialkit.model.check import Action
from trialkit.model.outcome import SaveOutcome
from trialkit.model.record import RawValue
from trialkit.model.study import Site, StudyDefinition

BLANK, NOT_ASKED = "V202", "V203"

INFUSION = (
    "EXDAT=2026-03-02 WTUSED=82.4 WTDAT=2026-03-01 DOSELVL=0.5 EXDOSE=41 CONC=50 VOLDRUG=0.82 VOLTOT=100 EXRATE=150 "
    "EXSTTIM=10:00 EXENTIM=10:50 EXINTRP=Y EXINTMIN=10 EXINTRS=BP EXVOLINF=65 LOTNO=L1 EXPDAT=2027-01-31 PREPBY=AB "
    "CHKBY=CD"
)
SESSION = "EXDAT=2026-03-02 EXDOSE=84 NDEV=3 EXSTTIM=10:00 SELFADM=Y EXPOSN=Y OBSBY=AB TXENDTIM=12:05"
DEVICE = "DEVKIT=K1 DEVLOT=L1 DEVEXP=2027-01-31 DEVTIM=10:00 SPRAYL=Y SPRAYR=Y DEVMALF=N"
KIT = "DAKIT=B1 DALOT=L1 DAEXP=2027-01-31 DASTREN=60 DADISDAT=2026-03-02 DISPAMT=24 DACNTBY=AB"
DIARY = "DIDTM=2026-03-03T20:05 DISRV=2026-03-03T19:05Z DITZ=+01:00 DIALC=N DIURIN=N DIMOOD=6 DISUI=N"
CALL = "RCDAT=2026-03-03 RCTIM=19:30 RCTZ=+01:00 RCMODE=REMOTE_AUDIO_VIDEO RCCSSRS=Y RCESC=NONE RCBY=AB"


@dataclass
class Casebook:
    """A study with one new subject for each test, so that no record stands in the way of another."""

    engine: Engine
    subjects: list[str] = field(default_factory=list)

    def begin(self) -> Casebook:
        """Enrol the next subject."""
        self.subjects.append(self.engine.add_subject("012", f"{len(self.subjects) + 1:04d}").subject)
        return self

    def enter(self, visit: str, form: str, text: str, timepoint: str = "", repeat: int | None = None) -> SaveOutcome:
        """Enter ``SVMODE=IN_PERSON``: blanks separate items, so a blank inside a value is written ``_``.

        What rules over several records find is left out: a test enters few of the forms of a visit.
        """
        parts = (part.partition("=") for part in text.split())
        values = {name: RawValue(value.replace("_", " ")) for name, _, value in parts}
        reason = "Corrected." if repeat else None
        outcome = self.engine.enter(
            self.subjects[-1], visit, form, values, timepoint=timepoint, repeat=repeat, reason=reason
        )
        reads = self.engine.assembly.study.reads
        return replace(outcome, findings=tuple(found for found in outcome.findings if found.code not in reads))

    def stored(self, visit: str, form: str, item: str) -> list[str | None]:
        """What stands for an item, in every record of the form at that visit."""
        records = self.engine.records(self.subjects[-1], visit, form)
        return [value.text if (value := record.values.get(item)) else None for record in records]

    def export(self, folder: Path) -> dict[str, list[dict[str, str]]]:
        """Domain to the rows of the last subject."""
        self.engine.export_sdtm(folder, ["csv"])
        tables = {}
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            tables[path.stem.upper()] = [row for row in rows if row["USUBJID"].endswith(self.subjects[-1])]
        return tables


@pytest.fixture(scope="module")
def casebooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Casebook]]:
    """Opens a study of a protocol, each once, with its real plugin."""
    opened: dict[str, Casebook] = {}
    with ExitStack() as stack:

        def find(protocol: str) -> Casebook:
            if protocol not in opened:
                words = StudyDefinition(study="RT", title="Routes", protocol=protocol, sites=(Site(site="012"),))
                folder = tmp_path_factory.mktemp(protocol)
                made = create_study(folder, words, "ann", lambda: datetime(2026, 3, 31, 9, 30, tzinfo=UTC))
                opened[protocol] = Casebook(stack.enter_context(made))
            return opened[protocol].begin()

        yield find


@pytest.fixture
def iv(casebooks: Callable[[str], Casebook]) -> Casebook:
    return casebooks("iv")


@pytest.fixture
def nasal(casebooks: Callable[[str], Casebook]) -> Casebook:
    return casebooks("nasal")


@pytest.fixture
def oral(casebooks: Callable[[str], Casebook]) -> Casebook:
    return casebooks("oral")


def codes(outcome: SaveOutcome) -> set[str]:
    """The codes of what was found."""
    return {finding.code for finding in outcome.findings}


def items(outcome: SaveOutcome, code: str) -> set[str]:
    """The items for which a code was found."""
    return {finding.item for finding in outcome.findings if finding.code == code}


# The infusion


@pytest.mark.parametrize(
    ("weight", "level", "dose"),
    [
        ("82.4", "0.5", "41.00"),  # 41.2 mg
        ("82.6", "0.5", "41.50"),  # 41.3 mg
        ("70.5", "0.5", "35.50"),  # 35.25 mg lies between 35.0 and 35.5: half up
        ("120", "0.5", "60.00"),
        ("130", "0.5", "60.00"),  # 65 mg is above the cap
        ("82.4", "0.045", "3.50"),  # midazolam, 3.708 mg
    ],
)
def test_infusion_when_weight_and_level_are_entered_then_the_dose_is_capped_and_rounded(
    iv: Casebook, weight: str, level: str, dose: str
) -> None:
    iv.enter("V1", "EXIV", f"WTUSED={weight} DOSELVL={level}")
    assert iv.stored("V1", "EXIV", "EXCALC") == [dose]


def test_infusion_when_stopped_early_then_given_dose_is_a_part_and_the_prepared_one_stays(
    iv: Casebook, tmp_path: Path
) -> None:
    assert not iv.enter("V1", "EXIV", INFUSION).findings
    assert iv.stored("V1", "EXIV", "EXACTMG") == ["26.65"]  # 41 mg x 65 mL / 100 mL
    assert iv.stored("V1", "EXIV", "EXDOSE") == ["41"]
    tables = iv.export(tmp_path / "out")
    assert [(row["EXDOSE"], row["EXDOSU"]) for row in tables["EX"]] == [("26.65", "mg")]
    collected = {(row["ECMOOD"], row["ECDOSE"], row["ECDOSU"]) for row in tables["EC"]}
    assert collected == {("SCHEDULED", "0.5", "mg/kg"), ("SCHEDULED", "41", "mg"), ("PERFORMED", "65", "mL")}


def test_infusion_when_hidden_then_the_nurse_sees_the_pump_and_nothing_that_tells_the_drug(iv: Casebook) -> None:
    hidden = {item.item for item in iv.engine.form("EXIV").items if "DOSING_NURSE" in item.hidden_from}
    assert hidden == {
        *("DOSELVL", "EXCALC", "EXDOSE", "CONC", "VOLDRUG", "EXACTMG", "LOTNO", "EXPDAT", "PREPBY", "CHKBY"),
    }


# The nasal session


@pytest.mark.parametrize(
    ("more", "fires"),
    [
        ("EXENTIM=10:09", True),  # three devices need two rests of 5 minutes
        ("EXENTIM=10:10", False),
        ("EXENTIM=10:04 NDEV=2 EXDOSE=56", True),
        ("EXENTIM=10:01 NDEV=1 EXDOSE=28", False),
        ("EXENTIM=.UNK", False),
    ],
)
def test_session_when_sprays_are_too_close_for_the_devices_then_a_deviation_is_found(
    nasal: Casebook, more: str, fires: bool
) -> None:
    outcome = nasal.enter("V3", "EXNS", f"{SESSION} {more}")
    assert outcome.stored
    assert ("NS107" in codes(outcome)) is fires


@pytest.mark.parametrize(
    ("visit", "mode", "fires"),
    [
        ("V1", "SVMODE=TELEPHONE_CALL", True),
        ("V1", "SVMODE=REMOTE_AUDIO_VIDEO", True),
        ("V1", "SVMODE=IN_PERSON", False),
        ("V1", "", False),
        ("V2", "SVMODE=TELEPHONE_CALL", False),  # no dose on that day
    ],
)
def test_dosing_visit_when_not_in_person_then_it_is_stored_with_a_major_deviation(
    nasal: Casebook, visit: str, mode: str, fires: bool
) -> None:
    outcome = nasal.enter(visit, "SV", f"SVOCCUR=Y SVSTDAT=2026-03-02 {mode}")
    found = [finding.action for finding in outcome.findings if finding.code == "NS108"]
    assert outcome.stored
    assert found == ([Action.DEVIATION_MAJOR] if fires else [])


def test_devices_when_one_fails_then_rows_are_numbered_and_doses_count_once(nasal: Casebook, tmp_path: Path) -> None:
    failed = DEVICE.replace("K1", "K2").replace("SPRAYR=Y DEVMALF=N", "SPRAYR=N DEVMALF=Y DEVMALFT=stuck")
    unused = "DEVKIT=K3 DEVLOT=L1 DEVEXP=2027-01-31 DEVTIM=.NA SPRAYL=N SPRAYR=N DEVMALF=Y DEVMALFT=leaked"
    assert not codes(nasal.enter("V1", "EXNS", f"{SESSION} EXENTIM=10:06 NDEV=1 EXDOSE=28"))
    for device in (DEVICE, failed, unused):
        assert not nasal.enter("V1", "EXND", device).findings
    assert nasal.stored("V1", "EXND", "DEVSEQ") == ["1", "2", "3"]
    tables = nasal.export(tmp_path / "out")
    assert [row["EXDOSE"] for row in tables["EX"]] == ["28"]
    given = [(row["ECREFID"], row["ECOCCUR"], row["ECDOSE"]) for row in tables["EC"]]
    assert given == [("K1", "Y", "2"), ("K2", "Y", "1"), ("K3", "N", "")]


def test_device_when_destroyed_in_the_end_then_its_dispensing_raises_no_question(nasal: Casebook) -> None:
    kit = "DCKIT=K1 DCLOT=L1 DCRECDAT=2026-02-01 DCSUBJ=012-0001 DCDISDAT=2026-03-02 DCBY=AB"
    assert not nasal.enter("V1", "DC", f"{kit} DCSTAT=USED").findings
    destroyed = nasal.enter("V1", "DC", "DCSTAT=DESTROYED", repeat=1)
    assert items(destroyed, BLANK) == {"DCDESDAT", "DCWIT"}
    assert not items(destroyed, NOT_ASKED)


# The dose by mouth, its units and its diary


@pytest.mark.parametrize(
    ("count", "taken"),
    [
        ("RETAMT=3 LOSTAMT=1", "20"),  # 24 - 3 - 1
        ("RETAMT=0 LOSTAMT=0", "24"),
        ("RETAMT=3", None),  # a blank is not 0
        ("RETAMT=3 LOSTAMT=.UNK", None),
        ("RETAMT=.ND LOSTAMT=0", None),
    ],
)
def test_kit_when_counted_then_units_taken_are_known_only_when_all_three_numbers_are(
    oral: Casebook, count: str, taken: str | None
) -> None:
    oral.enter("V1", "DA", f"{KIT} DARETDAT=2026-03-20 {count}")
    assert oral.stored("V1", "DA", "TAKENAMT") == [taken]


def test_kit_when_still_at_home_then_nothing_about_its_return_is_asked(oral: Casebook) -> None:
    assert not oral.enter("V1", "DA", KIT).findings
    counted = oral.enter("V1", "DA", "DARETDAT=2026-03-20 RETAMT=3", repeat=1)
    assert items(counted, BLANK) == {"LOSTAMT"}


def test_dose_when_missed_then_only_its_reason_is_asked_and_it_is_no_exposure(oral: Casebook, tmp_path: Path) -> None:
    missed = oral.enter("H02", "EXPO", "EXOCCUR=N EXREASND=FORGOT EXDAT=2026-03-03 EXSRC=EDIARY", "T0")
    assert not missed.findings
    tables = oral.export(tmp_path / "out")
    assert not tables.get("EX")
    assert [(row["ECOCCUR"], row["ECREASOC"], row["ECDOSE"]) for row in tables["EC"]] == [("N", "Forgot", "")]


def test_diary_when_it_tells_a_dose_then_that_is_collected_and_never_exposure(oral: Casebook, tmp_path: Path) -> None:
    dose = "DITAKEN=Y DIDOSDTM=2026-03-03T20:00 DINUNITS=2"
    assert not oral.enter("H02", "DI", f"{DIARY} {dose}", "T0").findings
    assert not oral.enter("H02", "DI", f"{DIARY} {dose}", "T0").findings  # entered twice is kept twice
    assert not oral.enter("H02", "DI", DIARY, "NEXTAM").findings
    tables = oral.export(tmp_path / "out")
    assert not tables.get("EX")
    assert [(row["ECSCAT"], row["ECOCCUR"], row["ECDOSE"]) for row in tables["EC"]] == [("E-DIARY", "Y", "2")] * 2


# The contact at a distance

ALWAYS = {"RCIDV", "RCLOC", "RCJUR", "RCAE"}
PRESSURE = {"RCSBP", "RCDBP", "RCPULSE"}
AFTER_DOSE = {"RCSEED", "RCDISS"}


@pytest.mark.parametrize(
    ("visit", "timepoint", "phase", "asked"),
    [
        ("H02", "HOME-PRE", "PRE-DOSE", ALWAYS | PRESSURE | {"RCCHAP"}),
        ("H02", "HOME-T+60", "T+60", ALWAYS | PRESSURE | {"RCCHAP"} | AFTER_DOSE),
        ("H02", "HOME-T+120", "T+120", ALWAYS | PRESSURE | {"RCCHAP"} | AFTER_DOSE),
        ("H02", "NEXTAM", "NEXT-AM", ALWAYS | AFTER_DOSE | {"RCDRIVE"}),
        ("V3", "", "WEEKLY", ALWAYS),
        ("V3", "", "UNSCHED", ALWAYS),
    ],
)
def test_contact_when_reached_then_the_phase_decides_what_is_asked(
    oral: Casebook, visit: str, timepoint: str, phase: str, asked: set[str]
) -> None:
    outcome = oral.enter(visit, "RC", f"{CALL} RCPHASE={phase} RCREACH=Y", timepoint)
    assert outcome.stored
    assert items(outcome, BLANK) == asked


def test_contact_when_not_reached_then_only_the_attempts_are_asked(oral: Casebook) -> None:
    outcome = oral.enter("H02", "RC", f"{CALL} RCPHASE=T+60 RCREACH=N", "HOME-T+60")
    assert items(outcome, BLANK) == {"RCATT"}


def test_contact_when_a_weekly_one_tells_of_driving_then_it_is_kept_and_queried(oral: Casebook) -> None:
    outcome = oral.enter("V3", "RC", f"{CALL} RCPHASE=WEEKLY RCREACH=Y RCDRIVE=Y")
    assert items(outcome, NOT_ASKED) == {"RCDRIVE"}
    assert oral.stored("V3", "RC", "RCDRIVE") == ["Y"]


def test_readings_when_cuff_and_call_both_tell_them_then_each_keeps_its_source(oral: Casebook, tmp_path: Path) -> None:
    cuff = "HBTZ=+01:00 HBDEV=S1 HBDIA=80 HBPUL=70 HBIHB=N HBRCV=2026-03-03T18:30Z"
    for minute, systolic in (("28", "126"), ("29", "124")):
        reading = f"{cuff} HBDTM=2026-03-03T18:{minute}Z HBSYS={systolic}"
        assert not oral.enter("H02", "HB", reading, "HOME-PRE").findings
    call = "RCIDV=Y RCLOC=Y RCJUR=Y RCCHAP=Y RCAE=N RCSBP=124 RCDBP=80 RCPULSE=70 RCBPSRC=VIDEO-READ"
    assert not oral.enter("H02", "RC", f"{CALL} RCPHASE=PRE-DOSE RCREACH=Y {call}", "HOME-PRE").findings
    tables = oral.export(tmp_path / "out")
    systolic_rows = [row for row in tables["VS"] if row["VSTESTCD"] == "SYSBP"]
    told = sorted((row["VSCAT"], row["VSORRES"]) for row in systolic_rows)
    assert told == [("HOME DEVICE", "124"), ("HOME DEVICE", "126"), ("REMOTE CHECK-IN", "124")]
    used = {row["VSSEQ"] for row in systolic_rows if row["VSCAT"] == "REMOTE CHECK-IN"}
    sources = {row["IDVARVAL"]: row["QVAL"] for row in tables["SUPPVS"] if row["QNAM"] == "RCBPSRC"}
    assert {sources[seq] for seq in used} == {"VIDEO-READ"}
