"""The table of contents of a workbook: which sheets it names, where their parts are, and whether all parts are sound.

An opened container goes in; the parts that are no sheets are walked once under limits. No cell is read here.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.names import REFERENCES, RELATIONSHIP, SAVE_AS_XLSX, STRICT_MAIN, local_name
from trialkit.spreadsheet.package import open_part, part_finder
from trialkit.spreadsheet.safe_xml import ElementWalker, walk_part

_TRUE = ("1", "true", "on")
_OTHER_ROOTS = {"document": "a Word document", "presentation": "a PowerPoint presentation"}


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One sheet of the table of contents.

    Attributes:
        name: as on its tab.
        visible: whether a person who opens the workbook sees it.
        kind: ``worksheet``, ``chartsheet``, ``dialogsheet``, ``xlMacrosheet``.
        part: the name of its part in the container.
    """

    name: str
    visible: bool
    kind: str
    part: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a workbook announces.

    Attributes:
        sheets: in the order of the tabs.
        styles: the part that holds the cell formats; None when there is none.
        strings: the part that holds the shared strings; None when there is none.
        from_1904: whether dates count from 1904-01-01.
        is_strict: whether it is written in the strict edition.
        has_macros: whether it carries macros.
        has_links: whether it refers to other workbooks.
        is_to_calculate: whether it asks to be calculated anew when it is opened.
    """

    sheets: tuple[SheetEntry, ...]
    styles: str | None
    strings: str | None
    from_1904: bool
    is_strict: bool
    has_macros: bool
    has_links: bool
    is_to_calculate: bool


@dataclass(frozen=True, slots=True)
class _Relationship:
    kind: str
    part: str


class _RelationshipWalker(ElementWalker):
    def __init__(self, folder: str, find_part: Callable[[str], str]) -> None:
        super().__init__()
        self._folder, self._find_part = folder, find_part
        self.found: dict[str, _Relationship] = {}

    def open(self, name: str, attributes: dict[str, str]) -> None:
        if name == RELATIONSHIP and attributes.get("TargetMode") != "External":
            part = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", ""))).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = _Relationship(kind, self._find_part(part))


class _WorkbookWalker(ElementWalker):
    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self.sheets: list[tuple[str, str, str]] = []
        self.from_1904 = self.is_to_calculate = False

    def open(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        local = local_name(name)
        if local == "sheet":
            reference = next((attributes[key] for key in REFERENCES if key in attributes), "")
            self.sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), reference))
        elif local == "workbookPr":
            self.from_1904 = attributes.get("date1904") in _TRUE
        elif local == "calcPr":
            self.is_to_calculate = attributes.get("fullCalcOnLoad") in _TRUE


def read_contents(archive: zipfile.ZipFile, file: str) -> Contents:
    """Find the sheets of a workbook, and walk every other XML part for what no workbook may hold.

    Args:
        archive: the container.
        file: the file's name, for messages.

    Raises:
        SourceFileError: S110 (no workbook inside), S112 (damaged), S115 (document type), S116 (broken XML),
            S117 (no sheets), S118 (a sheet's part is missing).
    """
    names = frozenset(archive.namelist())
    find_part = part_finder(names)
    workbook = _find_workbook(archive, find_part, names, file)
    walker = _WorkbookWalker()
    walk(archive, workbook, walker, file)
    if local_name(walker.root) != "workbook":
        other = _OTHER_ROOTS.get(walker.root.rpartition(" ")[2], "another Office or zip file")
        raise SourceFileError("S110", f"{file} is not an Excel workbook: it is {other}.", remedy=SAVE_AS_XLSX)
    if not walker.sheets:
        raise SourceFileError("S117", f"{file} holds no sheets.", remedy=SAVE_AS_XLSX)
    relationships = _read_relationships(archive, workbook, find_part, names, file)
    sheets = tuple(
        _find_sheet(name, state, relationships.get(reference), names, file) for name, state, reference in walker.sheets
    )
    parts = {found.kind: found.part for found in relationships.values() if found.part in names}
    walked = {workbook, parts.get("styles"), parts.get("sharedStrings"), *(sheet.part for sheet in sheets)}
    _walk_others(archive, (name for name in archive.namelist() if name not in walked), file)
    return Contents(
        sheets,
        styles=parts.get("styles"),
        strings=parts.get("sharedStrings"),
        from_1904=walker.from_1904,
        is_strict=walker.root.startswith(STRICT_MAIN),
        has_macros=any(name.casefold().endswith("vbaproject.bin") for name in names),
        has_links=any("/externallinks/" in name.casefold() for name in names),
        is_to_calculate=walker.is_to_calculate,
    )


def walk(archive: zipfile.ZipFile, part: str, walker: ElementWalker, file: str) -> None:
    """Walk one part of the container."""
    with open_part(archive, part, file) as source:
        walk_part(source, f"{file}: part {part}", walker)


def _find_workbook(archive: zipfile.ZipFile, find_part: Callable[[str], str], names: frozenset[str], file: str) -> str:
    if find_part("[Content_Types].xml") not in names:
        raise SourceFileError("S110", f"{file} is a zip container, but no workbook is in it.", remedy=SAVE_AS_XLSX)
    for found in _read_relationships(archive, "", find_part, names, file).values():
        if found.kind == "officeDocument" and found.part.endswith(".bin"):
            raise SourceFileError("S110", f"{file} is a binary workbook (.xlsb).", remedy=SAVE_AS_XLSX)
        if found.kind == "officeDocument" and found.part in names:
            return found.part
    raise SourceFileError("S110", f"{file} is an Office or zip file, but no workbook is in it.", remedy=SAVE_AS_XLSX)


def _read_relationships(
    archive: zipfile.ZipFile, part: str, find_part: Callable[[str], str], names: frozenset[str], file: str
) -> dict[str, _Relationship]:
    folder, name = posixpath.split(part)
    where = find_part(posixpath.join(folder, "_rels", f"{name}.rels"))
    walker = _RelationshipWalker(folder, find_part)
    if where in names:
        walk(archive, where, walker, file)
    return walker.found


def _find_sheet(name: str, state: str, found: _Relationship | None, names: frozenset[str], file: str) -> SheetEntry:
    if found is None or found.part not in names:
        raise SourceFileError("S118", f"{file} names a sheet that is not in it: {name!r:.60}.", remedy=SAVE_AS_XLSX)
    return SheetEntry(name, state == "visible", found.kind, found.part)


def _walk_others(archive: zipfile.ZipFile, parts: Iterable[str], file: str) -> None:
    for part in parts:
        if part.casefold().endswith((".xml", ".rels")):
            walk(archive, part, ElementWalker(), file)
