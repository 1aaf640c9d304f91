"""A seeded flow of changes of records, new and old, with queries between them: the same seed, the same flow."""

from __future__ import annotations

import hashlib
import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from store_sample import AWKWARD_ITEMS, VS_ITEMS, change, finding, key, make_form, make_study, stamp

from trialkit.model.item import MissingReason
from trialkit.model.record import CellReference, Record, RecordChange, RecordKey, Subject, Value
from trialkit.model.study import Study
from trialkit.store import Store, Transaction, open_store

ITEMS = {
    "VS": VS_ITEMS,
    "AW": AWKWARD_ITEMS,
    "RG": ("A",),
    "WI": tuple(f"W{number:02}" for number in reversed(range(25))),
}
TEXTS = ("120", "36.6", "2026-03-31", "", ' "\\/\b\n\x00\x1f', "zoë 𝔘 \u2028", "</script>", "N" * 300)


def bulk_study() -> Study:
    """The sample study with a form of 25 items whose names are not in order, and one of registers."""
    forms = {form: make_form(form, items) for form, items in ITEMS.items()}
    register = forms["RG"].model_copy(update={"reference": True, "repeating": True})
    return make_study(forms=tuple((forms | {"RG": register}).values()))


def people(count: int) -> list[Subject]:
    """So many subjects of two sites."""
    return [
        Subject(f"{site}-{number:04}", site, f"{number:04}")
        for number, site in zip(range(count), itertools.cycle(("012", "007")), strict=False)
    ]


def draw_changes(seed: int, subjects: Sequence[Subject], count: int) -> Iterator[RecordChange]:
    """Changes that fit each other when they are saved in this order."""
    chance = random.Random(seed)  # noqa: S311  # a sample
    standing: dict[RecordKey, Record] = {}
    for _ in range(count):
        form = chance.choice([*ITEMS, "WI", "WI"])
        at = _draw_key(chance, form, subjects)
        stored = standing.get(at)
        values = {item: _draw(chance) for item in chance.sample(ITEMS[form], chance.randint(1, len(ITEMS[form])))}
        if stored is None:
            values = {item: value for item, value in values.items() if value is not None}
        made = change(stored, at, values, chance.choice(("1", "2")))
        if made.items:
            cells = {item.item: _cell(chance) for item in made.items if chance.random() < 0.7}
            yield RecordChange(at, made.base_version, made.form_version, made.items, made.values, cells)
            standing[at] = Record(at, made.values, made.base_version + 1)


def write_flow(
    path: Path, save: Callable[[Transaction, Sequence[RecordChange]], None], count: int = 900, step: int = 60
) -> Store:
    """A store with a flow of changes in several transactions, and queries after each portion of it.

    Args:
        path: where.
        save: saves some changes in their order, each with the reason ``why``.
        count: how many changes are drawn.
        step: how many are saved before queries are asked.
    """
    numbers = itertools.count()
    store = open_store(path, bulk_study(), create=True, new_id=lambda: f"id-{next(numbers)}")
    subjects = people(30)
    changes = list(draw_changes(8, subjects, count))
    with store.transaction(stamp()) as transaction:
        for subject in subjects[:20]:
            transaction.add_subject(subject)
    for minute, part in enumerate((changes[: count // 2], changes[count // 2 :]), 1):
        with store.transaction(stamp(minute, f"user {minute}")) as transaction:
            for subject in subjects[20:] if minute == 1 else ():
                transaction.add_subject(subject)
            for first in range(0, len(part), step):
                portion = part[first : first + step]
                save(transaction, portion)
                _ask(transaction, portion, f"VS{first}")
    return store


def _ask(transaction: Transaction, portion: Sequence[RecordChange], code: str) -> None:
    for made in portion[::7]:
        transaction.open_query(finding(code, made.key, made.items[0].item))
    for key_of_made in dict.fromkeys(made.key for made in portion[::5]):
        for query in transaction.open_queries(key_of_made)[1:]:
            transaction.close_query(query.query, "settled")


def digest_of_tables(path: Path) -> str:
    """SHA-256 over every row of every table, in the order in which they were inserted."""
    connection = sqlite3.connect(path)
    names = sorted(connection.execute("SELECT name, wr FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'"))
    text = hashlib.sha256()
    for name, is_sorted in names:
        what = "*" if is_sorted else "rowid, *"
        rows = connection.execute(f'SELECT {what} FROM "{name}" ORDER BY 1').fetchall()  # noqa: S608
        text.update(repr((name, rows)).encode())
    connection.close()
    return text.hexdigest()


def _draw_key(chance: random.Random, form: str, subjects: Sequence[Subject]) -> RecordKey:
    if form == "RG":
        return RecordKey(chance.choice(("012", "007")), "", "", 1, form, "", chance.randint(1, 5))
    visit, timepoint = f"V{chance.randint(1, 2)}", chance.choice(("", "T1"))
    return key(chance.choice(subjects), form, visit, timepoint, chance.randint(1, 3))


def _draw(chance: random.Random) -> Value | None:
    if chance.random() < 0.1:
        return None
    if chance.random() < 0.1:
        return Value(missing=chance.choice(list(MissingReason)), raw=chance.choice((None, "n/a")))
    unit, raw = chance.choice((None, None, "mmHg", 'k"g')), chance.choice((None, None, "120,0"))
    return Value(chance.choice((*TEXTS, str(chance.randrange(1000)))), unit=unit, raw=raw)


def _cell(chance: random.Random) -> CellReference:
    return CellReference(chance.choice(("vs.xlsx", 'v"s.csv')), chance.choice(("VS", "")), f"D{chance.randint(2, 99)}")
