"""Records as columns: what bulk work reads says the same as the records do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_sample import ANN, EVE, NOON, VS_ITEMS, key, make_form, make_study, save, stamp

from trialkit.errors import StoreError
from trialkit.model.item import MissingReason
from trialkit.model.record import RecordKey, Subject, Value
from trialkit.model.record_table import RecordTable, table_of, value_at
from trialkit.model.study import Study
from trialkit.store import Store, open_store

RG = make_form("RG", ("ROOM", "LAMP")).model_copy(update={"reference": True, "repeating": True})
FORMS = (make_form("VS", VS_ITEMS), make_form("AW", ("VISIT", "SITE", "A", "A__MISSING", "ENTERED_AT")), RG)
NOT_DONE = Value(missing=MissingReason.NOT_DONE)

Line = tuple[RecordKey, dict[str, Value], datetime | None, str]


def lines_of(table: RecordTable) -> list[Line]:
    """One line for each record. What was given in the source is not in a table."""
    return [
        (table.key(place), value_at(table, place), table.entered_at[place], table.entered_by[place])
        for place in range(len(table))
    ]


def lines_of_records(store: Store, form: str, subjects: Sequence[str] | None = None) -> list[Line]:
    """The same from the records."""
    records = [
        record for record in store.records(form=form) if subjects is None or record.key.subject in frozenset(subjects)
    ]
    return lines_of(table_of(form, records))


@pytest.fixture
def study() -> Study:
    return make_study(forms=FORMS)


@pytest.fixture
def store(store: Store) -> Store:
    """Three subjects of two sites, whose names do not sort as their sites do, and rows of a reference form."""
    moved = Subject("000-0009", "012", "0009")
    with store.transaction(stamp(0)) as transaction:
        for subject in (ANN, EVE, moved):
            transaction.add_subject(subject)
            save(transaction, key(subject, repeat=2), {"SYSBP": Value("120", unit="mmHg", raw="120,0")})
            save(transaction, key(subject), {"PULSE": NOT_DONE, "VSDAT": "2024-05"})
        for site in ("012", "007"):
            save(transaction, RecordKey(site, "", "", 1, "RG"), {"ROOM": site})
    with store.transaction(stamp(5, "bob.ray")) as transaction:
        save(transaction, key(EVE, visit="V0"), {"SYSBP": "99"})
        save(transaction, key(ANN), {"PULSE": "60", "VSDAT": None})
    return store


def test_table_when_read_then_columns_say_what_records_say_in_order_of_keys(store: Store) -> None:
    table = store.table("VS")
    assert lines_of(table) == lines_of_records(store, "VS")
    assert table.site == ["007"] * 3 + ["012"] * 4
    assert table.subject == ["007-0001"] * 3 + ["000-0009"] * 2 + ["012-0001"] * 2
    assert (table.visit[:3], table.repeat[:3]) == (["V0", "V1", "V1"], [1, 1, 2])
    assert table.texts["SYSBP"] == ["99", None, "120", None, "120", None, "120"]
    assert table.entered_by[:2] == ["bob.ray", "ann.lee"]


def test_table_when_an_item_was_never_given_then_its_text_is_blank_and_it_has_no_reason_and_no_unit(
    store: Store,
) -> None:
    for subjects in (None, ["012-0001", "007-0001", "000-0009"]):
        table = store.table("VS", subjects)
        assert tuple(table.texts) == VS_ITEMS
        assert (table.texts["TEMP"], list(table.missing), list(table.units)) == ([None] * 7, ["PULSE"], ["SYSBP"])
    assert list(store.table("VS", ["012-0001"]).missing) == []


@pytest.mark.parametrize(
    "subjects",
    [
        ["012-0001"],
        ["012-0001", "007-0001", "012-0001"],
        ["000-0009", "nobody"],
        ["nobody"],
        [],
        [""],
        ["", "012-0001"],
    ],
)
@pytest.mark.parametrize("form", ["VS", "RG", "AW"])
def test_table_when_subjects_are_named_then_their_records_only(store: Store, form: str, subjects: list[str]) -> None:
    assert lines_of(store.table(form, subjects)) == lines_of_records(store, form, subjects)


def test_table_when_form_is_a_reference_form_then_its_rows_belong_to_no_subject(store: Store) -> None:
    for table in (store.table("RG"), store.table("RG", [""])):
        assert (table.site, table.subject, table.texts["ROOM"]) == (["007", "012"], ["", ""], ["007", "012"])


def test_table_when_more_subjects_are_named_than_one_statement_takes_then_all_in_order(store: Store) -> None:
    subjects = [Subject(f"{number:04d}", ("012", "007")[number % 2], f"{number:04d}") for number in range(1100)]
    with store.transaction(stamp()) as transaction:
        for subject in subjects:
            transaction.add_subject(subject)
            save(transaction, key(subject), {"SYSBP": subject.subject})
        save(transaction, key(subjects[0]), {"PULSE": Value("1", unit="b")})
    table = store.table("VS", [subject.subject for subject in subjects])
    due = sorted(subjects, key=lambda subject: (subject.site, subject.subject))
    assert (table.subject, table.texts["SYSBP"]) == ([subject.subject for subject in due],) * 2
    assert (list(table.units), list(table.missing), len(store.table("VS"))) == (["PULSE"], [], 1107)


def test_table_when_items_are_called_like_columns_then_kept_apart(store: Store) -> None:
    values = {
        "VISIT": Value("v", unit="u"),
        "SITE": NOT_DONE,
        "A": NOT_DONE,
        "A__MISSING": Value("x", unit="y"),
        "ENTERED_AT": Value("noon"),
    }
    with store.transaction(stamp()) as transaction:
        save(transaction, key(form="AW"), values)
    assert lines_of(store.table("AW")) == [(key(form="AW"), values, NOON, "ann.lee")]
    assert store.verify().problems == ()


def test_table_when_the_store_knows_no_such_form_then_empty(store: Store) -> None:
    table = store.table("ZZ")
    assert (len(table), table.form, table.texts, table.missing, table.units) == (0, "ZZ", {}, {}, {})


def test_table_when_the_study_no_longer_defines_the_form_then_its_records_all_the_same(
    path: Path, store: Store
) -> None:
    before = lines_of(store.table("VS"))
    with open_store(path, make_study(forms=(make_form("LB", ("ALT",)),), digest="b" * 64)) as other:
        with other.transaction(stamp(9)) as transaction:
            save(transaction, key(form="LB"), {"ALT": "30"})
        assert lines_of(other.table("VS")) == before
    assert lines_of(store.table("LB"))[0][1] == {"ALT": Value("30")}


def test_table_when_a_transaction_is_open_then_what_is_committed(path: Path, store: Store) -> None:
    before = lines_of(store.table("VS"))
    with store.transaction(stamp(9)) as transaction:
        save(transaction, key(visit="V9"), {"SYSBP": "1"})
        assert lines_of(store.table("VS")) == before
    assert len(store.table("VS")) == len(before) + 1


def test_table_when_store_is_closed_then_refused(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="J110"):
        store.table("VS")


def test_subjects_with_when_asked_then_each_text_with_those_who_have_it(store: Store) -> None:
    assert store.subjects_with("VS", "SYSBP") == {
        "120": frozenset({"012-0001", "007-0001", "000-0009"}),
        "99": frozenset({"007-0001"}),
    }
    assert store.subjects_with("VS", "PULSE") == {"60": frozenset({"012-0001"})}
    assert store.subjects_with("VS", "VSDAT") == {"2024-05": frozenset({"007-0001", "000-0009"})}
    assert store.subjects_with("RG", "ROOM") == {"007": frozenset({""}), "012": frozenset({""})}


@pytest.mark.parametrize(("form", "item"), [("ZZ", "SYSBP"), ("VS", "NOSUCH"), ("VS", "site"), ("AW", "A")])
def test_subjects_with_when_nobody_has_it_then_empty(store: Store, form: str, item: str) -> None:
    assert store.subjects_with(form, item) == {}


VALUES = st.one_of(
    st.builds(
        Value,
        text=st.sampled_from(["1", "0", "", "é", "\U0001d518"]),
        unit=st.sampled_from([None, "mg"]),
        raw=st.sampled_from([None, "1,0"]),
    ),
    st.builds(Value, missing=st.sampled_from(MissingReason)),
)
KEYS = st.builds(
    RecordKey,
    st.just(""),
    st.sampled_from(["b", "B", "é", "z"]),
    st.sampled_from(["V1", "v", "\ufb01", "\U0001d518"]),
    st.sampled_from([1, 2, 10]),
    st.just("VS"),
    st.sampled_from(["", "T+5", "T+10"]),
    st.sampled_from([1, 2, 10]),
)
RECORDS = st.dictionaries(KEYS, st.dictionaries(st.sampled_from(VS_ITEMS[:3]), VALUES, min_size=1), max_size=8)
SITES = {"b": "012", "B": "007", "é": "012", "z": "007"}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stores")
    return (folder / f"{number}.db" for number in range(10_000))


@settings(max_examples=15)
@given(records=RECORDS, subjects=st.one_of(st.none(), st.lists(st.sampled_from(list(SITES)))))
def test_table_when_records_are_any_then_the_same_as_from_records(
    paths: Iterator[Path], records: dict[RecordKey, dict[str, Value]], subjects: list[str] | None
) -> None:
    with open_store(next(paths), make_study(forms=FORMS), create=True) as store:
        with store.transaction(stamp()) as transaction:
            for name, site in SITES.items():
                transaction.add_subject(Subject(name, site, name))
        for minute, (at, values) in enumerate(records.items()):
            with store.transaction(stamp(minute, f"user{minute}")) as transaction:
                placed = at._replace(site=SITES[at.subject])
                save(transaction, placed, values)
        assert lines_of(store.table("VS", subjects)) == lines_of_records(store, "VS", subjects)
        holders: dict[str, set[str]] = {}
        for at, values in records.items():
            if "SYSBP" in values and values["SYSBP"].text is not None:
                holders.setdefault(values["SYSBP"].text, set()).add(at.subject)
        assert store.subjects_with("VS", "SYSBP") == holders
