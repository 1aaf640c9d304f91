"""Supplemental qualifiers: what no variable of a domain holds, beside the row that it belongs to."""

from __future__ import annotations

from decimal import Decimal

import pytest
from export_sample import column, dataset, form, item, record, study, tabulate

from trialkit.export.sdtm import check_mappings
from trialkit.model.domain_mapping import DomainMapping, SupplementalQualifier, TestMapping


def qualifier(value: str, label: str = "A qualifier", **more: str) -> SupplementalQualifier:
    """A qualifier with this value."""
    return SupplementalQualifier(label=label, value=value, **more)


DOSE = form(
    "EX",
    (item("EXDAT", "date"), item("WTUSED", "decimal", unit="kg"), item("PREPBY"), item("EXDOSE", "decimal")),
    DomainMapping(
        domain="EX",
        variables={"EXTRT": '"DRUG"', "EXSTDTC": "EXDAT", "EXDOSE": "EXDOSE"},
        supplemental={
            "WTUSED": qualifier("WTUSED", "Weight Used for Dose"),
            "PREPBY": qualifier("PREPBY", "Prepared By", origin="Assigned", evaluator="PHARMACIST"),
        },
    ),
)


def rows_of(package: object, name: str) -> list[dict[str, object]]:
    """The rows of a dataset, each by variable."""
    found = dataset(package, name)
    return [dict(zip((variable.name for variable in found.variables), row, strict=True)) for row in found.rows]


def test_qualifiers_when_they_have_values_then_each_points_to_its_row() -> None:
    package = tabulate(
        study(DOSE),
        record("EX", "D8", EXDAT="2026-01-12", EXDOSE="41", WTUSED="82.4", PREPBY="AB"),
        record("EX", "D1", EXDAT="2026-01-05", EXDOSE="40", WTUSED="80.0"),
    )
    assert rows_of(package, "SUPPEX") == [
        {
            "STUDYID": "KET01", "RDOMAIN": "EX", "USUBJID": "KET01-012-0007", "IDVAR": "EXSEQ", "IDVARVAL": number,
            "QNAM": qnam, "QLABEL": label, "QVAL": value, "QORIG": origin, "QEVAL": evaluator,
        }
        for number, qnam, label, value, origin, evaluator in (
            ("1", "WTUSED", "Weight Used for Dose", "80.0", "CRF", None),
            ("2", "PREPBY", "Prepared By", "AB", "Assigned", "PHARMACIST"),
            ("2", "WTUSED", "Weight Used for Dose", "82.4", "CRF", None),
        )
    ]  # fmt: skip
    assert column(package, "EX", "EXDOSE") == [Decimal(40), Decimal(41)]


def test_qualifiers_when_there_are_ten_rows_then_they_are_sorted_as_numbers() -> None:
    records = [record("EX", "UNS", visit_repeat=day, EXDAT=f"2026-02-{day:02}", PREPBY="AB") for day in range(1, 11)]
    package = tabulate(study(DOSE), *records)
    assert column(package, "SUPPEX", "IDVARVAL") == [str(number) for number in range(1, 11)]


def test_qualifiers_when_none_has_a_value_then_there_is_no_dataset() -> None:
    package = tabulate(study(DOSE), record("EX", "D1", EXDAT="2026-01-05", WTUSED=".ND"))
    assert [found.name for found in package.datasets] == ["DM", "EX", "SV"]


def test_qualifiers_when_they_belong_to_one_test_then_only_its_row_has_them() -> None:
    vitals = form(
        "VS",
        (item("SYSBP", "integer"), item("PULSE", "integer"), item("REST", "integer"), item("CUFF")),
        DomainMapping(
            domain="VS",
            results=("SYSBP",),
            tests=(TestMapping(testcd="PULSE", result="PULSE", supplemental={"VSREST": qualifier("REST")}),),
            supplemental={"VSCUFF": qualifier("CUFF")},
        ),
    )
    package = tabulate(study(vitals), record("VS", "D1", SYSBP="120", PULSE="60", REST="5", CUFF="L"))
    assert column(package, "VS", "VSTESTCD") == ["PULSE", "SYSBP"]
    found = [(row["IDVARVAL"], row["QNAM"], row["QVAL"]) for row in rows_of(package, "SUPPVS")]
    assert found == [("1", "VSCUFF", "L"), ("1", "VSREST", "5"), ("2", "VSCUFF", "L")]


def test_qualifiers_when_a_subject_gave_several_races_then_suppdm_has_no_sequence() -> None:
    demographics = form(
        "DM",
        (item("RACE", "codes", codelist="RACE"),),
        DomainMapping(
            domain="DM",
            variables={"RACE": "RACE"},
            supplemental={
                f"RACE{place}": qualifier(f"if(nth(RACE, 2) is present, nth(RACE, {place}))") for place in (1, 2, 3)
            },
        ),
    )
    package = tabulate(
        study(demographics),
        record("DM", "SCR", RACE="WHITE;ASIAN"),
        record("DM", "SCR", subject="020-0001", RACE="ASIAN"),
    )
    assert [row["RACE"] for row in rows_of(package, "DM")] == ["MULTIPLE", "ASIAN"]
    assert "X108" not in [notice.code for notice in package.notices]
    found = [tuple(row.values())[2:8] for row in rows_of(package, "SUPPDM")]
    assert found == [
        ("KET01-012-0007", None, None, "RACE1", "A qualifier", "WHITE"),
        ("KET01-012-0007", None, None, "RACE2", "A qualifier", "ASIAN"),
    ]


def test_qualifiers_when_texts_are_strange_then_they_are_noticed() -> None:
    package = tabulate(study(DOSE), record("EX", "D1", EXDAT="2026-01-05", PREPBY="Zoë"))
    assert [(notice.code, notice.dataset, notice.variable) for notice in package.notices if notice.code == "X105"] == [
        ("X105", "SUPPEX", "QVAL")
    ]


@pytest.mark.parametrize("name", ["EXLOT", "EXDOSE"])
def test_qualifier_when_the_domain_has_a_variable_for_it_then_it_is_a_problem(name: str) -> None:
    mapping = DomainMapping(domain="EX", variables={"EXTRT": '"X"'}, supplemental={name: qualifier("A")})
    assert [problem.code for problem in check_mappings(study(form("EX", (item("A"),), mapping)))] == ["X141"]


def test_results_when_the_terms_have_no_name_then_the_label_of_the_item_is_the_test() -> None:
    scale = form("QS", (item("FAT01", "integer"),), DomainMapping(domain="QS", results=("FAT01",)))
    package = tabulate(study(scale), record("QS", "D1", FAT01="3"))
    assert (column(package, "QS", "QSTESTCD"), column(package, "QS", "QSTEST")) == (["FAT01"], ["FAT01"])
    assert check_mappings(study(scale)) == ()
