"""A dataset in, the bytes of a CSV file out (RFC 4180): UTF-8 without a mark, a header row, CRLF after every row."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from trialkit.extension import Writer
from trialkit.model.dataset import Dataset, Datum
from trialkit.model.study import Study

__all__ = ["CSV", "encode_csv"]


def encode_csv(dataset: Dataset, study: Study, moment: str) -> bytes:
    """Write one dataset as CSV. Missing is an empty field; numbers are written in full, without exponent.

    Fields are quoted only where RFC 4180 asks for it. Nothing is escaped for spreadsheet programs: a text that
    begins with ``=`` stays what the site wrote.
    """
    del study, moment
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([variable.name for variable in dataset.variables])
    writer.writerows([_field(datum) for datum in row] for row in dataset.rows)
    return out.getvalue().encode()


def _field(datum: Datum) -> str:
    if datum is None:
        return ""
    return format(datum, "f") if isinstance(datum, Decimal) else datum


CSV = Writer(name="csv", suffix=".csv", encode=encode_csv)
