"""Expressions that read other records: which record goes with which, and what all of a form come to."""

from __future__ import annotations

from decimal import Decimal

import pytest
from book_sample import ask, book_scope, compiled, fails

from trialkit.language import ExpressionError, compile_expression
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate

N = Decimal
VISITS = "V0 VS WTKG=80 SYSBP=120 | V1 VS WTKG=82.5 SYSBP=130 | V2 VS SYSBP=150"


def day(text: str) -> PartialDate:
    return PartialDate.parse(text)


@pytest.mark.parametrize(
    ("text", "records", "expected"),
    [
        # a form that is scheduled at the visit is read at the visit, and nowhere else
        ("VS.SYSBP", f"{VISITS} | V1 EX EXDOSE=40", N(130)),
        ("VS.WTKG", f"{VISITS} | V2 EX EXDOSE=40", None),
        ("VS.SYSBP", "V0 VS SYSBP=120 | V1 EX EXDOSE=40", None),
        # one that is not scheduled there is read where it was filled in last
        ("DM.AGE", "V0 DM AGE=40 | V1 EX EXDOSE=40", N(40)),
        ("DM.AGE", "V1 EX EXDOSE=40", None),
        ("VS.SYSBP", f"{VISITS} | V3 SV SVSTDAT=2024-05-16", N(150)),
        ("VS.SYSBP", "V0 VS SYSBP=120 | UNS VS SYSBP=99 | V3 SV SVSTDAT=2024-05-16", N(120)),
        # scheduled, and therefore only here, although an earlier one is there
        ("DM.AGE", "V0 DM AGE=40 | V2 EX EXDOSE=40", None),
        # the same timepoint, or none
        ("EX.EXDOSE", "V1 EX EXDOSE=40 | V1 TM@T40 SYSBP=150", N(40)),
        ("TM.SYSBP", "V1 TM@PRE SYSBP=120 | V1 TM@T40 SYSBP=150 | V1 EX EXDOSE=40", None),
        # the record itself by its own form
        ("EX.EXDOSE", "V1 EX EXDOSE=41", N(41)),
    ],
)
def test_item_of_another_form_when_read_then_it_is_of_the_record_that_goes_with_this_one(
    text: str, records: str, expected: Typed
) -> None:
    assert ask(text, records) == expected


AES = "V0 AE AETERM=Ache AESER=N AESEV=1 | V1 AE#1 AETERM=Fall AESER=Y AESEV=3 | V1 AE#2 AETERM=Rash AESEV=2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('any(AE, AESER = "Y")', True),
        ('any(AE, AE.AESER = "Y" and AESEV < 2)', False),
        ("any(AE)", True),
        ("any(VS)", False),
        ("count(AE)", N(3)),
        ("count(AE, AESEV >= 2)", N(2)),
        ('count(AE, AESER = "N")', N(1)),  # a record for which it is unknown does not count
        ('count(AE, not (AESER = "N"))', N(1)),
        ("count(AE, AESEV > cur(EXDOSE))", N(1)),
        ("count(AE, AESEV > EX.EXDOSE)", N(1)),
        ("count(AE, here())", N(2)),
        ("count(AE, before())", N(1)),
        ('count(AE, tag("SCR"))', N(1)),
        ("count(AE, repeat() = 2)", N(1)),
        ('count(AE, visit() = "V0")', N(1)),
        ("total(AE.AESEV)", N(6)),
        ("total(AE.AESEV, AESEV > 7)", N(0)),
        ("total(VS.SYSBP)", N(0)),
        ("highest(AE.AESEV)", N(3)),
        ("lowest(AE.AESEV, AESEV > 1)", N(2)),
        ("lowest(VS.SYSBP)", None),
        ("first(AE.AETERM)", "Ache"),
        ("last(AE.AETERM)", "Rash"),
        ("last(AE.AESER)", "Y"),  # the last one that has a value
        ("last(AE.AETERM, AESEV = 1)", "Ache"),
        ("last(AE.AETERM, AESEV = 9)", None),
        ("first(AE.AESEV * 2 + 1)", N(3)),
        ("last(AE.AETERM, last(EX.EXDOSE) = 2)", "Rash"),  # a scan inside a scan starts from the rule's record
        ("prev(AE.AETERM)", "Ache"),
        ("any(AE, AETERM = cur(EXBY))", False),
        ("doubled() = 4", True),
        ("count(AE, AESEV = doubled() / 2)", N(1)),
    ],
)
def test_scan_when_asked_of_a_dose_then_all_records_of_the_form_are_looked_at(text: str, expected: Typed) -> None:
    assert ask(text, f"{AES} | V1 EX EXDOSE=2") == expected


def test_scan_when_there_are_other_subjects_then_theirs_are_left_alone() -> None:
    assert ask("count(AE)", f"{AES} | V1 EX EXDOSE=2", AES, AES) == 3


@pytest.mark.parametrize(
    ("text", "visit", "expected"),
    [
        ("prev(WTKG)", "V2", N("82.5")),
        ("prev(VS.WTKG)", "V1", N(80)),
        ("prev(WTKG)", "V0", None),
        ("SYSBP - prev(SYSBP)", "V2", N(20)),
        ("prev(SYSBP + WTKG)", "V2", N("212.5")),
        ("prev(SYSBP, SYSBP < 125)", "V2", N(120)),
        ("scr(SYSBP)", "V2", N(120)),
        ("scr(VS.SYSBP)", "V0", N(120)),
        ("bl(SYSBP)", "V2", N(130)),
        ("bl(WTKG)", "V0", N("82.5")),
        ("count(VS, SYSBP = cur(SYSBP))", "V2", N(1)),  # its own record is among those that are looked at
        ("count(VS)", "V2", N(3)),
        ("any(VS, here() and WTKG is present)", "V2", False),
        ("visit_day()", "V2", N(8)),
        ("visit_day()", "V0", None),
    ],
)
def test_scan_when_asked_of_vital_signs_then_the_order_of_the_visits_counts(
    text: str, visit: str, expected: Typed
) -> None:
    records = [record for record in VISITS.split(" | ") if not record.startswith(visit)]
    last = next(record for record in VISITS.split(" | ") if record.startswith(visit))
    assert ask(text, " | ".join([*records, last])) == expected


SESSION = "V1 TM@PRE SYSBP=120 DIABP=80 | V1 TM@T40 SYSBP=150 | V1 TM@T90 SYSBP=125 DIABP=85 | V2 TM@PRE SYSBP=118"


@pytest.mark.parametrize(
    ("text", "record", "expected"),
    [
        ('at("PRE", SYSBP)', "V1 TM@T90 SYSBP=125", N(120)),
        ('at("T40", TM.SYSBP)', "V2 TM@PRE SYSBP=118", None),
        ('at("PRE", TM.SYSBP)', "V2 EX EXDOSE=40", N(118)),
        ("prev(SYSBP)", "V1 TM@T90 SYSBP=125", N(150)),
        ("prev(SYSBP)", "V2 TM@PRE SYSBP=118", N(125)),
        ("prev(SYSBP, here())", "V2 TM@PRE SYSBP=118", None),
        ("bl(SYSBP)", "V2 TM@PRE SYSBP=118", N(120)),  # of the timed ones, those before the dose
        ("before_dose()", "V2 TM@PRE SYSBP=118", True),
        ("before_dose()", "V1 TM@T40 SYSBP=150", False),
        ("before_dose()", "V1 EX EXDOSE=40", True),
        ('expected("TM")', "V1 EX EXDOSE=40", N(3)),
        ('expected("TM")', "V3 SV SVSTDAT=2024-05-16", N(0)),
        ('count(TM, here()) < expected("TM")', "V2 EX EXDOSE=40", True),
        ("outside_timepoint(34)", "V1 TM@T40 SYSBP=150", N(-1)),
        ("outside_timepoint(35)", "V1 TM@T40 SYSBP=150", N(0)),
        ("outside_timepoint(45.5)", "V1 TM@T40 SYSBP=150", N("0.5")),
        ("outside_timepoint(45.5)", "V1 TM@T90 SYSBP=150", None),
        ("outside_timepoint(1)", "V1 EX EXDOSE=40", None),
    ],
)
def test_scan_when_readings_are_timed_then_their_place_in_the_day_counts(
    text: str, record: str, expected: Typed
) -> None:
    place = record.rsplit(" ", 1)[0]
    others = [other for other in SESSION.split(" | ") if not other.startswith(place)]
    assert ask(text, " | ".join([*others, record])) == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2024-05-08", -1), ("2024-05-09", 0), ("2024-05-12", 0), ("2024-05-13", 1), ("2024-05", None)],
)
def test_outside_window_when_asked_then_days_count_from_the_first_day(date: str, expected: int | None) -> None:
    found = ask(
        "outside_window(SVSTDAT, first(SV.SVSTDAT, visit_day() = 1))",
        f"V1 SV SVSTDAT=2024-05-03 | V2 SV SVSTDAT={date}",
    )
    assert found == (None if expected is None else N(expected))


def test_missing_forms_when_records_are_not_there_then_each_required_one_counts() -> None:
    assert ask("missing_forms()", "V1 VS SYSBP=120 | V1 TM@PRE SYSBP=120 | V1 SV SVSTDAT=2024-05-03") == 3
    assert ask("missing_forms()", "V2 VS SYSBP=1 | V2 TM@PRE SYSBP=1 | V2 TM@T40 SYSBP=1 | V2 EX EXDOSE=1 | V2 SV") == 0


def test_subjects_with_when_two_have_the_same_value_then_both_count() -> None:
    assert ask("subjects_with(EXBY)", "V1 EX EXBY=ann", "V1 EX EXBY=ann", "V1 EX EXBY=bob | V2 EX EXBY=ann") == 3
    assert ask("subjects_with(EXBY)", "V1 EX EXBY=eve", "V1 EX EXBY=ann") == 1
    assert ask("subjects_with(EXBY)", "V1 EX EXDOSE=1", "V1 EX EXBY=ann") is None


def test_register_when_it_is_of_the_site_then_every_subject_sees_it() -> None:
    rule = 'any(RG, RGUSER = cur(EXBY) and RGROLE = "NURSE" and RGFROM <= cur(EXDAT))'
    register = "- RG#1 RGUSER=ann RGROLE=NURSE RGFROM=2024-01-01 | - RG#2 RGUSER=bob RGROLE=RATER RGFROM=2024-01-01"
    assert ask(rule, f"{register} | V1 EX EXBY=ann EXDAT=2024-05-03") is True
    assert ask(rule, f"{register} | V1 EX EXBY=bob EXDAT=2024-05-03") is False
    assert ask(rule, f"{register} | V1 EX EXBY=ann EXDAT=2023-05-03") is False


def test_entered_when_it_is_known_then_it_stands_on_the_clock_of_the_site() -> None:
    record = "V1 EX EXDOSE=1 entered=2024-05-03T22:30 by=ann"
    assert ask("entered()", record) == day("2024-05-04T00:30")
    assert ask("entered_by()", record) == "ann"
    assert ask("entered()", "V1 EX EXDOSE=1") is None
    assert ask("entered_by()", "V1 EX EXDOSE=1") is None
    assert ask("now()", record) == day("2024-06-15T12:30")


def test_method_when_it_is_called_then_it_is_asked_of_the_record_of_the_rule() -> None:
    doses = "V1 EX EXDAT=2024-05-03 | V2 EX EXDAT=2024-05-10"
    assert ask("first_dose()", f"{doses} | V2 TM@PRE SYSBP=1") == day("2024-05-03")
    assert ask("dose_date()", f"{doses} | V2 TM@PRE SYSBP=1") == day("2024-05-10")
    assert ask("count(TM, dose_date() is present)", f"{doses} | V1 TM@PRE SYSBP=1 | V3 SV SVSTDAT=2024-05-16") == 0
    assert ask("days(first_dose(), VSDAT)", f"{doses} | V2 VS VSDAT=2024-05-10") == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("earliest(EXDAT, last(VS.VSDAT))", "2024-05-01"),
        ("latest(EXDAT, last(VS.VSDAT))", "2024-05-03"),
        ("earliest(EXDAT, last(SV.SVSTDAT))", "2024-05-03"),
        ("earliest(EXDAT, first(AE.AESTDAT))", None),
    ],
)
def test_earliest_when_dates_are_missing_or_partial_then_only_what_is_certain_is_said(
    text: str, expected: str | None
) -> None:
    found = ask(text, "V0 VS VSDAT=2024-05-01 | V1 AE AESTDAT=2024-05 | V1 EX EXDAT=2024-05-03")
    assert found == (None if expected is None else day(expected))


def test_scan_when_a_function_fails_inside_then_nothing_passes() -> None:
    def broken(_: Typed) -> Typed:
        raise ZeroDivisionError

    function = Function("broken", (Kind.NUMBER,), Kind.NUMBER, broken)
    assert fails("any(AE, broken(AESEV) > 1)", f"{AES} | V1 EX EXDOSE=2", functions=(function,))
    assert not fails("any(VS, broken(SYSBP) > 1)", f"{AES} | V1 EX EXDOSE=2", functions=(function,))


@pytest.mark.parametrize(
    ("form", "text", "code", "message"),
    [
        ("EX", "AE.AESEV > 1", "D122", "AE may have several records at a visit, so AE.AESEV alone does not say which."),
        ("EX", "QS.TOTAL > 1", "D122", "The protocol uses no form QS."),
        ("EX", "VT.SYSBP > 1", "D122", "There is no form VT."),
        ("EX", "any(VT)", "D122", "There is no form VT."),
        ("EX", "VS.SYSPB > 1", "D121", "The form VS has no item SYSPB."),
        ("EX", "any(AE, AESEVE > 1)", "D121", "The form AE has no item AESEVE."),
        ("EX", 'any(AE, AESER = "X")', "D127", '"X" is not in the code list of AESER.'),
        ("EX", "any(AE, AETERM > 1)", "D126", "AETERM is a text and 1 is a number: they can not be compared."),
        ("EX", "any(AE, AESEV)", "D126", "AESEV is a number where a truth value is expected."),
        ("EX", "any(1)", "D125", "any() takes a form first."),
        ("EX", "any(AE.AESEV > 1)", "D125", "any() takes a form first."),
        ("EX", "last(AE.AESEV, AETERM)", "D126", "AETERM is a text where a truth value is expected."),
        ("EX", "total(AE.AETERM) > 1", "D125", "total() takes numbers, and AE.AETERM is a text."),
        (
            "EX",
            "last(AE.AESEV + VS.SYSBP) > 1",
            "D125",
            "One value is taken from the records of one form, and this names AE and VS.",
        ),
        (
            "EX",
            "cur(EXDOSE) > 1",
            "D125",
            "cur() has a meaning only inside any(), count(), first(), last(), prev() and their like.",
        ),
        ("EX", "here()", "D125", "here() has a meaning only inside any(), count(), first(), last() and their like."),
        ("EX", 'at("T41", TM.SYSBP) > 1', "D127", 'The protocol has no timepoint "T41".'),
        ("EX", "fist_dose() is missing", "D124", "There is no function fist_dose()."),
        ("EX", "first_dose(1) is missing", "D125", "first_dose() can not take 1 argument."),
        ("EX", "label(VS.SYSBP) = 1", "D125", "label() looks at the record at hand, and VS.SYSBP is not in it."),
        ("EX", 'expected("VT") > 1', "D122", "There is no form VT."),
    ],
)
def test_compile_when_a_scan_makes_no_sense_then_the_problem_says_so(
    form: str, text: str, code: str, message: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, book_scope(form), Kind.ANY)
    assert (caught.value.problems[0].code, caught.value.problems[0].message) == (code, message)


@pytest.mark.parametrize(
    "text", ["QS.TOTAL > 1", "P.nothing > 1", "no_such_method() > 1", 'tag("X")', 'at("T41", TM.SYSBP) > 1']
)
def test_problem_when_the_name_may_be_another_protocols_then_it_says_so(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, book_scope("EX"), Kind.ANY)
    assert [problem.is_absent for problem in caught.value.problems] == [True]


def test_compiled_when_it_reads_other_records_then_it_says_which_and_keeps_its_own_items() -> None:
    found = compiled("EX", "EXDOSE > last(VS.WTKG, SYSBP > cur(EXDOSE)) and DM.AGE > 1 and any(AE, AESEV > 1)")
    assert found.reads == {"VS", "DM", "AE"}
    assert found.items == ("EXDOSE",)
