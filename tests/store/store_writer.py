"""A process of its own that writes records, one transaction each, and says so on stdout once each is stored.

Arguments: the store, how many, the user.
"""

from __future__ import annotations

import sys
from pathlib import Path

from store_sample import ANN, key, make_study, save, stamp

from trialkit.errors import StoreError
from trialkit.store import open_store


def main(path: Path, count: int, user: str) -> None:
    """Write, and acknowledge what was written."""
    with open_store(path, make_study()) as store:
        for number in range(1, count + 1):
            at = key(ANN, timepoint=user.upper(), repeat=number)
            with store.transaction(stamp(number, user)) as transaction:
                if transaction.subject(ANN.subject) is None:
                    transaction.add_subject(ANN)
                save(transaction, at, {"SYSBP": str(number)})
            print(number, flush=True)  # noqa: T201  # the acknowledgement


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(7)
