"""Cuts one row of a worksheet part by pattern, where every character of it is plain; the cells as they are stored."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from trialkit.spreadsheet.cells import is_nothing
from trialkit.spreadsheet.row_maker import FORMULA, NO_FORMULA, RawCells

_ROW = re.compile(r'[ \n\t]*<row r="([1-9][0-9]{0,6})"([^<>&]*)>')
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9]+(?::[A-Za-z]+)?)="([^"]*)"', re.ASCII)
_ROW_ATTRIBUTES = frozenset(
    [
        "spans",
        "s",
        "customFormat",
        "ht",
        "hidden",
        "customHeight",
        "outlineLevel",
        "collapsed",
        "thickTop",
        "thickBot",
        "ph",
        "x14ac:dyDescent",
    ]
)
FORMULA_ELEMENT = (
    r'<f(?:(?: t="(?:normal|shared)")?+(?: aca="(?:0|1|false|true)")?+(?: ref="[A-Z0-9:]++")?+'
    r'| t="array"(?: aca="(?:0|1|false|true)")?+ ref="[A-Z0-9]++")'
    r'(?: ca="(?:0|1|false|true)")?+(?: si="[0-9]++")?+(?:/>|>(?:[^<&]++|&(?:amp|lt|gt|quot|apos);)*+</f>)'
)
"""A formula, with the attributes that programs write and in their order, that fills no other cell; nothing is kept."""
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,7})")?(?: t="(s|n|b|e|d|str|inlineStr)")?'
    rf'(/>|>({FORMULA_ELEMENT})?<v>([^<&]+)</v></c>|><is><t(?: xml:space="preserve")?>([^<&]+)</t></is></c>)'
)
_TAGS_EMPTY, _TAGS_VALUE, _TAGS_INLINE = 1, 4, 6


class CutRow(NamedTuple):
    """A row: its number, whether it is hidden, and its cells."""

    number: int
    is_hidden: bool
    cells: RawCells


def cut_row(row: str, *, has_x14ac: bool) -> CutRow | None:
    """Cut the text of one row, without its end tag; None when anything in it is not plain.

    Args:
        row: has no control characters and no ``]]>``.
        has_x14ac: whether the part declares this prefix.
    """
    start = _ROW.match(row)
    if start is None:
        return None
    is_hidden = read_row_attributes(start[2], has_x14ac)
    body = row[start.end() :]
    cells = _CELL.findall(body) if is_hidden is not None else []
    if is_hidden is None or not cells:
        return None
    letters, rows, styles, types, ends, formulas, values, inlines = zip(*cells, strict=True)
    if not _accounts_for(body, ends, formulas, inlines) or set(rows) != {start[1]}:
        return None
    if any(inlines) or "inlineStr" in types:
        values = _merge_inline(types, ends, values, inlines)
    if not values:
        return None
    told = tuple(FORMULA if formula else NO_FORMULA for formula in formulas) if any(formulas) else ()
    return CutRow(int(start[1]), is_hidden, RawCells(letters, styles, types, values, told))


def _accounts_for(body: str, ends: tuple[str, ...], formulas: tuple[str, ...], inlines: tuple[str, ...]) -> bool:
    """Whether every tag of a row's body belongs to one of the cells that were found, and every entity to a formula."""
    joined = "".join(formulas)
    if body.count("&") != joined.count("&"):
        return False
    empty = ends.count("/>")
    inline = len(inlines) - inlines.count("")
    tags = _TAGS_EMPTY * empty + _TAGS_INLINE * inline + _TAGS_VALUE * (len(ends) - empty - inline)
    return body.count("<") == tags + joined.count("<")


def _merge_inline(
    types: tuple[str, ...], ends: tuple[str, ...], values: tuple[str, ...], inlines: tuple[str, ...]
) -> tuple[str, ...]:
    """The values with inline texts in their places; none when an inline text stands in a cell of another type."""
    if any(
        (inline != "") is not (kind == "inlineStr")
        for kind, end, inline in zip(types, ends, inlines, strict=True)
        if end != "/>"
    ):
        return ()
    return tuple(inline or value for value, inline in zip(values, inlines, strict=True))


@lru_cache(maxsize=4096)
def read_row_attributes(text: str, has_x14ac: bool) -> bool | None:
    """Whether the row is hidden; None when its attributes are not all known ones, each once."""
    found = _ATTRIBUTE.findall(text)
    names = [name for name, _ in found]
    is_whole = "".join(f' {name}="{value}"' for name, value in found) == text
    if not is_whole or len(set(names)) != len(names) or not _ROW_ATTRIBUTES.issuperset(names):
        return None
    if "x14ac:dyDescent" in names and not has_x14ac:
        return None
    given = dict(found)
    return given.get("hidden") in ("1", "true", "on") or is_nothing(given.get("ht"))
