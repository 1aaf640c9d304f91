"""Workbooks made to break readers, and broken ones: marked, refused, or given up on; what comes out is sound."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat

import pytest
from workbook_parts import SHEET_PART, pack, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.correction import CellMark, FindingsList, Grade, NotPatchableError, mark_workbook

_CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
_LIST = FindingsList("Findings", (), ("WHAT",), (), (40,), 0)
_XML = (".xml", ".rels", ".vml")


def _mark(content: bytes, sheet: str) -> bytes | None:
    """The marked workbook; None when it is refused or can not be patched."""
    marks = [CellMark(sheet, address, Grade.ERROR, "Please correct\nthis") for address in ("A1", "B2", "ZZ900")]
    try:
        return mark_workbook(content, "site.xlsx", marks, _LIST).content
    except (SourceFileError, NotPatchableError):
        return None


def _require_sound(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        for name in archive.namelist():
            if name.endswith(_XML):
                expat.ParserCreate(namespace_separator=" ").Parse(archive.read(name), True)


def _sheet_names(content: bytes) -> list[str]:
    """The names of sheets, as far as a simple look finds any."""
    names: list[str] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet" and "name" in attributes:
            names.append(attributes["name"])

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parser = expat.ParserCreate()
            parser.StartElementHandler = start
            parser.Parse(archive.read("xl/workbook.xml"), True)
    except (zipfile.BadZipFile, KeyError, ValueError, RuntimeError, NotImplementedError, expat.ExpatError):
        return names or ["Sheet1"]
    return names or ["Sheet1"]


@pytest.mark.parametrize("seed", range(150))
def test_mark_when_the_xml_is_damaged_anywhere_then_the_outcome_is_sound_or_a_plain_refusal(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  # damage, no secret
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"><v>{n}</v></c><c r="B{n}"><v>2</v></c></row>' for n in (1, 2, 4))
    parts = workbook_parts(
        rows, before='<dimension ref="A1:B4"/><cols><col min="1" max="2" width="9" style="1"/></cols>'
    )
    name = draw.choice([SHEET_PART, SHEET_PART, *parts])
    text = parts[name]
    for _ in range(draw.randint(1, 3)):
        place, end = sorted(draw.choices(range(len(text)), k=2))
        end = min(end, place + draw.randint(0, 12))
        text = (
            text[:place]
            + draw.choice(["", "<", ">", '"', "/", "9", "&", "<c/>", "<!-- -->", "r=", text[place:end] * 2])
            + text[end:]
        )
    marked = _mark(pack({**parts, name: text}), "Data")

    if marked is not None:
        _require_sound(marked)


def _cases() -> list[str]:
    if not (_CORPUS / "manifest.json").is_file():
        return []
    entries = json.loads((_CORPUS / "manifest.json").read_text(encoding="utf-8"))
    return [str(entry["file"]) for entry in entries if str(entry["file"]).endswith((".xlsx", ".xlsm"))]


@pytest.mark.slow
@pytest.mark.parametrize("file", _cases())
def test_mark_when_the_file_breaks_other_readers_then_the_outcome_is_sound_or_a_plain_refusal(file: str) -> None:
    content = (_CORPUS / file).read_bytes()

    marked = _mark(content, _sheet_names(content)[0])

    if marked is not None:
        _require_sound(marked)
        again = _mark(marked, _sheet_names(marked)[0])
        if again is not None:  # the second round looks at every cell, also at those that no reader would take
            assert _sheet_names(again) == _sheet_names(marked)
