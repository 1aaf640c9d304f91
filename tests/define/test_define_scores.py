"""Scores of instruments become derived items: what they count, what missing answers do, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from trialkit.define import load_file
from trialkit.derive import derive_items, plan_derivations
from trialkit.errors import Problem
from trialkit.language import BUILTIN_FUNCTIONS, Row, record_row
from trialkit.model.record import RecordKey, Value
from trialkit.model.study import Study
from trialkit.normalise import HOUSE_TYPES

HEAD = """\
form: VS
title: A scale
items:
  - {item: VSPERF, label: Done?, type: code, codelist: NY}
  - {item: Q1, label: One, type: integer, hard: 0..4}
  - {item: Q2, label: Two, type: integer, hard: 0..4}
  - {item: Q3, label: Three, type: integer, hard: 0..4}
  - {item: Q4, label: Four, type: code, codelist: DIGITS, hidden_from: [RATER]}
  - {item: A1, label: Agree, type: code, codelist: AGREE}
  - {item: A2, label: Agree, type: code, codelist: AGREE}
scores:
"""

LISTS = """\
codelists:
  - {codelist: DIGITS, terms: [{code: "0"}, {code: "1"}, {code: "2"}, {code: "3"}, {code: "4"}]}
  - {codelist: AGREE, terms: [{code: SD}, {code: D}, {code: A}]}
  - {codelist: ROLE, terms: [{code: RATER}]}
"""

Compile = Callable[..., Study]
ProblemsOf = Callable[..., tuple[Problem, ...]]
KEY = RecordKey(site="01", subject="01-1", visit="V1", visit_repeat=1, form="VS")


def scored(study: Study, **answers: str) -> Mapping[str, str | None]:
    """The derived items of a record with these answers."""
    types = {item_type.name: item_type for item_type in HOUSE_TYPES}
    functions = {found.name: found for found in BUILTIN_FUNCTIONS}
    form = study.forms["VS"]
    typed = {name: item_type.typed for name, item_type in types.items()}

    def read(values: Mapping[str, Value]) -> Row:
        return record_row(KEY, values, form, study.protocol, study.units, typed, date(2024, 1, 1))

    steps = plan_derivations(form, study, types, functions, [])
    given = {name: Value(text=text) for name, text in answers.items()}
    derived, findings = derive_items(steps, KEY, given, read)
    assert not findings
    return {name: None if value is None else value.text for name, value in derived.items()}


def compile_scores(compiled: Compile, *scores: str) -> Study:
    """The small study with these scores on its form."""
    text = HEAD + "".join(f"  - {score}\n" for score in scores)
    return compiled(vs=text, extra=[("small", "lists.yaml", LISTS)])


ALL = "score: TOTAL, label: Total, of: [Q1, Q2, Q3, Q4]"


@pytest.mark.parametrize(
    ("score", "answers", "expected"),
    [
        # 1 + 2 + 3 + 4
        (f"{{{ALL}}}", "1 2 3 4", {"TOTAL": "10"}),
        (f"{{{ALL}}}", "1 2 3 -", {"TOTAL": None}),
        # (1 + 2 + 4) / 3 * 4 = 9.33 -> 9
        (f"{{{ALL}, missing_allowed: 1}}", "1 2 4 -", {"TOTAL": "9", "TOTAL_PRORATED": "Y"}),
        (f"{{{ALL}, missing_allowed: 1}}", "1 2 4 0", {"TOTAL": "7", "TOTAL_PRORATED": None}),
        (f"{{{ALL}, missing_allowed: 1}}", "1 2 - -", {"TOTAL": None, "TOTAL_PRORATED": None}),
        (f"{{{ALL}, missing_allowed: 1, never_missing: [Q4]}}", "1 2 4 -", {"TOTAL": None, "TOTAL_PRORATED": None}),
        (f"{{{ALL}, missing_allowed: 1, never_missing: [Q4]}}", "- 2 4 0", {"TOTAL": "8", "TOTAL_PRORATED": "Y"}),
        # (4 - 1) + 2 + 3 + 4
        (f"{{{ALL}, reverse: [Q1], answers: 0..4}}", "1 2 3 4", {"TOTAL": "12"}),
        (f"{{{ALL}, times: 2.5}}", "1 2 3 4", {"TOTAL": "25"}),
        # (1 + 2 + 3 + 4) / 4 = 2.5
        (f"{{{ALL}, method: mean, decimals: 2}}", "1 2 3 4", {"TOTAL": "2.50"}),
        (f"{{{ALL}, method: mean}}", "1 2 3 4", {"TOTAL": "3"}),
        # (1 + 2 + 4) / 3
        (
            f"{{{ALL}, method: mean, decimals: 2, missing_allowed: 1}}",
            "1 2 4 -",
            {"TOTAL": "2.33", "TOTAL_PRORATED": "Y"},
        ),
        (f"{{{ALL}, method: max}}", "1 2 3 0", {"TOTAL": "3"}),
        (f"{{{ALL}, method: max}}", "1 2 3 -", {"TOTAL": None}),
        (f"{{{ALL}, method: max, missing_allowed: 3}}", "- - 3 -", {"TOTAL": "3"}),
        (f"{{{ALL}, method: count, at_least: 2}}", "1 2 3 4", {"TOTAL": "3"}),
        (f"{{{ALL}, method: count, at_least: 2}}", "1 2 3 -", {"TOTAL": None}),
        (f"{{{ALL}, method: count, at_least: 2, missing_allowed: 1}}", "1 2 3 -", {"TOTAL": "2"}),
        (
            f"{{{ALL}, bands: [{{range: ..5, label: low}}, {{range: 6.., label: high}}]}}",
            "1 2 0 2",
            {"TOTAL": "5", "TOTAL_BAND": "low"},
        ),
        (
            f"{{{ALL}, bands: [{{range: ..5, label: low}}, {{range: 6.., label: high}}]}}",
            "1 2 1 2",
            {"TOTAL": "6", "TOTAL_BAND": "high"},
        ),
        (f"{{{ALL}, bands: [{{range: ..5, label: low}}]}}", "1 - 1 2", {"TOTAL": None, "TOTAL_BAND": None}),
    ],
)
def test_score_when_answers_are_given_then_it_is_what_a_hand_computes(
    compiled: Compile, score: str, answers: str, expected: Mapping[str, str | None]
) -> None:
    study = compile_scores(compiled, score)
    given = {f"Q{place}": text for place, text in enumerate(answers.split(), 1) if text != "-"}
    assert scored(study, **given) == expected


def test_score_when_points_are_given_then_codes_count_them(compiled: Compile) -> None:
    study = compile_scores(compiled, "{score: T, label: Total, of: [A1, A2], points: {SD: 3, D: 1, A: 0}}")
    assert scored(study, A1="SD", A2="D") == {"T": "4"}
    assert scored(study, A1="A", A2="A") == {"T": "0"}
    assert scored(study, A1="A") == {"T": None}


def test_score_when_it_counts_other_scores_then_they_are_not_rounded_before(compiled: Compile) -> None:
    study = compile_scores(
        compiled,
        "{score: B, label: B, of: [Q1, Q2, Q3], missing_allowed: 1}",
        "{score: C, label: C, of: [Q2, Q3, Q4], missing_allowed: 1}",
        "{score: T, label: Total, of: [B, C], limit: {of: [Q1, Q2, Q3, Q4], missing_allowed: 1}}",
    )
    # B = (0 + 1) / 2 * 3 = 1.5 -> 2; C = 0 + 1 + 4 = 5; T = 1.5 + 5 = 6.5 -> 7, not 2 + 5 by luck: see below
    assert scored(study, Q2="0", Q3="1", Q4="4") == {
        "B": "2", "B_PRORATED": "Y", "C": "5", "C_PRORATED": None, "T": "7", "T_PRORATED": "Y",
    }  # fmt: skip
    # B = 1.5 -> 2; C = (1 + 2) / 2 * 3 with Q2 missing = 4.5 -> 5; T would be 6, but two answers are missing
    assert scored(study, Q3="1", Q4="2")["T"] is None
    # B = (0 + 1) / 2 * 3 = 1.5 -> 2 and C = 1 + 0 + 0 = 1: T = 2.5 -> 3, where rounded parts also give 3;
    # B = (1 + 0) / 2 * 3 = 1.5 and C = (1 + 0 + 2) = 3: 4.5 -> 5
    assert scored(study, Q2="1", Q3="0", Q4="2")["T"] == "5"


def test_score_when_parts_are_half_then_only_the_whole_is_rounded(compiled: Compile) -> None:
    study = compile_scores(
        compiled,
        "{score: B, label: B, of: [Q1, Q2], method: mean}",
        "{score: C, label: C, of: [Q3, Q4], method: mean}",
        "{score: T, label: Total, of: [B, C]}",
    )
    # B = 0.5 -> 1, C = 0.5 -> 1, T = 0.5 + 0.5 = 1 and not 2
    assert scored(study, Q1="0", Q2="1", Q3="0", Q4="1") == {"B": "1", "C": "1", "T": "1"}


def test_score_when_the_protocol_does_not_prorate_then_a_missing_answer_leaves_none(
    compiled: Compile, small_texts: Mapping[str, str]
) -> None:
    protocol = small_texts["protocol"] + "no_prorating: [VS]\n"
    text = HEAD + f"  - {{{ALL}, missing_allowed: 2}}\n"
    study = compiled(vs=text, protocol=protocol, extra=[("small", "lists.yaml", LISTS)])
    assert scored(study, Q1="1", Q2="2", Q3="4") == {"TOTAL": None, "TOTAL_PRORATED": None}
    assert scored(study, Q1="1", Q2="2", Q3="4", Q4="0") == {"TOTAL": "7", "TOTAL_PRORATED": None}


def test_largest_when_the_protocol_does_not_prorate_then_what_is_there_still_counts(
    compiled: Compile, small_texts: Mapping[str, str]
) -> None:
    protocol = small_texts["protocol"] + "no_prorating: [VS]\n"
    text = HEAD + "  - {score: T, label: T, of: [Q1, Q2], method: max, missing_allowed: 1}\n"
    study = compiled(vs=text, protocol=protocol, extra=[("small", "lists.yaml", LISTS)])
    assert scored(study, Q1="3") == {"T": "3"}


def test_score_when_an_answer_is_hidden_then_so_is_the_score(compiled: Compile) -> None:
    study = compile_scores(
        compiled, f"{{{ALL}}}", "{score: B, label: B, of: [Q1, Q2]}", "{score: C, label: C, of: [B, TOTAL]}"
    )
    hidden = {item.item: item.hidden_from for item in study.forms["VS"].items if item.derive is not None}
    assert hidden == {"TOTAL": ("RATER",), "B": (), "C": ("RATER",)}


def test_score_when_it_has_a_range_then_an_answer_out_of_range_is_one_finding_and_not_two(compiled: Compile) -> None:
    item = compile_scores(compiled, f"{{{ALL}, range: 0..16}}").forms["VS"].item("TOTAL")
    assert item is not None
    assert item.hard is None


@pytest.mark.parametrize(
    ("score", "bounds"),
    [
        (f"{{{ALL}, range: 0..15}}", "0..16"),
        (f"{{{ALL}, range: 1..16}}", "0..16"),
        (f"{{{ALL}, times: 2.5, range: 0..16}}", "0..40"),
        (f"{{{ALL}, method: mean, decimals: 1, range: 0..5}}", "0.0..4.0"),
        (f"{{{ALL}, method: max, range: 0..16}}", "0..4"),
        (f"{{{ALL}, method: count, at_least: 2, range: 0..16}}", "0..4"),
        ("{score: T, label: T, of: [A1, A2], points: {SD: 3, D: 1, A: -1}, range: 0..6}", "-2..6"),
    ],
)
def test_score_when_its_range_is_not_what_the_answers_allow_then_the_right_one_is_told(
    problems_of: ProblemsOf, score: str, bounds: str
) -> None:
    found = problems_of(vs=HEAD + f"  - {score}\n", extra=[("small", "lists.yaml", LISTS)])
    assert [(problem.code, problem.remedy) for problem in found] == [("D139", f"Write {bounds}.")]


def test_score_when_an_answer_has_no_highest_number_then_its_range_is_taken_as_it_is(compiled: Compile) -> None:
    text = HEAD.replace("label: One, type: integer, hard: 0..4", "label: One, type: integer")
    study = compiled(
        vs=text + "  - {score: T, label: T, of: [Q1], range: 0..99}\n", extra=[("small", "lists.yaml", LISTS)]
    )
    assert study.forms["VS"].item("T") is not None


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("{score: T, label: T, of: [Q1, Q9]}", "12:35: D119: Form VS has no item and no earlier score 'Q9'."),
        ("{score: T, label: T, of: [U]}", "12:31: D119: Form VS has no item and no earlier score 'U'."),
        ("{score: Q1, label: T, of: [Q2]}", "12:13: D132: Score Q1 has the name of an item."),
        ("{score: T, label: T, of: [A1]}", "12:31: D132: Score T can not count A1: nothing says what 'SD' counts."),
        (
            "{score: T, label: T, of: [A1], points: {SD: 1, D: 0}}",
            "12:31: D132: Score T can not count A1: nothing says what 'A' counts.",
        ),
        (
            "{score: T, label: T, of: [A1], points: {SD: 1, D: 0, A: 1, X: 2}}",
            "12:31: D132: Score T can not count A1: 'X' is no code of AGREE.",
        ),
        ("{score: T, label: T, of: [Q1], points: {SD: 1}}", "12:31: D132: Score T gives points for codes, and Q1 is a"),
        ("{score: T, label: T, of: [Q1], limit: {of: [Q8], missing_allowed: 0}}", "D119: Form VS has no item and no"),
    ],
)
def test_score_when_its_names_lead_nowhere_then_one_problem_says_where(
    problems_of: ProblemsOf, score: str, message: str
) -> None:
    found = problems_of(vs=HEAD + f"  - {score}\n", extra=[("small", "lists.yaml", LISTS)])
    assert [message in str(problem) for problem in found] == [True], found


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("{score: T, label: T, of: [Q1, Q1]}", "Q1 stands twice in 'of'."),
        ("{score: T, label: T, of: [Q1], reverse: [Q2], answers: 0..4}", "Q2 stands in 'reverse' and not in 'of'."),
        ("{score: T, label: T, of: [Q1], reverse: [Q1]}", "Reverse needs the lowest and the highest of 'answers'."),
        ("{score: T, label: T, of: [Q1], method: count}", "Count and 'at_least' belong together."),
        ("{score: T, label: T, of: [Q1], missing_allowed: 1}", "'missing_allowed' leaves no answer to count."),
        (
            "{score: ABCDEFGHIJKLMNOPQRSTUVWX, label: T, of: [Q1]}",
            "The name of a score has at most 23 characters.",
        ),
    ],
)
def test_score_when_its_parts_contradict_then_the_file_does_not_load(folder: Path, score: str, message: str) -> None:
    path = folder / "vs.yaml"
    path.write_text(HEAD + f"  - {score}\n", encoding="utf-8")
    _, problems = load_file(path)
    assert [(found.code, found.line, found.message) for found in problems] == [("D105", 12, message)]
