"""The journal of a study and its projections. Everything that changes anything is an entry, and nothing is lost."""

from __future__ import annotations

from trialkit.store.entry import LOCK_ACTIONS, Head, JournalEntry
from trialkit.store.fold import Source
from trialkit.store.save_plain import said_by
from trialkit.store.stamp import Stamp
from trialkit.store.store import Store, open_store
from trialkit.store.transaction import Transaction
from trialkit.store.verification import VerifyReport

__all__ = [
    "LOCK_ACTIONS",
    "Head",
    "JournalEntry",
    "Source",
    "Stamp",
    "Store",
    "Transaction",
    "VerifyReport",
    "open_store",
    "said_by",
]
