"""The words by which a sheet is known as trialkit's own list of findings: its first cell holds them."""

from __future__ import annotations

FINDINGS_MARK = "trialkit findings: this sheet is a list for people and is not imported."
"""The first cell of the sheet of findings. An import passes over a sheet that begins so."""


def is_findings_title(text: str) -> bool:
    """Whether a first cell with this text says that its sheet is a list of findings of trialkit."""
    return text.strip() == FINDINGS_MARK
