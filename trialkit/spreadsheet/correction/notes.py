"""The comments of a sheet: ours are added, the site's stay, and what we said in an earlier round goes, unless
somebody has answered in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from trialkit.spreadsheet.cell_text import encode_escapes
from trialkit.spreadsheet.correction.elements import (
    Element,
    children,
    find_root,
    prefix_of,
    unescape,
    with_open_root,
)
from trialkit.spreadsheet.correction.marks import AUTHOR
from trialkit.spreadsheet.correction.plain_xml import escape_text
from trialkit.spreadsheet.correction.signature import is_signed, sign

_SEPARATOR = "—— trialkit ——"
_ADDRESS = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}", re.ASCII)
_FACE = '<{p}sz val="9"/><{p}color indexed="81"/><{p}rFont val="Tahoma"/><{p}family val="2"/>'


@dataclass(slots=True)
class Notes:
    """The comments of a sheet after the change.

    Attributes:
        xml: the part.
        boxes: address to the whole text, of every comment that needs a box: new ones, and those that grew.
        gone: addresses whose comments are no longer there.
        others: addresses of the site's comments that did not change.
        untold: addresses where nothing could be said, because a thread of comments stands there.
    """

    xml: bytes
    boxes: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    others: dict[str, str] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)


def write_notes(before: bytes | None, said: Mapping[str, str], main: str) -> Notes:
    """Comments with ours among them.

    Args:
        before: the part in plain form; None when the sheet has none.
        said: address to what is to be said there.
        main: the namespace of worksheets.
    """
    if before is None:
        before = f'<comments xmlns="{main}"><authors></authors><commentList></commentList></comments>'.encode()
    xml = _with_lists(with_open_root(before))
    root = find_root(xml)
    prefix = prefix_of(root.name)
    sections = {element.name.removeprefix(prefix): element for element in children(xml, root)}
    authors, listed = sections[b"authors"], sections[b"commentList"]
    names = [unescape(xml[author.inner_start : author.inner_end]) for author in children(xml, authors)]
    own = names.index(AUTHOR) if AUTHOR in names else len(names)
    writer = _Writer(prefix, names, own, said)
    for comment in children(xml, listed):
        writer.take(xml, comment)
    writer.add_new()
    inner = xml[authors.inner_start : authors.inner_end]
    if own == len(names):
        inner += b"<%sauthor>%s</%sauthor>" % (prefix, AUTHOR.encode(), prefix)
    writer.notes.xml = b"".join(
        (
            xml[: authors.start],
            b"<%sauthors>%s</%sauthors>" % (prefix, inner, prefix),
            xml[authors.end : listed.start],
            b"<%scommentList>%s</%scommentList>" % (prefix, b"".join(writer.written), prefix),
            xml[listed.end :],
        )
    )
    return writer.notes


class _Writer:
    def __init__(self, prefix: bytes, authors: list[str], own: int, said: Mapping[str, str]) -> None:
        self._prefix, self._authors, self._own = prefix, authors, own
        self._said = dict(said)
        self.written: list[bytes] = []
        self.notes = Notes(b"")
        self._made: dict[str, bytes] = {}

    def take(self, xml: bytes, comment: Element) -> None:
        """Take one comment that is there."""
        address = (comment.get(b"ref") or "").upper()
        if _ADDRESS.fullmatch(address) is None:
            self.written.append(xml[comment.start : comment.end])
            return
        author = comment.get(b"authorId") or ""
        name = self._authors[int(author)] if author.isdecimal() and int(author) < len(self._authors) else ""
        body = next((part for part in children(xml, comment) if part.name == self._prefix + b"text"), None)
        before = "" if body is None else _plain_text(xml, body)
        if is_signed(before) and _SEPARATOR not in before:
            self.notes.gone.add(address)
            return
        if name.startswith("tc={") or body is None:
            self.written.append(xml[comment.start : comment.end])
            self.notes.others[address] = before
            if self._said.pop(address, None) is not None:
                self.notes.untold.append(address)
            return
        runs, cut = self._own_runs_cut(xml, body, is_cut=is_signed(before.rpartition(_SEPARATOR)[2]))
        text = self._said.pop(address, None)
        if text is None and not cut:
            self.written.append(xml[comment.start : comment.end])
            self.notes.others[address] = before
            return
        added = b"" if text is None else self._run(f"\n{_SEPARATOR}", bold=True) + self._run(f"\n{sign(text)}")
        inner = b"".join(runs) + added + _phonetics(xml, body, self._prefix)
        head, tail = xml[comment.start : body.start], xml[body.end : comment.end]
        whole = b"<%stext>%s</%stext>" % (self._prefix, inner, self._prefix)
        self.written.append(head + whole + tail)
        self.notes.boxes[address] = _plain_text(whole, find_root(whole))

    def add_new(self) -> None:
        """Add a comment to every cell that has none."""
        for address, text in self._said.items():
            runs = self._headed(text)
            self.written.append(
                b'<%scomment ref="%s" authorId="%d"><%stext>%s</%stext></%scomment>'
                % (self._prefix, address.encode(), self._own, self._prefix, runs, self._prefix, self._prefix)
            )
            self.notes.boxes[address] = sign(text)
            self.notes.gone.discard(address)

    def _headed(self, text: str) -> bytes:
        """The runs of a comment of ours: the first line bold. Many cells say the same."""
        if text not in self._made:
            heading, _, rest = sign(text).partition("\n")
            self._made[text] = self._run(heading, bold=True) + self._run(f"\n{rest}")
        return self._made[text]

    def _own_runs_cut(self, xml: bytes, body: Element, *, is_cut: bool) -> tuple[list[bytes], bool]:
        """The runs of a comment, without what we added to it earlier if that is to be cut; whether any was."""
        runs: list[bytes] = []
        mark = escape_text(_SEPARATOR).encode()
        for part in children(xml, body):
            name = part.name.removeprefix(self._prefix)
            if name not in (b"t", b"r"):
                continue
            piece = xml[part.start : part.end]
            text = b"<%sr>%s</%sr>" % (self._prefix, piece, self._prefix) if name == b"t" else piece
            if is_cut and mark in text:
                before = text[: text.rindex(mark)].rstrip(b"\n")
                closing = b"</%st></%sr>" % (self._prefix, self._prefix)
                if not before.endswith(b">"):
                    runs.append(before + closing)
                return runs, True
            runs.append(text)
        return runs, False

    def _run(self, text: str, *, bold: bool = False) -> bytes:
        face = ("<{p}b/>" if bold else "") + _FACE
        xml = f'<{{p}}r><{{p}}rPr>{face}</{{p}}rPr><{{p}}t xml:space="preserve">'.replace("{p}", self._prefix.decode())
        words = escape_text(encode_escapes(text)).encode("utf-8", "backslashreplace")
        return xml.encode() + words + b"</%st></%sr>" % (self._prefix, self._prefix)


def _with_lists(xml: bytes) -> bytes:
    """The part with authors and a list, which a foreign program may have left out."""
    root = find_root(xml)
    prefix = prefix_of(root.name)
    there = {element.name.removeprefix(prefix) for element in children(xml, root)}
    if b"commentList" not in there:
        xml = xml[: root.inner_end] + b"<%scommentList></%scommentList>" % (prefix, prefix) + xml[root.inner_end :]
    if b"authors" not in there:
        xml = xml[: root.inner_start] + b"<%sauthors></%sauthors>" % (prefix, prefix) + xml[root.inner_start :]
    return xml


def _plain_text(xml: bytes, body: Element) -> str:
    """The text of a comment, its runs joined."""
    prefix = prefix_of(body.name)
    pieces: list[str] = []
    for part in children(xml, body):
        name = part.name.removeprefix(prefix)
        if name == b"t":
            pieces.append(unescape(xml[part.inner_start : part.inner_end]))
        elif name == b"r":
            pieces += [
                unescape(xml[text.inner_start : text.inner_end])
                for text in children(xml, part)
                if text.name.removeprefix(prefix) == b"t"
            ]
    return "".join(pieces)


def _phonetics(xml: bytes, body: Element, prefix: bytes) -> bytes:
    return b"".join(
        xml[part.start : part.end]
        for part in children(xml, body)
        if part.name.removeprefix(prefix) in (b"rPh", b"phoneticPr")
    )
