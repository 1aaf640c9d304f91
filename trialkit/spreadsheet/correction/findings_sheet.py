"""The sheet that lists findings, as XML: every text a text, links to the cells, a header that stays and filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from trialkit.spreadsheet.cell_text import encode_escapes
from trialkit.spreadsheet.cells import MOST_ROWS, column_letters
from trialkit.spreadsheet.correction.geometry import count_lines
from trialkit.spreadsheet.correction.marks import FindingsList
from trialkit.spreadsheet.correction.plain_xml import escape_text, escape_value
from trialkit.spreadsheet.findings_mark import FINDINGS_MARK

_MOST_LINKS = 65_000
"""Excel takes 65,530 links on a sheet."""
_LONGEST_TEXT = 32_000
_LINE_HEIGHT = 13.5
_CHARACTERS = 1.15
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

Look = Callable[[str], int]
"""The number of a look by its name: title, head, text, quoted, number, link."""


def findings_sheet_xml(findings: FindingsList, look: Look, main: str) -> bytes:
    """The part of the sheet.

    Args:
        findings: what it lists.
        look: gives the numbers of looks.
        main: the namespace of worksheets.
    """
    return "".join(_pieces(findings, look, main)).encode("utf-8", "backslashreplace")


def header_row(findings: FindingsList) -> int:
    """The number of the row that holds the header."""
    return len(findings.lines) + 3


def last_row(findings: FindingsList) -> int:
    """The number of the last row of the table; the header's own when there is none below it."""
    return min(header_row(findings) + len(findings.rows), MOST_ROWS)


def _pieces(findings: FindingsList, look: Look, main: str) -> Iterator[str]:
    head, last = header_row(findings), last_row(findings)
    width = column_letters(len(findings.header))
    yield (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{main}">'
        '<sheetPr><tabColor rgb="FFB4182D"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{width}{last}"/><sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="A{head + 1}" sqref="A{head + 1}"/></sheetView></sheetViews>'
        '<sheetFormatPr defaultRowHeight="15"/><cols>'
    )
    for number, wide in enumerate(findings.widths, 1):
        yield f'<col min="{number}" max="{number}" width="{wide}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield f'<row r="1" ht="18" customHeight="1">{_text_cell("A1", FINDINGS_MARK, look("title"))}</row>'
    for number, line in enumerate(findings.lines, 2):
        yield f'<row r="{number}">{_text_cell(f"A{number}", line, look("title"))}</row>'
    names = (_text_cell(f"{column_letters(n)}{head}", name, look("head")) for n, name in enumerate(findings.header, 1))
    yield f'<row r="{head}">{"".join(names)}</row>'
    for number, row in enumerate(findings.rows[: last - head], head + 1):
        link = findings.link_column if row.address and number - head <= _MOST_LINKS else -1
        yield _row(row.cells, number, link, findings, look)
    yield f'</sheetData><autoFilter ref="A{head}:{width}{last}"/>'
    yield from _links(findings, head, last)
    yield (
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;L&amp;A&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter></worksheet>"
    )


def _row(cells: tuple[str | int | None, ...], number: int, link: int, findings: FindingsList, look: Look) -> str:
    pieces: list[str] = []
    lines = 1
    for place, value in enumerate(cells):
        address = f"{column_letters(place + 1)}{number}"
        if value is None or value == "":
            continue
        if isinstance(value, int):
            pieces.append(f'<c r="{address}" s="{look("number")}"><v>{value}</v></c>')
            continue
        name = "link" if place == link else "quoted" if value.startswith(_FORMULA_SIGNS) else "text"
        pieces.append(_text_cell(address, value, look(name)))
        room = max(int(findings.widths[place] * _CHARACTERS), 1)
        lines = max(lines, count_lines(value, room))
    height = f' ht="{min(lines * _LINE_HEIGHT + 1.5, 409)}" customHeight="1"' if lines > 1 else ""
    return f'<row r="{number}"{height}>{"".join(pieces)}</row>'


def _links(findings: FindingsList, head: int, last: int) -> Iterator[str]:
    column = column_letters(findings.link_column + 1)
    links = [
        f'<hyperlink ref="{column}{number}" location="{escape_value(place_of(row.sheet, row.address))}" '
        f'display="{escape_value(row.address)}"/>'
        for number, row in enumerate(findings.rows[: last - head], head + 1)
        if row.address
    ]
    if links:
        yield f"<hyperlinks>{''.join(links[:_MOST_LINKS])}</hyperlinks>"


def place_of(sheet: str, address: str) -> str:
    """A cell as formulas and links name it: ``'Vital signs'!D14``."""
    return "'" + sheet.replace("'", "''") + f"'!{address}"


def _text_cell(address: str, text: str, look: int) -> str:
    """A cell whose text stands in it and is never a formula."""
    return f'<c r="{address}" s="{look}" t="inlineStr"><is><t xml:space="preserve">{_words(text)}</t></is></c>'


@lru_cache(maxsize=1024)  # a list says the same things over and over
def _words(text: str) -> str:
    shown = text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
    return escape_text(encode_escapes(shown))
