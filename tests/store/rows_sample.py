"""New records from rows of a sheet, as an import hands them to the store."""

from __future__ import annotations

import random
from array import array
from collections.abc import Mapping, Sequence

from bulk_sample import TEXTS
from hypothesis import strategies as st
from store_sample import VS_ITEMS, key

from trialkit.model.item import MissingReason
from trialkit.model.new_rows import NewRows
from trialkit.model.record import ItemChange, RecordKey, Subject, Value
from trialkit.model.submitted_rows import RowLayout

LETTERS = dict(zip(VS_ITEMS, "CDEFGH", strict=True))
SOME_LETTERS = {item: LETTERS[item] for item in ("SYSBP", "TEMP")}
"""The others are derived: they have no cell."""

ODD_LETTERS = dict(zip(VS_ITEMS, ("C", "AB", "", "E1", "ZZ", "Ä"), strict=True))


def make_rows(
    keys: Sequence[RecordKey],
    given: Sequence[Mapping[str, Value]],
    reasons: Sequence[str | None] | None = None,
    layout: RowLayout | None = None,
    numbers: Sequence[int] | None = None,
) -> NewRows:
    """Rows that give these values, from row 2 on; what is said again has the same code."""
    changes: list[ItemChange | None] = [None]
    known: dict[tuple[str, Value], int] = {}
    columns: list[array[int]] = []
    for item in VS_ITEMS:
        column = array("I")
        for values in given:
            value = values.get(item)
            if value is None:
                column.append(0)
                continue
            if (item, value) not in known:
                known[item, value] = len(changes)
                changes.append(ItemChange(item, None, value))
            column.append(known[item, value])
        columns.append(column)
    where = layout or RowLayout("site.xlsx", "Visits", keys[0].form, LETTERS, ("A", "B"))
    rows = array("Q", numbers or range(2, 2 + len(keys)))
    return NewRows(where, "1", list(keys), rows, reasons or [""] * len(keys), VS_ITEMS, changes, columns)


def draw_rows(seed: int, subjects: Sequence[Subject], visits: Sequence[str]) -> NewRows:
    """A row for each subject and visit, each with some values of every kind."""
    chance = random.Random(seed)  # noqa: S311  # a sample
    values = [Value(text) for text in TEXTS] + [
        Value("12", unit="mmHg"),
        Value("36.6", unit='k"g', raw="36,6"),
        Value(missing=MissingReason.NOT_DONE, raw="n/a"),
    ]
    keys = [key(subject, "VS", visit) for visit in visits for subject in subjects]
    given = [
        {item: chance.choice(values) for item in chance.sample(VS_ITEMS, chance.randint(1, len(VS_ITEMS)))}
        for _ in keys
    ]
    return make_rows(keys, given, [chance.choice(["", None, " ", 'the "source"']) for _ in keys])


_TEXT = st.sampled_from(("", "72", "12.50", 'a "quoted" text', "null", "zoë 𝔘 \u2028", "\x00")) | st.text(
    st.characters(codec="utf-8"), max_size=4
)
_EXTRA = st.none() | _TEXT
VALUES = st.builds(Value, _TEXT, unit=_EXTRA, raw=_EXTRA) | st.builds(
    Value, missing=st.sampled_from(MissingReason), unit=_EXTRA, raw=_EXTRA
)


@st.composite
def portions(draw: st.DrawFn, people: Sequence[Subject]) -> list[NewRows]:
    """Rows for one transaction and for the next: few values that come again and again, and no record twice."""
    place = st.tuples(
        st.sampled_from(people), st.sampled_from(("V1", "V2")), st.sampled_from(("", "T1")), st.integers(1, 2)
    )
    places = draw(st.lists(place, min_size=2, max_size=9, unique=True))
    several = draw(st.lists(VALUES, min_size=1, max_size=4))
    row = st.dictionaries(st.sampled_from(VS_ITEMS), st.sampled_from(several), min_size=1)
    keys = [key(person, "VS", visit, timepoint, repeat) for person, visit, timepoint, repeat in places]
    keys = [found._replace(visit_repeat=draw(st.integers(1, 2))) for found in keys]
    cut = draw(st.integers(1, len(keys) - 1))
    return [_portion(draw, part, row) for part in (keys[:cut], keys[cut:])]


def _portion(draw: st.DrawFn, keys: Sequence[RecordKey], row: st.SearchStrategy[dict[str, Value]]) -> NewRows:
    letters = draw(st.sampled_from((LETTERS, SOME_LETTERS, ODD_LETTERS)))
    sheet = draw(st.sampled_from(("", "Visits")))
    first = draw(st.sampled_from((1, 2, 999_999_998)))
    reasons = draw(st.lists(st.sampled_from(("", " ", None, "by phone")), min_size=len(keys), max_size=len(keys)))
    return make_rows(
        keys,
        [draw(row) for _ in keys],
        reasons,
        RowLayout('si"te.xlsx', sheet, "VS", letters, ("A", "B")),
        range(first, first + len(keys)),
    )
