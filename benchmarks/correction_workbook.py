"""Correction workbook by patching the XML, against openpyxl: load, colour, comment, save. Both in one run.

    python benchmarks/correction_workbook.py --rows 10000 --repeat 3

The workbook has 25 columns of dates, times, codes, decimals and text; 2 % of its cells are marked. openpyxl does the
same marks and comments and no list of findings, so it does less.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.correction import CellMark, FindingRow, FindingsList, Grade, mark_workbook

COLUMNS = 25
BAD = 0.02
SHEET = "Data"


def make_workbook(rows: int, seed: int) -> bytes:
    """A workbook as a site's program writes it: header, then rows of mixed cells."""
    draw = random.Random(seed)
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet(SHEET)
    sheet.append([f"COLUMN {number}" for number in range(1, COLUMNS + 1)])
    kinds: tuple[Callable[[], object], ...] = (
        lambda: date(2026, 1, 1) + timedelta(days=draw.randrange(300)),
        lambda: f"{draw.randrange(24):02d}:{draw.randrange(60):02d}",
        lambda: draw.choice(("Y", "N", "UNK")),
        lambda: round(draw.uniform(30, 200), 1),
        lambda: f"text {draw.randrange(1000)}",
    )
    for number in range(rows):
        sheet.append([f"012-{number % 400:04d}", *(kinds[column % 5]() for column in range(COLUMNS - 1))])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def draw_marks(rows: int, seed: int) -> list[CellMark]:
    """Marks on a share of the cells."""
    draw = random.Random(seed)
    cells = sorted(draw.sample(range(rows * COLUMNS), int(rows * COLUMNS * BAD)))
    return [
        CellMark(
            SHEET,
            f"{column_letters(cell % COLUMNS + 1)}{cell // COLUMNS + 2}",
            Grade.ERROR if cell % 2 else Grade.CHECK,
            "Please correct\nWhat was the pulse? (PULSE)\n'7l' is not a whole number.\nWrite digits only.\n[N101]",
        )
        for cell in cells
    ]


def patch(content: bytes, marks: list[CellMark]) -> bytes:
    """Mark by patching, with a list of the findings."""
    rows = tuple(FindingRow(("error", SHEET, mark.address, mark.comment), SHEET, mark.address) for mark in marks)
    header = ("SEVERITY", "SHEET", "CELL", "WHAT IS WRONG")
    listing = FindingsList("Findings", ("Correct the coloured cells.",), header, rows, (10, 16, 8, 60), 2)
    return mark_workbook(content, "bench.xlsx", marks, listing).content


def rewrite(content: bytes, marks: list[CellMark]) -> bytes:
    """Mark by openpyxl."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    sheet = workbook[SHEET]
    fills = {Grade.ERROR: PatternFill("solid", fgColor="FFC2C9"), Grade.CHECK: PatternFill("solid", fgColor="FFEA99")}
    for mark in marks:
        cell = sheet[mark.address]
        cell.fill = fills[mark.grade]
        cell.comment = Comment(mark.comment, "trialkit")
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def measure(work: Callable[[], bytes], repeat: int) -> float:
    """The median of the processor time, in seconds."""
    times = []
    for _ in range(repeat):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, help="rows below the header (default 10,000)")
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="of the workbook and the marks (default 1)")
    asked = parser.parse_args()
    content = make_workbook(asked.rows, asked.seed)
    marks = draw_marks(asked.rows, asked.seed)
    patched = measure(lambda: patch(content, marks), asked.repeat)
    rewritten = measure(lambda: rewrite(content, marks), asked.repeat)
    sys.stdout.write(
        f"{asked.rows:,} rows, {COLUMNS} columns, {len(marks):,} marks, {len(content) / 1e6:.1f} MB\n"
        f"patched   {patched:8.2f} s\nopenpyxl  {rewritten:8.2f} s\nratio     {rewritten / patched:8.1f} x\n"
    )


if __name__ == "__main__":
    main()
