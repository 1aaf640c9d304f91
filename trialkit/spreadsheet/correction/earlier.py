"""Finds what an earlier round left in a workbook: the sheet that lists findings, which is known by its first cell."""

from __future__ import annotations

import re

from trialkit.spreadsheet.correction.parts import PatchedPackage
from trialkit.spreadsheet.correction.workbook_part import NamedSheet, WorkbookPart
from trialkit.spreadsheet.findings_mark import FINDINGS_MARK

_LOOKED_AT = 64 * 1024
_FIRST_SHARED = re.compile(
    rb"""<(?:\w+:)?c(?=\s)(?=[^<>]*\sr=["']A1["'])(?=[^<>]*\st=["']s["'])[^<>]*>\s*<(?:\w+:)?v>([0-9]{1,7})<"""
)
_STRING = re.compile(rb"<(?:\w+:)?si(?:\s[^<>]*)?(?:/>|>.*?</(?:\w+:)?si>)", re.DOTALL)


def find_earlier_list(package: PatchedPackage, workbook: WorkbookPart) -> NamedSheet | None:
    """The list of findings of an earlier round; None when there is none."""
    return next((sheet for sheet in reversed(workbook.sheets) if _begins_with_mark(sheet, package, workbook)), None)


def _begins_with_mark(sheet: NamedSheet, package: PatchedPackage, workbook: WorkbookPart) -> bool:
    with package.open(sheet.part) as source:
        start = source.read(_LOOKED_AT)
    mark = FINDINGS_MARK.encode()
    if mark in start:
        return True
    found = _FIRST_SHARED.search(start)
    shared = workbook.link_of("sharedStrings")
    if found is None or shared is None:
        return False
    strings = package.read(shared.part)
    if mark not in strings:
        return False
    wanted = int(found[1])
    return next((mark in entry[0] for number, entry in enumerate(_STRING.finditer(strings)) if number == wanted), False)
