"""What the general and administrative forms ask, compute, hide and submit, through the engine."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from trialkit.engine import Engine, begin_study
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.outcome import SaveOutcome
from trialkit.model.record import RawValue

STUDY = """\
study: GEN-01
title: The general forms
protocol: general
sites:
  - {{site: "012", country: NLD}}
parameters: {{ad_min_weeks: {weeks}}}
"""

PROTOCOL = """\
protocol: general
title: The general forms
{route}
arms:
  - {{arm: ACTIVE, label: Drug}}
  - {{arm: COMPARATOR, label: Comparator}}
parameters:
  age_min: {{value: 18}}
  age_max: {{value: 75}}
  sae_h: {{value: 24}}
  ad_min_weeks: {{value: 6}}
log_forms: [IC, MH, CM, DV, UB, RG]
visits:
  - visit: V0
    label: Screening
    number: 0
    days: "-28..-1"
    epoch: SCREENING
    tags: [SCR]
    forms: [{{form: SV}}, {{form: DM}}, {{form: PH}}, {{form: AT}}, {{form: SU}}, {{form: IE}}]
  - visit: V1
    label: Day 1
    number: 1
    day: 1
    epoch: TREATMENT
    forms: [{{form: SV}}, {{form: RT}}, {{form: DS}}]
  - {{visit: UNS, label: Unscheduled, number: 99, repeating: true, tags: [UNS], forms: [{{form: SV}}]}}
"""

CONSENT = {
    "ICTYPE": "INITIAL",
    "ICVERS": "2.1",
    "ICDAT": "2026-01-05",
    "ICMODE": "IN PERSON",
    "ICINV": "jdoe",
    "ICINVDAT": "2026-01-05",
    "ICCOPY": "Y",
}
PERSON = {"BRTHDAT": "1961", "AGE": "64", "SEX": "M", "RACE": "WHITE"}
SIGNED = {"IEDAT": "2026-01-12", "IESIGN": "jdoe", "IESIGNDTM": "2026-01-12T15:00"}
END = {
    "DSEPOCH": "TREATMENT",
    "DSSTDAT": "2026-02-20",
    "DSLSTDOS": "2026-01-19",
    "DSLSTCON": "2026-01-25",
    "DSUNBL": "N",
}


@dataclass(frozen=True)
class Desk:
    """A study with a participant of its own for the test."""

    engine: Engine
    subject: str

    def save(self, form: str, answers: Mapping[str, str], visit: str = "V0") -> SaveOutcome:
        """Enter a record, a new row where the form repeats."""
        return self.engine.enter(self.subject, visit, form, {name: RawValue(text) for name, text in answers.items()})

    def asks(self, form: str, answers: Mapping[str, str], visit: str = "V0") -> set[str]:
        """The items that the record is queried or refused for by rules that look at it alone."""
        reads = self.engine.assembly.study.reads
        return {finding.item for finding in self.save(form, answers, visit).findings if finding.code not in reads}

    def rows(self, dataset: str, folder: Path) -> list[dict[str, str]]:
        """The rows of the participant in an SDTM dataset; none when there is no such dataset."""
        self.engine.export_sdtm(folder, ["csv"], force=True)
        path = folder / f"{dataset.lower()}.csv"
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if row["USUBJID"].endswith(self.subject)]


class Studies:
    """One study for each route, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Engine] = {}
        self._numbers = count(1)

    def desk(self, route: str = "NASAL", weeks: int = 6) -> Desk:
        """A new participant in the study of this route; an empty route is a protocol that names none."""
        name = f"{route or 'none'}-{weeks}"
        if name not in self._open:
            folder = self._folder / name
            folder.mkdir()
            named = f"route: {route}" if route else "description: It names no route."
            (folder / "study.yaml").write_text(STUDY.format(weeks=weeks), encoding="utf-8")
            (folder / "protocol.yaml").write_text(PROTOCOL.format(route=named), encoding="utf-8")
            self._open[name] = begin_study(folder, "ann", lambda: datetime(2026, 6, 1, 9, tzinfo=UTC))
        number = f"{next(self._numbers):04}"
        return Desk(self._open[name], self._open[name].add_subject("012", number).subject)

    def close(self) -> None:
        """Close every study."""
        for engine in self._open.values():
            engine.close()


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studies]:
    """Studies of all routes; each test enrols participants of its own."""
    made = Studies(tmp_path_factory.mktemp("general"))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("form", "answers", "visit", "expected"),
    [
        ("DM", PERSON, "V0", {"NASAL": {"JPANC"}}),
        ("IC", CONSENT, "V0", {"ORAL": {"ICOPTCHP"}}),
        (
            "RT",
            {"RTDAT": "2026-01-19", "RTTIM": "08:30", "RTNO": "R1", "RTARM": "ACTIVE"},
            "V1",
            {"NASAL": {"RTSTRAGE", "RTSTRAD"}},
        ),
    ],
)
@pytest.mark.parametrize("route", ["INTRAVENOUS", "NASAL", "ORAL", ""])
def test_form_when_the_route_differs_then_only_its_own_questions_are_asked(
    studies: Studies, route: str, form: str, answers: dict[str, str], visit: str, expected: dict[str, set[str]]
) -> None:
    assert studies.desk(route).asks(form, answers, visit) == expected.get(route, set())


def test_sv_when_saved_then_it_says_which_visit_it_is(studies: Studies) -> None:
    desk = studies.desk()
    desk.save("SV", {"SVOCCUR": "N", "SVREASND": "STAFF"}, "V1")
    (record,) = desk.engine.records(desk.subject, "V1", "SV")
    assert record.values["VISIT"].text == "V1"


def test_consent_when_held_at_a_distance_then_the_identity_is_asked(studies: Studies) -> None:
    desk = studies.desk()
    assert desk.asks("IC", {**CONSENT, "ICMODE": "REMOTE AUDIO VIDEO"}) == {"ICIDV"}
    assert desk.asks("IC", {**CONSENT, "ICMODE": "REMOTE AUDIO VIDEO", "ICIDV": "Y"}) == set()
    assert desk.asks("IC", {**CONSENT, "ICIDV": "Y"}) == {"ICIDV"}, "not asked in person"


@pytest.mark.parametrize(
    ("form", "answers", "item"),
    [("IC", CONSENT, "ICDAT"), ("IC", CONSENT, "ICVERS"), ("IE", {**SIGNED, "IEYN": "Y"}, "IESIGN")],
)
def test_signature_when_said_to_be_missing_then_it_is_refused(
    studies: Studies, form: str, answers: dict[str, str], item: str
) -> None:
    outcome = studies.desk().save(form, {**answers, item: ".UNK"})
    assert not outcome.stored
    assert {finding.item for finding in outcome.findings if finding.is_hard} == {item}


def test_eligibility_when_a_criterion_is_not_met_then_it_is_named_and_submitted(
    studies: Studies, tmp_path: Path
) -> None:
    desk = studies.desk()
    assert desk.asks("IE", {**SIGNED, "IEYN": "N"}) == {"IECAT", "IETESTCD"}
    assert desk.asks("IE", {**SIGNED, "IEYN": "N", "IECAT": "INCLUSION", "IETESTCD": "I03"}) == set()
    assert desk.asks("IE", {**SIGNED, "IEYN": "N", "IECAT": "EXCLUSION", "IETESTCD": "E03"}) == set()
    assert desk.asks("IE", {**SIGNED, "IEYN": "Y"}) == set()
    answers = {row["IETESTCD"]: (row["IECAT"], row["IEORRES"], row["IESTRESC"]) for row in desk.rows("IE", tmp_path)}
    assert answers.pop("") == ("", "", "")
    assert answers == {"I03": ("INCLUSION", "N", "N"), "E03": ("EXCLUSION", "Y", "Y")}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"MHPRESP": "GLAUCOMA"}, {"MHOCCUR"}),
        ({"MHPRESP": "GLAUCOMA", "MHOCCUR": "N"}, set()),
        ({"MHPRESP": "GLAUCOMA", "MHOCCUR": "U"}, set()),
        ({"MHPRESP": "GLAUCOMA", "MHOCCUR": "Y"}, {"MHTERM", "MHONGO"}),
        ({"MHSTDAT": "1999-07"}, {"MHTERM", "MHONGO"}),
        ({"MHTERM": "migraine", "MHONGO": "Y"}, {"MHCTRL"}),
        ({"MHTERM": "migraine", "MHONGO": "N"}, {"MHENDAT"}),
    ],
)
def test_history_when_a_row_is_begun_then_only_what_belongs_to_it_is_asked(
    studies: Studies, answers: dict[str, str], expected: set[str]
) -> None:
    assert studies.desk().asks("MH", answers) == expected


def test_history_when_submitted_then_the_checklist_keeps_its_words(studies: Studies, tmp_path: Path) -> None:
    desk = studies.desk()
    desk.save("MH", {"MHPRESP": "STROKE/TIA", "MHOCCUR": "Y", "MHTERM": "slight TIA", "MHONGO": "N", "MHENDAT": "2010"})
    desk.save("MH", {"MHPRESP": "GLAUCOMA", "MHOCCUR": "N"})
    desk.save("MH", {"MHTERM": "migraine", "MHONGO": "Y", "MHCTRL": "Y"})
    found = {
        row["MHTERM"]: (row["MHPRESP"], row["MHOCCUR"], row["MHENRTPT"], row["MHSEQ"])
        for row in desk.rows("MH", tmp_path)
    }
    assert {term: row[:3] for term, row in found.items()} == {
        "STROKE/TIA": ("Y", "Y", ""),
        "GLAUCOMA": ("Y", "N", ""),
        "migraine": ("", "", "ONGOING"),
    }
    assert [(row["IDVARVAL"], row["QVAL"]) for row in desk.rows("SUPPMH", tmp_path) if row["QNAM"] == "MHVERB"] == [
        (found["STROKE/TIA"][3], "slight TIA")
    ]


@pytest.mark.parametrize(
    ("reached", "duration", "weeks", "expected"),
    [
        ("Y", "6", 6, "Y"),
        ("Y", "5.9", 6, "N"),
        ("Y", "5.9", 4, "Y"),
        ("N", "12", 6, "N"),
        ("N", "", 6, "N"),
        ("", "12", 6, None),
        ("Y", ".UNK", 6, None),
    ],
)
def test_treatment_when_dose_and_duration_are_known_then_it_is_adequate_or_not(
    studies: Studies, reached: str, duration: str, weeks: int, expected: str | None
) -> None:
    desk = studies.desk(weeks=weeks)
    desk.save("AT", {"ATTRT": "sertraline", "ATTYPE": "DRUG", "ATMINDOS": reached, "ATDURWK": duration})
    (record,) = desk.engine.records(desk.subject, "V0", "AT")
    found = record.values.get("ATADEQ")
    assert (found.text if found else None) == expected


@pytest.mark.parametrize(
    ("given", "submitted", "single"),
    [
        ("WHITE", "WHITE", {}),
        ("", "", {}),
        ("WHITE;ASIAN", "MULTIPLE", {"RACE1": "ASIAN", "RACE2": "WHITE"}),
        ("ASIAN;OTHER;WHITE", "MULTIPLE", {"RACE1": "ASIAN", "RACE2": "OTHER", "RACE3": "WHITE"}),
    ],
)
def test_race_when_several_are_given_then_each_is_a_supplemental_row(
    studies: Studies, tmp_path: Path, given: str, submitted: str, single: dict[str, str]
) -> None:
    desk = studies.desk("ORAL")
    desk.save("DM", {**PERSON, "RACE": given})
    (person,) = desk.rows("DM", tmp_path)
    assert person["RACE"] == submitted
    assert {row["QNAM"]: row["QVAL"] for row in desk.rows("SUPPDM", tmp_path)} == single


def test_dm_when_childbearing_potential_is_answered_then_it_is_a_reproductive_finding(
    studies: Studies, tmp_path: Path
) -> None:
    desk = studies.desk("ORAL")
    desk.save("DM", {**PERSON, "SEX": "F", "CHILDPOT": "N"})
    (row,) = desk.rows("RP", tmp_path)
    assert (row["RPTESTCD"], row["RPSTRESC"], row["VISITNUM"]) == ("CHILDPOT", "N", "0")


def test_craving_when_the_row_is_not_ketamine_then_it_is_not_asked(studies: Studies, tmp_path: Path) -> None:
    desk = studies.desk()
    assert desk.asks("SU", {"SUTRT": "ALCOHOL", "SUOCCUR": "Y"}) == {"SUDOSE"}
    assert desk.asks("SU", {"SUTRT": "ALCOHOL", "SUOCCUR": "N", "SUCRAVE": "4"}) == {"SUCRAVE"}
    assert desk.asks("SU", {"SUTRT": "KETAMINE", "SUOCCUR": "N", "SUCRAVE": "4"}) == set()
    rows = [row for row in desk.rows("FA", tmp_path) if row["FASTRESC"]]
    assert {(row["FAOBJ"], row["FATESTCD"], row["FASTRESC"]) for row in rows} == {("KETAMINE", "SUCRAVE", "4")}


def test_disposition_when_reasons_differ_then_what_belongs_to_them_is_asked(studies: Studies) -> None:
    desk = studies.desk()
    assert desk.asks("DS", {**END, "DSDECOD": "COMPLETED"}, "V1") == set()
    assert desk.asks("DS", {**END, "DSDECOD": "LOST TO FOLLOW-UP"}, "V1") == {"DSTERM", "DSNATT"}
    assert desk.asks("DS", {**END, "DSDECOD": "DEATH"}, "V1") == {"DSTERM", "DSDTHDAT"}
    assert desk.asks("DS", {**END, "DSDECOD": "COMPLETED", "DSLSTDOS": ".NA"}, "V1") == set()


def test_disposition_when_submitted_then_milestones_events_and_the_end_are_told_apart(
    studies: Studies, tmp_path: Path
) -> None:
    desk = studies.desk()
    desk.save("IC", {**CONSENT, "ICTIM": "08:30"})
    desk.save("IC", {**CONSENT, "ICTYPE": "RE-CONSENT", "ICVERS": "3.0", "ICDAT": "2026-01-07"})
    desk.save("IC", {**CONSENT, "ICTYPE": "OPTIONAL", "ICDAT": "2026-01-08"})
    desk.save("RT", {"RTDAT": "2026-01-19", "RTNO": "R7", "RTARM": "COMPARATOR"}, "V1")
    desk.save("UB", {"UBDTM": "2026-01-20T03:10", "UBREAS": "seizure", "UBBY": "Dr Night"}, "V1")
    desk.save("DS", {**END, "DSDECOD": "DEATH", "DSTERM": "accident", "DSDTHDAT": "2026-02-20"}, "V1")
    assert [(row["DSCAT"], row["DSDECOD"], row["DSSTDTC"]) for row in desk.rows("DS", tmp_path)] == [
        ("PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED", "2026-01-05T08:30"),
        ("PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED", "2026-01-07"),
        ("PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED FOR PROTOCOL-SPECIFIED ACTIVITY", "2026-01-08"),
        ("PROTOCOL MILESTONE", "RANDOMIZED", "2026-01-19"),
        ("OTHER EVENT", "TREATMENT UNBLINDED", "2026-01-20T03:10"),
        ("DISPOSITION EVENT", "DEATH", "2026-02-20"),
    ]
    (person,) = desk.rows("DM", tmp_path)
    assert person["RFICDTC"] == "2026-01-05T08:30", "the first consent, not the later ones"
    assert (person["DTHDTC"], person["DTHFL"]) == ("2026-02-20", "Y")
    assert (person["ARMCD"], person["ARM"]) == ("COMPARATOR", "Comparator")


def test_deviation_when_major_then_its_report_may_come_later(studies: Studies) -> None:
    desk = studies.desk()
    happened = {"DVTERM": "No escort", "DVCAT": "SAFETY", "DVSTDAT": "2026-05-30", "DVACT": "Staff told"}
    assert desk.asks("DV", {**happened, "DVIMP": "MAJOR"}) == set()
    assert desk.asks("DV", {**happened, "DVIMP": "MINOR", "DVIRBDAT": "2026-05-31"}) == {"DVIRBDAT"}


def test_arm_when_hidden_then_only_pharmacist_and_data_manager_see_it(
    forms: Mapping[str, Form], codelists: Mapping[str, CodeList]
) -> None:
    roles = set(codelists["ROLE"].codes)
    arm, reason = forms["RT"].item("RTARM"), forms["UB"].item("UBREAS")
    assert arm is not None
    assert reason is not None
    assert roles - set(arm.hidden_from) == {"PHARM_UNBL", "DATA_MANAGER"}
    assert set(reason.hidden_from) == {"RATER_BLIND"}


def test_register_when_a_person_rates_then_the_end_of_the_certificate_is_asked(studies: Studies) -> None:
    engine = studies.desk().engine
    person = {"RGUSER": RawValue("jdoe"), "RGROLE": RawValue("COORD"), "RGFROM": RawValue("2026-01-01")}
    assert engine.enter("012", "", "RG", person).findings == ()
    rater = {**person, "RGSCALE": RawValue("MADRS")}
    assert [finding.item for finding in engine.enter("012", "", "RG", rater).findings] == ["RGCERTTO"]
