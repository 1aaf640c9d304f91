"""Saving records: what becomes an entry, what is demanded of a change, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from store_sample import ANN, BOB, NOON, change, key, save, stamp, standing

from trialkit.errors import ConflictError, UsageError
from trialkit.model.item import MissingReason
from trialkit.model.record import CellReference, RecordKey, Value
from trialkit.model.study import Study
from trialkit.store import Stamp, Store, open_store


@pytest.fixture
def store(store: Store) -> Store:
    with store.transaction(stamp()) as transaction:
        transaction.add_subject(ANN)
    return store


def test_save_record_when_new_then_first_value_is_an_entry_without_a_reason(store: Store) -> None:
    value = Value("120.50", unit="mmHg", raw="120,50")
    with store.transaction(stamp()) as transaction:
        saved = save(transaction, key(), {"SYSBP": value}, reason=None)
    assert saved == standing(key(), {"SYSBP": value}) == store.record(key())
    entry = list(store.entries())[-1]
    assert (entry.action, entry.key, entry.reason) == ("record.save", key(), None)
    assert entry.details == {
        "version": 1,
        "form_version": "1",
        "definition": "a" * 64,
        "items": {"SYSBP": {"text": "120.50", "unit": "mmHg", "raw": "120,50"}},
    }


def test_save_record_when_saved_again_then_who_entered_it_first_and_when_stay(
    path: Path, study: Study, store: Store
) -> None:
    first = Stamp("zoë", datetime(2024, 5, 1, 14, 0, 0, 7, tzinfo=timezone(timedelta(hours=2))), "Europe/Amsterdam")
    with store.transaction(first) as transaction:
        saved = save(transaction, key(), {"SYSBP": "120"})
        assert save(transaction, key(), {"SYSBP": "121"}).entered_at == saved.entered_at
    with open_store(path, study) as other, other.transaction(stamp(-60, "bob.ray")) as transaction:
        save(transaction, key(), {"SYSBP": None})
    with store.transaction(stamp(60, "cy.poe")) as transaction:
        again = save(transaction, key(), {"SYSBP": "122"})
        beside = save(transaction, key(repeat=2), {"SYSBP": "1"})
    for record in (saved, again, store.record(key()), store.records(as_of=NOON + timedelta(hours=2))[0]):
        assert record is not None
        assert (record.entered_at, record.entered_by) == (NOON + timedelta(microseconds=7), "zoë")
        assert record.entered_at is not None
        assert record.entered_at.tzinfo is UTC
    assert (beside.entered_at, beside.entered_by) == (NOON + timedelta(hours=1), "cy.poe")
    before = store.records()
    store.rebuild()
    assert store.records() == before
    assert store.verify().problems == ()


def test_save_record_when_imported_then_entry_knows_the_cell(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        plain = change(None, key(), {"SYSBP": "120", "PULSE": "60"})
        transaction.save_record(replace(plain, sources={"SYSBP": CellReference("vs.xlsx", "VS", "D14")}), None)
    entry = list(store.entries())[-1]
    assert entry.details["source"] == {"file": "vs.xlsx", "sheet": "VS", "row": 14, "columns": [None, "D"]}
    assert entry.sources == {"SYSBP": CellReference("vs.xlsx", "VS", "D14")}


NOT_DONE = Value(missing=MissingReason.NOT_DONE)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("120", "121"),
        ("120", None),
        ("120", NOT_DONE),
        (NOT_DONE, "120"),
        (NOT_DONE, None),
        (NOT_DONE, Value(missing=MissingReason.REFUSED)),
        (Value("120", unit="mmHg"), Value("120", unit="kPa")),
    ],
)
def test_save_record_when_a_given_value_changes_then_a_reason_is_demanded(
    store: Store, first: Value | str, then: Value | str | None
) -> None:
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": first}, reason=None)
    for reason in (None, "", "  "):
        with pytest.raises(UsageError, match="J201"), store.transaction(stamp()) as transaction:
            save(transaction, key(), {"SYSBP": then}, reason)
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": then}, "misread")
    entry = list(store.entries())[-1]
    assert (entry.seq, entry.reason, entry.details["version"]) == (3, "misread", 2)
    assert store.record(key()) == standing(
        key(), {} if then is None else {"SYSBP": Value(then) if isinstance(then, str) else then}, 2
    )


def test_save_record_when_only_new_items_are_given_then_no_reason_is_needed(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        save(transaction, key(), {"SYSBP": "120"}, None)
        assert save(transaction, key(), {"PULSE": "60"}, None).version == 2


@pytest.mark.parametrize("values", [{"SYSBP": "120"}, {}], ids=["equal value", "no item"])
def test_save_record_when_nothing_changes_then_refused(store: Store, values: dict[str, str]) -> None:
    with store.transaction(stamp()) as transaction:
        stored = save(transaction, key(), {"SYSBP": "120"}, None)
    with pytest.raises(UsageError, match="J202"), store.transaction(stamp()) as transaction:
        transaction.save_record(change(stored, key(), values), "same")
    assert store.head().seq == 2


def test_save_record_when_change_lies_about_what_was_there_then_refused(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        stored = save(transaction, key(), {"SYSBP": "120"}, None)
    lie = change(replace(stored, values={"SYSBP": Value("999")}), key(), {"SYSBP": "121"})
    forgotten = replace(change(stored, key(), {"PULSE": "60"}), values={"PULSE": Value("60")})
    for wrong in (lie, forgotten):
        with pytest.raises(UsageError, match="J202"), store.transaction(stamp()) as transaction:
            transaction.save_record(wrong, "typing error")


def test_save_record_when_stored_version_moved_on_then_conflict_says_who_and_when_but_no_data(
    path: Path, study: Study, store: Store
) -> None:
    with store.transaction(stamp()) as transaction:
        seen = save(transaction, key(), {"SYSBP": "120"}, None)
    with open_store(path, study) as other, other.transaction(stamp(5, "bob.ray")) as transaction:
        save(transaction, key(), {"SYSBP": "166"})
    with pytest.raises(ConflictError) as caught, store.transaction(stamp(6)) as transaction:
        transaction.save_record(change(seen, key(), {"SYSBP": "177"}), "misread")
    text = str(caught.value)
    assert caught.value.code == "J301"
    for part in ("at version 2", "built on 1", "bob.ray", "2024-05-01 12:05:00 UTC"):
        assert part in text
    assert "166" not in text
    assert "177" not in text
    assert store.record(key()) == standing(key(), {"SYSBP": Value("166")}, 2)


def test_save_record_when_both_think_it_is_new_then_the_second_has_a_conflict(store: Store) -> None:
    new = change(None, key(), {"SYSBP": "120"})
    with store.transaction(stamp()) as transaction:
        transaction.save_record(new, None)
        with pytest.raises(ConflictError, match=r"at version 1, the change is built on 0: ann\.lee"):
            transaction.save_record(new, None)
    assert [record.version for record in store.records()] == [1]


def test_save_record_when_it_was_never_stored_then_conflict(store: Store) -> None:
    with pytest.raises(ConflictError, match="is at version 0"), store.transaction(stamp()) as transaction:
        transaction.save_record(replace(change(None, key(), {"SYSBP": "1"}), base_version=3), None)


@pytest.mark.parametrize(
    ("at", "items", "code"),
    [
        (key(BOB), ("SYSBP",), "J203"),
        (key()._replace(site="007"), ("SYSBP",), "J204"),
        (key(form="ZZ"), ("SYSBP",), "J205"),
        (key(), ("SYSBP", "NOSUCH"), "J205"),
    ],
)
def test_save_record_when_it_has_no_place_then_refused(
    store: Store, at: RecordKey, items: tuple[str, ...], code: str
) -> None:
    with pytest.raises(UsageError, match=code), store.transaction(stamp()) as transaction:
        save(transaction, at, dict.fromkeys(items, "1"))


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE journal; --", "a\x00b", "\u202e𝔘 \n\t", " ", "1E400", "'", '"', "%s ? :x"]
)
def test_save_record_when_text_is_hostile_then_kept_to_the_letter(
    path: Path, study: Study, store: Store, text: str
) -> None:
    at = key(timepoint=text)
    with store.transaction(stamp()) as transaction:
        save(transaction, at, {"SYSBP": Value(text, unit=text, raw=text)}, None)
    assert store.record(at) == standing(at, {"SYSBP": Value(text, unit=text, raw=text)})
    assert store.records(as_of=NOON) == store.records()
    assert store.verify().problems == ()


def test_save_record_when_text_holds_half_a_character_then_refused_and_the_rest_goes_on(store: Store) -> None:
    with store.transaction(stamp()) as transaction:
        with pytest.raises(UsageError, match="J206"):
            save(transaction, key(), {"SYSBP": "\ud800"}, None)
        save(transaction, key(), {"SYSBP": "120"}, None)
    assert store.record(key()) == standing(key(), {"SYSBP": Value("120")})
    assert store.verify().problems == ()


def test_save_record_when_items_are_called_like_columns_then_kept_apart(store: Store) -> None:
    at = key(form="AW")
    values = {
        "VISIT": Value("v", unit="u"),
        "SITE": NOT_DONE,
        "A": Value(missing=MissingReason.REFUSED),
        "A__MISSING": Value("x", unit="y", raw="z"),
        "ORDER": Value("1"),
    }
    with store.transaction(stamp()) as transaction:
        save(transaction, at, values, None)
    assert store.record(at) == standing(at, values)
    store.rebuild()
    assert store.record(at) == standing(at, values)
