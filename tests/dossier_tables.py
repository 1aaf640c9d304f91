"""The tables of the domain dossier that the tests carry; what they are stands in tests/data/dossier/README.md."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

_FOLDER = Path(__file__).parent / "data" / "dossier"


def read_dossier(name: str) -> list[dict[str, str]]:
    """Every row of one table, each as column to text, in the order of the file; for example ``crf_fields``."""
    with gzip.open(_FOLDER / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
