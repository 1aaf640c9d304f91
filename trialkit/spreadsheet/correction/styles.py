"""The styles of a workbook with a few more: the same looks in another fill, and the looks of the list of findings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trialkit.spreadsheet.correction.elements import (
    Element,
    children,
    find_root,
    prefix_of,
    read_attributes,
    set_attribute,
    with_open_root,
)
from trialkit.spreadsheet.correction.marks import Grade

_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
_DEFAULTS = {
    "fonts": b'<{p}font><{p}sz val="11"/><{p}name val="Calibri"/><{p}family val="2"/></{p}font>',
    "fills": b'<{p}fill><{p}patternFill patternType="none"/></{p}fill>',
    "borders": b"<{p}border><{p}left/><{p}right/><{p}top/><{p}bottom/><{p}diagonal/></{p}border>",
    "cellStyleXfs": b'<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": b'<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
}
_GRAY = b'<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>'
_COLOURS = {
    (Grade.ERROR, False): "FFFFC2C9",
    (Grade.CHECK, False): "FFFFEA99",
    (Grade.ERROR, True): "FFB4182D",
    (Grade.CHECK, True): "FF8A5A00",
}
"""Fills below dark text, and those below light text. They are not of any palette, so that they are known again."""

_OWN_FILL = re.compile(rb'rgb="(?:' + "|".join(_COLOURS.values()).encode() + rb')"', re.IGNORECASE)
_FONT = '<{p}font>{b}<{p}sz val="10"/>{c}<{p}name val="Arial"/><{p}family val="2"/></{p}font>'
_HEAD_COLOUR = "FFE8EEF4"
_LIGHT_THEMES = ("0", "2")
_LIGHT_INDEXES = ("1", "9")


class Styles:
    """The looks of cells: those of a workbook, and what is added to them.

    Args:
        xml: the part in plain form; None when the workbook has none.
        main: the namespace of worksheets.
    """

    def __init__(self, xml: bytes | None, main: str) -> None:
        self._xml = with_open_root(xml if xml is not None else f'<styleSheet xmlns="{main}"></styleSheet>'.encode())
        self._root = find_root(self._xml)
        self._prefix = prefix_of(self._root.name)
        self._sections = {
            element.name.removeprefix(self._prefix).decode(): element for element in children(self._xml, self._root)
        }
        self._entries = {name: self._read_entries(name) for name in _DEFAULTS}
        self._before = {name: len(entries) for name, entries in self._entries.items()}
        for name, entries in self._entries.items():
            if not entries:
                entries.append(self._own(_DEFAULTS[name]))
        while len(self._entries["fills"]) < 2:  # programs take the first two for these, whatever they say
            self._entries["fills"].append(self._own(_GRAY))
        self._marked: dict[tuple[int, Grade], int] = {}
        self._fills: dict[tuple[Grade, bool], int] = {}
        self._looks: dict[str, int] = {}
        self._own_fills = {
            number for number, fill in enumerate(self._entries["fills"]) if _OWN_FILL.search(fill) is not None
        }
        self._stale: dict[int, int] = {}

    @property
    def coloured(self) -> frozenset[int]:
        """The looks that already have a fill of ours, from an earlier correction workbook."""
        return frozenset(
            number
            for number, entry in enumerate(self._entries["cellXfs"][: self._before["cellXfs"]])
            if self._fill_of(entry) in self._own_fills
        )

    def marked(self, look: int, grade: Grade) -> int:
        """The number of a look in the fill of a grade."""
        known = self._marked.get((look, grade))
        if known is None:
            entry = self._entry(look)
            known = self._marked[look, grade] = self._add_look(_with_fill(entry, self._fill(grade, entry)))
        return known

    def plain(self, look: int) -> int:
        """The number of a look without any fill."""
        if look not in self._stale:
            self._stale[look] = self._add_look(_with_fill(self._entry(look), 0))
        return self._stale[look]

    def listing(self, name: str) -> int:
        """The number of a look of the list of findings: title, head, text, quoted, number, link."""
        if name not in self._looks:
            bold = name in ("title", "head")
            font = self._add("fonts", _font(self._prefix, bold=bold, link=name == "link"))
            fill = self._add("fills", _fill_xml(self._prefix, _HEAD_COLOUR)) if name == "head" else 0
            wraps = ' wrapText="1"' if name not in ("title", "number") else ""
            prefixed = ' quotePrefix="1"' if name == "quoted" else ""
            xml = (
                f'<{{p}}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyFont="1" '
                f'applyFill="1" applyAlignment="1"{prefixed}><{{p}}alignment horizontal="left" vertical="top"{wraps}/>'
                "</{p}xf>"
            )
            self._looks[name] = self._add_look(self._own(xml.encode()))
        return self._looks[name]

    def render(self) -> bytes:
        """The part with everything that was added."""
        xml = self._xml
        for name in reversed(_ORDER[1:]):
            xml = self._render_section(xml, name)
        return xml

    def _render_section(self, xml: bytes, name: str) -> bytes:
        entries, before = self._entries[name], self._before[name]
        if len(entries) == before:
            return xml
        added = b"".join(entries[before:])
        section = self._sections.get(name)
        tag = self._prefix + name.encode()
        if section is None or section.is_empty:
            text = b"<" + tag + b' count="%d">' % len(entries) + added + b"</" + tag + b">"
            start, end = self._gap(name) if section is None else (section.start, section.end)
            return xml[:start] + text + xml[end:]
        attributes = set_attribute(section.attributes, b"count", str(len(entries)))
        inner = xml[section.inner_start : section.inner_end]
        return xml[: section.start] + b"<" + tag + attributes + b">" + inner + added + xml[section.inner_end :]

    def _gap(self, name: str) -> tuple[int, int]:
        """Where a section belongs that is not there: behind the last one that stands before it."""
        before = [self._sections[other].end for other in _ORDER[: _ORDER.index(name)] if other in self._sections]
        place = max(before, default=self._root.inner_start)
        return place, place

    def _read_entries(self, name: str) -> list[bytes]:
        section = self._sections.get(name)
        return [] if section is None else [self._xml[e.start : e.end] for e in children(self._xml, section)]

    def _entry(self, look: int) -> bytes:
        entries = self._entries["cellXfs"]
        return entries[look] if 0 <= look < len(entries) else entries[0]

    def _fill(self, grade: Grade, entry: bytes) -> int:
        kind = grade, self._has_light_text(entry)
        if kind not in self._fills:
            self._fills[kind] = self._add("fills", _fill_xml(self._prefix, _COLOURS[kind]))
        return self._fills[kind]

    def _has_light_text(self, entry: bytes) -> bool:
        number = read_attributes(find_root(entry).attributes).get(b"fontId", "0")
        fonts = self._entries["fonts"]
        font = fonts[int(number)] if number.isdecimal() and int(number) < len(fonts) else b""
        return any(_is_light(part) for part in _parts(font) if part.name.endswith(b"color"))

    def _fill_of(self, entry: bytes) -> int:
        number = read_attributes(find_root(entry).attributes).get(b"fillId", "0")
        return int(number) if number.isdecimal() else 0

    def _add_look(self, entry: bytes) -> int:
        return self._add("cellXfs", entry)

    def _add(self, name: str, entry: bytes) -> int:
        self._entries[name].append(entry)
        return len(self._entries[name]) - 1

    def _own(self, text: bytes) -> bytes:
        return text.replace(b"{p}", self._prefix)


def _with_fill(entry: bytes, fill: int) -> bytes:
    root = find_root(entry)
    attributes = set_attribute(set_attribute(root.attributes, b"fillId", str(fill)), b"applyFill", "1")
    return b"<" + root.name + attributes + b">" + entry[root.inner_start :]


def _fill_xml(prefix: bytes, colour: str) -> bytes:
    text = (
        f'<{{p}}fill><{{p}}patternFill patternType="solid"><{{p}}fgColor rgb="{colour}"/><{{p}}bgColor indexed="64"/>'
        "</{p}patternFill></{p}fill>"
    )
    return text.replace("{p}", prefix.decode()).encode()


def _font(prefix: bytes, *, bold: bool, link: bool) -> bytes:
    begin = "<{p}b/>" if bold else "<{p}u/>" if link else ""
    colour = '<{p}color rgb="FF0563C1"/>' if link else ""
    return _FONT.replace("{b}", begin).replace("{c}", colour).replace("{p}", prefix.decode()).encode()


def _parts(font: bytes) -> Iterable[Element]:
    return children(font, find_root(font)) if font else ()


def _is_light(colour: Element) -> bool:
    given = read_attributes(colour.attributes)
    rgb = given.get(b"rgb", "")
    if re.fullmatch("[0-9A-Fa-f]{6,8}", rgb):
        red, green, blue = (int(rgb[-6:][place : place + 2], 16) for place in (0, 2, 4))
        return 0.3 * red + 0.59 * green + 0.11 * blue > 160
    if given.get(b"indexed") in _LIGHT_INDEXES:
        return True
    return given.get(b"theme") in _LIGHT_THEMES and not given.get(b"tint", "0").startswith("-")
