"""A dataset in, the bytes of a CSV file out (RFC 4180): UTF-8 without a mark, a header row, CRLF after every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

from trialkit.extension import Writer
from trialkit.model.dataset import Dataset, Datum
from trialkit.model.study import Study
from trialkit.spreadsheet.inert import guard_text

__all__ = ["CSV", "CSV_EXACT", "encode_csv", "encode_exact_csv", "guarded_values"]


def encode_csv(dataset: Dataset, study: Study, moment: str) -> bytes:
    """Write one dataset as CSV that no spreadsheet program executes.

    Missing is an empty field; numbers are written in full, without exponent. Fields are quoted only where RFC 4180
    asks for it. A text that begins like a formula gets an apostrophe before it: see `trialkit.spreadsheet.inert`.
    """
    del study, moment
    return _encode(dataset, guard_text)


def encode_exact_csv(dataset: Dataset, study: Study, moment: str) -> bytes:
    """Write one dataset as CSV for programs that calculate: every text as it is stored, also one like a formula."""
    del study, moment
    return _encode(dataset, str)


def guarded_values(dataset: Dataset) -> dict[str, int]:
    """The variables of a dataset with texts that begin like a formula, each with their number."""
    found: dict[str, int] = {}
    for place, variable in enumerate(dataset.variables):
        count = sum(isinstance(row[place], str) and guard_text(str(row[place])) != row[place] for row in dataset.rows)
        if count:
            found[variable.name] = count
    return found


def _encode(dataset: Dataset, write: Callable[[str], str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([variable.name for variable in dataset.variables])
    writer.writerows([_field(datum, write) for datum in row] for row in dataset.rows)
    return out.getvalue().encode()


def _field(datum: Datum, write: Callable[[str], str]) -> str:
    if datum is None:
        return ""
    return format(datum, "f") if isinstance(datum, Decimal) else write(datum)


CSV = Writer(name="csv", suffix=".csv", encode=encode_csv)
CSV_EXACT = Writer(name="csv-exact", suffix=".exact.csv", encode=encode_exact_csv)
