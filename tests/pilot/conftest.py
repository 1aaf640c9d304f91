"""The pilot study, made and filled through the engine, from either of its two sources, whole or one site of it."""

from __future__ import annotations

import csv
import shutil
import sys
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from pilot_comparison import Pilot, PilotMaker, compare, open_text, read_rows

from trialkit.engine import begin_study
from trialkit.model.import_options import OnError
from trialkit.registry import load_registry

PILOT = Path(__file__).parents[2] / "examples" / "pilot"
DATA = PILOT / "data"
KEYS = {"dm": ("USUBJID",), "ex": ("USUBJID", "VISITNUM"), "vs": ("USUBJID", "VSTESTCD", "VISITNUM", "VSTPTNUM")}

SOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "cdash": (("cdash_DM.csv", "cdash-dm"), ("cdash_EX.csv", "cdash-ex"), ("cdash_VS.csv.gz", "cdash-vs")),
    "raw": (("dm_raw.csv", "raw-dm"), ("cdash_EX.csv", "cdash-ex"), ("vs_raw.csv.gz", "raw-vs")),
}
"""Source to its files with their mappings. The raw source has no exposure; it borrows that of the other."""


@pytest.fixture(scope="session")
def make_pilot(tmp_path_factory: pytest.TempPathFactory) -> PilotMaker:
    """Make the pilot from a source; of one site, or of all when None."""

    def make(source: str, site: str | None) -> Pilot:
        folder = tmp_path_factory.mktemp(f"pilot-{source}") / "study"
        shutil.copytree(PILOT / "study", folder)
        sys.path.insert(0, str(PILOT))
        import trialkit_pilot

        sys.path.remove(str(PILOT))  # or later tests would find it as a plugin that is installed
        points = [point for point in entry_points(group="trialkit") if point.name != "pilot"]
        registry = load_registry(points, {"pilot": trialkit_pilot})
        with begin_study(folder, "statistician", lambda: datetime(2026, 11, 25, 12, tzinfo=UTC), registry) as engine:
            imports, rows = [], []
            for name, mapping in SOURCES[source]:
                file, count = _unpack(DATA / name, folder, site)
                # The raw vital signs do not say their units: 16 readings are impossible in the unit they should have.
                skip = OnError.SKIP_RECORD if mapping == "raw-vs" else OnError.REFUSE
                imports.append(engine.import_file(file, [folder / "mappings" / f"{mapping}.yaml"], on_error=skip))
                rows.append(count)
            engine.export_sdtm(folder / "out", ["csv"])
            problems = engine.store.verify().problems
        domains = {
            domain: compare(read_rows(folder / "out" / f"{domain}.csv"), _published(domain, site), key)
            for domain, key in KEYS.items()
        }
        return Pilot(imports, rows, domains, problems)

    return make


def _unpack(packed: Path, folder: Path, site: str | None) -> tuple[Path, int]:
    """Write a data file, or one site's part of it, into the study's folder. Returns it and its number of rows."""
    with open_text(packed) as file:
        header, *rows = csv.reader(file)
    if site is not None:
        place = header.index("SITEID") if "SITEID" in header else header.index("PATNUM")
        rows = [row for row in rows if row[place].split("-")[0] == site]
    target = folder / packed.name.removesuffix(".gz")
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return target, len(rows)


def _published(domain: str, site: str | None) -> list[dict[str, str]]:
    rows = read_rows(DATA / f"sdtm_{domain}.csv.gz")
    return [dict(row) for row in rows if site is None or row["USUBJID"].split("-")[1] == site]
