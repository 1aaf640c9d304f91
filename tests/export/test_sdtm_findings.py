"""What rows of findings domains hold: original and standard results, what was not done, baseline flags."""

from __future__ import annotations

from decimal import Decimal

import pytest
from export_sample import DOSE, VITALS, codes, column, dataset, form, item, names, record, study, tabulate

from trialkit.model.dataset import Datum
from trialkit.model.domain_mapping import DomainMapping, TestMapping


def results_of(domain: str, package: object) -> list[tuple[Datum, ...]]:
    """--ORRES, --ORRESU, --STRESC, --STRESN, --STRESU of every row."""
    columns = [column(package, domain, domain + suffix) for suffix in ("ORRES", "ORRESU", "STRESC", "STRESN", "STRESU")]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("119.0 LB", ("119.0", "LB", "53.98", Decimal("53.98"), "kg")),
        ("120.0 LB", ("120.0", "LB", "54.43", Decimal("54.43"), "kg")),
        ("055.5 kg", ("055.5", "kg", "55.5", Decimal("55.5"), "kg")),
        ("100.0 kg", ("100.0", "kg", "100", Decimal("100"), "kg")),
    ],
)
def test_findings_when_a_number_has_a_unit_then_the_standard_result_is_exact(
    given: str, expected: tuple[Datum, ...]
) -> None:
    package = tabulate(study(VITALS), record("VS", "SCR", VSDAT="2026-01-02", WEIGHT=given))
    assert results_of("VS", package) == [expected]


def test_findings_when_a_conversion_never_ends_then_the_result_has_fifteen_digits() -> None:
    package = tabulate(study(VITALS), record("VS", "SCR", VSDAT="2026-01-02", TEMP="96.9 F"))
    assert column(package, "VS", "VSSTRESC") == ["36.0555555555556"]
    assert column(package, "VS", "VSSTRESN") == [Decimal("36.0555555555556")]


def test_findings_when_no_conversion_is_defined_then_the_original_unit_stays_and_is_noticed() -> None:
    package = tabulate(study(VITALS), record("VS", "SCR", VSDAT="2026-01-02", WEIGHT="9.50 stone"))
    assert results_of("VS", package) == [("9.50", "stone", "9.5", Decimal("9.5"), "stone")]
    notice = next(notice for notice in package.notices if notice.code == "X109")
    assert (notice.dataset, notice.variable, notice.rows) == ("VS", "VSSTRESC", 1)
    assert "stone to kg" in notice.message


def test_findings_when_a_test_is_missing_then_status_and_reason_say_so_and_results_are_empty() -> None:
    package = tabulate(
        study(VITALS), record("VS", "SCR", VSDAT="2026-01-02", SYSBP=".ND", WEIGHT=".REF", TEMP="36.6 C")
    )
    assert column(package, "VS", "VSTESTCD") == ["SYSBP", "TEMP", "WEIGHT"]
    assert column(package, "VS", "VSSTAT") == ["NOT DONE", None, "NOT DONE"]
    assert column(package, "VS", "VSREASND") == [None, None, "refused by the subject"]
    assert column(package, "VS", "VSORRESU") == [None, "C", None]


def test_findings_when_an_item_was_never_given_then_there_is_no_row() -> None:
    package = tabulate(study(VITALS), record("VS", "SCR", VSDAT="2026-01-02", SYSBP="120"))
    assert column(package, "VS", "VSTEST") == ["Systolic Blood Pressure"]


def test_findings_when_a_test_has_variables_of_its_own_then_they_win_over_shared_and_made_ones() -> None:
    test = TestMapping(
        testcd="SYSBP", result="SYSBP", variables={"VSORRESU": '"MMHG"', "VSLOC": '"ARM"', "VSPOS": '"SITTING"'}
    )
    shared = {"VSDTC": "VSDAT", "VSPOS": '"SUPINE"'}
    vitals = form(
        "VS",
        (item("VSDAT", "date"), item("SYSBP", "integer")),
        DomainMapping(domain="VS", variables=shared, tests=(test,)),
    )
    package = tabulate(study(vitals), record("VS", "SCR", VSDAT="2026-01-02", SYSBP="120"))
    assert results_of("VS", package) == [("120", "MMHG", "120", Decimal(120), "MMHG")]
    assert column(package, "VS", "VSPOS") == ["SITTING"]
    assert column(package, "VS", "VSLOC") == ["ARM"]


def test_findings_when_a_result_is_coded_then_people_read_the_label_and_the_code_stands_for_it() -> None:
    phq = form(
        "PHQ",
        (item("Q1", "code", codelist="FREQ4"), item("TOTAL", "integer", derive="number(Q1)"), item("QDAT", "date")),
        DomainMapping(
            domain="QS",
            variables={"QSCAT": '"PHQ-9"', "QSDTC": "QDAT"},
            tests=(TestMapping(testcd="PHQ0101", result="Q1"), TestMapping(testcd="PHQ0111", result="TOTAL")),
        ),
    )
    package = tabulate(study(phq), record("PHQ", "SCR", Q1="1", TOTAL="1", QDAT="2026-01-02"))
    assert column(package, "QS", "QSTEST") == ["PHQ01-Little Interest/Pleasure in Things", "PHQ01-Total Score"]
    assert column(package, "QS", "QSORRES") == ["Several days", None]
    assert column(package, "QS", "QSSTRESC") == ["1", "1"]
    assert column(package, "QS", "QSSTRESN") == [Decimal(1), Decimal(1)]
    assert column(package, "QS", "QSDRVFL") == [None, "Y"]


def test_findings_when_laid_out_long_then_each_record_is_a_row_with_its_own_test() -> None:
    labs = form(
        "LB",
        (
            item("LBTESTCD"),
            item("LBTEST"),
            item("LBORRES"),
            item("LBUNIT"),
            item("LBDAT", "partial-date"),
        ),
        DomainMapping(
            domain="LB",
            variables={
                "LBTESTCD": "LBTESTCD",
                "LBTEST": "LBTEST",
                "LBCAT": '"CHEMISTRY"',
                "LBORRES": "LB.LBORRES",
                "LBORRESU": "LBUNIT",
                "LBDTC": "LBDAT",
            },
        ),
    )
    rows = [
        record(
            "LB", "SCR", repeat=1, LBTESTCD="ALT", LBTEST="Alanine", LBORRES="040.50", LBUNIT="U/L", LBDAT="2026-01"
        ),
        record("LB", "SCR", repeat=2, LBTESTCD="AST", LBTEST="Aspartate", LBORRES="<40", LBUNIT="U/L"),
        record("LB", "SCR", repeat=3, LBTESTCD="BILI", LBTEST="Bilirubin", LBORRES=".TECH", LBUNIT="U/L"),
    ]
    package = tabulate(study(labs), *rows)
    assert results_of("LB", package) == [
        ("040.50", "U/L", "40.5", Decimal("40.5"), "U/L"),
        ("<40", "U/L", "<40", None, "U/L"),
        (None, None, None, None, None),
    ]
    assert column(package, "LB", "LBREASND") == [None, None, "technical failure"]


def test_findings_when_a_result_is_a_year_then_it_is_no_number() -> None:
    lab = form(
        "LB",
        (item("LASTDAT", "partial-date"),),
        DomainMapping(domain="LB", tests=(TestMapping(testcd="LASTDT", test="Last Date", result="LASTDAT"),)),
    )
    package = tabulate(study(lab), record("LB", "SCR", LASTDAT="2024"))
    assert results_of("LB", package) == [("2024", None, "2024", None, None)]


def test_findings_when_the_mapping_says_when_then_other_records_make_no_rows() -> None:
    vitals = form(
        "VS",
        (item("VSPERF", "code", codelist="NY"), item("SYSBP", "integer")),
        DomainMapping(domain="VS", when='VSPERF = "Y"', tests=(TestMapping(testcd="SYSBP", result="SYSBP"),)),
    )
    package = tabulate(
        study(vitals),
        record("VS", "SCR", VSPERF="Y", SYSBP="1"),
        record("VS", "D1", VSPERF="N", SYSBP="2"),
        record("VS", "D8", SYSBP="3"),
    )
    assert column(package, "VS", "VSORRES") == ["1"]


def doses(*times: str) -> tuple[object, ...]:
    """Records of a dose on 2026-01-10 at these times."""
    return tuple(record("EX", "D1", EXDAT="2026-01-10", EXDOSE="40", **({"EXSTTIM": at} if at else {})) for at in times)


def test_baseline_when_results_have_times_then_the_last_before_or_at_the_dose_is_flagged() -> None:
    at = [
        ("SCR", "", "2026-01-02", "08:00"),
        ("D1", "PRE", "2026-01-10", "08:45"),
        ("D1", "T40", "2026-01-10", "09:40"),
    ]
    rows = [record("VS", v, timepoint=t, VSDAT=d, VSTIM=c, SYSBP="120") for v, t, d, c in at]
    package = tabulate(study(VITALS, DOSE), *rows, *doses("09:00"))
    assert column(package, "VS", "VSLOBXFL") == [None, "Y", None]


def test_baseline_when_a_time_is_unknown_on_the_day_then_only_a_planned_point_before_the_dose_counts() -> None:
    rows = [
        record("VS", "SCR", VSDAT="2026-01-02", SYSBP="118", WEIGHT="70 kg"),
        record("VS", "D1", timepoint="PRE", VSDAT="2026-01-10", SYSBP="120"),
        record("VS", "D1", timepoint="T40", VSDAT="2026-01-10", SYSBP="140", WEIGHT="70 kg"),
    ]
    package = tabulate(study(VITALS, DOSE), *rows, *doses(""))
    assert column(package, "VS", "VSTESTCD") == ["SYSBP", "SYSBP", "SYSBP", "WEIGHT", "WEIGHT"]
    assert column(package, "VS", "VSLOBXFL") == [None, "Y", None, "Y", None]


def test_baseline_when_the_last_result_is_missing_then_the_one_before_is_flagged() -> None:
    rows = [
        record("VS", "SCR", VSDAT="2026-01-02", SYSBP="118"),
        record("VS", "D1", timepoint="PRE", VSDAT="2026-01-10", SYSBP=".ND"),
    ]
    package = tabulate(study(VITALS, DOSE), *rows, *doses(""))
    assert column(package, "VS", "VSLOBXFL") == ["Y", None]


def test_baseline_when_positions_differ_then_each_has_its_own() -> None:
    rows = [
        record("VS", "SCR", repeat=place, VSDAT="2026-01-02", VSPOS=position, SYSBP="118")
        for place, position in enumerate(("SUPINE", "STANDING"), start=1)
    ]
    package = tabulate(study(VITALS, DOSE), *rows, *doses("09:00"))
    assert column(package, "VS", "VSLOBXFL") == ["Y", "Y"]


def test_baseline_when_nobody_was_dosed_then_nothing_is_flagged() -> None:
    package = tabulate(study(VITALS), record("VS", "SCR", VSDAT="2026-01-02", SYSBP="118"))
    assert column(package, "VS", "VSLOBXFL") == [None]
    assert "VSSTAT" not in names(package, "VS")


def test_sequence_when_records_come_in_any_order_then_rows_follow_test_visit_and_timepoint() -> None:
    rows = [
        record("VS", visit, timepoint=point, VSDAT=day, SYSBP=str(n), TEMP="36 C")
        for n, (visit, point, day) in enumerate(
            [
                ("D8", "", "2026-01-17"),
                ("D1", "T120", "2026-01-10"),
                ("D1", "PRE", "2026-01-10"),
                ("SCR", "", "2026-01-02"),
            ]
        )
    ]
    package = tabulate(study(VITALS), *rows)
    assert column(package, "VS", "VSORRES")[:4] == ["3", "2", "1", "0"]
    assert column(package, "VS", "VSSEQ") == [Decimal(n) for n in range(1, 9)]
    assert dataset(package, "VS").keys == ("STUDYID", "USUBJID", "VSTESTCD", "VISITNUM", "VSTPTNUM", "VSDTC", "VSSEQ")


def test_package_when_records_are_shuffled_then_it_is_the_same() -> None:
    rows = [record("VS", visit, VSDAT="2026-01-02", SYSBP="120") for visit in ("SCR", "D1", "D8")]
    assert tabulate(study(VITALS), *rows) == tabulate(study(VITALS), *reversed(rows))
    assert codes(tabulate(study(VITALS), *rows), "VSTESTCD") == []


def test_findings_when_the_long_result_is_an_item_then_it_keeps_its_digits_and_its_unit() -> None:
    weights = form(
        "BW",
        (item("BWRES", "decimal", unit="kg", units=("kg", "LB")), item("BWDAT", "date")),
        DomainMapping(domain="VS", variables={"VSTESTCD": '"WEIGHT"', "VSORRES": "BWRES", "VSDTC": "BWDAT"}),
    )
    package = tabulate(study(weights), record("BW", "SCR", BWRES="119.0 LB", BWDAT="2026-01-02"))
    assert column(package, "VS", "VSTEST") == ["Weight"]
    assert results_of("VS", package) == [("119.0", "LB", "53.98", Decimal("53.98"), "kg")]


def test_findings_when_a_test_maps_a_variable_to_nothing_then_neither_shared_nor_made_values_fill_it() -> None:
    blank = {"VSPOS": '""', "VSTPT": '""', "VSTPTNUM": '""', "VSELTM": '""', "VSTPTREF": '""'}
    vitals = form(
        "VS",
        (item("SYSBP", "integer"), item("TEMP", "decimal")),
        DomainMapping(
            domain="VS",
            variables={"VSPOS": '"SUPINE"'},
            tests=(
                TestMapping(testcd="SYSBP", result="SYSBP"),
                TestMapping(testcd="TEMP", result="TEMP", variables=blank),
            ),
        ),
    )
    package = tabulate(study(vitals), record("VS", "D1", timepoint="T40", SYSBP="120", TEMP="36.5"))
    assert column(package, "VS", "VSPOS") == ["SUPINE", None]
    assert column(package, "VS", "VSTPT") == ["40 MINUTES", None]
    assert column(package, "VS", "VSTPTNUM") == [Decimal(2), None]
    assert codes(package, "VSTPTNUM") == []


def test_findings_when_the_standard_result_is_mapped_then_the_number_is_read_from_it() -> None:
    scale = form(
        "NPI",
        (item("FREQ"),),
        DomainMapping(
            domain="QS",
            variables={"QSCAT": '"NPI"'},
            tests=(
                TestMapping(
                    testcd="NPI01",
                    test="NPI-Freq",
                    result="FREQ",
                    variables={"QSSTRESC": 'if(FREQ = "ABSENT", "0", FREQ)'},
                ),
            ),
        ),
    )
    package = tabulate(study(scale), record("NPI", "SCR", FREQ="ABSENT"))
    assert column(package, "QS", "QSORRES") == ["ABSENT"]
    assert column(package, "QS", "QSSTRESN") == [Decimal(0)]


def test_findings_when_the_mapping_itself_says_not_done_then_there_is_a_row_without_a_result() -> None:
    vitals = form(
        "VS",
        (item("SYSBP", "integer"), item("STAT")),
        DomainMapping(domain="VS", tests=(TestMapping(testcd="SYSBP", result="SYSBP", variables={"VSSTAT": "STAT"}),)),
    )
    package = tabulate(study(vitals), record("VS", "SCR", STAT="NOT DONE"), record("VS", "D1", SYSBP="120"))
    assert column(package, "VS", "VSSTAT") == ["NOT DONE", None]
    assert column(package, "VS", "VSORRES") == [None, "120"]


def test_findings_when_a_text_item_has_a_test_of_its_own_then_digits_are_no_number() -> None:
    profile = form("QS", (item("EQPROF"),), DomainMapping(domain="QS", results=("EQPROF",)))
    package = tabulate(study(profile), record("QS", "D1", EQPROF="11111"))
    assert column(package, "QS", "QSSTRESC") == ["11111"]
    assert "QSSTRESN" not in [variable.name for variable in dataset(package, "QS").variables]


def test_baseline_when_the_guide_has_no_flag_for_a_domain_then_none_is_made() -> None:
    criteria = form(
        "IE",
        (item("IEDAT", "date"), item("IETESTCD")),
        DomainMapping(domain="IE", variables={"IETESTCD": "IETESTCD", "IEDTC": "IEDAT", "IEORRES": '"N"'}),
    )
    package = tabulate(
        study(criteria, DOSE),
        record("IE", "SCR", IEDAT="2026-01-01", IETESTCD="INCL01"),
        record("EX", "D1", EXDAT="2026-01-05"),
    )
    assert "IELOBXFL" not in [variable.name for variable in dataset(package, "IE").variables]
