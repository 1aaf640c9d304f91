"""What a mapping can say about foreign layouts, each by a rule of its own; what no rule covers is a finding."""

from __future__ import annotations

from typing import Any

import pytest
from capture_sample import capture, codes, make_mapping, make_source, make_study, texts, vs

from trialkit.capture import Captured
from trialkit.capture.row_questions import hide_personal
from trialkit.errors import SourceFileError
from trialkit.model.codelist import CodeList, Term
from trialkit.model.item import MissingReason
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow, SourceSheet

_HEAD = "ID|VISIT|SBP"


def asked(captured: Captured) -> list[tuple[str, str]]:
    """Code and item of what people are asked about submissions."""
    return [(found.code, found.item) for submission in captured.submissions for found in submission.findings]


# Headers and rows


def test_header_rows_when_the_upper_one_groups_then_it_reaches_to_the_next_group() -> None:
    source = make_source("Site 012", "||Day 1||Day 8", "ID|By|SBP|Temp|SBP", "012-0007|KL|120|36.9|118")
    records = [
        {"form": "VS", "visit": {"value": "V2"}, "items": {"SYSBP": {"column": "Day 1 / SBP"}}},
        {"form": "VS", "visit": {"value": "UNS"}, "items": {"SYSBP": {"column": "Day 8 / SBP"}}},
    ]

    captured = capture(source, make_mapping(records, header_rows=[2, 3], ignore=["By", "Day 1 / Temp"]))

    assert texts(captured) == {"012-0007 V2 VS": {"SYSBP": "120"}, "012-0007 UNS VS": {"SYSBP": "118"}}
    assert captured.notes == ("rows above the header, not read: 1",)


def test_header_when_it_stands_twice_or_not_at_all_then_its_letters_name_it() -> None:
    source = make_source("ID|VISIT|SBP|SBP|", "012-0007|V2|120|118|36.9")
    items = {"SYSBP": {"column": "[D] SBP"}, "TEMP": {"column": "[E]", "unit": "C"}}

    captured = capture(source, make_mapping([vs(items)], ignore=["[C] SBP"]))

    assert texts(captured) == {"012-0007 V2 VS": {"SYSBP": "118", "TEMP": "36.9"}}
    assert captured.notes == ()
    with pytest.raises(SourceFileError, match="no column"):
        capture(source, make_mapping([vs({"SYSBP": {"column": "[D] DBP"}})]))


def test_drop_when_a_row_is_known_to_hold_no_data_then_it_is_left_out_and_counted() -> None:
    drop = [{"column": "ID", "texts": ["Mean"], "why": "summary row"}]
    source = make_source(_HEAD, "012-0007|V2|120", "Mean||120", "mean||120")

    captured = capture(source, make_mapping(drop=drop))

    assert codes(captured) == [("M101", "A4")]
    assert captured.notes == ("rows left out, as the mapping says (summary row): 3",)


def test_fill_down_when_cells_were_merged_then_the_cell_above_counts_and_is_named() -> None:
    source = make_source(_HEAD, "012-0007|V2|120", "|UNS|118", "|||", "012-0008|V2|110", "|UNS|112")

    captured = capture(source, make_mapping(fill_down=["ID"]))

    assert list(texts(captured)) == ["012-0007 V2 VS", "012-0007 UNS VS", "012-0008 V2 VS", "012-0008 UNS VS"]
    assert str(captured.submissions[1].sources[0]) == "site.xlsx!VS!A2"
    assert codes(capture(source, make_mapping()))[0] == ("M101", "A3")


def test_undecided_when_a_column_waits_then_it_is_not_imported_and_said() -> None:
    source = make_source("ID|VISIT|SBP|AE", "012-0007|V2|120|cough")

    captured = capture(source, make_mapping(undecided={"AE": [], "VISIT": ["V2b"]}))

    assert captured.notes == ("columns not imported, because the mapping leaves them undecided: AE",)


# Records


def test_where_when_each_row_holds_one_question_then_rows_of_one_record_are_laid_over_each_other() -> None:
    source = make_source("ID|VISIT|Q|A", "012-0007|V2|sbp|120", "012-0007|V2|temp|36.9", "012-0007|V2|hr|70")
    records = [
        vs({"SYSBP": {"column": "A"}}, where={"Q": ["sbp"]}),
        vs({"TEMP": {"column": "A", "unit": "C"}}, where={"Q": ["temp"]}),
    ]

    captured = capture(source, make_mapping(records))

    assert [found.values.keys() for found in captured.submissions] == [{"SYSBP"}, {"TEMP"}]
    assert captured.findings == ()
    assert captured.notes == ("rows without a value for any form of the mapping, which make no record: 4",)


def test_occurrence_when_a_second_reading_follows_then_it_fills_its_own_item_and_a_third_is_told() -> None:
    records = [vs({"SYSBP": {"column": "SBP"}}, occurrence=1), vs({"TEMP": {"column": "SBP"}}, occurrence=2)]

    two = capture(make_source(_HEAD, "012-0007|V2|120", "012-0007|V2|118"), make_mapping(records))
    three = capture(make_source(_HEAD, *["012-0007|V2|120"] * 3), make_mapping(records))

    assert [{name: raw.text for name, raw in found.values.items()} for found in two.submissions] == [
        {"SYSBP": "120"},
        {"TEMP": "118"},
    ]
    assert codes(three) == [("M127", "A4")]
    assert three.submissions == ()


def test_once_by_when_a_row_says_the_same_again_then_it_counts_once_and_a_contradiction_holds_both_back() -> None:
    records = [vs({"SYSBP": {"column": "SBP"}, "POS": {"column": "By"}}, once_by=["SYSBP"])]
    source = make_source(
        "ID|VISIT|SBP|By", "012-0007|V2|120|a", "012-0007|V2|120|b", "012-0008|V2|118|a", "012-0008|V2|119|a"
    )

    captured = capture(source, make_mapping(records))

    assert texts(captured) == {"012-0007 V2 VS": {"SYSBP": "120", "POS": "a"}}
    assert codes(captured) == [("M109", "C5")]
    assert captured.notes == ("rows that say the same again, which count once: 3 (as 2)",)


def test_each_when_a_cell_holds_several_then_each_makes_a_row_of_the_log() -> None:
    parts = [{"column": "AE", "how": "each", "between": [","], "patterns": [{"pattern": "{term}", "name": "one"}]}]
    log = {"form": "AE", "visit": {"column": "VISIT"}, "each": "AE", "items": {"AETERM": {"part": "term"}}}
    first = vs({"POS": {"part": "term"}}, each="AE", find=1)
    count = vs({"SYSBP": {"count": ["one"]}})
    source = make_source("ID|VISIT|AE", "012-0007|V2|cough, fever", "012-0008|V2|(none)")

    captured = capture(source, make_mapping([log, first, count], parts=parts))

    assert [
        (str(found.key), {name: raw.text for name, raw in found.values.items()}) for found in captured.submissions
    ] == [
        ("012-0007 V2 AE", {"AETERM": "cough"}),
        ("012-0007 V2 AE #2", {"AETERM": "fever"}),
        ("012-0007 V2 VS", {"POS": "cough"}),
        ("012-0007 V2 VS", {"SYSBP": "2"}),
    ]
    assert captured.submissions[0].values["AETERM"].given == "cough, fever"
    assert set(codes(captured)) == {("M121", "C3")}


# Values


@pytest.mark.parametrize(
    ("rule", "cell", "text", "given"),
    [
        ({"values": {"y": "SITTING"}, "otherwise": "SUPINE"}, "y", "SITTING", "y"),
        ({"values": {"y": "SITTING"}, "otherwise": "SUPINE"}, "anything", "SUPINE", "anything"),
        ({"values": {"y": "SITTING"}, "otherwise": "SUPINE"}, "SUPINE", "SUPINE", None),
        ({}, "sit", "SITTING", "sit"),
        ({"values": {"sit": "SUPINE"}}, "sit", "SUPINE", "sit"),
    ],
)
def test_spelling_when_a_text_is_listed_then_it_means_its_code_and_the_item_wins(
    rule: dict[str, Any], cell: str, text: str, given: str | None
) -> None:
    mapping = make_mapping([vs({"POS": {"column": "POS", **rule}})], spellings={"POS": {"SITTING": ["sit"]}})

    (found,) = capture(make_source("ID|VISIT|POS", f"012-0007|V2|{cell}"), mapping).submissions

    assert (found.values["POS"].text, found.values["POS"].given) == (text, given)


def test_missing_when_the_whole_mapping_lists_it_then_it_holds_for_every_item_unless_the_item_says_otherwise() -> None:
    items = {"SYSBP": {"column": "SBP"}, "POS": {"column": "POS", "values": {"-": "SITTING"}}}
    source = make_source("ID|VISIT|SBP|POS", "012-0007|V2|-|-")

    (found,) = capture(source, make_mapping([vs(items)], missing={"-": "UNK"})).submissions

    assert found.values["SYSBP"].missing is MissingReason.UNKNOWN
    assert (found.values["POS"].missing, found.values["POS"].text) == (None, "SITTING")


def test_otherwise_when_it_is_empty_then_other_texts_say_nothing() -> None:
    mapping = make_mapping([vs({"POS": {"column": "POS", "values": {"y": "SITTING"}, "otherwise": ""}})])

    assert capture(make_source("ID|VISIT|POS", "012-0007|V2|prose"), mapping).submissions == ()


@pytest.mark.parametrize(("cell", "unit"), [("36.9", "C"), ("98.6", "F"), ("36,9", "C")])
def test_unit_when_it_is_told_by_the_range_then_the_number_keeps_its_digits(cell: str, unit: str) -> None:
    rule = {"column": "T", "unit_ranges": {"C": "30..43", "F": "86..110"}, "decimal_comma": "," in cell}

    (found,) = capture(make_source("ID|VISIT|T", f"012-0007|V2|{cell}"), make_mapping([vs({"TEMP": rule})])).submissions

    assert (found.values["TEMP"].text, found.values["TEMP"].unit) == (cell, unit)


@pytest.mark.parametrize(("ranges", "words"), [("30..43 86..110", "no range"), ("30..99 86..110", "C and F")])
def test_unit_when_no_range_or_several_fit_then_it_is_a_finding(ranges: str, words: str) -> None:
    low, high = ranges.split()
    cell = "60" if words == "no range" else "90"
    rule = {"column": "T", "unit_ranges": {"C": low, "F": high}}

    captured = capture(make_source("ID|VISIT|T", f"012-0007|V2|{cell}"), make_mapping([vs({"TEMP": rule})]))

    assert codes(captured) == [("M125", "C2")]
    assert words in captured.findings[0].message


# What people are asked


def test_total_when_it_differs_then_it_is_asked_about_and_never_imported() -> None:
    items = {"SYSBP": {"column": "A"}, "TEMP": {"column": "B", "missing": {"ND": "ND"}}}
    record = vs(items, totals={"Sum": ["SYSBP", "TEMP"]})
    rows = ["V2|1|2|3", "UNS|1|2|4", "V1|1|2|=A+B"]
    source = make_source("ID|VISIT|A|B|Sum", *(f"012-0007|{row}" for row in rows[:2]), "012-0008|V2|ND||ND")

    captured = capture(source, make_mapping([record]))

    assert [[finding.code for finding in found.findings] for found in captured.submissions] == [[], ["M126"], []]
    assert "Sum is '4' in the file, and its 2 items make 3" in captured.submissions[1].findings[0].message


def test_total_when_answers_are_words_then_what_they_stand_for_is_summed() -> None:
    items = {"POS": {"column": "A"}, "SYSBP": {"column": "B"}}
    study = make_study()
    study.codelists["POS"] = CodeList(  # type: ignore[index]  # the sample's own
        codelist="POS",
        terms=(Term(code="1", label="Several days"), Term(code="3", label="Nearly every day", synonyms=("Always",))),
    )
    rows = ["V2|several days|2|3", "UNS|Always|2|5", "UNS|always|2|2", "V2|sometimes|2|2"]
    source = make_source("ID|VISIT|A|B|Sum|N", *(f"012-000{7 + n // 2}|{row}|{n}" for n, row in enumerate(rows)))
    record = vs(items, totals={"Sum": ["POS", "SYSBP"]})

    captured = capture(source, make_mapping([record]), study)

    assert [[finding.code for finding in found.findings] for found in captured.submissions] == [[], [], ["M126"], []]


def test_remark_when_a_text_stands_there_then_it_is_asked_about_once_and_what_is_personal_is_hidden() -> None:
    source = make_source("ID|VISIT|SBP|N1|N2", "012-0007|V2|120|tel 555-0147|seen", "||||lost", "012-0008|V2|118||")

    captured = capture(source, make_mapping(remarks=["N1", "N2"]))

    (about,) = captured.submissions[0].findings
    assert "N1: 'tel [redacted]'; N2: 'seen'" in about.message
    assert (about.code, about.key, str(about.source)) == ("M122", captured.submissions[0].key, "site.xlsx!VS!D2")
    assert [(finding.code, finding.key) for finding in captured.findings] == [("M122", None)]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("call 0151 234 5678 today", "call [redacted] today"),
        ("write to a.b@example.org", "write to [redacted]"),
        ("on 05/02/2024 at 10:15", "on 05/02/2024 at 10:15"),
        ("BP 120/80, dose 56 mg", "BP 120/80, dose 56 mg"),
        ("tél. 06 12 34 56 78 le soir", "tél. [redacted] le soir"),
        ("06-12 34 56 78", "[redacted]"),
        ("06.12.34.56.78", "[redacted]"),
        ("(020) 555 12 34", "[redacted]"),
        ("+33 6 12 34 56 78", "[redacted]"),
        ("woont Hoofdstraat 12, 1234 AB Utrecht", "woont [redacted]"),
        ("Lange Gasse; Bahnhofstraße 7a, 10115 Berlin!", "Lange Gasse; [redacted]!"),
        ("at 12 Old Mill Road", "at [redacted]"),
        ("14, rue de la Paix", "[redacted]"),
        ("2024-05-02 10:15 fell, 2024-05-03 up", "2024-05-02 10:15 fell, 2024-05-03 up"),
        ("pain weg 2 hours later, 1000 MG Paracetamol", "pain weg 2 hours later, 1000 MG Paracetamol"),
        ("dose 0.5 then 0.75 at 09:30, 36.6 and 36.8", "dose 0.5 then 0.75 at 09:30, 36.6 and 36.8"),
    ],
)
def test_remark_when_it_holds_what_may_be_personal_then_that_alone_is_hidden(text: str, hidden: str) -> None:
    assert hide_personal(text) == hidden


def test_within_when_a_remark_holds_a_value_then_it_is_proposed_and_applied_only_when_the_mapping_says_so() -> None:
    parts = {"column": "N", "how": "within", "patterns": [{"pattern": "BP {sys:integer}"}]}
    source = make_source("ID|VISIT|N", "012-0007|V2|BP 131, calm")
    records = [vs({"SYSBP": {"part": "sys"}})]

    proposed = capture(source, make_mapping(records, parts=[parts]))
    applied = capture(source, make_mapping(records, parts=[{**parts, "apply": True}]))

    assert proposed.submissions == ()
    assert [(finding.code, finding.item) for finding in proposed.findings] == [("M122", ""), ("M123", "SYSBP")]
    assert texts(applied) == {"012-0007 V2 VS": {"SYSBP": "131"}}
    assert asked(applied) == [("M122", "")]


def test_pattern_when_it_asks_then_the_value_is_taken_and_the_question_goes_with_its_record() -> None:
    parts = [{"column": "SBP", "patterns": [{"pattern": "1 35", "put": {"sys": "135"}, "ask": "Is 135 meant?"}]}]
    source = make_source(_HEAD, "012-0007|V2|1 35", "012-0008|V2|1 53")

    captured = capture(source, make_mapping([vs({"SYSBP": {"part": "sys"}})], parts=parts))

    assert texts(captured) == {"012-0007 V2 VS": {"SYSBP": "135"}}
    assert asked(captured) == [("M124", "SYSBP")]
    assert codes(captured) == [("M121", "C3")]


@pytest.mark.parametrize(
    ("number_format", "item", "is_refused"),
    [
        ('0.0" F"', {"unit": "C"}, True),
        ('0.0" F"', {}, True),
        ("0.0\\ \\F", {}, True),
        ('0.0" deg";-0.0" deg"', {"units": {"deg": "F"}}, True),
        ('0.0" F"', {"unit_ranges": {"C": "30..45", "F": "86..113"}}, True),
        ('0.0" F"', {"unit": "F"}, False),
        ('0.0" C"', {}, False),
        ('"$"0.0', {}, False),
        ('0.0" F"', {"unit_column": "VISIT"}, False),
    ],
)
def test_unit_when_cells_show_another_than_the_mapping_reads_then_the_file_is_refused(
    number_format: str, item: dict[str, Any], is_refused: bool
) -> None:
    cells = [Cell("A2", "012-0007"), Cell("B2", "V2"), Cell("C2", "98.6", CellKind.NUMBER, number_format=number_format)]
    head = make_source(_HEAD).sheets[0].rows
    sheet = SourceSheet("VS", (*head, SourceRow(2, tuple(cells))))
    source = SourceFile("site.xlsx", "f" * 64, "xlsx", (sheet,))

    for more in ({}, {"fill_down": ["ID"]}):
        mapping = make_mapping([vs({"TEMP": {"column": "SBP", **item}})], **more)
        if not is_refused:
            assert len(capture(source, mapping).submissions) == 1
            continue
        with pytest.raises(SourceFileError, match=r"cells under 'SBP' \(column C\) show .* in F, .* reads them in C"):
            capture(source, mapping)


@pytest.mark.parametrize(
    ("days", "doubted"),
    [
        (("d:2026-05-10", "d:2026-06-10", "13/10/2026", "14/10/2026"), ["E2", "E3"]),
        (("d:2026-05-10", "d:2026-06-13", "13/10/2026", "14/10/2026"), []),
        (("d:2026-05-10", "d:2026-06-10", "03/10/2026", "14/10/2026"), []),
        (("d:2026-05-10", "", "13/10/2026", "14/10/2026"), []),
        (("d:2026-05-10", "d:2026-06-10", "13/10/2026", ""), []),
    ],
)
@pytest.mark.parametrize("fill_down", [[], ["VISIT"]])
def test_dates_when_a_program_took_days_for_months_then_the_real_ones_are_asked_about(
    days: tuple[str, ...], doubted: list[str], fill_down: list[str]
) -> None:
    rows = [f"012-000{7 + n % 2}|{'V2' if n < 2 else 'UNS'}|{120 + n}||{day}" for n, day in enumerate(days)]
    items = {"SYSBP": {"column": "SBP"}, "VSDAT": {"column": "DAY", "date_format": "DD/MM/YYYY"}}

    captured = capture(make_source("ID|VISIT|SBP|X|DAY", *rows), make_mapping([vs(items)], fill_down=fill_down))

    found = [finding for submission in captured.submissions for finding in submission.findings]
    assert [finding.source.address for finding in found if finding.source and finding.code == "M128"] == doubted
    assert len(captured.submissions) == 4
