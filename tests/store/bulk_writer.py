"""A process of its own that saves records in one transaction that never ends, and says so after every thousand.

Argument: the store.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from store_sample import change, key, make_study, stamp

from trialkit.model.record import RecordChange
from trialkit.store import open_store


def records() -> Iterator[RecordChange]:
    """New records without end."""
    number = 0
    while True:
        number += 1
        if number % 1_000 == 0:
            print(number, flush=True)  # noqa: T201  # tells that the store has come so far
        yield change(None, key(repeat=number), {"SYSBP": str(number), "VSPOS": "x" * 500})


if __name__ == "__main__":
    with open_store(Path(sys.argv[1]), make_study()) as store, store.transaction(stamp()) as transaction:
        transaction.save_records(records(), None)
