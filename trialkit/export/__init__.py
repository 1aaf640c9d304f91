"""Records in, datasets and files out: raw tables, SDTM, transport files, a manifest. Never touches the store."""

from __future__ import annotations

from trialkit.export.completeness import completeness_dataset
from trialkit.export.csv_writer import CSV, CSV_EXACT, guarded_values
from trialkit.export.dataset_json import DATASET_JSON
from trialkit.export.manifest import JournalPosition, manifest
from trialkit.export.package import PackageFault, verify_package, write_package
from trialkit.export.sdtm import Notice, SdtmPackage, check_mappings, sdtm_datasets
from trialkit.export.tabulate import raw_datasets
from trialkit.export.xport import XPT

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
