"""How fast a workbook is imported: trialkit, frictionless, pandera with calamine and SQLite, and the floor, in one run.

    python benchmarks/import_workbook.py --rows 10000 [--repeat 3]

Each variant runs as a process of its own, children counted, in alternation; trialkit is compiled to bytecode first, as
any second command finds it. It does what the command does: reads behind its trust border, maps, checks all rules,
stores with the journal, opens queries, and writes the findings. The floor inflates and parses the sheet and inserts
every row as one text into SQLite: nothing could do less. How long the command takes for 8 rows says what does not
depend on the file: Python, libraries, the study, the process that reads.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from compileall import compile_dir
from contextlib import suppress
from pathlib import Path
from statistics import median
from xml.parsers import expat

TRIALKIT, FRICTIONLESS, PANDERA, FLOOR = "trialkit import", "frictionless", "pandera + calamine + SQLite", "floor"
FEW = "trialkit import, 8 rows"
VARIANTS = (TRIALKIT, FRICTIONLESS, PANDERA, FLOOR, FEW)
FRICTIONLESS_AT_MOST = 100_000


def run_trialkit(workbook: Path, folder: Path) -> int:
    """The whole command, in a copy of the study."""
    from trialkit.cli.main import main as run_command

    study = Path(shutil.copytree(workbook.parent / "study", folder / "study"))
    words = ["import", str(workbook), "--map", str(workbook.parent / "mapping.yaml"), "--study", str(study)]
    words += ["--on-error", "skip-record", "--findings", str(folder / "findings.csv"), "--user", "bench"]
    sys.argv = ["trialkit", *words]
    with suppress(SystemExit):  # how a command ends
        run_command()
    with (folder / "findings.csv").open(encoding="utf-8") as found:
        return sum(1 for _ in found) - 1


def run_few(workbook: Path, folder: Path) -> int:
    """The whole command with the small workbook beside the other."""
    return run_trialkit(next((workbook.parent / "few").glob("*.xlsx")), folder)


def run_floor(workbook: Path, folder: Path) -> int:
    """Inflate, parse, insert; what stands in the cells is not looked at."""
    rows: list[tuple[str]] = []
    texts: list[str] = []

    def take(name: str) -> None:
        if name == "row":
            rows.append((" ".join(texts),))
            texts.clear()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = texts.append
    parser.EndElementHandler = take
    with zipfile.ZipFile(workbook) as archive, archive.open("xl/worksheets/sheet1.xml") as sheet:
        parser.ParseFile(sheet)
    with sqlite3.connect(folder / "floor.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE vs (row TEXT)")
        database.executemany("INSERT INTO vs VALUES (?)", rows)
    return 0


def run_variant(name: str, workbook: Path) -> None:
    """One variant in this process; says what it took as JSON on stdout."""
    from import_peers import import_by_frictionless, import_by_pandera  # both import their libraries themselves

    run = {
        TRIALKIT: run_trialkit,
        FRICTIONLESS: import_by_frictionless,
        PANDERA: import_by_pandera,
        FLOOR: run_floor,
        FEW: run_few,
    }
    with tempfile.TemporaryDirectory() as folder:
        found = run[name](workbook, Path(folder))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "findings": found,
                "cpu": sum(one.ru_utime + one.ru_stime for one in used),
                "peak": max(one.ru_maxrss for one in used) // 1024,
            }
        )
    )


def make(folder: Path, rows: int) -> None:
    """Make what is measured: a workbook, a study, and a mapping."""
    from import_data import make_study, make_workbook  # late: the variants are to pay for themselves alone

    few = folder / "few"
    few.mkdir()
    for place, size in ((folder, rows), (few, 8)):
        make_workbook(place, size)
        make_study(place, size)


def measure(name: str, workbook: Path) -> dict[str, float]:
    """One variant as a process."""
    began = time.perf_counter()
    words = [sys.executable, __file__, "--variant", name, "--workbook", str(workbook)]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    return {**json.loads(said), "wall": time.perf_counter() - began}


def main() -> None:
    """Measure all variants in alternation and print the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=10_000)
    words.add_argument("--repeat", type=int, default=3)
    words.add_argument("--variant", choices=VARIANTS, help=argparse.SUPPRESS)
    words.add_argument("--workbook", type=Path, help=argparse.SUPPRESS)
    words.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.variant:
        run_variant(given.variant, given.workbook)
        return
    if given.make:
        make(given.make, given.rows)
        return
    compile_dir(Path(__file__).parents[1] / "trialkit", quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: what a process has used at most, it hands down to those that it starts.
        subprocess.run([sys.executable, __file__, "--make", folder, "--rows", str(given.rows)], check=True)
        workbook = next(Path(folder).glob("*.xlsx"))
        chosen = [name for name in VARIANTS if name != FRICTIONLESS or given.rows <= FRICTIONLESS_AT_MOST]
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
        for _ in range(given.repeat):
            for name in chosen:
                runs[name].append(measure(name, workbook))
    own = median(run["cpu"] for run in runs[TRIALKIT])
    print(f"{given.rows:,} rows of 25 columns, {workbook.name}, median of {given.repeat}")
    print("| variant | findings | CPU s | wall s | peak MB | CPU x trialkit |")
    print("|---|---|---|---|---|---|")
    for name, several in runs.items():
        cpu, wall, peak, found = (median(run[part] for run in several) for part in ("cpu", "wall", "peak", "findings"))
        print(f"| {name} | {found:,.0f} | {cpu:.2f} | {wall:.2f} | {peak:,.0f} | {cpu / own:.2f} |")


if __name__ == "__main__":
    main()
