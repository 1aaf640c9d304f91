"""The boxes of comments, which stand in a drawing of their own (VML): ours are added, the site's shapes stay.

Such drawings are often no sound XML, so they are changed as bytes: shapes are put in before the end, or cut out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from trialkit.spreadsheet.cells import column_number
from trialkit.spreadsheet.correction.geometry import Box, Grid
from trialkit.spreadsheet.correction.marks import NotPatchableError

_HEAD = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{ids}"/>'
    "</o:shapelayout></xml>"
)
_TYPE = (
    '<v:shapetype{spaces} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape{spaces} id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:4pt;'
    'width:{width}pt;height:{height}pt;z-index:{order};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_SHAPE_BLOCK = re.compile(rb"<((?:[\w.-]+:)?)shape\b.*?</\1shape\s*>", re.DOTALL)
_PLACE = re.compile(rb"<(?:[\w.-]+:)?(Row|Column)>\s*([0-9]{1,7})\s*</")
_ANCHOR = re.compile(rb"(<(?:[\w.-]+:)?Anchor>)[^<]*(</)")
_IDMAP = re.compile(rb"(<(?:[\w.-]+:)?idmap\b[^<>]*?\bdata=[\"'])([0-9, ]*)([\"'])")
_NAMESPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_IDS_EACH = 1_024


class ShapeNumbers:
    """Numbers of shapes, no two alike in a workbook: each drawing has blocks of 1,024 of its own.

    Args:
        drawings: every drawing of the workbook that there is.
    """

    def __init__(self, drawings: Iterable[bytes]) -> None:
        self._taken: set[int] = set()
        for drawing in drawings:
            for found in _IDMAP.finditer(drawing):
                self._taken |= {int(word) for word in found[2].replace(b",", b" ").split()}
            self._taken |= {int(number) // _IDS_EACH for number in re.findall(rb"_x0000_s([0-9]{1,9})", drawing)}

    def take(self, count: int) -> tuple[list[int], list[int]]:
        """So many numbers of shapes, and the blocks they are from."""
        blocks: list[int] = []
        while len(blocks) * (_IDS_EACH - 1) < count:
            block = next(number for number in range(1, 1_000_000) if number not in self._taken)
            self._taken.add(block)
            blocks.append(block)
        numbers = [block * _IDS_EACH + offset for block in blocks for offset in range(1, _IDS_EACH)]
        return numbers[:count], blocks


def write_shapes(
    before: bytes | None, texts: Mapping[str, str], gone: set[str], grid: Grid, numbers: ShapeNumbers
) -> bytes:
    """A drawing with a box for each comment.

    Args:
        before: the drawing that is there; None for none.
        texts: address to the text of each comment whose box is new or grew.
        gone: addresses of comments that are no longer there.
        grid: widths and heights of the sheet.
        numbers: gives the shapes their numbers.

    Raises:
        NotPatchableError: the drawing has no end.
    """
    boxes = {_row_and_column(address): grid.box(*_row_and_column(address), text) for address, text in texts.items()}
    drawing = b"" if before is None else _change_shapes(before, boxes, {_row_and_column(a) for a in gone})
    ids, blocks = numbers.take(len(boxes))
    words = ",".join(map(str, blocks))
    if before is None:
        drawing = _HEAD.replace("{ids}", words or "1").encode()
    elif blocks:
        drawing = _IDMAP.sub(lambda m: m[1] + b",".join(filter(None, (m[2], words.encode()))) + m[3], drawing, count=1)
    end = drawing.rfind(b"</xml>")
    if end < 0:
        raise NotPatchableError("the drawing of the comments has no end")
    spaces = _undeclared(drawing)
    added = "" if b'"_x0000_t202"' in drawing else _TYPE.replace("{spaces}", spaces)
    shapes = enumerate(zip(ids, boxes.items(), strict=True), 1)
    added += "".join(_shape(number, order, place, box, spaces) for order, (number, (place, box)) in shapes)
    return drawing[:end] + added.encode() + drawing[end:]


def _change_shapes(drawing: bytes, boxes: dict[tuple[int, int], Box], gone: set[tuple[int, int]]) -> bytes:
    """Shapes of comments that are gone are cut out, those that grew are made larger and taken out of `boxes`."""

    def change(match: re.Match[bytes]) -> bytes:
        block = match[0]
        if b'ObjectType="Note"' not in block:
            return block
        places = {name: int(number) + 1 for name, number in _PLACE.findall(block)}
        place = places.get(b"Row", 0), places.get(b"Column", 0)
        if place in boxes and place not in gone:
            return _resized(block, boxes.pop(place))
        return b"" if place in gone else block

    return _SHAPE_BLOCK.sub(change, drawing)


def _resized(block: bytes, box: Box) -> bytes:
    """A shape with the place and size of a box; some programs write the size alone."""
    anchor = ", ".join(map(str, box.anchor)).encode()
    block = re.sub(rb"\bwidth:[0-9.]+\w\w", b"width:%dpt" % (box.width * 3 // 4), block, count=1)
    block = re.sub(rb"\bheight:[0-9.]+\w\w", b"height:%dpt" % (box.height * 3 // 4), block, count=1)
    if _ANCHOR.search(block) is None:
        return re.sub(rb"<((?:[\w.-]+:)?)Row>", rb"<\1Anchor>" + anchor + rb"</\1Anchor>\g<0>", block, count=1)
    return _ANCHOR.sub(rb"\g<1>" + anchor + rb"\g<2>", block, count=1)


def _shape(number: int, order: int, place: tuple[int, int], box: Box, spaces: str) -> str:
    return _SHAPE.format(
        spaces=spaces,
        id=number,
        order=order,
        width=box.width * 3 // 4,
        height=box.height * 3 // 4,
        anchor=", ".join(map(str, box.anchor)),
        row=place[0] - 1,
        column=place[1] - 1,
    )


def _undeclared(drawing: bytes) -> str:
    """Declarations of the prefixes of our shapes, unless the drawing's root makes the usual ones."""
    root = drawing[: drawing.find(b">")]
    usual = all(re.search(rf'xmlns:{prefix}=["\']{uri}["\']'.encode(), root) for prefix, uri in _NAMESPACES.items())
    return "" if usual else "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())


def _row_and_column(address: str) -> tuple[int, int]:
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :] or 0), column_number(letters)
