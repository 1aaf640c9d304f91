"""Entry through the one write path: new, changed, unchanged, refused, queried, and never half stored."""

from __future__ import annotations

import pytest
from engine_sample import Bench, HandClock, enter, entries, texts

from trialkit.engine import Engine
from trialkit.errors import ConflictError, StoreError, UsageError
from trialkit.model.item import MissingReason
from trialkit.model.outcome import Status
from trialkit.model.record import RawValue, Value


def test_enter_when_the_record_is_new_then_stored_with_what_follows(engine: Engine) -> None:
    outcome = enter(engine, "SYSBP=120 DIABP=80 WEIGHT=81.0_kg HEIGHT=180 POS=sitting")
    (record,) = outcome.records
    assert (outcome.stored, record.status, record.version) == (True, Status.NEW, 1)
    assert record.items == ("SYSBP", "DIABP", "WEIGHT", "HEIGHT", "BMI", "POS")
    stored = engine.records("012-0001")[0]
    assert stored.values["WEIGHT"] == Value("81.0", unit="kg")
    assert stored.values["POS"] == Value("SITTING", raw="sitting")
    assert stored.values["BMI"] == Value("25.0")
    assert stored.form_version == "1"


def test_enter_when_a_value_changes_without_a_reason_then_refused_and_nothing_stored(engine: Engine) -> None:
    enter(engine, "SYSBP=120")
    before = entries(engine)
    for reason in (None, "", "  \t"):
        outcome = enter(engine, "SYSBP=126 DIABP=80", reason=reason)
        (finding,) = outcome.findings
        assert (outcome.stored, finding.code, finding.is_hard) == (False, "W101", True)
        assert finding.message == "A stored value changes (SYSBP from 120 mmHg to 126 mmHg) and no reason is given."
        assert outcome.records[0].status is Status.REFUSED
    assert (texts(engine), entries(engine)) == ({"SYSBP": "120"}, before)


def test_enter_when_a_value_changes_with_a_reason_then_the_history_tells_it(bench: Bench, engine: Engine) -> None:
    enter(engine, "SYSBP=120 WEIGHT=81_kg HEIGHT=180")
    at = bench.clock.pass_hours(1)
    outcome = enter(engine, "WEIGHT=90_kg", reason="misread")
    assert (outcome.stored, outcome.records[0].status, outcome.records[0].version) == (True, Status.CHANGED, 2)
    assert texts(engine)["BMI"] == "27.8"
    changes = {change.item: change for change in engine.history("012-0001") if change.seq == engine.store.head().seq}
    assert set(changes) == {"WEIGHT", "BMI"}
    weight = changes["WEIGHT"]
    assert (weight.old, weight.new) == (Value("81", unit="kg"), Value("90", unit="kg"))
    assert (weight.user, weight.at, weight.zone, weight.reason) == ("ann", at, "Europe/Amsterdam", "misread")
    assert (weight.derived, changes["BMI"].derived) == (False, True)


def test_enter_when_items_are_added_then_no_reason_is_needed(engine: Engine) -> None:
    enter(engine, "WEIGHT=81_kg")
    outcome = enter(engine, "HEIGHT=180")
    assert (outcome.stored, texts(engine)["BMI"]) == (True, "25.0")
    assert enter(engine, "HEIGHT=170", reason="measured again").stored
    assert texts(engine)["BMI"] == "28.0"


def test_enter_when_nothing_differs_then_unchanged_and_no_entry(engine: Engine) -> None:
    enter(engine, "SYSBP=120 POS=SITTING")
    before = entries(engine)
    outcome = enter(engine, "SYSBP=120 POS=Sitting")
    assert (outcome.stored, outcome.records[0].status, outcome.records[0].version) == (False, Status.UNCHANGED, 1)
    assert entries(engine) == before
    assert enter(engine, "NOTE=", visit="V2").records[0].status is Status.UNCHANGED
    assert entries(engine) == before


def test_enter_when_the_unit_alone_differs_then_it_is_a_change(engine: Engine) -> None:
    enter(engine, "WEIGHT=100_LB")
    assert [found.code for found in enter(engine, "WEIGHT=100_kg").findings] == ["W101"]


def test_enter_when_a_value_is_cleared_then_a_reason_is_needed_and_what_follows_goes(engine: Engine) -> None:
    enter(engine, "WEIGHT=81_kg HEIGHT=180")
    assert [found.code for found in enter(engine, "HEIGHT=").findings] == ["W101"]
    assert enter(engine, "HEIGHT=", reason="other person").stored
    assert texts(engine) == {"WEIGHT": "81"}


def test_enter_when_a_missing_reason_takes_its_place_then_it_is_the_value(engine: Engine) -> None:
    enter(engine, "SYSBP=120")
    assert enter(engine, "SYSBP=.ND", reason="cuff was broken").stored
    assert engine.records("012-0001")[0].values["SYSBP"] == Value(missing=MissingReason.NOT_DONE, raw=".ND")


def test_enter_when_the_last_value_is_cleared_then_the_house_refuses(engine: Engine) -> None:
    enter(engine, "SYSBP=120")
    (finding,) = enter(engine, "SYSBP=", reason="x").findings
    assert (finding.code, finding.plugin) == ("W102", "trialkit")
    assert texts(engine) == {"SYSBP": "120"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("SYSBP=300", ["V103"]),
        ("SYSBP=high", ["N101"]),
        ("WEIGHT=81", ["N103"]),
        ("SYSBP=80 DIABP=90", ["V201", "VS901"]),
        ("SYSBP=120 DIABP=x NOTE=kept", ["N101"]),
    ],
)
def test_enter_when_a_finding_is_hard_then_nothing_is_stored(engine: Engine, text: str, codes: list[str]) -> None:
    before = entries(engine)
    outcome = enter(engine, text)
    assert (outcome.stored, sorted(found.code for found in outcome.findings)) == (False, codes)
    assert (texts(engine), entries(engine), engine.store.queries()) == ({}, before, [])


def test_enter_when_a_value_is_unusual_then_stored_and_asked_in_one_transaction(engine: Engine) -> None:
    outcome = enter(engine, "SYSBP=200")
    (query,) = outcome.queries_opened
    assert (outcome.stored, query.code, query.item, query.state) == (True, "V201", "SYSBP", "open")
    assert query.message.startswith("SYSBP: 200 mmHg is unusual")
    saved, opened = list(engine.store.entries())[-2:]
    assert (saved.action, opened.action) == ("record.save", "query.open")
    assert (saved.at, saved.seq + 1) == (opened.at, opened.seq)
    assert enter(engine, "NOTE=x").queries_opened == ()  # it is asked already


def test_enter_when_the_cause_of_a_query_is_gone_then_closed_with_words_in_one_transaction(engine: Engine) -> None:
    enter(engine, "SYSBP=200")
    (closed,) = enter(engine, "SYSBP=120", reason="typo").queries_closed
    assert (closed.state, closed.reason) == ("closed", "V201 no longer applies to the record as it stands.")
    assert [action for _, action in entries(engine)[-2:]] == ["record.save", "query.close"]
    assert engine.state().open_queries == 0


def test_enter_when_the_record_was_changed_meanwhile_then_a_conflict_and_nothing_is_overwritten(bench: Bench) -> None:
    with bench.open("ann") as first, bench.open("bob") as second:
        enter(first, "SYSBP=120")
        enter(second, "SYSBP=125", reason="read again", expected_version=1)
        with pytest.raises(ConflictError) as caught:
            enter(first, "SYSBP=130", reason="mine", expected_version=1)
        assert caught.value.code == "J301"
        assert texts(first) == {"SYSBP": "125"}
        assert enter(first, "SYSBP=130", reason="mine", expected_version=2).records[0].version == 3


def test_enter_when_it_is_a_rehearsal_then_all_is_said_and_nothing_stored(engine: Engine) -> None:
    before = entries(engine)
    outcome = enter(engine, "SYSBP=200", dry_run=True)
    assert (outcome.stored, outcome.records[0].status) == (False, Status.NEW)
    assert [found.code for found in outcome.findings] == ["V201"]
    assert (entries(engine), texts(engine)) == (before, {})


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("012-9999", "V1", "VS", {"SYSBP": RawValue("1")}), "U102"),
        (("012-0001", "V9", "VS", {"SYSBP": RawValue("1")}), "U111"),
        (("012-0001", "V1", "VZ", {"SYSBP": RawValue("1")}), "U110"),
        (("012-0001", "V2", "PK", {"CONC": RawValue("1")}), "U112"),
        (("012-0001", "V1", "PK", {"CONC": RawValue("1")}), "U113"),
        (("012-0001", "V1", "VS", {"SYSPB": RawValue("1")}), "U121"),
        (("012-0001", "V1", "VS", {"sysbp": RawValue("1")}), "U121"),
        (("012-0001", "V1", "VS", {"BMI": RawValue("25")}), "U122"),
    ],
)
def test_enter_when_a_name_is_unknown_then_refused_and_no_value_is_lost_silently(
    engine: Engine, arguments: tuple[str, str, str, dict[str, RawValue]], code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        engine.enter(*arguments)
    assert caught.value.code == code


def test_enter_when_the_form_repeats_then_each_entry_is_a_new_row(engine: Engine) -> None:
    def adverse_event(**options: int) -> tuple[int, Status]:
        outcome = engine.enter("012-0001", "V1", "AE", {"AETERM": RawValue("Headache")}, **options)  # type: ignore[arg-type]
        return outcome.records[0].key.repeat, outcome.records[0].status

    assert adverse_event() == (1, Status.NEW)
    assert adverse_event() == (2, Status.NEW)
    assert adverse_event(repeat=2) == (2, Status.UNCHANGED)


def test_enter_when_the_number_has_more_digits_than_python_reckons_with_then_refused_and_not_raised(
    engine: Engine,
) -> None:
    outcome = enter(engine, f"WEIGHT={'9' * 60}_kg HEIGHT=0.000000000000001 NOTE=x")
    assert not outcome.stored
    assert "V103" in [found.code for found in outcome.findings]


@pytest.mark.parametrize(
    ("subject", "utc", "date", "codes"),
    [
        ("SYD-0001", "2026-03-31T22:00", "2026-04-01", []),
        ("012-0001", "2026-03-31T21:00", "2026-04-01", ["V204"]),
        ("012-0001", "2026-03-31T22:30", "2026-04-01", []),
    ],
)
def test_enter_when_it_is_tomorrow_at_the_site_then_the_date_of_the_site_counts(
    bench: Bench, subject: str, utc: str, date: str, codes: list[str]
) -> None:
    bench.clock.at = bench.clock.at.fromisoformat(f"{utc}+00:00")
    with bench.open() as engine:
        if subject.startswith("SYD"):
            engine.add_subject("SYD", "0001")
        assert [found.code for found in enter(engine, f"VSDAT={date}", subject=subject).findings] == codes


def test_add_subject_when_it_is_named_then_as_the_study_says(engine: Engine) -> None:
    assert engine.add_subject("SYD", "0002").subject == "SYD-0002"
    assert engine.state().subjects == {"012": 1, "SYD": 1}


@pytest.mark.parametrize(
    ("site", "number", "code"),
    [
        ("999", "1", "U101"),
        ("012", "", "U119"),
        ("012", " 7", "U119"),
        ("012", "a\nb", "U119"),
        ("012", "0001", "J203"),
    ],
)
def test_add_subject_when_site_or_number_will_not_do_then_refused(
    engine: Engine, site: str, number: str, code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        engine.add_subject(site, number)
    assert caught.value.code == code


def test_withdraw_subject_when_they_leave_then_the_data_stay(engine: Engine) -> None:
    enter(engine, "SYSBP=120")
    assert engine.withdraw_subject("012-0001", "moved").status == "withdrawn"
    assert texts(engine) == {"SYSBP": "120"}
    with pytest.raises(UsageError):
        engine.withdraw_subject("012-0001", "again")


def test_check_when_the_rules_run_over_what_is_stored_then_queries_follow(bench: Bench) -> None:
    with bench.open() as engine:
        enter(engine, "SYSBP=150")
        assert engine.check().findings == ()
    _narrow(bench, "soft: 90..140")
    with bench.open() as engine:
        assert [found.code for found in engine.check(dry_run=True).findings] == ["V201"]
        assert engine.store.queries() == []
        (opened,) = engine.check("012-0001", "vs").opened
        assert engine.check().opened == ()
        assert engine.answer_query(opened.query, "It was read twice.").state == "answered"
    _narrow(bench, "soft: 90..180")
    with bench.open() as engine:
        (closed,) = engine.check().closed
        assert closed.query == opened.query
        with pytest.raises(UsageError):
            engine.check(form="VZ")


def _narrow(bench: Bench, words: str) -> None:
    file = bench.folder / "forms" / "vs.yaml"
    before = file.read_text(encoding="utf-8")
    start = before.index("soft: ")
    file.write_text(before[:start] + words + before[before.index("}", start) :], encoding="utf-8")


def test_store_when_it_can_not_be_written_then_an_error_of_ours_and_nothing_stored(bench: Bench) -> None:
    file = bench.folder / "study.db"
    with bench.open() as engine:
        enter(engine, "SYSBP=120")
        before = entries(engine)
        lock = file.with_name("study.db.lock")
        lock.unlink()
        lock.mkdir()  # root may write everywhere, so that a read-only file would stop nobody
        with pytest.raises(StoreError) as caught:
            enter(engine, "SYSBP=126", reason="x")
        assert caught.value.code == "J105"
        lock.rmdir()
        assert (entries(engine), texts(engine)) == (before, {"SYSBP": "120"})


def test_clock_when_it_is_set_by_hand_then_it_stands_still() -> None:
    clock = HandClock()
    assert clock() == clock()


def test_entry_when_a_value_says_the_same_in_other_words_then_another_value_can_change(engine: Engine) -> None:
    enter(engine, "SYSBP=120 POS=sitting")
    outcome = enter(engine, "SYSBP=125 POS=Sitting", reason="read again")
    assert [record.items for record in outcome.records] == [("SYSBP",)]
    assert engine.records("012-0001", "V1", "VS")[0].values["POS"].raw == "sitting"
