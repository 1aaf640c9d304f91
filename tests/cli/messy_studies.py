"""The studies that the files of tests/data/messy are for, and which mapping belongs to which."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from trialkit.engine import Engine, begin_study, open_study

NOW = datetime(2024, 7, 1, tzinfo=UTC)

MESSY = Path(__file__).parent.parent / "data" / "messy"

STUDIES = {"iv": "iv", "totals": "iv", "nasal": "nasal", "oral": "oral", "diary": "diary"}
"""Each study to its protocol."""

_STUDY_OF = {
    "01_wide_two_header": "totals",
    "09_duplicate_visits": "totals",
    "12_nasal_device_log": "nasal",
    "14_epro_export": "oral",
    "14_epro_export_pain": "diary",
    "15_pill_count": "oral",
}

MAPPINGS = sorted((MESSY / "mappings").glob("*.yaml"))
"""The mapping files, each named after its file."""


def study_of(mapping: Path) -> str:
    """The study that a mapping is for."""
    return _STUDY_OF.get(mapping.stem, "iv")


def source_of(mapping: Path) -> Path:
    """The file that a mapping is for."""
    return next(MESSY.glob(f"{mapping.stem[:2]}_*.csv"))


def make_studies(folder: Path) -> None:
    """Make all studies, each in a folder of its name; subjects are named as in the files."""
    for name, protocol in STUDIES.items():
        study = folder / name
        if protocol == "diary":
            shutil.copytree(MESSY / "diary", study)
        if name == "totals":
            shutil.copytree(MESSY / "forms", study / "forms")
        study.mkdir(parents=True, exist_ok=True)
        text = f'study: {name}\ntitle: T\nprotocol: {protocol}\nsites: [{{site: "04"}}]\nsubject_id: "{{number}}"\n'
        (study / "study.yaml").write_text(text, encoding="utf-8")
        begin_study(study, "test", lambda: NOW).close()


def open_studies(folder: Path) -> dict[str, Engine]:
    """Open all studies that were made in a folder, by name."""
    return {name: open_study(folder / name, "test", lambda: NOW) for name in STUDIES}
