"""Reading in this process, without the border: for files that trialkit itself made, and for tests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from trialkit.model.source import SourceFile
from trialkit.spreadsheet.assembly import Assembler, ReadingFacts
from trialkit.spreadsheet.csv_reading import read_csv_into
from trialkit.spreadsheet.reading import read_workbook_into


def read_workbook(path: Path) -> SourceFile:
    """Read a workbook. Raises as `trialkit.spreadsheet.reading.read_workbook_into` does."""
    content = path.read_bytes()
    assembler = Assembler()
    ending = read_workbook_into(content, ReadingFacts(path.name), assembler)
    return assembler.finish(path.name, hashlib.sha256(content).hexdigest(), ending)


def read_csv(path: Path, encoding: str | None = None, delimiter: str | None = None) -> SourceFile:
    """Read a CSV file. Raises as `trialkit.spreadsheet.csv_reading.read_csv_into` does."""
    content = path.read_bytes()
    assembler = Assembler()
    ending = read_csv_into(content, ReadingFacts(path.name, encoding, delimiter), assembler)
    return assembler.finish(path.name, hashlib.sha256(content).hexdigest(), ending)
