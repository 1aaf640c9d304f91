"""Blank and annotated books: what stands on which page, in which order, and always in the same bytes."""

from __future__ import annotations

import pytest
from document_sample import ONE_ROUTE_AT_ONCE, VS, pdf_pages, pdf_texts, pdf_titles, route_study, small_study

from trialkit.document import make_annotated_book, make_crf_book
from trialkit.document.paper.ink import Page, Pen, print_pages, text_width, unprintable, wrap
from trialkit.errors import UsageError
from trialkit.model.form import Form


def _lines(content: bytes) -> str:
    return "\n".join(pdf_texts(content))


def test_book_when_made_twice_then_the_bytes_are_the_same() -> None:
    assert make_crf_book(small_study()).content == make_crf_book(small_study()).content


def test_book_when_made_by_visit_then_each_visit_has_its_forms() -> None:
    book = make_crf_book(small_study())

    assert pdf_pages(book.content) == book.pages
    assert [title for title in pdf_titles(book.content) if title != "Case report forms, study S-1"] == [
        "Case report forms",
        "Contents",
        "Schedule of activities",
        "Within the day",
        "Schedule of activities: marks and footnotes",
        "V0  Screening",
        "VS  Vital signs",
        "PHQ  Questionnaire",
        "V1  Dose 1",
        "VS  Vital signs",
        "TM  Timed <monitoring> & more",
        "PHQ  Questionnaire",
        *(title for number in (1, 2, 3) for title in (f"H{number}  Home {number}", "PHQ  Questionnaire")),
        "FU  Follow-up",
        "VS  Vital signs",
        "At any visit",
        "AE  Adverse events",
        "Code lists",
        "To be confirmed before use",
    ]


def test_book_when_unique_then_each_form_is_there_once() -> None:
    book = make_crf_book(small_study(), unique=True)

    forms = [title for title in pdf_titles(book.content) if title[:2] in ("VS", "TM", "PH", "AE")]
    assert forms == ["VS  Vital signs", "PHQ  Questionnaire", "TM  Timed <monitoring> & more", "AE  Adverse events"]
    assert book.forms == ("VS", "PHQ", "TM", "AE")


def test_book_when_an_item_is_printed_then_its_question_condition_and_answers_are_there() -> None:
    texts = pdf_texts(make_crf_book(small_study(), forms=["VS"], visits=["V0"]).content)

    for wanted in (
        "Were they taken?*",
        "If VSPERF = Yes:",
        "Yes",
        "No",
        "mmHg",
        "cm",
        "in",
        "computed",
        "Rest first.",
    ):
        assert wanted in texts
    assert "What is entered in SYSBP is not to be seen by: rater_blind." in texts


def test_book_when_a_page_serves_two_visits_then_each_names_its_own() -> None:
    texts = pdf_texts(make_crf_book(small_study(), forms=["PHQ"]).content)

    assert "H1 Home 1, day 8, window -1/+2 days, home+video or video" in texts
    assert "H2 Home 2, day 16, window -1/+2 days, home+video or video" in texts
    assert "Optional." in texts
    assert "At T+40: +40 min (±5). Only when: =participant of childbearing potential." in texts


def test_book_when_pages_are_counted_then_each_says_which_it_is() -> None:
    book = make_crf_book(small_study())

    numbers = [text for text in pdf_texts(book.content) if text.startswith("page ")]
    assert numbers == [f"page {number} of {book.pages}" for number in range(2, book.pages + 1)]


def test_book_when_answers_are_shared_then_they_stand_once_above() -> None:
    texts = pdf_texts(make_crf_book(small_study(), forms=["PHQ"], visits=["H1"]).content)

    assert texts.count("days") == 1
    assert [text for text in texts if text.startswith("Question ")] == [f"Question {n}*" for n in range(1, 5)]


def test_book_when_a_code_list_is_long_then_it_stands_in_the_appendix() -> None:
    texts = pdf_texts(make_crf_book(small_study(), forms=["AE"]).content)

    assert "write the code; list LONG" in texts
    assert "LONG  Long list" in texts
    assert "C39 Term 39" in texts


def test_book_when_something_is_open_then_the_appendix_says_so() -> None:
    text = _lines(make_crf_book(small_study()).content)

    assert "Are the windows right?" in text
    assert "How long is the rest?" in text


def test_book_when_it_is_blank_then_it_says_that_it_is_not_official() -> None:
    text = _lines(make_crf_book(small_study()).content)

    assert "Not an official form until it is approved." in text
    assert "abc123" in text


def test_book_when_nothing_is_left_then_it_is_refused() -> None:
    with pytest.raises(UsageError, match="B103"):
        make_crf_book(small_study(), forms=["TM"], visits=["V0"])
    with pytest.raises(UsageError, match="B103"):
        make_annotated_book(small_study(), {}, forms=["TM"], visits=["V0"])


def test_book_when_a_form_or_visit_is_unknown_then_it_is_refused() -> None:
    with pytest.raises(UsageError, match="U110"):
        make_crf_book(small_study(), forms=["VX"])
    with pytest.raises(UsageError, match="U111"):
        make_annotated_book(small_study(), {}, visits=["VX"])


def test_book_when_no_font_has_a_character_then_it_is_named() -> None:
    book = make_crf_book(small_study(title="Žižkov 病院 Δ"))

    assert book.unprintable == "病院"


def test_book_when_a_visit_is_done_then_progress_is_told() -> None:
    told: list[tuple[int, int]] = []

    make_crf_book(small_study(), progress=lambda done, total: told.append((done, total)))

    assert told == [(number, 6) for number in range(1, 7)]


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ({"type": "date"}, ["DD", "MMM", "YYYY"]),
        ({"type": "time"}, ["hh", "mm"]),
        ({"type": "datetime"}, ["DD", "MMM", "YYYY", "hh", "mm"]),
        ({"type": "integer", "hard": "0..4"}, ["0", "1", "2", "3", "4"]),
        ({"type": "decimal", "unit": "kg"}, [".", "kg"]),
        ({"type": "codes", "codelist": "NY"}, ["tick all that apply", "Yes", "No"]),
        ({"type": "integer", "derive": "1 + 1"}, ["computed"]),
    ],
)
def test_answer_when_an_item_has_a_type_then_its_place_fits(item: dict[str, str], wanted: list[str]) -> None:
    form = Form.model_validate({"form": "VS", "title": "V", "items": [{"item": "ONE", "label": "What?", **item}]})

    texts = pdf_texts(make_crf_book(small_study(VS=form), forms=["VS"], visits=["V0"]).content)

    assert [text for text in texts if text in wanted] != []
    assert set(wanted) <= set(texts)


def test_missing_when_no_reason_is_accepted_then_its_boxes_are_not_drawn() -> None:
    everything = VS.model_copy(update={"items": VS.items[5:6]})
    nothing = VS.model_copy(update={"items": (VS.items[5].model_copy(update={"missing": ()}),)})

    full, bare = (
        make_crf_book(small_study(VS=form), forms=["VS"], visits=["V0"]).content for form in (everything, nothing)
    )
    assert pdf_texts(full) == pdf_texts(bare)
    assert full != bare


def test_annotated_when_made_then_bookmarks_lead_by_domain_and_by_visit() -> None:
    book = make_annotated_book(small_study(), {"VS": "Vital Signs"})

    titles = pdf_titles(book.content)
    assert titles[titles.index("By domain") :] == [
        "By domain",
        "VS (Vital Signs)",
        "VS  Vital signs",
        "Not submitted",
        "PHQ  Questionnaire",
        "TM  Timed <monitoring> & more",
        "AE  Adverse events",
        "By visit",
        "V0  Screening",
        "VS  Vital signs",
        "PHQ  Questionnaire",
        "V1  Dose 1",
        "VS  Vital signs",
        "TM  Timed <monitoring> & more",
        "PHQ  Questionnaire",
        *(title for number in (1, 2, 3) for title in (f"H{number}  Home {number}", "PHQ  Questionnaire")),
        "FU  Follow-up",
        "VS  Vital signs",
        "Running records",
        "AE  Adverse events",
    ]


def test_annotated_when_made_then_variables_stand_beside_their_items() -> None:
    texts = pdf_texts(make_annotated_book(small_study(), {"VS": "Vital Signs"}, forms=["VS", "TM"]).content)

    for wanted in ("VS (Vital Signs)", "VS: VSCAT = ROUTINE", "VS.VSDTC", "[NOT SUBMITTED]"):
        assert wanted in texts
    assert "VS.VSORRES / VSORRESU when VSTESTCD =" in texts
    assert "One record for each timepoint: PRE, T+40." in texts


@pytest.mark.parametrize("route", ONE_ROUTE_AT_ONCE)
def test_unique_book_when_made_of_a_protocol_then_every_form_is_in_it(route: str) -> None:
    study = route_study(route)

    book = make_crf_book(study, unique=True)

    assert set(book.forms) == set(study.forms)
    assert book.unprintable == ""


@pytest.mark.parametrize("route", ONE_ROUTE_AT_ONCE)
def test_annotated_book_when_made_of_a_protocol_then_every_form_is_in_it(route: str) -> None:
    study = route_study(route)

    book = make_annotated_book(study, {})

    assert set(book.forms) == set(study.forms)
    assert pdf_pages(book.content) == book.pages


@pytest.mark.slow
@pytest.mark.parametrize("route", ONE_ROUTE_AT_ONCE)
def test_book_when_made_of_a_protocol_then_each_visit_has_each_of_its_forms(route: str) -> None:
    study = route_study(route)

    titles = pdf_titles(make_crf_book(study).content)

    start = titles.index("Schedule of activities: marks and footnotes") + 1
    wanted = []
    for visit in study.protocol.visits:
        forms = dict.fromkeys(entry.form for entry in visit.forms)
        wanted += [f"{visit.visit}  {visit.label}", *(f"{name}  {study.forms[name].title}" for name in forms)]
    plain = [title.encode("cp1252", "replace") for title in wanted]
    shown = [title.encode("cp1252", "replace") for title in titles[start : start + len(wanted)]]
    assert [title for title, there in zip(plain, shown, strict=True) if title.isascii() and title != there] == []


def test_text_when_wrapped_then_no_line_is_wider_and_no_word_is_lost() -> None:
    text = "Systolic ≥ 140 mmHg, Łódź and averyveryverylongwordthatdoesnotfit in one line"

    lines = wrap(text, 60, 8)

    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(text_width(line, 8) for line in lines) <= 60


def test_characters_when_asked_for_then_those_of_the_house_can_be_printed() -> None:
    assert unprintable(["≥ ≤ × µ – é ± ° Å ö Ł č α β Δ ∆ “q” … •"]) == ""


def test_pages_when_shared_then_the_drawing_is_stored_once() -> None:
    def draw(pen: Pen) -> None:
        pen.text(40, 40, "the same on each page")

    once = print_pages([Page(draw, shared="one")], title="t", subject="s")
    often = print_pages([Page(draw, shared="one") for _ in range(50)], title="t", subject="s")

    assert pdf_texts(once).count("the same on each page") == 1
    assert pdf_texts(often).count("the same on each page") == 1
    assert pdf_pages(often) == 50
