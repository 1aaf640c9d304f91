"""Annotations: every item goes somewhere or is said not to be submitted."""

from __future__ import annotations

import pytest
from document_sample import ROUTES, VS, route_study, small_study

from trialkit.document.annotations import NOT_SUBMITTED, annotate
from trialkit.language import items_in
from trialkit.language.parse import parse
from trialkit.model.form import Form


def _texts(form: Form, item: str) -> list[str]:
    return [one.text for one in annotate(small_study(), form, {}).items[item]]


def _form(sdtm: list[object], **items: str) -> Form:
    """A form with items of these names to derivations (empty: entered), and these mappings."""
    made = [
        {"item": name, "label": name, "type": "text", **({"derive": derive} if derive else {})}
        for name, derive in items.items()
    ]
    return Form.model_validate({"form": "XX", "title": "X", "items": made, "sdtm": sdtm})


def test_annotation_when_an_item_is_a_test_then_the_test_is_named() -> None:
    assert _texts(VS, "SYSBP") == ["VS.VSORRES / VSORRESU when VSTESTCD = SYSBP"]


def test_annotation_when_a_variable_reads_an_item_then_it_is_named() -> None:
    assert _texts(VS, "VSDAT") == ["VS.VSDTC"]
    assert _texts(VS, "NOTE") == ["VS.VSPOS when VSTESTCD = SYSBP"]


def test_annotation_when_an_item_says_not_done_then_the_status_is_named() -> None:
    assert _texts(VS, "VSPERF") == ["VS.VSSTAT = NOT DONE when VSPERF = No"]


def test_annotation_when_nothing_reads_an_item_then_it_is_not_submitted() -> None:
    assert _texts(VS, "BMI") == [NOT_SUBMITTED]
    assert _texts(_form([], A="", B="A"), "A") == [f"{NOT_SUBMITTED} used to compute B"]


def test_annotation_when_results_are_short_names_then_each_is_a_test() -> None:
    form = _form([{"domain": "QS", "results": ["Q1", "Q2"]}], Q1="", Q2="")

    assert _texts(form, "Q2") == ["QS.QSORRES when QSTESTCD = Q2"]


def test_annotation_when_a_qualifier_reads_an_item_then_the_supplemental_domain_is_named() -> None:
    qualifiers = {"R1": {"label": "One", "value": "A"}, "R2": {"label": "Two", "value": "A"}}
    form = _form([{"domain": "DM", "variables": {"RACE": "A"}, "supplemental": qualifiers}], A="")

    assert _texts(form, "A") == ["DM.RACE", "R1, R2 in SUPPDM"]


def test_annotation_when_two_mappings_feed_a_domain_then_what_tells_them_apart_is_named() -> None:
    form = _form(
        [
            {"domain": "SU", "variables": {"SUTRT": '"ALCOHOL"', "SUOCCUR": "A", "SUDTC": "D"}},
            {"domain": "SU", "variables": {"SUTRT": '"CANNABIS"', "SUOCCUR": "B", "SUDTC": "D"}},
        ],
        A="",
        B="",
        D="",
    )

    assert _texts(form, "B") == ["SU.SUOCCUR when SUTRT = CANNABIS"]
    assert _texts(form, "D") == ["SU.SUDTC"]


def test_annotation_when_an_item_shows_what_the_export_makes_then_that_is_named() -> None:
    tests = [{"testcd": "WEIGHT", "result": "W"}]
    form = _form([{"domain": "VS", "tests": tests}], W="", V="visit()", T="timepoint()", K="W", U="unit(W)")

    assert [_texts(form, name) for name in "VTKU"] == [
        ["VS.VISIT"],
        ["VS.VSTPT"],
        ["VS.VSSTRESN when VSTESTCD = WEIGHT"],
        ["VS.VSORRESU when VSTESTCD = WEIGHT"],
    ]


def test_annotation_when_constants_are_mapped_then_they_stand_with_the_domain() -> None:
    (box,) = annotate(small_study(), VS, {"VS": "Vital Signs"}).domains

    assert (box.title, box.assigned) == ("VS (Vital Signs)", ("VSCAT = ROUTINE",))


@pytest.mark.parametrize("route", ROUTES)
def test_annotation_when_a_mapping_reads_an_item_then_its_domain_stands_beside_it(route: str) -> None:
    study = route_study(route)
    lacking = []
    for form in study.forms.values():
        annotations = annotate(study, form, {})
        for mapping in form.sdtm:
            read = {test.result for test in mapping.all_tests}
            read |= {item for text in mapping.variables.values() for item in items_in(parse(text))}
            lacking += [
                (form.form, item, mapping.domain)
                for item in read
                if mapping.domain not in {one.domain for one in annotations.items[item]}
            ]
    assert lacking == []


@pytest.mark.parametrize("route", ROUTES)
def test_annotation_when_a_form_is_annotated_then_no_item_is_without_one(route: str) -> None:
    study = route_study(route)
    bare = []
    for form in study.forms.values():
        annotations = annotate(study, form, {})
        bare += [(form.form, item.item) for item in form.items if not annotations.items[item.item]]
    assert bare == []
