"""Workbooks made part by part, so that a test can say exactly what XML a broken or foreign program wrote."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_PART = "xl/worksheets/sheet1.xml"
STRINGS_PART = "xl/sharedStrings.xml"
STYLES_PART = "xl/styles.xml"
DATE, DATE_TIME, CLOCK, DURATION = 1, 2, 3, 4
"""Style numbers of the cells that `workbook_parts` can format: d/m/yy, d/m/yy h:mm, h:mm:ss, [h]:mm:ss."""


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    """A worksheet part around its rows."""
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def workbook_parts(
    rows: str = "", *, strings: tuple[str, ...] = (), state: str = "visible", **extra: str
) -> dict[str, str]:
    """The parts of a workbook with one sheet called Data; `extra` goes to `sheet`."""
    items = "".join(f"<si><t>{text}</t></si>" for text in strings)
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 22, 21, 46))
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
        f'<Override PartName="/{SHEET_PART}" ContentType="{_CONTENT}.worksheet+xml"/>'
        f'<Override PartName="/{STYLES_PART}" ContentType="{_CONTENT}.styles+xml"/>'
        f'<Override PartName="/{STRINGS_PART}" ContentType="{_CONTENT}.sharedStrings+xml"/></Types>',
        "_rels/.rels": _relationships(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="Data" sheetId="1" state="{state}" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relationships(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "sharedStrings", "/xl/sharedStrings.xml"),
        ),
        STYLES_PART: f'<styleSheet xmlns="{MAIN}"><fonts><font/></fonts><fills><fill><patternFill/></fill></fills>'
        "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        f"<cellXfs>{formats}</cellXfs></styleSheet>",
        STRINGS_PART: f'<sst xmlns="{MAIN}">{items}</sst>',
        SHEET_PART: sheet(rows, **extra),
    }


def pack(parts: Mapping[str, str | bytes], *, stored: bool = False) -> bytes:
    """The parts as a zip container."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def save(folder: Path, content: bytes | Mapping[str, str], name: str = "site.xlsx") -> Path:
    """Put a workbook, or whatever claims to be one, into a folder."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else pack(content))
    return path


def _relationships(*entries: tuple[str, str, str]) -> str:
    inner = "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for i, kind, to in entries)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'
