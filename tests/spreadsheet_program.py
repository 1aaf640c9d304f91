"""A spreadsheet program as a site has one: it opens what trialkit writes, works it out, and saves it in its own way."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_OFFICE = shutil.which("soffice")

needs_program = pytest.mark.skipif(_OFFICE is None, reason="no spreadsheet program is installed")
"""Marks a test that opens a workbook with it; ``.ci/run`` installs one where it may."""


def save_again(workbook: Path, folder: Path) -> Path:
    """Open a workbook, work it out and save it.

    Args:
        workbook: the workbook.
        folder: a folder for the program's own use.

    Returns:
        The workbook as the program saved it.
    """
    if _OFFICE is None:
        raise ValueError("no spreadsheet program is installed")
    words = [f"-env:UserInstallation=file://{folder}/home", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run(
        [_OFFICE, *words, "--outdir", str(folder / "out"), str(workbook)], check=True, capture_output=True, timeout=300
    )
    return folder / "out" / workbook.name
