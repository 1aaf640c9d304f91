"""Marks in workbooks of every make: what is there stays, what is marked is coloured and commented, nothing executes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from xml.parsers import expat

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font
from workbook_parts import MAIN, SHEET_PART, STYLES_PART, pack, sheet, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.correction import (
    CellMark,
    FindingRow,
    FindingsList,
    Grade,
    Marked,
    NotPatchableError,
    mark_workbook,
)

RED = "FFFFC2C9"
pytestmark = pytest.mark.filterwarnings("ignore:Workbook contains no default style")
STRICT = "http://purl.oclc.org/ooxml"


def _list(*rows: FindingRow) -> FindingsList:
    return FindingsList("Findings", ("One.",), ("CELL", "WHAT"), rows, (8, 40), 0)


def _mark(content: bytes, *addresses: str, name: str = "Data", **more: object) -> Marked:
    marks = [CellMark(name, address, Grade.ERROR, f"Please correct\n<{address}> & so on") for address in addresses]
    return mark_workbook(content, "site.xlsx", marks, _list(), **more)  # type: ignore[arg-type]  # as it names them


def _load(marked: Marked) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(marked.content))


def _parts(marked: Marked) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(marked.content)) as archive:
        assert archive.testzip() is None
        written = {name: archive.read(name).decode() for name in archive.namelist()}
    for name, text in written.items():
        expat.ParserCreate(namespace_separator=" ").Parse(text, True) if name.endswith((".xml", ".rels", ".vml")) else 0
    return written


def _is_marked(marked: Marked, address: str, name: str = "Data") -> bool:
    cell = _load(marked)[name][address]
    comment = cell.comment.text if cell.comment else ""
    return bool(cell.fill.fgColor.rgb == RED and comment.startswith(f"Please correct\n<{address}> & so on\n— trialkit"))


def _made(fill: Callable[[openpyxl.Workbook], object]) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Data"
    fill(workbook)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("rows", "address"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row>', "A1"),
        ('<row r="1"><c s="1" r="A1"><v>1</v></c><c r="C1"><v>3</v></c></row>', "B1"),
        ("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>", "B1"),
        ('<row r="2" spans="1:1"><c r="A2"><v>1</v></c></row>', "D2"),
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="7"><c r="A7"><v>1</v></c></row>', "B4"),
        ('<row r="2"><c r="A2"><v>1</v></c></row>', "AB900"),
        ('<row r="2"/>', "A2"),
        ("", "C3"),
        ('<row r="1"><c r="A1"><v><![CDATA[1]]></v></c><!-- <c r="B1"> --></row>', "B1"),
        ("<row r='1'><c r='A1' t='inlineStr'><is><t>a &gt; b</t></is></c></row>", "A1"),
        ('<row r="1"><c r="A1" t="str"><f>"&lt;c r=B1&gt;"</f><v>x</v></c></row>', "B1"),
    ],
)
def test_mark_when_the_cell_stands_there_or_not_then_it_is_marked_and_others_stay(rows: str, address: str) -> None:
    content = pack(workbook_parts(rows))
    before = {c.coordinate: c.value for row in openpyxl.load_workbook(io.BytesIO(content))["Data"] for c in row}

    marked = _mark(content, address)

    assert _is_marked(marked, address)
    after = {c.coordinate: c.value for row in _load(marked)["Data"] for c in row}
    assert {place: value for place, value in after.items() if value is not None} == {
        place: value for place, value in before.items() if value is not None
    }
    numbers = [int(number) for number in re.findall(r'<row r="([0-9]+)"', _parts(marked)[SHEET_PART])]
    assert numbers == sorted(set(numbers))


def test_mark_when_names_carry_a_prefix_then_what_is_added_carries_it_too() -> None:
    parts = workbook_parts()
    body = '<row r="1"><c r="A1"><v>1</v></c></row>'
    for name in (SHEET_PART, STYLES_PART, "xl/workbook.xml"):
        text = sheet(body) if name == SHEET_PART else parts[name]
        text = re.sub(r"<(/?)(\w)", r"<\1x:\2", text).replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
        parts[name] = text

    marked = _mark(pack(parts), "A1", "B2")

    assert _is_marked(marked, "A1")
    assert _is_marked(marked, "B2")
    assert "<x:legacyDrawing" in _parts(marked)[SHEET_PART]


def test_mark_when_a_prefix_means_two_things_then_it_is_not_patched() -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c><x xmlns="urn:other"><c xmlns="{MAIN}" r="A1"/></x></row>'

    with pytest.raises(NotPatchableError):
        _mark(pack(workbook_parts(rows)), "A1")


def test_mark_when_the_workbook_is_strict_then_its_own_names_are_used() -> None:
    parts = {
        name: text.replace(MAIN, f"{STRICT}/spreadsheetml/main").replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            f"{STRICT}/officeDocument/relationships",
        )
        for name, text in workbook_parts('<row r="1"><c r="A1"><v>1</v></c></row>').items()
    }

    written = _parts(_mark(pack(parts), "A1"))

    assert f'Type="{STRICT}/officeDocument/relationships/comments"' in written["xl/worksheets/_rels/sheet1.xml.rels"]
    assert written["xl/comments1.xml"].startswith(f'<comments xmlns="{STRICT}/spreadsheetml/main">')
    assert "schemas.openxmlformats.org/spreadsheetml" not in "".join(written.values())


def test_mark_when_there_are_no_styles_then_some_are_made() -> None:
    parts = workbook_parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    del parts[STYLES_PART]
    parts["xl/_rels/workbook.xml.rels"] = re.sub(
        r'<Relationship Id="rId2".*?/>', "", parts["xl/_rels/workbook.xml.rels"]
    )
    parts["[Content_Types].xml"] = re.sub(
        rf'<Override PartName="/{STYLES_PART}".*?/>', "", parts["[Content_Types].xml"]
    )

    marked = _mark(pack(parts), "A1")

    written = _parts(marked)
    assert RED in written["xl/styles.xml"]
    assert "/xl/styles.xml" in written["[Content_Types].xml"]


def test_mark_when_a_cell_has_a_look_then_only_its_fill_changes() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        cell = workbook.active["B2"]
        cell.value, cell.number_format, cell.font = 0.5, "0.00%", Font(italic=True, name="Georgia")
        workbook.active["C2"].font = Font(color="FFFFFFFF")
        workbook.active["C2"].value = 1

    page = _load(_mark(_made(fill), "B2", "C2"))["Data"]

    assert (page["B2"].number_format, page["B2"].font.i, page["B2"].font.name) == ("0.00%", True, "Georgia")
    assert page["B2"].fill.fgColor.rgb == RED
    assert page["C2"].font.color.rgb == "FFFFFFFF"
    assert page["C2"].fill.fgColor.rgb == "FFB4182D"  # white text stays legible


def test_mark_when_the_site_has_comments_then_ours_stands_below_its_own() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        page = workbook.active
        page["A1"], page["B1"] = 1, 2
        page["A1"].comment = Comment("measured <twice>", "nurse")
        page["D9"].comment = Comment("stays", "nurse")

    once = _mark(_made(fill), "A1", "B1")
    twice = mark_workbook(once.content, "site.xlsx", [], _list())

    page = _load(once)["Data"]
    assert page["A1"].comment.text.startswith("measured <twice>\n")
    assert "\nPlease correct\n<A1> & so on\n" in page["A1"].comment.text
    assert page["D9"].comment.text == "stays"
    drawing = next(text for name, text in _parts(once).items() if name.endswith(".vml"))
    assert drawing.count('ObjectType="Note"') == 3
    assert len(re.findall(r"<(?:\w+:)?Anchor>[0-9, ]+</", drawing)) == 2  # that of D9 stays as it was
    after = {c.coordinate: c.comment.text for row in _load(twice)["Data"] for c in row if c.comment}
    assert after == {"A1": "measured <twice>", "D9": "stays"}
    assert _load(twice)["Data"]["B1"].fill.fill_type is None
    assert next(text for name, text in _parts(twice).items() if name.endswith(".vml")).count('ObjectType="Note"') == 2


def test_mark_when_somebody_answered_in_our_comment_then_the_answer_stays() -> None:
    content = pack(workbook_parts('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c></row>'))
    workbook = _load(_mark(content, "A1", "B1"))
    page = workbook["Data"]
    page["A1"].comment = Comment(page["A1"].comment.text + "\nIt is right, see the source.", "trialkit")
    page["B1"].comment = Comment(page["B1"].comment.text, "")  # a program that forgets who wrote it
    out = io.BytesIO()
    workbook.save(out)

    page = _load(_mark(out.getvalue(), "A1", "B1"))["Data"]

    assert "It is right, see the source.\n—— trialkit ——\nPlease correct" in page["A1"].comment.text
    assert page["B1"].comment.text.count("Please correct") == 1


def test_mark_when_a_cell_hides_in_a_merged_area_then_its_corner_is_marked() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active["B2"] = 1
        workbook.active.merge_cells("B2:C4")

    page = _load(_mark(_made(fill), "C3"))["Data"]

    assert "<C3>" in page["B2"].comment.text


def test_mark_when_the_sheet_has_more_behind_its_rows_then_the_order_of_its_parts_is_kept() -> None:
    tail = '<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/><extLst/>'
    parts = workbook_parts('<row r="1"><c r="A1"><v>1</v></c></row>', after=tail)

    written = _parts(_mark(pack(parts), "A1"))[SHEET_PART]

    names = re.findall(r"<(\w+)", written[written.index("</sheetData>") :])
    assert names == ["pageMargins", "legacyDrawing", "extLst"]


def test_mark_when_parts_are_not_its_own_then_they_stay_byte_for_byte() -> None:
    parts = workbook_parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    content = pack({**parts, "xl/vbaProject.bin": b"\x00macro", "customXml/item1.xml": "<a>b</a>"})

    with zipfile.ZipFile(io.BytesIO(_mark(content, "A1").content)) as archive:
        assert archive.read("xl/vbaProject.bin") == b"\x00macro"
        assert archive.read("customXml/item1.xml") == b"<a>b</a>"
        assert archive.read("xl/sharedStrings.xml").decode() == parts["xl/sharedStrings.xml"]


def test_list_when_texts_look_like_formulas_then_they_are_texts_and_links_lead_to_their_cells() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active.title = "it's & so"
        workbook.create_sheet("Findings")["A1"] = "the site's own"

    texts = ("=1+1", "@SUM(A1)", "-1", "+1", "a\x07b", "_x0041_", "<b>&amp;")
    rows = [FindingRow(("B7", text), "it's & so", "B7") for text in texts]
    workbook = _load(mark_workbook(_made(fill), "s.xlsx", [], _list(*rows)))

    page = workbook["Findings (2)"]
    cells = [row[1] for row in page.iter_rows(min_row=5)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells[:4]] == list(texts[:4])
    assert all(cell.quotePrefix for cell in cells[:4])
    assert page["A5"].hyperlink.location == "'it''s & so'!B7"
    assert workbook["Findings"]["A1"].value == "the site's own"
    assert "<f>" not in "".join(_parts(mark_workbook(_made(fill), "s.xlsx", [], _list(*rows))).values())


def test_mark_when_rows_are_to_be_kept_then_others_go_and_formulas_become_values() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><f>B{n}*2</f><v>{n}</v></c></row>' for n in range(1, 6))

    marked = _mark(pack(workbook_parts(rows)), "A3", keep_rows={"Data": frozenset({1, 3})})

    cells = [cell for row in _load(marked)["Data"].iter_rows() for cell in row if cell.value is not None]
    assert [(cell.coordinate, cell.value) for cell in cells] == [("A1", 1), ("A3", 3)]


def test_mark_when_a_part_declares_a_document_type_then_it_is_refused() -> None:
    parts = workbook_parts()
    parts[SHEET_PART] = '<!DOCTYPE x [<!ENTITY a "b">]>' + sheet('<row r="1"><c r="A1"><v>1</v></c></row>')

    with pytest.raises(SourceFileError, match="S115"):
        _mark(pack(parts), "A1")


def test_mark_when_written_twice_then_the_bytes_are_the_same() -> None:
    content = pack(workbook_parts('<row r="1"><c r="A1"><v>1</v></c></row>'))

    assert _mark(content, "A1", "C4").content == _mark(content, "A1", "C4").content


_CELLS = st.dictionaries(
    st.tuples(st.integers(1, 12), st.integers(1, 30)),
    st.one_of(st.integers(-9, 9), st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)),
    max_size=20,
)


@settings(max_examples=15, deadline=None)
@given(cells=_CELLS, marks=st.sets(st.tuples(st.integers(1, 14), st.integers(1, 32)), min_size=1, max_size=8))
def test_mark_when_cells_are_any_then_values_stay_and_every_mark_shows(
    cells: Mapping[tuple[int, int], int | str], marks: set[tuple[int, int]]
) -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        for (row, column), value in cells.items():
            cell = workbook.active.cell(row, column)
            cell.value = value
            cell.data_type = "n" if isinstance(value, int) else "s"

    content = _made(fill)
    addresses = [f"{column_letters(column)}{row}" for row, column in sorted(marks)]
    before, after = openpyxl.load_workbook(io.BytesIO(content))["Data"], _load(_mark(content, *addresses))["Data"]

    assert {c.coordinate: c.value for row in before for c in row if c.value is not None} == {
        c.coordinate: c.value for row in after for c in row if c.value is not None
    }
    red = sorted((c.row, c.column) for row in after for c in row if c.fill.fgColor.rgb == RED)
    assert red == sorted(marks)
    assert all(after[address].comment for address in addresses)
