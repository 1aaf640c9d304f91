"""Skip logic on paper: what is left of a condition at a visit, and how it reads."""

from __future__ import annotations

import pytest
from document_sample import PROTOCOL, VS, small_study

from trialkit.document.fields import form_fields
from trialkit.document.skip_logic import Asking, SkipWords
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form

_FORM = Form.model_validate(
    {
        "form": "VS",
        "title": "Vital signs",
        "items": [
            {"item": "PERF", "label": "Done?", "type": "code", "codelist": "NY"},
            {"item": "RACE", "label": "Race", "type": "codes", "codelist": "NY"},
            {"item": "SYS", "label": "Systolic", "type": "integer"},
            {"item": "DAT", "label": "Date", "type": "date"},
        ],
    }
)


def _words() -> SkipWords:
    lists: dict[str, CodeList] = dict(small_study().codelists)
    return SkipWords(_FORM, lists, PROTOCOL)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('PERF = "Y"', "PERF = Yes"),
        ('PERF <> "Y" and SYS >= P.limit', "PERF ≠ Yes and SYS ≥ 140 mmHg"),
        ('PERF in ("Y", "N") or SYS < 60', "PERF is one of Yes, No or SYS < 60"),
        ('PERF not in ("Y", "N")', "PERF is none of Yes, No"),
        ("SYS is present and DAT is missing", "SYS is filled in and DAT is blank"),
        ('PERF is present and PERF = "Y"', "PERF = Yes"),
        ('(PERF = "Y" or SYS > 1) and SYS < 9', "(PERF = Yes or SYS > 1) and SYS < 9"),
        ('not (PERF = "Y")', "not PERF = Yes"),
        ('has(RACE, "Y")', "RACE includes Y"),
        ("days(DAT, today()) > 7", "days from DAT to today > 7"),
        ("SYS * 2 + 1 > -3", "SYS * 2 + 1 > -3"),
        ("(SYS + 1) * 2 > SYS / 3", "(SYS + 1) * 2 > SYS / 3"),
        ("floor(SYS) = 3", "floor(SYS) = 3"),
        ('tag("DOSING")', "the visit is tagged DOSING"),
    ],
)
def test_condition_when_put_into_words_then_it_reads(condition: str, words: str) -> None:
    assert _words().asking(condition, None).words == words


@pytest.mark.parametrize(
    ("condition", "visit", "timepoint", "asking"),
    [
        ('tag("SCR")', "V0", None, Asking(True)),
        ('tag("SCR")', "V1", None, Asking(False)),
        ('PERF = "Y" and tag("SCR")', "V0", None, Asking(True, "PERF = Yes")),
        ('PERF = "Y" and tag("SCR")', "V1", None, Asking(False)),
        ('PERF = "Y" or tag("SCR")', "V0", None, Asking(True)),
        ('not tag("SCR")', "V1", None, Asking(True)),
        ('visit() in ("V0", "FU")', "FU", None, Asking(True)),
        ('visit() <> "V0"', "V0", None, Asking(False)),
        ('route() is present and route() = "NASAL"', "V0", None, Asking(True)),
        ('route() = "ORAL"', "V0", None, Asking(False)),
        ('scheduled("TM")', "V0", None, Asking(False)),
        ('scheduled("TM")', "V1", None, Asking(True, "TM is scheduled")),
        ('scheduled("PHQ")', "V1", "PRE", Asking(False)),
        ('scheduled("PHQ")', "V1", "T+40", Asking(True)),
        ('scheduled("VS")', "V1", "", Asking(True)),
        ('timepoint() = "PRE"', "V1", "PRE", Asking(True)),
        ('timepoint() = "PRE"', "V1", "T+40", Asking(False)),
    ],
)
def test_condition_when_the_visit_is_known_then_only_answers_are_left(
    condition: str, visit: str, timepoint: str | None, asking: Asking
) -> None:
    assert _words().asking(condition, PROTOCOL.visit(visit), timepoint) == asking


def test_fields_when_a_visit_rules_an_item_out_then_it_is_not_printed() -> None:
    study = small_study()

    at_screening = [field.item.item for field in form_fields(study, VS, PROTOCOL.visit("V0"), [""])]
    at_dose = [field.item.item for field in form_fields(study, VS, PROTOCOL.visit("V1"), [""])]
    assert "HEIGHT" in at_screening
    assert "HEIGHT" not in at_dose


def test_fields_when_a_timepoint_rules_an_item_out_then_only_its_column_is_closed() -> None:
    study = small_study()

    fields = form_fields(study, study.forms["TM"], PROTOCOL.visit("V1"), ["PRE", "T+40"])
    assert {field.item.item: field.asked for field in fields}["SCALE"] == (False, True)
