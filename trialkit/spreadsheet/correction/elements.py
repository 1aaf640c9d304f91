"""Elements of XML in plain form as places in its bytes: found by scanning tags, never by building a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialkit.spreadsheet.correction.marks import NotPatchableError

ATTRIBUTES = rb"""[^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*"""
"""What stands in a tag behind its name; ends with a slash when the element is empty."""

_TAG = re.compile(rb"""<(/?)([^\s/>?!"'<=]+)(""" + ATTRIBUTES + rb")>")
_ATTRIBUTE = re.compile(rb"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"&(#x[0-9A-Fa-f]+|#[0-9]+|amp|lt|gt|quot|apos);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class Element:
    """An element by its place.

    Attributes:
        name: with its prefix.
        start: of its start tag.
        inner_start: behind its start tag.
        inner_end: of its content; equal to `inner_start` for an empty element.
        end: behind its end tag.
        attributes: what stands in the start tag behind the name.
    """

    name: bytes
    start: int
    inner_start: int
    inner_end: int
    end: int
    attributes: bytes

    @property
    def is_empty(self) -> bool:
        """Whether it is written as one tag."""
        return self.inner_start == self.end

    def get(self, name: bytes) -> str | None:
        """The value of an attribute."""
        return read_attributes(self.attributes).get(name)


def find_root(xml: bytes) -> Element:
    """The root element. Raises NotPatchableError when there is none."""
    first = _TAG.search(xml)
    if first is None:
        raise NotPatchableError("a part is without an element")
    if first[3].endswith(b"/"):
        return Element(first[2], first.start(), first.end(), first.end(), first.end(), first[3])
    last = xml.rfind(b"</")
    return Element(first[2], first.start(), first.end(), last, len(xml), first[3])


def prefix_of(name: bytes) -> bytes:
    """The prefix of a name with its colon; empty for none."""
    head, colon, _ = name.rpartition(b":")
    return head + colon


def children(xml: bytes, parent: Element) -> Iterator[Element]:
    """The elements right below one, in order."""
    return elements_between(xml, parent.inner_start, parent.inner_end)


def elements_between(xml: bytes, start: int, end: int) -> Iterator[Element]:
    """The outermost elements of a stretch of XML; one that is not closed in it is left out."""
    depth = 0
    opened: re.Match[bytes] | None = None
    for tag in _TAG.finditer(xml, start, end):
        if tag[1]:
            depth -= 1
            if depth == 0 and opened is not None:
                yield Element(opened[2], opened.start(), opened.end(), tag.start(), tag.end(), opened[3])
        elif tag[3].endswith(b"/"):
            if depth == 0:
                yield Element(tag[2], tag.start(), tag.end(), tag.end(), tag.end(), tag[3])
        else:
            opened = tag if depth == 0 else opened
            depth += 1


def with_open_root(xml: bytes) -> bytes:
    """The XML with a root that has an end tag, so that something can be put into it."""
    root = find_root(xml)
    if not root.is_empty:
        return xml
    tag = xml[root.start : root.end].rstrip(b">").rstrip().removesuffix(b"/").rstrip()
    return xml[: root.start] + tag + b"></" + root.name + b">"


def read_attributes(raw: bytes) -> dict[bytes, str]:
    """Name (with prefix) to value, references resolved."""
    return {found[1]: unescape(found[2] if found[2] is not None else found[3]) for found in _ATTRIBUTE.finditer(raw)}


def set_attribute(raw: bytes, name: bytes, value: str) -> bytes:
    """The attributes with one of them set; `value` needs no escaping."""
    for found in _ATTRIBUTE.finditer(raw):
        if found[1] == name:
            return raw[: found.start()] + name + b'="' + value.encode() + b'"' + raw[found.end() :]
    body, slash = (raw[:-1], b"/") if raw.endswith(b"/") else (raw, b"")
    return body.rstrip() + b" " + name + b'="' + value.encode() + b'"' + slash


def drop_attribute(raw: bytes, name: bytes) -> bytes:
    """The attributes without one of them."""
    for found in _ATTRIBUTE.finditer(raw):
        if found[1] == name:
            return raw[: found.start()].rstrip() + raw[found.end() :]
    return raw


def unescape(raw: bytes) -> str:
    """Text with references to characters resolved."""
    text = raw.decode("utf-8")
    return _REFERENCE.sub(_resolve, text) if "&" in text else text


def _resolve(reference: re.Match[str]) -> str:
    word = reference[1]
    if word.startswith("#x"):
        return chr(int(word[2:], 16))
    return chr(int(word[1:])) if word.startswith("#") else _NAMED[word]
