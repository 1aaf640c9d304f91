"""Records in, datasets and files out: raw tables, SDTM, transport files, a manifest. Never touches the store.

Names are resolved when they are asked for: most commands write no dataset.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# Not late: `manifest` would be taken for its module, which has the same name.
from trialkit.export.manifest import JournalPosition, manifest

if TYPE_CHECKING:
    from trialkit.export.completeness import completeness_dataset
    from trialkit.export.csv_writer import CSV, CSV_EXACT, guarded_values
    from trialkit.export.dataset_json import DATASET_JSON
    from trialkit.export.package import PackageFault, verify_package, write_package
    from trialkit.export.sdtm import Notice, SdtmPackage, check_mappings, sdtm_datasets
    from trialkit.export.tabulate import raw_datasets
    from trialkit.export.xport import XPT

_HOMES = {
    "CSV": "trialkit.export.csv_writer",
    "CSV_EXACT": "trialkit.export.csv_writer",
    "DATASET_JSON": "trialkit.export.dataset_json",
    "XPT": "trialkit.export.xport",
    "Notice": "trialkit.export.sdtm",
    "PackageFault": "trialkit.export.package",
    "SdtmPackage": "trialkit.export.sdtm",
    "check_mappings": "trialkit.export.sdtm",
    "completeness_dataset": "trialkit.export.completeness",
    "guarded_values": "trialkit.export.csv_writer",
    "raw_datasets": "trialkit.export.tabulate",
    "sdtm_datasets": "trialkit.export.sdtm",
    "verify_package": "trialkit.export.package",
    "write_package": "trialkit.export.package",
}

__all__ = [
    "CSV",
    "CSV_EXACT",
    "DATASET_JSON",
    "XPT",
    "JournalPosition",
    "Notice",
    "PackageFault",
    "SdtmPackage",
    "check_mappings",
    "completeness_dataset",
    "guarded_values",
    "manifest",
    "raw_datasets",
    "sdtm_datasets",
    "verify_package",
    "write_package",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
