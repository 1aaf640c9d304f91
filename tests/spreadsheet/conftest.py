"""What several tests of reading need."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from trialkit.spreadsheet import csv_taker, csv_text, open_runs, plain_scan, row_template, run_maker, sheet_scan, tally


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Few rows are already taken at once, and files are read in small pieces; how many rows were taken so."""
    monkeypatch.setattr(plain_scan, "_CHUNK", 700)
    monkeypatch.setattr(sheet_scan, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(sheet_scan, "_LEARNT_ROWS", 3)
    monkeypatch.setattr(row_template, "_FEWEST_SEEN", 1)
    monkeypatch.setattr(run_maker, "_MOST_REMEMBERED", 20)
    monkeypatch.setattr(open_runs, "_FEW_NEW", 0)
    monkeypatch.setattr(tally, "_MOST_OF_A_KIND", 3)
    monkeypatch.setattr(csv_taker, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(csv_taker, "_MOST_KNOWN", 10)
    monkeypatch.setattr(csv_text, "_FIRST_LINES", 3)
    monkeypatch.setattr(csv_text, "_MOST_LINES", 4)
    taken: list[int] = []
    plain = run_maker.RunMaker.add

    def add(self: run_maker.RunMaker, first: int, length: int, columns: Sequence[run_maker.RawColumn], n: int) -> bool:
        is_taken = plain(self, first, length, columns, n)
        taken.append(length if is_taken else 0)
        return is_taken

    monkeypatch.setattr(run_maker.RunMaker, "add", add)
    return taken
