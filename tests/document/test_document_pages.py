"""The schedule as a web page and as a workbook: nothing is pasted, nothing is run, the same study the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from document_sample import PROTOCOL, small_study

from trialkit.document import make_schedule, schedule_page, write_schedule_workbook
from trialkit.errors import UsageError
from trialkit.spreadsheet import read_workbook
from trialkit.spreadsheet.printing import Look, PrintCell, PrintSheet, write_printable

_EVIL = '<script>alert("1")</script> & =1+1'


class _Page(HTMLParser):
    """Tags with their attributes, and the words between them."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_page_when_texts_hold_markup_then_it_stays_text() -> None:
    page = _Page(schedule_page(make_schedule(small_study(title=_EVIL))))

    assert page.all("script") == []
    assert any(_EVIL in words for words in page.words)
    assert any("Timed <monitoring> & more" in words for words in page.words)


def test_page_when_it_is_opened_then_it_needs_no_other_file() -> None:
    content = schedule_page(make_schedule(small_study())).decode()

    page = _Page(content.encode())
    assert not any(page.all(tag) for tag in ("link", "img", "iframe", "object"))
    assert "url(" not in content
    assert "http" not in content


def test_page_when_it_is_read_aloud_then_headers_have_scopes_and_tables_names() -> None:
    page = _Page(schedule_page(make_schedule(small_study())))

    scopes = [attributes.get("scope") for attributes in page.all("th")]
    assert scopes.count("rowgroup") == 4
    assert scopes.count("col") == len(PROTOCOL.visits) + 2
    assert len(page.all("caption")) == len(page.all("table")) == 2
    assert page.all("html") == [{"lang": "en-GB"}]
    assert {attributes["title"] for attributes in page.all("abbr")} == {"required", "conditional", "optional"}


def test_page_when_rows_are_counted_then_each_has_as_many_cells_as_there_are_visits() -> None:
    page = _Page(schedule_page(make_schedule(small_study())))

    widths: list[int] = []
    for tag, attributes in page.tags:
        if tag == "tr":
            widths.append(0)
        elif tag in ("td", "th"):
            widths[-1] += int(attributes.get("colspan") or 1)
    assert set(widths) == {len(PROTOCOL.visits) + 1, 3}


def test_page_when_made_twice_then_the_bytes_are_the_same() -> None:
    assert schedule_page(make_schedule(small_study())) == schedule_page(make_schedule(small_study()))


def test_page_when_a_text_holds_control_characters_then_they_are_replaced() -> None:
    content = schedule_page(make_schedule(small_study(title="a\x00b\x1fc\x85d"))).decode()

    assert "a\ufffdb\ufffdc\ufffdd" in content


def test_workbook_when_written_then_headers_are_frozen_and_it_prints_on_one_width(tmp_path: Path) -> None:
    write_schedule_workbook(tmp_path / "s.xlsx", make_schedule(small_study()))

    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["Schedule"]
    assert sheet.freeze_panes == "C8"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$7"
    assert "$A$1:$H$" in sheet.print_area


def test_workbook_when_read_back_then_marks_stand_below_their_visits(tmp_path: Path) -> None:
    write_schedule_workbook(tmp_path / "s.xlsx", make_schedule(small_study()))

    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    rows = {row[0].value: [cell.value for cell in row[2:]] for row in book["Schedule"].iter_rows()}
    assert rows["Visit"] == ["V0", "V1 (a)", "H1", "H2", "H3", "FU"]
    assert rows["VS"] == ["X", "X", None, None, None, "Cb,c"]
    assert book.sheetnames == ["Schedule", "Day 1", "Notes"]
    assert [cell.value for cell in book["Day 1"][2]][2:] == ["PRE", "T+40"]


def test_workbook_when_a_text_begins_like_a_formula_then_it_stays_text(tmp_path: Path) -> None:
    write_schedule_workbook(tmp_path / "s.xlsx", make_schedule(small_study()))

    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["Notes"]
    (cell,) = [cell for row in sheet.iter_rows() for cell in row if "childbearing" in str(cell.value)]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=participant of childbearing potential", "s", True)
    assert len(read_workbook(tmp_path / "s.xlsx").sheets) == 3


def test_workbook_when_made_twice_then_the_bytes_are_the_same(tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_schedule_workbook(tmp_path / name, make_schedule(small_study()))

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_printing_when_a_sheet_name_is_impossible_then_nothing_is_written(tmp_path: Path) -> None:
    sheet = PrintSheet("a/b", ((PrintCell("x", Look.MARK),),), (10.0,))

    with pytest.raises(UsageError, match="S131"):
        write_printable(tmp_path / "s.xlsx", [sheet], datetime(2026, 1, 1, tzinfo=UTC))
    assert list(tmp_path.iterdir()) == []
