"""All rules over everything stored: how long `trialkit check` takes on generated studies, and how it grows.

    python benchmarks/study_rules.py [--subjects 1000] [--protocols iv nasal oral] [--growth]

Each study is made first (that is not counted) and then checked in a process of its own, which opens the store, reads
every record from it and asks every rule. No queries are written (`--dry-run`).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROTOCOLS = ("iv", "nasal", "oral")


def main() -> None:
    """Make the studies, check them, print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--subjects", type=int, default=1000, help="in all studies together")
    options.add_argument("--protocols", nargs="+", default=list(PROTOCOLS), choices=PROTOCOLS)
    options.add_argument("--growth", action="store_true", help="also a quarter and a half of the subjects")
    options.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure is not None:
        print(json.dumps(_measure(chosen.measure)))
        return
    sizes = [chosen.subjects]
    if chosen.growth:
        sizes = [chosen.subjects // 4, chosen.subjects // 2, chosen.subjects]
    print(
        f"{'subjects':>8} {'protocol':>8} {'rules':>6} {'records':>9} {'values':>9} {'findings':>9} "
        f"{'wall s':>7} {'CPU s':>7} {'peak MB':>8}"
    )
    totals: list[tuple[int, float, float]] = []
    for size in sizes:
        rows = [_run(protocol, size // len(chosen.protocols)) for protocol in chosen.protocols]
        for row in rows:
            print(_line(row))
        totals.append((size, sum(row["values"] for row in rows), sum(row["cpu"] for row in rows)))
        print(
            f"{size:8} {'all':>8} {'':6} {sum(row['records'] for row in rows):9} {totals[-1][1]:9} {'':9} "
            f"{sum(row['wall'] for row in rows):7.1f} {totals[-1][2]:7.1f} {max(row['peak'] for row in rows):8.0f}"
        )
    if len(totals) > 1:
        (_, fewest, quick), (_, most, slow) = totals[0], totals[-1]
        print(f"growth of CPU with values: exponent {math.log(slow / quick) / math.log(most / fewest):.2f}")


def _line(row: dict[str, float]) -> str:
    return (
        f"{row['subjects']:8} {row['protocol']:>8} {row['rules']:6} {row['records']:9} {row['values']:9} "
        f"{row['findings']:9} {row['wall']:7.1f} {row['cpu']:7.1f} {row['peak']:8.0f}"
    )


def _run(protocol: str, subjects: int) -> dict[str, float]:
    from generated_study import make_study

    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        with make_study(study, protocol, subjects, seed=1) as engine:
            values = sum(
                len(record.values) for form in engine.assembly.study.forms for record in engine.store.records(form=form)
            )
        command = [sys.executable, __file__, "--measure", str(study)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # this very script
    return {"protocol": protocol, "subjects": subjects, "values": values, **json.loads(done.stdout)}


def _measure(study: Path) -> dict[str, float]:
    """One check of a study, in this process."""
    from generated_study import MOMENT

    from trialkit.engine import open_study

    wall, cpu = time.perf_counter(), time.process_time()
    with open_study(study, "bench", lambda: MOMENT) as engine:
        outcome = engine.check(dry_run=True)
        rules = len(engine.assembly.known_rules)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "rules": rules,
        "records": outcome.checked,
        "findings": len(outcome.findings),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
