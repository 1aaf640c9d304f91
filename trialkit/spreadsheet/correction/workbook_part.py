"""The part that names the sheets of a workbook: which there are, and one more for the findings at the end."""

from __future__ import annotations

from dataclasses import dataclass

from trialkit.spreadsheet.correction.elements import (
    Element,
    children,
    find_root,
    prefix_of,
    read_attributes,
)
from trialkit.spreadsheet.correction.marks import NotPatchableError
from trialkit.spreadsheet.correction.parts import Link, PatchedPackage
from trialkit.spreadsheet.correction.plain_xml import escape_text, escape_value

_STRICT = "http://purl.oclc.org/ooxml/"
_BEFORE_NAMES = (
    "fileVersion", "fileSharing", "workbookPr", "AlternateContent", "workbookProtection", "bookViews", "sheets",
    "functionGroups", "externalReferences",
)  # fmt: skip
_LONGEST_NAME = 31


@dataclass(frozen=True, slots=True)
class Flavour:
    """The names that a workbook uses: of worksheets, and of relationships between its parts."""

    main: str
    office: str

    def type_of(self, kind: str) -> str:
        """The type of a relationship: ``comments``."""
        return f"{self.office}/{kind}"


TRANSITIONAL = Flavour(
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)
STRICT = Flavour(f"{_STRICT}spreadsheetml/main", f"{_STRICT}officeDocument/relationships")


@dataclass(frozen=True, slots=True)
class NamedSheet:
    """A worksheet: its name, its place among the tabs from 0, and its part."""

    name: str
    place: int
    part: str


class WorkbookPart:
    """The sheets of a workbook that is being patched. Raises NotPatchableError where it names none."""

    def __init__(self, package: PatchedPackage) -> None:
        self._package = package
        self.part = _find_part(package)
        self._xml = package.read_plain(self.part)
        root = find_root(self._xml)
        self._prefix = prefix_of(root.name)
        bound = root.get(b"xmlns:" + self._prefix.rstrip(b":") if self._prefix else b"xmlns") or ""
        self.flavour = STRICT if bound == STRICT.main else TRANSITIONAL
        if bound not in (STRICT.main, TRANSITIONAL.main):
            raise NotPatchableError("the workbook is of another kind")
        self.links = {link.name: link for link in package.links(self.part)}
        self.sheets = tuple(self._read_sheets())
        self._names = [sheet.name.casefold() for sheet in self.sheets] + self._other_names

    def link_of(self, kind: str) -> Link | None:
        """The relationship of a kind, such as styles."""
        return next((link for link in self.links.values() if link.kind == kind and link.part in self._package), None)

    def free_sheet_name(self, wanted: str) -> str:
        """A name that no sheet has."""
        candidates = [wanted, *(f"{wanted[: _LONGEST_NAME - 5]} ({number})" for number in range(2, 1_000))]
        return next(name for name in candidates if name.casefold() not in self._names)

    def add_sheet(self, name: str, part: str) -> int:
        """Put a sheet behind the others; returns its place among the tabs."""
        link = self._package.add_link(self.part, self.flavour.type_of("worksheet"), part)
        listed = self._section("sheets")
        if listed is None:
            raise NotPatchableError("the workbook has no sheets")
        entries = list(children(self._xml, listed))
        ids = [int(text) for entry in entries if (text := entry.get(b"sheetId") or "").isdecimal()]
        text = (
            f'<{self._prefix.decode()}sheet xmlns:r="{self.flavour.office}" name="{escape_value(name)}" '
            f'sheetId="{max(ids, default=0) + 1}" r:id="{link}"/>'
        )
        self._insert(listed.inner_end, text)
        return len(entries)

    def define(self, place: int, defined: dict[str, str]) -> None:
        """Define names for the sheet at a place, instead of what they stood for before."""
        section = self._section("definedNames")
        for entry in reversed(list(children(self._xml, section)) if section is not None else []):
            if entry.get(b"localSheetId") == str(place) and entry.get(b"name") in defined:
                self._xml = self._xml[: entry.start] + self._xml[entry.end :]
        self._add_names(place, defined)
        self._package.write(self.part, self._xml)

    def drop_formula_chain(self) -> None:
        """Leave out the order of calculation, which names cells that no longer hold formulas."""
        self._package.drop_link(self.part, "calcChain")

    def _read_sheets(self) -> list[NamedSheet]:
        listed = self._section("sheets")
        found: list[NamedSheet] = []
        self._other_names: list[str] = []
        for place, entry in enumerate(children(self._xml, listed) if listed is not None else ()):
            given = read_attributes(entry.attributes)
            link = self.links.get(next((text for key, text in given.items() if key.endswith(b":id")), ""))
            if link is not None and link.kind == "worksheet":
                found.append(NamedSheet(given.get(b"name", ""), place, link.part))
            else:
                self._other_names.append(given.get(b"name", "").casefold())
        return found

    def _section(self, name: str) -> Element | None:
        wanted = self._prefix + name.encode()
        return next((found for found in children(self._xml, find_root(self._xml)) if found.name == wanted), None)

    def _add_names(self, place: int, defined: dict[str, str]) -> None:
        prefix = self._prefix.decode()
        entries = "".join(
            f'<{prefix}definedName name="{name}" localSheetId="{place}"'
            + (' hidden="1"' if name.endswith("FilterDatabase") else "")
            + f">{escape_text(meant)}</{prefix}definedName>"
            for name, meant in defined.items()
        )
        section = self._section("definedNames")
        if section is not None and not section.is_empty:
            self._insert(section.inner_end, entries)
            return
        root = find_root(self._xml)
        before = [
            found.end
            for found in children(self._xml, root)
            if found.name.rpartition(b":")[2].decode("utf-8", "replace") in _BEFORE_NAMES
        ]
        if section is not None:
            self._xml = self._xml[: section.start] + self._xml[section.end :]
        self._insert(max(before, default=root.inner_end), f"<{prefix}definedNames>{entries}</{prefix}definedNames>")

    def _insert(self, place: int, text: str) -> None:
        self._xml = self._xml[:place] + text.encode() + self._xml[place:]


def _find_part(package: PatchedPackage) -> str:
    for link in package.links(""):
        if link.kind == "officeDocument" and link.part in package:
            return link.part
    raise NotPatchableError("no workbook is in it")
