"""A schedule in, one HTML page out: it needs no other file, prints, and reads well aloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from trialkit.document.schedule.markup import add, page, render
from trialkit.document.schedule.table import (
    Cell,
    Footnote,
    RowGroup,
    ScheduleRow,
    ScheduleTable,
    TimepointGrid,
)

__all__ = ["schedule_page"]

_STYLE = """
:root { color-scheme: light; --line: #9aa5b1; --head: #e8eef4; --group: #f3f5f7; --ink: #1b2733; }
* { box-sizing: border-box; }
body { font: 15px/1.45 "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: var(--ink); margin: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; max-width: 60rem; }
.facts { color: #4a5866; font-size: .9rem; overflow-wrap: anywhere; }
.scroll { overflow: auto; max-height: 88vh; border: 1px solid var(--line); width: fit-content; max-width: 100%; }
table { border-collapse: separate; border-spacing: 0; font-size: .85rem; }
caption { text-align: left; font-weight: 600; padding: .5rem; caption-side: top; }
th, td { border-right: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: .2rem .4rem; }
td { text-align: center; white-space: nowrap; min-width: 2.2rem; }
th { text-align: left; font-weight: 600; background: var(--head); vertical-align: bottom; }
thead { position: sticky; top: 0; z-index: 2; }
thead th { text-align: center; }
thead th:first-child, tbody th { position: sticky; left: 0; z-index: 1; text-align: left; }
tbody th { background: #fff; white-space: nowrap; font-weight: 400; }
tbody th b { display: inline-block; min-width: 4.5rem; }
tbody th.group { background: var(--group); font-weight: 600; }
tbody tr:hover td, tbody tr:hover th { background: #fdf6d8; }
.turned { height: 11rem; vertical-align: bottom; font-weight: 400; }
.turned span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); }
.turned span { max-height: 10.5rem; text-align: left; }
td abbr, dt abbr { text-decoration: none; font-weight: 600; }
td.c { background: #eef5ff; }
td.o { background: #f6f6f6; }
td.remark { text-align: left; font-style: italic; }
sup { font-size: .7em; line-height: 0; }
dl { display: grid; grid-template-columns: max-content auto; gap: .15rem .75rem; margin: .25rem 0; max-width: 60rem; }
dt { font-weight: 600; }
dd { margin: 0; }
@page { margin: 10mm; }
@media print {
  body { margin: 0; font-size: 8pt; }
  .facts { font-size: 7pt; }
  h1 { font-size: 13pt; }
  h2 { font-size: 10pt; margin-top: 6mm; break-after: avoid; }
  .scroll { overflow: visible; max-height: none; border: 0; width: auto; }
  table { font-size: 6.5pt; border-top: 1px solid var(--line); border-left: 1px solid var(--line); }
  th, td { padding: .5pt 2pt; }
  td { min-width: 0; white-space: normal; }
  tbody th { white-space: normal; min-width: 45mm; }
  tbody th b { min-width: 3rem; }
  thead, thead th:first-child, tbody th { position: static; }
  .turned { height: 32mm; }
  .turned span { max-height: 31mm; }
  tr { break-inside: avoid; }
  .keep { break-inside: avoid; }
}
"""

_MOST_ON_A4 = 22
_WORDS = {"X": "required", "C": "conditional", "O": "optional"}


def schedule_page(table: ScheduleTable) -> bytes:
    """The schedule as one HTML page in UTF-8: visits, timepoints within the day, footnotes, open points."""
    root, body = page(f"Schedule of activities: {table.study}", "en-GB", _STYLE + _paper(len(table.columns)))
    main = add(body, "main")
    add(main, "h1", "Schedule of activities")
    add(main, "p", f"{table.study}: {table.study_title}")
    add(main, "p", _facts(table), class_="facts")
    _visits(main, table)
    _legend(main, table.legend, table.footnotes)
    for number, grid in enumerate(table.grids, 1):
        _grid(main, grid, f"grid-{number}")
    _points(main, "Rules for the schedule", table.restrictions)
    _points(main, "To be confirmed", table.to_confirm)
    return render(root)


def _paper(columns: int) -> str:
    """The paper that so many columns are printed on."""
    return f"@page {{ size: {'A3' if columns > _MOST_ON_A4 else 'A4'} landscape; }}\n"


def _facts(table: ScheduleTable) -> str:
    variant = f", variant {table.variant}" if table.variant else ""
    return (
        f"Protocol {table.protocol}{variant} ({table.protocol_title}), version {table.version}. "
        f"Definitions {table.digest[:12]}."
    )


def _visits(main: Element, table: ScheduleTable) -> None:
    grid = _scrolling(main, "visits", "Visits across, forms down")
    head = add(grid, "thead")
    row = _head_row(head, "Epoch")
    for span in table.epochs:
        add(row, "th", span.epoch or "–", scope="colgroup", colspan=str(span.columns))
    row = _head_row(head, "Visit")
    for column in table.columns:
        cell = add(row, "th", column.name, scope="col")
        _superscript(cell, column.notes)
    row = _head_row(head, "")
    for column in table.columns:
        add(add(row, "th", class_="turned"), "span", column.label + " (repeats)" * column.repeating)
    for name, words in (
        ("Study day", [column.day for column in table.columns]),
        ("Window, days", [column.window for column in table.columns]),
        ("Mode", [column.mode_words for column in table.columns]),
    ):
        row = _head_row(head, name)
        for text in words:
            add(row, "th", text)
    for group in table.groups:
        _rows(add(grid, "tbody"), group, len(table.columns))


def _grid(main: Element, grid: TimepointGrid, name: str) -> None:
    add(main, "h2", "Within the dosing day")
    inner = _scrolling(main, name, grid.title)
    head = add(inner, "thead")
    row = _head_row(head, "Timepoint")
    for column in grid.columns:
        add(row, "th", column.timepoint, scope="col", title=column.label)
    for label, words in (
        ("Minutes", [column.minutes for column in grid.columns]),
        ("Window, minutes", [column.window for column in grid.columns]),
    ):
        row = _head_row(head, label)
        for text in words:
            add(row, "th", text)
    _rows(add(inner, "tbody"), RowGroup("", grid.rows), len(grid.columns))


def _scrolling(main: Element, name: str, caption: str) -> Element:
    """A table in a box that scrolls, which a keyboard can reach and which has a name."""
    box = add(main, "div", class_="scroll", role="region", tabindex="0", aria_labelledby=f"{name}-caption")
    table = add(box, "table")
    add(table, "caption", caption, id=f"{name}-caption")
    return table


def _head_row(head: Element, name: str) -> Element:
    row = add(head, "tr")
    add(row, "th", name, scope="row")
    return row


def _rows(body: Element, group: RowGroup, columns: int) -> None:
    if group.title:
        row = add(body, "tr")
        add(row, "th", group.title, scope="rowgroup", class_="group")
        add(row, "td", colspan=str(columns))
    for form in group.rows:
        _row(add(body, "tr"), form, columns)


def _row(row: Element, form: ScheduleRow, columns: int) -> None:
    head = add(row, "th", scope="row")
    add(head, "b", form.form).tail = f" {form.title}"
    if form.remark:
        add(row, "td", form.remark, class_="remark", colspan=str(columns))
        return
    for cell in form.cells:
        _cell(add(row, "td", **_kind(cell)), cell)


def _kind(cell: Cell) -> dict[str, str]:
    letters = {mark.letter for mark in cell}
    return {"class_": letters.pop().lower()} if len(letters) == 1 and letters & {"C", "O"} else {}


def _cell(cell: Element, marks: Cell) -> None:
    last: Element | None = None
    for mark in marks:
        if last is not None:
            last.tail = (last.tail or "") + " "
        last = add(cell, "abbr", mark.letter, title=_WORDS.get(mark.letter, mark.letter))
        last = _superscript(cell, mark.footnotes) or last
        if mark.timepoints:
            last.tail = f"×{len(mark.timepoints)}"


def _superscript(parent: Element, notes: Sequence[str]) -> Element | None:
    return add(parent, "sup", ",".join(notes)) if notes else None


def _legend(main: Element, *lists: Iterable[Footnote]) -> None:
    add(main, "h2", "Marks and footnotes")
    for notes in lists:
        terms = add(main, "dl", class_="keep")
        for note in notes:
            add(terms, "dt", note.mark)
            add(terms, "dd", note.text)


def _points(main: Element, title: str, points: Sequence[str]) -> None:
    if points:
        add(main, "h2", title)
        listed = add(main, "ul")
        for point in points:
            add(listed, "li", point)
