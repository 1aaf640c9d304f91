"""What entries say of a record that was saved or asked about: short, exact, the same however they were written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_sample import NOON, VS_ITEMS, key

from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.item import MissingReason
from trialkit.model.record import CellReference, ItemChange, RecordChange, RecordKey, Value
from trialkit.model.row_cells import RowAddresses, RowCells
from trialkit.store import JournalEntry, Stamp, save_text
from trialkit.store.block import Block, read_link
from trialkit.store.entry import QUERY_OPEN, RECORD_SAVE, write_payload
from trialkit.store.query_text import QueryTexts
from trialkit.store.save_plain import change_to_plain
from trialkit.store.save_text import SaveTexts

WHO = Stamp('an"n', NOON, "Europe/Amsterdam")
STUDY = "KET\\01"
NAMES = (*VS_ITEMS, "old", "new", "row", "source", '"')
# Half a character is refused after the text is made, as any text is that UTF-8 can not carry.
TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(('"', "\\", "\u2028", "\x7f", "\x00", "\ud800", "</"))
VALUES = st.builds(Value, TEXT, unit=st.none() | TEXT, raw=st.none() | TEXT) | st.builds(
    Value, missing=st.sampled_from(MissingReason), unit=st.none() | TEXT, raw=st.none() | TEXT
)
FILES = st.sampled_from(("a.xlsx", 'b".csv', "é", ',"row":7'))
SHEETS = st.sampled_from(("", "VS"))
COLUMNS = st.sampled_from(("A", "B", "ZZ"))
ROWS = st.sampled_from((1, 7, 17, 77, 75, 999_999_999, 1_000_000_000))
ADDRESSES = st.builds("{}{}".format, COLUMNS, ROWS)
KEYS = st.builds(RecordKey, TEXT, TEXT, TEXT, st.integers(), TEXT, TEXT, st.integers())


@st.composite
def cells_of(draw: st.DrawFn, names: tuple[str, ...]) -> Mapping[str, CellReference]:
    """No cells, cells of one row or of several, in one sheet or in several, also of items that do not change."""
    named = [name for name in (*names, "OTHER") if draw(st.booleans())]
    kind = draw(st.sampled_from(("columns", "addresses", "references", "odd")))
    if kind == "columns":
        columns = {name: draw(COLUMNS) for name in named}
        return RowCells(draw(FILES), draw(SHEETS), RowAddresses(columns, draw(ROWS)))
    if kind == "addresses":
        row = draw(ROWS)
        rows = st.just(row) if draw(st.booleans()) else ROWS
        return RowCells(draw(FILES), draw(SHEETS), {name: f"{draw(COLUMNS)}{draw(rows)}" for name in named})
    address = ADDRESSES if kind == "references" else ADDRESSES | TEXT
    return {name: CellReference(draw(FILES), draw(SHEETS), draw(address)) for name in named}


@st.composite
def changes(draw: st.DrawFn) -> RecordChange:
    names = tuple(draw(st.lists(st.sampled_from(NAMES) | TEXT, unique=True, max_size=8)))
    items = tuple(ItemChange(name, draw(st.none() | VALUES), draw(st.none() | VALUES)) for name in names)
    values = {item.item: item.new for item in items if item.new is not None}
    return RecordChange(draw(KEYS), draw(st.integers(0)), draw(TEXT), items, values, draw(cells_of(names)))


def write(texts: SaveTexts, made: RecordChange, reason: str | None = None) -> str:
    return texts.write(8, "id", made, tuple(item.item for item in made.items), reason)


def by_reference(made: RecordChange, reason: str | None, definition: str) -> str:
    return write_payload(
        JournalEntry(
            seq=8,
            entry_id="id",
            at=WHO.at,
            zone=WHO.zone,
            user=WHO.user,
            action=RECORD_SAVE,
            study=STUDY,
            site=made.key.site,
            subject=made.key.subject,
            key=made.key,
            details=change_to_plain(made, definition),
            reason=reason,
        )
    )


def shared(several: list[RecordChange]) -> list[RecordChange]:
    """The same changes again, on another row: their items are the same objects, their columns too."""
    again = []
    for made in several:
        cells = made.sources
        if isinstance(cells, RowCells) and isinstance(cells.addresses, RowAddresses):
            cells = RowCells(cells.file, cells.sheet, RowAddresses(cells.addresses.columns, 123))
        elif isinstance(cells, RowCells):
            cells = RowCells(cells.file, cells.sheet, {name: f"C{place}" for place, name in enumerate(cells, 7)})
        again.append(replace(made, sources=cells))
    return [*several, *again, *several]


@given(st.lists(changes(), min_size=1, max_size=3), st.none() | TEXT, TEXT)
def test_save_texts_when_anything_is_written_then_the_bytes_of_the_plain_entry(
    several: list[RecordChange], reason: str | None, definition: str
) -> None:
    texts = SaveTexts(WHO, STUDY, definition)
    for made in shared(several):
        assert write(texts, made, reason) == by_reference(made, reason, definition)


@given(changes())
def test_save_texts_when_read_again_then_every_item_and_every_cell_is_what_it_was(made: RecordChange) -> None:
    text = write(SaveTexts(WHO, STUDY, "d"), made, None)
    # Read from the text, for half a character, which is refused later, does not come through UTF-8.
    read = JournalEntry(
        8, "id", WHO.at, "UTC", "u", RECORD_SAVE, "s", "", "", made.key, json.loads(text)["details"], None
    )
    assert read.changes == tuple(sorted(made.items, key=lambda item: item.item))
    assert read.items == tuple(sorted(item.item for item in made.items))
    named = {item.item for item in made.items}
    assert read.sources == {name: cell for name, cell in made.sources.items() if name in named}
    assert (read.details["version"], read.details["form_version"]) == (made.base_version + 1, made.form_version)


def test_save_texts_when_more_is_written_than_is_kept_then_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(save_text, "_MOST_PIECES", 3)
    monkeypatch.setattr(save_text, "_MOST_ORDERS", 2)
    texts = SaveTexts(WHO, STUDY, "d")
    for number in range(50):
        names = [f"I{place}" for place in range(number % 4 + 1)]
        items = tuple(ItemChange(name, None, Value(str(number))) for name in reversed(names))
        made = RecordChange(key(), 0, "1", items, {})
        assert write(texts, made) == by_reference(made, None, "d")


FINDINGS = st.builds(
    Finding,
    TEXT,
    st.sampled_from(Severity),
    TEXT,
    TEXT,
    item=TEXT,
    action=st.sampled_from(Action),
    plugin=TEXT,
)


@given(KEYS, FINDINGS, TEXT)
def test_query_texts_when_a_query_is_opened_then_the_bytes_of_the_plain_entry(
    at: RecordKey, found: Finding, name: str
) -> None:
    details = {
        "query": name,
        "code": found.code,
        "item": found.item,
        "message": f"{found.message} {found.remedy}".strip(),
        "action": found.action.value,
        "plugin": found.plugin,
    }
    entry = JournalEntry(8, "id", WHO.at, WHO.zone, WHO.user, QUERY_OPEN, STUDY, at.site, at.subject, at, details, None)
    assert QueryTexts(WHO, STUDY).write(8, "id", name, found, at) == write_payload(entry)


def details_of(items: tuple[ItemChange, ...], sources: Mapping[str, CellReference]) -> str:
    text = write(SaveTexts(WHO, STUDY, "d"), RecordChange(key(), 0, "1", items, {}, sources))
    details = json.loads(text)["details"]
    return json.dumps({name: part for name, part in details.items() if name in ("items", "source", "sources")})


FIRST = (
    ItemChange("SYSBP", None, Value("163", unit="mmHg")),
    ItemChange("PULSE", None, Value("72")),
    ItemChange("TEMP", None, Value(missing=MissingReason.NOT_DONE, raw="n/d")),
    ItemChange("MAP", None, Value("110")),
)


def test_save_texts_when_a_record_is_new_then_says_what_is_there_and_each_cell_by_its_column() -> None:
    cells = RowCells("v.xlsx", "Visits", RowAddresses({"SYSBP": "G", "PULSE": "H", "TEMP": "AA"}, 7))
    assert details_of(FIRST, cells) == (
        '{"items": {"MAP": "110", "PULSE": "72", "SYSBP": {"text": "163", "unit": "mmHg"}, '
        '"TEMP": {"missing": "ND", "raw": "n/d"}}, '
        '"source": {"columns": [null, "H", "G", "AA"], "file": "v.xlsx", "row": 7, "sheet": "Visits"}}'
    )


def test_save_texts_when_values_change_or_are_cleared_then_says_what_stood_there() -> None:
    items = (
        ItemChange("SYSBP", Value("163", unit="mmHg"), Value("136", unit="mmHg")),
        ItemChange("PULSE", Value("72"), None),
        ItemChange("TEMP", None, Value("36.6")),
    )
    assert details_of(items, {}) == (
        '{"items": {"PULSE": {"old": "72"}, '
        '"SYSBP": {"new": {"text": "136", "unit": "mmHg"}, "old": {"text": "163", "unit": "mmHg"}}, "TEMP": "36.6"}}'
    )


def test_save_texts_when_cells_stand_in_several_rows_or_files_then_names_each() -> None:
    cells = {"SYSBP": CellReference("v.csv", "", "G7"), "PULSE": CellReference("w.xlsx", "W", "B8")}
    assert details_of(FIRST[:2], cells) == (
        '{"items": {"PULSE": "72", "SYSBP": {"text": "163", "unit": "mmHg"}}, '
        '"sources": [{"cells": {"PULSE": "B8"}, "file": "w.xlsx", "sheet": "W"}, '
        '{"cells": {"SYSBP": "G7"}, "file": "v.csv"}]}'
    )


@pytest.mark.parametrize("odd", [5, None, [], {"text": "1", "old": "2"}, {"missing": "XX"}, {"unit": "mmHg"}])
def test_entry_when_an_item_is_not_what_is_ever_written_then_it_is_refused(odd: object) -> None:
    made = RecordChange(key(), 0, "1", FIRST[:1], {})
    plain = json.loads(write(SaveTexts(WHO, STUDY, "d"), made))
    plain["details"]["items"]["SYSBP"] = odd
    entry = read_link(8, 1, json.dumps(plain).encode(), bytes(32))
    assert not isinstance(entry, Block)
    with pytest.raises((TypeError, ValueError)):
        assert entry.changes


def test_row_cells_when_addresses_are_made_of_columns_then_the_same_cells_and_rows_as_of_addresses() -> None:
    by_column = RowCells("v.xlsx", "Visits", RowAddresses({"SYSBP": "G", "PULSE": "AA"}, 17))
    by_address = RowCells("v.xlsx", "Visits", {"SYSBP": "G17", "PULSE": "AA17"})
    assert dict(by_column) == dict(by_address)
    assert by_column.rows == by_address.rows == {("Visits", 17)}
    assert RowCells("v.csv", "", RowAddresses({}, 17)).rows == set()
