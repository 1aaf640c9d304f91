"""The container of a workbook while it is patched: parts are read, replaced and added, and it is packed anew.

Relationships and content types are kept in step. What nobody touches is copied as it is.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO

from trialkit.spreadsheet.correction.elements import (
    children,
    find_root,
    prefix_of,
    read_attributes,
    with_open_root,
)
from trialkit.spreadsheet.correction.marks import NotPatchableError
from trialkit.spreadsheet.correction.plain_xml import escape_value, make_plain, require_sound
from trialkit.spreadsheet.package import open_part, part_finder

_TYPES = "[Content_Types].xml"
_NO_RELATIONSHIPS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)
_XML = (".xml", ".rels")
_COMPRESSION = 3
"""Sheets of a million cells are packed three times as fast as with the usual 6, and come out a tenth larger."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship: its identifier, the last word of its type, its whole type, and the part it leads to."""

    name: str
    kind: str
    type: str
    part: str


class PatchedPackage:
    """A container that is being patched.

    Args:
        archive: the original, opened under limits.
        file: the file's name, for messages.
    """

    def __init__(self, archive: zipfile.ZipFile, file: str) -> None:
        self._archive = archive
        self._file = file
        self._names = {entry.filename: entry.filename for entry in archive.infolist()}
        self._folded = {name.casefold() for name in self._names}
        self._find_part = part_finder(self._names)
        self._types = self._find_part(_TYPES)
        self._written: dict[str, bytes] = {}
        self._dropped: set[str] = set()

    def __contains__(self, part: str) -> bool:
        return part in self._written or (part in self._names and part not in self._dropped)

    def where(self, part: str) -> str:
        """The part for a message."""
        return f"{self._file}: part {part}"

    def open(self, part: str) -> AbstractContextManager[IO[bytes]]:
        """A part of the original as a stream. Raises SourceFileError S112 when it is damaged."""
        if part not in self._names:
            raise NotPatchableError(f"part {part} is not there")
        return open_part(self._archive, part, self._file)

    def read(self, part: str) -> bytes:
        """The bytes of a part as it stands now. Raises SourceFileError S112, NotPatchableError when it is not there."""
        if part in self._written:
            return self._written[part]
        if part not in self._names:
            raise NotPatchableError(f"part {part} is not there")
        with open_part(self._archive, part, self._file) as source:
            return source.read()

    def read_plain(self, part: str) -> bytes:
        """A part as plain XML whose root can take more elements."""
        if part in self._written:  # of what was proven, or is ours
            return with_open_root(self._written[part])
        content = self.read(part)
        prefix = prefix_of(find_root(make_plain(content, self.where(part))).name)
        return with_open_root(make_plain(content, self.where(part), prefix.rstrip(b":").decode()))

    def write(self, part: str, content: bytes) -> None:
        """Put a part in place."""
        self._dropped.discard(part)
        self._written[part] = content

    def drop(self, part: str) -> None:
        """Leave a part out, with what the content types say of it."""
        self._written.pop(part, None)
        self._dropped.add(part)
        types = self._read_types()
        for element in reversed(list(children(types, find_root(types)))):
            if (element.get(b"PartName") or "").lstrip("/").casefold() == part.casefold():
                types = types[: element.start] + types[element.end :]
        self.write(self._types, types)

    def free_name(self, pattern: str, first: int | str = 1) -> str:
        """A name that no part has: ``xl/comments{}.xml`` with the first number that is free.

        Args:
            pattern: the name with a place for the number.
            first: what stands there when it may: programs look for ``xl/styles.xml`` and nothing else.
        """
        taken = self._folded | {name.casefold() for name in self._written}
        names = (pattern.format(number) for number in (first, *range(1, 100_000)))
        return next(name for name in names if name.casefold() not in taken)

    def part_names(self) -> list[str]:
        """Every part as it stands now."""
        return [name for name in dict.fromkeys((*self._names, *self._written)) if name not in self._dropped]

    # Relationships

    def links(self, part: str) -> list[Link]:
        """The relationships of a part; the empty name stands for the whole container."""
        where = self._links_part(part)
        if where not in self:
            return []
        xml = self.read_plain(where)
        folder = posixpath.dirname(part)
        found = []
        for element in children(xml, find_root(xml)):
            given = read_attributes(element.attributes)
            if given.get(b"TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, given.get(b"Target", ""))).lstrip("/")
                kind = given.get(b"Type", "")
                found.append(Link(given.get(b"Id", ""), kind.rpartition("/")[2], kind, self._find_part(target)))
        return found

    def add_link(self, part: str, type_: str, target: str) -> str:
        """Relate a part to another; returns the identifier."""
        where = self._links_part(part)
        xml = self.read_plain(where) if where in self else _NO_RELATIONSHIPS
        root = find_root(xml)
        taken = {element.get(b"Id") for element in children(xml, root)}
        name = next(name for number in range(1, 1_000_000) if (name := f"rId{number}") not in taken)
        element = (
            f'<{prefix_of(root.name).decode()}Relationship Id="{name}" Type="{escape_value(type_)}" '
            f'Target="/{escape_value(target)}"/>'
        )
        self.write(where, xml[: root.inner_end] + element.encode() + xml[root.inner_end :])
        return name

    def drop_link(self, part: str, kind: str) -> None:
        """Take the relationships of a kind away from a part, and leave out the parts they lead to."""
        where = self._links_part(part)
        for link in self.links(part):
            if link.kind == kind:
                xml = self.read_plain(where)
                for element in reversed(list(children(xml, find_root(xml)))):
                    if element.get(b"Id") == link.name:
                        xml = xml[: element.start] + xml[element.end :]
                self.write(where, xml)
                self.drop(link.part)

    def _links_part(self, part: str) -> str:
        folder, name = posixpath.split(part)
        return self._find_part(posixpath.join(folder, "_rels", f"{name}.rels"))

    # Content types

    def declare(self, part: str, content_type: str) -> None:
        """Say what a part is."""
        types = self._read_types()
        root = find_root(types)
        if any((found.get(b"PartName") or "").casefold() == f"/{part}".casefold() for found in children(types, root)):
            return
        text = f'<{prefix_of(root.name).decode()}Override PartName="/{part}" ContentType="{content_type}"/>'
        self.write(self._types, types[: root.inner_end] + text.encode() + types[root.inner_end :])

    def declare_ending(self, ending: str, content_type: str) -> None:
        """Say what parts with an ending are."""
        types = self._read_types()
        root = find_root(types)
        if any((found.get(b"Extension") or "").lower() == ending for found in children(types, root)):
            return
        text = f'<{prefix_of(root.name).decode()}Default Extension="{ending}" ContentType="{content_type}"/>'
        self.write(self._types, types[: root.inner_start] + text.encode() + types[root.inner_start :])

    def content_type(self, part: str) -> str:
        """What the container says that a part is; empty when it says nothing."""
        types = self._read_types()
        said = ""
        for element in children(types, find_root(types)):
            given = read_attributes(element.attributes)
            if given.get(b"PartName", "").casefold() == f"/{part}".casefold():
                return given.get(b"ContentType", "")
            if given.get(b"Extension", "").lower() == posixpath.splitext(part)[1][1:].lower():
                said = given.get(b"ContentType", "")
        return said

    def _read_types(self) -> bytes:
        return self.read_plain(self._types)

    # Out

    def pack(self) -> bytes:
        """The container as bytes: parts in their old order, then the new ones.

        Raises SourceFileError S112, S115 and S116: a part that is damaged or declares a document type is not handed on.
        """
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as target:
            for name in self.part_names():
                if name.endswith("/"):
                    continue
                entry = zipfile.ZipInfo(name, self._moment(name))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o600 << 16
                content = self.read(name)
                if name not in self._written and name.lower().endswith(_XML):
                    require_sound(content, self.where(name))
                target.writestr(entry, content, compresslevel=_COMPRESSION)
        return packed.getvalue()

    def _moment(self, name: str) -> tuple[int, int, int, int, int, int]:
        """When the original says that the part was made; the same file gives the same bytes."""
        return self._archive.getinfo(name).date_time if name in self._names else (1980, 1, 1, 0, 0, 0)
