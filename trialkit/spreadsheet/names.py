"""The namespaces of Open XML, in the two editions that programs write: transitional (the usual one) and strict."""

from __future__ import annotations

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
REFERENCES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
SAVE_AGAIN = "Open the file in a spreadsheet program, save it again as .xlsx, and send that."
SAVE_AS_XLSX = "Open the file in a spreadsheet program, save it as Excel workbook (.xlsx), and send that."


def local_name(name: str) -> str:
    """The local name of a spreadsheet element in either edition; empty for elements of other namespaces."""
    namespace, _, local = name.rpartition(" ")
    return local if namespace in (MAIN, STRICT_MAIN) else ""
