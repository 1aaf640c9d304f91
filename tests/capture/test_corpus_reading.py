"""Files that break readers, where the collection lies beside the checkout: each is read or refused, nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
_SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")
_JUDGED_LATER = ("header--", "dup-header")  # whether a header will do is seen when a mapping is applied
_READ_ONE = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from trialkit.capture import CSV_READER, XLSX_READER, read_source
from trialkit.errors import SourceFileError
from trialkit.extension import ReadOptions
try:
    source = read_source(Path(sys.argv[1]), (CSV_READER, XLSX_READER), ReadOptions())
except SourceFileError as error:
    sys.stdout.write(f"refuse {error.code}")
else:
    sys.stdout.write(f"load {sum(len(sheet.rows) for sheet in source.sheets)}")
"""


def _cases() -> list[dict[str, object]]:
    if not (_CORPUS / "manifest.json").is_file():
        return []
    entries = json.loads((_CORPUS / "manifest.json").read_text(encoding="utf-8"))
    listed = entries if isinstance(entries, list) else entries["files"]
    return [entry for entry in listed if str(entry["file"]).endswith(_SUFFIXES) and entry["class"] != "strings"]


@pytest.mark.slow
@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["file"]))
def test_file_when_it_breaks_other_readers_then_it_is_read_or_refused(case: dict[str, object]) -> None:
    name = str(case["file"])
    done = subprocess.run(
        [sys.executable, "-c", _READ_ONE, str(_CORPUS / name)], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    expect = case.get("expect")
    verdict = expect.get("verdict") if isinstance(expect, dict) else "any"
    can_tell = not any(part in name for part in _JUDGED_LATER)
    if verdict in ("load", "refuse") and can_tell:
        assert done.stdout.split()[0] == verdict
