"""What a file really is, told from its bytes and never from its name. Reads nothing and raises nothing."""

from __future__ import annotations

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


def is_password_protected(content: bytes) -> bool:
    """Whether the file is an Office file that was encrypted with a password ([MS-OFFCRYPTO] 2.3.2)."""
    return content.startswith(_OLE_MAGIC) and _ENCRYPTED_STREAM in content


def name_binary(content: bytes) -> str | None:
    """What a file that can not be text is: ``a PDF document``; None when it may be text."""
    if content.startswith(ZIP_MAGIC):
        return _name_container(content)
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


def _name_container(content: bytes) -> str:
    """What a zip container holds, by the names and the first member that stand at its beginning."""
    start = content[:4096]
    if b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in start:
        return "an OpenDocument spreadsheet (.ods)"
    if b"mimetypeapplication/vnd.oasis.opendocument" in start:
        return "an OpenDocument file"
    names = {b"word/": "a Word document (.docx)", b"ppt/": "a PowerPoint presentation", b"Index/": "a Numbers document"}
    found = next((what for folder, what in names.items() if folder in content), None)
    return "a zip container, such as an Excel workbook (.xlsx)" if found is None or b"xl/" in content else found


def name_markup(content: bytes) -> str | None:
    """What a text is that is a document of another kind: ``a web page (HTML)``; None when it may be a table."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "an Excel 2003 XML file"
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        return "a web page (HTML)"
    if start.startswith(b"{\\rtf"):
        return "a Rich Text document (.rtf)"
    return "an XML file" if start.startswith(b"<?xml") else None


def _name_text(content: bytes) -> str:
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if what := name_markup(content):
        return what
    if start and b"\x00" not in start:
        return "a text file, perhaps CSV"
    return "no kind of file that is known here"
