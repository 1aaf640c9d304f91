"""Two versions of a form held against each other: every part that can change is seen, and told in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from trialkit.define.differences import Aspect, Difference, find_differences
from trialkit.define.form_side import FormSide, side_of_file, side_of_study, side_of_text
from trialkit.define.item_words import computed_words, counted_words
from trialkit.errors import DefinitionError, UsageError
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.study import Study

FORM = """\
form: VS
title: Vital signs
help: Sit down first.
items:
  - {item: VSPERF, label: Done?, type: code, codelist: NY}
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260, soft: 90..180}
  - {item: WEIGHT, label: Weight, type: decimal, decimals: 1, unit: kg, units: [kg, LB]}
  - {item: NOTE, label: Note, type: text, length: 40}
  - {item: DOUBLE, label: Double, type: decimal, derive: WEIGHT * 2}
checks:
  - {check: VS001, when: SYSBP > P.hold_sys, message: Too high.}
sdtm:
  - domain: VS
    variables: {VSPOS: '"SITTING"'}
    tests: [{testcd: SYSBP, result: SYSBP}]
"""

ITEM_CHANGES = {
    "label": ("SYSBP", {"label": "Systolic pressure"}, Aspect.WORDING, "label (wording only)"),
    "type": ("SYSBP", {"type": "decimal"}, Aspect.TYPE, "type"),
    "codelist": ("VSPERF", {"codelist": "NYX"}, Aspect.WORDING, "name of the list (wording only)"),
    "length": ("NOTE", {"length": 20}, Aspect.LENGTH, "length"),
    "decimals": ("WEIGHT", {"decimals": 0}, Aspect.DECIMALS, "decimals"),
    "unit": ("SYSBP", {"unit": "kPa"}, Aspect.UNIT, "unit"),
    "units": ("WEIGHT", {"units": ("kg",)}, Aspect.UNIT, "unit"),
    "hard": ("SYSBP", {"hard": "60..200"}, Aspect.HARD, "possible range narrowed"),
    "soft": ("SYSBP", {"soft": "80..190"}, Aspect.SOFT, "usual range widened"),
    "required": ("SYSBP", {"required": True}, Aspect.REQUIRED, "required"),
    "collect_when": ("SYSBP", {"collect_when": 'VSPERF = "Y"'}, Aspect.ASKED, "asked when"),
    "missing": ("SYSBP", {"missing": ("ND",)}, Aspect.MISSING, "missing reasons"),
    "derive": ("DOUBLE", {"derive": "WEIGHT * 3"}, Aspect.COMPUTED, "computed"),
    "future": ("SYSBP", {"future": True}, Aspect.FUTURE, "future dates"),
    "help": ("SYSBP", {"help": "After rest."}, Aspect.WORDING, "help (wording only)"),
    "hidden_from": ("SYSBP", {"hidden_from": ("RATER_BLIND",)}, Aspect.HIDDEN, "hidden from"),
    "source": ("SYSBP", {"source": "CDASHIG"}, Aspect.WORDING, "source (wording only)"),
    "to_confirm": ("SYSBP", {"to_confirm": "The limit."}, Aspect.WORDING, "to be confirmed (wording only)"),
}
"""For each key of an item: which item changes how, and what has to be said."""

FORM_CHANGES: dict[str, dict[str, object]] = {
    "title": {"title": "Signs"},
    "help": {"help": "Lie down first."},
    "repeating": {"repeating": True},
    "reference": {"reference": True},
    "source": {"source": "CDASHIG"},
    "to_confirm": {"to_confirm": ("The position.",)},
    "instrument": {"instrument": {"rater": "patient", "category": "VS", "licence": "Free."}},
}


@pytest.fixture
def study(compiled: Callable[..., Study]) -> Study:
    """The small study with the form of this file."""
    return compiled(vs=FORM)


@pytest.fixture
def side(study: Study) -> FormSide:
    """The form as it stands, with a second list that says the same as the first."""
    found = side_of_study(study, "VS")
    same = found.codelists["NY"].model_copy(update={"codelist": "NYX"})
    return replace(found, codelists={**found.codelists, "NYX": same})


def with_item(side: FormSide, name: str, changes: dict[str, object]) -> FormSide:
    """The same with one item changed."""
    items = [
        Item.model_validate({**item.model_dump(), **changes}) if item.item == name else item for item in side.form.items
    ]
    return replace(side, form=side.form.model_copy(update={"items": tuple(items)}))


def told(differences: tuple[Difference, ...]) -> list[tuple[str, str, str, str]]:
    """Differences without what they refer to."""
    return [(found.where, found.what, found.before, found.after) for found in differences]


def written(tmp_path: Path, text: str) -> Path:
    """A definition file."""
    path = tmp_path / "other.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_sides_when_they_are_the_same_then_nothing_differs(side: FormSide, study: Study, tmp_path: Path) -> None:
    assert find_differences(side, side) == ()
    assert find_differences(side_of_text(study.text, "VS"), side_of_study(study, "VS")) == ()
    assert find_differences(side_of_file(written(tmp_path, FORM), "VS", study), side_of_study(study, "VS")) == ()


def test_changes_when_they_are_listed_then_no_key_of_an_item_or_form_is_left_out() -> None:
    assert set(ITEM_CHANGES) == set(Item.model_fields) - {"item"}
    apart = {"form", "version", "items", "checks", "sdtm", "scores"}  # identity, the heading, and tests of their own
    assert set(FORM_CHANGES) == set(Form.model_fields) - apart


@pytest.mark.parametrize("key", ITEM_CHANGES)
def test_item_when_one_key_changes_then_that_is_told_and_nothing_else(key: str, side: FormSide) -> None:
    item, changes, aspect, what = ITEM_CHANGES[key]
    found = find_differences(side, with_item(side, item, changes))
    ranges = [Aspect.HARD, Aspect.SOFT]
    assert [(one.where, one.aspect, one.what) for one in found if key != "unit" or one.aspect not in ranges] == [
        (item, aspect, what)
    ]
    assert all(one.before != one.after and one.items == (item,) for one in found)


@pytest.mark.parametrize("key", FORM_CHANGES)
def test_form_when_one_key_changes_then_that_is_told(key: str, side: FormSide) -> None:
    changes = FORM_CHANGES[key] | ({"repeating": True} if key == "reference" else {})
    other = replace(side, form=Form.model_validate({**side.form.model_dump(), **changes}))
    found = find_differences(side, other)
    assert found
    assert {one.where for one in found} == {"form"}


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (None, "60..", "narrowed"),
        ("60..", None, "widened"),
        ("60..260", "60..200", "narrowed"),
        ("60..260", "70..", "moved"),
        ("60..260", "50..200", "moved"),
        ("60..260", "..260", "widened"),
        ("..260", "0..260", "narrowed"),
        ("60..260", "60..300", "widened"),
    ],
)
def test_range_when_it_changes_then_narrower_and_wider_are_told_apart(
    before: str | None, after: str | None, what: str, side: FormSide
) -> None:
    one, other = (with_item(side, "SYSBP", {"hard": hard}) for hard in (before, after))
    assert [found.what for found in find_differences(one, other)] == [f"possible range {what}"]


def test_items_when_added_removed_and_moved_then_each_is_told(side: FormSide) -> None:
    items = side.form.items
    new = Item(item="PULSE", label="Pulse", type="integer", required=True)
    other = replace(side, form=side.form.model_copy(update={"items": (items[2], items[0], items[1], new, items[4])}))
    assert told(find_differences(side, other)) == [
        ("form", "order of items (wording only)", "VSPERF, SYSBP, WEIGHT", "WEIGHT, VSPERF, SYSBP"),
        ("PULSE", "item added", "", "integer, required"),
        ("NOTE", "item removed", "text, at most 40 characters", ""),
    ]


def test_codes_when_terms_come_go_and_change_their_words_then_each_is_told(side: FormSide) -> None:
    listed = {
        "codelist": "NY",
        "terms": [{"code": "U", "label": "Unknown"}, {"code": "Y", "label": "Yes", "synonyms": ["JA"]}],
    }
    other = replace(side, codelists={**side.codelists, "NY": type(side.codelists["NY"]).model_validate(listed)})
    assert told(find_differences(side, other)) == [
        ("VSPERF", "codes removed", "N = No", ""),
        ("VSPERF", "codes added", "", "U = Unknown"),
        ("VSPERF", "labels of codes (wording only)", "Y = Yes", "Y = Yes (also JA)"),
    ]


def test_checks_when_they_come_go_and_change_then_each_part_is_told(side: FormSide) -> None:
    (check,) = side.checks
    changes = {"when": "SYSBP > 170", "severity": "hard", "message": "Much too high."}
    changed = type(check).model_validate({**check.model_dump(), **changes})
    new = check.model_copy(update={"check": "VS002", "when": "SYSBP < 70"})
    first = find_differences(side, replace(side, checks=(changed, new)))
    assert told(first) == [
        ("VS001", "condition", "SYSBP > P.hold_sys", "SYSBP > 170"),
        ("VS001", "severity", "soft", "hard"),
        ("VS001", "action", "query", "reject"),
        ("VS001", "message (wording only)", "Too high.", "Much too high."),
        ("VS002", "check added", "", "soft, when SYSBP < 70: Too high."),
    ]
    assert [(one.items, one.checks) for one in first][:1] == [(("SYSBP",), ("VS001",))]
    assert told(find_differences(side, replace(side, checks=()))) == [
        ("VS001", "check removed", "soft, when SYSBP > P.hold_sys: Too high.", "")
    ]


def test_checks_when_one_is_set_aside_on_one_side_then_it_is_neither_removed_nor_added(side: FormSide) -> None:
    words, reason = "soft, when SYSBP > P.hold_sys: Too high.", "The protocol has no tag HOME."
    without = replace(side, checks=(), set_aside={"VS001": reason})

    assert told(find_differences(side, without)) == [("VS001", "check set aside", words, reason)]
    assert told(find_differences(without, side)) == [("VS001", "check back in force", reason, words)]


def test_parameter_when_a_rule_reads_it_and_it_changes_then_it_is_told_with_the_check(side: FormSide) -> None:
    changed = replace(side, parameters={**side.parameters, "hold_sys": Decimal(150), "unread": Decimal(1)})
    (found,) = find_differences(side, changed)
    assert (found.where, found.before, found.after) == ("P.hold_sys", "160", "150")
    assert (found.items, found.checks) == (("SYSBP",), ("VS001",))


def test_mapping_when_it_changes_then_the_variable_is_named(side: FormSide, study: Study, tmp_path: Path) -> None:
    text = FORM.replace('"SITTING"', '"SUPINE"').replace("{testcd: SYSBP,", "{testcd: DIABP,")
    assert told(find_differences(side_of_file(written(tmp_path, text), "VS", study), side_of_study(study, "VS"))) == [
        ("VS.VSPOS", "SDTM mapping", '"SUPINE"', '"SITTING"'),
        ("VS.DIABP", "SDTM mapping removed", "SYSBP", ""),
        ("VS.SYSBP", "SDTM mapping added", "", "SYSBP"),
    ]


SCALE = """\
form: VS
title: A scale
items:
  - {item: Q1, label: One, type: integer, hard: 0..4}
  - {item: Q2, label: Two, type: integer, hard: 0..4}
  - {item: Q3, label: Three, type: integer, hard: 0..4}
  - {item: Q4, label: Four, type: integer, hard: 0..4}
  - {item: A1, label: Agree, type: code, codelist: NY}
scores:
"""


@pytest.mark.parametrize(
    ("score", "words", "counted"),
    [
        ("missing_allowed: 1, range: 0..16", "sum of 4 items, 1 may be missing (prorated), 0 to 16", "Q1 to Q4"),
        ("method: mean, missing_allowed: 2", "mean of 4 items, 2 may be missing (mean of the others)", "Q1 to Q4"),
        ("method: max, missing_allowed: 2", "largest of 4 items, 2 may be missing", "Q1 to Q4"),
        ("method: count, at_least: 2, range: 0..4", "how many of 4 items are at least 2, 0 to 4", "Q1 to Q4"),
        ("reverse: [Q2], answers: 0..4", "sum of 4 items, Q2 from the other end of 0 to 4", "Q1 to Q4"),
        ("times: 2.5, decimals: 1", "sum of 4 items, times 2.5, rounded to 1 decimal place", "Q1 to Q4"),
        (
            "missing_allowed: 2, never_missing: [Q1]",
            "sum of 4 items, 2 may be missing (prorated), never without Q1",
            "Q1 to Q4",
        ),
        (
            "limit: {of: [Q1, Q2, Q3], missing_allowed: 1}",
            "sum of 4 items, no score when more than 1 of 3 items are missing",
            "Q1 to Q4",
        ),
        ("of: [Q1, Q2, Q4]", "sum of 3 items", "Q1, Q2, Q4"),
        ("of: [A1], points: {N: 0, Y: 3}", "sum of 1 item, counted as N: 0, Y: 3", "A1"),
    ],
)
def test_score_when_it_is_told_then_in_words(
    score: str, words: str, counted: str, compiled: Callable[..., Study]
) -> None:
    of = "" if "of: [Q1, Q2, Q4]" in score or "A1" in score else "of: [Q1, Q2, Q3, Q4], "
    form = compiled(vs=f"{SCALE}  - {{score: TOTAL, label: Total, {of}{score}}}\n").forms["VS"]
    total = form.item("TOTAL")
    assert total is not None
    assert computed_words(form, total, prorates=True) == words
    assert counted_words(form.scores[0], form) == counted


def test_score_when_the_protocol_tolerates_no_missing_answer_then_the_words_say_so(
    compiled: Callable[..., Study], small_texts: dict[str, str]
) -> None:
    text = f"{SCALE}  - {{score: TOTAL, label: Total, of: [Q1, Q2], missing_allowed: 1}}\n"
    loose = side_of_study(compiled(vs=text), "VS")
    protocol = small_texts["protocol"].replace("log_forms:", "no_prorating: [VS]\nlog_forms:")
    strict = side_of_study(compiled(vs=text, protocol=protocol), "VS")
    found = [one for one in find_differences(loose, strict) if one.where == "TOTAL"]
    assert told(tuple(found)) == [
        (
            "TOTAL",
            "computed",
            "sum of 2 items, 1 may be missing (prorated)",
            "sum of 2 items, none may be missing in this protocol",
        )
    ]


def test_score_when_it_is_counted_otherwise_by_the_same_words_then_the_expressions_are_shown(
    compiled: Callable[..., Study],
) -> None:
    side = side_of_study(compiled(vs=f"{SCALE}  - {{score: TOTAL, label: Total, of: [Q1, Q2]}}\n"), "VS")
    (found,) = find_differences(with_item(side, "TOTAL", {"derive": "Q1 + Q2"}), side)
    assert (found.what, found.before, found.after) == ("computed", "Q1 + Q2", "sum(Q1, Q2)")


def test_text_when_it_is_none_of_a_definition_then_u151(study: Study) -> None:
    for text in ("{}", "not JSON", study.text.replace('"title"', '"name"')):
        with pytest.raises(UsageError) as caught:
            side_of_text(text, "VS")
        assert caught.value.code == "U151"


def test_file_when_it_holds_another_form_or_is_broken_then_each_problem_is_told(study: Study, tmp_path: Path) -> None:
    for text, code in ((FORM.replace("form: VS", "form: AE"), "D107"), (FORM.replace("title", "titel"), "D100")):
        with pytest.raises(DefinitionError) as caught:
            side_of_file(written(tmp_path, text), "VS", study)
        assert caught.value.code == code
    with pytest.raises(DefinitionError) as caught:
        side_of_file(tmp_path / "nowhere.yaml", "VS", study)
    assert caught.value.code == "D109"


def test_file_when_a_plugin_has_a_check_on_the_form_then_that_is_no_difference(
    compiled: Callable[..., Study], tmp_path: Path
) -> None:
    check = "checks:\n  - {check: VS050, form: VS, when: SYSBP < 70, message: Too low.}\n"
    study = compiled(vs=FORM, extra=[("other", "checks.yaml", check)])
    assert find_differences(side_of_file(written(tmp_path, FORM), "VS", study), side_of_study(study, "VS")) == ()
