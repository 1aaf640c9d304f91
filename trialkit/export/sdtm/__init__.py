"""Records in, SDTM datasets out, by the mappings that forms carry. General by observation class; knows no protocol."""

from __future__ import annotations

from trialkit.export.sdtm.conformance import Notice
from trialkit.export.sdtm.domains import SdtmPackage, sdtm_datasets
from trialkit.export.sdtm.mapping_check import check_mappings

__all__ = ["Notice", "SdtmPackage", "check_mappings", "sdtm_datasets"]
