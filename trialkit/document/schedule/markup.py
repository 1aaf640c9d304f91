"""Elements of a page, built as a tree: every text is escaped by the standard library, nothing is ever pasted."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["add", "page", "render"]

_STRANGE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160), 65534, 65535), "�")
"""Characters that no page can hold."""


def page(title: str, language: str, style: str) -> tuple[Element, Element]:
    """A page that needs no other file: the whole, and its body."""
    root = Element("html", {"lang": language})
    head = add(root, "head")
    add(head, "meta", charset="utf-8")
    add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "title", title)
    add(head, "style", style)
    return root, add(root, "body")


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """An element behind the others of its parent. Attributes that are words of Python end in ``_``: ``class_``."""
    named = {name.rstrip("_").replace("_", "-"): clean(value) for name, value in attributes.items()}
    element = SubElement(parent, tag, named)
    element.text = clean(text) or None
    return element


def clean(text: str) -> str:
    """Text without characters that a page can not hold; each becomes a mark of replacement."""
    return "".join("\ufffd" if 0xD800 <= ord(char) <= 0xDFFF else char for char in text.translate(_STRANGE))


def render(root: Element) -> bytes:
    """The page as UTF-8."""
    return b"<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html").encode() + b"\n"
