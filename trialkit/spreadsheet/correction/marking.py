"""Marks a workbook: its bytes and the marks go in, the same workbook with colours, comments and a list comes out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.correction.earlier import find_earlier_list
from trialkit.spreadsheet.correction.elements import Element, elements_between, read_attributes
from trialkit.spreadsheet.correction.findings_sheet import findings_sheet_xml, header_row, last_row, place_of
from trialkit.spreadsheet.correction.geometry import Grid
from trialkit.spreadsheet.correction.mark_places import join_marks, move_to_corners, row_and_column
from trialkit.spreadsheet.correction.marks import (
    MOST_COMMENTS,
    CellMark,
    FindingsList,
    Grade,
    NotPatchableError,
)
from trialkit.spreadsheet.correction.note_shapes import ShapeNumbers, write_shapes
from trialkit.spreadsheet.correction.notes import write_notes
from trialkit.spreadsheet.correction.parts import PatchedPackage
from trialkit.spreadsheet.correction.plain_xml import NotPlainError, make_plain
from trialkit.spreadsheet.correction.sheet_pass import SheetPass, SheetTail
from trialkit.spreadsheet.correction.styles import Styles
from trialkit.spreadsheet.correction.workbook_part import NamedSheet, WorkbookPart
from trialkit.spreadsheet.package import open_package

_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AFTER_DRAWING = frozenset(
    {
        b"legacyDrawingHF", b"drawingHF", b"picture", b"oleObjects", b"controls", b"webPublishItems", b"tableParts",
        b"extLst",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked workbook.

    Attributes:
        content: its bytes.
        commented: how many cells got a comment.
        uncommented: how many cells are coloured only: too many, or a thread of comments stands there.
        sheet: what the sheet of findings is called.
    """

    content: bytes
    commented: int
    uncommented: int
    sheet: str


def mark_workbook(
    content: bytes,
    file: str,
    marks: Sequence[CellMark],
    findings: FindingsList,
    keep_rows: Mapping[str, frozenset[int]] | None = None,
) -> Marked:
    """Mark cells of a workbook and add a sheet that lists the findings.

    Everything that is not named here stays as it is: layout, looks, formulas, comments, hidden parts, macros.
    A list, colours and comments of an earlier round are replaced.

    Args:
        content: the workbook.
        file: its name, for messages.
        marks: the cells; several for one cell are told in one comment.
        findings: the list.
        keep_rows: sheet to the only rows to keep, their formulas as values; None keeps every row of every sheet.

    Raises:
        SourceFileError: S110 to S116, as for reading.
        NotPatchableError: the workbook can not be patched soundly.
    """
    with open_package(content, file) as archive:
        marking = _Marking(PatchedPackage(archive, file))
        return marking.run(_by_sheet(marks), findings, keep_rows or {})


def _by_sheet(marks: Sequence[CellMark]) -> dict[str, dict[str, CellMark]]:
    """Sheet to address to one mark for each cell."""
    found: dict[str, list[CellMark]] = {}
    for mark in marks:
        found.setdefault(mark.sheet, []).append(mark)
    return {sheet: join_marks(several) for sheet, several in found.items()}


class _Marking:
    def __init__(self, package: PatchedPackage) -> None:
        self._package = package
        self._workbook = WorkbookPart(package)
        self._flavour = self._workbook.flavour
        linked = self._workbook.link_of("styles")
        self._styles_part = None if linked is None else linked.part
        xml = None if linked is None else package.read_plain(linked.part)
        self._styles = Styles(xml, self._flavour.main)
        self._numbers: ShapeNumbers | None = None
        self._commented = self._uncommented = 0

    def run(
        self, marks: Mapping[str, Mapping[str, CellMark]], findings: FindingsList, keep: Mapping[str, frozenset[int]]
    ) -> Marked:
        """Patch every part that has to be."""
        sheets = {sheet.name: sheet for sheet in self._workbook.sheets}
        if missing := [name for name in marks if name not in sheets]:
            raise NotPatchableError(f"sheet {missing[0]!r:.40} is not found again")
        listing = find_earlier_list(self._package, self._workbook)
        for sheet in self._workbook.sheets:
            wanted = marks.get(sheet.name, {})
            if sheet != listing and (wanted or sheet.name in keep or (listing is not None and self._is_touched(sheet))):
                self._patch_sheet(sheet, wanted, keep.get(sheet.name))
        if keep:
            self._workbook.drop_formula_chain()
        name = self._write_listing(findings, listing)
        self._write_styles()
        return Marked(self._package.pack(), self._commented, self._uncommented, name)

    def _is_touched(self, sheet: NamedSheet) -> bool:
        """Whether colours or comments of an earlier round may stand on a sheet."""
        return bool(self._styles.coloured) or any(link.kind == "comments" for link in self._package.links(sheet.part))

    def _patch_sheet(self, sheet: NamedSheet, marks: Mapping[str, CellMark], keep: frozenset[int] | None) -> None:
        marks = move_to_corners(marks, self._package, sheet)
        rows: dict[int, dict[int, Grade]] = {}
        for address, mark in marks.items():
            row, column = row_and_column(address)
            rows.setdefault(row, {})[column] = mark.grade
        out = io.BytesIO()
        learned = self._pass(sheet, rows, keep, out)
        texts = {address: mark.comment for address, mark in marks.items() if mark.comment}
        room = max(MOST_COMMENTS - self._commented, 0)
        self._uncommented += max(len(texts) - room, 0)
        texts = dict(list(texts.items())[:room])
        out.write(self._comment(sheet, texts, learned))
        self._package.write(sheet.part, out.getvalue())

    def _pass(
        self, sheet: NamedSheet, rows: Mapping[int, Mapping[int, Grade]], keep: frozenset[int] | None, out: io.BytesIO
    ) -> SheetTail:
        where = self._package.where(sheet.part)
        try:
            with self._package.open(sheet.part) as source:
                return SheetPass(rows, self._styles, where, keep_rows=keep).run(source, out.write)
        except NotPlainError:
            out.seek(0)
            out.truncate()
            plain = make_plain(self._package.read(sheet.part), where)
            return SheetPass(rows, self._styles, where, keep_rows=keep).run(io.BytesIO(plain), out.write)

    def _comment(self, sheet: NamedSheet, texts: Mapping[str, str], learned: SheetTail) -> bytes:
        """Write the comments of a sheet; returns the end of its part, which leads to their boxes."""
        links = {link.kind: link for link in self._package.links(sheet.part) if link.part in self._package}
        comments = links.get("comments")
        if not texts and comments is None:
            return learned.tail
        before = None if comments is None else self._package.read_plain(comments.part)
        notes = write_notes(before, texts, self._flavour.main)
        self._commented += len(texts) - len(notes.untold)
        self._uncommented += len(notes.untold)
        if comments is None:
            part = self._package.free_name("xl/comments{}.xml")
            self._package.add_link(sheet.part, self._flavour.type_of("comments"), part)
            self._package.declare(part, f"{_CONTENT}.comments+xml")
        else:
            part = comments.part
        self._package.write(part, notes.xml)
        grid = Grid(learned.head, learned.prefix, learned.heights)
        drawing = self._find_drawing(sheet, learned)
        boxes = notes.boxes if drawing is not None else {**notes.others, **notes.boxes}
        shapes = write_shapes(
            None if drawing is None else self._package.read(drawing), boxes, notes.gone, grid, self._shape_numbers()
        )
        if drawing is not None:
            self._package.write(drawing, shapes)
            return learned.tail
        return self._add_drawing(sheet, shapes, learned)

    def _shape_numbers(self) -> ShapeNumbers:
        if self._numbers is None:
            drawings = [name for name in self._package.part_names() if name.lower().endswith(".vml")]
            self._numbers = ShapeNumbers(self._package.read(name) for name in drawings)
        return self._numbers

    def _find_drawing(self, sheet: NamedSheet, learned: SheetTail) -> str | None:
        """The part with the boxes of a sheet's comments and controls, as the sheet names it."""
        element = self._tail_element(learned, b"legacyDrawing")
        if element is None:
            return None
        given = [value for key, value in read_attributes(element.attributes).items() if key.endswith(b":id")]
        links = {link.name: link.part for link in self._package.links(sheet.part)}
        part = links.get(given[0]) if given else None
        if part is None or part not in self._package:
            raise NotPatchableError(f"sheet {sheet.name!r:.40} names a drawing that is not there")
        return part

    def _tail_element(self, learned: SheetTail, name: bytes) -> Element | None:
        wanted = learned.prefix + name
        return next((found for found in _tail_elements(learned) if found.name == wanted), None)

    def _add_drawing(self, sheet: NamedSheet, shapes: bytes, learned: SheetTail) -> bytes:
        part = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
        self._package.write(part, shapes)
        self._package.declare_ending("vml", _VML)
        link = self._package.add_link(sheet.part, self._flavour.type_of("vmlDrawing"), part)
        text = b'<%slegacyDrawing xmlns:r="%s" r:id="%s"/>' % (
            learned.prefix, self._flavour.office.encode(), link.encode()
        )  # fmt: skip
        place = _tail_place(learned)
        return learned.tail[:place] + text + learned.tail[place:]

    def _write_listing(self, findings: FindingsList, before: NamedSheet | None) -> str:
        xml = findings_sheet_xml(findings, self._styles.listing, self._flavour.main)
        if before is not None:
            self._package.write(before.part, xml)
            self._package.drop_link(before.part, "comments")
            self._package.drop_link(before.part, "vmlDrawing")
            self._workbook.define(before.place, _defined(before.name, findings))
            return before.name
        name = self._workbook.free_sheet_name(findings.name)
        part = self._package.free_name("xl/worksheets/sheet{}.xml")
        self._package.write(part, xml)
        self._package.declare(part, f"{_CONTENT}.worksheet+xml")
        self._workbook.define(self._workbook.add_sheet(name, part), _defined(name, findings))
        return name

    def _write_styles(self) -> None:
        part = self._styles_part
        if part is None:
            part = self._package.free_name("xl/styles{}.xml", "")
            self._package.add_link(self._workbook.part, self._flavour.type_of("styles"), part)
            self._package.declare(part, f"{_CONTENT}.styles+xml")
        self._package.write(part, self._styles.render())


def _defined(sheet: str, findings: FindingsList) -> dict[str, str]:
    """The names that programs expect where a sheet is filtered and its header printed on each page."""
    head, width = header_row(findings), column_letters(len(findings.header))
    return {
        "_xlnm._FilterDatabase": place_of(sheet, f"$A${head}:${width}${last_row(findings)}"),
        "_xlnm.Print_Titles": place_of(sheet, f"${head}:${head}"),
    }


def _tail_elements(learned: SheetTail) -> list[Element]:
    """The elements behind the rows of a sheet."""
    tail = learned.tail
    return list(elements_between(tail, tail.index(b">") + 1, tail.rfind(b"</")))


def _tail_place(learned: SheetTail) -> int:
    """Where the element that leads to the boxes belongs: the order of these elements is prescribed."""
    for element in _tail_elements(learned):
        name = element.name.removeprefix(learned.prefix)
        if name in _AFTER_DRAWING or b"AlternateContent" in name:
            return element.start
    return learned.tail.rfind(b"</")
