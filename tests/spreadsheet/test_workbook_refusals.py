"""What is not a sound workbook is refused with one plain line and a code, and never ends in anything else."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workbook_parts import MAIN, SHEET_PART, STRINGS_PART, pack, save, sheet, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.spreadsheet import read_workbook

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'

_OPEN_DOCUMENT = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}


def _other_office(part: str) -> dict[str, str]:
    """A document of another Office program, which names its main part as a workbook does."""
    parts = workbook_parts()
    kept = {name: parts[name].replace("xl/workbook.xml", part) for name in ("[Content_Types].xml", "_rels/.rels")}
    return {**kept, part: '<document xmlns="urn:other"/>'}


_DISGUISES = [
    (b"", "S105", "is empty"),
    (_OLE + b"\0" * 600, "S110", "an old Excel file (.xls)"),
    (_OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "S111", "protected with a password"),
    (b"  <html><table><tr><td>1</td></tr></table></html>", "S110", "a web page (HTML)"),
    (b"%PDF-1.7 ...", "S110", "a PDF document"),
    (b"subject,visit\n012-0007,V3\n", "S110", "a text file, perhaps CSV"),
    (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "S110",
        "Excel 2003 XML",
    ),
    (b"\x00\x01\x02", "S110", "no kind of file that is known here"),
    (b"PK\x03\x04", "S112", "cut off or damaged"),
    (pack({"a.txt": "x"}), "S110", "no workbook is in it"),
    (pack({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "S110", "no workbook is in it"),
    (pack(_OPEN_DOCUMENT, stored=True), "S110", "an OpenDocument spreadsheet (.ods)"),
    (pack({"mimetype": "application/vnd.oasis.opendocument.text"}, stored=True), "S110", "an OpenDocument file"),
    (pack(_other_office("word/document.xml")), "S110", "a Word document (.docx)"),
    (pack(_other_office("ppt/presentation.xml")), "S110", "a PowerPoint presentation (.pptx)"),
    (pack({"Index/Document.iwa": "x", "Index/Tables/Tile.iwa": "x"}), "S110", "Numbers (.numbers)"),
]


@pytest.mark.parametrize(("content", "code", "words"), _DISGUISES)
def test_file_when_it_is_no_workbook_then_it_is_said_what_it_is(
    content: bytes, code: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceFileError, match=re.escape(words)) as caught:
        read_workbook(save(tmp_path, content))

    assert caught.value.code == code
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def _doctype(part: str) -> Callable[[dict[str, str]], None]:
    def patch(parts: dict[str, str]) -> None:
        parts[part] = '<!DOCTYPE x [<!ENTITY a "1">]>' + parts[part]

    return patch


def _sheet(rows: str) -> Callable[[dict[str, str]], None]:
    return _replace(SHEET_PART, sheet(rows))


def _replace(part: str, text: str) -> Callable[[dict[str, str]], None]:
    return lambda parts: parts.update({part: text})


def _drop(part: str) -> Callable[[dict[str, str]], None]:
    return lambda parts: parts.pop(part) and None


def _twice(workbook: str) -> dict[str, str]:
    entry = workbook[workbook.index("<sheet ") : workbook.index("</sheets>")]
    return {"xl/workbook.xml": workbook.replace(entry, entry * 2)}


_BROKEN = [
    (_doctype(SHEET_PART), "S115"),
    (_doctype(STRINGS_PART), "S115"),
    (_doctype("xl/workbook.xml"), "S115"),
    (lambda parts: parts.update({"docProps/core.xml": "<!DOCTYPE x><x/>"}), "S115"),
    (_sheet("<row r='1'><c r='A1'><v>1</v></c>"), "S116"),
    (_replace(SHEET_PART, sheet(_ROW)[:-20]), "S116"),
    (_replace(STRINGS_PART, f'<sst xmlns="{MAIN}">' + "<r>" * 1000 + "</r>" * 1000 + "</sst>"), "S116"),
    (_replace("xl/workbook.xml", f'<workbook xmlns="{MAIN}"><sheets/></workbook>'), "S117"),
    (_replace("xl/workbook.xml", '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'), "S117"),
    (lambda parts: parts.update(_twice(parts["xl/workbook.xml"])), "S119"),
    (lambda parts: parts.update(workbook_parts(_ROW, state="veryHidden")), "S117"),
    (_drop(SHEET_PART), "S118"),
    (_replace(SHEET_PART, sheet(_ROW).replace(f' xmlns="{MAIN}"', "")), "S118"),
    (_replace(SHEET_PART, sheet(_ROW).replace(MAIN, f"{MAIN}/other")), "S118"),
    (_replace(SHEET_PART, sheet(_ROW).replace("worksheet", "chartsheet")), "S118"),
    (_sheet('<row r="1"><c r="AAAA1"><v>1</v></c></row>'), "S119"),
    (_sheet('<row r="1"><c r="A0"><v>1</v></c></row>'), "S119"),
    (_sheet('<row r="1"><c r="A2"><v>1</v></c></row>'), "S119"),
    (_sheet('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'), "S119"),
    (_sheet('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>'), "S119"),
    (_sheet(_ROW + _ROW), "S119"),
    (_sheet('<row r="1048577"/>'), "S119"),
    (_sheet('<row r="x"/>'), "S119"),
    (_sheet('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'), "S120"),
    (_sheet('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), "S120"),
    (_sheet("".join(f'<row r="{i}"><c r="XFD{i}"><v>1</v></c></row>' for i in range(1, 250))), "S121"),
    (_replace("xl/workbook.xml", '<w:document xmlns:w="urn:w"><w:body/></w:document>'), "S110"),
    (_drop("[Content_Types].xml"), "S110"),
    (_drop("_rels/.rels"), "S110"),
]


@pytest.mark.parametrize(("patch", "code"), _BROKEN)
def test_workbook_when_a_part_is_unsound_then_it_is_refused(
    patch: Callable[[dict[str, str]], None], code: str, tmp_path: Path
) -> None:
    parts = workbook_parts(_ROW)
    patch(parts)

    with pytest.raises(SourceFileError) as caught:
        read_workbook(save(tmp_path, parts))

    assert caught.value.code == code


def test_workbook_when_a_part_in_utf16_declares_a_document_type_then_it_is_refused(tmp_path: Path) -> None:
    parts: dict[str, str | bytes] = {**workbook_parts(_ROW)}
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x>' + sheet(_ROW)
    parts[SHEET_PART] = text.encode("utf-16")

    with pytest.raises(SourceFileError, match="document type"):
        read_workbook(save(tmp_path, pack(parts)))


def test_workbook_when_one_token_never_ends_then_it_is_refused_soon(tmp_path: Path) -> None:
    noise = "".join(random.Random(0).choices("\n\t ", k=100_000)) * 45  # noqa: S311  # no secret; packs badly
    parts = workbook_parts(_ROW)
    parts[SHEET_PART] = parts[SHEET_PART].replace("</worksheet>", f"</worksheet{noise}>")

    with pytest.raises(SourceFileError, match="single XML token"):
        read_workbook(save(tmp_path, parts))


def test_container_when_a_name_stands_twice_then_it_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO(pack(workbook_parts(_ROW)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("XL\\worksheets/SHEET1.xml", sheet(""))

    with pytest.raises(SourceFileError) as caught:
        read_workbook(save(tmp_path, buffer.getvalue()))

    assert caught.value.code == "S113"


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil.xml", "xl/../../evil.xml"])
def test_container_when_a_name_leads_out_then_it_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        read_workbook(save(tmp_path, {**workbook_parts(_ROW), name: "<x/>"}))

    assert caught.value.code == "S113"


def test_container_when_it_would_unpack_too_far_then_it_is_refused(tmp_path: Path) -> None:
    parts = workbook_parts(_ROW)
    parts[SHEET_PART] = parts[SHEET_PART].replace("<sheetData>", " " * 3_000_000 + "<sheetData>")

    with pytest.raises(SourceFileError) as caught:
        read_workbook(save(tmp_path, parts))

    assert caught.value.code == "S114"


def test_container_when_it_has_thousands_of_parts_then_it_is_refused(tmp_path: Path) -> None:
    many = {f"xl/media/{number}.txt": "" for number in range(5_000)}

    with pytest.raises(SourceFileError) as caught:
        read_workbook(save(tmp_path, {**workbook_parts(_ROW), **many}))

    assert caught.value.code == "S114"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_workbook_when_it_is_cut_off_then_it_is_refused(share: float, tmp_path: Path) -> None:
    whole = pack(workbook_parts(_ROW))

    with pytest.raises(SourceFileError) as caught:
        read_workbook(save(tmp_path, whole[: int(len(whole) * share)]))

    assert caught.value.code == "S112"


def test_workbook_when_any_byte_is_changed_then_it_is_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    whole = pack(workbook_parts(_ROW, strings=("a", "b")), stored=True)
    dice = random.Random(7)  # noqa: S311  # no secret
    codes = set()
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            codes.add("read" if read_workbook(save(tmp_path, bytes(broken))).sheets else "nothing")
        except SourceFileError as error:
            codes.add(error.code[:2])

    assert codes == {"read", "S1"}
