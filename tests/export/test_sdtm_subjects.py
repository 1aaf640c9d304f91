"""What DM, SV, events and interventions hold; study days, epochs, planned timing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from export_sample import DOSE, USUBJID, VITALS, codes, column, dataset, form, item, names, record, study, tabulate
from hypothesis import given
from hypothesis import strategies as st

from trialkit.export.sdtm.timing import elapsed_time, study_day
from trialkit.model.domain_mapping import DomainMapping

DEMOGRAPHICS = form(
    "DM",
    (item("SEX", "code", codelist="SEX"), item("RACE", "codes", codelist="RACE"), item("DMDAT", "date")),
    DomainMapping(domain="DM", variables={"SEX": "SEX", "RACE": "RACE", "DMDTC": "DMDAT"}),
)
CONSENT = form(
    "IC",
    (item("ICDAT", "date"), item("SEX", "code", codelist="SEX")),
    DomainMapping(domain="DM", variables={"RFICDTC": "ICDAT", "SEX": "SEX"}),
)
RANDOMISATION = form(
    "RAND",
    (item("ARM", "code", codelist="ARM"), item("ACTARM", "code", codelist="ARM")),
    DomainMapping(domain="DM", variables={"ARMCD": "ARM", "ACTARMCD": "ACTARM"}),
)
EVENTS = form(
    "AE",
    (item("AETERM"), item("AESTDAT", "partial-date"), item("AEOUT")),
    DomainMapping(domain="AE", variables={"AETERM": "AETERM", "AESTDTC": "AESTDAT", "AEOUT": "AEOUT"}),
)


def test_dm_when_nothing_is_mapped_then_every_subject_still_has_a_row() -> None:
    package = tabulate(study(VITALS))
    found = dataset(package, "DM")
    assert [row[2] for row in found.rows] == [USUBJID, "KET01-020-0001"]
    assert column(package, "DM", "COUNTRY") == ["NLD"]
    assert column(package, "DM", "SUBJID") == ["0007"]
    assert column(package, "DM", "ARMNRS") == ["NOT ASSIGNED"]
    assert "BRTHDTC" not in names(package, "DM")
    assert "RFICDTC" in names(package, "DM")


def test_dm_when_several_forms_map_to_it_then_they_make_one_row() -> None:
    package = tabulate(
        study(DEMOGRAPHICS, CONSENT),
        record("DM", "SCR", SEX="F", RACE="WHITE", DMDAT="2026-01-02"),
        record("IC", "SCR", ICDAT="2026-01-01"),
    )
    assert column(package, "DM", "SEX") == ["F"]
    assert column(package, "DM", "RFICDTC") == ["2026-01-01"]
    assert codes(package, "SEX") == ["X103"]  # the other subject


def test_dm_when_two_forms_disagree_then_the_first_stands_and_it_is_noticed() -> None:
    package = tabulate(
        study(DEMOGRAPHICS, CONSENT),
        record("IC", "D1", SEX="M"),
        record("DM", "SCR", SEX="F"),
        record("DM", "D8", SEX="F"),
    )
    assert column(package, "DM", "SEX") == ["F"]
    notice = next(notice for notice in package.notices if notice.code == "X106")
    assert (notice.dataset, notice.variable, notice.rows) == ("DM", "SEX", 1)


def test_dm_when_several_answers_were_given_then_the_variable_says_multiple() -> None:
    package = tabulate(study(DEMOGRAPHICS), record("DM", "SCR", RACE="WHITE;ASIAN"))
    assert column(package, "DM", "RACE") == ["MULTIPLE"]
    assert codes(package, "RACE") == ["X108"]


def test_dm_when_the_subject_was_dosed_then_reference_dates_come_from_exposure() -> None:
    package = tabulate(
        study(DOSE, VITALS),
        record("EX", "D8", EXDAT="2026-01-17", EXSTTIM="10:00", EXENTIM="10:40", EXDOSE="40"),
        record("EX", "D1", EXDAT="2026-01-10", EXSTTIM="09:00", EXENTIM="09:40", EXDOSE="40"),
        record("VS", "UNS", VSDAT="2026-02-01", SYSBP="120"),
    )
    assert column(package, "DM", "RFSTDTC") == column(package, "DM", "RFXSTDTC") == ["2026-01-10T09:00"]
    assert column(package, "DM", "RFXENDTC") == column(package, "DM", "RFENDTC") == ["2026-01-17T10:40"]
    assert column(package, "DM", "RFPENDTC") == ["2026-02-01"]
    assert column(package, "DM", "RFPENDTC", "KET01-020-0001") == [None]


@pytest.mark.parametrize(
    ("arms", "is_dosed", "expected"),
    [
        ({}, False, (None, None, "NOT ASSIGNED")),
        ({"ARM": "KET"}, False, ("Ketamine", None, "ASSIGNED, NOT TREATED")),
        ({"ARM": "KET", "ACTARM": "PBO"}, True, ("Ketamine", "Placebo", None)),
        ({}, True, (None, None, None)),
    ],
)
def test_dm_when_an_arm_is_empty_then_armnrs_says_what_is_known(
    arms: dict[str, str], is_dosed: bool, expected: tuple[str | None, ...]
) -> None:
    dosed = [record("EX", "D1", EXDAT="2026-01-10", EXDOSE="40")] if is_dosed else []
    package = tabulate(study(RANDOMISATION, DOSE), record("RAND", "SCR", **arms), *dosed)
    assert tuple(column(package, "DM", name)[0] for name in ("ARM", "ACTARM", "ARMNRS")) == expected
    assert ("X113" in codes(package)) == (is_dosed and not arms)


def test_dm_when_the_dose_did_not_occur_then_it_is_no_exposure() -> None:
    doses = form(
        "EC",
        (item("ECDAT", "date"), item("ECOCCUR", "code", codelist="NY")),
        DomainMapping(domain="EC", variables={"ECTRT": '"LOZENGE"', "ECOCCUR": "ECOCCUR", "ECSTDTC": "ECDAT"}),
    )
    package = tabulate(
        study(doses),
        record("EC", "SCR", ECDAT="2026-01-02", ECOCCUR="N"),
        record("EC", "D1", ECDAT="2026-01-10", ECOCCUR="Y"),
    )
    assert column(package, "DM", "RFXSTDTC") == ["2026-01-10"]


def test_sv_when_no_form_maps_to_it_then_it_comes_from_the_dates_of_each_visit() -> None:
    package = tabulate(
        study(VITALS, DOSE, EVENTS, log_forms=("AE",)),
        record("VS", "SCR", VSDAT="2026-01-02", SYSBP="1"),
        record("VS", "D1", timepoint="PRE", VSDAT="2026-01-10", VSTIM="08:45", SYSBP="1"),
        record("VS", "D1", timepoint="T120", VSDAT="2026-01-10", VSTIM="11:00", SYSBP="1"),
        record("EX", "D8", EXDAT="2026-01-17", EXDOSE="40"),
        record("VS", "UNS", VSDAT="2026-02-01", SYSBP="1"),
        record("VS", "UNS", visit_repeat=2, VSDAT="2026-02-02", SYSBP="1"),
        record("AE", "D8", AETERM="HEADACHE", AESTDAT="2026-01-25"),
    )
    assert column(package, "SV", "VISIT") == ["SCREENING", "DAY 1", "DAY 8", "UNSCHEDULED", "UNSCHEDULED 2"]
    assert column(package, "SV", "VISITNUM") == [1, 2, 10, 99, Decimal("99.001")]
    assert column(package, "SV", "VISITDY") == [-7, 1, 8, None, None]
    assert column(package, "SV", "SVSTDTC")[1:3] == ["2026-01-10T08:45", "2026-01-17"]
    assert column(package, "SV", "SVENDTC")[1:3] == ["2026-01-10T11:00", "2026-01-17"]
    assert column(package, "SV", "SVPRESP") == ["Y", "Y", "Y", None, None]
    assert column(package, "SV", "SVSTDY") == [-15, -7, 1, 16, 17]


def test_sv_when_a_form_maps_to_it_then_its_words_win_and_other_visits_are_still_there() -> None:
    visits = form(
        "SV",
        (item("VISDAT", "date"), item("VISOCC", "code", codelist="NY"), item("WHY")),
        DomainMapping(domain="SV", variables={"SVSTDTC": "VISDAT", "SVOCCUR": "VISOCC", "SVREASOC": "WHY"}),
    )
    package = tabulate(
        study(visits, VITALS),
        record("SV", "SCR", VISDAT="2026-01-01", VISOCC="Y"),
        record("VS", "SCR", VSDAT="2026-01-03", SYSBP="1"),
        record("SV", "D1", VISOCC="N", WHY="ILL"),
        record("VS", "D8", VSDAT="2026-01-17", SYSBP="1"),
    )
    assert column(package, "SV", "SVSTDTC") == ["2026-01-01", None, "2026-01-17"]
    assert column(package, "SV", "SVENDTC") == ["2026-01-03", None, "2026-01-17"]
    assert column(package, "SV", "SVOCCUR") == ["Y", "N", "Y"]


def test_planned_timing_when_a_record_has_a_timepoint_then_its_row_has_it_too() -> None:
    package = tabulate(study(VITALS), record("VS", "D1", timepoint="T40", VSDAT="2026-01-10", SYSBP="1"))
    row = {name: column(package, "VS", name)[0] for name in ("VSTPT", "VSTPTNUM", "VSELTM", "VSTPTREF", "EPOCH")}
    assert row == {
        "VSTPT": "40 MINUTES",
        "VSTPTNUM": Decimal(2),
        "VSELTM": "PT40M",
        "VSTPTREF": "START OF INFUSION",
        "EPOCH": "TREATMENT",
    }


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-15, "-PT15M"), (0, "PT0M"), (40, "PT40M"), (60, "PT1H"), (90, "PT1H30M"), (-60, "-PT1H")],
)
def test_elapsed_time_when_given_minutes_then_it_is_an_iso_duration(minutes: int, expected: str) -> None:
    assert elapsed_time(minutes) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-01-10", 1), ("2026-01-09", -1), ("2026-01-11T23:59", 2), ("2026-01", None), ("", None), ("soon", None)],
)
def test_study_day_when_counted_then_there_is_no_day_zero(day: str, expected: int | None) -> None:
    assert study_day(day, "2026-01-10T09:00") == expected


@given(st.dates(), st.dates())
def test_study_day_when_both_dates_are_complete_then_it_is_never_zero_and_keeps_order(one: object, two: object) -> None:
    first, second = sorted((one, two))
    earlier = study_day(str(first), str(second))
    assert earlier is not None
    assert earlier == 1 if first == second else earlier < 0
    later = study_day(str(second), str(first))
    assert later is not None
    assert later >= 1


def test_events_when_logged_then_the_epoch_is_the_one_that_had_begun_on_their_date() -> None:
    package = tabulate(
        study(VITALS, EVENTS, log_forms=("AE",)),
        record("VS", "SCR", VSDAT="2026-01-02", SYSBP="1"),
        record("VS", "D1", VSDAT="2026-01-10", SYSBP="1"),
        record("AE", "D8", repeat=1, AETERM="DIZZINESS", AESTDAT="2026-01-10"),
        record("AE", "D8", repeat=2, AETERM="COUGH", AESTDAT="2026-01-05"),
        record("AE", "D8", repeat=3, AETERM="FALL", AESTDAT="2025"),
        record("AE", "D8", repeat=4, AETERM="ECZEMA", AESTDAT="2025-12-31"),
    )
    assert column(package, "AE", "AETERM") == ["FALL", "ECZEMA", "COUGH", "DIZZINESS"]
    assert column(package, "AE", "EPOCH") == [None, None, "SCREENING", "TREATMENT"]
    assert column(package, "AE", "AESEQ") == [1, 2, 3, 4]
    assert "VISITNUM" not in names(package, "AE")
    assert "AEDECOD" in names(package, "AE")
    assert codes(package, "AEDECOD") == ["X103"]


def test_interventions_when_the_guide_lacks_the_variable_then_it_is_lent_by_the_model_and_put_in_its_place() -> None:
    history = form(
        "MH",
        (item("MHTERM"), item("MHSTDAT", "partial-date"), item("MHDAT", "date")),
        DomainMapping(
            domain="MH", variables={"MHTERM": "MHTERM", "MHSTDTC": "MHSTDAT", "MHDTC": "MHDAT", "MHSEV": '"MILD"'}
        ),
    )
    package = tabulate(
        study(history, DOSE),
        record("MH", "SCR", MHTERM="MIGRAINE", MHSTDAT="2020-05-01", MHDAT="2026-01-02"),
        record("EX", "D1", EXDAT="2026-01-10", EXDOSE="40"),
    )
    columns = names(package, "MH")
    assert column(package, "MH", "MHSTDY") == [-2080]
    assert column(package, "MH", "MHDY") == [-8]
    assert columns.index("MHENDTC") < columns.index("MHDY") if "MHENDTC" in columns else True
    assert columns.index("MHTERM") < columns.index("MHSEV") < columns.index("VISITNUM") < columns.index("MHDTC")
    label = next(variable.label for variable in dataset(package, "MH").variables if variable.name == "MHSTDY")
    assert label == "Study Day of Start of Observation"
    assert column(package, "MH", "EPOCH") == [None] if "EPOCH" in columns else True


def test_interventions_when_sorted_then_start_and_treatment_number_them() -> None:
    drugs = form(
        "CM",
        (item("CMTRT"), item("CMSTDAT", "partial-date")),
        DomainMapping(domain="CM", variables={"CMTRT": "CMTRT", "CMSTDTC": "CMSTDAT"}),
    )
    package = tabulate(
        study(drugs, log_forms=("CM",)),
        record("CM", "SCR", repeat=1, CMTRT="ZOLPIDEM", CMSTDAT="2025"),
        record("CM", "SCR", repeat=2, CMTRT="IBUPROFEN", CMSTDAT="2025-03"),
        record("CM", "SCR", repeat=3, CMTRT="ASPIRIN", CMSTDAT="2025"),
        record("CM", "SCR", repeat=4, CMTRT="VITAMIN D"),
    )
    assert column(package, "CM", "CMTRT") == ["VITAMIN D", "ASPIRIN", "ZOLPIDEM", "IBUPROFEN"]
    assert column(package, "CM", "CMSEQ") == [1, 2, 3, 4]


def test_disposition_when_several_forms_map_to_it_then_each_makes_its_rows() -> None:
    consent = form(
        "IC",
        (item("ICDAT", "date"),),
        DomainMapping(
            domain="DS",
            variables={
                "DSTERM": '"INFORMED CONSENT OBTAINED"',
                "DSDECOD": '"INFORMED CONSENT OBTAINED"',
                "DSCAT": '"PROTOCOL MILESTONE"',
                "DSSTDTC": "ICDAT",
            },
        ),
    )
    end = form(
        "DS",
        (item("DSDAT", "date"), item("REASON")),
        DomainMapping(
            domain="DS",
            variables={
                "DSTERM": "REASON",
                "DSDECOD": "REASON",
                "DSCAT": '"DISPOSITION EVENT"',
                "DSSTDTC": "DSDAT",
            },
        ),
    )
    package = tabulate(
        study(consent, end),
        record("DS", "D8", DSDAT="2026-01-17", REASON="COMPLETED"),
        record("IC", "SCR", ICDAT="2026-01-02"),
    )
    assert column(package, "DS", "DSDECOD") == ["INFORMED CONSENT OBTAINED", "COMPLETED"]
    assert codes(package, "DSDECOD") == codes(package, "DSCAT") == []
