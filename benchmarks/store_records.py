"""Many records in one transaction, against the least that SQLite can do: one JSON text for each. Both in one run.

    python benchmarks/store_records.py [--records 100000] [--repeat 3]

Each record has 25 items, each with its cell in a workbook. The floor is ``executemany`` of the standard library into a
table of a number and a text, with the same texts that the journal holds, made before; WAL and synchronous FULL, as the
store has them. It keeps no chain, no index, no row of the form's table, and checks nothing. Counted in CPU seconds of
the process, the kernel's part included, from BEGIN to the checkpoint; the records themselves are made outside of that.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path

from trialkit import Form, Item, Site, StudyDefinition, Value, Visit
from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.item import MissingReason
from trialkit.model.new_rows import NewRows
from trialkit.model.protocol import Protocol
from trialkit.model.record import ItemChange, RecordChange, RecordKey, Subject
from trialkit.model.row_cells import RowAddresses, RowCells
from trialkit.model.study import Study
from trialkit.model.submitted_rows import RowLayout
from trialkit.store import Stamp, Store, open_store

ITEMS = tuple(f"ITEM{number:02}" for number in range(25))
COLUMNS = {item: chr(65 + place) for place, item in enumerate(ITEMS)}
STAMP = Stamp("bench", datetime(2026, 6, 1, 12, tzinfo=UTC), "UTC")
PORTION = 5_000
ROWS_AT_ONCE = 1_000
ROWS_OF_A_SUBJECT = 20
MISSING = 0.01
ASKED = 0.05
"""The share of records that a query is opened about."""


def main() -> None:
    """Measure, print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--repeat", type=int, default=3)
    chosen = options.parse_args()
    runs = [_run(chosen.records) for _ in range(chosen.repeat)]
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(f"{'what':32} {'us CPU a record':>15} {'records a second':>17} {'x floor':>8}")
    for name, cost in middle.items():
        ratio = statistics.median(run[name] / run["floor"] for run in runs)
        print(f"{name:32} {cost * 1e6:15.1f} {1 / cost:17,.0f} {ratio:8.2f}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def make_study() -> Study:
    """A study with one form of 25 items."""
    form = Form(
        form="VS",
        title="Signs",
        version="1",
        items=tuple(Item(item=item, label=item, type="text") for item in ITEMS),
    )
    return Study(
        definition=StudyDefinition(study="BENCH", title="Bench", protocol="iv", sites=(Site(site="012"),)),
        protocol=Protocol(protocol="iv", title="IV", visits=(Visit(visit="V1", label="V1", number=Decimal(1)),)),
        forms={form.form: form},
        codelists={},
        checks={},
        units=(),
        origins={},
        digest="a" * 64,
    )


def make_subjects(records: int) -> list[Subject]:
    """As many as the records need."""
    count = -(-records // ROWS_OF_A_SUBJECT)
    return [Subject(f"012-{number:06}", "012", f"{number:06}") for number in range(count)]


def make_changes(subjects: list[Subject], records: int, *, is_new: bool) -> Iterator[RecordChange]:
    """New records; or, of each, the change of five items."""
    chance = random.Random(1)
    for number in range(records):
        row, owner = number + 2, subjects[number // ROWS_OF_A_SUBJECT]
        key = RecordKey(owner.site, owner.subject, "V1", 1, "VS", "", number % ROWS_OF_A_SUBJECT + 1)
        values = {item: _value(place, chance) for place, item in enumerate(ITEMS)}
        cells = RowCells("site012.xlsx", "VS", RowAddresses(COLUMNS, row))
        if is_new:
            changes = tuple([_first(item, value) for item, value in values.items()])
            values = {change.item: change.new for change in changes}
            yield RecordChange(key, 0, "1", changes, values, cells)
        else:
            changes = tuple(ItemChange(item, values[item], Value("999")) for item in ITEMS[:5])
            after = values | {change.item: Value("999") for change in changes}
            yield RecordChange(key, 1, "1", changes, after, cells)


@cache
def _first(item: str, value: Value) -> ItemChange:
    """One and the same for the same value of an item, as an import has them."""
    return ItemChange(item, None, value)


def _value(place: int, chance: random.Random) -> Value:
    if chance.random() < MISSING:
        return Value(missing=MissingReason.NOT_DONE)
    unit = "mmHg" if place % 3 == 0 else None
    raw = "31-MAR-2026" if place % 5 == 0 else None
    return Value(str(round(chance.gauss(100, 20))), unit=unit, raw=raw)


def _run(records: int) -> dict[str, float]:
    """CPU seconds for each record, by what is done."""
    study, subjects = make_study(), make_subjects(records)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        with open_store(path, study, create=True) as store:
            spent = {"enrol its subject": _cpu(lambda: _enrol(store, subjects))}
            spent["save new records"] = _save(store, make_changes(subjects, records, is_new=True))
            floor = _floor(path, Path(folder) / "floor.db")
            with open_store(path.with_name("rows.db"), study, create=True) as other:
                _enrol(other, subjects)
                spent["save new rows by columns"] = _save_rows(other, make_changes(subjects, records, is_new=True))
            spent["read records"] = _cpu(lambda: store.records(form="VS"))
            spent["read columns"] = _cpu(lambda: store.table("VS"))
            spent["change five items of each"] = _save(store, make_changes(subjects, records, is_new=False))
            few = [change.key for change in make_changes(subjects, records, is_new=True)][:: round(1 / ASKED)]
            asking = _cpu(lambda: _ask(store, few)) / len(few)
        costs = {"floor": floor} | {name: taken / records for name, taken in spent.items()}
        return costs | {"open a query (each)": asking}


def _enrol(store: Store, subjects: list[Subject]) -> None:
    with store.transaction(STAMP) as transaction:
        transaction.add_subjects(subjects)


def _save(store: Store, changes: Iterator[RecordChange]) -> float:
    """Save in one transaction; the making of the records is not counted."""
    spent = -time.process_time()
    with store.transaction(STAMP) as transaction:
        spent += time.process_time()
        while portion := list(islice(changes, PORTION)):
            spent += _cpu(lambda portion=portion: transaction.save_records(portion, "corrected"))
        spent -= time.process_time()
    return spent + time.process_time()


def _save_rows(store: Store, changes: Iterator[RecordChange]) -> float:
    """The same records as columns, a thousand at a time."""
    spent = -time.process_time()
    known: list[ItemChange | None] = [None]
    codes: dict[int, int] = {}
    layout = RowLayout("site012.xlsx", "VS", "VS", COLUMNS, ("A",))
    with store.transaction(STAMP) as transaction:
        spent += time.process_time()
        while portion := list(islice(changes, ROWS_AT_ONCE)):
            columns = [array("I", (_code(change, known, codes) for change in each)) for each in _by_item(portion)]
            keys = [change.key for change in portion]
            numbers = array("Q", range(2, 2 + len(portion)))
            rows = NewRows(layout, "1", keys, numbers, [None] * len(portion), ITEMS, known, columns)
            spent += _cpu(lambda rows=rows: transaction.save_new_rows(rows, "corrected"))
        spent -= time.process_time()
    return spent + time.process_time()


def _by_item(portion: list[RecordChange]) -> Iterator[tuple[ItemChange, ...]]:
    return zip(*(change.items for change in portion), strict=True)


def _code(change: ItemChange, known: list[ItemChange | None], codes: dict[int, int]) -> int:
    """The code of a change, which is one and the same object wherever it comes."""
    code = codes.setdefault(id(change), len(known))
    if code == len(known):
        known.append(change)
    return code


def _ask(store: Store, keys: list[RecordKey]) -> None:
    with store.transaction(STAMP) as transaction:
        transaction.open_queries_by_record({key.subject for key in keys})
        for key in keys:
            found = Finding("VS001", Severity.SOFT, "This is high.", "Check the source.", key=key, item="ITEM00")
            transaction.open_query(found)


def _floor(path: Path, floor: Path) -> float:
    """CPU seconds for each record of the least that SQLite can do with the same texts."""
    read = sqlite3.connect(path)
    texts = read.execute("SELECT seq, payload FROM journal WHERE action = 'record.save'").fetchall()
    read.close()
    written = sqlite3.connect(floor, isolation_level=None)
    for setting in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        written.execute(setting)
    written.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL)")

    def write() -> None:
        written.execute("BEGIN IMMEDIATE")
        written.executemany("INSERT INTO record VALUES (?, ?)", texts)
        written.execute("COMMIT")

    spent = _cpu(write)
    written.close()
    return spent / len(texts)


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
