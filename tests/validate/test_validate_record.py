"""A record in, findings out: the rules of the items, the checks of the language, and the checks in Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from validate_sample import (
    BROKEN,
    FUNCTIONS,
    ITEMS,
    KEY,
    TODAY,
    TYPES,
    codes,
    make_plan,
    make_row,
    make_study,
    make_values,
    validate,
)

from trialkit.extension import PythonCheck, RecordView
from trialkit.language import Row
from trialkit.model.check import Action, Check, Severity
from trialkit.model.finding import Finding
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Typed
from trialkit.model.query import Query
from trialkit.model.record import CellReference, Value
from trialkit.review import query_changes
from trialkit.validate import plan_checks, validate_record

CLEAN = "DONE=Y SYSBP=120_mmHg DIABP=80_mmHg WEIGHT=80_kg SITE=N;Y WHEN=2026-03 UNTIL=.UNK AT=09:05 NOTE=x"


def test_record_when_it_is_clean_then_no_finding() -> None:
    assert validate(CLEAN) == ()


@pytest.mark.parametrize(
    ("text", "code", "item", "severity", "message", "remedy"),
    [
        (
            "DONE=Y SYSBP=300_mmHg WHEN=2026",
            "V103",
            "SYSBP",
            "hard",
            "SYSBP: 300 mmHg is outside the possible range, 60 to 260 mmHg.",
            "Compare it with the source document.",
        ),
        (
            "DONE=Y SYSBP=200_mmHg WHEN=2026",
            "V201",
            "SYSBP",
            "soft",
            "SYSBP: 200 mmHg is unusual; expected is 90 to 180 mmHg.",
            "Confirm it against the source document.",
        ),
        (
            "DONE=N WHEN=2026 DIABP=29_mmHg",
            "V103",
            "DIABP",
            "hard",
            "DIABP: 29 mmHg is outside the possible range, at least 30 mmHg.",
            None,
        ),
        (
            "DONE=N WHEN=2026 WEIGHT=600_LB",
            "V103",
            "WEIGHT",
            "hard",
            "WEIGHT: 600 LB (272.16 kg) is outside the possible range, 30 to 250 kg.",
            None,
        ),
        (
            "DONE=N WHEN=2026 WEIGHT=300_LB",
            "V201",
            "WEIGHT",
            "soft",
            "WEIGHT: 300 LB (136.08 kg) is unusual; expected is at most 120 kg.",
            None,
        ),
        ("WHEN=2026 DONE=X", "V104", "DONE", "hard", "DONE: X is not in the list NY.", "Choose a code from the list."),
        ("DONE=N WHEN=2026 SITE=N;Q", "V104", "SITE", "hard", "SITE: Q is not in the list NY.", None),
        (
            "DONE=N WHEN=2026 UNTIL=.REF",
            "V105",
            "UNTIL",
            "hard",
            "UNTIL: the missing reason .REF is not accepted here.",
            "Choose an accepted reason.",
        ),
        (
            "DONE=N NOTE=x",
            "V202",
            "WHEN",
            "soft",
            "WHEN is required and blank.",
            "Enter a value, or a missing reason such as .ND.",
        ),
        ("DONE=Y WHEN=2026", "V202", "SYSBP", "soft", "SYSBP is required and blank.", None),
        (
            "DONE=N SYSBP=120_mmHg WHEN=2026",
            "V203",
            "SYSBP",
            "soft",
            "SYSBP is filled in although it does not apply here.",
            "Clear it, or correct what rules it out.",
        ),
        (
            "DONE=N WHEN=2026 RATIO=6",
            "V103",
            "RATIO",
            "hard",
            "RATIO: 6 is outside the possible range, at most 5.",
            None,
        ),
    ],
)
def test_item_when_a_rule_is_broken_then_one_finding_says_which(
    text: str, code: str, item: str, severity: str, message: str, remedy: str | None
) -> None:
    (finding,) = validate(text)
    assert (finding.code, finding.item, finding.severity, finding.message) == (code, item, severity, message)
    assert remedy is None or finding.remedy == remedy
    assert finding.action is (Action.REJECT if severity == "hard" else Action.QUERY)
    assert (finding.key, finding.plugin, finding.evaluated) == (KEY, "trialkit", True)


@pytest.mark.parametrize("text", ["DONE=Y SYSBP=60_mmHg", "DONE=Y SYSBP=260_mmHg"])
def test_range_when_the_number_is_its_end_then_it_is_inside(text: str) -> None:
    assert ("V103", "SYSBP") not in codes(f"{text} WHEN=2026")


@pytest.mark.parametrize("reason", ["ND", "UNK", "NA", "REF", "TECH"])
def test_required_when_a_missing_reason_is_given_then_it_is_answered(reason: str) -> None:
    assert codes(f"WHEN=.{reason} DONE=Y SYSBP=.{reason}") == []


@pytest.mark.parametrize("text", ["WHEN=2026 DONE=N", "WHEN=2026 DONE=N SITE=.NA"])
def test_required_when_skip_logic_rules_it_out_then_a_blank_is_right(text: str) -> None:
    assert codes(text) == []


def test_required_when_the_question_above_is_not_answered_then_it_is_not_asked_for() -> None:
    assert codes("WHEN=2026") == []


def test_skip_logic_when_a_reason_stands_where_nothing_is_asked_then_it_is_said() -> None:
    assert codes("WHEN=2026 DONE=N SYSBP=.ND") == [("V203", "SYSBP")]


@pytest.mark.parametrize(
    ("item", "typed", "code"),
    [
        ("DIABP", "80", "V101"),
        ("DIABP", Decimal("NaN"), "V102"),
        ("DIABP", Decimal("Infinity"), "V102"),
        ("WHEN", "2026", "V101"),
        ("AT", "09:05", "V101"),
        ("SITE", "N", "V101"),
        ("NOTE", Decimal(1), "V101"),
    ],
)
def test_type_when_a_typed_value_is_of_another_then_hard(item: str, typed: Typed, code: str) -> None:
    study = make_study()
    values = make_values(CLEAN)
    row = make_row(study, values)
    odd = Row({**row.values, item: typed}, row.reasons, row.units, row.visit, row.tags, row.timepoint, row.today)
    found = validate_record(make_plan(study), KEY, values, odd, {})
    assert (code, item, True) in [(finding.code, finding.item, finding.is_hard) for finding in found]


def test_check_when_true_then_it_fires_with_its_own_words() -> None:
    hard, soft = validate("WHEN=2026 DONE=Y SYSBP=100_mmHg DIABP=110_mmHg"), validate("WHEN=2026 NOTE=alert DONE=N")
    assert [(found.code, found.item, found.is_hard, found.message) for found in hard] == [
        ("VS002", "SYSBP", True, "Swapped?")
    ]
    assert (hard[0].action, hard[0].plugin) == (Action.REJECT, "iv")
    assert [(found.code, found.item, found.action) for found in soft] == [("VS005", "NOTE", Action.ALERT_RED)]


@pytest.mark.parametrize(
    "text",
    ["DONE=N WHEN=2026 DIABP=110_mmHg", "DONE=Y WHEN=2026 SYSBP=.ND DIABP=110_mmHg", "DONE=N WHEN=2026-03 UNTIL=2026"],
)
def test_check_when_an_operand_is_missing_or_can_not_be_told_then_quiet(text: str) -> None:
    assert codes(text) == []


def test_check_when_it_reads_a_parameter_then_the_study_decides() -> None:
    assert ("VS003", "SYSBP") in codes("DONE=Y WHEN=2026 SYSBP=160_mmHg DIABP=50_mmHg")
    assert codes("DONE=Y WHEN=2026 SYSBP=150_mmHg DIABP=50_mmHg") == []


def test_check_when_its_function_raises_then_not_evaluated_and_never_passed() -> None:
    (finding,) = validate("DONE=N WHEN=2026 DIABP=80_mmHg", BROKEN)
    assert (finding.code, finding.item, finding.evaluated, finding.severity) == ("VS009", "DIABP", False, Severity.SOFT)
    assert finding.message == "Check VS009 was not evaluated: fail could not be evaluated."
    assert finding.plugin == "iv"
    assert codes("DONE=N WHEN=2026", BROKEN) == []  # nothing to call the function with


def test_condition_when_its_function_raises_then_not_evaluated_and_the_item_still_counts_as_asked() -> None:
    item = Item(item="NOTE", label="Note", type="text", required=True, collect_when="fail(DIABP)")
    study = make_study(items=(*(found for found in ITEMS if found.item != "NOTE"), item))
    values = make_values("DONE=N WHEN=2026 DIABP=80_mmHg")
    plan = plan_checks(study.forms["VS"], study, TYPES, FUNCTIONS, [])
    found = validate_record(plan, KEY, values, make_row(study, values), {})
    assert [(finding.code, finding.item, finding.evaluated) for finding in found] == [
        ("V202", "NOTE", True),
        ("V301", "NOTE", False),
    ]
    assert found[1].message == "The condition of NOTE was not evaluated: fail could not be evaluated."


def _python(fires: Callable[[RecordView], object], severity: Severity = Severity.SOFT) -> PythonCheck:
    return PythonCheck("PY001", "VS", ("DIABP",), severity, "Python says so.", fires)  # type: ignore[arg-type]  # broken ones, too


def _raise(_: RecordView) -> bool:
    raise KeyError("120")


def _exit(_: RecordView) -> bool:
    raise SystemExit(3)


@pytest.mark.parametrize(("answer", "item"), [(True, "DIABP"), ("NOTE", "NOTE")])
def test_python_check_when_it_fires_then_on_its_item_or_the_one_it_names(answer: object, item: str) -> None:
    (finding,) = validate(CLEAN, python=[_python(lambda _: answer, Severity.HARD)])
    assert (finding.code, finding.item, finding.action, finding.plugin) == ("PY001", item, Action.REJECT, "own")


@pytest.mark.parametrize("answer", [False, None])
def test_python_check_when_it_says_no_or_can_not_tell_then_quiet(answer: object) -> None:
    assert validate(CLEAN, python=[_python(lambda _: answer)]) == ()


@pytest.mark.parametrize(
    ("fires", "problem"),
    [
        (_raise, "it raised KeyError"),
        (_exit, "it raised SystemExit"),
        (lambda _: "NOWHERE", "it answered neither yes nor no nor with an item of the form"),
        (lambda _: [1], "it answered neither yes nor no nor with an item of the form"),
        (lambda view: view.values.clear(), "it raised AttributeError"),
    ],
)
def test_python_check_when_it_fails_then_not_evaluated_and_no_data_in_the_words(
    fires: Callable[[RecordView], object], problem: str
) -> None:
    (finding,) = validate(CLEAN, python=[_python(fires)])
    assert (finding.code, finding.item, finding.evaluated) == ("PY001", "DIABP", False)
    assert finding.message == f"Check PY001 was not evaluated: {problem}."


def test_python_check_when_it_looks_then_it_sees_every_item_in_the_standard_unit() -> None:
    seen: list[RecordView] = []
    validate("WHEN=2026 DONE=N WEIGHT=100_LB SITE=.ND", python=[_python(lambda view: seen.append(view))])
    (view,) = seen
    assert view.values["WEIGHT"] == Decimal("45.359237")
    assert (view.values["SITE"], view.values["NOTE"], set(view.values)) == (None, None, {item.item for item in ITEMS})
    assert (view.key, view.today, view.form.form) == (KEY, TODAY, "VS")


def test_python_check_when_it_is_for_another_form_then_it_does_not_run() -> None:
    other = PythonCheck("PY002", "AE", (), Severity.HARD, "No.", lambda _: True)
    everywhere = PythonCheck("PY003", "", (), Severity.SOFT, "Yes.", lambda _: True)
    assert codes(CLEAN, python=[other, everywhere]) == [("PY003", "")]


def test_query_when_its_check_can_not_be_evaluated_then_it_stays_open() -> None:
    fired, unsure = (validate(CLEAN, python=[_python(fires)]) for fires in (lambda _: "NOTE", _raise))
    (to_open,) = query_changes([], fired).to_open
    assert to_open.item == "NOTE"
    asked = _as_query(to_open)
    assert query_changes([asked], unsure) == ((), ())
    assert query_changes([asked], ()).to_close


def _as_query(finding: Finding) -> Query:
    assert finding.key is not None
    return Query(
        "Q-0001",
        finding.code,
        finding.key,
        finding.item,
        finding.message,
        "open",
        datetime(2026, 1, 1, tzinfo=UTC),
        "ann",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHEN=2026-04-01", [("V204", "WHEN")]),
        ("WHEN=2027", [("V204", "WHEN")]),
        ("WHEN=2026-04 UNTIL=2027", [("V204", "UNTIL"), ("V204", "WHEN")]),
        ("WHEN=2020 UNTIL=2026-04-01", [("V204", "UNTIL")]),
        ("WHEN=2026-03-31", []),
        ("WHEN=2026-03", []),
        ("WHEN=2026", []),
        ("WHEN=.UNK", []),
    ],
)
def test_field_findings_when_a_date_lies_ahead_for_certain_then_it_is_asked_about(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert codes(f"DONE=N {text}") == expected


def test_findings_when_there_are_several_then_sorted_by_cell_then_item() -> None:
    text = "DONE=Y SYSBP=300_mmHg DIABP=20_mmHg WEIGHT=300_LB"
    assert codes(text) == [
        ("V103", "DIABP"),
        ("V103", "SYSBP"),
        ("VS003", "SYSBP"),
        ("V201", "WEIGHT"),
        ("V202", "WHEN"),
    ]
    cells = {"SYSBP": CellReference("a.csv", "", "B10"), "DIABP": CellReference("a.csv", "", "A9")}
    found = validate(text, sources=cells)
    assert [str(finding.source) for finding in found if finding.source] == ["a.csv!A9", "a.csv!B10", "a.csv!B10"]
    assert [finding.sort_key for finding in found] == sorted(finding.sort_key for finding in found)


def test_plan_when_records_follow_each_other_then_nothing_is_carried_over() -> None:
    study = make_study()
    plan = make_plan(study)
    for text in (CLEAN, "DONE=X", CLEAN, "DONE=N SYSBP=1_mmHg", CLEAN):
        values = make_values(text)
        found = validate_record(plan, KEY, values, make_row(study, values), {})
        assert bool(found) == (text != CLEAN)


_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=1, min_value=-10000, max_value=10000).map(str)
_VALUES: dict[str, st.SearchStrategy[Value]] = {
    "DONE": st.sampled_from(["Y", "N", "X"]).map(Value),
    "SYSBP": st.integers(-(10**40), 10**40).map(lambda number: Value(str(number), unit="mmHg")),
    "DIABP": st.integers(0, 300).map(lambda number: Value(str(number), unit="mmHg")),
    "WEIGHT": st.builds(Value, text=_NUMBERS, unit=st.sampled_from(["kg", "LB"])),
    "SITE": st.sampled_from(["Y", "N;Y", "Q"]).map(Value),
    "WHEN": st.sampled_from(["2026", "2026-02", "2024-02-29"]).map(Value),
    "UNTIL": st.sampled_from(["2025", "2026-02-01"]).map(Value),
    "AT": st.sampled_from(["00:00", "23:59:59"]).map(Value),
    "NOTE": st.text(min_size=1).map(Value),
    "GONE": st.just(Value("an item that the form had once")),
}
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        name: value | st.sampled_from(list(MissingReason)).map(lambda why: Value(missing=why))
        for name, value in _VALUES.items()
    },
)


@settings(max_examples=300)
@given(RECORDS)
def test_record_when_it_is_anything_then_findings_and_never_an_exception(values: dict[str, Value]) -> None:
    study = make_study()
    found = validate_record(make_plan(study), KEY, values, make_row(study, values), {})
    assert all(finding.message.endswith((".", "?")) and finding.key == KEY for finding in found)
    assert list(found) == sorted(found, key=lambda finding: finding.sort_key)


@settings(max_examples=300)
@given(RECORDS)
def test_range_when_a_number_is_outside_the_possible_then_always_hard(values: dict[str, Value]) -> None:
    study = make_study()
    row = make_row(study, values)
    found = validate_record(make_plan(study), KEY, values, row, {})
    refused = {finding.item for finding in found if finding.code == "V103"}
    for item in study.forms["VS"].items:
        number = row.values.get(item.item)
        if item.hard is not None:
            assert (item.item in refused) == (isinstance(number, Decimal) and number not in item.hard)


def test_check_model_when_unstated_then_the_action_follows_the_severity() -> None:
    assert (
        Check(check="A", form="VS", when="1 = 1", severity=Severity.HARD, message="M").effective_action is Action.REJECT
    )
