"""``trialkit workbook read``: what trialkit sees in a file, before any study or mapping: sheets, headers, oddities."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option
from trialkit.cli.output import as_json, plural, printable, show_table
from trialkit.cli.paint import paint

if TYPE_CHECKING:
    from trialkit.capture import SheetLayout
    from trialkit.extension import Reader
    from trialkit.model.source import Oddity, SourceFile, SourceSheet

EXAMPLES = """\b
Examples:
  trialkit workbook read site012.xlsx
  trialkit workbook read site012.xlsx --sheet "Vital signs" --all
  trialkit workbook read lab.csv --encoding cp1252 --delimiter ";"
  trialkit workbook read site012.xlsx --json
"""
_SHOWN_ROWS = 5
_SHOWN_COLUMNS = 60
_SHOWN_FINDINGS = 40
_WIDEST = 24
_CELLS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class _Look:
    """The file, the sheets that are looked at, and everything that is odd about them."""

    source: SourceFile
    layouts: tuple[SheetLayout, ...]
    oddities: tuple[Oddity, ...]


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", "sheet_name", help="Only this sheet; the way to look into a hidden one.")
@click.option(
    "--header-row",
    type=click.IntRange(min=0),
    help="The row that holds the headers, 0 for none; guessed when left out.",
)
@click.option("--encoding", help="Encoding of a CSV file; recognised and said when left out.")
@click.option("--delimiter", help="Delimiter of a CSV file; recognised and said when left out.")
@click.option("--all", "show_all", is_flag=True, help="Show every finding and every row, not the first ones.")
@json_option
def read(
    file: Path,
    sheet_name: str | None,
    header_row: int | None,
    encoding: str | None,
    delimiter: str | None,
    show_all: bool,
    as_json: bool,
) -> None:
    """Show what trialkit sees in FILE: sheets, layout, headers, first rows, and everything odd with its cell.

    FILE is a workbook or CSV file, or of a kind that an installed plugin reads; no study is needed. It is read in a
    process of its own under limits, and nothing in it is ever executed. A table whose columns can not be told apart
    is refused.
    """
    from trialkit.capture import choose_sheet, look_at_layout, read_source
    from trialkit.extension import ReadOptions

    source = read_source(file, _readers(file), ReadOptions(encoding, delimiter))
    named = None if sheet_name is None else choose_sheet(source, sheet_name)
    sheets = [named] if named is not None else [sheet for sheet in source.sheets if sheet.visible]
    filled = [sheet for sheet in sheets if sheet.rows]
    layouts = tuple(
        look_at_layout(source, sheet, header_row, may_refuse=len(filled) == 1 and header_row is None)
        for sheet in sheets
    )
    look = _Look(source, layouts, tuple(_gather(source, layouts, named)))
    if as_json:
        _show_json(look)
    else:
        _show(look, show_all=show_all)


def _readers(file: Path) -> Sequence[Reader]:
    """The house's readers, and those of plugins when the house does not know the suffix."""
    from trialkit.capture import CSV_READER, XLSX_READER

    if file.suffix.lower() in (*CSV_READER.suffixes, *XLSX_READER.suffixes):
        return CSV_READER, XLSX_READER
    from trialkit.engine import known_readers
    from trialkit.registry import load_registry

    return tuple(known_readers(load_registry()).values())


def _gather(source: SourceFile, layouts: tuple[SheetLayout, ...], named: SourceSheet | None) -> Iterator[Oddity]:
    """What the reader found, and behind it what the layouts show; of one sheet only when it was asked for."""
    yield from (found for found in source.oddities if named is None or found.sheet in ("", named.name))
    for layout in layouts:
        yield from layout.oddities


def _show_json(look: _Look) -> None:
    """One JSON object; its cells, which may be millions, are written while they are walked through."""
    source = look.source
    filled = [layout for layout in look.layouts if layout.cells]
    head = {
        "file": source.name,
        "kind": source.kind,
        "digest": source.digest,
        "notes": list(source.notes),
        "rows": sum(layout.rows for layout in filled),
        "findings": [
            {"code": found.code, "sheet": found.sheet, "cell": found.cell, "text": found.text, "count": found.count}
            for found in look.oddities
        ],
        "sheets": [_sheet_data(sheet, look) for sheet in source.sheets],
    }
    text = as_json(head)
    click.echo(text.removesuffix("\n}") + ',\n  "cells": {', nl=False)
    opening = "\n"
    for part in _parts(_cell_texts(filled), _CELLS_AT_ONCE):
        cells = json.dumps(dict(part), ensure_ascii=False, separators=(",\n    ", ": "))
        click.echo(f"{opening}    {cells[1:-1]}", nl=False)
        opening = ",\n"
    click.echo("\n  }\n}" if opening != "\n" else "}\n}")


def _sheet_data(sheet: SourceSheet, look: _Look) -> dict[str, object]:
    layout = next((layout for layout in look.layouts if layout.sheet is sheet), None)
    if layout is None:
        return {"name": sheet.name, "visible": sheet.visible, "filled_rows": len(sheet.rows)}
    return {
        "name": sheet.name,
        "visible": sheet.visible,
        "filled_rows": len(sheet.rows),
        "range": layout.used,
        "header_row": layout.header_row,
        "headers": {cell.address: cell.text for cell in layout.headers if cell.text},
        "rows": layout.rows,
        "cells": layout.cells,
        "columns": [
            {
                "column": column.letters,
                "header": column.header,
                "kinds": {kind.value: count for kind, count in column.kinds.items()},
                "formats": list(column.formats),
            }
            for column in layout.columns
        ],
    }


def _cell_texts(filled: list[SheetLayout]) -> Iterator[tuple[str, str]]:
    """Every cell that is not blank: its address, behind its sheet when there are several sheets with cells."""
    for layout in filled:
        prefix = f"{layout.sheet.name}!" if len(filled) > 1 else ""
        for row in layout.sheet.rows:
            yield from ((prefix + cell.address, cell.text) for cell in row.cells if cell.kind.value != "blank")


def _parts(things: Iterable[tuple[str, str]], size: int) -> Iterator[list[tuple[str, str]]]:
    walk = iter(things)
    while part := list(islice(walk, size)):
        yield part


def _show(look: _Look, *, show_all: bool) -> None:
    source = look.source
    click.echo(paint(printable(source.name), bold=True) + f"  {source.kind}, {plural(len(source.sheets), 'sheet')}")
    for note in source.notes:
        if note.startswith("read as"):
            click.echo(printable(note))
    shown = {id(layout.sheet) for layout in look.layouts}
    for sheet in source.sheets:
        if id(sheet) not in shown:
            state = ("" if sheet.visible else "hidden, ") + plural(len(sheet.rows), "filled row")
            click.echo(f"\n{paint(printable(sheet.name), bold=True)}  {state}, not shown")
    for layout in look.layouts:
        click.echo()
        _show_layout(layout, show_all=show_all)
    click.echo()
    _show_oddities(look.oddities, None if show_all else _SHOWN_FINDINGS)


def _show_layout(layout: SheetLayout, *, show_all: bool) -> None:
    name = paint(printable(layout.sheet.name), bold=True) + "  " if layout.sheet.name else ""
    if not layout.cells:
        click.echo(f"{name}no cells")
        return
    header = "no header row" if layout.header_row is None else f"headers in row {layout.header_row}"
    counts = f"{plural(layout.rows, 'row')} of data, {plural(layout.cells, 'cell')}"
    click.echo(f"{name}{layout.used}, {header}, {counts}")
    columns = layout.columns if show_all else layout.columns[:_SHOWN_COLUMNS]
    show_table(
        ("COLUMN", "HEADER", "KINDS", "FORMAT"),
        [
            (
                column.letters,
                _cut(column.header),
                ", ".join(f"{count:,} {kind.value}" for kind, count in column.kinds.items()),
                _cut(", ".join(column.formats)),
            )
            for column in columns
        ],
    )
    if len(layout.columns) > len(columns):
        click.echo(f"… and {len(layout.columns) - len(columns)} more columns; --all shows every one.")
    _show_rows(layout, [column.letters for column in columns], None if show_all else _SHOWN_ROWS)


def _show_rows(layout: SheetLayout, letters: list[str], limit: int | None) -> None:
    first = layout.header_row or 0
    rows = (row for row in layout.sheet.rows if row.number > first)
    table = []
    for row in islice(rows, limit):
        texts = {cell.address.rstrip("0123456789"): _cut(cell.text) for cell in row.cells}
        table.append((str(row.number), *(texts.get(name, "") for name in letters)))
    if table:
        click.echo()
        show_table(("ROW", *letters), table)
    if limit is not None and layout.rows > limit:
        click.echo(f"… and {layout.rows - limit:,} more rows; --all shows every one.")


def _show_oddities(oddities: Sequence[Oddity], limit: int | None) -> None:
    if not oddities:
        click.echo("Nothing odd was found.")
        return
    for found in oddities[:limit]:
        place = "!".join(part for part in (found.sheet, found.cell) if part)
        counted = f" ({found.count:,})" if found.count > 1 else ""
        click.echo(
            printable(f"{place}: " if place else "")
            + paint(found.code, "yellow")
            + printable(f" {found.text}{counted}")
        )
    if limit is not None and len(oddities) > limit:
        click.echo(f"… and {len(oddities) - limit:,} more; --all shows every one. In all:")
        for code, count in Counter(found.code for found in oddities).most_common():
            click.echo(f"{count:>7,} × {code}")
    click.echo(f"{plural(len(oddities), 'finding')}; trialkit explain CODE says more about one.")


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
