"""How fast the rules of items are asked: Cerberus per record, pandera, and the columns of trialkit, side by side.

Run it from a checkout with trialkit installed: ``python benchmarks/field_rules.py [--records 100000] [--quick]``.
Every variant runs in a process of its own, in alternation. The form is in `field_rules_form.py`, what stands in its
cells in `field_rules_cells.py`; `field_rules_data.py` makes records of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from statistics import median

from field_rules_data import Study, load_study, make_data
from field_rules_form import ITEMS, build_plan, count_rules

SIZES = (10_000, 100_000, 1_000_000)
RATES = (0.02, 0.001)
FULL = 100_000
"""Up to so many records are validated one by one; of more of them only a sample is, and the time is scaled."""

SAMPLE = 20_000
WARM = 1_000
REPEATS = 7
LONG = 2.0
"""A variant is measured up to seven times in its process, until two seconds are over; the median counts."""

CERBERUS = "Cerberus, one Validator kept"
STOCK = "Cerberus, validate() as it comes"
RECORDS = "trialkit, record by record"
PANDERA = "pandera (polars)"
SERIES = "trialkit, columns (series in)"
LISTS = "trialkit, columns (lists in)"


@dataclass(frozen=True)
class Variant:
    """A way to ask the rules.

    Attributes:
        prepare: the study to what is asked and measured, which gives the number of findings and, per record of the
            sample, what was found (None where it is another's vocabulary).
        at_most: records beyond this number are not asked.
    """

    prepare: Callable[[Study], Callable[[], tuple[int, object]]]
    at_most: int = 10**9


def ask_cerberus(study: Study, **options: bool) -> Callable[[], tuple[int, object]]:
    """The form's validator on documents that hold typed values already."""
    documents, asked = study.documents(), study.asked_by_record()
    validator = study.plan.validator
    validator._config["today"] = study.today

    def ask() -> tuple[int, object]:
        found = []
        for place, document in enumerate(documents):
            validator._config["asked"] = asked[place]
            validator.validate(document, **options)
            found += [(place, error.document_path[0], error.rule) for error in validator._errors]
        return len(found), sorted(found)

    return ask


def ask_records(study: Study) -> Callable[[], tuple[int, object]]:
    """What trialkit does with one record: typed values, Cerberus, findings with all their words."""
    from trialkit.validate import ask_fields

    records = study.records()

    def ask() -> tuple[int, object]:
        found = [
            finding
            for key, values in records
            for finding in ask_fields(study.plan, key, values, study.row(key, values), {})
        ]
        found.sort(key=lambda finding: finding.sort_key)
        return len(found), found

    return ask


def ask_columns(study: Study, *, lists: bool) -> Callable[[], tuple[int, object]]:
    """The columns: findings with where, message and remedy, sorted. Who is asked is found out, too."""
    from trialkit.validate.columnar import field_findings

    table = study.table(lists=lists)

    def ask() -> tuple[int, object]:
        found = field_findings(study.plan, table, study.setting, study.asked(lists=lists))
        return len(found), found

    return ask


def ask_pandera(study: Study) -> Callable[[], tuple[int, object]]:
    """The same rules as a schema of pandera, which reports failure cases; texts are made numbers and dates before."""
    from field_rules_pandera import failures, parsed, schema

    frame, rules = study.frame, schema(study)
    return lambda: (failures(rules, parsed(study, frame)), None)


VARIANTS = {
    CERBERUS: Variant(lambda study: ask_cerberus(study, normalize=False), FULL),
    STOCK: Variant(ask_cerberus, WARM * 2),
    RECORDS: Variant(ask_records, SAMPLE),
    PANDERA: Variant(ask_pandera),
    LISTS: Variant(lambda study: ask_columns(study, lists=True)),
    SERIES: Variant(lambda study: ask_columns(study, lists=False)),
}


def measure(name: str, path: Path) -> dict[str, object]:
    """One variant in this process: warmed up on some records, then measured; the quick ones several times."""
    whole = load_study(path)
    variant = VARIANTS[name]
    size = len(whole) if len(whole) <= variant.at_most else min(SAMPLE, variant.at_most)
    variant.prepare(whole.head(WARM))()
    ask = variant.prepare(whole.head(size))
    before = reset_peak()
    seconds: list[float] = []
    while not seconds or (sum(seconds) < LONG and len(seconds) < REPEATS):
        start = time.process_time()
        count, found = ask()
        seconds.append(time.process_time() - start)
        del found
    return {"cpu": median(seconds), "size": size, "findings": count, "peak": memory("VmHWM") - before}


def reset_peak() -> float:
    """Forget the peak of this process's memory; what stands in memory now, in MB."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return math.nan
    return memory("VmRSS")


def memory(name: str) -> float:
    """One line of this process's memory in MB; not a number where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return math.nan
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def check_agreement(path: Path) -> int:
    """All variants of trialkit and Cerberus find the same in the sample, word for word; how much that is."""
    study = load_study(path).head(SAMPLE)
    count, by_record = ask_records(study)()
    for lists in (False, True):
        _, by_column = ask_columns(study, lists=lists)()
        assert list(by_column) == by_record, "columns and records do not find the same"
    by_cerberus, _ = ask_cerberus(study, normalize=False)()
    assert by_cerberus == count, "trialkit and Cerberus do not find the same"
    return count


def run_apart(name: str, path: Path) -> dict[str, float]:
    """Measure one variant in a process of its own."""
    command = [sys.executable, __file__, "--variant", name, "--data", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def compare(size: int, rate: float, rounds: int, folder: Path) -> dict[str, float]:
    """All variants on the same data; prints a table and gives CPU seconds by variant."""
    path = make_data(folder, size, rate)
    agreed = check_agreement(path)
    runs: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for name in available():
            runs.setdefault(name, []).append(run_apart(name, path))
    rows = {name: {part: median(run[part] for run in several) for part in several[0]} for name, several in runs.items()}
    full = {int(row["findings"]) for name, row in rows.items() if row["size"] == size and name != PANDERA}
    assert len(full) == 1, f"the variants do not find the same: {rows}"
    print(f"\n{size:,} records, {rate:.1%} bad cells; {agreed:,} findings agreed on in the first {min(size, SAMPLE):,}")
    print(f"{'':34}{'CPU s':>9}{'records/s':>12}{'x Cerberus':>12}{'findings':>12}{'peak MB':>9}")
    seconds = {name: row["cpu"] * size / row["size"] for name, row in rows.items()}
    for name, row in rows.items():
        note = "" if row["size"] == size else f"  of {int(row['size']):,} records, scaled"
        print(
            f"{name:34}{seconds[name]:9.3f}{size / seconds[name]:12,.0f}{seconds[CERBERUS] / seconds[name]:12.1f}"
            f"{int(row['findings']):12,}{row['peak']:9.0f}{note}"
        )
    return seconds


def available() -> list[str]:
    """The variants whose libraries are here."""
    try:
        version("pandera")
    except PackageNotFoundError:
        return [name for name in VARIANTS if name != PANDERA]
    return list(VARIANTS)


def print_growth(seconds: dict[tuple[int, float], dict[str, float]], sizes: list[int]) -> None:
    """The exponent with which the time of each variant grows from size to size; 1 is linear."""
    for small, large in pairwise(sizes):
        print(f"\ngrowth from {small:,} to {large:,} records")
        for name in available():
            exponents = [
                math.log(seconds[large, rate][name] / seconds[small, rate][name]) / math.log(large / small)
                for rate in RATES
            ]
            print(f"{name:34}" + "".join(f"{exponent:8.2f}" for exponent in exponents))


def main() -> None:
    """Compare all variants at all sizes and rates."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--records", type=int, help="only so many records")
    options.add_argument("--quick", action="store_true", help="10,000 records, one round")
    options.add_argument("--rounds", type=int, default=3, help="rounds of which the median is shown")
    options.add_argument("--variant", help=argparse.SUPPRESS)
    options.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.variant:
        print(json.dumps(measure(given.variant, given.data)))
        return
    sizes = [given.records] if given.records else list(SIZES[:1] if given.quick else SIZES)
    libraries = ["cerberus", "polars", *(["pandera"] if PANDERA in available() else [])]
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores,",
        ", ".join(f"{n} {version(n)}" for n in libraries),
    )
    print(f"{len(ITEMS)} items, {count_rules(build_plan()[0])} rules besides types and missing reasons")
    with tempfile.TemporaryDirectory() as folder:
        seconds = {
            (size, rate): compare(size, rate, 1 if given.quick else given.rounds, Path(folder))
            for size in sizes
            for rate in RATES
        }
    print_growth(seconds, sizes)


if __name__ == "__main__":
    main()
