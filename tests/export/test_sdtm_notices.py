"""What is said about datasets and about mappings, and the tables of the standard that it is said from."""

from __future__ import annotations

from decimal import Decimal

import pytest
from export_sample import VITALS, codes, column, dataset, form, item, names, record, study, tabulate

from trialkit.export.sdtm import check_mappings
from trialkit.export.sdtm.standard import load_standard
from trialkit.model.domain_mapping import DomainMapping, TestMapping
from trialkit.model.kind import Function, Kind

EVENT = form(
    "AE",
    (item("AETERM"), item("AESEV"), item("AEROUTE")),
    DomainMapping(
        domain="AE",
        variables={"AETERM": "AETERM", "AEDECOD": "AETERM", "AESEV": '"TERRIBLE"', "AESER": "AESEV"},
    ),
)


def test_terms_when_a_constant_is_outside_a_closed_list_then_the_term_is_named_and_counted() -> None:
    package = tabulate(
        study(EVENT), record("AE", "D1", AETERM="COUGH"), record("AE", "D8", AETERM="HEADACHE", AESEV="maybe")
    )
    severity = next(notice for notice in package.notices if notice.variable == "AESEV")
    assert (severity.code, severity.dataset, severity.rows) == ("X101", "AE", 2)
    assert "'TERRIBLE'" in severity.message
    assert "AESEV (C66769)" in severity.message


def test_terms_when_the_value_was_typed_freely_then_it_is_not_named() -> None:
    package = tabulate(study(EVENT), record("AE", "D8", AETERM="HEADACHE", AESEV="Mrs Jones said so"))
    serious = next(notice for notice in package.notices if notice.variable == "AESER")
    assert serious.code == "X101"
    assert "Jones" not in str(serious)
    assert serious.rows == 1


def test_terms_when_the_list_is_extensible_then_the_notice_is_a_softer_one() -> None:
    vitals = form(
        "VS",
        (item("SYSBP", "integer"),),
        DomainMapping(
            domain="VS",
            variables={"VSORRESU": '"MMHG"'},
            tests=(TestMapping(testcd="SYSBP", result="SYSBP"),),
        ),
    )
    package = tabulate(study(vitals), record("VS", "D1", SYSBP="120"))
    assert codes(package, "VSORRESU") == codes(package, "VSSTRESU") == ["X102"]


def test_texts_when_long_or_not_ascii_then_they_are_noticed_and_kept_whole() -> None:
    long = "x" * 201
    package = tabulate(
        study(EVENT), record("AE", "D1", AETERM=long), record("AE", "D8", AETERM="Kopfschmerz, plötzlich")
    )
    assert codes(package, "AETERM") == ["X104", "X105"]
    assert long in column(package, "AE", "AETERM")
    assert next(found.length for found in dataset(package, "AE").variables if found.name == "AETERM") == 201


def test_numbers_when_a_mapping_gives_a_text_then_the_field_is_empty_and_noticed() -> None:
    doses = form(
        "EX",
        (item("EXDOSE"),),
        DomainMapping(domain="EX", variables={"EXTRT": '"KETAMINE"', "EXDOSE": "EXDOSE"}),
    )
    package = tabulate(study(doses), record("EX", "D1", EXDOSE="forty"), record("EX", "D8", EXDOSE="40"))
    assert column(package, "EX", "EXDOSE") == [None, Decimal(40)]
    assert codes(package, "EXDOSE") == ["X110"]


def test_dates_when_a_mapping_gives_another_form_then_it_is_noticed() -> None:
    doses = form(
        "EX", (item("EXDAT"),), DomainMapping(domain="EX", variables={"EXTRT": '"KETAMINE"', "EXSTDTC": "EXDAT"})
    )
    package = tabulate(study(doses), record("EX", "D1", EXDAT="10 JAN 2026"))
    assert codes(package, "EXSTDTC") == ["X111"]


def test_mapping_when_a_function_fails_then_the_field_is_empty_and_noticed() -> None:
    def fail(text: object) -> str:
        raise RuntimeError(text)

    doses = form(
        "EX", (item("EXLOT"),), DomainMapping(domain="EX", variables={"EXTRT": '"KETAMINE"', "EXLOT": "shout(EXLOT)"})
    )
    shout = Function("shout", (Kind.TEXT,), Kind.TEXT, fail)
    package = tabulate(study(doses), record("EX", "D1", EXLOT="A1"), functions=(shout,))
    assert codes(package, "EXLOT") == ["X112"]
    assert "EXLOT" not in names(package, "EX")


def test_notice_when_shown_then_it_says_where_what_how_many_and_what_to_do() -> None:
    package = tabulate(study(EVENT), record("AE", "D1", AETERM="x" * 201))
    shown = next(str(notice) for notice in package.notices if notice.code == "X104")
    assert shown.startswith("AE.AEDECOD: X104: AEDECOD holds texts of more than 200 bytes. (1 row) Shorten the text")


def test_lengths_when_a_variable_stands_in_several_datasets_then_it_is_as_long_as_its_longest_value() -> None:
    package = tabulate(study(VITALS, EVENT), record("VS", "D1", VSDAT="2026-01-10", SYSBP="1"), record("AE", "UNS"))
    lengths = {
        (found.name, variable.name): variable.length for found in package.datasets for variable in found.variables
    }
    assert lengths["VS", "VISIT"] == lengths["SV", "VISIT"] == lengths["AE", "VISIT"] == len("UNSCHEDULED")
    assert lengths["VS", "VSORRES"] == 1
    assert lengths["VS", "VSLOBXFL"] == 1


def test_origins_when_variables_are_mapped_or_made_then_they_say_so() -> None:
    package = tabulate(study(EVENT), record("AE", "D1", AETERM="COUGH"))
    origins = {found.name: found.origin for found in dataset(package, "AE").variables}
    assert origins["AETERM"] == "Collected"
    assert origins["AESEV"] == "Assigned"
    assert origins["AESEQ"] == "Derived"
    assert origins["VISITNUM"] == "Protocol"


@pytest.mark.parametrize(
    ("mapping", "expected", "words"),
    [
        (DomainMapping(domain="VX"), "X131", "Form F, domain VX"),
        (DomainMapping(domain="AE", variables={"AETERM": "A", "AESTDT": "A"}), "X132", "Did you mean AESTDTC?"),
        (DomainMapping(domain="AE", variables={"AETERM": "A", "USUBJID": "A"}), "X135", "USUBJID is always made"),
        (DomainMapping(domain="AE", variables={"AETERM": "A", "AESEQ": "A"}), "X135", "AESEQ is always made"),
        (DomainMapping(domain="AE", variables={"AESEV": "A"}), "X134", "Map AETERM."),
        (DomainMapping(domain="LB", variables={"LBORRES": "A"}), "X134", "lay the domain out with tests"),
        (DomainMapping(domain="TA"), "X139", "forms do not fill"),
        (
            DomainMapping(domain="VS", tests=(TestMapping(testcd="SYSBPX", result="A"),)),
            "X136",
            "no single name",
        ),
        (
            DomainMapping(domain="VS", tests=(TestMapping(testcd="SYSBP", result="AA"),)),
            "X138",
            "no item AA",
        ),
        (
            DomainMapping(domain="VS", tests=(TestMapping(testcd="SYSBP", result="A"),) * 2),
            "X140",
            "the same test twice",
        ),
        (
            DomainMapping(
                domain="AE", variables={"AETERM": "A"}, tests=(TestMapping(testcd="SYSBP", test="x", result="A"),)
            ),
            "X137",
            "only findings domains",
        ),
    ],
)
def test_check_mappings_when_something_is_wrong_then_it_says_form_domain_and_remedy(
    mapping: DomainMapping, expected: str, words: str
) -> None:
    (problem,) = check_mappings(study(form("F", (item("A"),), mapping)))
    assert problem.code == expected
    assert words in f"{problem.message} {problem.remedy}"


@pytest.mark.parametrize(
    "mapping",
    [
        DomainMapping(domain="DM", variables={"SEX": "A", "SUBJID": "A"}),
        DomainMapping(domain="SV", variables={"SVSTDTC": "A"}),
        DomainMapping(domain="MH", variables={"MHTERM": "A", "MHSEV": "A", "VISITNUM": "1", "MHTPT": "A"}),
        DomainMapping(domain="FA", variables={"FATESTCD": "A", "FAOBJ": "A"}),
        DomainMapping(domain="RS", tests=(TestMapping(testcd="MADRS101", test="MADRS1-Sadness", result="A"),)),
        DomainMapping(domain="CO", variables={"COVAL": "A"}),
    ],
)
def test_check_mappings_when_all_is_well_then_there_is_nothing_to_say(mapping: DomainMapping) -> None:
    assert check_mappings(study(form("F", (item("A"),), mapping))) == ()


def test_mapping_when_a_variable_is_unknown_then_it_is_left_out_and_noticed() -> None:
    event = form("AE", (item("A"),), DomainMapping(domain="AE", variables={"AETERM": "A", "AEXYZ": "A"}))
    package = tabulate(study(event), record("AE", "D1", A="x"))
    assert "AEXYZ" not in names(package, "AE")
    assert codes(package, "AEXYZ") == ["X114"]


def test_standard_when_loaded_then_every_domain_has_a_label_and_sound_variables() -> None:
    standard = load_standard()
    for domain in standard.domains.values():
        assert 1 <= len(domain.label) <= 40
        assert domain.variables
        assert len({variable.name for variable in domain.variables}) == len(domain.variables)
        assert all(len(variable.label) <= 40 for variable in domain.variables)
    assert sum(len(domain.variables) for domain in standard.domains.values()) == 932


def test_standard_when_asked_for_a_test_then_the_lists_of_the_domain_decide() -> None:
    standard = load_standard()
    assert standard.test_name("VS", "SYSBP") == "Systolic Blood Pressure"
    assert standard.test_name("QS", "GAD0101") == "GAD01-Feeling Nervous Anxious or On Edge"
    assert standard.test_name("RS", "HAMD101") == "HAMD1-Depressed Mood"
    assert standard.test_name("LB", "SYSBP") == ""
    assert all(len(test) <= 40 for found in standard.tests.values() for _, test in found)
