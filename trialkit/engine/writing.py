"""Every write begins here: under the writer lock, and with the journal knowing which definitions are in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trialkit.engine.assembly import Assembly
from trialkit.store import Stamp, Store, Transaction


@contextmanager
def write_to(assembly: Assembly, store: Store, stamp: Stamp) -> Iterator[Transaction]:
    """A transaction on the store; all of what is done inside is stored when it ends, or nothing.

    The definitions in force are registered with the first write under them, so that opening a study to read it
    changes nothing.
    """
    with store.transaction(stamp) as transaction:
        transaction.register_definition(assembly.study)
        yield transaction
