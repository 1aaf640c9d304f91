"""What a file really is, told from its bytes and never from its name. Reads nothing and raises nothing."""

from __future__ import annotations

import re
from typing import NamedTuple

from trialkit.spreadsheet.names import SAVE_AS_XLSX

ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_BINARY_MAGICS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"HEADER RECORD*******", "a SAS transport file"),
)
_MEMBER = re.compile(
    rb"PK(?:\x03\x04.{26}|\x01\x02.{42})"
    rb"(xl/|word/|ppt/|Index/|mimetypeapplication/vnd\.oasis\.opendocument(?:\.spreadsheet)?)",
    re.DOTALL,
)
"""The name of a member of a zip container, where it stands before the member or in the directory at the end, that tells
what the container is. The first member of OpenDocument files is called mimetype, and holds the type as it stands."""
_WEB_PAGE = re.compile(rb"<!doctype html|<(?:html|head|meta|body|table)[\s>/]|mime-version:[^,;\r\n]*[\r\n]")
"""Its beginning; the last is that of a web page with its pictures (.mht)."""
_COPY_TABLE = "Copy its table into a spreadsheet program, save that as Excel workbook (.xlsx), and send it."


class OtherPackage(NamedTuple):
    """A zip container that is no workbook: what it is, and what to do about it."""

    what: str
    remedy: str


_OTHER_PACKAGES = {
    b"word/": OtherPackage("a Word document (.docx)", _COPY_TABLE),
    b"ppt/": OtherPackage("a PowerPoint presentation (.pptx)", _COPY_TABLE),
    b"Index/": OtherPackage(
        "an Apple document, such as Numbers (.numbers)", "Export it from Numbers as Excel (.xlsx), and send that."
    ),
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet": OtherPackage(
        "an OpenDocument spreadsheet (.ods)", SAVE_AS_XLSX
    ),
    b"mimetypeapplication/vnd.oasis.opendocument": OtherPackage("an OpenDocument file", _COPY_TABLE),
}


def name_other_package(content: bytes) -> OtherPackage | None:
    """What a zip container is that is no workbook; None for a workbook, and for what is not known here.

    Its beginning or its end is enough.
    """
    found = _MEMBER.search(content) if content.startswith(ZIP_MAGIC) else None
    return None if found is None else _OTHER_PACKAGES.get(found[1])


def is_password_protected(content: bytes) -> bool:
    """Whether the file is an Office file that was encrypted with a password ([MS-OFFCRYPTO] 2.3.2)."""
    return content.startswith(_OLE_MAGIC) and _ENCRYPTED_STREAM in content


def name_binary(content: bytes) -> str | None:
    """What a file that can not be text is: ``a PDF document``; None when it may be text."""
    if content.startswith(ZIP_MAGIC):
        other = name_other_package(content)
        return "a zip container, such as an Excel workbook (.xlsx)" if other is None else other.what
    if content.startswith(_OLE_MAGIC):
        return (
            "a password-protected Office file" if is_password_protected(content) else "an old Office file, such as .xls"
        )
    return next((name for magic, name in _BINARY_MAGICS if content.startswith(magic)), None)


def name_disguise(content: bytes) -> str:
    """What a file that is not a zip container is, for a person who believes it is a workbook."""
    if content.startswith(_OLE_MAGIC):
        return "an old Excel file (.xls), or one that is protected with a password"
    return name_binary(content) or _name_text(content)


def name_markup(content: bytes) -> str | None:
    """What a text is that is a document of another kind: ``a web page (HTML)``; None when it may be a table."""
    start = _start_of_text(content)
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "an Excel 2003 XML file"
    if _WEB_PAGE.match(start):
        return "a web page (HTML)"
    if start.startswith(b"{\\rtf"):
        return "a Rich Text document (.rtf)"
    return "an XML file" if start.startswith(b"<?xml") else None


def _start_of_text(content: bytes) -> bytes:
    return content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()


def _name_text(content: bytes) -> str:
    start = _start_of_text(content)
    if what := name_markup(content):
        return what
    if start and b"\x00" not in start:
        return "a text file, perhaps CSV"
    return "no kind of file that is known here"
