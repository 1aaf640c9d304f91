"""The table of contents of a workbook: which sheets it names, where their parts are, and whether all parts are sound.

An opened container goes in; every XML part is walked once under limits. No cell value is read here.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.evidence import MAIN, SheetEvidence, SheetWalker
from trialkit.spreadsheet.package import open_part
from trialkit.spreadsheet.safe_xml import ElementWalker, walk_part

_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_REFERENCE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_LONGEST_NUMBER_FORMAT = 1_000
_SAVE_AS_XLSX = "Open the file in a spreadsheet program, save it as Excel workbook (.xlsx), and send that."


@dataclass(frozen=True, slots=True)
class Contents:
    """What a workbook announces.

    Attributes:
        sheets: name of each worksheet to its evidence, in the order of the tabs.
        oddities: macros, links to other workbooks, sheets without cells.
    """

    sheets: dict[str, SheetEvidence]
    oddities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Relationship:
    kind: str
    part: str


class _RelationshipWalker(ElementWalker):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self.found: dict[str, _Relationship] = {}

    def open(self, name: str, attributes: dict[str, str]) -> None:
        if name == _RELATIONSHIP and attributes.get("TargetMode") != "External":
            part = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", ""))).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = _Relationship(kind, part)


class _WorkbookWalker(ElementWalker):
    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self.sheets: list[tuple[str, str]] = []

    def open(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        if name == f"{MAIN} sheet":
            self.sheets.append((attributes.get("name", ""), attributes.get(_REFERENCE, "")))


class _StylesWalker(ElementWalker):
    def open(self, name: str, attributes: dict[str, str]) -> None:
        # Telling dates from numbers by a regular expression takes quadratic time over a hostile format.
        if name == f"{MAIN} numFmt" and len(attributes.get("formatCode", "")) > _LONGEST_NUMBER_FORMAT:
            raise SourceFileError("S116", "The workbook's styles hold an endless number format.", remedy=_SAVE_AS_XLSX)


def read_contents(archive: zipfile.ZipFile, file: str) -> Contents:
    """Walk every XML part of a workbook, and gather the evidence of each worksheet.

    Args:
        archive: the container.
        file: the file's name, for messages.

    Raises:
        SourceFileError: S110 (no workbook inside), S112 (damaged), S115 (document type), S116 (broken XML),
            S117 (strict, or no sheets), S118 (a sheet's part is missing), S119 to S121 (cells).
    """
    names = frozenset(archive.namelist())
    workbook = _find_workbook(archive, names, file)
    walker = _WorkbookWalker()
    _walk(archive, workbook, walker, file)
    if walker.root.startswith(_STRICT):
        raise SourceFileError("S117", f"{file} is saved as Strict Open XML, which is not read.", remedy=_SAVE_AS_XLSX)
    if not walker.sheets:
        raise SourceFileError("S117", f"{file} holds no sheets.", remedy=_SAVE_AS_XLSX)
    relationships = _read_relationships(archive, workbook, names, file)
    parts = {name: relationships.get(reference) for name, reference in walker.sheets}
    sheets, oddities = _walk_sheets(archive, parts, names, file)
    walked = {workbook, *(found.part for found in parts.values() if found)}
    _walk_others(archive, (name for name in archive.namelist() if name not in walked), file)
    return Contents(sheets, (*oddities, *_name_active_content(names)))


def _find_workbook(archive: zipfile.ZipFile, names: frozenset[str], file: str) -> str:
    if "[Content_Types].xml" not in names:
        raise SourceFileError("S110", f"{file} is a zip container, but no workbook is in it.", remedy=_SAVE_AS_XLSX)
    for found in _read_relationships(archive, "", names, file).values():
        if found.kind == "officeDocument" and found.part.endswith(".bin"):
            raise SourceFileError("S110", f"{file} is a binary workbook (.xlsb).", remedy=_SAVE_AS_XLSX)
        if found.kind == "officeDocument" and found.part in names:
            return found.part
    raise SourceFileError("S110", f"{file} is an Office or zip file, but no workbook is in it.", remedy=_SAVE_AS_XLSX)


def _read_relationships(
    archive: zipfile.ZipFile, part: str, names: frozenset[str], file: str
) -> dict[str, _Relationship]:
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    walker = _RelationshipWalker(folder)
    if where in names:
        _walk(archive, where, walker, file)
    return walker.found


def _walk_sheets(
    archive: zipfile.ZipFile, parts: dict[str, _Relationship | None], names: frozenset[str], file: str
) -> tuple[dict[str, SheetEvidence], list[str]]:
    sheets: dict[str, SheetEvidence] = {}
    oddities: list[str] = []
    for name, found in parts.items():
        if found is None or found.part not in names:
            raise SourceFileError(
                "S118", f"{file} names a sheet that is not in it: {name!r:.60}.", remedy=_SAVE_AS_XLSX
            )
        if found.kind != "worksheet":
            oddities.append(f"sheet {name} is a {found.kind} and holds no cells")
            continue
        walker = SheetWalker(file, name)
        _walk(archive, found.part, walker, file)
        sheets[name] = walker.evidence
    return sheets, oddities


def _walk_others(archive: zipfile.ZipFile, parts: Iterable[str], file: str) -> None:
    for part in parts:
        if part.endswith((".xml", ".rels")):
            _walk(archive, part, _StylesWalker(), file)


def _walk(archive: zipfile.ZipFile, part: str, walker: ElementWalker, file: str) -> None:
    with open_part(archive, part, file) as source:
        walk_part(source, f"{file}: part {part}", walker)


def _name_active_content(names: frozenset[str]) -> list[str]:
    found = []
    if any(name.endswith("vbaProject.bin") for name in names):
        found.append("macros, which are never run")
    if any("/externalLinks/" in name for name in names):
        found.append("links to other workbooks, which are never followed")
    return found
